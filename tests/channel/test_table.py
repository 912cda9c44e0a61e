"""Tables of outcomes: what is read, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from npl_sim.channels.outcome_table import read_outcomes
from npl_sim.core.errors import ChannelError
from tests.builders.cash_tables import outcomes_of_table


def read(columns, face=1000.0):
    return outcomes_of_table(pd.DataFrame(columns), face, 0.0)


@pytest.mark.parametrize(
    "loss",
    [
        {"loss": [30.0, 50.0]},
        {"loss_share": [0.03, 0.05]},
        {"loss_percent": [3, 5]},
        {"loss_pct": [3, 5]},
    ],
)
@pytest.mark.parametrize(
    "weight",
    [{"probability": [0.4, 0.6]}, {"prob_pct": [40, 60]}, {"probability_percent": [40, 60]}],
)
def test_losses_in_every_unit(loss, weight):
    package_cash, notes = read({**loss, **weight})
    assert package_cash.received[:, 0].tolist() == pytest.approx([970.0, 950.0])
    assert (
        package_cash.probability.tolist() == pytest.approx([0.4, 0.6])
        and package_cash.exact
        and notes == ()
    )


def test_cash_by_month_in_any_order():
    frame = pd.DataFrame(
        {
            "scenario": ["b", "a", "b", "a", "b"],
            "month": [2, 0, 1, 2, 2],
            "cash": [5.0, -3.0, 7.0, 4.0, 1.0],
            "probability": [0.25, 0.75, 0.25, 0.75, 0.25],
        }
    )
    package_cash, _ = outcomes_of_table(frame, 100.0, 0.0)
    assert package_cash.received.tolist() == [[0, 7, 6], [0, 0, 4]]
    assert package_cash.costs.tolist() == [[0, 0, 0], [3, 0, 0]]
    assert package_cash.probability.tolist() == [0.25, 0.75]
    shuffled, _ = outcomes_of_table(frame.sample(frac=1.0, random_state=2), 100.0, 0.0)
    assert sorted(map(tuple, shuffled.net)) == sorted(map(tuple, package_cash.net))


def test_without_probabilities_it_is_a_sample():
    package_cash, _ = read({"received": [5.0, 7.0], "costs": [1.0, 2.0]})
    assert not package_cash.exact and package_cash.net[:, 0].tolist() == [4.0, 5.0]


def test_a_face_that_is_not_given_is_the_best_outcome():
    package_cash, notes = outcomes_of_table(
        pd.DataFrame({"cash": [3.0, 9.0], "probability": [0.5, 0.5]}), None, 0.0
    )
    assert package_cash.face == 9.0 and "9.00, is used instead" in notes[0]


@pytest.mark.parametrize(
    ("columns", "reported"),
    [
        ({"los": [1.0]}, "did you mean 'loss'"),
        ({"loss": [1.0], "cash": [1.0]}, "expected amounts as one of"),
        ({"loss": [1.0, 2.0], "probability": [0.5, 0.6]}, "probability sums to 1.1; expected 1"),
        ({"loss": [1.0, 2.0], "prob_pct": [50, 40]}, "prob_pct sums to 90; expected 100"),
        (
            {"loss": [1.0, -2.0]},
            "row 3, loss: got '-2'; expected a loss between 0 and the face 1,000.00",
        ),
        ({"loss_pct": [101]}, "row 2, loss_pct: got '101'; expected a percentage from 0 to 100"),
        ({"loss": ["x"]}, "row 2, loss: got 'x'; expected a number"),
        (
            {"cash": [1.0], "month": [1.5]},
            "row 2, month: got '1.5'; expected months from the start, a whole number from 0 to "
            "1,200",
        ),
        ({"received": [-1.0]}, "row 2, received: got '-1'; expected a value at least 0"),
        (
            {"loss": [1.0, 2.0], "scenario": [1, 1]},
            "rows 2 and 3: the scenario has several rows of loss",
        ),
        (
            {"cash": [1.0, 2.0], "scenario": [1, 1], "month": [0, 1], "probability": [0.2, 0.8]},
            "differs within a scenario",
        ),
        (
            {"loss": [1.0], "probability": [-1.0]},
            "row 2, probability: got '-1'; expected a share from 0 to 1",
        ),
        ({"loss": []}, "has no rows"),
        ({"cash": [1.0], "probability": [1.0], "prob_pct": [100]}, "expected one of them"),
        ({"cash": [1.0, 2.0], "scenario": ["a", None]}, "scenario is empty"),
    ],
)
def test_errors_are_reported(columns, reported):
    with pytest.raises(ChannelError, match="^outcomes: ") as caught:
        read(columns)
    assert reported in str(caught.value)


def test_losses_need_a_face():
    with pytest.raises(ChannelError, match="the contract has no face"):
        read({"loss": [1.0]}, face=None)


def test_files(tmp_path):
    frame = pd.DataFrame({"loss": [1.0, 3.0]})
    frame.to_parquet(tmp_path / "o.parquet")
    frame.to_csv(tmp_path / "o.csv", index=False)
    both = [read_outcomes(tmp_path / f"o.{kind}", 10.0, 0.05)[0] for kind in ("parquet", "csv")]
    assert np.array_equal(both[0].received, both[1].received) and both[0].discount_rate == 0.05
    with pytest.raises(ChannelError, match="no such file"):
        read_outcomes(tmp_path / "none.csv", 10.0, 0.0)
    (tmp_path / "bad.parquet").write_text("x")
    with pytest.raises(ChannelError, match="bad.parquet: not a readable Parquet file"):
        read_outcomes(tmp_path / "bad.parquet", 10.0, 0.0)
