"""Model and expert side by side: anchored values, paired errors, totals, run tables, explain."""

from __future__ import annotations

import pandas as pd
import pytest

from npl_sim.analysis.experts import compare_experts
from npl_sim.reports.experts import author_table, loan_table
from tests.builders.packages import package
from tests.builders.studies import save_priced
from tests.experts.test_kernel import AT, estimate, present, values

SIZE = {"loans": 6, "scenarios": 320}
SECTIONS = {
    "experts": [
        estimate("L000000", (0.2, 0.4, 0.6), (6, 12, 30), weight=0.5),
        estimate("L000001", 0.5, 12, weight=0.25, author="Wang"),
    ],
    "manual_cash": [{"loan": "L000002", "month": 6, "amount": 300.0, **AT}],
    "overrides": [{"loan": "L000003", "key": "litigation.after_months", "value": 2, **AT}],
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("side")
    plain = values(package(folder / "a", **SIZE))
    session = package(folder / "b", **SIZE, **SECTIONS)
    cash = session.simulate()
    return plain, cash, compare_experts(session.study, session.table, cash), session


def test_the_values_are_those_of_the_runs(found):
    plain, cash, compared, _ = found
    frame = compared.loans.set_index("loan_id")
    own = cash.loans.set_index("loan_id")
    assert list(frame.index) == [f"L{i:06d}" for i in range(4)]
    assert frame["blended"].tolist() == own.loc[frame.index, "pv_mean"].tolist()
    # The paired runs take plain means, the headline control variates: they differ by errors.
    for name, row in frame.iterrows():
        tolerance = 4.0 * (plain.loc[name, "pv_se"] + row["difference_se"]) + 1e-9
        assert abs(row["model"] - plain.loc[name, "pv_mean"]) < tolerance
        assert row["blended"] - row["difference"] == pytest.approx(row["model"], rel=1e-12)
    assert frame.loc["L000002", "expert"] == pytest.approx(present(300.0, 6), rel=1e-9)
    # A certain estimate: at weight 1 nothing is left of the model.
    row = frame.loc["L000001"]
    assert abs(row["expert"] - present(550.0, 12)) < 4.0 * row["blended_se"]
    assert row["expert_se"] == pytest.approx(0.0, abs=1e-6)
    assert frame["entry"].tolist() == ["estimate", "estimate", "manual cash", "override"]


def test_an_override_shows_its_effect(found):
    _, _, compared, _ = found
    row = compared.loans.set_index("loan_id").loc["L000003"]
    assert row["difference"] != 0.0 and row["difference_se"] > 0.0
    assert row["expert"] == row["blended"]


def test_authors_add_up(found):
    _, _, compared, _ = found
    authors = compared.authors.set_index("author")
    assert list(authors.index) == ["Lin", "Wang", "total"]
    assert authors["loans"].tolist() == [3, 1, 4]
    for name in ("claim", "model", "expert", "blended", "difference"):
        sums = compared.loans.groupby("author")[name].sum()
        assert authors.loc["Lin", name] == pytest.approx(sums["Lin"], rel=1e-12)
        assert authors.loc["total", name] == pytest.approx(sums.sum(), rel=1e-12)
    # The error of a total is that of the sum in each scenario, below the sum of the errors.
    errors = compared.loans["difference_se"]
    assert 0.0 < authors.loc["total", "difference_se"] < errors.sum()


def test_tables_show_the_figures(found):
    _, _, compared, _ = found
    table = loan_table(compared, most=2)
    assert len(table.rows) == 2 and "2 more loans" in table.note
    biggest = compared.loans["difference"].abs().idxmax()
    assert table.rows[0][0] == compared.loans.loc[biggest, "loan_id"]
    assert table.rows[0][4:9] == tuple(
        compared.loans.loc[biggest, name]
        for name in ("claim", "model", "expert", "blended", "difference")
    )
    assert author_table(compared).rows[-1][1] == 4


def test_a_run_holds_the_tables(found, tmp_path):
    _, _, compared, session = found
    run = save_priced(session, tmp_path / "run")
    frame = pd.read_parquet(run.folder / "tables" / "experts.parquet")
    assert frame["blended"].tolist() == compared.loans["blended"].tolist()
    assert (run.folder / "tables" / "experts_by_author.parquet").exists()


def test_a_study_without_entries_has_no_table(tmp_path):
    session = package(tmp_path, loans=2, scenarios=64)
    assert compare_experts(session.study, session.table, session.simulate()) is None


def test_explain_shows_the_estimate_beside_the_model(found):
    plain, _, _, session = found
    text = session.explain("L000001")
    assert "Wang" in text and "weight 25" in text and "by the model alone" in text
    assert f"{plain.loc['L000001', 'pv_mean']:,.2f}" in text
    assert "Entered by hand" not in session.explain("L000005")
