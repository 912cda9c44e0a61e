"""Facts for accountants and supervisors, measured on the cash of a contract."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from npl_sim.accounting.facts import PassThrough
from npl_sim.channels.result import Version
from npl_sim.channels.statistics import STATISTICS
from npl_sim.channels.terms.undertakings import IncomeSwap
from npl_sim.channels.verdict.classes import Deal, deal_of
from npl_sim.channels.verdict.conflicts import Conflict, conflicts_of
from npl_sim.channels.verdict.consolidation import VehicleShare, vehicle_shares
from npl_sim.channels.verdict.residual_position import ResidualPosition, residual_position
from npl_sim.channels.verdict.return_of_risk import (
    LIKELY,
    UNLIKELY,
    PackageReturn,
    ReturnTerm,
    package_return,
    return_term,
    variability_kept,
)
from npl_sim.core.errors import ChannelError
from npl_sim.core.language import gettext as _


@dataclass(frozen=True)
class CashFacts:
    """Facts that cash shows about a contract."""

    back: PackageReturn
    """Return of the package to the bank."""
    term: ReturnTerm
    """The same, as a term of the derecognition tree."""
    position: ResidualPosition
    """Rights and obligations that the bank keeps."""
    vehicles: dict[str, VehicleShare]
    """The bank's share of each vehicle's variable returns, the buying vehicle first."""
    variability: dict[str, float]
    """Variability after the sale over that before, by statistic. [share of 1]

    A return at fair value is left out.
    """
    pass_through: PassThrough | None
    """Pass-through tests as stated, if they apply to the bank or to its group.

    The first test fails if the bank pays amounts that it did not collect.
    """
    deal: Deal | None
    """Classes of a securitization; None for another form."""
    expected_loss_kept: float
    """Share of the expected loss that stays, from 0 to 1; 1 if not defined. [share of 1]"""
    unexpected_loss_kept: float
    """Share of the tail that stays, from 0 to 1; 1 if not defined. [share of 1]"""
    conflicts: tuple[Conflict, ...]
    """Stated facts that cash contradicts; they have no effect."""
    assumptions: tuple[str, ...]
    """Basis of these facts."""

    @property
    def brings_risk_back(self) -> bool:
        """Whether the contract returns the credit risk, in a scenario or by an option's band."""
        option = self.term.moneyness in ("near", "deep_in") and self.back.option_on_whole
        return self.back.brings_risk_back or (option and not self.back.at_value)

    @property
    def vehicle(self) -> VehicleShare:
        """The vehicle that buys the package."""
        return next(iter(self.vehicles.values()))


def cash_facts(version: Version) -> CashFacts:
    """Return the facts that the cash of a contract shows.

    Parameters
    ----------
    version
        A measured contract.

    Raises
    ------
    ChannelError
        If the form is a securitization and no class of it is paid for.
    """
    accounting, run = version.contract.accounting, version.retained.run
    thresholds = accounting.thresholds
    back = package_return(run)
    position = residual_position(run, back, thresholds.likely_loss_quantile)
    term = return_term(version, back)
    variability = variability_kept(version, back, term)
    vehicles = vehicle_shares(version, variability.get(thresholds.statistic, math.nan))
    first = next(iter(vehicles.values()))
    conflicts = list(conflicts_of(version, back, position, first, term))
    deal = None
    if accounting.form == "securitization":
        deal, more = deal_of(version, vehicles)
        conflicts += more
        if deal is None:
            raise ChannelError(
                f"contract {version.contract.name!r}: accounting.form: got {accounting.form!r}, "
                "and no claim of the first vehicle is paid for; expected classes with a price, "
                "and a face above 0"
            )
    tests = accounting.pass_through
    if first.controlled and not accounting.seller_controls_vehicle:
        tests = None
    elif tests is not None and position.most_paid > 0.0:
        tests = tests.model_copy(update={"pays_only_if_collected": False})
    return CashFacts(
        back=back,
        term=term,
        position=position,
        vehicles=vehicles,
        variability=variability,
        pass_through=tests,
        deal=deal,
        expected_loss_kept=_kept(version, "expected loss"),
        unexpected_loss_kept=_kept(version, "expected shortfall below mean"),
        conflicts=tuple(conflicts),
        assumptions=tuple(_assumptions(version, back, position, first, term)),
    )


def _kept(version: Version, measure: str) -> float:
    share = version.retained.share(measure).value
    return min(max(share, 0.0), 1.0) if math.isfinite(share) else 1.0


def _assumptions(
    version: Version,
    back: PackageReturn,
    position: ResidualPosition,
    first: VehicleShare,
    term: ReturnTerm,
) -> Iterator[str]:
    """Yield the basis of the facts, in sentences."""
    thresholds = version.contract.accounting.thresholds
    yield (
        _(
            "{first}: the seller bears {share:.2f} % of the variable returns; from "
            "{variable_returns_at_least:g} % it bears most of them (IFRS 10 names no "
            "number)"
        ).format(
            first=first.name,
            share=100 * first.share,
            variable_returns_at_least=100 * thresholds.variable_returns_at_least,
        )
    )
    if position.most_paid > 0.0:
        yield (
            _(
                "likely losses: the {quantile:g} % quantile of the buyers' loss, "
                "{likely_loss:,.2f} (the standard names no number). The seller covers the "
                "whole loss with a probability of {covered:.2f} %"
            ).format(
                quantile=100 * position.quantile,
                likely_loss=position.likely_loss,
                covered=100 * position.covered,
            )
        )
    if position.extent > 0.0:
        yield (
            _(
                "most that the seller can lose: {most_paid:,.2f} of payments in the worst "
                "scenario, and {kept:,.2f} of claims. Its claims count as first loss, "
                "whatever their rank"
            ).format(most_paid=position.most_paid, kept=position.kept)
        )
    yield from _of_return(version, back, term)


def _of_return(version: Version, back: PackageReturn, term: ReturnTerm) -> Iterator[str]:
    """Yield how far the package comes back, and what counts as a repurchase."""
    thresholds = version.contract.accounting.thresholds
    if back.share > 0.0:
        yield (
            _(
                "the whole package comes back with a probability of {whole:.2f} %; its "
                "price does not follow {fixed:.2f} % of its variability. A return is "
                "certain from {likely:g} %, and very unlikely up to {unlikely:g} %"
            ).format(
                whole=100 * back.whole,
                fixed=100 * back.fixed,
                likely=100 * LIKELY,
                unlikely=100 * UNLIKELY,
            )
        )
    if term.at_value:
        name = STATISTICS[thresholds.statistic]
        yield (
            _(
                "a return at fair value is a new purchase, so the variability that decides "
                "leaves it out (IFRS 9 B3.2.16(j)). With it, {name:.2f} % of the {name2} "
                "stays with the bank"
            ).format(name=100 * version.retained.share(name).value, name2=name)
        )
    for u in version.contract.undertakings:
        if isinstance(u, IncomeSwap) and u.final != "none":
            end = "delivery" if u.final == "physical" else "cash"
            yield _(
                "{u}: a swap that ends in {end} counts as a repurchase at its notional"
            ).format(u=u.name, end=end)
