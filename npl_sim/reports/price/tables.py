"""Tables of a priced package for export, and its summary as plain data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.core.layout import Kind, Stage
from npl_sim.reports.estimation import estimation_data
from npl_sim.reports.writers.parquet import (
    MONEY,
    RATE,
    SHARE,
    estimate_columns,
    frame_of,
    plain_data,
    scenario_columns,
)
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.break_even import PriceTest
from npl_sim.valuation.price import PriceDistribution


def tables(result: PriceDistribution) -> dict[str, pd.DataFrame]:
    """Return every table of a result by name.

    Parameters
    ----------
    result
        A priced package.

    Returns
    -------
    dict
        Tables by name; column names do not depend on the result.

        - ``prices``: one row per scenario or draw, with its weight
        - ``price_quantiles``, ``values_by_probability``, ``price_tests``
        - ``irr_quantiles``: by tested price
        - ``recovery``; ``loans``; ``stage_gbv``; ``value_by_*``: see `breakdowns`
        - ``cash``: expected, by month, kind and group, without rows of 0
    """
    prices = scenario_columns(result.sample, result.pv) | {
        "pv": result.pv.ravel(),
        "net_cash": result.net_total.ravel(),
    }
    curve = result.recovery.melt(
        ["measure", "month"], var_name="statistic", value_name="share_of_gbv"
    )
    return {
        "prices": frame_of(prices),
        "price_quantiles": frame_of(estimate_columns("level", result.quantiles)),
        "values_by_probability": frame_of(
            estimate_columns("probability", result.values_by_probability)
        ),
        "price_tests": _price_tests(result.tests),
        "irr_quantiles": _irr_quantiles(result.tests),
        "recovery": frame_of(curve, share_of_gbv=SHARE),
        "cash": _cash(result),
        **{f"value_by_{name}": frame_of(table) for name, table in result.breakdowns.items()},
        "loans": frame_of(result.flows.loans, pv_se=MONEY),
        "stage_gbv": _stage_gbv(result.flows.stage_gbv),
    }


def _price_tests(tests: Iterable[PriceTest]) -> pd.DataFrame:
    rows: list[dict[str, float]] = []
    for test in tests:
        row = {"price": test.price, "outlay": test.outlay}
        estimates = {
            "p_cash_loss": test.cash_loss,
            "p_below_required": test.below_required,
            "irr_mean": test.irr.mean if test.irr else None,
            "p_irr_negative": test.irr.negative if test.irr else None,
            "p_irr_below_target": test.irr.below_target if test.irr else None,
        }
        for name, estimate in estimates.items():
            row[name] = estimate.value if estimate else math.nan
            row[f"{name}_se"] = estimate.se if estimate else math.nan
        for name in ("target", "lost", "never", "above", "several"):
            row[f"irr_{name}"] = getattr(test.irr, name) if test.irr else math.nan
        rows.append(row)
    frame = pd.DataFrame(rows)
    units = {
        name: RATE if name in ("irr_mean", "irr_mean_se", "irr_target") else SHARE
        for name in frame
    }
    return frame_of(frame, **(units | {"price": MONEY, "outlay": MONEY}))


def _irr_quantiles(tests: Iterable[PriceTest]) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"price": test.price, **estimate_columns("level", test.irr.quantiles)})
        for test in tests
        if test.irr
    ]
    columns = ["price", "level", "value", "se", "low", "high"]
    frame = (
        pd.concat(frames, ignore_index=True)
        if frames
        else pd.DataFrame(columns=columns, dtype=float)
    )
    return frame_of(frame, value=RATE, se=RATE, low=RATE, high=RATE)


def _cash(result: PriceDistribution) -> pd.DataFrame:
    amount = result.flows.mean_by_kind
    month, kind, group = np.nonzero(amount)
    names = np.array([k.name.lower() for k in Kind], dtype=object)
    groups = np.array(result.flows.groups, dtype=object)
    cash = amount[month, kind, group]
    return frame_of({"month": month, "kind": names[kind], "group": groups[group], "amount": cash})


def _stage_gbv(amounts: np.ndarray) -> pd.DataFrame:
    stages, months = amounts.shape
    names = [Stage(s).name.lower() for s in range(stages)]
    return frame_of(
        {
            "month": np.tile(np.arange(months), stages),
            "stage": np.repeat(np.array(names, dtype=object), months),
            "gbv": amounts.ravel(),
        }
    )


def _listed(label: str, estimates: dict[float, Estimate]) -> list[dict[str, Any]]:
    return [{label: key, **plain_data(estimate)} for key, estimate in estimates.items()]


def _test(test: PriceTest) -> dict[str, Any]:
    rates = test.irr
    block: dict[str, Any] = {
        "price": test.price,
        "outlay": test.outlay,
        "p_cash_loss": test.cash_loss,
        "p_below_required": test.below_required,
        "irr": None,
    }
    if rates:
        block["irr"] = {
            "mean": rates.mean,
            "quantiles": _listed("level", rates.quantiles),
            "p_negative": rates.negative,
            "p_below_target": rates.below_target,
            "target": rates.target,
            "share_lost": rates.lost,
            "share_never": rates.never,
            "share_above": rates.above,
            "share_several": rates.several,
        }
    return block


def _values_and_bid(result: PriceDistribution) -> dict[str, Any]:
    """Return the value at the target return, and the bid where the study states a buyer."""
    return {
        "value_at_target": {
            "target_irr": result.target_irr,
            "in_expectation": result.value_at_target,
            "of_gbv": result.of_gbv(result.value_at_target.value),
            "with_probability": _listed("probability", result.values_by_probability),
        },
        "buyer_bid": None
        if result.buyer_bid is None
        else {
            "price": result.buyer_bid,
            "of_gbv": result.of_gbv(result.buyer_bid.value),
            "terms": result.buyer_terms,
        },
    }


def summary(result: PriceDistribution) -> dict[str, Any]:
    """Return the result as plain data for JSON; undefined or unbounded values are None.

    Parameters
    ----------
    result
        A priced package.
    """
    flows = result.flows
    yearly = result.recovery[result.recovery["month"] % 12 == 0]
    block: dict[str, Any] = {
        "units": {
            "amounts": result.currency or MONEY,
            "shares": SHARE,
            "rates": "effective, " + RATE,
            "life": "years",
            "estimates": f"low and high: interval of confidence {result.pricing.confidence:g}",
            "bad tail": "lower",
        },
        "package": {
            "loans": len(flows.loans),
            "gbv": flows.gbv,
            "groups": list(flows.groups),
            "scenarios": result.scenarios,
            "horizon_months": flows.months,
            "seed": flows.seed,
        },
        "estimation": estimation_data(result),
        "pricing": result.pricing.model_dump(mode="json"),
        "price": {
            "mean": result.mean,
            "mean_of_gbv": result.price_of_gbv,
            "sd": result.sd,
            "expected_shortfall": result.expected_shortfall,
            "shortfall_level": result.pricing.shortfall_level,
            "quantiles": _listed("level", result.quantiles),
        },
        **_values_and_bid(result),
        "tests": [_test(test) for test in result.tests],
        "life": {
            "expected_years": result.life.expected,
            "expected_months": result.life.months,
            "net_years": result.life.net,
            "quantiles_years": _listed("level", result.life.quantiles),
            "share_nothing_received": result.life.nothing_received,
        },
        "recovery_by_year": yearly,
        "breakdowns": result.breakdowns,
        "notes": list(result.notes),
    }
    if flows.precision is not None:
        block["precision"] = flows.precision.stored()
    return plain_data(block)
