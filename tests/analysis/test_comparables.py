"""Published comparables: which figure is about which loans, what the model's is, and how far
outside it lies."""

from __future__ import annotations

import dataclasses
import math

import pytest

from npl_sim.analysis import comparables as module
from npl_sim.analysis.comparables import comparables
from npl_sim.analysis.published import (
    PublishedRange,
    comparables_for,
    figures_for,
    published_ranges,
)
from npl_sim.reports.bid_book.comparables import comparables_table, comparables_text
from tests.builders.studies import loan, study

CHINA = {"name": "mainland China", "as_of": "2026-01-01"}
SETTLED = {
    "collection": {"settle_hazard": 100.0, "settlement_discount": {"ages": [0], "shares": [0.6]}}
}
"""Everybody pays two fifths of the claim at the end of the first month."""


def entry(**options):
    base = {
        "id": "x",
        "measure": "price_of_gbv",
        "low": 0.3,
        "high": 0.35,
        "place": "CN",
        "year": "2024",
        "source": {"title": "T", "publisher": "P"},
    }
    return PublishedRange.model_validate({**base, **options})


@pytest.fixture
def package(tmp_path):
    """Twelve consumer loans of 6 months, twelve of 30, eleven mortgages with collateral: 0.4 of
    GBV in month 1, 21 % a year."""
    loans = [loan(i, age_months=6, accrued_interest=250) for i in range(12)]
    loans += [loan(i, age_months=30) for i in range(12, 24)]
    loans += [loan(i, product="mortgage") for i in range(24, 35)]
    items = [
        {
            "loan_id": f"L{i:06d}",
            "kind": "house",
            "appraisal_value": 900,
            "appraisal_date": "2026-06-30",
        }
        for i in range(24, 35)
    ]
    case = study(
        tmp_path,
        loans,
        SETTLED,
        items,
        legal=CHINA,
        collateral={"house": {}},
        pricing={"required_return": 0.21},
        simulation={"scenarios": 50, "horizon_months": 24},
    )
    return case, case.price()


def compared(package, monkeypatch, *entries, **study_update):
    case, result = package
    monkeypatch.setattr(module, "comparables_for", lambda place: entries)
    options = case.study.model_copy(update=study_update) if study_update else case.study
    return comparables(options, case.table, result)


VALUE = 0.4 * 1.21 ** (-1 / 12)
"""Price over GBV."""


@pytest.mark.parametrize(
    ("low", "high", "verdict", "gap"),
    [
        (VALUE - 0.01, VALUE + 0.01, "inside", 0.0),
        (VALUE - 1e-9, VALUE - 1e-9, "above", 1e-9),
        (0.1, 0.3, "above", VALUE - 0.3),
        (0.5, 0.6, "below", VALUE - 0.5),
    ],
)
def test_in_or_out_and_by_how_much(package, monkeypatch, low, high, verdict, gap):
    found = compared(package, monkeypatch, entry(products=["mortgage"], low=low, high=high))
    row = found.table.set_index("segment").loc["mortgage"]
    assert row["model"] == pytest.approx(VALUE) and row["security"] == "secured"
    assert row["verdict"] == verdict and row["gap"] == pytest.approx(gap, abs=1e-9)
    assert (row["loans"], row["gbv"]) == (11, 11_000.0)
    assert found.compared == 1 and found.inside == (verdict == "inside")
    assert found.missing == ("consumer, unsecured",)
    none = found.table.set_index("segment").loc["consumer"]
    assert none["verdict"] == "no comparable" and math.isnan(none["model"])


def test_by_age_and_by_principal(package, monkeypatch):
    """The young loans owe a quarter more than their principal."""
    found = compared(
        package,
        monkeypatch,
        entry(id="young", products=["consumer"], ages=[0, 12]),
        entry(id="old", products=["consumer"], ages=[30, 60], measure="price_of_principal"),
        entry(
            id="young principal", products=["consumer"], ages=[6, 30], measure="price_of_principal"
        ),
        entry(id="nobody", products=["consumer"], ages=[7, 30]),
    ).table.set_index("figure")
    assert list(found.index) == ["young", "old", "young principal", ""]
    assert found.loc["young", "model"] == pytest.approx(VALUE)
    assert found.loc["young principal", "model"] == pytest.approx(1.25 * VALUE)
    assert found.loc["old", "model"] == pytest.approx(VALUE)
    assert list(found["loans"]) == [12, 12, 12, 11]


def test_recovery_in_time_and_over_the_life(package, monkeypatch):
    """All comes in month 1: two fifths by month 1 and by month 24; the run does not reach month
    25."""
    options = {"products": ["mortgage"], "measure": "recovery_of_gbv"}
    found = compared(
        package,
        monkeypatch,
        entry(id="life", **options),
        *(entry(id=str(m), after_months=m, **options) for m in (1, 24, 25)),
    ).table.set_index("figure")
    assert found.loc["life", "model"] == pytest.approx(0.4)
    assert found.loc["1", "model"] == pytest.approx(0.4) == found.loc["24", "model"]
    assert math.isnan(found.loc["25", "model"]) and found.loc["25", "verdict"] == "not determined"


def test_recovery_by_time_of_part_of_a_group_is_not_determined(package, monkeypatch):
    options = {"products": ["consumer"], "measure": "recovery_of_gbv", "after_months": 12}
    found = compared(
        package, monkeypatch, entry(id="all", **options), entry(id="some", ages=[0, 12], **options)
    )
    rows = found.table.set_index("figure")
    assert rows.loc["all", "model"] == pytest.approx(0.4)
    assert rows.loc["some", "verdict"] == "not determined" and math.isnan(rows.loc["some", "gap"])
    assert found.compared == 1


