"""Capital relief: what the seller claims to save, and what the rules allow.

Every rule requires some amount of risk-weighted assets after the transfer; the largest counts.
Order of the questions:

1. What is the risk weight of the loans before the transfer?
2. What does the seller claim is left?
3. Did the balance sheet derecognize the loans? What stays keeps its weight.
4. Does the contract bring the credit risk back? Full weight.
5. Does the seller support the sale beyond its obligations? Full weight on all loans.
6. Was only the income right transferred, in China? Full weight on the original loans.
7. Does the seller bear a first loss? 1,250 %, up to the risk-weighted assets before.
8. Does a securitization transfer significant risk? Yes: the notes kept. No: full weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from npl_sim.capital.facts import CapitalFacts, CapitalRules
from npl_sim.capital.loan_weights import REQUIRED_RWA, required, weight_before
from npl_sim.capital.notes_kept import notes_kept
from npl_sim.capital.ratios import NplRatios, npl_ratios
from npl_sim.capital.relief_assumptions import relief_assumptions
from npl_sim.capital.securitization_weights import FULL
from npl_sim.core.judgment import Figure, Outcome, Step
from npl_sim.core.language import gettext as _


@dataclass(frozen=True)
class CapitalView:
    """Capital relief claimed by the seller against the relief that the rules allow."""

    before: float
    """Risk-weighted assets before the transfer. [package currency]"""
    claimed: float
    """Risk-weighted assets after the transfer as claimed. [package currency]"""
    earned: float
    """Risk-weighted assets after the transfer by the rules. [package currency]"""
    capital_ratio: float
    """Capital per unit of risk-weighted assets. [share of 1]"""
    steps: tuple[Step, ...]
    """Questions, with the requirement of each rule."""
    binding: tuple[Step, ...]
    """Steps that set what is earned: all with the largest requirement."""
    ratios: tuple[NplRatios, ...]
    """NPL and coverage ratios before, as claimed, as earned; empty without the seller's book."""
    gains: tuple[float, ...]
    """Day-one gain (loss negative) as claimed and as earned; empty if not known. [currency]"""
    assumptions: tuple[str, ...]
    """Rules cited from memory, and choices."""

    @property
    def relief_claimed(self) -> float:
        """Risk-weighted assets that the seller claims to save. [package currency]"""
        return self.before - self.claimed

    @property
    def relief_earned(self) -> float:
        """Risk-weighted assets that the rules allow the seller to save. [package currency]"""
        return self.before - self.earned

    @property
    def relief_denied(self) -> float:
        """Relief claimed less relief earned. [package currency]"""
        return self.relief_claimed - self.relief_earned

    def in_capital(self, rwa: float) -> float:
        """Return the capital for an amount of risk-weighted assets. [package currency]"""
        return self.capital_ratio * rwa


class _Rule(NamedTuple):
    """Rule that requires the full risk weight."""

    question: str
    reason: str
    source: str
    verified: bool


RETURN = _Rule(
    "Does the contract bring the credit risk back?",
    "a sale with repurchase or recourse, where the credit risk stays, converts at 100 % and has "
    "the full risk weight",
    "Basel II 83(i), read in a national rulebook (Bahrain CA-3.3.3)",
    True,
)
FORWARD = _Rule(
    "Must the seller buy the loans back at their value?",
    "a forward purchase converts at 100 % and has the risk weight of the assets; "
    "one that depends on an event counts the same here",
    "Basel II, conversion factor of forward asset purchases",
    False,
)
SUPPORT = _Rule(
    "Does the seller give support beyond its contractual obligations?",
    "with implicit support the seller holds capital against all loans, and no gain on sale counts "
    "(a rule for securitizations; applied by analogy)",
    "Basel rule on implicit support, read in national rulebooks (Bahrain CA-6.4.5, "
    "Qatar BANK 4.6.21)",
    True,
)
INCOME_RIGHT = _Rule(
    "Was only the income right transferred?",
    "after a transfer of income rights the seller holds full capital on the original loans, "
    "whatever its accounts show",
    "Yin Jian Ban Fa (2016) No. 82, section 2(1)",
    True,
)


