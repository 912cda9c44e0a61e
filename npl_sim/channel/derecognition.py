"""The derecognition tree of IFRS 9 section 3.2 (figure B3.2.1), which CAS 23 (2017) follows.

Order of the questions, each of which may end the walk:

1. Does the seller control the vehicle? It changes who is asked, and ends nothing (3.2.1).
2. Is the tree asked of the whole or of a part? (3.2.2)
3. Have the rights expired? Yes: derecognise (3.2.3(a)).
4. Are the rights to the cash flows transferred? (3.2.4(a)) No: question 5, else question 6.
5. Is it a pass-through? No: keep (3.2.4(b), 3.2.5).
6. Are substantially all risks and rewards transferred? Yes: derecognise (3.2.6(a)).
7. Are substantially all retained? Yes: keep (3.2.6(b)).
8. Is control retained? No: derecognise (3.2.6(c)(i)). Yes: keep to the extent of continuing involvement (3.2.6(c)(ii)).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from npl_sim.channel.continuing import Measurement
from npl_sim.channel.dayone import measure
from npl_sim.channel.exposure import Band, Exposure, exposure
from npl_sim.channel.facts import Facts
from npl_sim.channel.reasons import Figure, Outcome, Step
from npl_sim.channel.thresholds import Thresholds

__all__ = ["Leaf", "Verdict", "verdict"]


class Leaf(StrEnum):
    """Where the walk through the tree ended."""

    RIGHTS_EXPIRED = "rights expired"
    NOT_TRANSFERRED = "rights neither transferred nor passed through"
    RISKS_TRANSFERRED = "risks and rewards transferred"
    RISKS_RETAINED = "risks and rewards retained"
    CONTROL_LOST = "control lost"
    CONTROL_RETAINED = "control retained"


OUTCOMES = {
    Leaf.RIGHTS_EXPIRED: Outcome.DERECOGNISE,
    Leaf.NOT_TRANSFERRED: Outcome.KEEP,
    Leaf.RISKS_TRANSFERRED: Outcome.DERECOGNISE,
    Leaf.RISKS_RETAINED: Outcome.KEEP,
    Leaf.CONTROL_LOST: Outcome.DERECOGNISE,
    Leaf.CONTROL_RETAINED: Outcome.CONTINUING,
}


@dataclass(frozen=True)
class Verdict:
    """What becomes of the asset, and why.

    Attributes
    ----------
    outcome
        What becomes of the asset.
    leaf
        Where the walk ended.
    steps
        The questions asked, in order, with answers, figures and paragraphs.
    exposure
        The statistics of variability; none where the walk ended before they were asked.
    measurement
        The balance sheet on the day of the transfer.
    assumptions
        What the verdict rests on that no paragraph sets.
    warnings
        What a reader should look at twice.
    """

    outcome: Outcome
    leaf: Leaf
    steps: tuple[Step, ...]
    exposure: Exposure | None
    measurement: Measurement
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def paragraph(self) -> str:
        """The rule that decided."""
        return self.steps[-1].paragraph

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        return self.steps[-1].reason


def verdict(facts: Facts, thresholds: Thresholds | None = None) -> Verdict:
    """Return what IFRS 9 makes of a transfer.

    Parameters
    ----------
    facts
        The transfer.
    thresholds
        Where "substantially all" begins, and the statistic that decides; none: practice.

    Raises
    ------
    NplSimError
        Where only the figures could decide and the chosen statistic is not among them.
    """
    thresholds = thresholds or Thresholds()
    steps = [_consolidation(facts), _unit(facts), _expired(facts)]
    if facts.rights_expired:
        return _ended(Leaf.RIGHTS_EXPIRED, facts, steps, None, thresholds)
    steps.append(_transferred_rights(facts))
    if not _rights_go(facts):
        steps.append(_passed_through(facts))
        if facts.pass_through is None or not facts.pass_through.passed:
            return _ended(Leaf.NOT_TRANSFERRED, facts, steps, None, thresholds)
    seen = exposure(facts, thresholds)
    steps.append(_risks(seen, Band.TRANSFERRED))
    if seen.band is Band.TRANSFERRED:
        return _ended(Leaf.RISKS_TRANSFERRED, facts, steps, seen, thresholds)
    steps.append(_risks(seen, Band.RETAINED))
    if seen.band is Band.RETAINED:
        return _ended(Leaf.RISKS_RETAINED, facts, steps, seen, thresholds)
    free, control = _control(facts)
    steps.append(control)
    return _ended(Leaf.CONTROL_LOST if free else Leaf.CONTROL_RETAINED, facts, steps, seen, thresholds)


def _ended(
    leaf: Leaf, facts: Facts, steps: list[Step], seen: Exposure | None, thresholds: Thresholds
) -> Verdict:
    outcome = OUTCOMES[leaf]
    ratio = seen.chosen.ratio if seen and seen.chosen else 1.0
    measured = measure(facts, outcome, ratio)
    stated = thresholds.assumptions() if seen and not seen.by_nature else ()
    warnings = [seen.warning] if seen and seen.disagree else []
    if seen and seen.by_nature and seen.chosen and seen.chosen.band is not seen.band:
        warnings.append(
            f"the contract settles the question, though its {seen.chosen.statistic.replace('_', ' ')} of "
            f"{100 * seen.chosen.ratio:.2f} % would by itself say {seen.chosen.band}"
        )
    return Verdict(
        outcome,
        leaf,
        tuple(steps),
        seen,
        measured,
        (*stated, *((measured.assumption,) if measured.assumption else ())),
        tuple(warnings),
    )


def _answer(yes: bool) -> str:
    return "yes" if yes else "no"


def _consolidation(facts: Facts) -> Step:
    return Step(
        "Does the seller control the vehicle that buys?",
        _answer(facts.seller_controls_vehicle),
        "the vehicle is consolidated first; what counts is what both together hand on to outsiders"
        if facts.seller_controls_vehicle
        else "the buyer is an outsider",
        "IFRS 9 3.2.1, B3.2.1; CAS 23 art. 3",
    )


def _unit(facts: Facts) -> Step:
    question, paragraph = "Is the tree asked of the whole asset or of a part?", "IFRS 9 3.2.2(a); CAS 23 art. 4"
    share = (Figure("share transferred", facts.transferred_share, "share"),)
    if facts.guarantee_cap is not None and (facts.part != "whole" or facts.transferred_share < 1.0):
        reason = "the seller stands in for the buyer's losses, so the part is not a fully proportionate share"
        return Step(question, "the whole", reason, "IFRS 9 3.2.2(b); CAS 23 art. 4", share)
    if facts.part == "whole":
        return Step(question, "the whole", "all cash flows are transferred", "IFRS 9 3.2.2(b); CAS 23 art. 4")
    kind = {
        "identified_cash_flows": "only identified cash flows are transferred",
        "proportionate_share": "a fully proportionate share of all cash flows is transferred",
        "proportionate_share_of_identified": "a fully proportionate share of identified cash flows is transferred",
    }[facts.part]
    return Step(question, "the part", kind, paragraph, share)


def _expired(facts: Facts) -> Step:
    ended = facts.rights_expired
    reason = "nothing is left to collect" if ended else "the debtors still owe"
    return Step("Have the rights to the cash flows expired?", _answer(ended), reason, "IFRS 9 3.2.3(a)")


def _rights_go(facts: Facts) -> bool:
    return facts.vehicle_transfers_rights if facts.seller_controls_vehicle else facts.transfers_contractual_rights


def _transferred_rights(facts: Facts) -> Step:
    who = "the vehicle, and so the group," if facts.seller_controls_vehicle else "the seller"
    reason = f"{who} hands the contractual rights over" if _rights_go(facts) else f"{who} keeps the contractual rights"
    return Step(
        "Are the rights to receive the cash flows transferred?", _answer(_rights_go(facts)), reason, "IFRS 9 3.2.4(a)"
    )


def _passed_through(facts: Facts) -> Step:
    question, tests = "Is the cash passed through?", facts.pass_through
    if tests is None:
        return Step(question, "no", "there is no obligation to pass the cash on", "IFRS 9 3.2.4(b)")
    failed = [
        text
        for held, text in (
            (tests.pays_only_if_collected, "it pays even what was not collected (a)"),
            (tests.may_not_sell_or_pledge, "it may sell or pledge the asset (b)"),
            (tests.remits_without_delay, "it does not remit without material delay (c)"),
        )
        if not held
    ]
    reason = "the seller fails a test: " + "; ".join(failed) if failed else "all three tests hold"
    figures = (Figure("tests held", 3.0 - len(failed), "count"),)
    return Step(question, _answer(not failed), reason, "IFRS 9 3.2.4(b), 3.2.5", figures)


def _risks(seen: Exposure, asked: Band) -> Step:
    yes = seen.band is asked
    paragraph = f"IFRS 9 3.2.6{'(a)' if asked is Band.TRANSFERRED else '(b)'}, {seen.paragraph.removeprefix('IFRS 9 ')}"
    return Step(
        f"Are substantially all risks and rewards {asked}?", _answer(yes), seen.reason, paragraph, seen.figures
    )


def _control(facts: Facts) -> tuple[bool, Step]:
    """Return whether the buyer is free to sell, and the step that says why."""
    if not facts.transferee_can_sell:
        free, reason, rule = False, "the buyer cannot sell the whole to an outsider, alone and without conditions", ""
    elif facts.repurchase == "call_option" and not facts.readily_obtainable:
        free, reason, rule = False, "the seller may call back an asset that no market offers", ", B3.2.16(h)"
    elif facts.repurchase == "put_option" and facts.put_deters_sale:
        free, reason, rule = False, "the put is worth too much to the buyer for it to sell without it", ", B3.2.16(i)"
    else:
        free, reason, rule = True, "the buyer can sell the whole to an outsider, alone and without conditions", ""
    paragraph = f"IFRS 9 3.2.6(c){'(i)' if free else '(ii)'}, 3.2.9{rule}"
    return free, Step("Is control retained?", _answer(not free), reason, paragraph)
