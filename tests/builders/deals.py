"""Small deals and flows for tests."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import numpy as np

from npl_sim.runs.deal_cash import dated_cash, deal_of
from npl_sim.securitization.checks.term_warnings import deal_warnings
from npl_sim.securitization.closing import closing_warnings
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.results.run_warnings import run_warnings
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.waterfall.waterfall import run_deal

YEARS = (date(2024, 12, 31), date(2025, 12, 31), date(2026, 12, 31))


def annual(
    *received: float, costs: tuple[float, ...] = (), **extras: tuple[float, ...]
) -> DatedFlows:
    """Return one scenario with cash at the ends of 2024, 2025, ..."""
    days = tuple(date(2024 + n, 12, 31) for n in range(len(received)))
    return DatedFlows(
        days,
        np.array([received], dtype=float),
        np.array([costs or [0.0] * len(received)], dtype=float),
        {name: np.array([x], dtype=float) for name, x in extras.items()},
    )


def deal_terms(**changes: Any) -> dict[str, Any]:
    """Return the terms of a deal of three yearly payments: senior 100 at 10 %, sub 20; periods are
    whole years."""
    base: dict[str, Any] = {
        "name": "three years",
        "cutoff_date": date(2023, 12, 31),
        "closing_date": date(2023, 12, 31),
        "legal_final": date(2026, 12, 31),
        "schedule": {
            "first_payment": date(2024, 12, 31),
            "frequency_months": 12,
            "calendar": "none",
        },
        "day_count": "30_360",
        "pool_balance": 500.0,
        "tranches": [
            {"name": "senior", "balance": 100.0, "coupon": {"kind": "fixed", "rate": 0.1}},
            {"name": "sub", "balance": 20.0},
        ],
        "steps": [
            {"kind": "interest", "to": ["senior"]},
            {"kind": "principal", "to": ["senior"]},
            {"kind": "principal", "to": ["sub"]},
            {"kind": "residual", "to": "sub"},
        ],
    }
    return copy.deepcopy(base | changes)


def deal(**changes: Any) -> Deal:
    """Return such a deal."""
    return Deal.model_validate(deal_terms(**changes))


def before_last(*steps: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the usual order with steps put first."""
    return [*steps, *deal_terms()["steps"]]


def paid(run: Any, name: str, part: str = "cash") -> list[float]:
    """Return what a tranche was paid by date in the first scenario."""
    return [round(float(x), 9) for x in getattr(run.tranches[name], part)[0]]


def deal_texts(the_deal):
    """Return the warnings on the terms of a deal, one line each."""
    return tuple(issue.text for issue in deal_warnings(the_deal))


def run_texts(run):
    """Return the warnings on a deal that was run, one line each."""
    return tuple(issue.text for issue in run_warnings(run))


def closing_texts(the_deal):
    """Return the warnings on sources and uses at closing, one line each."""
    return tuple(issue.text for issue in closing_warnings(the_deal))


def run_deal_of(case):
    """Return the waterfall of the deal that a study names, on its simulated cash."""
    deal = deal_of(case)
    cash = dated_cash(deal, case.simulate(), case.study.valuation_date)
    return run_deal(deal, cash)
