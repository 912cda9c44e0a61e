"""Invented package flows for tests: not the engine, but shaped like its result."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.core.layout import KIND_IS_INFLOW, Kind, Stage
from npl_sim.stats.discount import discount_factors

KINDS = tuple(k.name.lower() for k in Kind)
SEGMENTS = ("retail unsecured", "card", "mortgage", "corporate secured")
SECURED = (False, False, True, True)
AVERAGE = (90_000.0, 25_000.0, 600_000.0, 4_000_000.0)


SERVICING_RATE = 0.05
"""Servicing of `lifelike`, a share of receipts."""


def package(
    cash: np.ndarray,
    loans: pd.DataFrame | None = None,
    groups: tuple[str, ...] = ("all",),
    group_gbv: tuple[float, ...] = (100.0,),
    rate: float = 0.10,
    timing: str = "month_end",
    stage_gbv: np.ndarray | None = None,
    servicing_rate: float = 0.0,
) -> PackageCash:
    """Return flows from cash of every kind, (scenarios, months + 1, kinds, groups).

    Without loans there is one for each group, paid the whole of its group's cash.
    """
    discount = discount_factors(rate, cash.shape[1] - 1, timing)
    if loans is None:
        rows = [
            loan_row(f"L{g}", name, group_gbv[g], cash[:, :, :, g], discount)
            for g, name in enumerate(groups)
        ]
        loans = pd.DataFrame(rows)
    if stage_gbv is None:
        stage_gbv = np.zeros((len(Stage), cash.shape[1]))
        stage_gbv[Stage.COLLECTION] = sum(group_gbv)
    # As the engine keeps it: months last in memory, shown as a view.
    kept = np.ascontiguousarray(cash.transpose(0, 3, 2, 1)).transpose(0, 3, 2, 1)
    return PackageCash(
        amounts=kept,
        kinds=KINDS,
        groups=groups,
        group_gbv=np.array(group_gbv, dtype=float),
        mean_by_kind=cash.mean(axis=0),
        loans=loans,
        stage_gbv=stage_gbv,
        discount_rate=rate,
        cash_timing=timing,
        seed=1,
        servicing_rate=servicing_rate,
    )


def totals_only(flows: PackageCash) -> PackageCash:
    """Return the same flows with receipts and costs only."""
    cash = flows.amounts
    kept = np.stack(
        [cash[:, :, KIND_IS_INFLOW].sum(axis=2), cash[:, :, ~KIND_IS_INFLOW].sum(axis=2)], axis=2
    )
    return dataclasses.replace(flows, amounts=kept, kinds=("received", "costs"))


def loan_row(
    loan_id: str, segment: str, gbv: float, cash: np.ndarray, discount: np.ndarray
) -> dict:
    """Return a loan's row; `cash` is (scenarios, months + 1, kinds)."""
    pv = np.einsum("smk,m->s", cash, discount)
    received = cash[:, :, KIND_IS_INFLOW].sum(axis=2)
    total = float(received.sum())
    sd = float(pv.std(ddof=1)) if len(pv) > 1 else 0.0
    return {
        "loan_id": loan_id,
        "borrower_id": f"B{loan_id}",
        "product": "loan",
        "segment": segment,
        "region": "north" if len(loan_id) % 2 else "south",
        "stage": "collection",
        "gbv": gbv,
        "pv_mean": float(pv.mean()),
        "pv_sd": sd,
        "pv_se": sd / np.sqrt(len(pv)),
        "received_mean": total / len(cash),
        "costs_mean": float(cash[:, :, ~KIND_IS_INFLOW].sum()) / len(cash),
        "months_to_cash": float((received.sum(axis=0) @ np.arange(cash.shape[1])) / total)
        if total
        else np.nan,
        "p_any": float((received.sum(axis=1) > 0).mean()),
    }


def one_kind(net: np.ndarray, gbv: float = 100.0, **terms) -> PackageCash:
    """Return a package with net cash (scenarios, months + 1): receipts voluntary, costs of
    contact.
    """
    cash = np.zeros((*net.shape, len(KINDS), 1))
    cash[:, :, Kind.VOLUNTARY, 0] = np.maximum(net, 0.0)
    cash[:, :, Kind.CONTACT, 0] = np.minimum(net, 0.0)
    return package(cash, group_gbv=(gbv,), **terms)


