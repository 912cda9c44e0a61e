"""Risk-weighted assets of defaulted loans before a transfer: standardized or internal ratings."""

from __future__ import annotations

from npl_sim.capital.facts import CapitalFacts, CapitalRules
from npl_sim.capital.irb import RECIPROCAL, defaulted_requirement, frye_jacobs_lgd, vasicek_loss
from npl_sim.core.judgment import Figure, Step
from npl_sim.core.language import gettext as _

NATIONAL = "read in a national rulebook (Bahrain CA-4.2.21)"
REQUIRED_RWA = "risk-weighted assets required"
QUESTION = "What is the risk weight of the loans before the transfer?"


def required(rwa: float) -> Figure:
    """Return the figure with which a rule states its requirement. [package currency]"""
    return Figure(REQUIRED_RWA, rwa, "amount")


def weight_before(facts: CapitalFacts, rules: CapitalRules) -> tuple[float, Step]:
    """Return the risk-weighted assets before the transfer [package currency], and the step."""
    if facts.approach == "internal_ratings":
        return _internal_ratings(facts)
    net = facts.outstanding - facts.specific_provisions
    coverage = facts.specific_provisions / facts.outstanding if facts.outstanding else 0.0
    low, edge = coverage < rules.coverage_threshold, f"{100 * rules.coverage_threshold:g} %"
    weight = rules.low_coverage_weight if low else rules.high_coverage_weight
    reason = _("provisions {text} {edge} of the outstanding amount").format(
        text="below" if low else "of at least", edge=edge
    )
    if facts.residential:
        weight, reason = rules.residential_weight, _("secured by residential property")
    figures = (
        Figure(_("net of provisions"), net, "amount"),
        Figure(_("risk weight"), weight, "share"),
        Figure(_("risk-weighted assets"), weight * net, "amount"),
    )
    source = _("Basel II {text}, {national}").format(
        text=78 if facts.residential else 75, national=NATIONAL
    )
    reason = _("defaulted, {reason}; weighted net of provisions").format(reason=reason)
    return weight * net, Step(QUESTION, "", reason, source, figures)


def _internal_ratings(facts: CapitalFacts) -> tuple[float, Step]:
    best, lgd = facts.best_estimate_loss or 0.0, facts.downturn_lgd or 0.0
    origin = _("as given")
    if (means := facts.downturn) is not None:
        rate = vasicek_loss(means.pd, means.rho, means.level)
        lgd = frye_jacobs_lgd(rate, means.pd, means.lgd, means.rho)
        origin = _("derived from its mean of {lgd:g} % by Frye and Jacobs (2012)").format(
            lgd=100 * means.lgd
        )
    rwa = RECIPROCAL * defaulted_requirement(lgd, best) * facts.outstanding
    figures = (
        Figure(_("loss given default in a downturn"), lgd, "share"),
        Figure(_("best estimate of the loss"), best, "share"),
        Figure(_("risk-weighted assets"), rwa, "amount"),
    )
    reason = _(
        "defaulted under internal ratings: 12.5 times the downturn loss ({origin}) "
        "less the best estimate"
    ).format(origin=origin)
    return rwa, Step(QUESTION, "", reason, _("Basel II 272, 328"), figures)
