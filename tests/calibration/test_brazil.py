"""Real workout histories: read through a column map, fitted on one half, priced on the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import npl_sim
from npl_sim.calibration.moments import fit_collection, workout_moments

HISTORY = Path(__file__).parents[3] / "shared" / "data" / "brazil_housing_defaults" / "defaults.csv"
HORIZON = 84

pytestmark = pytest.mark.skipif(
    not HISTORY.is_file(),
    reason="the Brazilian workout histories are not beside the project (../shared/data)",
)

STUDY = """\
name: brazil_housing
valuation_date: 2026-06-30
currency: BRL
tape:
  loans: half.csv
  columns: {{loan_id: loan_id, principal: exposure_at_default}}
  defaults: {{product: housing, region: Brazil, age_months: 0, stage: collection}}
  on_error: quarantine
policies:
  - name: as observed
simulation: {{scenarios: {scenarios}, horizon_months: {horizon}, seed: 7}}
pricing: {{required_return: 0.14}}
"""


@pytest.fixture(scope="module")
def halves():
    history = pd.read_csv(HISTORY, dtype={"loan_id": str})
    history = history[history["exposure_at_default"] > 0]
    odd = history["loan_id"].str[-1].isin(list("13579"))
    return history[odd], history[~odd]


def moments(half):
    return workout_moments(
        half["exposure_at_default"].to_numpy(),
        half["recovered_amount"].to_numpy(),
        half["months_to_recovery"].to_numpy(dtype=float),
        HORIZON,
    )


@pytest.fixture(scope="module")
def result(halves, tmp_path_factory):
    """The untouched half priced with the parameters of the other."""
    folder = tmp_path_factory.mktemp("brazil")
    fitted, held = halves
    held.to_csv(folder / "half.csv", index=False)
    text = STUDY.format(scenarios=100, horizon=HORIZON)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    collection = fit_collection(moments(fitted)).model_dump(mode="json")
    case = npl_sim.load_study(folder / "study.yaml", {"policies.0.collection": collection})
    return case.table, case.price()


def test_the_tape_is_read_whole(halves, result):
    table, _ = result
    _, held = halves
    account = table.reconciliation
    assert account.loans.rows_in == len(held)
    assert account.gbv_loaded + account.gbv_quarantined == pytest.approx(
        held["exposure_at_default"].sum(), abs=1.0
    )
    assert account.loans.rows_quarantined == 0


def test_simulated_recovery_and_timing_are_near_those_observed(halves, result):
    """Out of sample: the observed half has its own sampling error, found by resampling its loans.

    Five standard errors of both sides together.
    """
    _, price = result
    _, held = halves
    observed = moments(held)
    rng = np.random.default_rng(0)
    resampled = [moments(held.iloc[rng.integers(0, len(held), len(held))]) for _ in range(40)]
    flows = price.flows
    receipts = flows.received()
    for month in (12, 24, 48, HORIZON):
        simulated = receipts[:, : month + 1].sum(axis=1) / flows.gbv
        error = np.hypot(np.std([r.curve[month] for r in resampled]), simulated.std())
        # Both halves are samples: the fitted one carries as much error as the held one.
        assert abs(simulated.mean() - observed.curve[month]) < 5 * np.sqrt(2) * error
    timing = (receipts.sum(axis=0) * np.arange(HORIZON + 1)).sum() / receipts.sum()
    paid = np.diff(observed.curve, prepend=0.0)
    seen = (paid * np.arange(HORIZON + 1)).sum() / paid.sum()
    assert timing == pytest.approx(seen, rel=0.05)


def test_the_price_is_the_discounted_curve(halves, result):
    """With nothing but a curve the mean price is a discounted sum."""
    _, price = result
    fitted, _ = halves
    increments = np.diff(moments(fitted).curve, prepend=0.0)
    exact = (increments * 1.14 ** (-np.arange(HORIZON + 1) / 12)).sum() * price.gbv
    assert abs(price.mean.value - exact) < 5 * price.mean.se
