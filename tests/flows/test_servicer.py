"""Agency contracts: by hand, by a slow interpreter in decimals, and to the cent."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

from npl_sim.cashflows.agency_fees import PARTS, Placement, settle_contract, settle_placements
from npl_sim.cashflows.cents import share_out, whole_cents
from npl_sim.policy.agency_contracts import AgencyContract, Bonus, Clawback, CommissionTier

PAGE = Path(__file__).parents[2] / "docs" / "contracts.md"
TIERS = [{"up_to": 0.10, "rate": 0.2}, {"up_to": 0.20, "rate": 0.3}, {"rate": 0.5}]


def contract(**terms) -> AgencyContract:
    return AgencyContract(name="North", **terms)


def one(terms: AgencyContract, receipts, placed=1000.0, window=None):
    """Settle one cell in one scenario; `receipts` are those of months 0, 1, ..."""
    receipts = np.array([[receipts]], dtype=float)
    settled = settle_contract(
        terms, receipts, np.array([[placed]], dtype=float), window or (0, receipts.shape[2] - 1)
    )
    settled.check()
    return settled


def fees(terms, receipts, **where):
    return one(terms, receipts, **where).fees[0, 0].tolist()


# By hand


def test_a_zero_contract_costs_nothing():
    assert fees(contract(), [0, 100, 50]) == [0, 0, 0]


def test_marginal_tiers_pay_each_slice_at_its_own_rate():
    # 100 at 20 %, then 20 of it at 30 %; 80 at 30 % and 100 at 50 %.
    assert fees(contract(tiers=TIERS), [0, 120, 180]) == [0, 20 + 6, 24 + 50]


def test_whole_tiers_reprice_everything_in_a_higher_tier():
    terms = contract(tiers=TIERS, tier_basis="whole")
    # The end of a tier belongs to it: 100 is still paid at 20 %.
    assert fees(terms, [0, 100, 20, 180]) == [0, 20, 36 - 20, 150 - 36]


def test_only_the_window_counts():
    terms = contract(tiers=[{"rate": 0.1}], setup=7, fixed_monthly=2)
    assert fees(terms, [900, 900, 100, 200, 900], window=(1, 3)) == [0, 7, 12, 22, 0]
    assert fees(terms, [900, 900, 100], window=(2, 5)) == [0, 0, 0]
    assert len(one(terms, [900, 900, 100], window=(2, 5)).ledger(0)) == 0


def test_the_minimum_is_topped_up_at_the_end():
    terms = contract(tiers=[{"rate": 0.1}], minimum_fee=30)
    assert fees(terms, [0, 100, 50]) == [0, 10, 20]
    assert fees(terms, [0, 100, 500]) == [0, 10, 50]


def test_the_maximum_stops_the_fee_at_every_date():
    terms = contract(tiers=[{"rate": 0.5}], maximum_fee=60)
    assert fees(terms, [0, 100, 100, 100]) == [0, 50, 10, 0]


def test_what_a_share_cap_holds_back_is_paid_when_it_rises():
    terms = contract(setup=30, maximum_fee_share=0.2)
    assert fees(terms, [0, 100, 20, 500]) == [0, 20, 4, 6]


def test_caps_win_over_the_minimum():
    assert fees(contract(minimum_fee=30, maximum_fee_share=0.2), [0, 50, 50]) == [0, 0, 20]


def test_a_missed_target_hands_back_commission():
    whole = {"tiers": [{"rate": 0.1}], "clawback": {"target": 0.4, "share": 0.5}}
    linear = {**whole, "clawback": {**whole["clawback"], "linear": True}}
    assert fees(contract(**whole), [0, 200, 100]) == [0, 20, 10 - 15]
    assert fees(contract(**linear), [0, 200, 100]) == [0, 20, 10 - 30 * 0.5 * 0.25]
    assert fees(contract(**whole), [0, 200, 200]) == [0, 20, 20]


def test_only_commission_that_was_paid_is_handed_back():
    # Of 20 fixed and 30 commission the cap leaves 20 and 10, of which half goes back.
    terms = contract(
        setup=20, tiers=[{"rate": 0.1}], maximum_fee=30, clawback={"target": 0.4, "share": 0.5}
    )
    assert sum(fees(terms, [0, 200, 100])) == 30 - 5


def test_the_bonus_is_a_share_of_the_excess_over_the_plan():
    assert fees(contract(bonus={"above": 0.2, "rate": 0.25}), [0, 100, 140]) == [0, 0, 10]


def test_nothing_placed_nothing_paid():
    assert fees(contract(setup=5, fixed_monthly=1, minimum_fee=50), [0, 0], placed=0) == [0, 0]


def test_a_fee_is_shared_by_collections_and_before_any_by_balance():
    terms = contract(fixed_monthly=1)
    receipts = np.array([[[0, 0, 10, 0], [0, 0, 10, 0], [0, 0, 10, 0]]])
    settled = settle_contract(terms, receipts, np.array([[100.0, 300.0, 0.0]]), (0, 3))
    assert settled.fees[0].T.tolist() == [
        [0, 0, 0],
        [0.25, 0.75, 0],
        [0.34, 0.33, 0.33],
        [0.34, 0.33, 0.33],
    ]
    settled.check()
    settled.fees[0, 1, 2] += 0.01
    with pytest.raises(
        ValueError, match=r"'North', scenario 0, month 2: the cells pay 1.01; expected 1.00"
    ):
        settled.check()


# A slow interpreter, in decimals, month by month

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
        told = interpret(terms, decimals, [exact(x) for x in placed[s].tolist()])
        expected = np.zeros(receipts.shape[1:])
        expected[:, start : start + months + 1] = np.array(told, dtype=float).T
        np.testing.assert_array_equal(settled.fees[s], expected, err_msg=repr(terms))


# Sums and order


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


def test_a_scenario_does_not_depend_on_its_neighbours():
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


# Words


@pytest.mark.parametrize(
    "terms, message",
    [
        (
            {"tiers": [{"rate": 0.1}, {"rate": 0.2}]},
            "the tiers end at none, none; expected every tier but the last",
        ),
        ({"tiers": [{"up_to": 0.2, "rate": 0.1}]}, "the tiers end at 0.2; expected"),
        (
            {"tiers": [{"up_to": 0.2}, {"up_to": 0.1}, {}]},
            "a tier up to 0.1 follows one up to 0.2; expected rising up_to",
        ),
        (
            {"tiers": [{"up_to": 0.2, "rate": 0.3}, {"rate": 0.2}], "tier_basis": "whole"},
            "rate 0.2 follows 0.3 with tier_basis whole",
        ),
        ({"minimum_fee": 10, "maximum_fee": 9}, "minimum_fee is 10 and maximum_fee 9; expected"),
        (
            {"clawback": {"target": 0.3, "share": 0.1}, "bonus": {"above": 0.2, "rate": 0.1}},
            "the bonus begins above 0.2 of the balance but the clawback's target is 0.3; expected",
        ),
    ],
)
def test_faulty_terms_are_refused_with_a_sentence(terms, message):
    with pytest.raises(ValidationError, match=re.escape(message)):
        contract(**terms)


def test_every_field_explains_itself():
    for model in (AgencyContract, Bonus, Clawback, CommissionTier):
        properties = model.model_json_schema()["properties"]
        assert model.__doc__.strip().endswith(".")
        for name in model.model_fields:
            assert properties[name]["description"].rstrip().endswith("."), name
            for option in (properties[name], *properties[name].get("anyOf", [])):
                assert option.get("type") != "number" or {"unit", "maximum"} <= set(option), name


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"placed": np.ones((1, 2))},
            r"collected has shape \(1, 1, 3\) and placed \(1, 2\); expected",
        ),
        ({"window": (2, 2)}, r"the window is \(2, 2\); expected 0 <= from_month < last_month"),
        (
            {"window": (1, 5)},
            "ends in month 5 but the horizon is month 2; expected its end within the horizon",
        ),
        ({"collected": np.array([[[0, -1.0, 0]]])}, "collected has negative or missing amounts"),
        ({"placed": np.array([[np.nan]])}, "placed has negative or missing amounts"),
        ({"placed": np.array([[0.0]])}, "collections without a balance placed"),
    ],
)
def test_faulty_numbers_are_refused_with_a_sentence(change, message):
    given = {
        "collected": np.array([[[0, 1.0, 2.0]]]),
        "placed": np.array([[9.0]]),
        "window": (0, 2),
    } | change
    with pytest.raises(ValueError, match="agency 'North'.*" + message):
        settle_contract(contract(minimum_fee=1), **given)


def test_placements_find_their_contract_and_their_cells():
    receipts = np.array([[[0, 100.0], [0, 200.0], [0, 400.0]]])
    a = AgencyContract(name="A", tiers=[{"rate": 0.1}])
    b = AgencyContract(name="B", tiers=[{"rate": 0.2}])
    places = [
        Placement("B", (0, 1), (1,), np.array([[500.0]])),
        Placement("A", (0, 1), (0, 2), np.array([[500.0, 500.0]])),
    ]
    first, second = settle_placements([a, b], places, receipts)
    assert first.fees[0, :, 1].tolist() == [40]
    assert second.fees[0, :, 1].tolist() == [10, 40]
    with pytest.raises(
        ValueError, match="a placement names agency 'B'; expected one with a contract: 'A'"
    ):
        settle_placements([a], places, receipts)
    with pytest.raises(ValueError, match="contracts for 'A', 'A'; expected one for each agency"):
        settle_placements([a, a], places[1:], receipts)


# The page


def worked_example():
    text = PAGE.read_text(encoding="utf-8")
    terms = AgencyContract(**YAML(typ="safe").load(re.search(r"```yaml\n(.*?)```", text, re.S)[1]))
    good, bad = (
        [0, 0, 12_000, 20_000, 18_000, 9_000, 6_000],
        [0, 0, 4_000, 6_000, 5_000, 3_000, 2_000],
    )
    receipts = np.array([[good], [bad]]) * np.array([[0.6], [0.4]])
    settled = settle_contract(terms, receipts, np.array([[600_000.0, 400_000.0]] * 2), (0, 6))
    settled.check()
    return text, {"good": settled.ledger(0), "bad": settled.ledger(1)}


def markdown(table) -> str:
    def cell(name, value):
        return {"month": "{:.0f}", "share_of_placed": "{:.1%}", "tier_rate": "{:.0%}"}.get(
            name, "{:,.2f}"
        ).format(value)

    total = {name: table[name].sum() for name in ("collected", *PARTS, "paid")}
    rows = [[cell(n, v) for n, v in row.items()] for row in table.to_dict("records")]
    rows.append(
        [
            "total" if n == "month" else cell(n, total[n]) if n in total else ""
            for n in table.columns
        ]
    )
    heads = [n.replace("_", " ") for n in table.columns]
    return "\n".join("| " + " | ".join(r) + " |" for r in [heads, ["---:"] * len(heads), *rows])


@pytest.mark.parametrize("name", ["good", "bad"])
def test_the_page_s_ledgers_are_what_the_code_prints(name):
    text, tables = worked_example()
    shown = re.search(rf"<!-- ledger: {name} -->\n(.*?)\n<!-- end -->", text, re.S)[1]
    assert shown == markdown(tables[name])
