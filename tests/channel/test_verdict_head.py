"""The verdict at the head of the output, with what a side letter changes, and its absence."""

from __future__ import annotations

import json

import pytest
import typer

from npl_sim.channels.result import measure
from npl_sim.cli.channel import channel
from npl_sim.reports.channel.verdict import judgments
from npl_sim.reports.channel.verdict_head import (
    head_lines,
    head_text,
    without_verdict,
)
from npl_sim.reports.channel.verdict_values import head_values
from tests.builders.contracts import contract, sample

SIDE_LETTER = {
    "undertakings": [
        {
            "kind": "repurchase",
            "name": "r",
            "at": {"kind": "month", "month": 12},
            "price": {"kind": "plus_carry", "carry": 0.05},
        }
    ]
}
FILE = """
name: short
price: {kind: amount, amount: 90}
face: 200
discount_rate: 0.05
"""


def both(package_cash=None, **terms):
    result = measure(contract(**terms), package_cash or sample(400), currency="CNY")
    return result, judgments(result)


def test_shown_letter_and_difference_stand_side_by_side():
    result, judged = both(side_letter=SIDE_LETTER)
    facts = {f.key: f for f in head_lines(result, judged)}
    assert (
        facts["outcome"].values == ("derecognize", "keep")
        and facts["outcome"].difference == "changed"
    )
    sold, kept = (found.verdict.measurement for _, found in judged)
    assert facts["liability"].values == (sold.liability, kept.liability)
    assert facts["liability"].difference == pytest.approx(100.0)  # what was received for the sale
    shares = [v.retained.share("mean absolute deviation").value for v in result.versions]
    assert facts["variability_retained"].values == tuple(shares)
    assert facts["variability_retained"].difference == shares[1] - shares[0] > 0.5
    losses = tuple(v.retained.share("expected loss").value for v in result.versions)
    tails = tuple(v.retained.share("expected shortfall below mean").value for v in result.versions)
    assert (
        facts["expected_loss_retained"].values == losses and facts["tail_retained"].values == tails
    )
    views = [found.capital for _, found in judged]
    assert facts["relief_denied"].values == tuple(v.relief_denied for v in views)
    assert facts["relief_earned"].difference == -views[0].relief_earned < 0.0
    added = facts["rules_broken"].difference
    assert "real transfer" in added and facts["rules_broken"].values[0] == ()
    text = head_text(result, judged)
    first = text.splitlines()
    assert first[0] == "Verdict on test" and first[1].startswith("disclosed: derecognize.")
    assert any(line.startswith("with side letter: keep.") for line in first[:5])
    assert "real transfer (by the side letter)" in text and "difference" in text and "CNY" in text


def test_a_contract_without_a_letter_has_one_column():
    result, judged = both()
    text = head_text(result, judged)
    assert "derecognize. The asset leaves the balance sheet." in text.splitlines()[1]
    assert "difference" not in text and "letter" not in text
    assert "side_letter_difference" not in head_values(result, judged)
    assert "0 broken" in text and "not tested" in text and "NPL ratio as earned" in text


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_head_fits_the_terminal(width):
    result, judged = both(side_letter=SIDE_LETTER)
    text = head_text(result, judged, width)
    assert max(map(len, text.splitlines())) <= min(width, 110)
    assert "liability" in text and "tail retained" in text


def test_no_verdict_is_stated_first_and_in_the_summary():
    """A vehicle that is not the bank's cannot hand rights on for it: facts that contradict one
    another.
    """
    result, judged = both(accounting={"vehicle_transfers_rights": True})
    assert len(without_verdict(judged)) == 1
    assert head_text(result, judged).splitlines()[1].startswith("NO VERDICT: ")
    values = head_values(result, judged)
    assert values["has_verdict"] is False and values["outcome"] == ["no verdict"]
    assert values["liability"] == [None] and values["no_verdict"][0].startswith("no verdict: ")


def test_a_script_learns_that_there_is_no_verdict(tmp_path, capsys):
    facts = "accounting: {vehicle_transfers_rights: true}\n"
    (tmp_path / "c.yaml").write_text(FILE + facts, encoding="utf-8")
    (tmp_path / "sure.csv").write_text(
        "scenario,month,cash\na,1,40\na,2,60\nb,1,40\nb,2,60\n", encoding="utf-8"
    )
    with pytest.raises(typer.Exit) as ended:
        channel(
            tmp_path / "c.yaml", outcomes=tmp_path / "sure.csv", out=tmp_path / "a", figures=False
        )
    assert ended.value.exit_code == 5
    assert capsys.readouterr().out.strip().splitlines()[1].startswith("NO VERDICT: ")
    summary = json.loads((tmp_path / "a" / "summary.json").read_text(encoding="utf-8"))
    assert next(iter(summary)) == "verdict" and summary["verdict"]["has_verdict"] is False
    assert (
        (tmp_path / "a" / "verdict.txt")
        .read_text(encoding="utf-8")
        .splitlines()[1]
        .startswith("NO VERDICT: ")
    )


def test_the_verdict_heads_file_summary_and_terminal(tmp_path, capsys):
    (tmp_path / "c.yaml").write_text(FILE, encoding="utf-8")
    rows = "".join(f"{i},{m},{40 + 3 * (i % 7) + m}\n" for i in range(120) for m in (1, 2))
    (tmp_path / "t.csv").write_text(f"scenario,month,cash\n{rows}", encoding="utf-8")
    channel(tmp_path / "c.yaml", outcomes=tmp_path / "t.csv", out=tmp_path / "a", figures=False)
    reported = capsys.readouterr().out.strip().splitlines()
    written = (tmp_path / "a" / "verdict.txt").read_text(encoding="utf-8").splitlines()
    assert reported[0] == written[0] == "Verdict on short" and reported[1].startswith(
        "derecognize."
    )
    summary = json.loads((tmp_path / "a" / "summary.json").read_text(encoding="utf-8"))
    assert next(iter(summary)) == "verdict" and summary["verdict"]["outcome"] == ["derecognize"]
    names = summary["verdict"]["rules_not_tested"][0]
    assert names == [r["rule"] for r in summary["verdicts"][0]["rules_not_tested"]] and names