def lifelike(
    scenarios: int = 400,
    months: int = 120,
    loans: int = 48,
    seed: int = 7,
    segments: tuple[str, ...] = SEGMENTS,
) -> PackageCash:
    """Return a package of four segments with U-shaped recoveries, a season and a common factor."""
    rng = np.random.default_rng(seed)
    common = np.exp(0.25 * rng.standard_normal(scenarios) - 0.03)
    grid = np.arange(months + 1)
    season = 1.0 + 0.35 * np.cos(2.0 * np.pi * (grid - 2) / 12.0)
    discount = discount_factors(0.10, months)
    cash = np.zeros((scenarios, months + 1, len(KINDS), len(segments)))
    stages = np.zeros((len(Stage), months + 1))
    rows, gbv_of = [], np.zeros(len(segments))
    for i in range(loans):
        g = i % len(segments)
        gbv = float(rng.lognormal(np.log(AVERAGE[g % 4]), 0.7))
        own = _loan(rng, gbv, SECURED[g % 4], common, season)
        cash[:, :, :, g] += own
        gbv_of[g] += gbv
        row = loan_row(f"L{i:03d}", segments[g], gbv, own, discount)
        row["region"] = ("Guangdong", "Zhejiang", "Sichuan")[i % 3]
        row["product"] = "mortgage" if SECURED[g % 4] else "consumer"
        row["stage"] = ("collection", "litigation", "enforcement")[i % 7 % 3]
        rows.append(row)
        _stand(stages, gbv, own, SECURED[g % 4])
    return package(
        cash,
        pd.DataFrame(rows),
        segments,
        tuple(gbv_of),
        0.10,
        "month_end",
        stages,
        SERVICING_RATE,
    )


def _loan(rng, gbv, secured, common, season) -> np.ndarray:
    scenarios, months = len(common), len(season) - 1
    own = np.zeros((scenarios, months + 1, len(KINDS)))
    row = np.arange(scenarios)
    when = np.minimum(1 + rng.gamma(3.0, 12.0 if secured else 7.0, scenarios).astype(int), months)
    share = np.clip(rng.beta(0.5, 0.6, scenarios) * common * (0.75 if secured else 0.3), 0.0, 1.0)
    how = rng.choice(
        [Kind.COLLATERAL, Kind.IN_KIND, Kind.PERFORMANCE]
        if secured
        else [Kind.SETTLEMENT, Kind.PERFORMANCE, Kind.DEFICIENCY, Kind.GARNISHMENT],
        size=scenarios,
        p=[0.75, 0.1, 0.15] if secured else [0.5, 0.2, 0.295, 0.005],
    )
    own[row, when, how] += 0.85 * share * gbv
    fade = season * np.exp(-np.arange(months + 1) / 10.0)
    paying = (rng.random(scenarios) < 0.4) * common
    own[:, 1:, Kind.VOLUNTARY] += 0.006 * gbv * np.outer(paying, fade[1:])
    own[:, 1:19, Kind.CONTACT] -= 0.0006 * gbv
    own[:, 6, Kind.COURT_FEE] -= 0.012 * gbv
    own[:, 6, Kind.PRESERVATION] -= 0.0004 * gbv
    own[:, 6, Kind.LAWYER] -= 0.004 * gbv
    sold = own[:, :, Kind.COLLATERAL]
    own[:, :, Kind.AUCTION] -= 0.03 * sold
    own[:, :, Kind.TAX] -= 0.02 * sold
    own[:, :, Kind.SERVICING] -= SERVICING_RATE * own[:, :, KIND_IS_INFLOW].sum(axis=2)
    return own


def _stand(stages, gbv, own, secured) -> None:
    """Add a loan's mean GBV by stage: collection, courts from month 6, closed with its lump."""
    lump = own[:, :, KIND_IS_INFLOW].sum(axis=2)
    lump[:, :7] = 0.0
    closed = np.cumsum(lump > 0.05 * gbv, axis=1).clip(0, 1).mean(axis=0)
    grid = np.arange(len(closed))
    titled = 1.0 - np.exp(-np.maximum(grid - 12.0, 0.0) / 10.0)
    tired = 1.0 - np.exp(-np.maximum(grid - 48.0, 0.0) / 30.0)
    left = (1.0 - closed) * gbv
    stages[Stage.CLOSED] += closed * gbv
    stages[Stage.COLLECTION] += np.where(grid < 6, left, 0.0)
    late = np.where(grid < 6, 0.0, left)
    stages[Stage.LITIGATION] += late * (1.0 - titled)
    stages[Stage.JUDGED] += late * titled * 0.1
    stages[Stage.ENFORCEMENT] += late * titled * 0.9 * (1.0 - tired)
    stages[Stage.DORMANT] += late * titled * 0.9 * tired
