"""Sentences of a report on cash against the plan, made by rule from its numbers."""

from __future__ import annotations

import math

from npl_sim.analysis.track.comparison import LEVEL
from npl_sim.analysis.track.tracking import Tracking
from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.reports.track.names import attribute_name, cell_name, ratio_text
from npl_sim.stats.near_scenarios import LEAST


def unit_of(found: Tracking) -> Unit:
    """Return a unit that fits the amounts."""
    total = found.comparison.total
    largest = max(total["actual"], total["plan"], float(found.forecast.plan_receipts.sum()))
    return money_unit(largest, found.currency)


def headline(found: Tracking, unit: Unit) -> str:
    """Return one sentence with the finding and its number."""
    total = found.comparison.total
    actual, plan = unit.sentence(total["actual"]), unit.sentence(total["plan"])
    if not math.isfinite(total["ratio"]):
        return _("{actual} came; the plan expects nothing yet.").format(actual=actual)
    share = percent(total["ratio"], 0)
    count = len(found.comparison.alarms)
    if not count:
        return _("{share} of the plan came, {actual} of {plan}: no alarm.").format(
            share=share, actual=actual, plan=plan
        )
    return ngettext(
        "{share} of the plan came, {actual} of {plan}: {count} alarm.",
        "{share} of the plan came, {actual} of {plan}: {count} alarms.",
        count,
    ).format(share=share, actual=actual, plan=plan, count=count)


def comparison_text(found: Tracking) -> str:
    """Return the rule of the alarms, the ratio with its error, and what alarms."""
    tested = int(found.comparison.cells["tested"].sum())
    text = _(
        "Ratio {ratio} (one standard deviation of the plan). {tested} figures are tested "
        "together; a plan that is right gives a false alarm in {level} of cases."
    ).format(ratio=ratio_text(found.comparison.total), tested=tested, level=percent(LEVEL, 0))
    alarms = found.comparison.alarms
    if len(alarms):
        listed = ", ".join(
            f"{attribute_name(a)} {cell_name(a, n)} ({r:.2f})"
            for a, n, r in zip(
                alarms["attribute"][:6], alarms["name"][:6], alarms["ratio"][:6], strict=True
            )
        )
        text += " " + _("Alarms: {listed}.").format(listed=listed)
    return text


def forecast_text(found: Tracking, unit: Unit) -> str:
    """Return the forecast of the rest and the number of scenarios behind it."""
    near, rest = found.forecast.near, found.forecast.rest
    if rest is None:
        return _(
            "The rest is not determined: {count} scenarios are near the cash that came, "
            "effectively fewer than {least}. The plan does not describe this cash; price the "
            "package again with a new tape."
        ).format(count=f"{near.count:,}", least=LEAST)
    last = found.plan.elapsed
    plan = float(found.forecast.plan_receipts[last + 1 :].sum())
    return _(
        "Of the rest, {rest} is expected (plan {plan}; standard error {se}; 5% to 95%: {low} to "
        "{high}). This rests on {count} near scenarios, effectively {size}."
    ).format(
        rest=unit.sentence(rest.value),
        plan=unit.show(plan),
        se=unit.show(rest.se),
        low=unit.show(rest.low),
        high=unit.show(rest.high),
        count=f"{near.count:,}",
        size=f"{near.effective:,.0f}",
    )


def returns_text(found: Tracking, unit: Unit) -> str:
    """Return multiple and rate of return; what is missing where they are not determined."""
    earned = found.returns
    if earned is None:
        return _("Multiple, IRR and amortized cost need the price paid: --price-paid.")
    if not math.isfinite(earned.multiple):
        text = _("Multiple and IRR are not determined, as the rest is not.")
        return f"{text} {price_text(found)}".rstrip()
    text = (
        _(
            "At a price of {price} the package earns {irr} a year (plan {plan}) and returns "
            "{multiple:.2f} times the price (plan {planned:.2f})."
        )
        if found.net
        else _(
            "Before costs, at a price of {price}, the package earns {irr} a year (plan {plan}) "
            "and returns {multiple:.2f} times the price (plan {planned:.2f})."
        )
    )
    shown = text.format(
        price=unit.sentence(earned.price),
        irr=percent(earned.irr),
        plan=percent(earned.plan_irr),
        multiple=earned.multiple,
        planned=earned.plan_multiple,
    )
    return f"{shown} {price_text(found)}".rstrip()


def price_text(found: Tracking) -> str:
    """Return that the price exceeds the cash of the plan; empty if it does not."""
    if found.cost is None or not found.cost.rate < 0.0:
        return ""
    return _(
        "The price exceeds the cash that the plan expects: the effective rate is negative, and "
        "interest income is a loss."
    )


def source_text(found: Tracking) -> str:
    """Return dates, scenarios and what the plan comes from."""
    months = found.plan.elapsed
    return ngettext(
        "{months} month from {start}, cash known to {day}; {scenarios} scenarios of a {source}.",
        "{months} months from {start}, cash known to {day}; {scenarios} scenarios of a {source}.",
        months,
    ).format(
        months=months,
        start=found.valuation_date,
        day=found.actual.as_of,
        scenarios=f"{found.scenarios:,}",
        source=_("simulation") if found.plan.kinds is not None else _("stored run"),
    )


def notes(found: Tracking) -> list[str]:
    """Return what the figures leave out, and how to price the rest anew."""
    lines = []
    ratio = found.comparison.total["ratio"]
    if not 0.002 <= ratio <= 50.0:
        lines.append(
            _(
                "Cash and plan differ by so much that the unit of the amounts or the package may "
                "be wrong."
            )
        )
    if found.plan.kinds is None:
        lines.append(
            _(
                "A stored run holds no kinds of cash and only its own groups: give the study to "
                "split by vintage, kind and route."
            )
        )
    if found.paid_in_full:
        count = found.paid_in_full
        lines.append(
            ngettext(
                "{count} loan paid its gross book value and is not marked as closed: the "
                "forecast still expects cash from it.",
                "{count} loans paid their gross book value and are not marked as closed: the "
                "forecast still expects cash from them.",
                count,
            ).format(count=f"{count:,}")
        )
    if found.actual.closed:
        count = len(found.actual.closed)
        lines.append(
            ngettext(
                "{count} loan is marked as closed: nothing more is expected from it.",
                "{count} loans are marked as closed: nothing more is expected from them.",
                count,
            ).format(count=f"{count:,}")
        )
        if math.isfinite(found.forecast.rest_of_all):
            amount = unit_of(found).sentence(found.forecast.rest_of_all)
            lines.append(
                _(
                    "Counted as open, the rest would be {amount}. To leave them out is prudent: "
                    "in the near scenarios other loans paid in their place."
                ).format(amount=amount)
            )
    lines.append(
        _(
            "The forecast uses the scenarios of the old tape. To price the rest on today's facts, "
            "run npl-sim price with a new tape and valuation date."
        )
    )
    return lines
