"""What the cash of a contract shows an accountant and a supervisor: one classification of the whole promise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from npl_sim.accounting.facts import PassThrough
from npl_sim.channel.result import Version
from npl_sim.channel.statistics import STATISTICS
from npl_sim.channel.terms.undertakings import IncomeSwap
from npl_sim.channel.verdict.classes import Deal, deal_of
from npl_sim.channel.verdict.conflicts import Conflict, conflicts_of
from npl_sim.channel.verdict.consolidation import VehicleShare, vehicle_shares
from npl_sim.channel.verdict.residual_position import Position, position
from npl_sim.channel.verdict.return_of_risk import (
    LIKELY,
    UNLIKELY,
    ComingBack,
    coming_back,
    return_of_package,
    variability_kept,
)
from npl_sim.core.errors import ChannelError

__all__ = ["CashFacts", "cash_facts"]


@dataclass(frozen=True)
class CashFacts:
    """What cash shows of a contract.

    Attributes
    ----------
    back
        How the package comes back.
    position
        What is left with the bank.
    vehicles
        The bank's share of the variable returns of each vehicle, by name, the buying vehicle first.
    returns
        How the package comes back, in the words of the derecognition tree.
    variability
        Variability after the sale over that before, by statistic; what comes back at its value is left out. [share of 1]
    pass_through
        The three tests as stated, the first failed where the bank pays what it has not collected; none: not stated, or
        stated of the sale to a vehicle that cash shows to be the bank's own.
    deal
        Classes of a securitisation; none for another form.
    expected_loss_kept, unexpected_loss_kept
        Shares of the expected loss and of the tail that stay, from 0 to 1; 1 where they are not defined. [share of 1]
    conflicts
        Stated facts that cash contradicts, which have no effect.
    assumed
        What these facts rest on.
    """

    back: ComingBack
    position: Position
    vehicles: dict[str, VehicleShare]
    returns: dict[str, Any]
    variability: dict[str, float]
    pass_through: PassThrough | None
    deal: Deal | None
    expected_loss_kept: float
    unexpected_loss_kept: float
    conflicts: tuple[Conflict, ...]
    assumed: tuple[str, ...]

    @property
    def brings_risk_back(self) -> bool:
        """Whether the contract brings the credit risk back, in the scenarios or at the end of an option's band."""
        used = (
            self.returns.get("option_moneyness") in ("near", "deep_in")
            and self.back.option_on_whole
        )
        return self.back.brings_risk_back or (used and not self.back.at_value)

    @property
    def vehicle(self) -> VehicleShare:
        """The vehicle that buys the package."""
        return next(iter(self.vehicles.values()))


def cash_facts(version: Version) -> CashFacts:
    """Return what the cash of a contract shows.

    Parameters
    ----------
    version
        A measured contract.

    Raises
    ------
    ChannelError
        If the form is a securitisation and no class of it is paid for.
    """
    accounting, run = version.contract.accounting, version.retained.run
    back = coming_back(run)
    held = position(run, back, accounting.thresholds.likely_loss_quantile)
    returns = return_of_package(version, back)
    variability = variability_kept(version, back, returns)
    vehicles = vehicle_shares(version, variability.get(accounting.thresholds.statistic, math.nan))
    first = next(iter(vehicles.values()))
    conflicts = list(conflicts_of(version, back, held, first, returns))
    deal = None
    if accounting.form == "securitisation":
        deal, more = deal_of(version, vehicles)
        conflicts += more
        if deal is None:
            raise ChannelError(
                f"contract {version.contract.name!r}: accounting.form: got 'securitisation', and no claim of the first vehicle is "
                "paid for; expected classes with a price, and a face above 0"
            )
    return CashFacts(
        back,
        held,
        vehicles,
        returns,
        variability,
        _pass_through(version, held, first),
        deal,
        _kept(version, "expected loss"),
        _kept(version, "expected shortfall below mean"),
        tuple(conflicts),
        tuple(_assumed(version, back, held, first, returns)),
    )


def _pass_through(version: Version, held: Position, first: VehicleShare) -> PassThrough | None:
    """Return the three tests as far as they count: of the bank, with the vehicle where that is its own."""
    accounting = version.contract.accounting
    tests = accounting.pass_through
    if tests is None or (first.controlled and not accounting.seller_controls_vehicle):
        return None
    return (
        tests.model_copy(update={"pays_only_if_collected": False})
        if held.most_paid > 0.0
        else tests
    )


def _kept(version: Version, measure: str) -> float:
    share = version.retained.share(measure).value
    return min(max(share, 0.0), 1.0) if math.isfinite(share) else 1.0


def _assumed(
    version: Version,
    back: ComingBack,
    held: Position,
    first: VehicleShare,
    returns: dict[str, Any],
) -> list[str]:
    """Return what the facts rest on, in sentences."""
    thresholds = version.contract.accounting.thresholds
    lines = [
        f"{first.name}: the seller bears {100 * first.share:.2f} % of the variable returns; from "
        f"{100 * thresholds.variable_returns_at_least:g} % it bears most of them (IFRS 10 names no number)"
    ]
    if held.most_paid > 0.0:
        lines.append(
            f"losses likely to occur: up to the {100 * held.quantile:g} % quantile of the buyers' loss, {held.likely_loss:,.2f}; the "
            f"seller makes the whole loss good with a chance of {100 * held.covered:.2f} % (the standard names no number)"
        )
    if held.extent > 0.0:
        lines.append(
            f"most that the seller can lose: {held.most_paid:,.2f} that it pays in the worst scenario, and {held.kept:,.2f} that it "
            "holds; what it holds counts as first loss, whatever its rank"
        )
    if back.share > 0.0:
        lines.append(
            f"the package comes back whole with a chance of {100 * back.whole:.2f} %, and {100 * back.fixed:.2f} % of its variability "
            f"then is not in the price; sure from {100 * LIKELY:g} %, hardly at all up to {100 * UNLIKELY:g} %"
        )
    if returns.get("repurchase") == "fair_value":
        kept = version.retained.share(STATISTICS[thresholds.statistic]).value
        lines.append(
            f"what comes back at its value is a new purchase and left out of the variability that decides (IFRS 9 B3.2.16(j)); with "
            f"it {100 * kept:.2f} % of the {STATISTICS[thresholds.statistic]} is the bank's again"
        )
    lines += [
        f"{u.name}: a swap that ends in {'delivery' if u.final == 'physical' else 'cash'} counts as a repurchase at its notional"
        for u in version.contract.undertakings
        if isinstance(u, IncomeSwap) and u.final != "none"
    ]
    return lines
