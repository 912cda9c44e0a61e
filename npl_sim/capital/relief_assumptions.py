"""Assumptions behind the relief of capital, in sentences."""

from __future__ import annotations

from npl_sim.capital.facts import CapitalFacts, CapitalRules
from npl_sim.core.judgment import Step
from npl_sim.core.language import gettext as _


def relief_assumptions(
    facts: CapitalFacts, rules: CapitalRules, steps: tuple[Step, ...]
) -> list[str]:
    """Return what the relief assumes, in sentences."""
    ceiling = any(not step.verified and "268" in step.paragraph for step in steps)
    deal, weights = facts.deal is not None, rules.securitization
    untested = facts.expected_loss_kept is None or facts.unexpected_loss_kept is None
    margin = 100 * rules.transfer_tests.margin
    texts = (
        (
            True,
            _(
                "capital is {capital_ratio:g} % of risk-weighted assets; a bank's own "
                "target may differ"
            ).format(capital_ratio=100 * rules.capital_ratio),
        ),
        (ceiling, _("the ceiling at the weight of the loans (CRR art. 268) is from memory")),
        (
            deal,
            _("K_A uses {delinquent_capital:g} of the delinquent share; from memory").format(
                delinquent_capital=weights.delinquent_capital
            ),
        ),
        (
            deal and untested,
            _(
                "whether the relief is commensurate with the risk transferred was not "
                "tested: no losses were given"
            ),
        ),
        (
            deal,
            _("attachment is measured on the {attachment_on}; an assumption").format(
                attachment_on=weights.attachment_on
            ),
        ),
        (
            deal,
            _(
                "'substantial margin' of the first loss over the expected loss: {margin:g} "
                "% of it; the law names no number"
            ).format(margin=margin),
        ),
        (
            deal and facts.country == "china",
            _(
                "in China the numbers of CRE45 and CRR art. 244(2) replace the national "
                "rule on qualifying securitizations, whose text was not read"
            ),
        ),
        (
            facts.implicit_support and facts.bank is not None,
            _("loans under implicit support count as kept in the NPL ratios; an assumption"),
        ),
    )
    return [text for applies, text in texts if applies]
