"""Assessment of a measured contract: accounting verdict, capital relief, rules on sham sales."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from npl_sim.accounting.decision_tree import Verdict, derecognition
from npl_sim.accounting.facts import TransferFacts
from npl_sim.capital.facts import CapitalFacts
from npl_sim.capital.relief import CapitalView, capital_relief
from npl_sim.capital.sham_sale_rules import RuleResult, judge_rules
from npl_sim.channels.result import ChannelResult, Version
from npl_sim.channels.statistics import STATISTICS, weighted_sum
from npl_sim.channels.terms.undertakings import IncomeSwap
from npl_sim.channels.verdict.cash_facts import CashFacts, cash_facts
from npl_sim.channels.verdict.features import scopes_of, signs_of
from npl_sim.channels.verdict.figure_signs import side_letter_supports
from npl_sim.core.errors import ChannelError
from npl_sim.core.language import gettext as _


@dataclass(frozen=True)
class Assessment:
    """Accounting and regulatory assessment of a contract."""

    verdict: Verdict
    """Derecognition tree, and the balance sheet after the transfer."""
    capital: CapitalView
    """Capital relief claimed and earned."""
    rules: tuple[RuleResult, ...] | None
    """Results of the rules on sham sales; None if the contract's country has no rules here."""
    assumed: tuple[str, ...]
    """Assumptions behind the facts, besides the contract's terms."""
    cash: CashFacts
    """Facts from cash, and conflicts with stated facts."""


def assess(result: ChannelResult, version: Version) -> Assessment:
    """Assess one version of a contract.

    Parameters
    ----------
    result, version
        A measured contract, and one of its versions.

    Raises
    ------
    ChannelError
        If facts contradict each other.
    NplSimError
        If the statistic that decides is not defined, as for a package without variability.
    """
    accounting = version.contract.accounting
    cash = cash_facts(version)
    try:
        facts, assumptions = transfer_facts(result, version, cash)
        verdict = derecognition(facts, accounting.thresholds)
        capital = capital_relief(
            capital_facts(result, version, facts, cash, verdict), accounting.capital_rules
        )
    except ValidationError as error:
        messages = [e["msg"].removeprefix("Value error, ") for e in error.errors()]
        raise ChannelError(
            f"contract {version.contract.name!r}: accounting: {'; '.join(messages)}"
        ) from None
    rules = None
    if accounting.country == "china":
        deep_in = facts.option_moneyness == "deep_in"
        signs = signs_of(result, version, deep_in, capital.relief_claimed)
        rules = judge_rules(signs, accounting.signed, scopes_of(version.contract))
    assumed = (*assumptions, *_near_a_threshold(version, verdict, cash))
    return Assessment(verdict, capital, rules, assumed, cash)


def transfer_facts(
    result: ChannelResult, version: Version, cash: CashFacts
) -> tuple[TransferFacts, list[str]]:
    """Return the accounting facts of a version, and the assumptions behind them.

    Parameters
    ----------
    result, version
        A measured contract, and one of its versions.
    cash
        Facts from its cash.
    """
    accounting, position, term = version.contract.accounting, cash.position, cash.term
    outcomes, vehicle, provisions = (
        version.retained.run.outcomes,
        cash.vehicle,
        accounting.specific_provisions,
    )
    assumptions = [*_missing(version, cash), *cash.assumptions]
    fair, carrying = _amounts(result, version, assumptions)
    if provisions is not None and carrying + provisions < outcomes.face * (1.0 - 1e-9):
        assumptions.append(
            _(
                "capital and NPL ratio: {carrying:,.2f} of the face of {face:,.2f} is on "
                "the books (carrying amount and specific provisions). The rest counts as "
                "written off, or never recognized"
            ).format(carrying=carrying + provisions, face=outcomes.face)
        )
    facts = TransferFacts(
        seller_controls_vehicle=bool(accounting.seller_controls_vehicle) or vehicle.controlled,
        may_control_vehicle=accounting.seller_controls_vehicle is None
        and vehicle.most
        and not vehicle.controlled,
        variable_returns_share=vehicle.share,
        vehicle_transfers_rights=accounting.vehicle_transfers_rights,
        transfers_contractual_rights=accounting.rights_pass,
        pass_through=cash.pass_through,
        variability={k: x for k, x in cash.variability.items() if math.isfinite(x)},
        repurchase=term.repurchase,
        repurchase_unconditional=term.unconditional,
        option_moneyness=term.moneyness,
        total_return_swap=any(
            isinstance(u, IncomeSwap) and u.pass_back >= 1.0 and u.final != "none"
            for u in version.contract.undertakings
        ),
        transferee_can_sell=accounting.transferee_can_sell,
        likely_losses_covered=position.covers_likely_losses,
        readily_obtainable=accounting.readily_obtainable,
        guarantee_cap=position.extent if position.extent > 0.0 else None,
        guarantee_fair_value=position.given if position.extent > 0.0 else None,
        carrying_amount=carrying,
        fair_value=fair,
        proceeds=position.proceeds,
        new_assets=position.kept,
        valued_at=_("mean present value at {discount_rate:g} %, not fair value").format(
            discount_rate=100 * outcomes.discount_rate
        ),
    )
    return facts, assumptions


