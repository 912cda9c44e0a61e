"""Files of outcomes as people send them: each gives the right outcomes, or an error that names the
cell.
"""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from npl_sim.channels.outcome_table import read_outcomes
from npl_sim.core.errors import ChannelError
from tests.builders.cash_tables import outcomes_of_table


def read(path, text, encoding="utf-8", face=1000.0, currency="CNY"):
    path.write_bytes(text.encode(encoding))
    return read_outcomes(path, face, 0.0, 0, currency)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("probability;loss\n0,4;30,5\n0,6;1,50\n", "utf-8"),
        ("prob_pct\tloss\n40%\t30.5\n60\t1.5\n", "utf-16"),
        ("情景,probability,loss\n基准,40%,30.5\n悲观,0.6,￥1.50\n", "gbk"),
        ('\nprobability,LOSS\n"0.4","30.5"\n,\n0.6,1.5\n', "utf-8-sig"),
    ],
)
def test_losses_in_customary_notations(tmp_path, text, encoding):
    found, _ = read(tmp_path / "o.csv", text, encoding)
    assert found.received.tolist() == [[969.5], [998.5]] and found.probability.tolist() == [
        0.4,
        0.6,
    ]


@pytest.mark.parametrize(
    "cells", [("12,125", "3,500"), ("12.125", "3.500"), ("12.125%", "3.500%")]
)
def test_three_digits_after_the_mark_of_a_percentage_are_decimals(tmp_path, cells):
    found, _ = read(tmp_path / "o.csv", "loss_pct\n" + "".join(f'"{c}"\n' for c in cells))
    assert found.received[:, 0].tolist() == pytest.approx([878.75, 965.0], rel=1e-15)


def test_a_workbook_of_outcomes(tmp_path):
    book = openpyxl.Workbook()
    for row in (["probability", "loss_pct"], [0.4, 0.03], [0.6, 0.05]):
        book.active.append(row)
    for row in (2, 3):
        book.active[f"A{row}"].number_format = "0%"
    book.save(tmp_path / "o.xlsx")
    found, _ = read_outcomes(tmp_path / "o.xlsx", 1000.0, 0.0)
    assert found.probability.tolist() == [0.4, 0.6] and found.received[0, 0] == pytest.approx(
        999.7
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cash\n1.234\n", "row 2, cash: got '1.234', which is 1.234 or 1,234"),
        (
            "cash\n1e300\n",
            "row 2, cash: got '1e300'; expected a value at least -1e+15 and at most 1e+15",
        ),
        ("cash\nTrue\n", "row 2, cash: got 'True'; expected a number"),
        (
            "cash,rating\n5,A\n,B\n",
            "row 3, cash: got ''; expected an amount, 0 where there is none",
        ),
        ("received\n#N/A\n", "row 2, received: got '#N/A'"),
        ("cash\n$5\n", "row 2, cash: got '$5'; expected an amount in CNY"),
        ("month,cash\n202607,5\n", "row 2, month: got '202607'; expected months from the start"),
        ("loss_pct\n101\n", "row 2, loss_pct: got '101'; expected a percentage from 0 to 100"),
        (
            "probability,cash\n40,5\n60,4\n",
            "row 2, probability: got '40'; expected a share from 0 to 1",
        ),
        (
            "probabilty,cash\n0.4,5\n0.6,4\n",
            "unknown column 'probabilty'; did you mean 'probability'?",
        ),
        ("weight,cash\n0.4,5\n0.6,4\n", "unknown column 'weight'"),
        ("received,cost\n5,4\n", "unknown column 'cost'; did you mean 'costs'?"),
        ("received,legal_fees\n5,4\n", "unknown column 'legal_fees'"),
        ("scenario,date,received\n0,2026-01-31,5\n0,2027-01-31,5\n", "unknown column 'date'"),
        ("scenario,year,received\n0,1,5\n0,2,5\n", "unknown column 'year'"),
        (
            "scenario,months,received\n0,1,5\n0,2,5\n",
            "unknown column 'months'; did you mean 'month'?",
        ),
        ("cash,currency\n5,USD\n", "unknown column 'currency'"),
        ("costs,month\n5,1\n", "expected amounts as one of loss"),
        ("costs,net\n5,1\n", "has costs and net; expected one of them, or received and costs"),
        ("cash,net\n5,5\n", "expected amounts as one of loss"),
        (
            "received,costs,net\n5,1,4\n5,1,5\n",
            "row 3, net: got '5' beside received 5 and costs 1; expected net = ",
        ),
        ("received,net\n5,4\n", "row 2, net: got '4' beside received 5 and costs 0"),
        ("received,cash\n5,4\n", "row 2, cash: got '4' beside received 5"),
        (
            "scenario,received\n0,5\n1,3\n1,4\n",
            "rows 3 and 4 are of the same scenario, and there is no column month",
        ),
        ("month,received\n1,5\n2,5\n1,6\n2,6\n", "neither a column scenario nor probabilities"),
        (
            "scenario,month,cash\n0,1,5\n1,1,6\n0,1,5\n1,1,6\n",
            "rows 4, 5: 2 of 4 rows are the same as an earlier row",
        ),
        (
            "scenario,cash\nBase,5\nbase ,6\n",
            "row 3, scenario: got 'base', and 'Base' in another row",
        ),
        ("scenario,cash\n情景1,5\n情景１,6\n", "expected one spelling"),
        ("\x1b[31m,los\n1,2\n", r"has the columns \x1b[31m, los; expected amounts"),
    ],
)
def test_what_cannot_be_read_names_the_cell(tmp_path, text, message):
    with pytest.raises(ChannelError) as caught:
        read(tmp_path / "o.csv", text)
    assert str(caught.value).startswith(f"{tmp_path / 'o.csv'}: ") and message in str(caught.value)


