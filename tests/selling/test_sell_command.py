"""The command sell and `npl_sim.sell`: run folder, documents, printed pages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import openpyxl
import pandas as pd
import pytest

import npl_sim as npl
from npl_sim.cli import main
from tests.builders.packages import package
from tests.selling.test_seller_book import PRICING, SELLER

NAMES = {"name": "seller's package", "jurisdiction": "IT", "currency": "EUR"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder of a study, and in it the run folders of `bid` and `sell`."""
    folder = tmp_path_factory.mktemp("sell")
    package(folder, scenarios=120, seller=SELLER, pricing=PRICING, **NAMES)
    return folder


@pytest.fixture(scope="module")
def own(folder):
    return npl.sell(npl.simulate(npl.read_study(folder / "study.yaml")))


@pytest.fixture
def command(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["npl-sim", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
        found = capsys.readouterr()
        return done.value.code, found.out, found.err

    return run


def tables(folder):
    """Return the tables of a run folder by name."""
    return {path.stem: pd.read_parquet(path) for path in folder.glob("tables/*.parquet")}


def test_the_run_folder_agrees_with_a_bid_book(command, folder):
    bid = command("bid", "study.yaml", "--out", "b", "--no-figures", "--no-documents")
    sell = command("sell", "study.yaml", "--out", "s", "--json")
    assert (bid[0], sell[0]) == (0, 0)
    found = json.loads(sell[1])["seller_book"]
    other = json.loads((folder / "b" / "summary.json").read_text(encoding="utf-8"))["bid_book"]
    assert found["reservation"] == other["seller"]["reservation"]
    assert found["hold_value"] == other["seller"]["value_of_keeping"]
    files = tables(folder / "s")
    price = found["reservation"]["value"]
    assert round(files["sell_loans"]["reservation"].sum(), 2) == round(price, 2)
    assert round(files["sell_segments"]["reservation_cents"].sum() / 100, 2) == round(price, 2)
    ladder = files["sell_ladder"]
    assert ladder["amount"].sum() == pytest.approx(price, rel=1e-12)
    # The ladder by its formula: (H - t B) / ((1 - t) (1 - c)).
    hold = ladder.set_index("name").loc["hold_value", "value"]
    gbv = files["sell_loans"]["gbv"].sum()
    assert price == pytest.approx((hold - 0.25 * gbv) / (0.75 * 0.997), rel=1e-12)
    assert (folder / "s" / "figures" / "seller_ladder.png").is_file()
    assert (folder / "s" / "figures" / "expected_bids.png").is_file()


def test_a_second_run_has_the_same_tables_and_documents(command, folder):
    for name, threads in (("one", 1), ("two", 2)):
        code, _, err = command(
            "sell", "study.yaml", "--out", name, "--no-figures", "--threads", threads
        )
        assert code == 0, err
    for name in ("seller_book.xlsx", "seller.html", "tables/sell_loans.parquet"):
        first, second = ((folder / run / name).read_bytes() for run in ("one", "two"))
        assert first == second, name


def test_text_states_verdict_ladder_and_assumption(own):
    text = own.summary().text
    first = text.splitlines()[0]
    assert first.startswith(
        "Sell: " if own.book.expected_bid.value >= own.reservation.value else "Keep: "
    )
    assert "P = (H - t B) / ((1 - t) (1 - c))" in text
    assert "No published source stands behind" in text
    assert "EU minimum" not in text  # the study asks for the Chinese rule


def test_tables_of_the_result(own):
    names = {"sell_ladder", "sell_loans", "sell_later", "sell_bids", "sell_minimum"}
    assert names <= set(own.frames)
    later = own.to_frame("sell_later")
    assert later["gain"].to_numpy() == pytest.approx(later["value"] - later["value"][0])
    assert set(own.figures) == {"seller_ladder", "expected_bids"}
    assert own.plot("expected_bids").axes


def test_the_workbook_holds_numbers_and_every_loan(own, tmp_path):
    own.to_excel(tmp_path / "sell.xlsx")
    book = openpyxl.load_workbook(tmp_path / "sell.xlsx", data_only=True)
    rows = list(book["Loans"].values)
    head = next(i for i, r in enumerate(rows) if r[0] == "loan")
    column = rows[head].index("reservation price")
    amounts = [r[column] for r in rows[head + 1 :] if isinstance(r[column], int | float)]
    assert len(amounts) == 12
    assert round(sum(amounts), 2) == round(own.reservation.value, 2)


def test_a_masked_run_shows_no_id(command, folder, own):
    own.to_html(folder / "plain.html")
    assert "L000001" in (folder / "plain.html").read_text(encoding="utf-8")
    assert command("sell", "study.yaml", "--out", "m", "--no-figures", "--mask")[0] == 0
    page = (folder / "m" / "seller.html").read_text(encoding="utf-8")
    assert "L000001" not in page


def test_a_missing_coverage_is_refused_before_the_simulation(command):
    code, _, err = command(
        "sell", "study.yaml", "--set", "seller.provision_coverage={a: 0.5}", "--out", "x"
    )
    assert code == 2
    assert "seller.provision_coverage: no share for segment b" in err
    assert "simulate" not in err


def test_a_setting_without_effect_is_refused(command):
    code, _, err = command("sell", "study.yaml", "--set", "buyer.target_irr=0.2")
    assert code == 2
    assert "npl-sim bid, which reads it" in err


def browse(page, *arguments):
    """Return the output of the browser on a page; skip without it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no Chromium on this machine shows the pages")
    plain = ["--headless", "--no-sandbox", "--disable-gpu", *arguments, page.as_uri()]
    done = subprocess.run([browser, *plain], check=True, capture_output=True, timeout=120)
    return done.stdout.decode("utf-8")


def printed(page, folder):
    """Return the pages of a printed HTML file as text."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf counts the pages")
    target = folder / "pages.pdf"
    browse(page, "--no-pdf-header-footer", f"--print-to-pdf={target}")
    return [p.extract_text() for p in pypdf.PdfReader(target).pages]


CUT = """<script>document.title = [...document.querySelectorAll(".page")].map(
p => p.scrollHeight - p.clientHeight).join(",")</script></body>"""
"""Script that writes by how much the content of each page exceeds its sheet. [px]"""


def test_no_page_is_cut(own, tmp_path):
    own.to_html(tmp_path / "sell.html")
    text = (tmp_path / "sell.html").read_text(encoding="utf-8")
    (tmp_path / "cut.html").write_text(text.replace("</body>", CUT), encoding="utf-8")
    found = re.search(r"<title>([^<]*)</title>", browse(tmp_path / "cut.html", "--dump-dom"))
    assert found is not None
    assert found[1] == "0,0,0,0"


def test_four_printed_pages_whose_numbers_are_those_of_the_tables(own, tmp_path):
    own.to_html(tmp_path / "sell.html")
    pages = printed(tmp_path / "sell.html", tmp_path)
    assert len(pages) == 4
    assert all(f"Page {i} of 4" in page for i, page in enumerate(pages, 1))
    # Recomputed from the tables; amounts of a few thousand have two decimals in sentences.
    ladder = own.to_frame("sell_ladder").set_index("name")["value"]
    later = own.to_frame("sell_later").set_index("month")
    text = re.sub(r"\s+", " ", pages[0])
    for amount in (ladder["reservation"], ladder["hold_value"], later.loc[0, "bid"]):
        assert f"EUR {amount / 1e3:.2f} thousand" in text or f"EUR {amount / 1e3:.1f} " in text
    assert f"{later.loc[12, 'gain'] / 1e3:.2f}".replace("-", "−") in pages[2]
    provision = own.to_frame("sell_provision").set_index("scenario")["provision"]
    assert f"{provision['weighted'] / 1e3:.2f}" in pages[3]
