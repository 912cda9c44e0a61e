"""From a measured contract to the facts of the tree; the tree itself where this installation has it."""

from __future__ import annotations

import importlib.util

import pytest

from npl_sim.channel import verdictinput
from npl_sim.channel.result import measure
from npl_sim.channel.verdictinput import capital_values, fact_values, features, judge
from tests.channel.scenes import certain, contract, layer, sample

BUY = {"kind": "repurchase", "name": "r", "at": {"kind": "month", "month": 6}}
HAS_TREE = importlib.util.find_spec("npl_sim.channel.derecognition") is not None


def facts(world=None, **words):
    result = measure(contract(**words), world or sample(200))
    return fact_values(result.whole)[0]


@pytest.mark.parametrize(
    ("price", "word"),
    [
        ("fixed", "fixed_price"),
        ("par", "fixed_price"),
        ("plus_carry", "sale_price_plus_return"),
        ("fair_value", "fair_value"),
    ],
)
def test_a_repurchase_has_its_word(price, word):
    more = {"amount": 90.0} if price == "fixed" else {"carry": 0.05} if price == "plus_carry" else {}
    found = facts(undertakings=[{**BUY, "price": {"kind": price, **more}}])
    assert found["repurchase"] == word and found["repurchase_unconditional"]
    waits = facts(
        undertakings=[{**BUY, "at": {"kind": "below_plan", "below": 0.9}, "price": {"kind": price, **more}}]
    )
    assert not waits["repurchase_unconditional"]


def test_the_strongest_word_stands_where_there_are_several():
    fair = {**BUY, "name": "f", "price": {"kind": "fair_value"}, "share": 0.5}
    firm = {**BUY, "price": {"kind": "fixed", "amount": 1.0}, "share": 0.5}
    for pair in ([fair, firm], [firm, fair]):
        assert facts(undertakings=pair)["repurchase"] == "fixed_price"


@pytest.mark.parametrize(("strike", "word"), [(1.0, "deep_out"), (55.0, "near"), (1e6, "deep_in")])
def test_an_option_is_as_deep_as_it_is_often_used(strike, word):
    put = {
        "kind": "put",
        "name": "p",
        "months": [12],
        "strike": {"kind": "fixed", "amount": strike},
        "knowledge": "perfect",
    }
    found = facts(undertakings=[put])
    assert (found["repurchase"], found["option_moneyness"]) == ("put_option", word)


def test_recourse_is_the_most_that_can_be_lost():
    """A guarantee of at most 30 % of 100, a junior tenth of 100 and a deferred fifth of the price, 20: the need is 80, its tenth 8."""
    words = {
        "layers": [
            layer({"kind": "deferred_price", "share": 0.2}, {"kind": "note", "name": "n", "share": 0.9, "holder": "fund"},
                  {"kind": "residual", "holder": "bank", "share": 0.1}),
        ],
        "undertakings": [{"kind": "guarantee", "name": "g", "reference": "price", "cap_share": 0.3, "share": 0.5}],
    }  # fmt: skip
    found = facts(**words)
    assert found["guarantee_cap"] == pytest.approx(30.0 + 8.0 + 20.0)
    assert found["proceeds"] == pytest.approx(80.0 - 8.0)
    assert "guarantee_cap" not in facts()


def test_a_swap_of_the_whole_is_a_total_return_swap():
    swap = {"kind": "income_swap", "name": "s", "leg": {"kind": "fixed", "rate": 0.05}}
    assert facts(undertakings=[swap])["total_return_swap"]
    assert not facts(undertakings=[{**swap, "pass_back": 0.5}])["total_return_swap"]
    assert not facts(undertakings=[{**swap, "final": "none"}])["total_return_swap"]


def test_what_a_letter_adds_is_a_tacit_repurchase():
    promise = {**BUY, "price": {"kind": "fixed", "amount": 90.0}}
    words = contract(
        layers=[layer({"kind": "note", "name": "n", "share": 0.5, "holder": "wealth product"})],
        hidden={"undertakings": [promise]},
        accounting={"own_wealth_products": ["wealth product"], "form": "income_right"},
    )
    result = measure(words, sample(200))
    shown, letter = result.versions
    assert features(result, shown) == ("own_wealth_product",)
    assert features(result, letter) == ("implicit_repurchase", "own_wealth_product")
    capital = capital_values(result, letter, fact_values(letter)[0])
    assert capital["implicit_support"] and capital["contractual_return"] and capital["form"] == "income_right"
    assert not capital_values(result, shown, fact_values(shown)[0])["implicit_support"]
    assert features(
        measure(contract(undertakings=[promise]), sample(200)),
        measure(contract(undertakings=[promise]), sample(200)).whole,
    ) == ("explicit_repurchase",)


def test_without_that_part_nothing_is_judged(monkeypatch):
    def none(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(verdictinput, "_part", none)
    result = measure(contract(), certain(0, 5))
    assert judge(result, result.whole) is None


@pytest.mark.skipif(not HAS_TREE, reason="this installation has no derecognition tree")
def test_the_tree_judges_the_limits():
    buy = {**BUY, "price": {"kind": "plus_carry", "carry": 0.05}}
    for words, outcome in ((contract(), "derecognise"), (contract(undertakings=[buy]), "keep")):
        result = measure(words, sample(200))
        assert str(judge(result, result.whole).verdict.outcome) == outcome
