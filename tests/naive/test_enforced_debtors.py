"""Enforcement against guarantors and old titles, and conservation of money on every path."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from npl_sim.core.layout import KIND_IS_INFLOW, Kind, Route, Stage
from npl_sim.policy.collection import Collection
from tests.builders.loan_paths import (
    amounts,
    asset,
    flat_fee,
    guarantor,
    item,
    loan,
    play,
    quantiles,
    terms,
)
from tests.naive.enforced_terms import enforced, two_rounds

from . import Conditions, LoanInput, collection_tables, draw, loan_path


@pytest.mark.parametrize(
    ("route", "paid"), [(Route.LAWSUIT, [(4, 300.0)]), (Route.PAYMENT_ORDER, [])]
)
def test_a_guarantor_pays_up_to_his_cap_if_the_title_binds_him(route, paid):
    policy = terms(
        litigate=1,
        route=route,
        enforce=1,
        guarantor_payment_probability=1.0,
        guarantor_share=1,
        guarantor_delay=2,
    )
    ledger = play(loan(), policy, guarantors=(guarantor(cap=300.0),), quantile=quantiles(3.5))
    assert amounts(ledger, Kind.GUARANTOR) == paid


@pytest.mark.parametrize(("window_left", "applied"), [(4.9, False), (5.0, True)])
def test_a_title_on_the_tape_that_is_too_old_lies_dormant(window_left, applied):
    judged = loan(stage=Stage.JUDGED, stage_elapsed=1.0, window_left=window_left)
    policy = terms(
        enforce=1,
        performance_window=2.0,
        application_delay=4.0,
        defense_raised=1.0,
        search_duration=2,
    )
    history = play(judged, policy, quantile=quantiles(1.5)).history[1:]
    enforced_at_5 = [(5, Stage.ENFORCEMENT), (7, Stage.DORMANT)]
    assert history == (enforced_at_5 if applied else [(0, Stage.DORMANT)])


def test_a_case_closed_for_want_of_assets_may_be_revived():
    policy = enforced(resumption_probability=1.0, resumption_delay=2, resumption_share=3)
    ledger = play(loan(stage=Stage.ENFORCEMENT), policy, quantile=quantiles(10.0, 0.2))
    assert amounts(ledger, Kind.DEFICIENCY) == [(11, pytest.approx(200.0))]


def test_a_sale_splits_the_claim_into_secured_and_unsecured():
    policy = terms(
        sale_unsecured_price=(0.2,) * 7,
        sale_secured_price=(0.8,) * 7,
        sale_bulk_discount=0.1,
        sale_decay=math.log(2) / 24,
    )
    ledger = play(loan(age=12.0), policy, items=(item(value=500.0, liens=100.0),), sale_month=12)
    assert amounts(ledger, Kind.SALE) == [(12, pytest.approx((0.2 * 0.5 * 600 + 0.8 * 400) * 0.9))]
    assert ledger.history[-1] == (12, Stage.CLOSED)


COLLECTION_TERMS = dict(
    payer_share=0.6,
    frailty=1,
    collection_months=18,
    offer_month=4,
    acceptance_probability=0.3,
    haircut=0.2,
    restructuring_rate=0.01,
    restructuring_term=12,
    restructuring_balloon=0.2,
    restructuring_redefault_hazard=0.05,
    cure_term=8,
    cure_rate=0.02,
    cure_redefault_hazard=0.1,
)
LITIGATION_TERMS = dict(
    litigate=1,
    litigation_after_months=9,
    objection_probability=0.5,
    payment_order_duration=1,
    lawsuit_duration=2,
    lawsuit_win_probability=0.8,
    mediation_probability=0.2,
    mediation_duration=1,
    mediation_fee_factor=0.5,
    appeal_probability=0.4,
    appeal_duration=1,
    reversal_probability=0.3,
    lawyer_fixed_fee=20.0,
    lawyer_contingency_share=0.1,
    preserve=1,
    security_cost=0.01,
    security_deposit=0.1,
    defense_raised=0.9,
)
OTHER_TERMS = dict(
    performance_probability=0.2,
    performance_delay=1,
    promise_months=1,
    promise_kept_probability=0.5,
    judgment_delay_rate=0.005,
    asset_end=2,
    default_judgment_probability=0.1,
    default_judgment_duration=1,
    default_judgment_win_probability=0.9,
    maximum_plans=2,
    garnishment_probability=0.3,
    garnishment_share=0.05,
    garnishment_months=12,
    guarantor_payment_probability=0.5,
    guarantor_share=3,
    guarantor_delay=2,
    resumption_probability=0.5,
    resumption_delay=2,
    resumption_share=3,
    sale_unsecured_price=(0.1,) * 7,
    sale_secured_price=(0.5,) * 7,
    residual_share=0.05,
    limitation_months=36.0,
    grace_months=1,
)


def busy_terms(rng):
    """Return terms in which everything may happen."""
    policy = enforced(**COLLECTION_TERMS, **LITIGATION_TERMS, **OTHER_TERMS)
    policy["route"] = rng.integers(3)
    return policy


def busy_loan(rng, k):
    """Return a loan with collateral and guarantors, its terms and its month of sale."""
    policy = busy_terms(rng)
    claim = loan(
        key=k,
        borrower=k,
        stage=rng.integers(6),
        accrual=0.008,
        interest_and_fees=50.0,
        stage_elapsed=3.0,
        elapsed_probability=0.2,
        arbitration_clause=1,
        limitation_left=rng.choice([8.0, np.inf]),
        window_left=rng.choice([-1.0, 20.0]),
    )
    home = item(
        key=1000 + k,
        value=500.0,
        liens=50.0,
        cap=700.0,
        appraisal_error=0.3,
        drift_volatility=0.02,
    )
    rounds = two_rounds(bid_volatility=0.2, cost=0.05, tax=0.03, acceptance=0.5)
    sale_month = rng.choice([None, 30])
    return {
        "loan": claim,
        "items": [home],
        "guarantors": [guarantor(), guarantor(key=5, cap=100.0)],
        "terms": policy,
        "auctions": [rounds],
        "sale_month": sale_month,
    }


def test_every_path_conserves_money_and_ends_in_time():
    """Over 600 loans: in = out, signs by kind, nothing after the end, no negative claim."""
    rng, horizon, seen = np.random.default_rng(1), 60, set()
    collection = Collection.model_validate(
        {"settle_hazard": 0.02, "cure_hazard": 0.02, "reach_hazard": 0.05, "payment_rate": 0.01}
    )
    given = {
        "tables": collection_tables(collection, 0.0, horizon),
        "fees": [flat_fee(30.0)] * 6,
        "assets": [
            asset(
                ownership_probability=0.5,
                discovery_probability=0.3,
                freeze_probability=0.4,
                freeze_months=6.0,
                renewal_probability=0.5,
                coverage=3,
            ),
            asset(
                discovery_probability=0.3,
                coverage=3,
                dissipation_rate=0.02,
                competing_seizure_rate=0.05,
                waitlisted_share=0.5,
            ),
        ],
        "quantile": quantiles(4.5, 0.3),
        "conditions": Conditions([[1.0] * (horizon + 1)], *([[1.0] * (horizon + 1)] * 5)),
        "draw": partial(draw, 3, 0),
        "horizon": horizon,
    }
    for k in range(600):
        drawn = busy_loan(rng, k)
        sale_month = drawn["sale_month"]
        ledger = loan_path(LoanInput(**drawn, **given))
        end = horizon if sale_month is None else sale_month
        assert ledger.total() == pytest.approx(ledger.received() + ledger.costs())
        assert all(0 <= e.month <= end and e.reason for e in ledger.entries)
        assert all(e.amount > 0 for e in ledger.entries if KIND_IS_INFLOW[e.kind])
        assert all(
            e.amount < 0 or e.kind in (Kind.COURT_FEE, Kind.PRESERVATION)
            for e in ledger.entries
            if not KIND_IS_INFLOW[e.kind]
        )
        assert [m for m, _ in ledger.history] == sorted(m for m, _ in ledger.history)
        assert ledger.final.principal >= 0 and ledger.final.other >= 0
        seen |= {e.kind for e in ledger.entries}
    assert seen == set(Kind) - {Kind.CONTACT, Kind.COMMISSION, Kind.SERVICING}
