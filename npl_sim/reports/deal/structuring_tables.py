"""Tables of a structured deal for export, and its summary as plain data."""

from __future__ import annotations

from typing import Any

import pandas as pd

from npl_sim.reports.deal.tables import closing_summary
from npl_sim.reports.writers.parquet import frame_of, plain_data
from npl_sim.securitization.closing import closing_of
from npl_sim.securitization.results.tranche_tables import summary_table
from npl_sim.securitization.sizing.limits_table import limits_table
from npl_sim.securitization.sizing.solve import solve_text, want_text
from npl_sim.securitization.sizing.structuring import Structured

MONEY, SHARE, RATE, YEARS = "package currency", "share of 1", "per year", "years"

ESTIMATES = ("proceeds", "cash", "interim", "kept_value", "kept_worst", "day_one", "discount")
"""Estimates of the seller's side."""


def structuring_tables(result: Structured) -> dict[str, pd.DataFrame]:
    """Return every table of a structured deal by name.

    Parameters
    ----------
    result
        A structured deal.

    Returns
    -------
    dict
        ``tranches`` (every estimate with its error), ``closing`` (sources and uses) and, where
        asked for, ``limits``, ``solved``, ``seller_notes`` and ``frontier``.
    """
    tables = {
        "tranches": pd.DataFrame(summary_table(result.tranches)),
        "closing": frame_of(closing_of(result.deal).table(), amount=MONEY),
    }
    if result.sizing.sized:
        tables["limits"] = frame_of(limits_table(result.sizing), alone=MONEY)
    if result.solved:
        tables["solved"] = pd.DataFrame(_solved(result))
    if result.seller is not None:
        money = dict.fromkeys(set(result.seller.notes) - {"tranche", "price", "price_se"}, MONEY)
        tables["seller_notes"] = frame_of(result.seller.notes, **money)
    if result.frontier is not None:
        money = dict.fromkeys(
            ("size", "notes", "proceeds", "proceeds_se", "cash", "cash_se"), MONEY
        )
        names = (
            "expected_loss",
            "expected_loss_se",
            "default_probability",
            "default_probability_se",
        )
        shares = dict.fromkeys(("share_of_pool", *names), SHARE)
        rates = dict.fromkeys(("coupon", "cost_of_funds", "cost_of_funds_se"), RATE)
        lives = dict.fromkeys(("wal", "wal_se"), YEARS)
        tables["frontier"] = frame_of(result.frontier, **money, **shares, **rates, **lives)
    return tables


def _limits(result: Structured) -> list[dict[str, Any]]:
    rows = limits_table(result.sizing).to_dict(orient="records")
    return [{**row, "cases": None if pd.isna(row["cases"]) else int(row["cases"])} for row in rows]


def _solved(result: Structured) -> list[dict[str, Any]]:
    return [
        {
            "term": solve_text(s.solve),
            "goal": want_text(s.solve),
            "value": s.value.value,
            "se": s.value.se,
            "low": s.value.low,
            "high": s.value.high,
        }
        for s in result.solved
    ]


def structuring_summary(result: Structured) -> dict[str, Any]:
    """Return the result of structuring as plain data; undefined or unbounded values are None."""
    deal = result.deal
    block = {
        "units": {
            "amounts": deal.currency,
            "shares": SHARE,
            "rates": "effective, " + RATE,
            "lives": YEARS,
            "estimates": "low and high: interval of confidence 0.95",
        },
        "deal": {
            "name": deal.name,
            "pool_balance": deal.pool_balance,
            "notes": deal.notes,
            "scenarios": result.run.scenarios,
        },
        "balances": {t.name: t.balance for t in deal.tranches},
        "balances_before": {t.name: t.balance for t in result.before.tranches},
        "sized": [
            {
                "tranche": s.tranche,
                "balance": s.balance,
                "binding": s.binding,
                "cases": None if s.number is None else s.readings[s.number].cases,
            }
            for s in result.sizing.sized
        ],
        "sizes_without_error": result.sizing.without_error if result.sizing.sized else None,
        "closing": closing_summary(deal),
        "limits": _limits(result),
        "tranches": {
            name: {k: v for k, v in vars(found).items() if k != "name"}
            for name, found in result.tranches.items()
        },
        "solved": _solved(result),
        "seller": _seller(result),
        "frontier": result.frontier,
        "notes": list(result.notes),
    }
    return plain_data(block)


def _seller(result: Structured) -> dict[str, Any] | None:
    seller = result.seller
    if seller is None:
        return None
    return {
        "notes": seller.notes,
        **{name: getattr(seller, name) for name in ESTIMATES},
        "closing_costs": seller.closing_costs,
        "reserves": seller.reserves,
        "kept_balance": seller.kept_balance,
        "net_carrying": seller.net_carrying,
        "qualifying": bool(seller.qualifying),
    }
