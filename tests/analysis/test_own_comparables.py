"""The user's own comparables: what is matched, what range they imply, what is refused."""

from __future__ import annotations

import math

import pytest

from npl_sim.analysis.own_comparables import own_comparables, read_comparables
from npl_sim.core.errors import ConfinementError, NplSimError, StudyError
from npl_sim.reports.evidence import comparables_sentence
from npl_sim.reports.formats import money_unit
from npl_sim.runs.price import price
from npl_sim.runs.simulation import simulate
from npl_sim.runs.study_session import load_study
from tests.builders.studies import loan, study

HEADER = "date,price,gbv,principal,asset_class,age_months,secured_share,place,source\n"
SETTLED = {
    "collection": {"settle_hazard": 100.0, "settlement_discount": {"ages": [0], "shares": [0.6]}}
}
"""Everybody pays two fifths of the claim at the end of the first month."""


def store(*prices, asset="consumer", age="6", secured="0", place="CN", when="2025-03-31"):
    """Return rows of packages of GBV 100 at some prices."""
    return "".join(f"{when},{p},100,80,{asset},{age},{secured},{place},a list\n" for p in prices)


def written(folder, rows, header=HEADER):
    path = folder / "own.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


@pytest.fixture
def priced(tmp_path):
    """Ten consumer loans of 1,000 worth 40 % of GBV in month 1, at a return of zero."""
    case = study(
        tmp_path,
        [loan(i) for i in range(10)],
        SETTLED,
        legal={"name": "mainland China", "jurisdiction": "CN"},
        pricing={"required_return": 0.0},
        simulation={"scenarios": 20, "horizon_months": 24},
    )
    return case, case.price()


def found(priced, folder, rows, header=HEADER):
    case, result = priced
    table = read_comparables(written(folder, rows, header))
    return own_comparables(case.study, case.table, result, table)


def test_quartiles_of_the_matched_prices_are_the_range(priced, tmp_path):
    own = found(priced, tmp_path, store(10, 20, 30, 40, 50))
    row = own.package
    assert (row["low"], row["median"], row["high"]) == pytest.approx((0.2, 0.3, 0.4))
    assert row["comparables"] == 5 and own.stored == 5
    assert row["model"] == pytest.approx(0.4) and row["verdict"] == "inside"
    assert found(priced, tmp_path, store(10, 11, 12)).package["verdict"] == "above"
    assert found(priced, tmp_path, store(60, 61, 62)).package["verdict"] == "below"


def test_two_comparables_determine_nothing(priced, tmp_path):
    own = found(priced, tmp_path, store(10, 20))
    assert own.package["verdict"] == "not determined" and math.isnan(own.package["low"])
    text = comparables_sentence(own, money_unit(1e4, "CNY"))
    assert "not determined" in text and "consumer has 2" in text


@pytest.mark.parametrize(
    "other",
    [
        {"asset": "mortgage"},
        {"age": "30"},
        {"secured": "0.5"},
        {"place": "IT"},
        {"when": "2026-07-01"},
        {"when": "2021-06-29"},
    ],
    ids=lambda o: next(iter(o)) + next(iter(o.values())),
)
def test_only_alike_comparables_count(priced, tmp_path, other):
    own = found(priced, tmp_path, store(10, 20, 30) + store(90, 90, 90, **other))
    assert own.package["comparables"] == 3 and own.package["high"] < 0.3


@pytest.mark.parametrize(
    "same",
    [{"age": "18"}, {"age": ""}, {"secured": ""}, {"secured": "0.2"}, {"place": ""}]
    + [{"when": "2026-06-30"}, {"asset": "Consumer"}],
    ids=str,
)
def test_near_and_unknown_facts_match(priced, tmp_path, same):
    own = found(priced, tmp_path, store(10, 20) + store(30, **same))
    assert own.package["comparables"] == 3


def test_classes_add_up_and_a_missing_one_leaves_the_package_open(tmp_path):
    loans = [loan(i) for i in range(5)] + [loan(i, product="credit_card") for i in range(5, 20)]
    case = study(tmp_path, loans, SETTLED, simulation={"scenarios": 20, "horizon_months": 24})
    priced = case, case.price()
    cards = store(8, 8, 8, asset="credit_card")
    own = found(priced, tmp_path, store(40, 40, 40) + cards)
    assert own.package["median"] == pytest.approx((5 * 0.4 + 15 * 0.08) / 20)
    assert own.package["comparables"] == 6
    assert found(priced, tmp_path, store(40, 40, 40)).package["verdict"] == "not determined"
    mixed = store(40, 40, 40) + store(10, 20, 30, asset="mixed")
    assert found(priced, tmp_path, mixed).package["median"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("rows", "header", "part"),
    [
        ("2025-31-03,1,2,3,consumer,,,,a\n", HEADER, "row 2, date: got '2025-31-03'"),
        ("2025-03-31,x,2,3,consumer,,,,a\n", HEADER, "row 2, price: got 'x'"),
        ("2025-03-31,1,0,3,consumer,,,,a\n", HEADER, "row 2, gbv: got '0'"),
        ("2025-03-31,1,2,-3,consumer,,,,a\n", HEADER, "row 2, principal: got '-3'"),
        ("2025-03-31,1,2,3,,,,,a\n", HEADER, "row 2, asset_class"),
        ("2025-03-31,1,2,3,consumer,,,,\n", HEADER, "row 2, source"),
        (store(1, 2) + "2025-03-31,1,2,3,consumer,,1.2,,a\n", HEADER, "row 4, secured_share"),
        ("2025-03-31,1,2,3,consumer,,,China,a\n", HEADER, "row 2, place: got 'CHINA'"),
        ("1,2\n", "price,gbv\n", "lacks date, asset_class, source"),
        ("1,2,3\n", "price,gbv,agee_months\n", "did you mean 'age_months'?"),
    ],
)
def test_a_fault_is_named_with_file_row_and_column(tmp_path, rows, header, part):
    with pytest.raises(NplSimError) as caught:
        read_comparables(written(tmp_path, rows, header))
    message = str(caught.value)
    assert "own.csv" in message and part.casefold() in message.casefold(), message


def test_a_study_names_its_store_and_the_price_shows_the_range(priced, tmp_path):
    written(tmp_path, store(10, 20, 30, 40, 50))
    path = tmp_path / "study.yaml"
    text = path.read_text(encoding="utf-8") + "comparables: own.csv\n"
    path.write_text(text, encoding="utf-8")
    for mask in (False, True):
        session = load_study(path, mask=mask)
        own = price(simulate(session)).heading.evidence.own
        assert own.package["median"] == pytest.approx(0.3)
        assert own.file == ("comparables" if mask else "own.csv")


def test_a_wrong_store_is_refused_before_the_simulation(priced, tmp_path):
    written(tmp_path, "x,1,2,3,consumer,,,,a\n")
    path = tmp_path / "study.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "comparables: own.csv\n", encoding="utf-8")
    with pytest.raises(NplSimError, match="row 2, date"):
        load_study(path)
    path.write_text(text + "comparables: none.csv\n", encoding="utf-8")
    with pytest.raises(NplSimError, match="none.csv"):
        load_study(path)
    inner = tmp_path / "inner"
    inner.mkdir()
    path.write_text(text + "comparables: ../own.csv\n", encoding="utf-8")
    with pytest.raises((ConfinementError, StudyError), match="comparables"):
        load_study(path, within=tmp_path)
