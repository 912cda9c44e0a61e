"""Tables of a priced package for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import MISSING, Unit, percent, summed
from npl_sim.reports.style import readable
from npl_sim.reports.table import Table, ready_table
from npl_sim.reports.writers.terminal import StackedTable
from npl_sim.valuation.breakdown import ATTRIBUTES
from npl_sim.valuation.price import PriceDistribution

MOST_ROWS = 12

Rows = Sequence[Sequence[str]]


def price_tables(result: PriceDistribution, unit: Unit) -> list[Table]:
    """Return the tables of the report on a priced package.

    Parameters
    ----------
    result
        A priced package.
    unit
        Unit of amounts.
    """
    money = f"[{unit.name}]"
    levels = _three(result)
    estimate, test = _headers(result, levels)
    quantiles = [_("net\n{p:g}%").format(p=100 * p) for p in levels]
    recovery = [
        "to\nmonth",
        "mean\nreceipts",
        "mean\nnet",
        *quantiles,
        _("mean net\n{money}").format(money=money),
    ]
    part = ["GBV", "price", "std\nerror", _("% of\nGBV"), _("% of\nprice"), "receipts", "costs"]
    kind = ["kind", "expected", "price", _("std error"), _("% of GBV")]
    return [
        ready_table(
            _("Price distribution {money}").format(money=money),
            estimate,
            _price_rows(result, unit),
        ),
        ready_table(
            _("What a price risks {money}").format(money=money),
            test,
            _test_rows(result, unit),
            texts=(),
        ),
        ready_table(
            _("Cumulative recovery, undiscounted [% of GBV]"),
            recovery,
            _recovery_rows(result, unit),
            texts=(),
        ),
        *(
            ready_table(
                _("Value by {by} {money}").format(by=_(by), money=money),
                [by, *part],
                _part_rows(result, by, unit),
                True,
            )
            for by in _distinct_breakdowns(result)
        ),
        ready_table(
            _("Value by kind of cash {money}").format(money=money),
            kind,
            _kind_rows(result, unit),
            True,
        ),
    ]


def _headers(result: PriceDistribution, levels: Sequence[float]) -> tuple[list[str], list[str]]:
    """Return the headers of the table of the price, and of the table of what a price risks."""
    required = percent(result.pricing.required_return)
    confidence = percent(result.pricing.confidence, 0)
    estimate = [
        "",
        "value",
        _("% of GBV"),
        _("{confidence} from").format(confidence=confidence),
        "to",
        _("std error"),
    ]
    test = [
        "price",
        _("% of\nGBV"),
        "cash\nloss",
        _("PV below\nat {required}").format(required=required),
        "mean\nIRR",
    ]
    test += [f"IRR\n{100 * p:g}%" for p in levels]
    test += ["P(IRR\n< 0)", f"P(IRR\n< {percent(result.target_irr, 0)})"]
    return estimate, test


def table_of(
    header: Sequence[str], rows: Rows, plain: bool, texts: Sequence[str] | None = None
) -> StackedTable:
    """Return a table of ready text for a console."""
    return StackedTable(ready_table("", header, rows, texts=texts), plain)


def _three(result: PriceDistribution) -> list[float]:
    """Return the lowest, middle and highest level of the quantiles."""
    levels = result.pricing.quantiles
    return sorted({levels[0], min(levels, key=lambda p: abs(p - 0.5)), levels[-1]})


def _price_rows(result: PriceDistribution, unit: Unit) -> Rows:
    worst = percent(result.pricing.shortfall_level, 0)
    estimates = {"mean": result.mean, "standard deviation": result.sd}
    estimates[_("mean of worst {worst}").format(worst=worst)] = result.expected_shortfall
    estimates |= {_("quantile {p:g}%").format(p=100 * p): q for p, q in result.quantiles.items()}
    target = percent(result.target_irr)
    for p, q in result.values_by_probability.items():
        if p >= 0.5:
            estimates[_("earns {target} with {p:g}%").format(target=target, p=100 * p)] = q
    parts = estimates.values()
    columns = [unit.column(getattr(e, name) for e in parts) for name in ("value", "low", "high")]
    columns.append(unit.errors(e.se for e in parts))
    share = [percent(result.of_gbv(e.value), 2) for e in parts]
    return list(zip(estimates, columns[0], share, *columns[1:], strict=True))


def _test_rows(result: PriceDistribution, unit: Unit) -> Rows:
    levels = _three(result)
    amounts = unit.column(test.price for test in result.tests)
    rows = []
    for amount, test in zip(amounts, result.tests, strict=True):
        row = [amount, percent(result.of_gbv(test.price))]
        row += [percent(test.cash_loss.value), percent(test.below_required.value)]
        if test.irr is None:
            row += ["-"] * (len(levels) + 3)
        else:
            rates = [test.irr.mean, *(test.irr.quantiles[p] for p in levels)]
            chances = [test.irr.negative, test.irr.below_target]
            row += [percent(estimate.value) for estimate in rates + chances]
        rows.append(row)
    return rows


def _recovery_rows(result: PriceDistribution, unit: Unit) -> Rows:
    from npl_sim.valuation.recovery import level_name

    last = result.flows.months
    step = 12 * max(1, math.ceil(last / 12 / MOST_ROWS))
    months = sorted({*range(step, last + 1, step), last})
    cash = result.flows.mean_by_kind.sum(axis=(1, 2)).cumsum()
    curve = result.recovery.set_index(["measure", "month"])
    names = ["mean", *(level_name(p) for p in _three(result))]
    rows = []
    for month, amount in zip(months, unit.column(cash[months]), strict=True):
        net = curve.loc[("net", month)]
        shares = [curve.loc[("gross", month)]["mean"], *(net[name] for name in names)]
        rows.append([str(month), *(percent(float(share)) for share in shares), amount])
    return rows


def _distinct_breakdowns(result: PriceDistribution) -> list[str]:
    """Return the breakdowns into several parts that differ from those before."""
    seen: set[frozenset[tuple[str, float]]] = set()
    names = []
    # Groups come last: most often they are the values of an attribute.
    for name in sorted(set(result.breakdowns) - {"kind"}, key=[*ATTRIBUTES, "group"].index):
        frame = result.breakdowns[name]
        parts = frozenset(zip(frame[name].astype(str), frame["gbv"].round(2), strict=True))
        if len(parts) > 1 and parts not in seen:
            names.append(name)
        seen.add(parts)
    return names


def _part_rows(result: PriceDistribution, name: str, unit: Unit) -> Rows:
    frame = result.breakdowns[name].sort_values("gbv", ascending=False, kind="stable")
    shown, rest = frame.head(MOST_ROWS), frame.iloc[MOST_ROWS:]
    sums = ["gbv", "pv", "receipts", "costs"]
    parts = [shown]
    if len(rest):
        parts.append(
            pd.DataFrame([{name: _("{rest} others").format(rest=len(rest)), **rest[sums].sum()}])
        )
    rows = pd.concat(parts, ignore_index=True)
    whole = result.mean.value
    total = frame[sums].sum().to_dict() | {"pv": whole}
    of_gbv = [
        percent(pv / gbv if gbv else math.nan)
        for pv, gbv in zip(rows["pv"], rows["gbv"], strict=True)
    ]
    of_gbv.append(percent(result.of_gbv(whole)))
    if whole:
        of_pv = [
            f"{share}%" for share in summed([100.0 * pv / whole for pv in rows["pv"]], 100.0, 1)
        ]
    else:
        of_pv = [MISSING] * (len(rows) + 1)
    gbv, pv, receipts, costs = (unit.parts(rows[c].tolist(), total[c]) for c in sums)
    se = unit.errors([*rows["pv_se"], result.mean.se])
    names = [*rows[name].astype(str), "total"]
    return list(zip(names, gbv, pv, se, of_gbv, of_pv, receipts, costs, strict=True))


def _kind_rows(result: PriceDistribution, unit: Unit) -> Rows:
    frame = result.breakdowns["kind"]
    frame = frame[frame["amount"] != 0.0].sort_values("side", ascending=False, kind="stable")
    amount = unit.parts(frame["amount"].tolist(), float(frame["amount"].sum()))
    pv = unit.parts(frame["pv"].tolist(), result.mean.value)
    se = unit.errors([*frame["pv_se"], result.mean.se])
    whole = result.of_gbv(result.mean.value)
    share = [MISSING] * (len(frame) + 1)
    if math.isfinite(whole):
        share = [
            f"{x}%" for x in summed([100.0 * x for x in frame["price_of_gbv"]], 100.0 * whole, 2)
        ]
    names = [*(readable(kind) for kind in frame["kind"]), "net"]
    return list(zip(names, amount, pv, se, share, strict=True))
