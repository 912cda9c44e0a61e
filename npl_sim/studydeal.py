"""What is wrong, or hardly meant, between a study and the deal that it names: currency, dates, horizon, servicing."""

from __future__ import annotations

from collections.abc import Iterator

from npl_sim.deal.claims import RecoveryCosts
from npl_sim.deal.collections import dated, servicer_fees
from npl_sim.deal.dates import deal_dates
from npl_sim.errors import DealError
from npl_sim.study import Fault, Study

__all__ = ["DEAL"]


def _currency(study: Study) -> Iterator[Fault]:
    if study.deal is not None and study.deal.currency != study.currency:
        yield Fault(
            ("deal", "currency"),
            f"got {study.deal.currency!r}; expected {study.currency!r}, the study's: nothing is converted",
        )


def _cutoff(study: Study) -> Iterator[Fault]:
    if study.deal is None:
        return
    cutoff, begins = study.deal.cutoff_date, study.valuation_date
    if cutoff < begins:
        yield Fault(
            ("deal", "cutoff_date"),
            f"got {cutoff}, before the valuation date of {begins}, from which cash is simulated: the deal's collections "
            "in between would be missing; expected that date, or a later one",
        )
    elif cutoff > begins:
        yield Fault(
            ("deal", "cutoff_date"),
            f"got {cutoff}, after the valuation date of {begins}: what is collected in between is simulated and is not the "
            "deal's",
            error=False,
        )


def _horizon(study: Study) -> Iterator[Fault]:
    if study.deal is None:
        return
    try:
        dates = deal_dates(study.deal)
    except DealError as error:
        yield Fault(("deal", "schedule"), str(error))
        return
    months = study.simulation.horizon_months
    ends = dated(study.valuation_date, months)
    first, last = dates.collection[1], dates.collection[-1]
    if ends <= study.deal.cutoff_date or ends < first:
        yield Fault(
            ("deal", "schedule"),
            f"the first collection period ends on {first}, but the simulation of {months} months on {ends}; expected "
            "a longer simulation.horizon_months",
        )
    elif ends < last:
        empty = sum(end > ends for end in dates.collection[1:])
        needed = next(m for m in range(months, 12_000) if dated(study.valuation_date, m) >= last)
        yield Fault(
            ("deal", "legal_final"),
            f"the simulation of {months} months ends on {ends}: the collection periods of the last {empty} of {len(dates)} "
            f"payment dates get nothing, or too little; simulation.horizon_months of {needed} would reach the end",
            error=False,
        )


def _costs(study: Study) -> Iterator[Fault]:
    """A deal on simulated cash must say who bears the costs of collection."""
    if study.deal is not None and not any(isinstance(c, RecoveryCosts) for c in study.deal.claims):
        yield Fault(
            ("deal", "claims"),
            "no claim of kind recovery_costs, so that a simulation with costs of collection will be refused",
            error=False,
        )


def _servicing(study: Study) -> Iterator[Fault]:
    rate = study.pricing.servicing_rate
    if study.deal is None or rate == 0.0:
        return
    names = servicer_fees(study.deal)
    if names:
        yield Fault(
            ("pricing", "servicing_rate"),
            f"got {rate:g}; the deal pays its servicer itself ({', '.join(names)}), so that npl-sim tranche and structure leave it out",
            error=False,
        )


DEAL = (_currency, _cutoff, _horizon, _costs, _servicing)
"""Checks of a study's deal."""
