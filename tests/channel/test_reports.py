"""Run folder, tables, text and figures, and the command as a user meets it."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console

from npl_sim.channel.result import measure
from npl_sim.core.errors import ChannelError, StudyError
from npl_sim.reports.channel import plots as channel_plots
from npl_sim.reports.channel.tables import summary, tables
from npl_sim.reports.channel.text import print_channel
from npl_sim.runs.folder import open_run
from tests.channel.scenes import certain, contract, layer, sample
from tests.worlds import loan, study

ROOT = Path(__file__).parents[2]
BUY = {
    "kind": "repurchase",
    "name": "buy back",
    "at": {"kind": "month", "month": 6},
    "price": {"kind": "plus_carry", "carry": 0.05},
}
TERMS = {
    "layers": [
        layer(
            {"kind": "note", "name": "n", "share": 0.5, "rate": 0.05, "holder": "基金"},
            pay_every=3,
        )
    ],
    "side_letter": {
        "undertakings": [
            BUY,
            {"kind": "guarantee", "name": "g", "reference": "price", "share": 0.5},
        ]
    },
}


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(1)
    world = sample(
        300,
        18,
        rate=0.08,
        costs=0.1,
        drivers=rng.normal(size=(300, 1)),
        driver_names=("cooperation",),
    )
    return measure(contract(**TERMS), world, currency="CNY")


def test_tables_hold_what_was_measured(result):
    made = tables(result, full_cash=True)
    version = result.whole
    kept = made["retained"].query("version == 'with the letter'").set_index("measure")
    assert (
        kept.loc["standard deviation", "share"]
        == version.retained.share("standard deviation").value
    )
    cash = made["cash"].query("version == 'with the letter'")
    parties = [c for c in cash.columns if c not in ("version", "scenario", "month")]
    assert np.abs(cash[parties].sum(axis=1)).max() < 1e-9
    assert np.allclose(cash["bank"].to_numpy().reshape(300, 19), version.retained.run.cash["bank"])
    by_month = (
        made["party_cash"]
        .query("version == 'with the letter' and party == 'bank'")
        .set_index("month")
    )
    assert by_month.loc[6, "mean"] == pytest.approx(version.retained.run.cash["bank"][:, 6].mean())
    reasons = (
        made["bank_cash"].query("version == 'with the letter'").groupby("month")["mean"].sum()
    )
    assert reasons.loc[6] == pytest.approx(by_month.loc[6, "mean"])
    pv = made["scenarios"].query("version == 'shown'")
    assert np.allclose(pv["pv keep"], version.retained.before)
    assert "cash" not in tables(result)


def test_the_summary_tells_versions_apart(result):
    found = json.loads(json.dumps(summary(result), allow_nan=False))
    disclosed, side_letter = found["versions"]
    for name, adds in found["letter_adds"].items():
        both = [v["retained"][name]["share"]["value"] for v in (disclosed, side_letter)]
        assert adds == pytest.approx(both[1] - both[0])
    assert disclosed["undertakings"] == [] and len(side_letter["undertakings"]) == 3
    total = sum(x["cost"] for x in side_letter["undertakings"] if x["undertaking"] != "all")
    assert total == pytest.approx(side_letter["undertakings"][-1]["cost"])


@pytest.mark.parametrize(
    ("terms", "world"),
    [
        (TERMS, sample(120, 18, costs=0.1)),
        ({}, certain(0.0, 30.0, 50.0)),
        ({}, certain(0.0)),
        (
            {"undertakings": [{"kind": "guarantee", "name": "g", "reference": "face"}]},
            certain(150.0),
        ),
    ],
    ids=["letter", "certain", "nothing", "one month"],
)
def test_every_figure_and_text_is_made_without_a_warning(terms, world, tmp_path):
    found = measure(contract(**terms), world)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = channel_plots.save_channel(found, tmp_path)
        text = io.StringIO()
        print_channel(found, Console(file=text, width=130))
        json.dumps(summary(found), allow_nan=False)
    assert {"who_bears", "before_after", "shares_retained"} <= {
        p.stem.removesuffix("_shown") for p in paths
    }
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert "What stays with the bank" in text.getvalue() and "nan" not in text.getvalue()


def test_the_text_shows_shown_and_letter(result):
    text = io.StringIO()
    print_channel(result, Console(file=text, width=130))
    reported = text.getvalue()
    share = result.whole.retained.share("mean absolute deviation").value
    assert f"Letter    {100 * share:.2f}% of variability by mean absolute deviation" in reported
    assert (
        "As a loan it raises" in reported and "cooperation" in reported and "buy back" in reported
    )


def test_a_narrow_terminal_loses_no_name_and_no_number(result):
    """The same cells at 130 columns and at 80, where tables with a letter are too wide."""

    def cells(width):
        text = io.StringIO()
        print_channel(result, Console(file=text, width=width))
        tables = text.getvalue().partition("What stays with the bank")[2]
        return tables, Counter(
            cell for line in tables.splitlines() for cell in re.findall(r"\d[\d.,]*%?", line)
        )

    (wide, all_cells), (narrow, those) = cells(130), cells(80)
    assert max(map(cell_len, narrow.splitlines())) <= 80 < max(map(cell_len, wide.splitlines()))
    assert all_cells == those
    assert narrow.count("shortfall in the package's worst") > wide.count(
        "shortfall in the package's worst"
    )


def test_the_figure_of_shares_stands_at_the_contracts_thresholds():
    import matplotlib.pyplot as plt

    terms = {"thresholds": {"transferred_at_most": 0.15, "retained_at_least": 0.8}}
    figure = channel_plots.shares_retained(
        measure(contract(accounting=terms, confidence=0.9), sample(200))
    )
    (ax,) = figure.axes
    dashed = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    assert dashed == pytest.approx([15.0, 80.0])
    assert "15% and 80%" in ax.get_xlabel() and "90%" in ax.get_xlabel()
    plt.close(figure)


# The command

POLICY = {"collection": {"settle_hazard": 0.03, "payment_rate": 0.01}, "residual_share": 0.1}
SIZE = {"simulation": {"scenarios": 100, "horizon_months": 24, "seed": 4}}
CONTRACT = """\
name: letter
price: {kind: share_of_value, share: 0.9}
loss_reference: price
side_letter:
  undertakings:
    - {kind: repurchase, name: r, at: {kind: month, month: 3}, price: {kind: plus_carry, carry: 0.1}}
