"""The clean-up call: the package is sold once little of the notes is left. docs/deals.md section 4."""

from __future__ import annotations

import numpy as np

from npl_sim.deal.calendarwords import NotesPrice
from npl_sim.deal.state import State, total
from npl_sim.deal.terms import Terms

__all__ = ["call_price"]


def call_price(terms: Terms, state: State, k: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return in which scenarios the package is called on payment date `k`, and for how much.

    Parameters
    ----------
    terms, state
        The deal and where it stands, debts grown and cash of the date at hand.
    k
        Number of the payment date, counted from 0.

    Returns
    -------
    tuple of numpy.ndarray, or None
        Whether it is called, and the price (0 where not), shape (S,); none where it is in no scenario.
        [package currency]
    """
    call = terms.deal.clean_up_call
    if call is None or k + 1 < call.first_date:
        return None
    left = state.balances(call.tranches)
    original = sum(terms.deal.tranche(name).balance for name in call.tranches)
    called = (left > 0.0) & (left <= call.below * original) & ~state.accelerated & ~state.ended
    if not called.any():
        return None
    if isinstance(call.price, NotesPrice):
        debts = left + total(state.interest[name] for name in call.tranches)
        for owed in state.owed.values():
            debts += owed
        price = np.maximum(debts - state.held(), 0.0)
    else:
        assert terms.plan_left is not None  # refused by `checks`
        price = np.full(len(left), max(call.price.share * terms.plan_left[k], 0.0))
    return called, price * called
