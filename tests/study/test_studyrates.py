"""Rates that are hardly meant, and names that meet twice, are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from npl_sim.studyfile import load_study
from tests.study.test_studyfile import GOOD, messages, write

ROOT = Path(__file__).parents[2]


def warned(folder, text):
    return [
        w for w in load_study(write(folder, text)).warnings if " % a year" in w or "the later it comes" in w
    ]


@pytest.mark.parametrize(
    ("text", "key", "part"),
    [
        ("pricing: {required_return: 8}\n", "pricing.required_return", "write 0.08 for 8 %"),
        ("buyer: {target_irr: 1.8}\n", "buyer.target_irr", "180 % a year"),
        ("legal: {accrual_cap: 2.4}\n", "legal.accrual_cap", "240 % a year"),
        ("collateral: {home: {holding_cost: 2}}\n", "collateral.home.holding_cost", "200 % a year"),
        ("market: {indices: [{volatility: 4}]}\n", "market.indices.0.volatility", "400 % a year"),
        (
            "pricing: {required_return: -0.9}\n",
            "pricing.required_return",
            "got -0.9; expected at least -0.05",
        ),
    ],
)
def test_a_rate_that_is_hardly_meant_draws_one_warning(tmp_path, text, key, part):
    (line,) = warned(tmp_path, GOOD + text)
    assert f": {key}: got" in line and part in line


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
    (line,) = messages(tmp_path, GOOD + "collateral:\n  Residential: {}\n  residential: {tax: 0.1}\n")
    assert "study.yaml:10:3: collateral.residential: is the kind 'Residential' again" in line
    (line,) = messages(tmp_path, GOOD + "collateral: {residential: {}, 住宅: {tax: 0.1}}\n")
    assert "collateral.住宅: is the kind 'residential' again" in line


def test_indices_that_the_tape_spells_alike_are_refused(tmp_path):
    (line,) = messages(
        tmp_path, GOOD + "market: {indices: [{region: East}, {region: east}, {region: west}]}\n"
    )
    assert "market.indices.1: 'index:east/*' is 'index:East/*' again" in line
