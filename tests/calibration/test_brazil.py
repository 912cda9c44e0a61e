"""Real workout histories: what the file shows and what it cannot show; the loans that had five
years, fitted and priced.

The file has neither dates nor a status: a loan on which nothing was paid may be a loss or an open
workout. Only the loans at its beginning, the oldest, had time to pay. docs/real_workouts.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from npl_sim.calibration.moments import fit_collection, workout_moments
from npl_sim.runs.case import load_study

HISTORY = (
    Path(__file__).parents[3] / "shared" / "data" / "brazil_housing_defaults" / "defaults.csv"
)
PAGE = Path(__file__).parents[2] / "docs" / "real_workouts.md"
HORIZON = 60
PARTS = 12
MATURE = 5
"""Twelfths at the beginning of the file whose longest workouts lasted five years and more."""

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
def parts():
    """Twelve equal parts in the order of origination, which is that of the ids."""
    history = pd.read_csv(HISTORY, dtype={"loan_id": str}).sort_values("loan_id", kind="stable")
    history = history[history["exposure_at_default"] > 0]
    return [history.iloc[rows] for rows in np.array_split(np.arange(len(history)), PARTS)]


@pytest.fixture(scope="module")
def halves(parts):
    """Two halves, by odd and even ids, of the loans that had five years."""
    mature = pd.concat(parts[:MATURE])
    odd = mature["loan_id"].str[-1].isin(list("13579"))
    return mature[odd], mature[~odd]


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
    fitted, held_out = halves
    held_out.to_csv(folder / "half.csv", index=False)
    text = STUDY.format(scenarios=100, horizon=HORIZON)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    collection = fit_collection(moments(fitted)).model_dump(mode="json")
    case = load_study(folder / "study.yaml", {"policies.0.collection": collection})
    return case.table, case.price()


def test_the_file_ends_before_the_workouts_do(parts):
    """Why the file as a whole must not be read as finished: recovery falls with the time that
    loans could be seen.

    At 12 months of age old and young loans differ little; over all months they differ by half.
    """
    at_12 = np.array([moments(part).curve[12] for part in parts])
    in_all = np.array([moments(part).recovery for part in parts])
    nothing = np.array([(part["recovered_amount"] <= 0).mean() for part in parts])
    longest = np.array([part["months_to_recovery"].max() for part in parts])
    assert in_all[:MATURE].min() > 0.71 and in_all[:MATURE].max() < 0.77
    assert in_all[-3:].max() < 0.34 and at_12[-3:].min() > 0.25
    assert nothing[:MATURE].max() < 0.17 and nothing[-3:].min() > 0.6
    assert (longest[:MATURE] >= HORIZON).all() and longest[-1] < 24
    # The whole file, taken for finished workouts, is short by a fifth of the exposure and more.
    whole = moments(pd.concat(parts)).recovery
    assert moments(pd.concat(parts[:MATURE])).recovery - whole > 0.2


def test_the_lenders_loss_is_that_of_24_months(parts):
    """Loans that ended within 24 months have almost none, later ones almost all, whatever they
    paid.
    """
    mature = pd.concat(parts[:MATURE])
    whole = mature["recovered_amount"] >= mature["exposure_at_default"]
    early = mature["months_to_recovery"] <= 24
    assert mature.loc[whole & early, "loss_given_default"].mean() < 0.05
    assert mature.loc[whole & ~early, "loss_given_default"].mean() > 0.8


def test_the_page_tells_what_the_file_tells(parts):
    text = PAGE.read_text(encoding="utf-8")
    for number, part in enumerate(parts, start=1):
        found = moments(part)
        row = (
            f"| {number} | {100 * found.recovery:.1f} | {100 * found.curve[12]:.1f} | "
            f"{100 * (1 - found.payers):.0f} | "
            f"{part['months_to_recovery'].max():.0f} |"
        )
        assert row in text, row
    mature, whole = moments(pd.concat(parts[:MATURE])), moments(pd.concat(parts))
    assert f"**{100 * mature.recovery:.1f} %**" in text and f"{100 * whole.recovery:.1f} %" in text


def test_the_tape_is_read_whole(halves, result):
    table, _ = result
    _, held_out = halves
    account = table.reconciliation
    assert account.loans.rows_in == len(held_out)
    assert account.gbv_loaded + account.gbv_quarantined == pytest.approx(
        held_out["exposure_at_default"].sum(), abs=1.0
    )
    assert account.loans.rows_quarantined == 0


def test_simulated_recovery_and_timing_are_near_those_of_loans_that_had_five_years(halves, result):
    """The held half has its own sampling error, found by resampling its loans; no test of later
    vintages.

    Five standard errors of both sides together.
    """
    _, price = result
    _, held_out = halves
    observed = moments(held_out)
    rng = np.random.default_rng(0)
    resampled = [
        moments(held_out.iloc[rng.integers(0, len(held_out), len(held_out))]) for _ in range(40)
    ]
    flows = price.flows
    receipts = flows.receipts
    for month in (12, 24, 36, HORIZON):
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
