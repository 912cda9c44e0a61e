"""Cases small enough to work by hand; every amount below was."""

from __future__ import annotations

import pytest

from npl_sim.channels.run import run_channel
from tests.builders.contracts import cash, certain, contract, layer

NOTE = {"kind": "note", "name": "senior", "share": 0.8, "rate": 0.12, "holder": "fund"}


def test_an_outright_sale():
    """Costs of month 0 are advanced by the servicer and come back out of month 1; the rest is the
    buyer's.
    """
    run = run_channel(contract(), certain(0, 50, 70, costs=(10, 0, 5)))
    assert cash(run, "bank") == [100, 0, 0]
    assert cash(run, "investors") == [-100, 40, 65]
    assert cash(run, "servicer") == [-10, 10, 0]
    assert cash(run, "debtors") == [0, -50, -70]


def test_costs_that_nothing_meets_fall_on_who_holds_what_is_left():
    run = run_channel(contract(), certain(0, 3, costs=(10, 0)))
    assert cash(run, "servicer") == [-10, 10]
    assert cash(run, "investors") == [-100, -7]


def test_a_trust_with_a_note_fee_and_tax():
    """Need 101 (price and fee): fund 80.8, investors 20.2. Fee 6 % a year of 101: 0.505 a month;
    tax 5 % of receipts.

    Month 1: 50: tax 2.5, fee 0.505, interest 80.8 x 1 % = 0.808, principal 46.187, left 34.613.
    Month 2: 40: tax 2, fee 0.505, interest 0.34613, principal 34.613, residual 2.53587.
    """
    terms = contract(
        vehicles=[
            layer(
                NOTE, fee={"upfront": 1.0, "per_year": 0.06}, tax={"on": "receipts", "rate": 0.05}
            )
        ]
    )
    run = run_channel(terms, certain(0, 50, 40))
    assert cash(run, "fund") == [-80.8, 46.995, 34.95913]
    assert cash(run, "investors") == [-20.2, 0, 2.53587]
    assert cash(run, "channel") == [1, 0.505, 0.505]
    assert cash(run, "tax") == [0, 2.5, 2]
    assert cash(run, "bank") == [100, 0, 0]


def test_tax_on_profit_begins_where_the_cost_is_back():
    """Need 100; 60 then 70: profit 30 in month 2, taxed at 20 %: 6."""
    run = run_channel(
        contract(vehicles=[layer(tax={"on": "profit", "rate": 0.2})]), certain(0, 60, 70)
    )
    assert cash(run, "tax") == [0, 0, 6]
    assert cash(run, "investors") == [-100, 60, 64]


def test_tax_on_profit_counts_what_the_bank_pays_for_the_package():
    """Need 100; the bank buys back for 130 in month 1: profit 30, taxed at 20 %: 6."""
    buy = {
        "kind": "repurchase",
        "name": "r",
        "at": {"kind": "month", "month": 1},
        "price": {"kind": "fixed", "amount": 130.0},
    }
    run = run_channel(
        contract(vehicles=[layer(tax={"on": "profit", "rate": 0.2})], undertakings=[buy]),
        certain(0, 10),
    )
    assert cash(run, "tax") == [0, 6]
    assert cash(run, "investors") == [-100, 124]
    assert cash(run, "bank") == [100, 10 - 130]


def test_a_bullet_note_keeps_cash_in_the_trust_until_it_is_due():
    terms = contract(
        vehicles=[layer({**NOTE, "rate": 0.0, "principal": "at_maturity", "maturity": 2})]
    )
    run = run_channel(terms, certain(0, 50, 40, 10))
    assert cash(run, "fund") == [-80, 0, 80, 0]
    assert cash(run, "trust") == [0, 50, -50, 0]
    assert cash(run, "investors") == [-20, 0, 10, 10]


def test_a_deferred_price_waits_for_its_month_and_for_cash():
    """A tenth of the price is owed from month 2: 5 of 10 can be paid then, the rest in month 3,
    before the residual.
    """
    terms = contract(vehicles=[layer({"kind": "deferred_price", "share": 0.1, "month": 2})])
    run = run_channel(terms, certain(0, 0, 5, 12))
    assert cash(run, "bank") == [90, 0, 5, 5]
    assert cash(run, "investors") == [-90, 0, 0, 7]


