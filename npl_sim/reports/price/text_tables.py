"""Tables of the summary for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from npl_sim.reports.formats import MISSING, Unit, percent, summed
from npl_sim.reports.stacked_table import StackedTable
from npl_sim.reports.style import words
from npl_sim.valuation.breakdown import ATTRIBUTES
from npl_sim.valuation.price import PriceDistribution

__all__ = ["build", "table_of"]

MOST_ROWS = 12

Rows = Sequence[Sequence[str]]


def build(
    result: PriceDistribution, unit: Unit, plain: bool
) -> Iterator[tuple[str, StackedTable]]:
    """Yield the title and the table of each part of the summary.

    Parameters
    ----------
    result
        A priced package.
    unit
        Unit of amounts.
    plain
        Whether to leave out lines.
    """
    money = f"[{unit.name}]"
    confidence = percent(result.pricing.confidence, 0)
    required = percent(result.pricing.required_return)
    header = ["", "value", "% of GBV", f"{confidence} from", "to", "std error"]
    yield f"Price distribution {money}", table_of(header, _price_rows(result, unit), plain)

    shown = _three(result)
    header = ["price", "% of\nGBV", "cash\nloss", f"PV below\nat {required}", "mean\nIRR"]
    header += [f"IRR\n{100 * p:g}%" for p in shown]
    header += ["P(IRR\n< 0)", f"P(IRR\n< {percent(result.target_irr, 0)})"]
    yield (
        f"What a price risks {money}",
        table_of(header, _test_rows(result, unit), plain, text=False),
    )

    named = [f"net\n{100 * p:g}%" for p in shown]
    header = ["to\nmonth", "mean\nreceipts", "mean\nnet", *named, f"mean net\n{money}"]
    title = "Cumulative recovery, undiscounted [% of GBV]"
    yield title, table_of(header, _recovery_rows(result, unit), plain, text=False)

    header = ["GBV", "price", "std\nerror", "% of\nGBV", "% of\nprice", "receipts", "costs"]
    for name in _telling(result):
        rows = _part_rows(result, name, unit)
        yield f"Value by {name} {money}", table_of([name, *header], rows, plain, total=True)

    header = ["kind", "expected", "price", "std error", "% of GBV"]
    yield (
        f"Value by kind of cash {money}",
        table_of(header, _kind_rows(result, unit), plain, total=True),
    )


def table_of(
    header: Sequence[str],
    rows: Rows,
    plain: bool,
    total: bool = False,
    text: bool = True,
    words: Sequence[str] = (),
) -> StackedTable:
    """Return a table: text in the first column (where `text`) and in those of `words`, numbers in the others."""
    return StackedTable(header, rows, plain, total, text, words)


def _three(result: PriceDistribution) -> list[float]:
    """Return the lowest, the middle and the highest level of the quantiles."""
    levels = result.pricing.quantiles
    return sorted({levels[0], min(levels, key=lambda p: abs(p - 0.5)), levels[-1]})


def _price_rows(result: PriceDistribution, unit: Unit) -> Rows:
    worst = percent(result.pricing.shortfall_level, 0)
    estimates = {"mean": result.mean, "standard deviation": result.sd}
    estimates[f"mean of worst {worst}"] = result.expected_shortfall
    estimates |= {f"quantile {100 * p:g}%": q for p, q in result.quantiles.items()}
    target = percent(result.target_irr)
    for p, q in result.values_by_probability.items():
        if p >= 0.5:
            estimates[f"earns {target} with {100 * p:g}%"] = q
    parts = estimates.values()
    columns = [unit.column(getattr(e, name) for e in parts) for name in ("value", "low", "high")]
    columns.append(unit.errors(e.se for e in parts))
    share = [percent(result.of_gbv(e.value), 2) for e in parts]
    return list(zip(estimates, columns[0], share, *columns[1:], strict=True))


def _test_rows(result: PriceDistribution, unit: Unit) -> Rows:
    shown = _three(result)
    amounts = unit.column(test.price for test in result.tests)
    rows = []
    for amount, test in zip(amounts, result.tests, strict=True):
        row = [amount, percent(result.of_gbv(test.price))]
        row += [percent(test.cash_loss.value), percent(test.below_required.value)]
        if test.irr is None:
            row += ["-"] * (len(shown) + 3)
        else:
            rates = [test.irr.mean, *(test.irr.quantiles[p] for p in shown)]
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


def _telling(result: PriceDistribution) -> list[str]:
    """Return the breakdowns that tell something: of several parts, and not the same as one before."""
    seen: set[frozenset[tuple[str, float]]] = set()
    telling = []
    # The groups last: most often they are the values of an attribute.
    for name in sorted(set(result.breakdowns) - {"kind"}, key=[*ATTRIBUTES, "group"].index):
        frame = result.breakdowns[name]
        parts = frozenset(zip(frame[name].astype(str), frame["gbv"].round(2), strict=True))
        if len(parts) > 1 and parts not in seen:
            telling.append(name)
        seen.add(parts)
    return telling


def _part_rows(result: PriceDistribution, name: str, unit: Unit) -> Rows:
    frame = result.breakdowns[name].sort_values("gbv", ascending=False, kind="stable")
    shown, rest = frame.head(MOST_ROWS), frame.iloc[MOST_ROWS:]
    sums = ["gbv", "pv", "receipts", "costs"]
    parts = [shown]
    if len(rest):
        parts.append(pd.DataFrame([{name: f"{len(rest)} others", **rest[sums].sum()}]))
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
    names = [*(words(kind) for kind in frame["kind"]), "net"]
    return list(zip(names, amount, pv, se, share, strict=True))
