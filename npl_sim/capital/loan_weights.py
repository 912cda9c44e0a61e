"""What defaulted loans weigh before a transfer: standardised approach, or internal ratings."""

from __future__ import annotations

from npl_sim.capital.facts import CapitalFacts, CapitalRules
from npl_sim.capital.irb import RECIPROCAL, defaulted_requirement, frye_jacobs_lgd, vasicek_loss
from npl_sim.core.judgment import Figure, Step

__all__ = ["NEEDS", "needs", "weight_before"]

PAST_DUE = "Basel II 75, read in a national rulebook (Bahrain CA-4.2.21)"
RESIDENTIAL = "Basel II 78, read in a national rulebook (Bahrain CA-4.2.21)"
NEEDS = "risk-weighted assets asked for"


def needs(rwa: float) -> Figure:
    """Return the figure by which a rule says what it asks for. [package currency]"""
    return Figure(NEEDS, rwa, "amount")


def weight_before(facts: CapitalFacts, rules: CapitalRules) -> tuple[float, Step]:
    """Return what the loans weigh before the transfer, and why. [package currency]"""
    question, net = (
        "What do the loans weigh before the transfer?",
        facts.outstanding - facts.specific_provisions,
    )
    if facts.approach == "internal_ratings":
        return _internal_ratings(facts)
    coverage = facts.specific_provisions / facts.outstanding if facts.outstanding else 0.0
    if facts.residential:
        weight, reason, source = (
            rules.residential_weight,
            "defaulted, secured by residential property",
            RESIDENTIAL,
        )
    elif coverage < rules.coverage_threshold:
        weight, source = rules.low_coverage_weight, PAST_DUE
        reason = f"defaulted, provisions below {100 * rules.coverage_threshold:g} % of the outstanding amount"
    else:
        weight, source = rules.high_coverage_weight, PAST_DUE
        reason = f"defaulted, provisions of at least {100 * rules.coverage_threshold:g} % of the outstanding amount"
    figures = (
        Figure("net of provisions", net, "amount"),
        Figure("risk weight", weight, "share"),
        Figure("risk-weighted assets", weight * net, "amount"),
    )
    return weight * net, Step(
        question, "", f"{reason}; weighed net of provisions", source, figures
    )


def _internal_ratings(facts: CapitalFacts) -> tuple[float, Step]:
    best, lgd = facts.best_estimate_loss or 0.0, facts.downturn_lgd or 0.0
    origin, given = "as given", facts.downturn
    if given is not None:
        lgd = frye_jacobs_lgd(
            vasicek_loss(given.pd, given.rho, given.level), given.pd, given.lgd, given.rho
        )
        origin = f"derived from its mean of {100 * given.lgd:g} % by Frye and Jacobs (2012)"
    rwa = RECIPROCAL * defaulted_requirement(lgd, best) * facts.outstanding
    figures = (
        Figure("loss given default in a downturn", lgd, "share"),
        Figure("best estimate of the loss", best, "share"),
        Figure("risk-weighted assets", rwa, "amount"),
    )
    reason = f"defaulted under internal ratings: 12.5 times what the downturn's loss ({origin}) exceeds the best estimate by"
    return rwa, Step(
        "What do the loans weigh before the transfer?", "", reason, "Basel II 272, 328", figures
    )
