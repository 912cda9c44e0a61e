"""Report of a channel contract for the terminal: retained risk, parties, undertakings, calls."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from npl_sim.channel.result import ChannelResult, Version
from npl_sim.channel.retained import MEASURES
from npl_sim.channel.risk_bearers import party_cash
from npl_sim.channel.statistics import weighted_sum
from npl_sim.core.errors import known
from npl_sim.core.issues import Issue
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.reports.heading import Heading
from npl_sim.reports.report import Report
from npl_sim.reports.table import Table, ready_table
from npl_sim.stats.risk import Estimate
from npl_sim.tape.issues import LISTED_BY

if TYPE_CHECKING:
    from rich.console import Console


Content = tuple[list[str], Sequence[Sequence[str]]]
"""Header and rows of a table."""

MOST_IN_CENTS = 1e8
"""Face of a table of outcomes up to which its amounts are shown to the cent."""

VERSION_NAMES = {"": "Stays", "shown": "Shown"}
"""First words of the line on a version; any other version has the side letter."""


def channel_report(
    result: ChannelResult, issues: Sequence[Issue] = (), listed_by: str = LISTED_BY
) -> Report:
    """Return the report of what a contract leaves with the bank.

    Parameters
    ----------
    result
        A measured contract.
    issues
        Issues, which follow the headline.
    listed_by
        Command that lists every issue.
    """
    unit = _unit(result)
    return Report(
        _headline(result, unit),
        list(_tables(result, unit)),
        list(_notes(result)),
        Heading(tuple(issues), None, result.currency),
        listed_by=listed_by,
    )


def print_channel(
    result: ChannelResult,
    console: Console,
    issues: Sequence[Issue] = (),
    listed_by: str = LISTED_BY,
) -> None:
    """Print the report of a contract on a console."""
    console.print(channel_report(result, issues, listed_by), crop=False)


class _Cents(Unit):
    """Amounts to the cent, as in published examples."""

    def show(self, amount: float) -> str:
        """Return an amount."""
        return f"{amount:,.2f}"

    def column(self, amounts: Iterable[float]) -> list[str]:
        """Return amounts."""
        return [f"{x:,.2f}" if math.isfinite(x) else "-" for x in amounts]


def _unit(result: ChannelResult) -> Unit:
    if result.outcomes.exact and result.outcomes.face < MOST_IN_CENTS:
        return _Cents(1.0, result.currency or "package currency")
    run = result.versions[0].retained.run
    largest = max(
        run.price,
        abs(float(weighted_sum(run.outcomes.probability, result.versions[0].retained.before))),
    )
    return money_unit(largest or run.outcomes.face, result.currency)


def _headline(result: ChannelResult, unit: Unit) -> list[str]:
    outcomes, version = result.outcomes, result.whole
    run = version.retained.run
    worth = float(weighted_sum(outcomes.probability, version.retained.before))
    of_face = f" ({percent(run.price / outcomes.face, 2)} of face)" if outcomes.face > 0.0 else ""
    kind = "weighted outcomes" if outcomes.exact else "scenarios"
    key = "sum of p (x - mean)+"
    lines = [
        f"Contract  {result.name}",
        f"Sold      for {unit.show(run.price)} {unit.name}{of_face}; worth {unit.show(worth)} "
        f"to the bank if kept, at {percent(outcomes.discount_rate)}",
    ]
    for v in result.versions:
        share, spread, lost = (
            v.retained.share(key),
            v.retained.share("standard deviation"),
            v.retained.share("expected loss"),
        )
        lead = VERSION_NAMES.get(v.label, "Letter")
        lines.append(
            f"{lead:<9} {_percent(share)} of variability by mean absolute deviation, "
            f"{_percent(spread)} by standard deviation, {_percent(lost)} of expected loss"
        )
    lines += [_loan(v, unit) for v in result.versions if v.funding is not None]
    lines.append(
        f"From      face {unit.show(outcomes.face)} {unit.name}, {outcomes.scenarios:,} "
        f"{kind}, {outcomes.months} months" + ("" if outcomes.exact else f", seed {outcomes.seed}")
    )
    return lines


def _loan(version: Version, unit: Unit) -> str:
    funding = version.funding
    funding = known(funding, "funding")
    label = f" ({version.label})" if version.label else ""
    rates = ", ".join(percent(rate) for rate in funding.quantiles.values())
    text = (
        f"As a loan it raises {unit.show(funding.raised)} at {_percent(funding.expected)} "
        f"a year{label}"
    )
    return f"{text}; by scenario 5%, 50%, 95%: {rates}" + (
        f" ({percent(funding.no_rate)} of scenarios have no rate and count as the least or most)"
        if funding.no_rate > 0.0
        else ""
    )


def _tables(result: ChannelResult, unit: Unit) -> Iterator[Table]:
    money = f"[{unit.name}]"
    yield ready_table(f"What stays with the bank {money}", *_retained(result, unit))
    for version in result.versions:
        label = f", {version.label}" if version.label else ""
        rate = percent(result.outcomes.discount_rate)
        yield ready_table(
            f"Who gets what, present value at {rate}{label} {money}", *_parties(version, unit)
        )
        if len(version.worth):
            yield ready_table(
                f"What the undertakings cost the bank{label} {money}", *_worth(version, unit)
            )
            yield ready_table(
                f"Cash calls on the bank, undiscounted{label} {money}", *_calls(version, unit)
            )
        if len(version.pain):
            calls = version.calls.estimates["mean"].value
            mean = f"; all scenarios' calls: {unit.show(calls)}" if calls > 0.0 else ""
            yield ready_table(f"When factors turn bad{label} {money}{mean}", *_pain(version, unit))


def _retained(result: ChannelResult, unit: Unit) -> Content:
    several = len(result.versions) > 1
    header = ["", "before"]
    for version in result.versions:
        name = {"": "", "shown": "shown\n", "with the letter": "letter\n"}[version.label]
        header += [f"{name}after", f"{name}share", f"{name}std error"]
    if several:
        header.append("letter\nadds")
    # The same decimals for all amounts, so that columns can be compared.
    amounts = [result.versions[0].retained.measures[m][0].value for m in MEASURES]
    before = unit.column(amounts)
    after = [
        unit.column([v.retained.measures[m][1].value for m in MEASURES]) for v in result.versions
    ]
    rows = []
    for i, measure in enumerate(MEASURES):
        row = [measure, before[i]]
        for v, column in zip(result.versions, after, strict=True):
            share = v.retained.share(measure)
            row += [column[i], _percent(share), _error(share)]
        if several:
            row.append(
                percent(
                    result.versions[-1].retained.share(measure).value
                    - result.versions[0].retained.share(measure).value,
                    2,
                )
            )
        rows.append(row)
    return header, rows


def _parties(version: Version, unit: Unit) -> Content:
    run = version.retained.run
    everyone = party_cash(version.retained) | {
        name: run.cash[name] for name in ("workout", "debtors")
    }
    names = list(everyone)
    p = run.outcomes.probability
    values = {name: run.outcomes.present_value(cash) for name, cash in everyone.items()}
    means = [float(weighted_sum(p, values[name])) for name in names]
    spread = [
        float(weighted_sum(p, (values[n] - m) ** 2)) ** 0.5
        for n, m in zip(names, means, strict=True)
    ]
    cash = [float(weighted_sum(p, everyone[name]).sum()) for name in names]
    columns = [unit.column(x) for x in (means, spread, cash)]
    label = {"debtors": "debtors (pay)", "workout": "courts, agencies"}
    rows = [[label.get(name, name), *(c[i] for c in columns)] for i, name in enumerate(names)]
    return ["party", "mean", "std dev", "undiscounted"], rows


def _worth(version: Version, unit: Unit) -> Content:
    frame = version.worth
    cost, se = unit.column(frame["cost"]), unit.column(frame["cost_se"])
    banded = bool(frame["cost_known"].notna().any())
    known = unit.column(frame["cost_known"])
    rows = [
        [
            str(row["undertaking"]),
            cost[i],
            se[i],
            *([known[i]] if banded else []),
            percent(row["of_price"], 2),
            percent(row["p_pays"]),
            percent(row["p_package_back"]),
            *([percent(row["p_package_back_known"])] if banded else []),
        ]
        for i, (_, row) in enumerate(frame.iterrows())
    ]
    band = ["cost if all\nis known"] if banded else []
    back = ["back if all\nis known"] if banded else []
    return [
        "undertaking",
        "cost",
        "std error",
        *band,
        "% of\nprice",
        "bank\npays",
        "package\nback",
        *back,
    ], rows


def _calls(version: Version, unit: Unit) -> Content:
    found, level = version.calls.estimates, version.contract.tail_level
    profile = version.calls.profile
    names = {
        "mean": "mean",
        "quantile 0.5": "half of scenarios below",
        "quantile 0.95": "95% of scenarios below",
        "worst": f"mean of the worst {percent(level, 0)}",
        "peak quantile 0.95": "largest month, 95% of scenarios below",
    }
    values, errors = (
        unit.column([found[k].value for k in names]),
        unit.column([found[k].se for k in names]),
    )
    rows = [[label, values[i], errors[i]] for i, label in enumerate(names.values())]
    rows.append(
        [
            "probability of any",
            percent(found["probability"].value),
            percent(found["probability"].se, 2),
        ]
    )
    months = profile.loc[profile["mean"] > 0.0, "month"]
    if len(months) and version.retained.run.outcomes.months > 0:
        top = int(profile["mean"].to_numpy().argmax())
        rows.append(["month of the largest mean call", str(top), ""])
        rows.append(["months with calls", f"{months.min()} to {months.max()}", ""])
    return ["", "value", "std error"], rows


def _pain(version: Version, unit: Unit) -> Content:
    frame = version.pain
    amounts = {
        "package_in_worst_decile": "package in\nworst tenth",
        "bank_in_worst_decile": "bank in\nworst tenth",
        "bank_in_worst_decile_se": "std\nerror",
    }
    ratios = {"correlation_package": "corr with\npackage"}
    if version.calls.total.max(initial=0.0) > 0.0:
        ratios |= {"correlation_calls": "corr with\ncalls"}
        amounts |= {
            "calls_in_worst_decile": "calls in\nworst tenth",
            "calls_in_worst_decile_se": "std\nerror",
        }
    columns = [[_ratio(x) for x in frame[key]] for key in ratios] + [
        unit.column(frame[key]) for key in amounts
    ]
    rows = [[str(name), *(c[i] for c in columns)] for i, name in enumerate(frame["factor"])]
    return ["factor", *ratios.values(), *amounts.values()], rows


def _notes(result: ChannelResult) -> Iterator[str]:
    version = result.whole
    if version.retained.measures["range"][0].value == 0.0:
        yield "the package has no variability: shares of it are not defined"


def _percent(estimate: Estimate) -> str:
    return percent(estimate.value, 2 if abs(estimate.value) < 0.9995 else 1)


def _error(estimate: Estimate) -> str:
    return (
        "exact"
        if estimate.se == 0.0 and estimate.low == estimate.high
        else percent(estimate.se, 2)
    )


def _ratio(value: float) -> str:
    return f"{value:+.2f}" if math.isfinite(value) else "n/a"