def test_amounts_of_two_currencies_are_refused_where_the_contract_states_none(tmp_path):
    with pytest.raises(
        ChannelError, match="row 3, cash: got '€2'; expected one currency in the column"
    ):
        read(tmp_path / "o.csv", "cash\n$1\n€2\n", currency="")


def test_duplicate_rows_are_reported_with_what_they_add(tmp_path):
    found, notes = read(
        tmp_path / "o.csv", "scenario,month,cash\na,1,3\na,2,5\na,2,6\nb,1,5\nb,3,1\nb,3,1\n"
    )
    assert found.received.tolist() == [[0, 3, 11, 0], [0, 5, 0, 2]]
    where = str(tmp_path / "o.csv")
    assert notes == (
        f"{where}: 2 rows repeat the scenario and month of an earlier row (rows 4, 7); their "
        "amounts are added to it: cash 7.00",
        f"{where}: 1 of them is the same as an earlier row in every cell (row 7), and probably "
        "copied: cash 1.00; expected each row once",
    )


def test_net_beside_received_and_costs_is_not_added(tmp_path):
    found, notes = read(tmp_path / "o.csv", "received,costs,net\n5,1,4\n9,2,7\n")
    assert (
        found.net[:, 0].tolist() == [4, 7]
        and "net equals received - costs in every row" in notes[0]
    )


def test_net_is_cash(tmp_path):
    net, cash = (
        read(tmp_path / "o.csv", f"month,{name},probability\n1,-3,0.5\n2,9,0.5\n")[0]
        for name in ("net", "cash")
    )
    assert net.received.tolist() == cash.received.tolist() == [[0, 0, 0], [0, 0, 9]]
    assert net.costs.tolist() == cash.costs.tolist() == [[0, 3, 0], [0, 0, 0]]


def test_columns_that_bear_on_nothing_are_named(tmp_path):
    _, notes = read(
        tmp_path / "o.csv", "loss_pct,rating,cash_flow_before,\x1bx,guarantee_paid\n5,A,7,1,2\n"
    )
    assert notes[0].endswith(r"columns not used: rating, cash_flow_before, \x1bx, guarantee_paid")


def test_receipts_of_zero_are_reported():
    _, notes = outcomes_of_table(pd.DataFrame({"received": [0.0]}), 5.0, 0.0)
    assert notes == ("outcomes: all receipts are 0",)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([True, False], "row 2, received: got 'true'"),
        (pd.to_datetime(["2026-01-01", "2026-02-01"]), "row 2, received: got '2026-01-01'"),
        ([1.0, 1e300], "row 3, received: got '1.00000000000000E+300'"),
        ([1.0, None], "row 3, received: got ''"),
    ],
)
def test_types_of_parquet_that_are_no_amounts(tmp_path, cells, message):
    pd.DataFrame({"scenario": [1, 2], "received": cells}).to_parquet(tmp_path / "o.parquet")
    with pytest.raises(ChannelError) as caught:
        read_outcomes(tmp_path / "o.parquet", 1000.0, 0.0)
    assert message in str(caught.value)
