"""Wrong units are reported, whatever product and currency."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from npl_sim.analysis.proportions import tape_issues
from npl_sim.runs.case import load_study
from tests.analysis.test_plausibility import CASES, messages
from tests.builders.packages import package
from tests.builders.studies import loan, study


def test_a_unit_in_the_title_row_that_was_not_read(tmp_path):
    """A price in yuan of amounts in ten thousands: the medians show it."""
    source = CASES / "bank_workbooks"
    if not source.is_dir():
        pytest.skip("needs the shared cases, which are not beside this checkout")
    shutil.copytree(source, tmp_path / "bank_workbooks")
    shutil.copytree(CASES / "_configs", tmp_path / "_configs")
    try:
        case = load_study(
            tmp_path / "bank_workbooks" / "cn.yaml",
            {"simulation.scenarios": 100, "tape.amount_unit": 1},
        )
        result = case.price()
    except Exception as error:
        assert "单位" in str(error) or "unit" in str(error), (
            error
        )  # refused by the reader of the tape
        return
    found = case.issues(result)
    assert found[0].severity == "error" and "below zero" in found[0].message
    assert messages(found, "median balance")


@pytest.mark.parametrize(
    ("product", "currency", "principal", "lines"),
    [
        ("car", "CNY", 85, 1),
        ("car", "CNY", 85_000, 0),
        ("consumer", "KRW", 85, 1),
        ("car", "USD", 8_500, 0),
    ],
)
def test_a_wrong_unit_shows_for_any_product_and_more_currencies(
    tmp_path, product, currency, principal, lines
):
    rows = [loan(i, product=product, principal=principal) for i in range(3)]
    case = study(tmp_path, rows, {}, currency=currency)
    found = [x for x in tape_issues(case.study, case.table) if "the median balance" in x.message]
    assert [x.location for x in found] == [f"loans, product {product}"] * lines


def test_cash_of_one_draw_is_set_beside_the_mean_of_all_draws(tmp_path):
    """Deals and channels take the first draw: its mean, by hand, and that of the price are in
    the warning."""
    package(tmp_path, loans=10)
    sharp = {"simulation.precision": 0.01, "simulation.scenarios": 150}
    case = load_study(tmp_path / "study.yaml", sharp)
    flows = case.simulate()
    assert flows.draws > 1
    first = flows.sample.mean(flows.net @ (1.1 ** (-np.arange(61) / 12.0)))
    mean = case.price().mean.value
    (issue,) = messages(case.issues(flows), "takes one of up to")
    assert f"{first.value:,.2f} (standard error {first.se:,.2f})" in issue.message
    assert f"the study's price, is {mean:,.2f}" in issue.message
    plain = load_study(tmp_path / "study.yaml")
    assert not messages(plain.issues(plain.simulate()), "takes one of up to")
