"""Flows from tables: what is read, and what is refused in which words."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.cash_table import read_flows
from tests.builders.cash_tables import flows_of_table

ZERO = date(2024, 1, 31)


def test_wide_and_long_agree(tmp_path):
    wide = pd.DataFrame(
        {
            "scenario": [7, 7, 3],
            "month": [1, 2, 2],
            "received": [5.0, 6.0, 7.0],
            "costs": [1.0, 0.0, 2.0],
        }
    )
    long = pd.DataFrame(
        {
            "scenario": [3, 3, 7, 7, 7, 7],
            "date": [
                "2024-03-31",
                "2024-03-31",
                "2024-02-29",
                "2024-02-29",
                "2024-03-31",
                "2024-02-29",
            ],
            "kind": ["sale", "tax", "voluntary", "court_fee", "Voluntary", "settlement"],
            "amount": [7.0, -2.0, 4.0, -1.0, 6.0, 1.0],
        }
    )
    wide.to_csv(tmp_path / "wide.csv", index=False)
    long.to_parquet(tmp_path / "long.parquet")
    a, b = read_flows(tmp_path / "wide.csv", ZERO), read_flows(tmp_path / "long.parquet")
    for x in (a, b):
        assert x.dates == (date(2024, 2, 29), date(2024, 3, 31))
        assert x.received.tolist() == [[0, 7], [5, 6]]
        assert x.costs.tolist() == [[0, 2], [1, 0]]


@pytest.mark.parametrize("shape", ["kinds", "columns"])
def test_the_old_name_of_installments_is_read_with_a_note(shape):
    def table(name):
        if shape == "columns":
            return pd.DataFrame({"month": [1, 2], name: [5.0, 6.0], "tax": [-1.0, 0.0]})
        kinds = {"month": [1, 2, 1], "kind": [name.title(), name, "tax"]}
        return pd.DataFrame({**kinds, "amount": [5.0, 6.0, -1.0]})

    new, old = (flows_of_table(table(n), ZERO) for n in ("installment", "instalment"))
    assert old.received.tolist() == new.received.tolist() == [[5.0, 6.0]]
    assert old.costs.tolist() == new.costs.tolist()
    (note,) = [n for n in old.notes if n not in new.notes]
    assert "is now installment; rename it, since version 0.6 refuses" in note
    if shape == "columns":
        both = table("installment").assign(instalment=0.0)
        with pytest.raises(DealError, match="got both columns; expected one"):
            flows_of_table(both, ZERO)


def test_one_scenario_and_series_for_triggers():
    x = flows_of_table(
        pd.DataFrame(
            {"scenario": [4, 4], "month": [1, 1], "net": [4.0, -1.0], "resolved": [9.0, 0.0]}
        ),
        ZERO,
    )
    assert x.received.tolist() == [[3.0]] and x.extras["resolved"].tolist() == [[9.0]]
    assert np.array_equal(x.costs, [[0.0]])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"month": [1], "recieved": [1]}, "did you mean 'received'"),
        ({"received": [1]}, "either a column month or a column date"),
        ({"month": [1], "date": ["2024-01-01"], "net": [1]}, "either a column month or a column "
                                                             "date"),
        ({"month": [1]}, "expected either the columns kind and amount"),
        ({"month": [1], "kind": ["voluntry"], "amount": [1]}, "did you mean 'voluntary'"),
        ({"month": [1], "kind": [None], "amount": [1]}, "row 2, kind: got ''; expected one of: "
                                                        "received"),
        ({"month": [1.5], "net": [1]}, "row 2, month: got '1.5'; expected months from month 0 "
                                       ".*, a whole number from 0 to 1,200"),
        ({"month": [1, 2], "net": [1, "x"]}, "row 3, net: got 'x'; expected a number"),
        ({"month": [1], "net": [np.inf]}, "row 2, net: got 'inf'; expected a number"),
        ({"date": ["2024-13-31"], "net": [1]}, "row 2, date: got '2024-13-31'; expected a date "
                                               "such as"),
        ({"month": [1], "received": [-1]}, r"row 2 \(scenario 0, 2024-02-29\): got received -1; "
                                           r"expected receipts of a date that sum"),
        ({"month": [1], "resolved": [1]}, "has no receipts"),
        ({"month": [], "net": []}, "has no rows"),
        ({"month": [1300], "net": [1]}, "row 2, month: got '1300'; .* from 0 to 1,200"),
    ],
)  # fmt: skip
def test_refusals(columns, message):
    with pytest.raises(DealError, match=message):
        flows_of_table(pd.DataFrame(columns), ZERO)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DealError, match="none.csv: no such file"):
        read_flows(tmp_path / "none.csv")
    for name, expected_text in (
        ("a.xlsx", "not a readable workbook"),
        ("a.parquet", "not a readable Parquet file"),
        ("a.pdf", "unknown format"),
    ):
        (tmp_path / name).write_text("x")
        with pytest.raises(DealError, match=f"{name}: {expected_text}"):
            read_flows(tmp_path / name)
    (tmp_path / "b.csv").write_text("month,net\n1,2\n")
    with pytest.raises(DealError, match="the date of month 0"):
        read_flows(tmp_path / "b.csv")