def _amounts(
    result: ChannelResult, version: Version, assumptions: list[str]
) -> tuple[float, float]:
    """Return fair value and carrying amount, and record their sources. [package currency]"""
    accounting, outcomes = version.contract.accounting, version.retained.run.outcomes
    fair, carrying = accounting.fair_value, accounting.carrying_amount
    provisions, recorded = accounting.specific_provisions, result.carrying_amount
    if fair is None:
        # The cost of work-out is deducted: a buyer has to pay it.
        fair = max(float(weighted_sum(outcomes.probability, version.retained.before)), 0.0)
        source = _("the mean present value, after work-out, at the contract's discount rate")
        assumptions.append(_("fair value: {source}").format(source=source))
    if carrying is not None:
        if recorded is not None and abs(carrying - recorded.amount) > 0.005:
            assumptions.append(
                _(
                    "carrying amount: stated {carrying:,.2f}; the books show {amount:,.2f} "
                    "({source})"
                ).format(carrying=carrying, amount=recorded.amount, source=recorded.source)
            )
        return fair, carrying
    if recorded is not None:
        carrying, source = recorded.amount, recorded.source
    elif provisions is not None:
        carrying = outcomes.face - provisions
        source = _("the face less the specific provisions stated")
    else:
        carrying, source = fair, _("the fair value")
    assumptions.append(_("carrying amount: {source}").format(source=source))
    return fair, carrying


def _missing(version: Version, cash: CashFacts) -> Iterator[str]:
    """Yield the facts that the contract does not state, and their consequence."""
    accounting = version.contract.accounting
    if accounting.seller_controls_vehicle is None:
        edge = 100 * accounting.thresholds.variable_returns_at_least
        yield (
            _(
                "accounting.seller_controls_vehicle is not given: a vehicle counts as the "
                "seller's if the seller bears at least {edge:g} % of its variable returns"
            ).format(edge=edge)
        )
    if accounting.transferee_can_sell is None and cash.position.extent > 0.0:
        yield (
            _(
                "accounting.transferee_can_sell is not given: it is not known whether the "
                "buyer can sell"
            )
        )
    if accounting.true_sale_opinion is None:
        yield (
            _(
                "accounting.true_sale_opinion is not given: the rights are transferred as "
                "the contract states"
            )
        )
    keeps = accounting.form == "income_right" or not accounting.transfers_contractual_rights
    if keeps and accounting.pass_through is None:
        yield _("accounting.pass_through is not given: its three tests count as not met")


def _near_a_threshold(version: Version, verdict: Verdict, cash: CashFacts) -> Iterator[str]:
    """Yield a sentence if more scenarios could change the verdict."""
    seen, thresholds = verdict.exposure, version.contract.accounting.thresholds
    if seen is None or seen.by_nature or seen.chosen is None or cash.term.at_value:
        return  # the share that leaves out a return at value has no error here
    name = STATISTICS[seen.chosen.statistic]
    share = version.retained.share(name)
    if not math.isfinite(share.se):
        yield _(
            "the statistic that decides ({name}) has no sampling error that can be estimated"
        ).format(name=name)
        return
    for edge in (thresholds.transferred_at_most, thresholds.retained_at_least):
        if share.low < edge < share.high:
            yield (
                _(
                    "the {confidence:g} % confidence interval of the statistic that decides, "
                    "{low:.2f} % to {high:.2f} %, includes the threshold of {edge:g} %. More "
                    "scenarios could change the verdict"
                ).format(
                    confidence=100 * share.confidence,
                    low=100 * share.low,
                    high=100 * share.high,
                    edge=100 * edge,
                )
            )


def capital_facts(
    result: ChannelResult,
    version: Version,
    facts: TransferFacts,
    cash: CashFacts,
    verdict: Verdict,
) -> CapitalFacts:
    """Return the capital facts of a version.

    Parameters
    ----------
    result, version
        A measured contract, and one of its versions.
    facts, cash, verdict
        Its accounting facts, facts from cash, and the verdict.
    """
    accounting, position = version.contract.accounting, cash.position
    face, provisions = version.retained.run.outcomes.face, accounting.specific_provisions
    if provisions is None:
        provisions = min(max(face - facts.carrying_amount, 0.0), face)
    securitized = accounting.form == "securitization"
    sold = position.proceeds + position.kept - position.given
    return CapitalFacts(
        form=accounting.form,
        country=accounting.country,
        outcome=verdict.outcome,
        kept_share=min(max(verdict.kept_share, 0.0), 1.0),
        contractual_return=cash.brings_risk_back,
        forward_purchase=cash.term.at_value,
        implicit_support=side_letter_supports(result, version),
        # The notes kept of a securitization are in its deal, with risk weights of their own.
        recourse_cap=position.most_paid if securitized else position.extent,
        # Amounts neither carried nor provided for were written off and bear no capital.
        outstanding=min(face, facts.carrying_amount + provisions),
        specific_provisions=provisions,
        residential=accounting.residential,
        approach=accounting.approach,
        downturn_lgd=accounting.downturn_lgd,
        downturn=accounting.downturn,
        best_estimate_loss=accounting.best_estimate_loss,
        deal=cash.deal.measured if cash.deal else None,
        stated_deal=cash.deal.stated if cash.deal else None,
        reported_rwa=accounting.reported_rwa,
        expected_loss_kept=cash.expected_loss_kept if securitized else None,
        unexpected_loss_kept=cash.unexpected_loss_kept if securitized else None,
        gain_claimed=sold - facts.carrying_amount,
        gain_earned=verdict.measurement.gain,
        bank=accounting.bank,
    )
