"""Run folder, tables, text and figures, and the command as a user meets it."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from npl_sim.channels.result import measure
from npl_sim.reports.channel import plots as channel_plots
from npl_sim.reports.channel.tables import summary, tables
from npl_sim.reports.channel.text import channel_report
from npl_sim.reports.figure_files import save_each
from tests.builders.contracts import certain, contract, layer, sample

ROOT = Path(__file__).parents[2]


BUY = {
    "kind": "repurchase",
    "name": "buy back",
    "at": {"kind": "month", "month": 6},
    "price": {"kind": "plus_carry", "carry": 0.05},
}


TERMS = {
    "vehicles": [
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
    outcomes = sample(
        300,
        18,
        rate=0.08,
        costs=0.1,
        drivers=rng.normal(size=(300, 1)),
        driver_names=("cooperation",),
    )
    return measure(contract(**TERMS), outcomes, currency="CNY")


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
    ("terms", "outcomes"),
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
def test_every_figure_and_text_is_made_without_a_warning(terms, outcomes, tmp_path):
    found = measure(contract(**terms), outcomes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = save_each(channel_plots.drawings(found), tmp_path)
        text = io.StringIO()
        Console(file=text, width=130).print(channel_report(found), crop=False)
        json.dumps(summary(found), allow_nan=False)
    assert {"who_bears", "before_after", "shares_retained"} <= {
        p.stem.removesuffix("_shown") for p in paths
    }
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert "What stays with the bank" in text.getvalue() and "nan" not in text.getvalue()


def test_the_text_shows_shown_and_letter(result):
    text = io.StringIO()
    Console(file=text, width=130).print(channel_report(result), crop=False)
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
        Console(file=text, width=width).print(channel_report(result), crop=False)
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
