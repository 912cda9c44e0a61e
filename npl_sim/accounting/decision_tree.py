"""Derecognition tree of IFRS 9 section 3.2 (figure B3.2.1), which CAS 23 (2017) follows.

Order of the questions, each of which may end the tree:

1. Does the seller control the vehicle? It sets the reporting entity and ends nothing (3.2.1).
2. Does the tree apply to the whole or to a part? (3.2.2)
3. Have the rights expired? Yes: derecognize (3.2.3(a)).
4. Are the rights to the cash flows transferred? (3.2.4(a)) No: question 5, else question 6.
5. Is it a pass-through? No: keep (3.2.4(b), 3.2.5).
6. Are substantially all risks and rewards transferred? Yes: derecognize (3.2.6(a)).
7. Are substantially all retained? Yes: keep (3.2.6(b)).
8. Can control of the vehicle by the seller not be excluded? Yes: keep (IFRS 10.7, B55 to B72).
9. Is control retained? No: derecognize (3.2.6(c)(i)). Yes: continuing involvement (3.2.6(c)(ii)).
   Not known: both balance sheets are given, and the more adverse one counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from npl_sim.accounting.day_one import measure_day_one
from npl_sim.accounting.exposure import Band, Exposure, exposure, retained_by_nature
from npl_sim.accounting.facts import TransferFacts
from npl_sim.accounting.journal import Measurement
from npl_sim.accounting.questions import (
    consolidation,
    control,
    expired,
    may_control,
    passed_through,
    risks,
    transferred_rights,
    transfers_rights,
    unit_of_account,
)
from npl_sim.accounting.thresholds import Thresholds
from npl_sim.core.judgment import Outcome, Step
from npl_sim.core.language import gettext as _


class Leaf(StrEnum):
    """Leaf of the derecognition tree."""

    RIGHTS_EXPIRED = "rights expired"
    NOT_TRANSFERRED = "rights neither transferred nor passed through"
    RISKS_TRANSFERRED = "risks and rewards transferred"
    RISKS_RETAINED = "risks and rewards retained"
    VEHICLE_NOT_EXCLUDED = "control of the vehicle not excluded"
    CONTROL_LOST = "control lost"
    CONTROL_RETAINED = "control retained"
    CONTROL_UNKNOWN = "control not known"


OUTCOMES = {
    Leaf.RIGHTS_EXPIRED: Outcome.DERECOGNIZE,
    Leaf.NOT_TRANSFERRED: Outcome.KEEP,
    Leaf.RISKS_TRANSFERRED: Outcome.DERECOGNIZE,
    Leaf.RISKS_RETAINED: Outcome.KEEP,
    Leaf.VEHICLE_NOT_EXCLUDED: Outcome.KEEP,
    Leaf.CONTROL_LOST: Outcome.DERECOGNIZE,
    Leaf.CONTROL_RETAINED: Outcome.CONTINUING,
    Leaf.CONTROL_UNKNOWN: Outcome.DEPENDS,
}


@dataclass(frozen=True)
class Verdict:
    """Outcome of the derecognition tree with its reasons and the balance sheet after it."""

    outcome: Outcome
    """Accounting outcome for the asset."""
    leaf: Leaf
    """Leaf at which the tree ended."""
    steps: tuple[Step, ...]
    """Questions in order, with answers, figures and paragraphs."""
    exposure: Exposure | None
    """Statistics of variability; None if the tree ended before it needed them."""
    measurement: Measurement
    """Balance sheet on the day; if control is not known, for a buyer that cannot freely sell."""
    kept_share: float
    """Part of the carrying amount that is still recognized, without excess spread. [share of 1]"""
    assumptions: tuple[str, ...]
    """Assumptions that no paragraph sets."""
    warnings: tuple[str, ...]
    """Warnings for the reader."""
    if_free: Measurement | None = None
    """Balance sheet if the buyer is free to sell; None if the verdict does not depend on it."""

    @property
    def paragraph(self) -> str:
        """Paragraph that decided."""
        return self.steps[-1].paragraph

    @property
    def reason(self) -> str:
        """Reason for the outcome, as a sentence."""
        return self.steps[-1].reason


def derecognition(facts: TransferFacts, thresholds: Thresholds | None = None) -> Verdict:
    """Decide whether a transfer derecognizes the asset, and measure its day-one entries.

    Parameters
    ----------
    facts : TransferFacts
        The transfer. Amounts are in package currency, shares are shares of 1.
    thresholds : Thresholds, optional
        Limits of "substantially all" and the statistic that decides; defaults to 10 % and 90 % of
        the mean absolute deviation.

    Returns
    -------
    Verdict
        Outcome, questions with answers and paragraphs, and the balance sheet on the day.

    Raises
    ------
    NplSimError
        If only the statistics could decide and the chosen one is missing.

    Notes
    -----
    Variability is a ratio by statistic: variability of the seller's present value after the sale
    over that before (IFRS 9 3.2.7). The gain on derecognition is proceeds + new assets - new
    liabilities - guarantee value - carrying amount transferred (3.2.12). The questions and their
    paragraphs are listed in `npl_sim.accounting.decision_tree`.

    Examples
    --------
    A repurchase at the sale price plus a lender's return is a borrowing:

    >>> from npl_sim.accounting import TransferFacts, derecognition
    >>> loan = TransferFacts(
    ...     carrying_amount=80.0,
    ...     fair_value=95.0,
    ...     proceeds=90.0,
    ...     repurchase="sale_price_plus_return",
    ... )
    >>> verdict = derecognition(loan)
    >>> str(verdict.outcome), verdict.measurement.liability, verdict.measurement.gain
    ('keep', 90.0, 0.0)
    """
    thresholds = thresholds or Thresholds()
    seen: Exposure | None = None
    steps = [consolidation(facts), unit_of_account(facts), expired(facts)]

    def end(leaf: Leaf) -> Verdict:
        return _verdict(leaf, facts, steps, seen, thresholds)

    if facts.rights_expired:
        return end(Leaf.RIGHTS_EXPIRED)
    steps.append(transferred_rights(facts))
    if not transfers_rights(facts):
        steps.append(passed_through(facts))
        if facts.pass_through is None or not facts.pass_through.passed:
            return end(Leaf.NOT_TRANSFERRED)
    seen = exposure(facts, thresholds)
    steps.append(risks(seen, Band.TRANSFERRED))
    if seen.band is Band.TRANSFERRED and not facts.may_control_vehicle:
        return end(Leaf.RISKS_TRANSFERRED)
    steps.append(risks(seen, Band.RETAINED))
    if seen.band is Band.RETAINED:
        return end(Leaf.RISKS_RETAINED)
    if facts.may_control_vehicle:
        steps.append(may_control(facts))
        return end(Leaf.VEHICLE_NOT_EXCLUDED)
    free, step = control(facts)
    steps.append(step)
    if free is None:
        return end(Leaf.CONTROL_UNKNOWN)
    return end(Leaf.CONTROL_LOST if free else Leaf.CONTROL_RETAINED)


def _verdict(
    leaf: Leaf, facts: TransferFacts, steps: list[Step], seen: Exposure | None, limits: Thresholds
) -> Verdict:
    outcome = OUTCOMES[leaf]
    ratio = seen.chosen.ratio if seen and seen.chosen else 1.0
    measured = measure_day_one(facts, outcome, ratio)
    stated = limits.assumptions() if seen and not seen.by_nature else ()
    warnings = [seen.warning] if seen and seen.disagree else []
    if leaf is Leaf.NOT_TRANSFERRED and (ground := retained_by_nature(facts)):
        warnings.append(
            _(
                "even if the cash were passed through, the asset would stay: {reason} "
                "[{paragraph}]"
            ).format(reason=ground.reason, paragraph=ground.paragraph)
        )
    if seen and seen.by_nature and seen.chosen and seen.chosen.band is not seen.band:
        warnings.append(
            _(
                "the contract settles the question, although its {label} of {ratio:.2f} % "
                "would by itself say {band}"
            ).format(label=seen.chosen.label, ratio=100 * seen.chosen.ratio, band=seen.chosen.band)
        )
    recognized = measured.asset - measured.spread
    return Verdict(
        outcome=outcome,
        leaf=leaf,
        steps=tuple(steps),
        exposure=seen,
        measurement=measured,
        kept_share=min(recognized / facts.carrying_amount, 1.0) if facts.carrying_amount else 0.0,
        assumptions=(*stated, *filter(None, [measured.assumption])),
        warnings=tuple(warnings),
        if_free=measure_day_one(facts, Outcome.DERECOGNIZE, ratio)
        if outcome is Outcome.DEPENDS
        else None,
    )