def capital_relief(facts: CapitalFacts, rules: CapitalRules | None = None) -> CapitalView:
    """Compare the capital relief that the seller claims with the relief that the rules allow.

    Parameters
    ----------
    facts : CapitalFacts
        The transfer. Amounts are in package currency, shares are shares of 1.
    rules : CapitalRules, optional
        Parameters of the rules; defaults to the Basel values, each with its source.

    Returns
    -------
    CapitalView
        Risk-weighted assets before, as claimed and as earned, with steps and assumptions.

    Notes
    -----
    Earned risk-weighted assets are the largest requirement of any rule. The rules and their
    sources are listed in `npl_sim.capital.relief` (Basel II 75, 78, 83(i); CRR 244, 247, 261).

    Examples
    --------
    Side-letter support denies all relief:

    >>> from npl_sim import capital
    >>> facts = capital.CapitalFacts(
    ...     form="outright_sale",
    ...     outcome="continuing involvement",
    ...     kept_share=0.2,
    ...     outstanding=100.0,
    ...     specific_provisions=30.0,
    ...     implicit_support=True,
    ... )
    >>> view = capital.capital_relief(facts)
    >>> view.relief_claimed, view.relief_earned
    (70.0, 0.0)
    """
    rules = rules or CapitalRules()
    before, weight_step = weight_before(facts, rules)
    income_right = facts.form == "income_right" and facts.country == "china"
    full_weight = (
        (facts.contractual_return, RETURN),
        (facts.forward_purchase and not facts.contractual_return, FORWARD),
        (facts.implicit_support, SUPPORT),
        (income_right, INCOME_RIGHT),
    )
    requirements = [_on_balance_sheet(facts, before)]
    requirements += [(before, _full(rule, before)) for applies, rule in full_weight if applies]
    if facts.recourse_cap > 0.0:
        requirements.append(_recourse(facts, before))
    notes = None
    if facts.deal is not None:
        notes, steps = notes_kept(facts, facts.deal, rules, before)
        requirements += steps
        if facts.stated_deal is not None:
            notes, _ = notes_kept(facts, facts.stated_deal, rules, before)
    claimed, claim = _claimed(facts, before, notes)
    earned = max(rwa for rwa, _ in requirements)
    rule_steps = tuple(step for _, step in requirements)
    return CapitalView(
        before=before,
        claimed=claimed,
        earned=earned,
        capital_ratio=rules.capital_ratio,
        steps=(weight_step, claim, *rule_steps),
        binding=tuple(
            step
            for rwa, step in requirements
            if rwa == earned and any(f.name == REQUIRED_RWA for f in step.figures)
        ),
        ratios=_ratios(facts),
        gains=_gains(facts),
        assumptions=tuple(relief_assumptions(facts, rules, rule_steps)),
    )


def _full(rule: _Rule, before: float) -> Step:
    figures = (required(before),)
    return Step(rule.question, "yes", rule.reason, rule.source, figures, rule.verified)


def _claimed(facts: CapitalFacts, before: float, notes: float | None) -> tuple[float, Step]:
    rwa, reason = 0.0, _("the loans are derecognized and nothing is left")
    if facts.reported_rwa is not None:
        rwa, reason = facts.reported_rwa, _("the amount that the seller itself still reports")
    elif notes is not None:
        rwa = notes
        reason = _("the notes that the seller keeps, as if significant risk were transferred")
    figures = (
        Figure(_("risk-weighted assets claimed"), rwa, "amount"),
        Figure(_("relief claimed"), before - rwa, "amount"),
    )
    question = _("What does the seller claim is left?")
    return rwa, Step(question, "", reason, _("the seller's own claim"), figures)


def _on_balance_sheet(facts: CapitalFacts, before: float) -> tuple[float, Step]:
    share = 1.0 if facts.outcome is Outcome.KEEP else facts.kept_share
    source = _("IFRS 9 3.2; Basel II 75")
    reason = _("{share:.2f} % of the carrying amount stays with its risk weight").format(
        share=100 * share
    )
    if facts.outcome is Outcome.DEPENDS:
        reason += _("; the buyer counts as not free to sell, since nothing shows that it is")
    if facts.form == "securitization":
        share, source = 0.0, _("CRR art. 244, 247(2)")
        reason = _(
            "for a securitization the risk transfer tests count, whatever the accounts show"
        )
    rwa = share * before
    question = _("Did the balance sheet derecognize the loans?")
    return rwa, Step(question, str(facts.outcome), reason, source, (required(rwa),))


def _recourse(facts: CapitalFacts, before: float) -> tuple[float, Step]:
    rwa = min(FULL * facts.recourse_cap, before)
    reason = _(
        "what the seller may have to pay and still holds counts as a first loss "
        "below K_A: 1,250 %, limited to the weight of the loans"
    )
    figures = (
        Figure(_("most that the seller can lose"), facts.recourse_cap, "amount"),
        required(rwa),
    )
    source = _("CRR art. 261(1), 268 (the ceiling from memory)")
    return rwa, Step(
        _("Does the seller bear a first loss?"), "yes", reason, source, figures, False
    )


def _gains(facts: CapitalFacts) -> tuple[float, ...]:
    if facts.gain_claimed is None or facts.gain_earned is None:
        return ()
    # No gain counts in capital if the seller supports the sale; a loss does.
    earned = min(facts.gain_earned, 0.0) if facts.implicit_support else facts.gain_earned
    return facts.gain_claimed, earned


def _ratios(facts: CapitalFacts) -> tuple[NplRatios, ...]:
    if facts.bank is None:
        return ()
    kept = 1.0 if facts.outcome is Outcome.KEEP or facts.implicit_support else facts.kept_share
    return tuple(
        npl_ratios(facts.bank, facts.outstanding, facts.specific_provisions, removed)
        for removed in (0.0, 1.0, 1.0 - kept)
    )
