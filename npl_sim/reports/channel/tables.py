"""Tables of a channel contract for export, and its summary as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from npl_sim.channels.result import ChannelResult, Version
from npl_sim.channels.retained import MEASURES
from npl_sim.channels.risk_bearers import bearing
from npl_sim.channels.statistics import weighted_sum
from npl_sim.reports.writers.parquet import plain_data

EDGES = (0.05, 0.5, 0.95)


def tables(result: ChannelResult, full_cash: bool = False) -> dict[str, pd.DataFrame]:
    """Return every table of a result by name.

    Parameters
    ----------
    result
        A measured contract.
    full_cash
        Whether to add ``cash``: every party's cash by scenario and month.

    Returns
    -------
    dict
        Tables by name; the column version is empty without a side letter.

        - ``retained``: risk before and after; ``bearing``; ``factors``; ``undertakings``
        - ``cash_calls``, ``party_cash``: by month; ``bank_cash``: by reason and month
        - ``scenarios``: present value of each party, calls on the bank
    """
    made: dict[str, list[pd.DataFrame]] = {}
    for version in result.versions:
        parts = {
            "retained": _retained(version),
            "undertakings": version.worth,
            "cash_calls": version.calls.profile,
            "scenarios": _scenarios(version),
            "party_cash": _party_cash(version),
            "bank_cash": _bank_cash(version),
            "bearing": bearing(version.retained),
            "factors": version.pain,
        }
        if full_cash:
            parts["cash"] = _cash(version)
        for name, frame in parts.items():
            if len(frame.columns):
                made.setdefault(name, []).append(_with_version(frame, version.label))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in made.items()}


def _with_version(frame: pd.DataFrame, label: str) -> pd.DataFrame:
    frame = frame.copy()
    frame.insert(0, "version", label)
    return frame


def _retained(version: Version) -> pd.DataFrame:
    rows = []
    for name in MEASURES:
        before, after, share = version.retained.measures[name]
        row: dict[str, object] = {"measure": name}
        for key, estimate in (("before", before), ("after", after), ("share", share)):
            row |= {key: estimate.value, f"{key}_se": estimate.se}
        rows.append(row | {"share_low": share.low, "share_high": share.high})
    return pd.DataFrame(rows)


def _scenarios(version: Version) -> pd.DataFrame:
    run = version.retained.run
    columns: dict[str, np.ndarray] = {
        "scenario": np.arange(run.outcomes.scenarios),
        "probability": run.outcomes.probability,
        "pv keep": version.retained.before,
        "cash calls": version.calls.total,
    }
    columns |= {f"pv {name}": run.outcomes.present_value(cash) for name, cash in run.cash.items()}
    columns |= {
        f"back by {name}": month for name, month in run.exercised.items() if (month >= 0).any()
    }
    if run.default_month is not None:
        never = run.default_month > run.outcomes.months
        columns["channel default"] = np.where(never, -1, run.default_month)
    return pd.DataFrame(columns)


def _party_cash(version: Version) -> pd.DataFrame:
    run = version.retained.run
    frames = []
    for name, cash in run.cash.items():
        order = np.argsort(cash, axis=0, kind="stable")
        weight = np.cumsum(run.outcomes.probability[order], axis=0)
        ordered = np.take_along_axis(cash, order, axis=0)
        columns: dict[str, object] = {"party": name, "month": np.arange(cash.shape[1])}
        columns["mean"] = weighted_sum(run.outcomes.probability, cash)
        for q in EDGES:
            at = np.minimum((weight < q - 1e-12).sum(axis=0), len(cash) - 1)
            columns[f"quantile_{q:g}"] = ordered[at, np.arange(cash.shape[1])]
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def _bank_cash(version: Version) -> pd.DataFrame:
    run = version.retained.run
    frames = [
        pd.DataFrame(
            {
                "reason": name,
                "month": np.arange(cash.shape[1]),
                "mean": weighted_sum(run.outcomes.probability, cash),
            }
        )
        for name, cash in sorted(run.bank.items())
    ]
    frame = pd.concat(frames, ignore_index=True)
    return frame[frame["mean"] != 0.0]


def _cash(version: Version) -> pd.DataFrame:
    run = version.retained.run
    scenarios, months = run.keep.shape
    columns: dict[str, np.ndarray] = {
        "scenario": np.repeat(np.arange(scenarios), months),
        "month": np.tile(np.arange(months), scenarios),
    }
    return pd.DataFrame(columns | {name: cash.ravel() for name, cash in run.cash.items()})


def summary(result: ChannelResult) -> dict[str, Any]:
    """Return the result as plain data for JSON; undefined or unbounded values are None.

    Parameters
    ----------
    result
        A measured contract.
    """
    outcomes = result.outcomes
    confidence = result.whole.contract.confidence
    block = {
        "units": {
            "amounts": result.currency or "package currency",
            "shares": "share of 1",
            "rates": "effective, per year",
            "estimates": (
                f"low and high: interval of confidence {confidence:g}; no "
                "error where the outcomes are the whole distribution"
            ),
        },
        "contract": result.name,
        "package": {
            "face": outcomes.face,
            "scenarios": outcomes.scenarios,
            "weighted": outcomes.exact,
            "horizon_months": outcomes.months,
            "discount_rate": outcomes.discount_rate,
            "seed": outcomes.seed,
        },
        "versions": [_version(v) for v in result.versions],
    }
    if len(result.versions) > 1:
        shown, whole = result.versions[0].retained, result.versions[-1].retained
        block["side_letter_adds"] = {
            name: whole.share(name).value - shown.share(name).value for name in MEASURES
        }
    return plain_data(block)


def _version(version: Version) -> dict[str, Any]:
    run = version.retained.run
    mean = run.outcomes.probability
    funding = version.funding
    return {
        "version": version.label,
        "price": run.price,
        "retained": {
            name: {"before": before, "after": after, "share": share}
            for name, (before, after, share) in version.retained.measures.items()
        },
        "mean_pv_by_party": {
            name: float(weighted_sum(mean, run.outcomes.present_value(cash)))
            for name, cash in run.cash.items()
        },
        "cash_calls": version.calls.estimates,
        "undertakings": version.worth,
        "implied_funding": None
        if funding is None
        else {
            "raised": funding.raised,
            "rate_of_expected_cash": funding.expected,
            "rate_by_scenario": {f"{q:g}": rate for q, rate in funding.quantiles.items()},
            "share_without_rate": funding.no_rate,
        },
        "factors": version.pain,
        "contract": version.contract.model_dump(mode="json", exclude_none=True),
    }
