"""What a reader sees of a verdict: the numbered steps and the figure of capital."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from npl_sim.accounting.decision_tree import derecognition
from npl_sim.accounting.facts import TransferFacts
from npl_sim.capital.relief import capital_relief
from npl_sim.capital.sham_sale_rules import Sign, chinese_rules, judge_rules
from npl_sim.core.judgment import Outcome
from npl_sim.reports.channel.capital_figure import capital_figure
from npl_sim.reports.channel.verdict_text import capital_text, rules_text, verdict_text
from npl_sim.reports.figure_files import save
from tests.builders.capital import package, two_classes
from tests.channel.test_continuing import B3217


def test_steps_are_numbered_with_paragraph_and_figures():
    text = verdict_text(derecognition(B3217), "CU")
    assert re.findall(r"^(\d)\. ", text, re.M) == list("1234567")
    assert "Verdict: continuing involvement." in text
    assert "mean absolute deviation after / before: 60.00%" in text
    for paragraph in ("3.2.2(b)", "3.2.3(a)", "3.2.4(a)", "3.2.6(c)(ii), 3.2.9", "B3.2.17"):
        assert paragraph in text
    for amount in ("2,040.00", "1,065.00", "-9,000.00", "9,115.00"):
        assert amount in text
    assert "practice and not rule" in " ".join(text.split())
    assert max(len(line) for line in text.splitlines()) <= 110


def test_the_page_s_example_runs(capsys):
    page = (Path(__file__).parents[2] / "docs" / "channel_verdict.md").read_text(encoding="utf-8")
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], {})
    disclosed = capsys.readouterr().out
    for part in ("Verdict: keep.", "B3.2.16(o)", "relief denied", "income rights: no repurchase"):
        assert part in disclosed
    assert "asset management companies" not in disclosed


def test_the_page_names_every_rule_s_paragraph():
    page = (Path(__file__).parents[2] / "docs" / "channel_verdict.md").read_text(encoding="utf-8")
    for rule in chinese_rules():
        assert rule.number in page and str(rule.since) in page


def test_a_loss_is_called_a_loss():
    text = verdict_text(
        derecognition(TransferFacts(carrying_amount=100.0, fair_value=90.0, proceeds=90.0))
    )
    assert re.search(r"^  loss +10\.00$", text, re.M)


def test_capital_is_shown_in_both_measures():
    text = capital_text(capital_relief(package(form="income_right")), "CNY")
    assert re.search(r"relief denied +70\.00 +5\.60", text)
    assert re.search(r"NPL ratio +2\.00% +1\.01% +1\.01%", text)
    assert "What is earned is set by: Yin Jian Ban Fa (2016) No. 82" in text


def test_what_is_from_memory_says_so():
    assert "from memory, not verified" in " ".join(
        capital_text(capital_relief(package(recourse_cap=1.0))).split()
    )
    found = rules_text(judge_rules({"yield_guarantee": Sign(True, "a guarantee")}))
    assert "from memory, not verified" in " ".join(found.split())


def test_rules_broken_not_tested_and_not_broken_stand_beside_each_other():
    found = rules_text(judge_rules({"yield_guarantee": Sign(True, "a guarantee")}))
    total = len(chinese_rules())
    assert re.search(
        rf"^Rules on sham sales \(China\): 3 broken, {total - 3} not tested, 0 not broken$",
        found,
        re.M,
    )
    assert re.search(r"^Broken: 3$", found, re.M) and re.search(
        rf"^Not tested: {total - 3}$", found, re.M
    )
    assert "real, whole and clean transfer (a guarantee)" in " ".join(found.split())
    assert "at most 10% of variability" in " ".join(found.split())
    assert "not tested" in rules_text(None) and "No rule" not in rules_text(())
    assert max(map(len, rules_text(judge_rules({}), 60).splitlines())) <= 60


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"outcome": Outcome.KEEP},
        {"form": "income_right", "implicit_support": True},
        {"form": "securitization", "deal": two_classes()},
        {"specific_provisions": 100.0, "bank": None},
        {"reported_rwa": 90.0},
    ],
)
def test_the_figure_is_drawn_without_a_warning(changes, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = capital_figure(capital_relief(package(**changes)), currency="CNY")
        assert isinstance(drawn, Figure)
        save(drawn, tmp_path / "capital.png", dpi=40)


def test_the_bars_are_the_capital():
    """Before 5.6; claimed nothing; earned 5.6, all of it denied relief."""
    axes = capital_figure(capital_relief(package(outcome=Outcome.KEEP))).axes[0]
    kept, denied, relief = ([bar.get_width() for bar in group] for group in axes.containers)
    assert kept == pytest.approx([5.6, 0.0, 0.0])
    assert denied == pytest.approx([5.6])
    assert relief == pytest.approx([0.0, 5.6, 0.0])
