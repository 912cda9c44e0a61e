"""Rates that are probably unintended, and names that meet twice, are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from npl_sim.study.loader import load_study
from tests.study.test_studyfile import GOOD, messages, write

ROOT = Path(__file__).parents[2]


def warned(folder, text):
    return [
        w
        for w in load_study(write(folder, text)).warnings
        if " % a year" in w or "the later it comes" in w
    ]


@pytest.mark.parametrize(
    ("text", "key", "part"),
    [
        (
            "pricing: {required_return: 8}\n",
            "pricing.required_return",
            "at most 1: write 0.08 for 8 %",
        ),
        ("pricing: {required_return: 1.001}\n", "pricing.required_return", "at most 1"),
        ("pricing: {required_return: -0.051}\n", "pricing.required_return", "at least -0.05"),
        ("buyer: {target_irr: 18}\n", "buyer.target_irr", "at most 1: write 0.18 for 18 %"),
        ("seller: {discount_rate: -0.9}\n", "seller.discount_rate", "at least -0.05"),
        ("legal: {accrual_cap: 24}\n", "legal.accrual_cap", "at most 1: write 0.24 for 24 %"),
        (
            "collateral: {home: {holding_cost: 2}}\n",
            "collateral.home.holding_cost",
            "at most 1: write 0.02",
        ),
        (
            "pricing: {servicing_rate: 1}\n",
            "pricing.servicing_rate",
            "at most 0.6: write 0.01 for 1 %",
        ),
        (
            "buyer: {information_discount: 1}\n",
            "buyer.information_discount",
            "less than 1: write 0.01 for 1 %",
        ),
        (
            "buyer: {overhead_rate: 0.9}\n",
            "buyer.overhead_rate",
            "at most 0.2: write 0.009 for 0.9 %",
        ),
        ("seller: {overhead_rate: -0.01}\n", "seller.overhead_rate", "at least 0"),
        ("seller: {sale_cost: 0.61}\n", "seller.sale_cost", "at most 0.6"),
    ],
)
def test_a_return_or_fee_beyond_the_bounds_of_the_field_is_refused(tmp_path, text, key, part):
    (line,) = messages(tmp_path, GOOD + text)
    assert f": {key}: got" in line and part in line


def test_a_volatility_that_is_hardly_meant_draws_one_warning(tmp_path):
    (line,) = warned(tmp_path, GOOD + "market: {indices: [{volatility: 4}]}\n")
    assert ": market.indices.0.volatility: got" in line and "400 % a year" in line


@pytest.mark.parametrize(
    "text",
    [
        "pricing: {required_return: 1.0}\n",
        "pricing: {required_return: -0.05}\n",
        "market: {indices: [{drift: -0.1}]}\n",
    ],
)
def test_plausible_rates_draw_none(tmp_path, text):
    assert warned(tmp_path, GOOD + text) == []


def test_the_shipped_study_has_plausible_rates():
    lines = load_study(ROOT / "configs/studies/first_package.yaml").warnings
    assert not [w for w in lines if " % a year" in w and "expected at most 1" in w]


def test_kinds_that_the_tape_spells_alike_are_refused(tmp_path):
    (line,) = messages(
        tmp_path, GOOD + "collateral:\n  Residential: {}\n  residential: {tax: 0.1}\n"
    )
    assert "study.yaml:10:3: collateral.residential: is the kind 'Residential' again" in line
    (line,) = messages(tmp_path, GOOD + "collateral: {residential: {}, 住宅: {tax: 0.1}}\n")
    assert "collateral.住宅: is the kind 'residential' again" in line


def test_indices_that_the_tape_spells_alike_are_refused(tmp_path):
    (line,) = messages(
        tmp_path, GOOD + "market: {indices: [{region: East}, {region: east}, {region: west}]}\n"
    )
    assert "market.indices.1: 'index:east/*' is 'index:East/*' again" in line
