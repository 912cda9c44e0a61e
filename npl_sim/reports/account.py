"""Reconciliation of a tape: rows and amounts read, loaded and in quarantine."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from npl_sim.core.language import gettext as _

if TYPE_CHECKING:
    from npl_sim.tape.joins import Join
    from npl_sim.tape.quarantine import Reconciliation


def account_text(account: Reconciliation, currency: str, loaded: str = "") -> str:
    """Return the reconciliation of the loans in one line, then of the other tables.

    Parameters
    ----------
    account
        Rows and amounts read, loaded and in quarantine.
    currency
        Currency of the amounts.
    loaded
        Word for the rows that are loaded; defaults to priced.
    """
    loans = account.loans
    text = _(
        "tape: {rows_in:,} rows with GBV {gbv_in:,.2f} {currency} in = "
        "{rows_loaded:,} rows with {gbv_loaded:,.2f} {loaded} ({loans_loaded:,} "
        "loans) + {rows_quarantined:,} rows with {gbv_quarantined:,.2f} in "
        "quarantine"
    ).format(
        rows_in=loans.rows_in,
        gbv_in=account.gbv_in,
        currency=currency,
        rows_loaded=loans.rows_loaded,
        gbv_loaded=account.gbv_loaded,
        loaded=loaded or _("priced"),
        loans_loaded=account.loans_loaded,
        rows_quarantined=loans.rows_quarantined,
        gbv_quarantined=account.gbv_quarantined,
    )
    if loans.rows_unknown:
        text += _(" ({rows_unknown:,} of them with no readable amount)").format(
            rows_unknown=loans.rows_unknown
        )
    for file in account.files:
        gbv = (
            _(" with GBV {cents_in:,.2f} {currency}").format(
                cents_in=file.cents_in / 100, currency=currency
            )
            if file.role == "loans"
            else ""
        )
        text += _("\n{role}, {file}: {rows_in:,} rows{gbv} in").format(
            role=_role(file.role), file=file.file, rows_in=file.rows_in, gbv=gbv
        )
    for name, other in (("collateral", account.collateral), ("guarantors", account.guarantors)):
        if other is not None:
            text += _(
                "\n{name}: {rows_in:,} rows in = {rows_loaded:,} used + "
                "{rows_quarantined:,} in quarantine"
            ).format(
                name=_role(name),
                rows_in=other.rows_in,
                rows_loaded=other.rows_loaded,
                rows_quarantined=other.rows_quarantined,
            )
    for join in account.joins:
        text += f"\n{_join_text(join)}"
    return text


def _role(role: str) -> str:
    """Return the name of a table of the tape."""
    return {
        "loans": _("loans"),
        "collateral": _("collateral"),
        "guarantors": _("guarantors"),
        "relationships": _("relationships"),
    }.get(role, role)


def _join_text(join: Join) -> str:
    """Return the share of rows of a table that match the loans that they name."""
    what = {
        "relationships": _("a loan and an item"),
        "collateral": _("a loan"),
        "guarantors": _("a loan"),
    }[join.role]
    return _("{role}: {met:,} of {rows:,} rows ({share:.1%}) meet {what} on the tape").format(
        role=_role(join.role), met=join.met, rows=join.rows, share=join.share, what=what
    )


def account_values(account: Reconciliation) -> dict[str, Any]:
    """Return the reconciliation as plain data, amounts in cents, files of tables with several."""
    values = dataclasses.asdict(account)
    if not account.files:
        values.pop("files")
    return values
