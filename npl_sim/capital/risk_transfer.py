"""Significant risk transfer of a securitization (CRR art. 244(2), read in its text)."""

from __future__ import annotations

from collections.abc import Sequence

from npl_sim.capital.securitization_weights import Securitization
from npl_sim.core.fields import Share, Spec
from npl_sim.core.judgment import Figure, Step
from npl_sim.core.language import gettext as _

ROUNDING = 1e-12
"""Tolerance, so that a share written as 20 % passes a limit of 20 %."""


class TransferTests(Spec):
    """Limits of the two tests of significant risk transfer."""

    mezzanine_at_most: Share = 0.50
    """Largest share of the risk-weighted mezzanine that the seller may keep (a)."""
    first_loss_at_most: Share = 0.20
    """Largest share of the first loss that the seller may keep if there is no mezzanine (b)."""
    margin: Share = 0.0
    """Required excess of first loss over expected loss; the law only says "substantial"."""


def significant_transfer(
    deal: Securitization, weights: Sequence[float], tests: TransferTests
) -> tuple[bool, Step]:
    """Return whether significant risk counts as transferred, and the step.

    Test (a) applies if there is a mezzanine class, else test (b). A supervisor may still refuse
    relief that no transfer of risk matches (last part of 244(2)).

    Parameters
    ----------
    deal
        The securitization.
    weights
        Risk weight of each of its classes. [share of exposure]
    tests
        Limits of the tests.
    """
    question = _("Is significant risk transferred?")
    mezzanine = [
        (w * p.amount, p.held_share)
        for w, p in zip(weights, deal.positions, strict=True)
        if p.rank == "mezzanine"
    ]
    if mezzanine:
        kept = sum(x * share for x, share in mezzanine) / sum(x for x, _ in mezzanine)
        passed = kept <= tests.mezzanine_at_most + ROUNDING
        reason = _(
            "the seller keeps {kept:.2f} % of the risk-weighted mezzanine; at most "
            "{mezzanine_at_most:g} %"
        ).format(kept=100 * kept, mezzanine_at_most=100 * tests.mezzanine_at_most)
        figure = Figure(_("risk-weighted mezzanine kept"), kept, "share")
        rule = _("CRR art. 244(2)(a)")
        return passed, Step(question, _answer(passed), reason, rule, (figure,))
    rule, first = _("CRR art. 244(2)(b)"), [p for p in deal.positions if p.rank == "first_loss"]
    if not first:
        reason = _(
            "there is neither a mezzanine nor a first-loss class, so no risk is transferred"
        )
        return False, Step(question, _answer(False), reason, rule)
    size = sum(p.amount for p in first)
    kept = sum(p.held_share * p.amount for p in first) / size
    needed = deal.expected_loss * (1.0 + tests.margin)
    passed = kept <= tests.first_loss_at_most + ROUNDING and size > needed
    reason = _(
        "without mezzanine: the seller keeps {kept:.2f} % of the first loss (at "
        "most {first_loss_at_most:g} %). It is {size:,.2f} against an expected "
        "loss of {expected_loss:,.2f}"
    ).format(
        kept=100 * kept,
        first_loss_at_most=100 * tests.first_loss_at_most,
        size=size,
        expected_loss=deal.expected_loss,
    )
    figures = (
        Figure(_("first loss kept"), kept, "share"),
        Figure(_("first loss"), size, "amount"),
        Figure(_("expected loss with margin"), needed, "amount"),
    )
    return passed, Step(question, _answer(passed), reason, rule, figures)


def commensurate(relief: float, expected_kept: float, unexpected_kept: float) -> tuple[bool, Step]:
    """Return whether the transfer of risk matches the relief, and the step.

    Parameters
    ----------
    relief
        Risk-weighted assets saved, over those before the transfer. [share of 1]
    expected_kept
        Share of the expected loss that stays with the seller. [share of 1]
    unexpected_kept
        Share of the worst scenarios' shortfall below the mean that stays. [share of 1]
    """
    passed = relief <= 1.0 - max(expected_kept, unexpected_kept) + ROUNDING
    expected, unexpected = 1.0 - expected_kept, 1.0 - unexpected_kept
    reason = _(
        "the seller saves {relief:.2f} % of the risk-weighted assets and transfers "
        "{expected:.2f} % of the expected and {unexpected:.2f} % of the unexpected "
        "loss. The relief may be at most the smaller share"
    ).format(relief=100 * relief, expected=100 * expected, unexpected=100 * unexpected)
    figures = (
        Figure(_("relief with the notes kept"), relief, "share"),
        Figure(_("expected loss transferred"), expected, "share"),
        Figure(_("unexpected loss transferred"), unexpected, "share"),
    )
    question = _("Is the relief commensurate with the risk transferred?")
    return passed, Step(
        question, _answer(passed), reason, _("CRR art. 244(2), last part"), figures
    )


def _answer(passed: bool) -> str:
    return "yes" if passed else "no"
