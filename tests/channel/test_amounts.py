"""Impossible or implausible inputs of a contract: rates in percent, amounts in other units, months
beyond the horizon.
"""

from __future__ import annotations

import re

import pytest

from npl_sim.channels.result import measure
from npl_sim.channels.run import run_channel
from npl_sim.core.errors import ChannelError, StudyError
from npl_sim.study.contract_file import load_contract
from tests.builders.contracts import certain, contract, sample

YAML = """
name: all rates
face: 400
price: {kind: amount, amount: 100}
discount_rate: 0.08
vehicles:
  - name: trust
    tax: {on: receipts, rate: 0.03}
    claims:
      - {kind: note, name: n, holder: fund, share: 0.9, rate: 0.05}
      - {kind: residual, holder: fund, share: 0.1}
undertakings:
  - kind: income_swap
    name: s
    leg: {kind: floating, index: [{month: 0, rate: 0.021}], spread: 0.022, floor: 0.023}
  - kind: repurchase
    name: r
    at: {kind: month, month: 6}
    price: {kind: plus_carry, carry: 0.065}
  - kind: put
    name: p
    months: [9]
    strike: {kind: formula, of_price: 1.0, carry: 0.066}
"""


def written(tmp_path, old="", new=""):
    path = tmp_path / "c.yaml"
    assert not old or old in YAML
    path.write_text(YAML.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("discount_rate: 0.08", "discount_rate: 8", "discount_rate"),
        ("rate: 0.05", "rate: 5.6", "vehicles.0.claims.0.rate"),
        ("rate: 0.05", "rate: -0.05", "vehicles.0.claims.0.rate"),
        ("rate: 0.03", "rate: 3", "vehicles.0.tax.rate"),
        ("rate: 0.021", "rate: 2.1", "undertakings.0.leg.index.0.rate"),
        ("spread: 0.022", "spread: 2.2", "undertakings.0.leg.spread"),
        ("floor: 0.023", "floor: 2.3", "undertakings.0.leg.floor"),
        ("carry: 0.065", "carry: 6.5", "undertakings.1.price.carry"),
        ("carry: 0.065", "carry: -0.1", "undertakings.1.price.carry"),
        ("carry: 0.066", "carry: 1.01", "undertakings.2.strike.carry"),
    ],
)
def test_a_rate_in_per_cent_is_refused_with_key_value_and_what_to_write(tmp_path, old, new, key):
    with pytest.raises(StudyError) as caught:
        load_contract(written(tmp_path, old, new))
    text = str(caught.value)
    value = new.split(": ")[1]
    assert (
        re.search(rf"c\.yaml:\d+:\d+: .*{re.escape(key.split('.')[-1])}", text) and value in text
    )
    if "carry: 6.5" in new:
        assert "expected a yearly rate from 0 to 1, as a share of 1; write 0.065 for 6.5 %" in text


def test_a_fixed_leg_has_the_bounds_of_a_rate(tmp_path):
    fixed = "{kind: fixed, rate: 6}"
    with pytest.raises(StudyError, match="got 6; expected a yearly rate from 0 to 1"):
        load_contract(
            written(
                tmp_path,
                "{kind: floating, index: [{month: 0, rate: 0.021}], spread: 0.022, floor: 0.023}",
                fixed,
            )
        )


def test_rates_at_the_bounds_are_taken(tmp_path):
    for old, new in (
        ("discount_rate: 0.08", "discount_rate: -0.01"),
        ("rate: 0.05", "rate: 1"),
        ("rate: 0.021", "rate: -0.005"),
    ):
        load_contract(written(tmp_path, old, new))


@pytest.mark.parametrize("key", ["on", "true", "True", "'on'", "!!bool true"])
def test_the_key_on_as_yaml_1_1_writes_it(tmp_path, key):
    terms = load_contract(
        written(tmp_path, "{on: receipts, rate: 0.03}", f"{{{key}: profit, rate: 0.03}}")
    )
    assert terms.vehicles[0].tax.on == "profit"


def test_the_key_on_twice_is_refused(tmp_path):
    with pytest.raises(StudyError, match="on: is given twice"):
        load_contract(
            written(
                tmp_path, "{on: receipts, rate: 0.03}", "{on: receipts, true: profit, rate: 0.03}"
            )
        )


@pytest.mark.parametrize(
    ("accounting", "text"),
    [
        (
            {"carrying_amount": 900.0},
            r"accounting.carrying_amount: got 900\.00; expected at most the face of 400\.00",
        ),
        (
            {"specific_provisions": 400.1},
            r"accounting.specific_provisions: got 400\.10; expected at most the face",
        ),
        (
            {"reported_rwa": 5000.1},
            r"accounting.reported_rwa: got 5,000\.10; expected at most 1250% of the face, "
            r"5,000\.00",
        ),
        (
            {"fair_value": 401.0},
            r"accounting.fair_value: got 401\.00; expected at most the face of 400\.00",
        ),
        (
            {"carrying_amount": 250.0, "specific_provisions": 200.0},
            r"exceeds the face; expected a sum of at most 400\.00",
        ),
        (
            {"bank": {"loans": 1e4, "non_performing": 300.0, "allowances": 50.0}},
            r"non_performing: got 300\.00; expected at least the face",
        ),
        (
            {"bank": {"loans": 500.0, "non_performing": 600.0, "allowances": 50.0}},
            r"non_performing: got 600\.00; expected at most loans",
        ),
        (
            {"bank": {"loans": 1e4, "non_performing": 600.0, "allowances": 2e4}},
            r"allowances: got 20,000\.00; expected at most loans",
        ),
    ],
)
def test_amounts_beyond_what_is_owed_are_refused(accounting, text):
    with pytest.raises(ChannelError, match=text):
        measure(contract(accounting=accounting), sample(50))


def test_amounts_at_what_is_owed_are_taken():
    for accounting in (
        {"carrying_amount": 400.0},
        {"specific_provisions": 400.0},
        {"carrying_amount": 150.0, "specific_provisions": 250.0},
        {"bank": {"loans": 400.0, "non_performing": 400.0, "allowances": 400.0}},
    ):
        measure(contract(accounting=accounting), sample(50))


def test_a_face_unlike_the_cash_is_refused():
    """100 expected, of a face of 49: more than twice. Of 51 it is taken."""
    outcomes = certain(0.0, 100.0, face=49.0)
    with pytest.raises(
        ChannelError,
        match=r"face: got 49\.00 .*receive 100\.00; expected a face of at least 50\.00",
    ):
        measure(contract(price={"kind": "amount", "amount": 40.0}), outcomes)
    measure(contract(price={"kind": "amount", "amount": 40.0}), certain(0.0, 100.0, face=51.0))


def test_a_side_letter_s_months_and_tests_are_checked():
    swap = {
        "kind": "income_swap",
        "name": "s",
        "leg": {"kind": "fixed", "rate": 0.05},
        "first_month": 30,
    }
    with pytest.raises(ChannelError, match="first_month: got 30; expected at most 24"):
        run_channel(contract(undertakings=[swap]), sample(50))
    at = {"kind": "below_plan", "below": 0.9, "first_test": 12, "last_test": 6}
    with pytest.raises(ValueError, match="got 6 before first_test 12"):
        contract(
            undertakings=[{"kind": "repurchase", "name": "r", "at": at, "price": {"kind": "par"}}]
        )
