"""Numbers written for the eye draw the advice that its author meant."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study
from npl_sim.study.number_formats import advice, bounds, decimal_commas, field_of, readings
from npl_sim.study.overrides import parse_settings
from tests.study.test_studyfile import GOOD, messages


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0,12", [0.12]),
        ("0,5", [0.5]),
        ("12,5", [12.5]),
        ("-0,05", [-0.05]),
        ("\u22120,05", [-0.05]),
        (",5", [0.5]),
        ("0,125", [0.125]),
        ("1.234,56", [1234.56]),
        ("1,234.56", [1234.56]),
        ("1.234.567,8", [1234567.8]),
        ("12,34,567.5", [1234567.5]),
        ("1.234.567", [1234567]),
        ("1,234", [1234, 1.234]),
        ("1'234", [1234]),
        ("1\u2019234,5", [1234.5]),
        ("1 234,5", [1234.5]),
        ("1\u202f234", [1234]),
        ("1\u00a0234", [1234]),
        ("12%", [0.12]),
        ("12,5 %", [0.125]),
        ("0,5\u2030", [0.0005]),
        ("１２％", [0.12]),
        ("０，１２", [0.12]),
        ("1,5e-3", [0.0015]),
        ("1,2,3", []),
        ("1,234,5", []),
        ("1.23.456", []),
        ("a", []),
        ("", []),
        ("%", []),
        ("1e999", []),
        ("9" * 99, []),
        ("0,12 p.a.", []),
    ],
)
def test_a_text_is_read_as_its_author_meant(text, numbers):
    assert readings(text) == pytest.approx(numbers)


@pytest.mark.parametrize(
    ("key", "value", "advised"),
    [
        ("pricing.required_return", "0,12", "write 0.12 "),
        ("pricing.servicing_rate", "0,5", "write 0.5 "),
        ("pricing.required_return", "12,5%", "write 0.125 "),
        ("buyer.capital.risk_weight", "1,234", "write 1.234 "),
        ("pricing.required_return", [0, 12], "write 0.12 "),
        ("buyer.fixed_cost", "1.234,56", "write 1234.56 "),
        ("buyer.fixed_cost", "1,234", "write 1234 or 1.234 "),
        ("simulation.scenarios", "2,000", "write 2000"),
        ("policies.0.enforcement.search_duration", "0,5", "write 0.5"),
    ],
)
def test_a_number_for_the_eye_is_refused_with_the_right_number(tmp_path, key, value, advised):
    (tmp_path / "study.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(tmp_path / "study.yaml", {key: value})
    assert f"{advised}" in f"{caught.value} ", str(caught.value)


def test_a_comma_in_the_file_and_on_the_command_line_draw_the_same_advice(tmp_path):
    found = messages(tmp_path, GOOD + "pricing: {required_return: '0,12'}\n")
    assert "write 0.12" in found[0] and "study.yaml:8:" in found[0]
    found = messages(tmp_path, GOOD, **parse_settings(["pricing.servicing_rate=0,5"]))
    assert "write 0.5" in found[0] and "write 5" not in found[0]


def test_a_whole_number_is_not_advised_where_none_is_meant():
    assert (
        advice("1,5", whole=True) == ""
        and advice([0, 12], whole=True) == ""
        and advice([0, 1, 2]) == ""
    )
    assert advice(True) == "" and advice(None) == "" and advice([True, False]) == ""


def test_commas_inside_a_list_of_shares_draw_the_advice(tmp_path):
    text = GOOD + "legal: {reserve_floors: [0,7, 0,56]}\n"
    found = [m for m in messages(tmp_path, text) if "reserve_floors.1" in m]
    assert "a comma separates the entries of a list" in found[0] and "such as 0.7" in found[0]


def test_a_list_whose_entries_have_points_draws_no_such_advice(tmp_path):
    found = messages(tmp_path, GOOD + "legal: {reserve_floors: [0.9, 7]}\n")
    assert "a comma" not in found[0]


@pytest.mark.parametrize(
    ("key", "text", "number"),
    [
        ("pricing.required_return", "0,12", "0.12"),
        ("pricing.required_return", "0,12,0,15", "0.12"),
        ("pricing.required_return", "0.1,0,12", "0.12"),
        ("pricing.required_return", "-0,05", "-0.05"),
        ("pricing.required_return", " 0 , 2", "0.2"),
        ("buyer.capital.risk_weight", "1,25", None),
        ("pricing.servicing_rate", "0,05", "0.05"),
        ("pricing.servicing_rate", "0,00", "0.00"),
        ("collateral.default.forced_sale_discount", "0,45", "0.45"),
        ("policies.0.litigation.preservation.premium", "0,4", "0.4"),
        ("market.cooperation.volatility", "0,25", "0.25"),
        ("pricing.servicing_rate", "0,1", "0.1"),
        ("pricing.required_return", "0,1", None),
        ("pricing.required_return", "0.0,12.0", None),
        ("pricing.required_return", "0.08,0.1,0.12", None),
        ("pricing.required_return", "1,2", None),
        ("simulation.seed", "0,12", None),
        ("policies.0.litigation.lawyer_fixed_fee", "0,12", None),
        ("policies.0.enforcement.performance_window", "0,12", None),
        ("no.such.key", "0,12", None),
        ("stress", "[a],[b]", None),
    ],
)
def test_a_grid_of_rates_with_decimal_commas_is_recognized(key, text, number):
    assert decimal_commas(key, text) == number


def test_fields_are_found_by_dotted_key():
    assert bounds(field_of("pricing.required_return")) == (-0.05, 1.0)
    assert bounds(field_of("policies.3.collection.settlement_discount.shares.1")) == (0.0, 1.0)
    assert bounds(field_of("tape")) == (float("-inf"), float("inf"))
    assert field_of("pricing.nope") is None and field_of("policies.0.nope") is None
