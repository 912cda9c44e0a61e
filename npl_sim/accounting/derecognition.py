"""The derecognition tree of IFRS 9 section 3.2 (figure B3.2.1), which CAS 23 (2017) follows.

Order of the questions, each of which may end the walk:

1. Does the seller control the vehicle? It changes who is asked, and ends nothing (3.2.1).
2. Is the tree asked of the whole or of a part? (3.2.2)
3. Have the rights expired? Yes: derecognise (3.2.3(a)).
4. Are the rights to the cash flows transferred? (3.2.4(a)) No: question 5, else question 6.
5. Is it a pass-through? No: keep (3.2.4(b), 3.2.5).
6. Are substantially all risks and rewards transferred? Yes: derecognise (3.2.6(a)).
7. Are substantially all retained? Yes: keep (3.2.6(b)).
8. Could the seller control the vehicle, though nothing says so? Yes: keep (IFRS 10.7, B55 to B72).
9. Is control retained? No: derecognise (3.2.6(c)(i)). Yes: keep to the extent of continuing involvement (3.2.6(c)(ii)).
   Not known: it depends on control; both balance sheets are given, and the more adverse one counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from npl_sim.accounting.day_one import measure
from npl_sim.accounting.exposure import Band, Exposure, exposure, retained_by_nature
from npl_sim.accounting.facts import Facts
from npl_sim.accounting.journal import Measurement
from npl_sim.accounting.questions import (
    consolidation,
    control,
    expired,
    may_control,
    passed_through,
    rights_go,
    risks,
    transferred_rights,
    unit_of_account,
)
from npl_sim.accounting.thresholds import Thresholds
from npl_sim.core.judgment import Outcome, Step

__all__ = ["Leaf", "Verdict", "verdict"]


class Leaf(StrEnum):
    """Where the walk through the tree ended."""

    RIGHTS_EXPIRED = "rights expired"
    NOT_TRANSFERRED = "rights neither transferred nor passed through"
    RISKS_TRANSFERRED = "risks and rewards transferred"
    RISKS_RETAINED = "risks and rewards retained"
    VEHICLE_NOT_EXCLUDED = "control of the vehicle not excluded"
    CONTROL_LOST = "control lost"
    CONTROL_RETAINED = "control retained"
    CONTROL_UNKNOWN = "control not known"


OUTCOMES = {
    Leaf.RIGHTS_EXPIRED: Outcome.DERECOGNISE,
    Leaf.NOT_TRANSFERRED: Outcome.KEEP,
    Leaf.RISKS_TRANSFERRED: Outcome.DERECOGNISE,
    Leaf.RISKS_RETAINED: Outcome.KEEP,
    Leaf.VEHICLE_NOT_EXCLUDED: Outcome.KEEP,
    Leaf.CONTROL_LOST: Outcome.DERECOGNISE,
    Leaf.CONTROL_RETAINED: Outcome.CONTINUING,
    Leaf.CONTROL_UNKNOWN: Outcome.DEPENDS,
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
        The balance sheet on the day of the transfer; where it depends on control, that of a buyer who is not free to sell.
    if_free
        The balance sheet where the buyer is free to sell; none where the verdict does not depend on it.
    kept_share
        Part of the carrying amount that is still recognised, without excess spread. [share of 1]
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
    kept_share: float
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    if_free: Measurement | None = None

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
    steps = [consolidation(facts), unit_of_account(facts), expired(facts)]
    if facts.rights_expired:
        return _ended(Leaf.RIGHTS_EXPIRED, facts, steps, None, thresholds)
    steps.append(transferred_rights(facts))
    if not rights_go(facts):
        steps.append(passed_through(facts))
        if facts.pass_through is None or not facts.pass_through.passed:
            return _ended(Leaf.NOT_TRANSFERRED, facts, steps, None, thresholds)
    seen = exposure(facts, thresholds)
    steps.append(risks(seen, Band.TRANSFERRED))
    if seen.band is Band.TRANSFERRED and not facts.may_control_vehicle:
        return _ended(Leaf.RISKS_TRANSFERRED, facts, steps, seen, thresholds)
    steps.append(risks(seen, Band.RETAINED))
    if seen.band is Band.RETAINED:
        return _ended(Leaf.RISKS_RETAINED, facts, steps, seen, thresholds)
    if facts.may_control_vehicle:
        steps.append(may_control(facts))
        return _ended(Leaf.VEHICLE_NOT_EXCLUDED, facts, steps, seen, thresholds)
    free, step = control(facts)
    steps.append(step)
    leaf = {True: Leaf.CONTROL_LOST, False: Leaf.CONTROL_RETAINED, None: Leaf.CONTROL_UNKNOWN}[
        free
    ]
    return _ended(leaf, facts, steps, seen, thresholds)


def _ended(
    leaf: Leaf, facts: Facts, steps: list[Step], seen: Exposure | None, thresholds: Thresholds
) -> Verdict:
    outcome = OUTCOMES[leaf]
    ratio = seen.chosen.ratio if seen and seen.chosen else 1.0
    measured = measure(facts, outcome, ratio)
    stated = thresholds.assumptions() if seen and not seen.by_nature else ()
    warnings = [seen.warning] if seen and seen.disagree else []
    if leaf is Leaf.NOT_TRANSFERRED and (kept := retained_by_nature(facts)):
        warnings.append(
            f"were the cash passed through, it would stay all the same: {kept[0]} [{kept[1]}]"
        )
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
        _kept_share(facts, measured),
        (*stated, *((measured.assumption,) if measured.assumption else ())),
        tuple(warnings),
        measure(facts, Outcome.DERECOGNISE, ratio) if outcome is Outcome.DEPENDS else None,
    )


def _kept_share(facts: Facts, measured: Measurement) -> float:
    if not facts.carrying_amount:
        return 0.0
    return min((measured.asset - measured.spread) / facts.carrying_amount, 1.0)
