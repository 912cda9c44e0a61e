"""Contracts on a simulated study: commands, files and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from npl_sim.channels.result import measure
from npl_sim.core.errors import ChannelError, StudyError
from npl_sim.runs.folder import open_run
from tests.builders.contracts import certain, contract
from tests.builders.studies import loan, study

POLICY = {"collection": {"settle_hazard": 0.03, "payment_rate": 0.01}, "residual_share": 0.1}


SIZE = {"simulation": {"scenarios": 100, "horizon_months": 24, "seed": 4}}


CONTRACT = """\
name: letter
price: {kind: share_of_value, share: 0.9}
loss_reference: price
side_letter:
  undertakings:
    - {kind: repurchase, name: r, at: {kind: month, month: 3},
       price: {kind: plus_carry, carry: 0.1}}
"""


def test_a_study_with_its_contract(tmp_path, capsys):
    """Provisions of three quarters of 6,000 leave 1,500 in the books, which weigh 100 %."""
    from npl_sim.cli.channel import channel

    (tmp_path / "c.yaml").write_text(CONTRACT, encoding="utf-8")
    study(
        tmp_path,
        [loan(i) for i in range(6)],
        POLICY,
        channel="c.yaml",
        pricing={"required_return": 0.1},
        seller={"coverage": {"default": 0.75}},
        **SIZE,
    )
    channel(tmp_path / "study.yaml", out=tmp_path / "a", full_cash=True, figures=False)
    reported = capsys.readouterr().out
    assert "with the letter" in reported and "100 scenarios" in reported
    assert (
        "carrying amount: GBV 6,000.00 less provisions 4,500.00, "
        "by the study's seller.provision_coverage" in reported
    )
    finished = open_run(tmp_path / "a")
    assert finished.manifest["contract"] == "letter" and finished.manifest["seed"] == 4
    disclosed, side_letter = finished.summary["versions"]
    assert disclosed["retained"]["standard deviation"]["share"]["value"] == 0.0
    # Carry at the study's required return: the bank keeps all but what collections of three months
    # bring.
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
    from npl_sim.cli.channel import channel

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
    from npl_sim.cli.channel import channel

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
    from npl_sim.cli.channel import channel
    from npl_sim.core.errors import NplSimError

    (tmp_path / "c.yaml").write_text(CONTRACT, encoding="utf-8")
    pd.DataFrame({"loss": [1.0]}).to_csv(tmp_path / "o.csv", index=False)
    with pytest.raises(NplSimError, match=reported):
        channel(tmp_path / "c.yaml", **{"outcomes": tmp_path / "o.csv", **options})


def test_what_lies_beyond_the_horizon_is_refused_before_a_simulation(tmp_path, monkeypatch):
    from npl_sim.cli.channel import channel

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
