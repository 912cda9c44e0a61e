"""Whether a securitisation transfers significant risk (CRR art. 244(2), read in its text)."""

from __future__ import annotations

from collections.abc import Sequence

from npl_sim.capital.securitization_weights import Securitisation
from npl_sim.core.fields import Share, Spec
from npl_sim.core.judgment import Figure, Step

__all__ = ["TransferTests", "commensurate", "significant_transfer"]


ROUNDING = 1e-12  # a share that is written as 20 % passes as 20 %


class TransferTests(Spec):
    """The numbers of the two tests."""

    mezzanine_at_most: Share = 0.50
    """Largest share of the risk-weighted mezzanine that the seller may keep (a)."""
    first_loss_at_most: Share = 0.20
    """Largest share of the first loss that the seller may keep where there is no mezzanine (b)."""
    margin: Share = 0.0
    """By what share of the expected loss the first loss must exceed it; the law says "substantial" and names no number."""


def significant_transfer(
    deal: Securitisation, weights: Sequence[float], tests: TransferTests
) -> tuple[bool, Step]:
    """Return whether significant risk counts as transferred, and why.

    Test (a) where there is a mezzanine, else test (b). A supervisor may still refuse where the relief is not matched
    by a transfer of risk (last part of 244(2)).

    Parameters
    ----------
    deal
        The securitisation.
    weights
        Risk weight of each of its classes. [share of exposure]
    tests
        The numbers of the tests.
    """
    question = "Is significant risk transferred?"
    mezzanine = [
        (w * p.amount, p.held_share)
        for w, p in zip(weights, deal.positions, strict=True)
        if p.rank == "mezzanine"
    ]
    if mezzanine:
        kept = sum(amount * held for amount, held in mezzanine) / sum(
            amount for amount, _ in mezzanine
        )
        passed = kept <= tests.mezzanine_at_most + ROUNDING
        reason = f"the seller keeps {100 * kept:.2f} % of the risk-weighted mezzanine; at most {100 * tests.mezzanine_at_most:g} %"
        figures = (Figure("risk-weighted mezzanine kept", kept, "share"),)
        return passed, Step(question, _answer(passed), reason, "CRR art. 244(2)(a)", figures)
    first = [p for p in deal.positions if p.rank == "first_loss"]
    size = sum(p.amount for p in first)
    held = sum(p.held_share * p.amount for p in first) / size if size else 1.0
    needed = deal.expected_loss * (1.0 + tests.margin)
    passed = bool(first) and held <= tests.first_loss_at_most + ROUNDING and size > needed
    reason = (
        f"without mezzanine: the seller keeps {100 * held:.2f} % of the first loss (at most {100 * tests.first_loss_at_most:g} %), "
        f"which is {size:,.2f} against an expected loss of {deal.expected_loss:,.2f}"
        if first
        else "there is neither mezzanine nor first loss, so nothing of the risk is set apart and transferred"
    )
    amounts = (
        Figure("first loss kept", held, "share"),
        Figure("first loss", size, "amount"),
        Figure("expected loss with margin", needed, "amount"),
    )
    return passed, Step(
        question, _answer(passed), reason, "CRR art. 244(2)(b)", amounts if first else ()
    )


def commensurate(relief: float, expected_kept: float, unexpected_kept: float) -> tuple[bool, Step]:
    """Return whether the relief is matched by the risk transferred, and why.

    Parameters
    ----------
    relief
        Risk-weighted assets saved, over those before the transfer. [share of 1]
    expected_kept, unexpected_kept
        Shares of the expected loss and of the shortfall of the worst scenarios below the mean that stay with the
        seller. [share of 1]
    """
    transferred = 1.0 - max(expected_kept, unexpected_kept)
    passed = relief <= transferred + ROUNDING
    reason = (
        f"the seller saves {100 * relief:.2f} % of the risk-weighted assets, and transfers {100 * (1.0 - expected_kept):.2f} % of "
        f"the expected and {100 * (1.0 - unexpected_kept):.2f} % of the unexpected loss; the relief may be at most the smaller"
    )
    figures = (
        Figure("relief as notes kept weigh", relief, "share"),
        Figure("expected loss transferred", 1.0 - expected_kept, "share"),
        Figure("unexpected loss transferred", 1.0 - unexpected_kept, "share"),
    )
    question = "Is the relief commensurate with the risk transferred?"
    return passed, Step(question, _answer(passed), reason, "CRR art. 244(2), last part", figures)


def _answer(passed: bool) -> str:
    return "yes" if passed else "no"
