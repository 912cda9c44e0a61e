"""Start-up of a user's process: imports, study and tape, compiled model, first tile.

`python -m benchmarks.ready` prints the seconds of each step. It imports nothing of the suite.
`suite.measure_start` times the whole process from outside.
"""

from __future__ import annotations

import json
import time


def main() -> None:
    began = time.perf_counter()
    seconds: dict[str, float] = {}

    def done(step: str) -> None:
        nonlocal began
        now = time.perf_counter()
        seconds[step], began = now - began, now

    from pathlib import Path

    import npl_sim.engine.simulate
    import npl_sim.tape.table  # noqa: F401
    from npl_sim.core.layout import TILE
    from npl_sim.engine.compile_model import compile_model
    from npl_sim.engine.tile import Simulator
    from npl_sim.runs.study_session import load_study

    done("imports")
    case = load_study(Path(__file__).parents[1] / "configs" / "studies" / "first_package.yaml")
    table = case.table
    done("study and tape")
    simulator = Simulator(case.study, compile_model(case.study, table), "nothing")
    done("compile the model")
    simulator.simulate(0, TILE)
    done("first tile")
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
