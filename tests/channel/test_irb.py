"""The capital function against the published table, and the formulas beside it."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

from npl_sim.capital.irb import (
    correlation,
    defaulted_requirement,
    frye_jacobs_lgd,
    risk_weight,
    vasicek_loss,
)
from npl_sim.core.errors import NplSimError

ANNEX = Path(__file__).parents[3] / "shared" / "data" / "tables" / "basel2_annex5_irb_rw.csv"

# Columns of Basel II Annex 5: kind, loss given default, turnover.
COLUMNS = {
    "corp_lgd45_m2.5": ("corporate", 0.45, 50.0),
    "sme_corp_turnover5": ("small_firm", 0.45, 5.0),
    "mortgage_lgd45": ("mortgage", 0.45, 50.0),
    "mortgage_lgd25": ("mortgage", 0.25, 50.0),
    "other_retail_lgd45": ("other_retail", 0.45, 50.0),
    "other_retail_lgd85": ("other_retail", 0.85, 50.0),
    "qrre_lgd45": ("card", 0.45, 50.0),
    "qrre_lgd85": ("card", 0.85, 50.0),
}

# Its rows at PD 1 % and 2 %. [percent] The table is rounded in the last digit, not always to the
# nearest.
PUBLISHED = {
    0.01: (92.32, 72.40, 56.40, 31.33, 45.77, 86.46, 17.22, 32.53),
    0.02: (114.86, 88.55, 87.94, 48.85, 57.99, 109.53, 28.92, 54.63),
}


@pytest.mark.parametrize("pd", PUBLISHED)
@pytest.mark.parametrize("place", range(8))
def test_basel_ii_annex_5(pd, place):
    asset, lgd, turnover = list(COLUMNS.values())[place]
    assert 100 * risk_weight(pd, lgd, asset, 2.5, turnover) == pytest.approx(
        PUBLISHED[pd][place], abs=0.0101
    )


@pytest.mark.skipif(
    not ANNEX.exists(),
    reason="the table of Basel II Annex 5 is not beside the project (../shared/data)",
)
def test_the_whole_of_annex_5():
    with ANNEX.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 10
    for row in rows:
        for column, (asset, lgd, turnover) in COLUMNS.items():
            ours = 100 * risk_weight(float(row["pd_pct"]) / 100, lgd, asset, 2.5, turnover)
            assert ours == pytest.approx(float(row[column]), abs=0.0101), (row["pd_pct"], column)


def test_correlations_run_between_their_ends():
    assert correlation(1e-9, "corporate") == pytest.approx(0.24)
    assert correlation(0.999, "corporate") == pytest.approx(0.12)
    assert correlation(1e-9, "other_retail") == pytest.approx(0.16)
    assert correlation(0.01, "small_firm", 5.0) == pytest.approx(
        correlation(0.01, "corporate") - 0.04
    )
    assert correlation(0.01, "small_firm", 50.0) == correlation(0.01, "corporate")


def test_longer_loans_weigh_more():
    weights = [risk_weight(0.01, 0.45, "corporate", years) for years in (1.0, 2.5, 5.0)]
    assert weights == sorted(weights)
    assert weights[0] < weights[2]


def test_vasicek_closed_form():
    """Vasicek (2002): p = 0.01, rho = 0.1: the 99.9 % loss is 0.077497."""
    assert vasicek_loss(0.01, 0.1) == pytest.approx(0.077497, abs=5e-7)
    assert vasicek_loss(0.01, 0.0) == pytest.approx(0.01)


def test_the_mean_of_the_vasicek_loss_is_the_default_rate():
    mean, error = quad(lambda level: vasicek_loss(0.02, 0.15, level), 0.0, 1.0, epsabs=1e-9)
    assert mean == pytest.approx(0.02, abs=1e-7 + error)


def test_frye_jacobs_published_value():
    """MathWorks documentation of the function: rate 5 %, PD 8 %, LGD 40 %, rho 0.2: 0.3197."""
    assert frye_jacobs_lgd(0.05, 0.08, 0.40, 0.2) == pytest.approx(0.3197, abs=5e-5)


def test_frye_jacobs_keeps_the_expected_loss():
    """The mean of rate times conditional loss is PD times LGD: the loss is itself Vasicek with
    mean PD x LGD.
    """

    def loss(level: float) -> float:
        rate = vasicek_loss(0.08, 0.2, level)
        return rate * frye_jacobs_lgd(rate, 0.08, 0.40, 0.2)

    mean, error = quad(loss, 0.0, 1.0, epsabs=1e-9)
    assert mean == pytest.approx(0.032, abs=1e-7 + error)
    assert loss(0.999) == pytest.approx(vasicek_loss(0.032, 0.2))


def test_annex_value_by_hand():
    """Mortgage, PD 1 %, LGD 45 %: N((G(0.01) + sqrt(0.15) G(0.999)) / sqrt(0.85)), less 1 %, times
    0.45 x 12.5.
    """
    loss = ndtr((ndtri(0.01) + math.sqrt(0.15) * ndtri(0.999)) / math.sqrt(0.85))
    assert risk_weight(0.01, 0.45, "mortgage") == pytest.approx(12.5 * 0.45 * (loss - 0.01))


def test_defaulted_loans_weigh_what_the_downturn_adds():
    assert defaulted_requirement(0.60, 0.45) == pytest.approx(0.15)
    assert defaulted_requirement(0.40, 0.45) == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: vasicek_loss(0.0, 0.1),
        lambda: vasicek_loss(0.01, 1.0),
        lambda: vasicek_loss(0.01, 0.1, 1.0),
        lambda: frye_jacobs_lgd(0.0, 0.08, 0.4, 0.2),
        lambda: frye_jacobs_lgd(0.05, 0.08, 1.0, 0.2),
        lambda: risk_weight(float("nan"), 0.45, "corporate"),
    ],
)
def test_no_number_from_what_is_no_probability(call):
    with pytest.raises(NplSimError, match="expected a"):
        call()
