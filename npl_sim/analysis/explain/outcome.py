"""Simulated outcome of one loan in words: value, cash by kind, stages, an example path."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from npl_sim.analysis.explain.steps import money, percent
from npl_sim.cashflows.protocol import Cash
from npl_sim.core.language import gettext as _
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
        _(
            "Simulated over {scenarios:,} scenarios of seed {seed}, discounted at "
            "{discount_rate} a year"
        ).format(
            scenarios=flows.scenarios, seed=flows.seed, discount_rate=percent(flows.discount_rate)
        )
    )
    yield (
        _(
            "  present value {pv_mean} +- {pv_se} (standard error), sd {pv_sd}, "
            "5/50/95 % quantiles {q05} / {q50} / {q95}"
        ).format(
            pv_mean=money(loan["pv_mean"]),
            pv_se=money(loan["pv_se"]),
            pv_sd=money(loan["pv_sd"]),
            q05=money(q05),
            q50=money(q50),
            q95=money(q95),
        )
    )
    cash = (
        _("{months_to_cash:.1f} months").format(months_to_cash=loan["months_to_cash"])
        if loan["received_mean"] > 0
        else "never"
    )
    yield (
        _(
            "  receipts {received_mean}, costs {costs_mean}; anything received with "
            "{p_any}; mean time to cash {cash}"
        ).format(
            received_mean=money(loan["received_mean"]),
            costs_mean=money(loan["costs_mean"]),
            p_any=percent(loan["p_any"]),
            cash=cash,
        )
    )
    yield f"  {'kind of cash':<14}{'mean':>16}{'present value':>16}{'probability':>13}"
    for k, name in enumerate(flows.kinds):
        amounts = flows.by_kind[:, :, k]
        hit = sample.probability((amounts != 0.0).any(axis=1)).value
        mean, worth = (sample.mean(x).value for x in (amounts.sum(axis=1), amounts @ df))
        if hit > 0:
            yield f"  {name:<14}{money(mean):>16}{money(worth):>16}{percent(hit):>13}"
    months = sorted({m for m in (0, 6, 12, 24, 36, 60, flows.months) if m <= flows.months})
    yield _("  share of paths in each stage at the end of month ") + "".join(
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
    yield _("A path near the median: scenario {middle}, present value {pv}").format(
        middle=middle, pv=money(float(pv[middle]))
    )
    path = flows.by_kind[middle]
    months, kinds = np.nonzero(path)
    if len(months) == 0:
        yield _("  no cash at all")
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
        when = (
            _("month {first}").format(first=first)
            if first == last
            else _("months {first} to {last}, each").format(first=first, last=last)
        )
        yield f"  {when:<24}{Kind(int(kind)).name.lower():<14}{money(amount):>16}"