def test_cash_that_comes_later_is_not_counted(tmp_path, monkeypatch):
    """Judged after 6 months and performed at once."""
    policy = {
        "litigation": {"lawsuit": {"duration": 6}},
        "enforcement": {"performance_probability": 1},
    }
    case = study(
        tmp_path,
        [loan(i) for i in range(10)],
        policy,
        legal=CHINA,
        simulation={"scenarios": 2, "horizon_months": 12},
    )
    options = {"measure": "recovery_of_gbv"}
    entries = [entry(id=str(m), after_months=m, **options) for m in (5, 6)]
    rows = compared((case, case.price()), monkeypatch, *entries).table.set_index("figure")
    assert rows.loc["5", "model"] == 0.0 and rows.loc["6", "model"] == pytest.approx(1.0)


def test_recovery_is_of_receipts_before_costs(tmp_path, monkeypatch):
    size = {
        "simulation": {"scenarios": 2, "horizon_months": 12},
        "pricing": {"servicing_rate": 0.1},
    }
    case = study(tmp_path, [loan(i) for i in range(10)], SETTLED, legal=CHINA, **size)
    options = {"measure": "recovery_of_gbv"}
    entries = [
        entry(id="life", **options),
        entry(id="12", after_months=12, **options),
        entry(id="price"),
    ]
    rows = compared((case, case.price()), monkeypatch, *entries).table.set_index("figure")
    assert rows.loc["life", "model"] == pytest.approx(0.4) == rows.loc["12", "model"]
    assert rows.loc["price", "model"] < 0.9 * 0.4


def test_few_loans_are_not_compared(tmp_path, monkeypatch):
    case = study(
        tmp_path,
        [loan(i) for i in range(9)],
        SETTLED,
        legal=CHINA,
        simulation={"scenarios": 2, "horizon_months": 12},
    )
    found = compared((case, case.price()), monkeypatch, entry())
    assert (
        list(found.table["verdict"]) == ["too few loans"]
        and found.compared == 0
        and not found.missing
    )


def test_security_is_distinguished(package, monkeypatch):
    found = compared(
        package,
        monkeypatch,
        entry(id="s", security="secured"),
        entry(id="u", security="unsecured"),
    )
    assert [tuple(r) for r in found.table[["segment", "figure"]].to_numpy()] == [
        ("consumer", "u"),
        ("mortgage", "s"),
    ]


def test_the_error_of_a_whole_group_is_its_own(tmp_path, monkeypatch):
    policy = {"collection": {"settle_hazard": 0.05}}
    size = {"scenarios": 50, "horizon_months": 24}
    case = study(tmp_path, [loan(i) for i in range(20)], policy, legal=CHINA, simulation=size)
    result = case.price()
    row = compared((case, result), monkeypatch, entry(measure="price_of_principal")).table.iloc[0]
    assert (
        row["se"] == pytest.approx(result.breakdowns["group"]["pv_se"][0] / 20_000)
        and row["se"] > 0.0
    )
    part = compared((case, result), monkeypatch, entry(ages=[0, 12])).table.iloc[0]
    assert part["se"] == row["se"]  # all loans are of that age


def test_shipped_figures_by_place_and_age():
    china = comparables_for("CN")
    assert {"cn_personal_young_price", "cn_mortgage_first_year", "cn_card_npas_price"} <= {
        e.id for e in china
    }
    assert all(e.place == "CN" for e in china)
    # What is by age or time, or an average, bounds no single package.
    general = {e.id for m in ("price_of_gbv", "recovery_of_gbv") for e in figures_for("CN", m)}
    assert not general & {
        "cn_personal_young_price",
        "cn_mortgage_first_year",
        "cn_personal_batch_price",
    }
    assert {e.measure for e in china} == {"price_of_gbv", "price_of_principal", "recovery_of_gbv"}
    assert {e.place for e in comparables_for("IT")} == {"IT", "EU"}
    assert comparables_for("BR") == () and len(comparables_for("")) == len(published_ranges())
    steps = [e for e in china if e.after_months]
    assert [(e.after_months, e.low) for e in steps] == [(12, 0.2), (24, 0.4), (36, 0.5)]


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"ages": [12, 12]}, "ages 12 to 12; expected the first below the second"),
        ({"ages": [-1, 12]}, "greater than or equal to 0"),
        (
            {"after_months": 12},
            "after_months with price_of_gbv; expected it with recovery_of_gbv alone",
        ),
        ({"statistic": "median"}, "'range' or 'average'"),
    ],
)
def test_faulty_ages_and_times_are_refused(options, messages):
    with pytest.raises(ValueError, match=messages):
        entry(**options)


def test_the_table_shows_source_date_and_what_is_missing(package, monkeypatch):
    found = compared(
        package, monkeypatch, entry(products=["mortgage"], ages=[0, 12], low=0.5, high=0.6)
    )
    table = comparables_table(found)
    by_class = {row[0]: row for row in table.rows}
    row = by_class["mortgage, secured"]
    assert (
        row[1] == "price / GBV, aged 0 to 12 months"
        and row[-2:] == ("P, CN 2024", "T, P")
        and row[7] == "below"
    )
    assert by_class["consumer, unsecured"][7] == "no comparable"
    assert (
        comparables_text(found)
        == "the model lies within 0 of 1 published figures; no comparable for consumer, unsecured"
    )
    assert comparables_text(dataclasses.replace(found, place="", compared=0, missing=())) == (
        "nothing was compared; the study's law names no country, so figures of every country count"
    )
