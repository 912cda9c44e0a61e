"""Tables of the report on a channel contract: retained risk, parties, undertakings, calls."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from npl_sim.channels.result import DISCLOSED, ChannelResult, Version
from npl_sim.channels.retained import MEASURES
from npl_sim.channels.risk_bearers import party_cash
from npl_sim.channels.statistics import weighted_sum
from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import Unit, percent
from npl_sim.reports.table import Table, ready_table
from npl_sim.stats.risk import Estimate

Content = tuple[list[str], Sequence[Sequence[str]]]
"""Header and rows of a table."""


def report_tables(result: ChannelResult, unit: Unit) -> Iterator[Table]:
    """Yield the tables of the report on a contract, amounts in a unit."""
    money = f"[{unit.name}]"
    yield ready_table(
        _("What stays with the bank {money}").format(money=money), *_retained(result, unit)
    )
    for version in result.versions:
        label = f", {version.label}" if version.label else ""
        rate = percent(result.outcomes.discount_rate)
        yield ready_table(
            _("Who gets what, present value at {rate}{label} {money}").format(
                rate=rate, label=label, money=money
            ),
            *_parties(version, unit),
        )
        if len(version.worth):
            yield ready_table(
                _("What the undertakings cost the bank{label} {money}").format(
                    label=label, money=money
                ),
                *_worth(version, unit),
            )
            yield ready_table(
                _("Cash calls on the bank, undiscounted{label} {money}").format(
                    label=label, money=money
                ),
                *_calls(version, unit),
            )
        if len(version.pain):
            calls = version.calls.estimates["mean"].value
            mean = (
                _("; all scenarios' calls: {calls}").format(calls=unit.show(calls))
                if calls > 0.0
                else ""
            )
            yield ready_table(
                _("When factors turn bad{label} {money}{mean}").format(
                    label=label, money=money, mean=mean
                ),
                *_pain(version, unit),
            )


def _retained(result: ChannelResult, unit: Unit) -> Content:
    several = len(result.versions) > 1
    header = ["", "before"]
    for version in result.versions:
        name = {"": "", DISCLOSED: "disclosed\n"}.get(version.label, "side letter\n")
        header += [f"{name}after", f"{name}share", _("{name}std error").format(name=name)]
    if several:
        header.append(_("side letter\nadds"))
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
            row += [column[i], share_text(share), _error(share)]
        if several:
            first, last = (v.retained.share(measure).value for v in result.versions)
            row.append(percent(last - first, 2))
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
    label = {"debtors": _("debtors (pay)"), "workout": _("courts, agencies")}
    rows = [[label.get(name, name), *(c[i] for c in columns)] for i, name in enumerate(names)]
    return ["party", "mean", _("std dev"), "undiscounted"], rows


def _worth(version: Version, unit: Unit) -> Content:
    frame = version.worth
    cost, se = unit.column(frame["cost"]), unit.column(frame["cost_se"])
    banded = bool(frame["cost_known"].notna().any())
    known = unit.column(frame["cost_known"])
    rows = []
    for i, (_label, row) in enumerate(frame.iterrows()):
        amounts = [cost[i], se[i], *([known[i]] if banded else [])]
        chances = ["p_pays", "p_package_back", *(["p_package_back_known"] if banded else [])]
        shares = [percent(row["of_price"], 2), *(percent(row[name]) for name in chances)]
        rows.append([str(row["undertaking"]), *amounts, *shares])
    band, back = (
        ([_("cost if all\nis known")], [_("back if all\nis known")]) if banded else ([], [])
    )
    header = ["undertaking", "cost", _("std error"), *band, _("% of\nprice"), "bank\npays"]
    return [*header, "package\nback", *back], rows


def _calls(version: Version, unit: Unit) -> Content:
    found, level = version.calls.estimates, version.contract.tail_level
    profile = version.calls.profile
    names = {
        "mean": "mean",
        "quantile 0.5": _("half of scenarios below"),
        "quantile 0.95": _("95% of scenarios below"),
        "worst": _("mean of the worst {level}").format(level=percent(level, 0)),
        "peak quantile 0.95": _("largest month, 95% of scenarios below"),
    }
    values, errors = (
        unit.column([found[k].value for k in names]),
        unit.column([found[k].se for k in names]),
    )
    rows = [[label, values[i], errors[i]] for i, label in enumerate(names.values())]
    rows.append(
        [
            _("probability of any"),
            percent(found["probability"].value),
            percent(found["probability"].se, 2),
        ]
    )
    months = profile.loc[profile["mean"] > 0.0, "month"]
    if len(months) and version.retained.run.outcomes.months > 0:
        top = int(profile["mean"].to_numpy().argmax())
        rows.append([_("month of the largest mean call"), str(top), ""])
        rows.append(
            [
                _("months with calls"),
                _("{min} to {max}").format(min=months.min(), max=months.max()),
                "",
            ]
        )
    return ["", "value", _("std error")], rows


def _pain(version: Version, unit: Unit) -> Content:
    frame = version.pain
    amounts = {
        "package_in_worst_decile": _("package in\nworst tenth"),
        "bank_in_worst_decile": _("bank in\nworst tenth"),
        "bank_in_worst_decile_se": "std\nerror",
    }
    ratios = {"correlation_package": _("corr with\npackage")}
    if version.calls.total.max(initial=0.0) > 0.0:
        ratios |= {"correlation_calls": _("corr with\ncalls")}
        amounts |= {
            "calls_in_worst_decile": _("calls in\nworst tenth"),
            "calls_in_worst_decile_se": "std\nerror",
        }
    columns = [[_ratio(x) for x in frame[key]] for key in ratios] + [
        unit.column(frame[key]) for key in amounts
    ]
    rows = [[str(name), *(c[i] for c in columns)] for i, name in enumerate(frame["factor"])]
    return ["factor", *ratios.values(), *amounts.values()], rows


def share_text(estimate: Estimate) -> str:
    """Return a share in percent."""
    return percent(estimate.value, 2 if abs(estimate.value) < 0.9995 else 1)


def _error(estimate: Estimate) -> str:
    return (
        "exact"
        if estimate.se == 0.0 and estimate.low == estimate.high
        else percent(estimate.se, 2)
    )


def _ratio(value: float) -> str:
    return f"{value:+.2f}" if math.isfinite(value) else "n/a"
