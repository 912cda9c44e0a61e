"""Collection, plans and court: paths worked out by hand."""

from __future__ import annotations

import math
import random
from functools import partial

import pytest

from npl_sim.core.layout import Kind, Route, Stage, Stream
from npl_sim.policy.collection import Collection
from tests.builders.loan_paths import amounts, flat_fee, loan, no_fees, play, quantiles, terms

from . import Conditions, LoanInput, collection_tables, draw
from .collect import is_time_barred
from .loan_state import open_loan

# Collection


def test_certain_payments_and_the_agency_s_commission():
    collection = Collection.model_validate(
        {
            "curve": {"months": [4], "cumulative": [0.2]},
            "payer_share": 0.5,
            "agencies": [
                {"name": "A", "from_month": 2, "months": 9, "commission": 0.25, "monthly_fee": 3}
            ],
        }
    )
    willing = {(Stream.BORROWER, 0): (0.49, 1e-300, 0.5, 0.5)}
    ledger = play(
        loan(),
        terms(payer_share=0.5, residual_share=0.1),
        collection=collection,
        draws=willing,
        horizon=4,
    )
    assert amounts(ledger, Kind.VOLUNTARY) == [(m, pytest.approx(100.0)) for m in (1, 2, 3, 4)]
    assert amounts(ledger, Kind.COMMISSION) == [
        (3, pytest.approx(-25.0)),
        (4, pytest.approx(-25.0)),
    ]
    assert amounts(ledger, Kind.CONTACT) == [(3, -3.0), (4, -3.0)]
    assert amounts(ledger, Kind.RESIDUAL) == [(4, pytest.approx(60.0))]
    assert ledger.final.stage == Stage.COLLECTION
    unwilling = {(Stream.BORROWER, 0): (0.51, 1e-300, 0.5, 0.5)}
    assert (
        play(loan(), terms(payer_share=0.5), collection=collection, draws=unwilling).received()
        == 0.0
    )


def test_a_settlement_comes_in_the_month_in_which_the_hazard_reaches_its_mark():
    collection = Collection.model_validate(
        {"settle_hazard": 0.1, "settlement_discount": {"shares": [0.4], "ages": [0]}}
    )
    draws = {(Stream.BORROWER, 0): (0.5, math.exp(-0.55), 0.5, 0.5)}
    ledger = play(loan(accrual=0.01), terms(frailty=1), collection=collection, draws=draws)
    assert amounts(ledger, Kind.SETTLEMENT) == [(6, pytest.approx(0.6 * 1060.0))]
    assert ledger.history == [(0, Stage.COLLECTION), (6, Stage.CLOSED)]


@pytest.mark.parametrize(("contact", "barred"), [(0.01, False), (0.99, True)])
def test_a_claim_whose_clock_runs_out_before_filing_is_dismissed(contact, barred):
    """Reach 0.05 a month over 10 months: expiry moves by a whole period if word 0 is below
    0.39.
    """
    policy = terms(
        litigate=1,
        litigation_after_months=24,
        enforce=1,
        defence_raised=1.0,
        limitation_months=36.0,
        payer_share=0.5,
    )
    draws = {
        (Stream.BORROWER, 0): (0.9, 1e-300, 0.5, 0.5),
        (Stream.LIMITATION, 0): (contact, 0.5, 0.5, 0.5),
    }
    fees = [flat_fee(70.0), *no_fees()[1:]]
    collection = Collection(reach_hazard=0.05)
    ledger = play(
        loan(limitation_left=10.0), policy, collection=collection, draws=draws, fees=fees
    )
    assert amounts(ledger, Kind.COURT_FEE) == [(24, -70.0)]
    assert ledger.history[1] == (24, Stage.LITIGATION)
    assert (ledger.history[2] == (24, Stage.CLOSED)) is barred
    sued_in_time = terms(
        litigate=1,
        litigation_after_months=24,
        file_before_expiry=1,
        expiry_margin=3.5,
        lawsuit_win=1.0,
    )
    ledger = play(loan(limitation_left=10.0), sued_in_time, draws=draws, fees=fees)
    assert amounts(ledger, Kind.COURT_FEE) == [(6, -70.0)]


def test_the_limitation_clock_agrees_with_a_debtor_with_occasional_contact():
    """Every single contact is simulated beside it. 4 standard errors are 0.03.

    That is one chance in 16,000; the seeds are fixed.
    """
    period, left, reach, filing, n = 36.0, 10.0, 0.05, 120, 4000
    rng, by_reaches, by_clock = random.Random(1), 0, 0
    for _ in range(n):
        expiry, t = left, 0.0
        while (t := t + rng.expovariate(reach)) < min(expiry, filing):
            expiry = t + period
        by_reaches += expiry < filing
    tables = collection_tables(Collection(reach_hazard=reach), 0.0, filing)
    conditions = Conditions([], *([[1.0] * (filing + 1)] * 4))
    policy = terms(limitation_months=period)
    for k in range(n):
        of_loan = partial(draw, 1, k)
        row = loan(limitation_left=left)
        nothing = {"items": [], "guarantors": [], "assets": [], "auctions": [], "fees": []}
        given = LoanInput(
            loan=row,
            terms=policy,
            quantile=quantiles(),
            tables=tables,
            conditions=conditions,
            draw=of_loan,
            horizon=filing,
            sale_month=None,
            **nothing,
        )
        state = open_loan(given)
        by_clock += is_time_barred(state, filing, filing)
    share = by_reaches / n
    assert abs(by_clock - by_reaches) / n < 4 * math.sqrt(2 * share * (1 - share) / n)


# Plans


