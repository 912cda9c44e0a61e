"""A run that finds scenarios of another detail in its folder says so before it begins at zero."""

from __future__ import annotations

import sys

from npl_sim.cli import main
from npl_sim.core.layout import TILE
from npl_sim.engine import resource_estimate as engine_plan
from npl_sim.engine.checkpoint.compatibility import unused_scenarios
from npl_sim.engine.simulate import simulate
from tests.engine.stored_runs import blocks, small_run


def test_what_is_there_in_another_detail_is_reported(tmp_path):
    case, work = small_run(tmp_path, "kinds", scenarios=3 * TILE), tmp_path / "work"
    assert unused_scenarios(work, "kinds") == ()
    simulate(case.study, case.table, work=work)
    assert unused_scenarios(work, "kinds") == ()
    (reported,) = unused_scenarios(work, "streamed")
    assert reported == (
        f"{work}: holds 192 scenarios stored as kinds; this run stores streamed, "
        "does not use them and starts at zero. To resume from them set simulation.detail: kinds, "
        "with a sufficient memory_limit_gib"
    )
    fewer = small_run(tmp_path, "streamed", scenarios=2 * TILE)
    simulate(fewer.study, fewer.table, work=work)
    assert len(blocks(work)) == 2
    assert (
        "does not use them and resumes from its own 128" in unused_scenarios(work, "streamed")[0]
    )
    # What is there in less detail is no more than what the run has.
    assert unused_scenarios(work, "kinds") == ()


def test_a_run_that_grows_beyond_memory_says_what_it_leaves(tmp_path, monkeypatch, capsys):
    """The detail is chosen by memory; the user need not have asked for another."""
    small_run(tmp_path, "auto", scenarios=2 * TILE, memory_limit_gib=0.75)
    monkeypatch.chdir(tmp_path)

    def messages(*settings):
        command = [
            "npl-sim",
            "price",
            "study.yaml",
            "--work",
            "work",
            "--out",
            *settings,
            "--no-figures",
            "--force",
        ]
        monkeypatch.setattr(sys, "argv", command)
        try:
            main()
        except SystemExit as stopped:
            assert not stopped.code
        return capsys.readouterr().err

    assert "stored as" not in messages("one")
    # As if each scenario took much more.
    monkeypatch.setattr(
        engine_plan, "KINDS_IN_MEMORY", {"kinds": 10**6, "totals": 10**6, "streamed": 0}
    )
    assert (
        "warning: work: holds 128 scenarios stored as kinds; this run stores streamed"
        in messages("two")
    )
