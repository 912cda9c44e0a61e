"""Totals beside their parts: checked and not added, or refused; costs and receipts with the right
sign."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from npl_sim.core.errors import DealError
from tests.builders.cash_tables import flows_of_table

ZERO = date(2026, 6, 30)


def wide(**columns):
    count = len(next(iter(columns.values())))
    return flows_of_table(pd.DataFrame({"month": range(1, count + 1), **columns}), ZERO)


def long(*rows, scenario=True):
    """Rows of (month, kind, amount)."""
    table = pd.DataFrame(rows, columns=["month", "kind", "amount"])
    return flows_of_table(table.assign(scenario=3) if scenario else table, ZERO)


def test_net_beside_received_and_costs_is_not_added():
    for flows in (
        wide(received=[10.0, 5.0], costs=[1.0, 7.0], net=[9.0, -2.0]),
        long((1, "received", 10.0), (1, "costs", 1.0), (1, "net", 9.0),
             (2, "net", -2.0), (2, "costs", 7.0), (2, "received", 5.0)),
    ):  # fmt: skip
        assert flows.received.tolist() == [[10.0, 5.0]] and flows.costs.tolist() == [[1.0, 7.0]]
        assert flows.notes == (
            "flows: net equals received - costs on every date, and was not added to it",
        )


def test_a_cent_of_rounding_is_allowed_and_no_more():
    assert wide(received=[100.01], costs=[1.004], net=[99.01]).received.tolist() == [[100.01]]
    with pytest.raises(DealError, match="got received 100.01, costs 1.004, net 98.98"):
        wide(received=[100.01], costs=[1.004], net=[98.98])
    assert wide(received=[5e9], costs=[1e9], net=[4e9 + 4000]).costs.tolist() == [[1e9]]
    with pytest.raises(DealError, match=r"expected net = received - costs"):
        wide(received=[5e9], costs=[1e9], net=[4e9 + 6000])


def test_a_table_in_millions_has_no_cents():
    with pytest.raises(
        DealError, match="got received 1.21, costs 0.1, net 1.105; expected net = received - costs"
    ):
        wide(received=[1.21], costs=[0.10], net=[1.105])


@pytest.mark.parametrize(
    ("columns", "expected_text"),
    [
        (
            {"received": [10, 10], "costs": [1, 1], "net": [9, 10]},
            r"row 3 \(scenario 0, 2026-08-31\): got received 10, costs 1, net 10; expected net "
            r"= received - costs",
        ),
        ({"received": [10, 10], "net": [10, 9]}, "row 3 .*got received 10, net 9; expected net "
                                                 "= received, or"),
        ({"costs": [1, 1], "net": [9, 9]}, "row 2 .*got costs 1, net 9; expected net alone, or "
                                           "received and costs"),
        ({"voluntary": [10, 5], "tax": [-1, 0], "net": [9, 6]}, "row 3 .*got received 5, costs "
                                                                "0, net 6"),
        ({"tax": [-1, 0], "net": [9, 6]}, "got costs 1, net 9; expected net alone"),
        ({"received": [10, 9], "sale": [4, 4], "voluntary": [6, 4]}, "row 3 .*expected received "
                                                                     "= voluntary"),
        ({"received": [9, 9], "costs": [3, 3], "tax": [-3, -2]}, "row 3 .*got tax 2, costs 3; "
                                                                 "expected costs = - tax"),
        ({"costs": [1, 2]}, "has no receipts, only costs; expected received, net or a kind of "
                            "receipts"),
        ({"costs": [1, 2], "tax": [-1, -2], "resolved": [1, 2]}, "has no receipts, only costs, "
                                                                 "tax, resolved"),
        ({"resolved": [1, 2]}, "has no receipts, only resolved"),
        ({"court_fee": [-1, -2]}, "has no receipts, only court_fee"),
        ({"sale": [9, 9], "tax": [0, 2]}, "row 3 .*got tax 2; expected tax as negative amounts"),
        ({"received": [9, 9], "costs": [2, -1]}, "row 3 .*got costs -1; expected costs that sum "
                                                 "to at least 0"),
        ({"sale": [9, -1]}, "row 3 .*got received -1; expected receipts of a date that sum to "
                            "at least 0"),
    ],
)  # fmt: skip
def test_totals_that_contradict_their_parts_are_refused(columns, expected_text):
    with pytest.raises(DealError, match=expected_text):
        wide(**columns)


def test_kinds_of_costs_alone_are_refused_in_a_table_of_kinds():
    with pytest.raises(DealError, match="has no receipts, only tax, costs"):
        long((1, "tax", -1.0), (2, "costs", 1.0))


def test_a_total_on_some_dates_only_is_refused():
    with pytest.raises(
        DealError, match=r"row 4 \(scenario 3, 2026-08-31\): got received 0, costs 0, net 9"
    ):
        long((1, "received", 1.0), (1, "net", 1.0), (2, "net", 9.0), (3, "costs", 0.0))


def test_totals_beside_kinds_that_agree_are_not_added():
    flows = wide(
        received=[10, 8],
        voluntary=[6, 8],
        sale=[4, 0],
        costs=[3, 1],
        tax=[-1, -1],
        holding=[-2, 0],
        net=[7, 7],
    )
    assert flows.received.tolist() == [[10.0, 8.0]] and flows.costs.tolist() == [[3.0, 1.0]]
    assert [note.split(" on every date")[0] for note in flows.notes] == [
        "flows: received equals voluntary + sale",
        "flows: costs equals - tax - holding",
        "flows: net equals received - costs",
    ]


def test_net_that_equals_received_is_not_added():
    flows = wide(received=[10.0], net=[10.0])
    assert (
        flows.received.tolist() == [[10.0]]
        and "net equals received on every date" in flows.notes[0]
    )


def test_costs_that_come_back_count_as_receipts_and_are_reported():
    flows = wide(sale=[9.0, 9.0], tax=[-3.0, 2.0])
    assert flows.received.tolist() == [[9.0, 11.0]] and flows.costs.tolist() == [[3.0, 0.0]]
    assert flows.notes == (
        "flows: on 1 dates more costs come back than are paid; 2.00 in all counts as receipts",
    )


def test_receipts_of_zero_are_reported():
    assert wide(received=[0.0, 0.0]).notes == ("flows: all receipts are 0",)


def test_kinds_without_scenarios_may_share_a_date():
    flows = long((1, "voluntary", 5.0), (1, "sale", 4.0), (1, "tax", -1.0), scenario=False)
    assert (
        flows.received.tolist() == [[9.0]]
        and flows.costs.tolist() == [[1.0]]
        and flows.notes == ()
    )
