"""Agency fees against an exact interpreter in decimals, to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npl_sim.cashflows.agency_fees import settle_contract
from npl_sim.cashflows.agency_statement import PARTS
from npl_sim.cashflows.cents import share_out, whole_cents
from npl_sim.policy.agency_contracts import AgencyContract, Bonus, Clawback, CommissionTier
from tests.flows.servicer_contracts import TIERS, contract

CENT = Decimal("0.01")


def exact(number: float) -> Decimal:
    return Decimal(repr(number))


def to_cent(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_EVEN)


def interpret(
    terms: AgencyContract, receipts: list[list[Decimal]], placed: list[Decimal]
) -> list[list[Decimal]]:
    """Pay the agency month by month; `receipts` of each cell from month 1. Returns the cells'
    payments by month."""
    balance, count = sum(placed), len(receipts[0])
    paid_so_far, commission_total, history = Decimal(0), Decimal(0), []
    for month in range(count + 1):
        by_cell = [sum(r[:month], Decimal(0)) for r in receipts]
        collected = sum(by_cell)
        fixed = to_cent(exact(terms.setup)) + month * to_cent(exact(terms.fixed_monthly))

        commission_total, lower = Decimal(0), Decimal(0)
        for tier in terms.tiers:
            upper = (
                Decimal("Infinity") if tier.up_to is None else to_cent(exact(tier.up_to) * balance)
            )
            if terms.tier_basis == "marginal":
                commission_total += exact(tier.rate) * max(
                    Decimal(0), min(collected, upper) - lower
                )
            elif collected > lower or lower == 0:
                commission_total = exact(tier.rate) * collected
            lower = upper
        commission_total = to_cent(commission_total)

        def capped(amount):
            if terms.maximum_fee is not None:
                amount = min(amount, to_cent(exact(terms.maximum_fee)))
            if terms.maximum_fee_share is not None:
                amount = min(amount, to_cent(exact(terms.maximum_fee_share) * collected))
            return amount

        fee = capped(fixed + commission_total)
        if month == count:
            if terms.clawback:
                target = to_cent(exact(terms.clawback.target) * balance)
                if collected < target:
                    back = exact(terms.clawback.share) * max(Decimal(0), fee - fixed)
                    if terms.clawback.linear:
                        back = back * (target - collected) / target
                    fee -= to_cent(back)
            if terms.bonus:
                plan = to_cent(exact(terms.bonus.above) * balance)
                if collected > plan:
                    fee += to_cent(exact(terms.bonus.rate) * (collected - plan))
            fee = capped(max(fee, to_cent(exact(terms.minimum_fee))))
        payment = fee - paid_so_far
        paid_so_far = fee
        history.append(share_by_hand(payment, by_cell if collected else placed))
    return history


def share_by_hand(amount: Decimal, weights: list[Decimal]) -> list[Decimal]:
    cents, total = abs(int(amount * 100)), sum(Fraction(w) for w in weights)
    claims = [Fraction(w) * cents / total for w in weights]
    given = [int(c) for c in claims]
    line = sorted(range(len(claims)), key=lambda d: (given[d] - claims[d], d))
    for d in line[: cents - sum(given)]:
        given[d] += 1
    return [Decimal(g).scaleb(-2) * (1 if amount > 0 else -1) for g in given]


def random_contract(rng) -> AgencyContract:
    def maybe(value, odds=0.5):
        return value if rng.random() < odds else None

    basis = str(rng.choice(["marginal", "whole"]))
    ends = sorted(set(np.round(rng.uniform(0.01, 0.4, rng.integers(0, 4)), 3).tolist()))
    rates = np.round(rng.uniform(0, 0.5, len(ends) + 1), 3).tolist()
    rates = sorted(rates) if basis == "whole" else rates
    tiers = [CommissionTier(up_to=e, rate=r) for e, r in zip([*ends, None], rates, strict=True)]
    target = round(rng.uniform(0.05, 0.3), 2)
    minimum = round(rng.uniform(0, 300), 2) if rng.random() < 0.5 else 0.0
    return contract(
        tiers=tiers if rng.random() < 0.9 else (),
        tier_basis=basis,
        setup=maybe(round(rng.uniform(0, 50), 2)) or 0.0,
        fixed_monthly=maybe(round(rng.uniform(0, 20), 2)) or 0.0,
        minimum_fee=minimum,
        maximum_fee=maybe(round(minimum + rng.uniform(0, 200), 2)),
        maximum_fee_share=maybe(round(rng.uniform(0.1, 0.6), 3)),
        clawback=maybe(
            Clawback(
                target=target, share=round(rng.uniform(0, 1), 2), linear=bool(rng.random() < 0.5)
            )
        ),
        bonus=maybe(
            Bonus(above=round(target + rng.uniform(0, 0.1), 3), rate=round(rng.uniform(0, 0.5), 2))
        ),
    )


def random_world(rng, scenarios, cells, months):
    """Whole cents; placements and collections are small, large, or nothing at all."""
    placed = np.round(rng.uniform(10, 3000, (scenarios, cells)), 2)
    scale = placed[:, :, None] * rng.choice([0.0, 0.01, 0.05, 0.2], (scenarios, 1, 1))
    receipts = np.round(scale * rng.exponential(1, (scenarios, cells, months + 1)), 2)
    return receipts * (rng.random(receipts.shape) < 0.7), placed


@pytest.mark.parametrize("seed", range(150))
def test_the_slow_interpreter_agrees_to_the_cent(seed):
    rng = np.random.default_rng(seed)
    terms, scenarios, cells, months = (
        random_contract(rng),
        4,
        int(rng.integers(1, 5)),
        int(rng.integers(1, 9)),
    )
    receipts, placed = random_world(rng, scenarios, cells, months + 3)
    start = int(rng.integers(0, 4))
    settled = settle_contract(terms, receipts, placed, (start, start + months))
    settled.check()
    for s in range(scenarios):
        decimals = [
            [exact(round(x, 2)) for x in r[start + 1 : start + months + 1]]
            for r in receipts[s].tolist()
        ]
        interpreted = interpret(terms, decimals, [exact(x) for x in placed[s].tolist()])
        expected = np.zeros(receipts.shape[1:])
        expected[:, start : start + months + 1] = np.array(interpreted, dtype=float).T
        np.testing.assert_array_equal(settled.fees[s], expected, err_msg=repr(terms))


@pytest.mark.parametrize("seed", range(20))
def test_months_cells_and_ledger_reconcile_to_the_cent(seed):
    rng = np.random.default_rng([seed, 1])
    terms = random_contract(rng)
    # Amounts with fractions of a cent, as the simulation gives them.
    receipts, placed = rng.exponential(30, (50, 5, 25)), rng.uniform(100, 2000, (50, 5))
    settled = settle_contract(terms, receipts, placed, (2, 20))
    settled.check()
    table = settled.ledger(7)
    cents = (table.drop(columns=["share_of_placed", "tier_rate"]) * 100).round().astype(int)
    assert (cents[list(PARTS)].sum(axis=1) == cents["paid"]).all()
    assert (cents["collected"].cumsum() == cents["cumulative"]).all()
    assert (
        np.rint(settled.fees[7].sum(axis=0)[2:21] * 100).astype(int).tolist()
        == cents["paid"].tolist()
    )
    assert not settled.fees[:, :, :2].any() and not settled.fees[:, :, 21:].any()
    assert (settled.fees[:, :, :20] >= 0).all()
    if terms.maximum_fee is not None:
        assert cents["paid"].cumsum().max() <= round(terms.maximum_fee * 100)


def test_a_scenario_does_not_depend_on_its_neighbors():
    rng = np.random.default_rng(5)
    terms = random_contract(rng)
    receipts, placed = rng.exponential(30, (9, 3, 13)), rng.uniform(100, 2000, (9, 3))
    every = settle_contract(terms, receipts, placed, (0, 12)).fees
    receipts[3:], placed[3:] = receipts[3:] * 1e12, placed[3:] * 1e12
    np.testing.assert_array_equal(
        settle_contract(terms, receipts, placed, (0, 12)).fees[:3], every[:3]
    )


@pytest.mark.parametrize("seed", range(60))
def test_collecting_more_never_lowers_the_total_fee(seed):
    rng = np.random.default_rng([seed, 2])
    terms = random_contract(rng)
    # The same agency collects more and more: scenario by scenario, from nothing to three times the
    # balance.
    receipts = np.linspace(0, 0.3, 400)[:, None, None] * np.array([[[0, 1000.0, 500, 1500]]])
    settled = settle_contract(terms, receipts, np.full((400, 1), 1000.0), (0, 3))
    total = np.rint(settled.fees.sum(axis=(1, 2)) * 100)
    assert np.diff(total).min() >= 0, terms


def test_rising_marginal_tiers_never_lower_the_rate_of_the_next_amount():
    receipts = np.zeros((400, 1, 2))
    receipts[:, 0, 1] = np.arange(400)
    fee = settle_contract(contract(tiers=TIERS), receipts, np.full((400, 1), 1000.0), (0, 1)).fees[
        :, 0, 1
    ]
    assert np.diff(fee, n=2).min() > -1e-9


@given(
    st.lists(st.integers(0, 10**16), min_size=1, max_size=6).filter(any),
    st.integers(-(10**15), 10**15),
)
@settings(max_examples=200, deadline=None)
def test_shares_of_any_size_are_those_of_exact_fractions(weights, amount):
    shares = share_out(np.array([[amount]]), np.array(weights)[None, :, None])[0, :, 0].tolist()
    by_hand = share_by_hand(Decimal(amount).scaleb(-2), [Decimal(w) for w in weights])
    assert shares == [int(g.scaleb(2)) for g in by_hand]
    assert sum(shares) == amount


def test_amounts_beyond_whole_cents_are_refused():
    with pytest.raises(ValueError, match="cannot be shared to the cent; expected less"):
        share_out(np.array([[1]]), np.array([2**61, 2**60])[None, :, None])


def test_cents_round_half_to_even_in_the_contract_s_decimals():
    # In floats 0.145 * 100 is below 14.5.
    assert whole_cents(np.array([0.145, 0.155, 0.165]) * 100).tolist() == [14, 16, 16]
    assert whole_cents(14.500002) == 15
