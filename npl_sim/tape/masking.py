"""Read a tape with pseudonyms for ids, findings without cells, and no raw rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.core.errors import TapeError
from npl_sim.core.masking import names_of_files, pseudonyms
from npl_sim.tape.bank_columns import masked_columns
from npl_sim.tape.id_keys import key_columns
from npl_sim.tape.masked_findings import file_labels, masked_column, masked_message, names_on_tape
from npl_sim.tape.other_reading import OtherReading
from npl_sim.tape.quarantine import Reconciliation
from npl_sim.tape.seizures import seized_by_others
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table import LoanTable, read_tape

_KEPT = ("file", "row", "reasons", "gbv_counted")
"""Columns that a masked quarantine retains; all others hold raw cells."""

Ids = dict[str, dict[str, str]]
"""Pseudonyms by kind of id: loan, party (borrower or guarantor), group, item."""


def read_masked(
    spec: TapeSpec, valuation_date: date, memory_limit_gib: float = 2.0
) -> tuple[LoanTable, dict[str, str]]:
    """Read and mask a tape; return the table, and the pseudonym of each loan.

    Parameters
    ----------
    spec, valuation_date, memory_limit_gib
        As for `table.read_tape`.

    Raises
    ------
    TapeError
        As for `table.read_tape`, in words that quote no cell.
    """
    files = [(role, str(path)) for role, paths in spec.files.items() for path in paths]
    names = names_of_files(dict(zip(file_labels(files), (path for _, path in files), strict=True)))
    try:
        table = read_tape(spec, valuation_date, memory_limit_gib, mask=True)
    except TapeError as error:
        raise TapeError(masked_message(str(error), names)) from None
    ids = ids_of(table)
    return masked_table(table, ids), ids["loan"]


def ids_of(*tables: LoanTable) -> Ids:
    """Return pseudonyms of all ids by first appearance; a guarantor who borrows has only one."""
    ids: Ids = {"loan": {}, "party": {}, "group": {}, "item": {}}
    for table in tables:
        loans = table.loans
        ids["loan"] = pseudonyms(loans["loan_id"].astype(str), "loan", ids["loan"])
        ids["party"] = pseudonyms(loans["borrower_id"].astype(str), "borrower", ids["party"])
        groups = loans["group_id"].astype(str)
        ids["group"] = pseudonyms(groups[groups != ""], "group", ids["group"])
        ids["item"] = pseudonyms(
            table.collateral["collateral_id"].astype(str), "item", ids["item"]
        )
    for table in tables:
        ids["party"] = pseudonyms(
            table.guarantors["guarantor_id"].astype(str), "guarantor", ids["party"]
        )
    return ids


def masked_table(table: LoanTable, ids: Ids) -> LoanTable:
    """Return a table with pseudonyms for ids.

    The keys of the ids stay beside them, so that every loan meets the same random numbers.
    Groups (product, segment, region, kind, class) are kept.

    Parameters
    ----------
    table
        A table that is not masked.
    ids
        Pseudonyms of its ids, as `ids_of` gives them for one table, or for several that are
        compared.
    """
    files = [(source.role, source.file) for source in table.sources]
    names = names_on_tape(files)
    loans = _with(
        table.loans,
        ("loan_id", ids["loan"]),
        ("borrower_id", ids["party"]),
        ("group_id", ids["group"]),
    )
    items = _with(table.collateral, ("loan_id", ids["loan"]), ("collateral_id", ids["item"]))
    items["seized_by"] = _masked_seizures(table.collateral["seized_by"])
    backers = _with(table.guarantors, ("loan_id", ids["loan"]), ("guarantor_id", ids["party"]))
    return dataclasses.replace(
        table,
        loans=loans,
        collateral=items,
        guarantors=backers,
        quarantine=_masked_quarantine(table.quarantine, names),
        sources=tuple(
            dataclasses.replace(source, file=label)
            for source, label in zip(table.sources, file_labels(files), strict=True)
        ),
        reconciliation=_masked_account(table.reconciliation, names),
        other_readings=tuple(_masked_reading(r, ids["loan"], names) for r in table.other_readings),
        stated_ages=frozenset(
            ids["loan"][loan] for loan in table.stated_ages if loan in ids["loan"]
        ),
        masked=True,
        bank={role: masked_columns(own, role) for role, own in table.bank.items()},
    )


def _with(frame: pd.DataFrame, *columns: tuple[str, Mapping[str, str]]) -> pd.DataFrame:
    """Return a frame with pseudonyms in some columns, and keys and ranks of the original ids."""
    found = frame.copy()
    for name, pseudonym in columns:
        for kept, values in key_columns(frame[name], name).items():
            found[kept] = values
        texts = [pseudonym.get(text, "") for text in frame[name].astype(str)]
        found[name] = pd.Series(texts, index=frame.index, dtype=frame[name].dtype)
    return found


def _masked_seizures(texts: pd.Series) -> pd.Series:
    """Return whether a third party seized an item; the text may name a creditor."""
    found = np.where(seized_by_others(texts), "another creditor", "")
    return pd.Series(found, index=texts.index, dtype=texts.dtype)


def _masked_quarantine(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return quarantined rows with location and reasons, without their cells."""
    found = rows[[name for name in _KEPT if name in rows]].copy()
    for name in ("file", "reasons"):
        texts = [masked_message(text, names) for text in found[name]]
        found[name] = pd.Series(texts, index=found.index, dtype="str")
    return found


def _masked_account(account: Reconciliation, names: Mapping[str, str]) -> Reconciliation:
    """Return the reconciliation of a tape with masked file names."""
    files = tuple(dataclasses.replace(f, file=names.get(f.file, "(file)")) for f in account.files)
    return dataclasses.replace(account, files=files)


def _masked_reading(
    reading: OtherReading, loans: Mapping[str, str], names: Mapping[str, str]
) -> OtherReading:
    examples = [
        part if part == "..." else loans.get(part, "(loan)")
        for part in reading.examples.split(", ")
    ]
    return dataclasses.replace(
        reading,
        column=masked_column(reading.column),
        read=masked_message(reading.read, names),
        other=masked_message(reading.other, names),
        examples=", ".join(examples),
    )
