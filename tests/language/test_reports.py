"""Reports in Chinese hold no English word, but for names, keys, commands and abbreviations."""

from __future__ import annotations

import html
import io
import re

import pytest
from rich.console import Console

from npl_sim.core.language import speaking
from npl_sim.resources.languages import catalog
from tests.builders.bid_books import POLICY, run
from tests.builders.studies import loan, study

NAMES = r"IRR|MOIC|PV|CNY|EUR|IFRS|CRR|CAS|Basel|LTV|GBV|NPL|RWA|ERC|ID|SHA-\d+|npl_sim|YAML"
KEYS = (
    r"npl-sim [a-z]+|或bid|--[a-z-]+|\b\w+(?:\.\w+)+\b|(?<![A-Za-z])[a-z]+_[a-z_]+"
    r"|(?<![A-Za-z])(?:tape|segment|fees|dormant|responsiveness)(?![A-Za-z])"
)
SOURCE = r"\([a-z_]+: [^()]*\d{4}\)"
"""Abbreviations of the trade; commands, options, files and keys; titles of sources."""

POLICY = {**POLICY, "name": "小额无担保"}
SECTIONS = {
    "name": "测试资产包",
    "legal": {"name": "无", "as_of": "2026-01-01"},
    "market": {
        "as_of": "2026-06-01",
        "cooperation": {"volatility": 0.3, "persistence": 0.9},
        "stresses": [
            {
                "name": "经济低迷",
                "description": "还款减少。",
                "overlays": [{"factor": "cooperation", "multiplier": 0.6}],
            }
        ],
    },
    "simulation": {"scenarios": 60, "horizon_months": 36, "seed": 5},
    "buyer": {"target_irr": 0.14, "turnover_tax": 0.03},
    "seller": {"provision_coverage": {"消费": 0.4}},
    "prudence": {"limits": {"appraisal_months": 12}},
}


def english(text: str, *allowed: str) -> list[str]:
    """Return the lines of a text with a word that a Chinese reader would take for English."""
    for name in (*allowed, SOURCE, NAMES, KEYS):
        text = re.sub(name, " ", text)
    return [line.strip() for line in text.splitlines() if re.search(r"[A-Za-z]{2,}", line)]


@pytest.fixture(scope="module")
def loans():
    return [
        loan(i, loan_id=f"贷{i}", product="消费", region="浙江", principal=10_000 + 100 * i)
        for i in range(12)
    ]


def test_a_price_in_chinese(tmp_path, loans):
    from npl_sim.reports.price.text import price_report
    from npl_sim.runs.price import heading_of

    session = study(tmp_path, loans, POLICY, **SECTIONS)
    with speaking(catalog("zh")):
        result = session.price()
        report = price_report(result, heading_of(session, result))
        shown = io.StringIO()
        Console(file=shown, width=160).print(report, crop=False)
    assert "价格分布" in shown.getvalue()
    assert english(shown.getvalue(), "贷[0-9]+") == []


def test_a_printed_bid_book_in_chinese(tmp_path, loans):
    from npl_sim.reports.bid_book.pages.document import write_book

    with speaking(catalog("zh")):
        case = run(loans, **SECTIONS)
        page = write_book(tmp_path / "book.html", *case.all).read_text(encoding="utf-8")
    shown = re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
    shown = html.unescape(re.sub(r"<[^>]+>", "\n", shown))
    assert "目标报价" in shown
    assert english(shown) == []


def test_an_english_word_is_found():
    """The check can fail."""
    assert english("目标报价 tape.confirmed, IRR 12%\nless tax") == ["less tax"]
