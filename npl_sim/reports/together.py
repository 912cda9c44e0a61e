"""Report of many packages and their sum: tables, text, plain data."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.money import money
from npl_sim.reports.bid_book.two_sides import yearly
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.reports.table import Table, table_of
from npl_sim.reports.writers.parquet import plain_data
from npl_sim.reports.writers.terminal import WIDTH, printable, table_lines
from npl_sim.valuation.breakdown import ratio
from npl_sim.valuation.recovery import level_name

if TYPE_CHECKING:
    from npl_sim.valuation.together import Figures, Together

SUM = "sum"
"""Name of the row of the sum."""


def together_tables(found: Together) -> dict[str, pd.DataFrame]:
    """Return every table by name: packages, correlation, concentration, borrowers, cash."""
    names = [*found.names, SUM]
    currencies, rates = [*found.currencies, found.currency], [*found.rates, 1.0]
    rows = [
        {"package": name, "currency": currency, "rate": rate, **_row(figures)}
        for name, currency, rate, figures in zip(
            names, currencies, rates, (*found.packages, found.total), strict=True
        )
    ]
    correlation = pd.DataFrame(found.correlation, columns=list(found.names))
    correlation.insert(0, "package", found.names)
    return {
        "together_packages": pd.DataFrame(rows),
        "together_correlation": correlation,
        "together_concentration": found.concentration,
        "together_borrowers": found.borrowers,
        "together_cash": found.cash,
    }


def _row(figures: Figures) -> dict[str, float]:
    return {
        "gbv": figures.gbv,
        "value": figures.value.value,
        "value_se": figures.value.se,
        "sd": figures.sd.value,
        **{level_name(p): q.value for p, q in figures.quantiles.items()},
        "shortfall": figures.shortfall.value,
        "shortfall_se": figures.shortfall.se,
        "risk": figures.risk,
        "risk_part": figures.risk_part,
    }


def together_summary(found: Together) -> dict[str, Any]:
    """Return the figures as plain data for JSON; undefined values are None."""
    block = {
        "currency": found.currency,
        "packages": {
            name: {"currency": currency, "rate": rate, **_plain(figures)}
            for name, currency, rate, figures in zip(
                found.names, found.currencies, found.rates, found.packages, strict=True
            )
        },
        "sum": _plain(found.total),
        "diversification_benefit": found.benefit,
        "diversification_benefit_sd": found.benefit_sd,
        "shared_loans": found.shared_loans,
        "shared_borrowers": found.shared_borrowers,
        "equal_weights": found.equal_weights,
    }
    plain: dict[str, Any] = plain_data(block)
    return plain


def _plain(figures: Figures) -> dict[str, Any]:
    values = asdict(figures)
    values["quantiles"] = {f"{p:g}": asdict(q) for p, q in figures.quantiles.items()}
    return {**values, "risk": figures.risk}


def packages_table(found: Together) -> Table:
    """Return value and risk by package and of the sum."""
    every = [*zip(found.names, found.packages, strict=True), (_("sum"), found.total)]
    rows = []
    for name, f in every:
        of_gbv = float(ratio(f.value.value, f.gbv))
        rows.append(
            (
                name,
                f.gbv,
                f.value.value,
                f.value.se,
                of_gbv,
                f.quantiles[min(f.quantiles)].value,
                f.shortfall.value,
                f.risk,
                f.risk_part,
            )
        )
    lowest = percent(min(found.terms.quantiles), 0)
    return table_of(
        _("Packages and their sum"),
        _(
            "package [24] | GBV [money] | value [money] | std error [money] | % of GBV [fine] | "
            "{lowest} quantile [money] | worst {level} [money] | risk alone [money] | "
            "part of the risk of the sum [money]"
        ).format(lowest=lowest, level=percent(found.terms.shortfall_level, 0)),
        rows,
        note=_(
            "Risk: mean less expected shortfall. Parts of the risk sum to that of the sum; risks "
            "alone do not."
        ),
    )


def rates_table(found: Together) -> Table:
    """Return the stated rates of exchange."""
    pairs = dict(zip(found.currencies, found.rates, strict=True))
    rows = [(name, rate) for name, rate in pairs.items() if name != found.currency]
    return table_of(
        _("Rates of exchange"),
        _("currency [24] | {currency} for one [number]").format(currency=found.currency),
        rows,
        note=_("Stated rates, constant in every scenario and month.") if rows else "",
        nothing=_("all packages are in {currency}").format(currency=found.currency),
    )


def correlation_table(found: Together) -> Table:
    """Return the correlation of the values of the packages."""
    header = " | ".join(
        [_("package [24]"), *(f"{_header(name)} [number]" for name in found.names)]
    )
    rows = [
        (name, *map(float, row)) for name, row in zip(found.names, found.correlation, strict=True)
    ]
    return table_of(_("Correlation of the values"), header, rows)


def _header(name: str) -> str:
    """Return a name that is safe in a header."""
    return name.replace("|", "/").replace("[", "(").replace("]", ")")


def concentration_table(found: Together) -> Table:
    """Return the concentration of all packages together."""
    rows = [
        (r.by, r.names, r.effective_number_gbv, r.effective_number_value, r.top_gbv, r.top_value)
        for r in found.concentration.itertuples(index=False)
    ]
    return table_of(
        _("Concentration of all packages together"),
        _(
            "by [16] | names [count] | effective number by GBV [decimal] | by value [decimal] | "
            "ten largest, GBV [share] | ten largest, value [share]"
        ),
        rows,
        note=_("One id of a borrower is one borrower, in whatever package it is."),
    )


def borrowers_table(found: Together) -> Table:
    """Return the largest borrowers across packages."""
    gbv, value = found.total.gbv, found.total.value.value
    rows = [
        (
            r.borrower,
            r.packages,
            r.loans,
            r.gbv,
            float(ratio(r.gbv, gbv)),
            r.value,
            float(ratio(r.value, value)),
        )
        for r in found.borrowers.itertuples(index=False)
    ]
    return table_of(
        _("The largest borrowers across packages"),
        _(
            "borrower [20] | packages [24] | loans [count] | GBV [money] | share of GBV [share] | "
            "value [money] | share of value [share]"
        ),
        rows,
    )


def cash_table(found: Together) -> Table:
    """Return the expected net cash by year, in sum and by package."""
    columns = ["net", *found.names]
    years = {name: yearly(found.cash[name].to_numpy()) for name in columns}
    count = len(years["net"])
    labels = [_("closing"), *(_("year {year}").format(year=i) for i in range(1, count))]
    rows: list[tuple[Any, ...]] = [
        (labels[i], *(float(years[name][i]) for name in columns)) for i in range(count)
    ]
    rows.append((_("all"), *(float(np.sum(years[name])) for name in columns)))
    names = [_("sum [money]"), *(f"{_header(name)} [money]" for name in found.names)]
    return table_of(
        _("Expected net cash by year"), " | ".join([_("[16]"), *names]), rows, total=True
    )


TABLES = (
    packages_table,
    rates_table,
    correlation_table,
    concentration_table,
    borrowers_table,
    cash_table,
)


def sentences(found: Together, unit: Unit) -> list[str]:
    """Return the headline and remarks."""
    count = len(found.names)
    total = found.total
    text = ngettext(
        "{count} package is worth {value} (standard error {error}), {share} of GBV.",
        "{count} packages together are worth {value} (standard error {error}), {share} of GBV.",
        count,
    ).format(
        count=count,
        value=money(total.value.value, unit),
        error=money(total.value.se, unit),
        share=percent(float(ratio(total.value.value, total.gbv))),
    )
    text += " " + _(
        "Diversification takes {benefit} off the sum of their risks (mean less expected "
        "shortfall), and {spread} off that of their standard deviations."
    ).format(benefit=percent(found.benefit), spread=percent(found.benefit_sd))
    parts = [text]
    if found.shared_loans:
        parts.append(
            _(
                "WARNING: {count} ids of loans are in more than one package. Such loans have "
                "the same draws, so nothing of them is diversified. Expected another id for "
                "another loan."
            ).format(count=f"{found.shared_loans:,}")
        )
    if found.shared_borrowers:
        parts.append(
            _(
                "{count} borrowers are in more than one package: one id is one borrower, with "
                "one willingness to pay. Expected another id for another borrower."
            ).format(count=f"{found.shared_borrowers:,}")
        )
    if found.equal_weights:
        parts.append(
            _(
                "The packages have other factors or horizons, so all scenarios have equal "
                "weights here. Values can differ from those of single runs within their errors."
            )
        )
    return parts


def together_text(found: Together) -> str:
    """Return the report as plain text."""
    largest = max(abs(found.total.value.value), found.total.gbv / 100.0)
    unit = money_unit(largest, found.currency)
    parts = ["\n".join(textwrap.wrap(printable(s), WIDTH)) for s in sentences(found, unit)]
    parts += ["\n".join(table_lines(make(found), unit)) for make in TABLES]
    return "\n\n".join(parts) + "\n"
