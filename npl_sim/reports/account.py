"""Reconciliation of a tape: rows and amounts read, loaded and in quarantine."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npl_sim.tape.joins import Join
    from npl_sim.tape.quarantine import Reconciliation


def account_text(account: Reconciliation, currency: str, loaded: str = "priced") -> str:
    """Return the reconciliation of the loans in one line, then of the other tables.

    Parameters
    ----------
    account
        Rows and amounts read, loaded and in quarantine.
    currency
        Currency of the amounts.
    loaded
        Word for the rows that are loaded.
    """
    loans = account.loans
    text = (
        f"tape: {loans.rows_in:,} rows with GBV {account.gbv_in:,.2f} {currency} in = "
        f"{loans.rows_loaded:,} rows with {account.gbv_loaded:,.2f} {loaded} "
        f"({account.loans_loaded:,} loans) + {loans.rows_quarantined:,} rows with "
        f"{account.gbv_quarantined:,.2f} in quarantine"
    )
    if loans.rows_unknown:
        text += f" ({loans.rows_unknown:,} of them with no readable amount)"
    for file in account.files:
        gbv = f" with GBV {file.cents_in / 100:,.2f} {currency}" if file.role == "loans" else ""
        text += f"\n{file.role}, {file.file}: {file.rows_in:,} rows{gbv} in"
    for name, other in (("collateral", account.collateral), ("guarantors", account.guarantors)):
        if other is not None:
            text += (
                f"\n{name}: {other.rows_in:,} rows in = {other.rows_loaded:,} used + "
                f"{other.rows_quarantined:,} in quarantine"
            )
    for join in account.joins:
        text += f"\n{_join_text(join)}"
    return text


def _join_text(join: Join) -> str:
    """Return the share of rows of a table that match the loans that they name."""
    what = {"relationships": "a loan and an item", "collateral": "a loan", "guarantors": "a loan"}[
        join.role
    ]
    return (
        f"{join.role}: {join.met:,} of {join.rows:,} rows ({join.share:.1%}) meet {what} "
        "on the tape"
    )


def account_values(account: Reconciliation) -> dict[str, Any]:
    """Return the reconciliation as plain data, amounts in cents, files of tables with several."""
    values = dataclasses.asdict(account)
    if not account.files:
        values.pop("files")
    return values
