"""Capital and ratios that a seller claims to save, and what the rules let it save.

Every rule asks for some amount of risk-weighted assets after the transfer; the largest counts. Order of the questions:

1. What did the loans weigh before?
2. What does the seller claim that is left?
3. Did the balance sheet let them go? What stays keeps its weight.
4. Does the contract bring the credit risk back? Full weight.
5. Does the seller support what the contract does not oblige it to? Full weight on all of it.
6. Was it the income right alone that was transferred, in China? Full weight on the original loans.
7. Does the seller bear a first loss, by what it may have to pay or still holds? 1,250 %, up to what the loans weighed.
8. For a securitisation: is significant risk transferred? No: full weight; yes: the notes kept, at their weights.
"""

from __future__ import annotations

from dataclasses import dataclass

from npl_sim.capital.facts import CapitalFacts, CapitalRules
from npl_sim.capital.loan_weights import NEEDS, needs, weight_before
from npl_sim.capital.notes_kept import notes_kept
from npl_sim.capital.ratios import NplRatios, npl_ratios
from npl_sim.capital.securitization_weights import FULL
from npl_sim.core.judgment import Figure, Outcome, Step

__all__ = ["CapitalView", "capital"]


@dataclass(frozen=True)
class CapitalView:
    """Claimed against earned.

    Attributes
    ----------
    before, claimed, earned
        Risk-weighted assets before the transfer, after it as claimed, and after it by the rules. [package currency]
    capital_ratio
        Capital for one unit of risk-weighted assets. [share of 1]
    steps
        The questions asked, with what each rule asks for.
    binding
        The steps that set what is earned: all that ask for the most.
    ratios
        NPL ratio and coverage before, as claimed, as earned; empty without the seller's book.
    gains
        Gain on the day (negative: loss against the carrying amount) as claimed and as earned; empty where not known.
        [package currency]
    assumptions
        What rests on memory or on choice.
    """

    before: float
    claimed: float
    earned: float
    capital_ratio: float
    steps: tuple[Step, ...]
    binding: tuple[Step, ...]
    ratios: tuple[NplRatios, ...]
    gains: tuple[float, ...]
    assumptions: tuple[str, ...]

    @property
    def relief_claimed(self) -> float:
        """Risk-weighted assets that the seller claims to save. [package currency]"""
        return self.before - self.claimed

    @property
    def relief_earned(self) -> float:
        """Risk-weighted assets that the rules let it save. [package currency]"""
        return self.before - self.earned

    @property
    def relief_denied(self) -> float:
        """Claimed and not earned; negative where less was claimed than earned. [package currency]"""
        return self.relief_claimed - self.relief_earned

    def in_capital(self, rwa: float) -> float:
        """Return the capital for an amount of risk-weighted assets. [package currency]"""
        return self.capital_ratio * rwa


def capital(facts: CapitalFacts, rules: CapitalRules | None = None) -> CapitalView:
    """Return what the seller claims to save and what it earns.

    Parameters
    ----------
    facts
        The transfer as a supervisor sees it.
    rules
        The numbers of the rules; none: the defaults, each named in its place.
    """
    rules = rules or CapitalRules()
    before, weighed = weight_before(facts, rules)
    asked: list[tuple[float, Step]] = [_on_balance_sheet(facts, before)]
    if facts.contractual_return:
        asked.append(_full(before, *RETURN))
    if facts.forward_purchase and not facts.contractual_return:
        asked.append(_full(before, *FORWARD))
    if facts.implicit_support:
        asked.append(_full(before, *SUPPORT))
    if facts.form == "income_right" and facts.country == "china":
        asked.append(_full(before, *INCOME_RIGHT))
    if facts.recourse_cap > 0.0:
        asked.append(_recourse(facts, before))
    notes = None
    if facts.deal is not None:
        notes, tested = notes_kept(facts, facts.deal, rules, before)
        asked.extend(tested)
        if facts.stated_deal is not None:
            notes, _ = notes_kept(facts, facts.stated_deal, rules, before)
    claimed, claim = _claimed(facts, before, notes)
    earned = max(rwa for rwa, _ in asked)
    binding = tuple(
        step for rwa, step in asked if rwa == earned and any(f.name == NEEDS for f in step.figures)
    )
    return CapitalView(
        before,
        claimed,
        earned,
        rules.capital_ratio,
        (weighed, claim, *(step for _, step in asked)),
        binding,
        _ratios(facts),
        _gains(facts),
        _assumptions(facts, rules, tuple(step for _, step in asked)),
    )


RETURN = (
    "Does the contract bring the credit risk back?",
    "a sale with repurchase or recourse, where the credit risk stays, converts at 100 % and weighs in full",
    "Basel II 83(i), read in a national rulebook (Bahrain CA-3.3.3)",
    True,
)
FORWARD = (
    "Must the seller buy the loans again at their value?",
    "a forward purchase of assets converts at 100 % and weighs as the assets do; one that waits on an event counts the same here",
    "Basel II, conversion factor of forward asset purchases",
    False,
)
SUPPORT = (
    "Does the seller give support that the contract does not oblige it to?",
    "with implicit support the seller holds capital against all loans as if they had not been transferred, and no gain on sale "
    "counts (written for securitisations; applied to a plain sale by analogy)",
    "Basel rule on implicit support, read in national rulebooks (Bahrain CA-6.4.5, Qatar BANK 4.6.21)",
    True,
)
INCOME_RIGHT = (
    "Was the income right alone transferred?",
    "after a transfer of income rights the seller holds full capital on the original loans, whatever its accounts say",
    "Yin Jian Ban Fa (2016) No. 82, section 2(1)",
    True,
)