"""


def test_a_study_with_its_contract(tmp_path, capsys):
    """Provisions of three quarters of 6,000 leave 1,500 in the books, which weigh 100 %."""
    from npl_sim.cli.dispose import channel

    (tmp_path / "c.yaml").write_text(CONTRACT, encoding="utf-8")
    study(
        tmp_path,
        [loan(i) for i in range(6)],
        POLICY,
        channel="c.yaml",
        pricing={"required_return": 0.1},
        seller={"provision_coverage": {"default": 0.75}},
        **SIZE,
    )
    channel(tmp_path / "study.yaml", out=tmp_path / "a", full_cash=True, figures=False)
    reported = capsys.readouterr().out
    assert "with the letter" in reported and "100 scenarios" in reported
    assert (
        "carrying amount: GBV 6,000.00 less provisions 4,500.00, by the study's seller.coverage"
        in reported
    )
    finished = open_run(tmp_path / "a")
    assert finished.manifest["contract"] == "letter" and finished.manifest["seed"] == 4
    disclosed, side_letter = finished.summary["versions"]
    assert disclosed["retained"]["standard deviation"]["share"]["value"] == 0.0
    # Carry at the study's required return: the bank keeps all but what collections of three months bring.
    assert side_letter["retained"]["standard deviation"]["share"]["value"] == pytest.approx(
        1.0, abs=0.02
    )
    assert finished.summary["package"]["face"] == 6000.0
    sold, kept = finished.summary["verdicts"]
    assert (sold["outcome"], kept["outcome"]) == ("derecognise", "keep")
    assert sold["decided_by"]["statistic"] == "mean_absolute_deviation"
    assert (
        not sold["decided_by"]["contract_settles_it"] and kept["decided_by"]["contract_settles_it"]
    )
    assert sold["balance_sheet"]["gain"] == pytest.approx(
        finished.summary["versions"][0]["price"] - 1500.0
    )
    for judged, earned in ((sold, 0.0), (kept, 1500.0)):
        assert (
            judged["capital"]["rwa_before"] == 1500.0 and judged["capital"]["rwa_earned"] == earned
        )
    assert sold["rules_broken"] == []
    assert {b["rule"] for b in kept["rules_broken"]} >= {"real transfer"}
    assert all(b["number"] and b["since"] and b["why"] for b in kept["rules_broken"])
    cash = finished.table("cash").drop(columns=["version", "scenario", "month"])
    assert np.abs(cash.sum(axis=1)).max() < 1e-6
    assert {"study.json", "contract.json", "assumptions.txt", "summary.json"} <= set(
        finished.manifest["files"]
    )


def test_a_fault_is_reported_with_its_file_line_and_key(tmp_path):
    from npl_sim.cli.dispose import channel

    study(tmp_path, [loan(0)], POLICY, **SIZE)
    (tmp_path / "c.yaml").write_text(
        CONTRACT.replace("kind: month", "kind: moth"), encoding="utf-8"
    )
    with pytest.raises(StudyError) as caught:
        channel(tmp_path / "study.yaml", contract=tmp_path / "c.yaml")
    (line,) = str(caught.value).splitlines()
    assert (
        "c.yaml:6:35: side_letter.undertakings.0.at: got kind 'moth'" in line
        and "did you mean 'month'" in line
    )


def test_a_study_without_a_contract_says_what_to_do(tmp_path):
    from npl_sim.cli.dispose import channel

    study(tmp_path, [loan(0)], POLICY, **SIZE)
    with pytest.raises(ChannelError, match="names no contract; expected --contract FILE"):
        channel(tmp_path / "study.yaml")


def test_two_contracts_that_cannot_be_compared_are_refused():
    with pytest.raises(ChannelError, match="discount_rate: got 0.2; expected None"):
        measure(contract(), certain(0.0, 30.0), contract(discount_rate=0.2))


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        ({"scenarios": 5}, "--scenarios: expected without --outcomes"),
        ({"contract": Path("x.yaml")}, "--contract: expected without --outcomes"),
        ({"outcomes": Path("none.csv")}, "none.csv: no such file"),
        ({"hidden": Path("none.yaml")}, "none.yaml: does not exist"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path, options, reported):
    from npl_sim.cli.dispose import channel
    from npl_sim.core.errors import NplSimError

    (tmp_path / "c.yaml").write_text(CONTRACT, encoding="utf-8")
    pd.DataFrame({"loss": [1.0]}).to_csv(tmp_path / "o.csv", index=False)
    with pytest.raises(NplSimError, match=reported):
        channel(tmp_path / "c.yaml", **{"outcomes": tmp_path / "o.csv", **options})


def test_what_lies_beyond_the_horizon_is_refused_before_a_simulation(tmp_path, monkeypatch):
    from npl_sim.cli.dispose import channel

    def never(*_):
        raise AssertionError("simulated")

    monkeypatch.setattr("npl_sim.runs.simulation.simulate", never)
    study(tmp_path, [loan(0)], POLICY, **SIZE)
    (tmp_path / "c.yaml").write_text(CONTRACT.replace("month: 3", "month: 240"), encoding="utf-8")
    with pytest.raises(ChannelError, match="'r': at.month: got 240; expected at most 24"):
        channel(tmp_path / "study.yaml", contract=tmp_path / "c.yaml")


def test_a_contract_in_another_currency_is_refused(tmp_path):
    from npl_sim.runs.channel import check_contract
    from npl_sim.study.contract_file import load_contract

    case = study(tmp_path, [loan(0)], POLICY, **SIZE)
    (tmp_path / "c.yaml").write_text("currency: EUR\n" + CONTRACT, encoding="utf-8")
    with pytest.raises(ChannelError, match="got currency EUR; expected CNY"):
        check_contract(case, load_contract(tmp_path / "c.yaml"))
