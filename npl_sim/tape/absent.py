"""Missing columns of a tape: refuse those that decide the value, else report defaults."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from npl_sim.core.language import N_
from npl_sim.core.language import gettext as _
from npl_sim.tables.findings import Finding
from npl_sim.tape.parsed import Parsed, among
from npl_sim.tape.schema import SCHEMAS, Role

_ASSUMED: Mapping[Role, Mapping[str, str]] = MappingProxyType(
    {
        "loans": {
            "borrower_id": N_("each loan is taken as a borrower of its own"),
            "segment": N_("the product is taken"),
            "region": N_("all is taken, which matches only terms of every region"),
            "accrued_interest": N_("0 is assumed"),
            "fees": N_("0 is assumed"),
            "contract_rate": N_("no contract rate is known"),
            "penalty_rate": N_("contract_rate is taken to run after default"),
            "maturity_date": N_(
                "limitation is taken to run from default, as if no installment fell due later"
            ),
            "five_class": N_("no class is known"),
            "arbitration_clause": N_("no is assumed"),
            "documents_missing": N_(
                "no is assumed: contract, title and demand files are taken to be there"
            ),
            "group_id": N_("no loan is taken to belong to a group"),
            "joint_debtors": N_("1 is assumed"),
            "monthly_capacity": N_("no capacity is known"),
            "responsiveness": N_("1 is assumed"),
        },
        "collateral": {
            "collateral_id": N_("each row is taken as an item of its own"),
            "kind": N_("other is taken"),
            "region": N_("the loan's region is taken"),
            "seizure_only": N_("no is assumed: every item is taken as mortgaged or pledged to us"),
            "other_claims": N_(
                "where another court seized an item first, the appraised value is "
                "taken as the claims of others, else 0"
            ),
            "seized_by": N_("no item is taken to be seized first by somebody else"),
            "prior_liens": N_("0 is assumed: nothing is taken to rank before us"),
            "lien_rank": N_("1 is assumed: ours is taken as the first lien"),
            "secured_cap": N_("no cap is assumed: each item is taken to secure the whole claim"),
            "appraisal_value": N_("items are taken as worthless"),
            "appraisal_date": N_("values are taken as of the valuation date"),
        },
        "guarantors": {
            "guarantor_id": N_("each row is taken as a guarantor of its own"),
            "cap": N_("no cap is assumed: each guarantor is taken to owe the whole claim"),
        },
    }
)
"""Canonical column to the default that applies without it."""

_INSTEAD = MappingProxyType(
    {
        "last_interruption_date": (
            "limitation_left_months",
            N_("limitation is taken to run from default"),
        )
    }
)
"""Canonical loan column to its substitute column, and the default without either."""

MINOR = frozenset(
    (
        "segment",
        "five_class",
        "documents_missing",
        "joint_debtors",
        "monthly_capacity",
        "responsiveness",
    )
    + ("arbitration_clause", "group_id", "collateral_id", "guarantor_id")
)
"""Columns whose absence barely changes a mean value."""

_SECURED = (
    "mortgage",
    "housing",
    "secured",
    "抵押",
    "按揭",
    "住房",
    "ipotec",
    "mutuo",
    "fondiari",
    "hypothek",
)

_UNSECURED = re.compile(
    r"(un|non|not)[_ ]?secured|无抵押|非抵押|未抵押|non_ipotec\w*|without_mortgage"
)


def note_required(parsed: Parsed) -> None:
    """Report missing loan columns that decide the value and that `tape.defaults` does not state.

    Parameters
    ----------
    parsed
        Loan rows as read; its log takes the errors.
    """
    raw, given = parsed.raw, parsed.given
    used = set(parsed.places.values())
    left = [h for i, h in enumerate(raw.headers) if h and i not in used]
    rest = (
        _("; headers without a meaning: {repr}").format(repr=", ".join(map(repr, left[:20])))
        if left
        else ""
    )
    errors = []
    if "stage" not in given:
        errors.append(
            (
                "stage",
                _(
                    "no column for stage: every loan would be taken as in collection; expected "
                    "a column, or tape.defaults to state it (defaults: {stage: collection})"
                ),
            )
        )
    if "principal" not in given and "gbv" in given and "accrued_interest" not in given:
        errors.append(
            (
                "principal",
                _(
                    "no column for principal or accrued_interest, one of which gbv needs; "
                    "expected one of them, or tape.defaults to state it (defaults: "
                    "{accrued_interest: 0})"
                ),
            )
        )
    for column, expected in errors:
        row = (raw.header_row,)
        parsed.log.about_file(
            Finding(
                "error", raw.source.file, column, expected, 1, row, ("",), message=expected + rest
            )
        )


def _absent(parsed: Parsed, role: Role, column: str, assumed: str, gbv: float) -> Finding:
    raw = parsed.raw
    known = f", GBV {gbv:,.2f}" if math.isfinite(gbv) else ""
    touched = (
        _("; it touches all loans of the file{known}").format(known=known)
        if column in MINOR
        else ""
    )
    stated = _(", or tape.defaults to state it") if role == "loans" else ""
    expected = _("a column for {column}{stated}: absent, so {assumed}{touched}").format(
        column=column, stated=stated, assumed=_(assumed), touched=touched
    )
    # What hardly moves a value must not stand before what does: minor columns are not ranked by
    # GBV.
    ranked = math.nan if column in MINOR else gbv
    row = (raw.header_row,)
    return Finding(
        "warning", raw.source.file, column, expected, 1, row, ("",), f"absent.{column}", ranked
    )


def note_absent(
    role: Role, parsed: Parsed, ids: pd.Series, loans: pd.DataFrame, embedded: bool = False
) -> None:
    """Warn of each missing canonical column, with its default and the GBV concerned.

    Parameters
    ----------
    role
        The table.
    parsed
        Its rows as read; its log takes the findings.
    ids
        Loan id of each row.
    loans
        Completed loan rows, one or more to a loan.
    embedded
        Whether its columns are in the loan file.
    """
    own = loans.drop_duplicates("loan_id")
    gbv = float(own.loc[among(own["loan_id"], ids.unique()), "gbv"].sum(min_count=1))
    given = parsed.given
    for column in SCHEMAS[role]:
        name, assumed = column.name, _ASSUMED[role].get(column.name, "")
        if name in given or (embedded and name in ("region", "loan_id")):
            continue
        if role == "loans" and name == "accrued_interest" and {"principal", "gbv"} <= given:
            assumed = _("what gbv leaves after principal and fees is taken")
        if role == "loans" and name == "contract_rate" and "penalty_rate" not in given:
            assumed = _("no rate is known, and no interest accrues")
        if role == "loans" and name == "maturity_date" and not _clock_runs(own):
            continue
        if role == "loans" and name in _INSTEAD and _INSTEAD[name][0] not in given:
            assumed = _INSTEAD[name][1]
        if assumed:
            parsed.log.about_file(_absent(parsed, role, name, assumed, gbv))


def _clock_runs(loans: pd.DataFrame) -> bool:
    """Return whether the limitation period of any loan is counted from a date."""
    counted = (
        loans["stage"].isin(["", "collection", "plan"]) & loans["limitation_left_months"].isna()
    )
    return bool(counted.any())


def note_unsecured(
    loans: Parsed, frame: pd.DataFrame, secured: Collection[str], given: bool
) -> None:
    """Warn of loans of a secured product that have no collateral.

    Parameters
    ----------
    loans
        Loan rows as read; its log takes the finding.
    frame
        The same rows, completed.
    secured
        Ids of the loans that have collateral.
    given
        Whether the tape has collateral at all.
    """
    chosen = [
        n for n in frame["product"].unique() if any(w in _UNSECURED.sub("", n) for w in _SECURED)
    ]
    at = among(frame["product"], chosen) & ~among(frame["loan_id"], secured)
    if not np.any(at):
        return
    expected = _("collateral of a secured product: ") + (
        _("no item names these loans") if given else _("the tape has no collateral")
    )
    loans.log.warn(
        "product",
        at,
        loans.text("product"),
        f"{expected}, so they are valued unsecured",
        confirm="unsecured",
    )