def _full(
    before: float, question: str, reason: str, source: str, verified: bool
) -> tuple[float, Step]:
    return before, Step(question, "yes", reason, source, (needs(before),), verified)


def _claimed(facts: CapitalFacts, before: float, notes: float | None) -> tuple[float, Step]:
    if facts.reported_rwa is not None:
        rwa, reason = facts.reported_rwa, "what the seller itself still reports"
    elif notes is not None:
        rwa, reason = (
            notes,
            "the loans are gone; the notes that the seller keeps, as if significant risk were transferred",
        )
    else:
        rwa, reason = 0.0, "the loans are gone and nothing is left"
    figures = (
        Figure("risk-weighted assets claimed", rwa, "amount"),
        Figure("relief claimed", before - rwa, "amount"),
    )
    return rwa, Step(
        "What does the seller claim is left?", "", reason, "the seller's own claim", figures
    )


def _on_balance_sheet(facts: CapitalFacts, before: float) -> tuple[float, Step]:
    question = "Did the balance sheet let the loans go?"
    if facts.form == "securitisation":
        kept, reason = (
            0.0,
            "for a securitisation the tests of risk transfer count, whatever the accounts say",
        )
        return kept, Step(
            question, str(facts.outcome), reason, "CRR art. 244, 247(2)", (needs(0.0),)
        )
    share = 1.0 if facts.outcome is Outcome.KEEP else facts.kept_share
    reason = (
        f"{100 * share:.2f} % of the carrying amount stays, and with it that part of the weight"
    )
    if facts.outcome is Outcome.DEPENDS:
        reason += (
            "; what counts is the buyer that is not free to sell, since nothing shows that it is"
        )
    return share * before, Step(
        question, str(facts.outcome), reason, "IFRS 9 3.2; Basel II 75", (needs(share * before),)
    )


def _recourse(facts: CapitalFacts, before: float) -> tuple[float, Step]:
    rwa = min(FULL * facts.recourse_cap, before)
    reason = (
        "what the seller may have to pay, and what it still holds, counts as a first loss below K_A: 1,250 %, but no more than "
        "the loans weighed"
    )
    figures = (Figure("most that the seller can lose", facts.recourse_cap, "amount"), needs(rwa))
    return rwa, Step(
        "Does the seller bear a first loss?",
        "yes",
        reason,
        "CRR art. 261(1), 268 (the ceiling from memory)",
        figures,
        False,
    )


def _gains(facts: CapitalFacts) -> tuple[float, ...]:
    if facts.gain_claimed is None or facts.gain_earned is None:
        return ()
    # No gain counts in capital where the seller supports what it sold; a loss does.
    earned = min(facts.gain_earned, 0.0) if facts.implicit_support else facts.gain_earned
    return facts.gain_claimed, earned


def _ratios(facts: CapitalFacts) -> tuple[NplRatios, ...]:
    if facts.bank is None:
        return ()
    kept = 1.0 if facts.outcome is Outcome.KEEP or facts.implicit_support else facts.kept_share
    return tuple(
        npl_ratios(facts.bank, facts.outstanding, facts.specific_provisions, gone)
        for gone in (0.0, 1.0, 1.0 - kept)
    )


def _assumptions(
    facts: CapitalFacts, rules: CapitalRules, steps: tuple[Step, ...]
) -> tuple[str, ...]:
    found = [
        f"capital is {100 * rules.capital_ratio:g} % of risk-weighted assets; a bank's own target may differ"
    ]
    if any(not step.verified and "268" in step.paragraph for step in steps):
        found.append("the ceiling at what the loans weighed (CRR art. 268) is from memory")
    if facts.deal is not None:
        found.append(
            f"K_A takes {rules.securitisation.delinquent_capital:g} of the delinquent share; from memory"
        )
        if facts.expected_loss_kept is None or facts.unexpected_loss_kept is None:
            found.append(
                "whether the relief is commensurate with the risk transferred was not tested: no losses were given"
            )
        found.append(
            f"attachment is measured on the {rules.securitisation.attachment_on}; an assumption"
        )
        found.append(
            f"'substantial margin' of the first loss over the expected loss: {100 * rules.transfer_tests.margin:g} % of it; "
            "the law names no number"
        )
    if facts.deal is not None and facts.country == "china":
        found.append(
            "in China the numbers of CRE45 and CRR art. 244(2) stand in for its own rule of qualifying securitisations, "
            "whose text was not read"
        )
    if facts.implicit_support and facts.bank is not None:
        found.append("loans under implicit support count as kept in the NPL ratios; an assumption")
    return tuple(found)
