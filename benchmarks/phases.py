"""Time of `npl-sim price` by phase, in one process and on one thread."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.inputs import STUDY, TAPE_SEED, VALUATION_DATE
from benchmarks.runtables import PHASES
from npl_sim.engine import tile as tile_module
from npl_sim.engine.compile_model import compile_model
from npl_sim.engine.simulate import simulate, warm_up
from npl_sim.market.factors import FactorModel
from npl_sim.reports import figure_files
from npl_sim.runs.place import RunPlace
from npl_sim.runs.priced_run import write_run
from npl_sim.runs.simulation import Clock
from npl_sim.runs.study_session import load_study
from npl_sim.tape.synthetic import write_tape
from npl_sim.valuation.price import price

__all__ = ["measure"]


def measure(loans: int, scenarios: int, rounds: int) -> dict[str, Any]:
    """Return the seconds of some runs by phase, after one run that is not counted."""
    seconds: dict[str, list[float]] = {phase: [] for phase in PHASES}
    with tempfile.TemporaryDirectory() as folder:
        tape = write_tape(Path(folder), loans, TAPE_SEED, VALUATION_DATE)
        overrides = {
            "tape": {**json.loads(tape.model_dump_json()), "on_error": "quarantine"},
            "simulation.scenarios": scenarios,
            "simulation.threads": 1,
        }
        case = load_study(STUDY, overrides)
        warm_up(case.study, case.table)
        for turn in range(-1, rounds):
            found = _run(overrides, Path(folder) / "run")
            if turn >= 0:
                for phase in PHASES:
                    seconds[phase].append(found[phase])
    return {"seconds": seconds, "loans": loans, "scenarios": scenarios}


@contextmanager
def _counted(spent: dict[str, float], phase: str, owner: Any, name: str) -> Iterator[None]:
    """Count the time of a function as time of a phase."""
    function: Callable[..., Any] = getattr(owner, name)

    def timed(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            spent[phase] = spent.get(phase, 0.0) + time.perf_counter() - began

    with patch.object(owner, name, timed):
        yield


def _run(overrides: dict[str, Any], folder: Path) -> dict[str, float]:
    clock, inside = Clock(), dict[str, float]()
    with ExitStack() as counting:
        for phase, owner, name in (
            ("factors", FactorModel, "simulate"),
            ("factors", tile_module, "exit_months"),
            ("kernel", tile_module, "simulate_tile"),
            ("figures", figure_files, "save_each"),
        ):
            counting.enter_context(_counted(inside, phase, owner, name))
        with clock.phase("read"):
            case = load_study(STUDY, overrides)
            table = case.table
        with clock.phase("compile_model"):
            model = compile_model(case.study, table)
        with clock.phase("simulate"):
            flows = simulate(case.study, table, model=model)
        with clock.phase("value"):
            result = price(flows, case.study.pricing, case.study.currency)
        with clock.phase("write"):
            write_run(RunPlace(folder, overwrite=True), case.study, table, result, {})
    spent = clock.seconds
    return {
        **{phase: spent[phase] for phase in ("read", "compile_model", "value")},
        **inside,
        "gather": spent["simulate"] - inside["factors"] - inside["kernel"],
        "tables": spent["write"] - inside["figures"],
    }