def test_two_layers_and_a_top_up():
    """Bank -> trust -> product -> customers: 30 % junior at the trust is the bank's; the product's
    70 at 12 % a year.

    Month 1: 20 come in. Trust pays the product interest 0.7 and principal 19.3; the product pays
    customers the same. Month 2 (last): 30 come in; B = 50.7, interest 0.507, principal 29.493:
    missing 21.207, which the bank makes good.
    """
    terms = contract(
        vehicles=[
            {
                "name": "trust",
                "claims": [
                    {
                        "kind": "note",
                        "name": "units",
                        "share": 0.7,
                        "rate": 0.12,
                        "holder": "product",
                    },
                    {"kind": "residual", "holder": "bank", "share": 0.3},
                ],
            },
            {
                "name": "product",
                "claims": [
                    {
                        "kind": "note",
                        "name": "customers' units",
                        "share": 1.0,
                        "rate": 0.12,
                        "holder": "customers",
                    },
                    {"kind": "residual", "holder": "channel house"},
                ],
            },
        ],
        undertakings=[{"kind": "top_up", "name": "rigid redemption", "of": "customers' units"}],
    )
    run = run_channel(terms, certain(0, 20, 30))
    assert cash(run, "customers") == [-70, 20, 51.207]
    assert cash(run, "bank") == [70, 0, -21.207]
    assert run.calls[0].tolist() == pytest.approx([0, 0, 21.207])
    capped = run_channel(
        terms.model_copy(
            update={"undertakings": (terms.undertakings[0].model_copy(update={"per_date": 6.0}),)}
        ),
        certain(0, 20, 30),
    )
    assert cash(capped, "customers") == [-70, 20, 36]


def test_a_repurchase_at_price_plus_carry():
    """100 grows by 21 % a year to 110 in half a year (1.21^0.5); 20 collected in month 0 grow to
    22: price 88.
    """
    buy = {
        "kind": "repurchase",
        "name": "r",
        "at": {"kind": "month", "month": 6},
        "price": {"kind": "plus_carry", "carry": 0.21},
    }
    run = run_channel(contract(undertakings=[buy]), certain(20, 0, 0, 0, 0, 0, 60, 30))
    assert cash(run, "bank") == [100, 0, 0, 0, 0, 0, 60 - 88, 30]
    assert cash(run, "investors") == [-100, 20, 0, 0, 0, 0, 88, 0]
    assert run.exercised["r"].tolist() == [6]
    assert run.share_held[0].tolist() == [1, 1, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("price", "paid"),
    [
        ({"kind": "fixed", "amount": 77.0}, 77.0),
        ({"kind": "par"}, 200.0 - 20.0),
        ({"kind": "par", "cap": 150.0}, 150.0),
        ({"kind": "fair_value", "share": 0.9, "knowledge": "perfect"}, 0.9 * 40.0),
        (
            {
                "kind": "formula",
                "constant": 5.0,
                "of_price": 0.5,
                "carry": 0.21,
                "of_face": 0.1,
                "of_collections": 0.25,
                "of_value": 0.1,
                "knowledge": "perfect",
            },
            5 + 0.5 * 100 * 1.21 ** (2 / 12) + 20 - 0.25 * 20 + 0.1 * 40,
        ),
        ({"kind": "formula", "constant": -500.0, "floor": 2.0}, 2.0),
    ],
)
def test_prices_of_a_repurchase(price, paid):
    buy = {"kind": "repurchase", "name": "r", "at": {"kind": "month", "month": 2}, "price": price}
    run = run_channel(contract(undertakings=[buy]), certain(5, 15, 40, 0))
    assert run.paid["r"][0, 2] == pytest.approx(paid)


def test_a_trigger_looks_at_the_months_before_it_and_fires_once():
    """Plan 10 a month; the scenario brings 10, 4, 4, 10: at month 2 (14 of 20) 0.75 is missed, not
    at month 1.
    """
    at = {"kind": "below_plan", "below": 0.75, "first_test": 1, "every": 1}
    buy = {"kind": "repurchase", "name": "r", "at": at, "price": {"kind": "fixed", "amount": 50.0}}
    plan = [{"month": 0, "cumulative": 10.0}, {"month": 4, "cumulative": 50.0}]
    run = run_channel(contract(undertakings=[buy], plan=plan), certain(10, 4, 4, 10, 0))
    assert run.exercised["r"].tolist() == [2]
    assert cash(run, "bank") == [100, 0, 4 - 50, 10, 0]


def test_half_of_the_package_comes_back():
    buy = {
        "kind": "repurchase",
        "name": "r",
        "at": {"kind": "month", "month": 1},
        "share": 0.5,
        "price": {"kind": "fixed", "amount": 80.0},
    }
    run = run_channel(contract(undertakings=[buy]), certain(0, 30, 10, costs=(0, 4, 0)))
    assert cash(run, "bank") == [100, -40 + 13, 5]
    assert cash(run, "investors") == [-100, 40 + 13, 5]


def test_a_put_is_used_only_where_it_pays_and_a_call_on_the_other_side():
    strike = {"kind": "fixed", "amount": 50.0}
    option = {"name": "o", "months": [1, 2], "strike": strike, "knowledge": "perfect"}
    poor, rich = certain(0, 10, 20), certain(0, 60, 20)
    assert run_channel(contract(undertakings=[{"kind": "put", **option}]), poor).exercised[
        "o"
    ].tolist() == [1]
    # 60 and 20 are worth 80 at month 1 and 20 at month 2: the put waits for month 2.
    assert run_channel(contract(undertakings=[{"kind": "put", **option}]), rich).exercised[
        "o"
    ].tolist() == [2]
    assert run_channel(contract(undertakings=[{"kind": "call", **option}]), poor).exercised[
        "o"
    ].tolist() == [-1]
    assert run_channel(contract(undertakings=[{"kind": "call", **option}]), rich).exercised[
        "o"
    ].tolist() == [1]
