"""Simulated outcome of one loan in words: value, cash by kind, stages, an example path."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from npl_sim.analysis.explain.steps import money, percent
from npl_sim.cashflows.protocol import Cash
from npl_sim.core.layout import Kind, Stage
from npl_sim.stats.discount import discount_factors


def outcome(flows: Cash) -> Iterator[str]:
    """Yield the simulated value, cash by kind and stages of a loan."""
    loan = flows.loans.iloc[0]
    df = discount_factors(flows.discount_rate, flows.months, flows.cash_timing)
    pv = flows.net @ df
    sample = flows.sample
    q05, q50, q95 = (sample.quantile(pv, level).value for level in (0.05, 0.5, 0.95))
    yield (
        f"Simulated over {flows.scenarios:,} scenarios of seed {flows.seed}, discounted at "
        f"{percent(flows.discount_rate)} a year"
    )
    yield (
        f"  present value {money(loan['pv_mean'])} +- {money(loan['pv_se'])} (standard error), sd "
        f"{money(loan['pv_sd'])}, 5/50/95 % quantiles {money(q05)} / {money(q50)} / {money(q95)}"
    )
    cash = f"{loan['months_to_cash']:.1f} months" if loan["received_mean"] > 0 else "never"
    yield (
        f"  receipts {money(loan['received_mean'])}, costs {money(loan['costs_mean'])}; anything "
        f"received with {percent(loan['p_any'])}; mean time to cash {cash}"
    )
    yield f"  {'kind of cash':<14}{'mean':>16}{'present value':>16}{'probability':>13}"
    for k, name in enumerate(flows.kinds):
        amounts = flows.by_kind[:, :, k]
        hit = sample.probability((amounts != 0.0).any(axis=1)).value
        mean, worth = (sample.mean(x).value for x in (amounts.sum(axis=1), amounts @ df))
        if hit > 0:
            yield f"  {name:<14}{money(mean):>16}{money(worth):>16}{percent(hit):>13}"
    months = sorted({m for m in (0, 6, 12, 24, 36, 60, flows.months) if m <= flows.months})
    yield "  share of paths in each stage at the end of month " + "".join(
        f"{m:>8}" for m in months
    )
    for stage in Stage:
        shares = flows.stage_gbv[stage, months] / max(float(loan["gbv"]), 1e-300)
        if shares.max() > 0:
            yield f"  {stage.name.lower():>49} " + "".join(f"{percent(s):>8}" for s in shares)


def example_path(flows: Cash) -> Iterator[str]:
    """Yield the cash of the path with the median value."""
    df = discount_factors(flows.discount_rate, flows.months, flows.cash_timing)
    pv = flows.net @ df
    middle = int(np.argsort(pv, kind="stable")[len(pv) // 2])
    yield f"A path near the median: scenario {middle}, present value {money(float(pv[middle]))}"
    path = flows.by_kind[middle]
    months, kinds = np.nonzero(path)
    if len(months) == 0:
        yield "  no cash at all"
    runs: list[list[float]] = []
    for m, k in sorted(
        zip(months.tolist(), kinds.tolist(), strict=True), key=lambda x: (x[1], x[0])
    ):
        same = (
            runs
            and runs[-1][0] == k
            and runs[-1][2] == m - 1
            and math.isclose(runs[-1][3], path[m, k], rel_tol=1e-9)
        )
        if same:
            runs[-1][2] = m
        else:
            runs.append([k, m, m, path[m, k]])
    for kind, first, last, amount in sorted(runs, key=lambda r: (r[1], r[0])):
        when = f"month {first}" if first == last else f"months {first} to {last}, each"
        yield f"  {when:<24}{Kind(int(kind)).name.lower():<14}{money(amount):>16}"