def test_an_annuity_is_worth_its_balance():
    policy = terms(
        offer_month=3,
        restructuring_accept=1.0,
        haircut=0.2,
        restructuring_rate=0.01,
        restructuring_term=12,
        restructuring_grace=2,
        restructuring_balloon=0.3,
    )
    ledger = play(loan(), policy)
    paid = amounts(ledger, Kind.INSTALMENT)
    assert [m for m, _ in paid] == list(range(6, 18))
    assert sum(x * 1.01 ** -(m - 5) for m, x in paid) == pytest.approx(800.0)
    assert paid[-1][1] - paid[0][1] == pytest.approx(240.0)
    assert ledger.history[-1] == (17, Stage.CLOSED)
    left = play(loan(), policy, horizon=10).final
    account = 800.0
    for _, x in paid[:5]:
        account = account * 1.01 - x
    assert left.principal == pytest.approx(account)
    assert (left.stage, left.since) == (Stage.PLAN, 10.0)


@pytest.mark.parametrize(("revoked", "claim"), [(1, 1070.0 - 3 * 80.0), (0, 960.0 - 3 * 80.0)])
def test_a_redefault_revives_the_old_claim_or_leaves_the_new_one(revoked, claim):
    policy = terms(
        offer_month=3,
        restructuring_accept=1.0,
        haircut=1 - 960 / 1030,
        restructuring_term=12,
        restructuring_redefault_hazard=0.1,
        haircut_revoked=revoked,
    )
    draws = {(Stream.PLAN, 0): (math.exp(-0.35), 0.5, 0.5, 0.5)}
    ledger = play(loan(accrual=0.01), policy, draws=draws, horizon=7)
    assert amounts(ledger, Kind.INSTALMENT) == [(m, pytest.approx(80.0)) for m in (4, 5, 6)]
    assert ledger.final.principal + ledger.final.other == pytest.approx(claim)
    assert ledger.history[-1] == (7, Stage.DORMANT)


# Court


def test_an_objection_turns_a_payment_order_into_a_lawsuit():
    policy = terms(
        litigate=1,
        litigation_after_months=2,
        route=Route.PAYMENT_ORDER,
        payment_order_factor=1 / 3,
        payment_order_objection=1.0,
        payment_order_duration=2,
        lawsuit_duration=3,
        award=4,
        lawyer_fixed=50.0,
        enforcement_perform=1.0,
        lawyer_contingent=0.1,
    )
    fees = [flat_fee(90.0), *no_fees()[1:]]
    ledger = play(loan(accrual=0.01), policy, fees=fees, quantile=quantiles(1.5, 6.0, 0.8))
    assert amounts(ledger, Kind.LAWYER)[0] == (2, -50.0)
    assert amounts(ledger, Kind.COURT_FEE) == [(2, pytest.approx(-30.0)), (4, -90.0)]
    owed = 0.8 * (1000.0 + 1000.0 * 0.01 * 9.5) + 30.0 + 90.0
    assert amounts(ledger, Kind.PERFORMANCE) == [(10, pytest.approx(owed))]
    assert amounts(ledger, Kind.LAWYER)[1] == (10, pytest.approx(-0.1 * owed))
    assert list(ledger.history) == [
        (0, Stage.COLLECTION),
        (2, Stage.LITIGATION),
        (10, Stage.JUDGED),
        (10, Stage.CLOSED),
    ]
    pending = play(loan(), policy, fees=fees, quantile=quantiles(1.5, 6.0, 0.8), horizon=9)
    assert pending.final.stage == Stage.LITIGATION


def test_a_creditor_who_loses_appeals_at_a_second_fee_and_recovers_both():
    policy = terms(
        litigate=1,
        litigation_after_months=0,
        lawsuit_win=0.0,
        lawsuit_appeal=1.0,
        lawsuit_reversal=1.0,
        lawsuit_duration=2,
        appeal_duration=3,
        enforcement_perform=1.0,
    )
    fees = [flat_fee(90.0), *no_fees()[1:]]
    ledger = play(loan(), policy, fees=fees, quantile=quantiles(5.5, 2.0))
    assert amounts(ledger, Kind.COURT_FEE) == [(0, -90.0), (6, -90.0)]
    assert amounts(ledger, Kind.PERFORMANCE) == [(8, pytest.approx(1180.0))]


def test_a_suit_on_the_tape_lasts_what_is_left_of_it_and_costs_nothing_to_file():
    """Length uniform on 0..20, 5 months gone: the word 0.5 becomes 0.25 + 0.5 * 0.75 = 0.625."""
    pending = loan(stage=Stage.LITIGATION, stage_elapsed=5.0, elapsed_probability=0.25)
    policy = terms(lawsuit_duration=9, lawyer_fixed=50.0, enforcement_perform=1.0, preserve=1)
    ledger = play(pending, policy, quantile=lambda q, u: 20.0 * u if q == 9 else float(q == 1))
    assert [(e.month, e.kind, e.amount) for e in ledger.entries] == [(8, Kind.PERFORMANCE, 1000.0)]


def test_mediation_returns_half_of_the_fee():
    policy = terms(
        litigate=1,
        lawsuit_mediation=1.0,
        mediation_duration=2,
        mediation_discount=0.1,
        mediation_factor=0.5,
        enforcement_perform=1.0,
    )
    fees = [flat_fee(90.0), *no_fees()[1:]]
    ledger = play(loan(), policy, fees=fees, quantile=quantiles(3.0))
    assert amounts(ledger, Kind.COURT_FEE) == [(0, -90.0), (3, 45.0)]
    assert amounts(ledger, Kind.PERFORMANCE) == [(3, pytest.approx(945.0))]
