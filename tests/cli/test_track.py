"""`npl-sim track`: report, run folder, JSON, masking, a stored run, and refusals."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pypdf
import pytest

import npl_sim as npl
from npl_sim.reports.track.page import page_html
from npl_sim.reports.track.tables import comparison_tables
from npl_sim.runs.track import TrackOptions, track_study
from tests.builders.tracked import KINDS, STUDY, cash_rows, loan_cash, package

OWN, AS_OF, PRICE = 3, "2026-12-31", "3000000"
SECRET = "Quattro Stagioni Recupero"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return package(tmp_path_factory.mktemp("package"), 40, simulation__scenarios=128)


@pytest.fixture(scope="module")
def file(session, tmp_path_factory):
    """Cash of one scenario, with a servicer and a loan of another package."""
    path = tmp_path_factory.mktemp("cash") / "cash_of_2026.xlsx"
    rows = cash_rows(session, loan_cash(session, 6)[OWN]).assign(servicer=SECRET)
    other = {"loan_id": f"{SECRET} 1", "date": "2026-07-01", "amount": 5.0, "kind": "voluntary"}
    rows = pd.concat([rows, pd.DataFrame([{**other, "servicer": SECRET}])], ignore_index=True)
    rows.to_excel(path, index=False, engine="openpyxl")
    return path


@pytest.fixture
def run(command, session, file):
    """Run `npl-sim track` on the package; return code, output and errors."""
    tape = session.study.tape
    size = ["--scenarios", "128", "--set", "simulation.horizon_months=36"]
    paths = ["loans", "collateral", "guarantors"]
    sets = [w for k in paths for w in ("--set", f"tape.{k}={getattr(tape, k)}")]

    def track(*arguments, plan=None, cash=file):
        plan = [STUDY, *size, *sets] if plan is None else [plan]
        return command("track", *plan, "--actual", cash, "--as-of", AS_OF, *arguments)

    return track


def test_the_report_the_folder_and_the_api_agree(run, session, file, tmp_path):
    code, out, err = run("--price-paid", PRICE, "--out", "run")
    assert code == 0, err
    folder = tmp_path / "run"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    tracked = npl.track(
        npl.api.studies.Study(session), file, as_of=date(2026, 12, 31), price_paid=float(PRICE)
    )
    values = tracked.summary().values
    for name in ("total", "forecast", "returns", "value", "amortized_cost", "account"):
        assert summary[name] == values[name]
    assert tracked.summary().text.split("\n")[0] in out
    share = f"{100 * summary['total']['ratio']:.0f}% of the plan came"
    assert out.strip().startswith(share)
    for part in ("Estimated remaining collections", "Amortized cost", "counted in the comparison"):
        assert part in out
    assert "5.00 in 1 amounts" in out  # the loan of another package
    months = pd.read_parquet(folder / "tables" / "amortized_cost.parquet")
    cents = (months * 100).round().astype(int)
    left = cents["opening"] + cents["interest"] - cents["collections"] + cents["revaluation"]
    assert (left == cents["closing"]).all()
    assert cents["closing"].iloc[-1] == summary["amortized_cost"]["closing_cents"]
    assert set(tracked.frames) == {p.stem for p in folder.glob("tables/*.parquet")}
    assert {p.stem for p in folder.glob("figures/*.png")} == set(tracked.figures)
    assert npl.open_run(folder).manifest["cash"]["file"] == "cash_of_2026.xlsx"
    assert tracked.to_frame("comparison")["actual"].iloc[0] == summary["total"]["actual"]


def test_the_workbook_holds_the_figures_as_numbers(run, tmp_path):
    assert run("--price-paid", PRICE, "--out", "run", "--no-figures")[0] == 0
    summary = json.loads((tmp_path / "run/summary.json").read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(tmp_path / "run/track.xlsx")
    names = ["Summary", "Cash against plan", "Forecast", "Statements", "Cash file"]
    assert book.sheetnames == names
    numbers = {
        round(cell.value, 2)
        for row in book["Statements"].iter_rows()
        for cell in row
        if isinstance(cell.value, int | float)
    }
    assert round(summary["amortized_cost"]["closing_cents"] / 100, 2) in numbers
    against = {c.value for row in book["Cash against plan"].iter_rows() for c in row}
    assert summary["total"]["actual"] in {
        round(x, 2) if isinstance(x, float) else x for x in against
    }


def test_json_is_the_summary(run):
    code, out, _ = run("--json", "--no-documents", "--no-figures", "--out", "run")
    found = json.loads(out)
    assert code == 0 and found["returns"] is None and found["amortized_cost"] is None
    assert found["test"]["level"] == 0.05 and found["months"] == 6
    assert found["forecast"]["effective_scenarios"] >= 30


def test_mask_hides_names_and_changes_no_number(run, tmp_path):
    code, plain, _ = run("--json", "--price-paid", PRICE, "--out", "plain")
    assert code == 0
    code, out, err = run("--json", "--price-paid", PRICE, "--out", "hidden", "--mask")
    assert code == 0, err
    first, second = json.loads(plain), json.loads(out)
    for name in ("total", "forecast", "returns", "value", "amortized_cost", "account"):
        assert first[name] == second[name]
    assert SECRET in plain and SECRET not in out + err
    for path in (tmp_path / "hidden").rglob("*"):
        if path.suffix == ".parquet":
            text = pd.read_parquet(path).to_csv()
        elif path.suffix == ".xlsx":
            sheets = pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")
            text = " ".join(frame.to_csv() for frame in sheets.values())
        else:
            text = path.read_bytes().decode("utf-8", "ignore") if path.is_file() else ""
        for secret in (SECRET, "cash_of_2026", "NPL000"):
            assert secret not in text, path
    cash = pd.read_parquet(tmp_path / "hidden/tables/cash.parquet")
    assert cash["loan_id"].str.startswith("loan ").all()
    assert set(cash["servicer"]) == {"agency 1"}


def test_a_stored_run_needs_no_simulation_and_tells_what_it_cannot_split(run, command, tmp_path):
    tape = ["loans", "collateral", "guarantors"]
    code, _, err = run("--out", "first", "--no-figures", "--no-documents")
    assert code == 0, err
    study = json.loads((tmp_path / "first/study.json").read_text(encoding="utf-8"))
    sets = [w for k in tape for w in ("--set", f"tape.{k}={study['tape'][k]}")]
    size = ["--scenarios", "128", "--set", "simulation.horizon_months=36"]
    code, _, err = command("price", STUDY, *size, *sets, "--out", "priced", "--no-figures")
    assert code == 0, err
    code, out, err = run("--out", "second", "--no-figures", plan=tmp_path / "priced")
    assert code == 0, err
    one, two = (
        json.loads((tmp_path / name / "summary.json").read_text(encoding="utf-8"))
        for name in ("first", "second")
    )
    assert two["total"]["ratio"] == pytest.approx(one["total"]["ratio"], rel=1e-9)
    rest = [x["forecast"]["rest"]["value"] for x in (one, two)]
    assert rest[1] == pytest.approx(rest[0], rel=1e-6)
    assert one["value"]["closing_cents"] == pytest.approx(two["value"]["closing_cents"], abs=2)
    assert "A stored run holds no kinds of cash" in out
    attributes = set(pd.read_parquet(tmp_path / "second/tables/comparison.parquet")["attribute"])
    assert attributes == {"total", "costs", "month", "segment"}
    code, _, err = run("--seed", "3", plan=tmp_path / "priced")
    assert code == 2 and "is a run folder" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--as-of", "soon"), "--as-of: got"),
        (("--price-paid", "-1"), "--price-paid: got -1.00; expected an amount above 0"),
        (("--column", "amount"), '--column: got "amount"; expected NAME=HEADER'),
        (("--column", "amount=Betrag"), "0 headers 'Betrag'"),
        (("--set", "buyer.target_irr=0.3"), "moves no number of npl-sim track"),
        (("--set", "seller.tax_rate=0.3"), "moves no number of npl-sim track"),
        (("--as-of", "2030-01-31"), "expected from 1 to the horizon of 36 months"),
    ],
)
def test_what_cannot_be_used_is_refused(run, arguments, message):
    code, _, err = run(*arguments)
    assert code in (2, 3) and message in err


def test_a_file_that_is_missing_is_refused(run, tmp_path):
    code, _, err = run(cash=tmp_path / "none.csv")
    assert code == 2 and "none.csv" in err


@pytest.fixture(scope="module")
def tracked(session, file):
    return track_study(session, TrackOptions(file, date(2026, 12, 31), float(PRICE))).tracking


def test_every_attribute_has_a_table_with_its_figures(tracked):
    tables = comparison_tables(tracked.comparison)
    assert len(tables) == tracked.comparison.cells["attribute"].nunique()
    total = tables[0].rows[0]
    assert total[1] == tracked.comparison.total["actual"]
    assert total[5] == tracked.comparison.total["ratio"]
    kinds = next(t for t in tables if "kind" in t.title)
    assert {row[0] for row in kinds.rows} <= {k.replace("_", " ") for k in KINDS}


def test_the_printed_pages_are_as_many_as_their_numbers(tracked, tmp_path):
    html = page_html(tracked)
    assert html == page_html(tracked) and "http" not in html.replace("http://www.w3.org", "")
    pages = html.count('<div class="page">')
    assert f"Page {pages} of {pages}" in html and 3 <= pages <= 5
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("no chromium: pages are not printed")
    path, printed = tmp_path / "track.html", tmp_path / "track.pdf"
    path.write_text(html, encoding="utf-8")
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    subprocess.run(
        [browser, *quiet, f"--print-to-pdf={printed}", path.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    found = pypdf.PdfReader(printed).pages
    assert len(found) == pages
    first = " ".join(found[0].extract_text().split())
    assert f"{100 * tracked.comparison.total['ratio']:.0f}% of the plan came" in first
    assert Path(printed).stat().st_size > 10_000
