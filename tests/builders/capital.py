"""Deals and facts that several tests of capital use."""

from __future__ import annotations

from npl_sim.capital.facts import BankBook, CapitalFacts
from npl_sim.capital.securitization_weights import Position, Securitization
from npl_sim.core.judgment import Outcome


def position(rank: str, amount: float, kept: float, price: float | None = None) -> Position:
    sold = (1.0 - kept) * amount if price is None else price
    return Position(name=rank, rank=rank, amount=amount, held_share=kept, sold_price=sold)


def two_classes(senior: float = 0.05, first_loss: float = 0.05, **changes) -> Securitization:
    """Notes of 30 on loans of 100: senior 24, first loss 6."""
    terms = {
        "outstanding": 100.0,
        "expected_loss": 3.0,
        "positions": (position("senior", 24.0, senior), position("first_loss", 6.0, first_loss)),
    }
    return Securitization(**{**terms, **changes})


def three_classes(mezzanine: float = 0.05, first_loss: float = 0.05, **changes) -> Securitization:
    """Notes of 30 on loans of 100: senior 22, mezzanine 5, first loss 3."""
    classes = (
        position("senior", 22.0, 0.05),
        position("mezzanine", 5.0, mezzanine),
        position("first_loss", 3.0, first_loss),
    )
    return Securitization(
        **{"outstanding": 100.0, "expected_loss": 1.0, "positions": classes, **changes}
    )


BOOK = BankBook(loans=10_000.0, non_performing=200.0, allowances=300.0)


def package(**changes) -> CapitalFacts:
    """Loans of 100, provisions of 30, sold outright and derecognized."""
    terms = {
        "form": "outright_sale",
        "outcome": Outcome.DERECOGNIZE,
        "outstanding": 100.0,
        "specific_provisions": 30.0,
        "bank": BOOK,
    }
    return CapitalFacts(**{**terms, **changes})
