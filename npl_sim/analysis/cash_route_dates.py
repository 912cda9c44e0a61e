"""Dates that decide whether a loan has a route to cash, and the reason in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.layout import Stage
from npl_sim.engine.clocks import clocks_of
from npl_sim.legal.calendar_months import as_days

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


def dates_used(study: Study, table: LoanTable, loans: np.ndarray) -> dict[str, np.ndarray]:
    """Return the calendar dates that the model uses, by the legal clock of each loan.

    Parameters
    ----------
    study, table
        The study and its loans.
    loans
        LOAN records in the order of the table.
    """
    frame = table.loans
    days = clocks_of(study, frame, loans["policy"].astype(np.int64))
    titled = (Stage.LITIGATION, Stage.JUDGED, Stage.ENFORCEMENT, Stage.DORMANT)
    in_court = np.isin(loans["stage"], titled)
    return {
        "default_date": days.default,
        "interruption_date": as_days(frame["last_interruption_date"]),
        "stage_date": as_days(frame["stage_date"]),
        "limitation_expiry": np.where(in_court, np.datetime64("NaT", "D"), days.last_day),
        "window_expiry": days.window_last_day,
    }


def _window_detail(study: Study, row: int, judged: np.datetime64, ends: np.datetime64) -> str:
    """Return why no application is in time; a future title has no date of its own."""
    if not np.isnat(ends) and ends < np.datetime64(study.valuation_date, "D"):
        return f"judged on {judged}; the window to apply ended on {ends}"
    policy = study.policies[row]
    delay = math.nan if policy.enforcement is None else policy.enforcement.application_delay
    closes = "" if np.isnat(ends) else f", which closes on {ends}"
    return (
        f"policy {policy.name!r} waits {delay:g} months to apply, longer than the window{closes}"
    )


def details(
    study: Study, reason: np.ndarray, loans: np.ndarray, dates: dict[str, np.ndarray]
) -> np.ndarray:
    """Return in words why each loan has no route to cash; empty where it has one."""
    texts = np.full(len(reason), "", dtype=object)
    for n in np.flatnonzero(reason != ""):
        policy = study.policies[int(loans[n]["policy"])]
        claim = float(loans[n]["principal"] + loans[n]["interest_and_fees"])
        match reason[n]:
            case "limitation":
                texts[n] = f"limitation ran out on {dates['limitation_expiry'][n]}"
            case "enforcement window":
                texts[n] = _window_detail(
                    study,
                    int(loans[n]["policy"]),
                    dates["stage_date"][n],
                    dates["window_expiry"][n],
                )
            case "dormant":
                texts[n] = (
                    f"neither a sale nor the residual share of policy {policy.name!r} pays "
                    "for it before the horizon"
                )
            case "no route" if policy.litigation is None:
                texts[n] = f"policy {policy.name!r} does not sue, and nothing comes of collection"
            case "no route":
                least = policy.litigation.minimum_claim if policy.litigation else math.nan
                texts[n] = (
                    f"claim of {claim:,.2f} is below minimum_claim {least:,.2f}, and nothing "
                    "comes of collection"
                )
            case "no enforcement":
                texts[n] = f"policy {policy.name!r} has no section enforcement"
            case "no asset":
                texts[n] = (
                    "no collateral of value, no guarantor, asset class, income or revival "
                    "that could pay"
                )
    return texts
