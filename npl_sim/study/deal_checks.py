"""Validation of a study with its deal: currency, dates, horizon, servicing."""

from __future__ import annotations

from collections.abc import Iterator

from npl_sim.core.errors import DealError
from npl_sim.core.issues import Issue, error_at, warning_at
from npl_sim.securitization.checks.term_warnings import term_warnings
from npl_sim.securitization.collections import dated, servicer_fees
from npl_sim.securitization.dates import deal_dates
from npl_sim.securitization.terms.claims import RecoveryCosts
from npl_sim.securitization.terms.rates import SimulatedIndex
from npl_sim.study.model import Study


def _currency(study: Study) -> Iterator[Issue]:
    if study.deal is not None and study.deal.currency != study.currency:
        yield error_at(
            ("deal", "currency"),
            f"got {study.deal.currency!r}; expected {study.currency!r}, the study's: nothing is "
            "converted",
        )


def _cutoff(study: Study) -> Iterator[Issue]:
    if study.deal is None:
        return
    cutoff, begins = study.deal.cutoff_date, study.valuation_date
    if cutoff < begins:
        yield error_at(
            ("deal", "cutoff_date"),
            f"got {cutoff}, before the valuation date of {begins}: no cash is simulated for the "
            "time in between; expected that date, or a later one",
        )
    elif cutoff > begins:
        yield warning_at(
            ("deal", "cutoff_date"),
            f"got {cutoff}, after the valuation date of {begins}: what is collected in between "
            "is simulated and is not the deal's",
        )


def _horizon(study: Study) -> Iterator[Issue]:
    if study.deal is None:
        return
    try:
        dates = deal_dates(study.deal)
    except DealError as error:
        yield error_at(("deal", "schedule"), str(error))
        return
    months = study.simulation.horizon_months
    ends = dated(study.valuation_date, months)
    first, last = dates.collection[1], dates.collection[-1]
    if ends <= study.deal.cutoff_date or ends < first:
        yield error_at(
            ("deal", "schedule"),
            f"the first collection period ends on {first}, but the simulation of {months} months "
            f"on {ends}; expected a longer simulation.horizon_months",
        )
    elif ends < last:
        empty = sum(end > ends for end in dates.collection[1:])
        needed = next(m for m in range(months, 12_000) if dated(study.valuation_date, m) >= last)
        yield warning_at(
            ("deal", "legal_final"),
            f"the simulation of {months} months ends on {ends}: the last {empty} of {len(dates)} "
            f"payment dates get too little cash; expected simulation.horizon_months of {needed}",
        )


def _costs(study: Study) -> Iterator[Issue]:
    """Warn of a deal without a claim for the costs of collection."""
    if study.deal is not None and not any(isinstance(c, RecoveryCosts) for c in study.deal.claims):
        yield warning_at(
            ("deal", "claims"),
            "no claim of kind recovery_costs, so that a simulation with costs of collection "
            "will be refused",
        )


def _terms(study: Study) -> Iterator[Issue]:
    """Warn of deal terms that are probably unintended."""
    if study.deal is None:
        return
    try:
        issues = term_warnings(study.deal)
    except DealError:
        return  # `_horizon` reports dates out of order
    for issue in issues:
        yield warning_at(("deal", *issue.path), issue.message)


def _servicing(study: Study) -> Iterator[Issue]:
    rate = study.pricing.servicing_rate
    if study.deal is None or rate == 0.0:
        return
    names = servicer_fees(study.deal)
    if names:
        yield warning_at(
            ("pricing", "servicing_rate"),
            f"got {rate:g}; the deal pays its servicer itself ({', '.join(names)}), so that "
            "npl-sim deal run and deal size leave it out",
        )


def _index(study: Study) -> Iterator[Issue]:
    """Check that a simulated index has a simulated rate for every fixing."""
    if study.deal is None or not isinstance(study.deal.index, SimulatedIndex):
        return
    if study.market.short_rate is None:
        yield error_at(
            ("deal", "index", "kind"),
            "got 'simulated', but the market has no short_rate; expected market.short_rate, or "
            "an index of kind flat or path",
        )
        return
    try:
        fixings = deal_dates(study.deal).accrual[:-1]
    except DealError:
        return  # `_horizon` reports it
    ends = dated(study.valuation_date, study.simulation.horizon_months)
    late = sum(day > ends for day in fixings)
    if late:
        yield warning_at(
            ("deal", "index"),
            f"the simulation ends on {ends}: the reference rate of the last {late} of "
            f"{len(fixings)} periods, fixed later, keeps its value of that date",
        )


DEAL = (_currency, _cutoff, _horizon, _costs, _terms, _servicing, _index)
"""Checks of a study's deal."""
