"""Exported tables, the JSON summary and the terminal's text."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from npl_sim.reports.price.tables import summary, tables
from npl_sim.reports.price.text import price_report
from npl_sim.valuation.price import price
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import lifelike, one_kind, totals_only


@pytest.fixture(scope="module")
def result():
    return price(
        lifelike(200, 66, 16),
        Pricing(target_irr=0.15, purchase_cost=0.02, prices=(1e6, 3e6)),
        "CNY",
    )


def printed(result, width=80, **options) -> str:
    file = io.StringIO()
    Console(file=file, width=width, **options).print(price_report(result), crop=False)
    return file.getvalue()


def test_tables_survive_parquet_with_their_units(result, tmp_path):
    for name, table in tables(result).items():
        table.to_parquet(tmp_path / f"{name}.parquet", index=False)
        back = pd.read_parquet(tmp_path / f"{name}.parquet")
        pd.testing.assert_frame_equal(back, table, check_dtype=False)
        assert back.attrs["units"] == table.attrs["units"]


def test_tables_hold_the_same_money(result):
    found = tables(result)
    assert found["prices"]["pv"].mean() == pytest.approx(result.mean.value)
    assert found["cash"]["amount"].sum() == pytest.approx(found["prices"]["net_cash"].mean())
    assert found["value_by_region"]["pv"].sum() == pytest.approx(result.mean.value)
    by_month = found["stage_gbv"].groupby("month")["gbv"].sum()
    assert by_month.to_numpy() == pytest.approx(result.gbv)
    assert found["irr_quantiles"]["price"].unique().tolist() == [1e6, 3e6]
    assert found["price_tests"]["p_cash_loss"].is_monotonic_increasing
    every = found["value_by_kind"].columns
    assert set(every) - set(found["value_by_kind"].attrs["units"]) == {"kind", "side"}


def test_the_errors_printed_beside_totals_are_the_totals_own(result):
    """The last lines of the tables of segments and of kinds end in the error of the headline, in
    millions."""
    lines = printed(result, width=140).splitlines()
    own = result.mean.se / 1e6
    totals = [line.split() for line in lines if line.startswith("total ")]
    (net,) = [line.split() for line in lines if line.startswith("net ")]
    assert totals
    for cells, place in (*((cells, 3) for cells in totals), (net, 3)):
        assert float(cells[place]) == pytest.approx(own, abs=0.006), cells


@pytest.mark.parametrize(
    "make",
    [
        lambda: price(one_kind(np.zeros((2, 3)), gbv=0.0), Pricing(prices=(0.0,))),
        lambda: price(totals_only(lifelike(5, 14, 4)), Pricing(required_return=0.3)),
        lambda: price(one_kind(-np.ones((3, 5))), Pricing(quantiles=(0.5,))),
    ],
)
def test_packages_at_the_edge_can_be_reported(make):
    found = make()
    text = json.dumps(summary(found), allow_nan=False)
    assert json.loads(text)["package"]["scenarios"] == found.scenarios
    assert "nan" not in printed(found).lower()
    assert all(len(table.columns) for table in tables(found).values())


def test_summary_is_plain_and_complete(result):
    found = json.loads(json.dumps(summary(result), allow_nan=False))
    assert found["price"]["mean"]["value"] == result.mean.value
    assert found["price"]["quantiles"][0] == {
        "level": 0.01,
        "value": result.quantiles[0.01].value,
        "se": None,
        "low": None,
        "high": result.quantiles[0.01].high,
    }
    assert [row["month"] for row in found["recovery_by_year"]] == [0, 12, 24, 36, 48, 60] * 2
    assert set(found["breakdowns"]) == {"kind", "group", "segment", "region", "stage", "product"}
    assert found["units"]["amounts"] == "CNY"
    assert found["tests"][1]["irr"]["share_never"] == 0.0


def test_text_tells_price_bid_and_life_first(result):
    lines = printed(result, width=100).splitlines()
    assert lines[1].startswith("Value  ") and "of GBV) at the required return of 10.0%" in lines[1]
    assert "at a return of 15.0% after" in lines[3] and "standard error" in lines[3]
    assert lines[4].startswith("Life   ") and "receipt-weighted" in lines[4]


def test_text_is_plain_and_fits_where_there_is_no_terminal(result):
    text = printed(result, width=80)
    assert "\x1b" not in text and "─" not in text
    tabular = text[text.index("Price distribution") :]
    assert max(map(len, tabular.splitlines())) <= 80
    assert "\x1b" in printed(result, force_terminal=True)


def test_last_month_of_an_odd_horizon_is_shown(result):
    block = printed(result).split("Cumulative recovery")[1].split("\n\n")[0]
    assert [line.split()[0] for line in block.splitlines()[3:]] == [
        "12",
        "24",
        "36",
        "48",
        "60",
        "66",
    ]


def test_names_are_not_taken_for_markup():
    found = price(lifelike(10, 24, 8, segments=("[red]cards", "loans [old]")), Pricing())
    text = printed(found)
    assert "[red]cards" in text and "loans [old]" in text


def test_many_segments_are_cut_and_still_sum():
    found = price(lifelike(10, 24, 40, segments=tuple(f"s{i:02d}" for i in range(20))), Pricing())
    block = printed(found).split("Value by segment")[1].split("\n\n")[0]
    assert "8 others" in block and len(block.splitlines()) == 17
    assert math.isclose(found.breakdowns["segment"]["pv"].sum(), found.mean.value)
