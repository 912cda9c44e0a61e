"""Hand-made rows, scenarios and draws for the tests of the reference implementation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from npl_sim.core.layout import (
    FEES,
    GUARANTOR,
    ITEM,
    LOAN,
    Kind,
    Stage,
    Stream,
)
from npl_sim.core.record_links import ASSET, AUCTION, TERMS
from npl_sim.legal.fees import FeeSchedule
from npl_sim.policy.collection import Collection
from tests.naive.conditions import Conditions
from tests.naive.loan_path import loan_path
from tests.naive.loan_state import Ledger, LoanInput
from tests.naive.tables import collection_tables

__all__ = [
    "amounts",
    "asset",
    "auction",
    "fee_row",
    "flat_fee",
    "guarantor",
    "item",
    "loan",
    "no_fees",
    "play",
    "quantiles",
    "scripted",
    "terms",
]

BORROWER_KEY, LOAN_KEY, ITEM_KEY = 2, 1, 3


def row(dtype: np.dtype, **values: Any) -> np.ndarray:
    """Return one record of a layout: zeros but for the values given."""
    record = np.zeros(1, dtype)
    for name, value in values.items():
        field = record[name][0]
        if isinstance(value, tuple):
            field[: len(value)] = value
        else:
            record[name] = value
    return record[0]


def loan(**values: Any) -> np.ndarray:
    """Return a loan of 1000 in collection whose rights never run out."""
    usual = dict(
        key=LOAN_KEY,
        borrower=BORROWER_KEY,
        stage=Stage.COLLECTION,
        principal=1000.0,
        responsiveness=1.0,
    )
    rights = dict(
        limitation_left=math.inf,
        window_left=math.inf,
        long_stop_left=math.inf,
        offered=1,
        debtors=1,
    )
    return row(LOAN, **(usual | rights | values))


def terms(**values: Any) -> np.ndarray:
    """Return terms under which nothing happens: no offer, no suit, no sale."""
    usual = dict(
        payer_share=1.0,
        collection_months=1200,
        offer_month=-1,
        promise_months=-1,
        offered_share=1.0,
        maximum_plans=1,
        plan_discount_factor=1.0,
        cost_shifting=1.0,
        restructuring_term=1,
        cure_term=1,
        summary_fee_factor=1.0,
        payment_order_fee_factor=1.0,
        mediation_fee_factor=1.0,
        lawsuit_win_probability=1.0,
        award_share=1,
        limitation_months=math.inf,
        enforcement_window_months=math.inf,
    )
    return row(TERMS, **(usual | values))


def item(**values: Any) -> np.ndarray:
    """Return an item worth 1000, unencumbered and without a cap."""
    return row(ITEM, **(dict(key=ITEM_KEY, value=1000.0, cap=math.inf) | values))


def guarantor(**values: Any) -> np.ndarray:
    """Return a guarantor of the whole claim."""
    return row(GUARANTOR, **(dict(key=4, cap=math.inf, factor=1.0) | values))


def asset(**values: Any) -> np.ndarray:
    """Return a class of assets that every debtor owns and that enforcement finds."""
    return row(
        ASSET,
        **(
            dict(ownership_probability=1.0, discovery_probability=1.0, renewal_probability=1.0)
            | values
        ),
    )


def auction(**values: Any) -> np.ndarray:
    """Return auction terms of one round without a reserve, at once, for one certain price."""
    return row(
        AUCTION,
        **(dict(rounds=1, bidders=math.inf, surplus_payment_probability=1.0) | values),
    )


def fee_row(schedule: FeeSchedule) -> np.ndarray:
    """Return a row of FEES from its words."""
    brackets = schedule.brackets
    upper = [math.inf if b.up_to is None else b.up_to for b in brackets]
    lower = [0.0, *upper][: len(brackets)]
    base, total = [], 0.0
    for b, low, high in zip(brackets, lower, upper, strict=True):
        total += b.fixed
        base.append(total)
        total += b.rate * (high - low)
    cap = math.inf if schedule.cap is None else schedule.cap
    rates = tuple(b.rate for b in brackets)
    return row(
        FEES, brackets=len(brackets), upper=tuple(upper), rate=rates, base=tuple(base), cap=cap
    )


def flat_fee(amount: float) -> np.ndarray:
    """Return a schedule that charges the same on every amount."""
    return fee_row(FeeSchedule.model_validate({"brackets": [{"fixed": amount}]}))


def amounts(ledger: Ledger, kind: Kind) -> list[tuple[int, float]]:
    """Return month and amount of a ledger's entries of one kind."""
    return [(e.month, e.amount) for e in ledger.entries if e.kind == kind]


def no_fees() -> list[np.ndarray]:
    """Return the four schedules of the empty regime."""
    return [fee_row(FeeSchedule()) for _ in range(4)]


def quantiles(*values: float) -> Any:
    """Return a reader of certain quantities: row 0 is 0, row 1 is 1, the others as given."""
    table = (0.0, 1.0, *values)
    return lambda q, u: table[q]


def scripted(script: Mapping[tuple[Stream, int], tuple[float, ...]] | None = None) -> Any:
    """Return a draw that answers 0.5 unless the script says otherwise for (stream, step).

    The borrower is by default willing but without an event.
    """
    answers = {(Stream.BORROWER, 0): (0.5, 1e-300, 0.5, 0.5)} | dict(script or {})
    return lambda key, stream, step: answers.get((stream, step), (0.5, 0.5, 0.5, 0.5))


def play(
    the_loan: np.ndarray,
    the_terms: np.ndarray,
    *,
    collection: Collection | None = None,
    draws: Mapping[tuple[Stream, int], tuple[float, ...]] | None = None,
    horizon: int = 36,
    **given: Any,
) -> Ledger:
    """Simulate a loan in a scenario where nothing moves unless `given` says otherwise.

    `given` sets other fields of `LoanInput`.
    """
    flat = [1.0] * (horizon + 1)
    fields: dict[str, Any] = {
        "items": (),
        "guarantors": (),
        "assets": (),
        "auctions": (),
        "fees": no_fees(),
        "quantile": quantiles(),
        "conditions": Conditions([flat], flat, flat, flat, flat),
        "sale_month": None,
        **given,
    }
    return loan_path(
        LoanInput(
            loan=the_loan,
            terms=the_terms,
            tables=collection_tables(collection or Collection(), float(the_loan["age"]), horizon),
            draw=scripted(draws),
            horizon=horizon,
            **fields,
        )
    )
