"""Process of `compare` that runs the tasks of one commit and answers in JSON lines.

It uses only the public interface, so that it works for old and new commits.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def main() -> None:
    study, overrides = sys.argv[1], json.loads(sys.argv[2])
    began = time.perf_counter()
    from npl_sim.runs.study_session import load_study

    imported = time.perf_counter() - began
    small = load_study(study, {**overrides, "simulation.scenarios": 2})
    began = time.perf_counter()
    small.price()
    first = time.perf_counter() - began
    case = load_study(study, overrides)
    print(json.dumps({"import": imported, "first price": first}), flush=True)
    for line in sys.stdin:
        task = line.strip()
        began = time.perf_counter()
        answer: dict[str, Any] = {}
        if task == "read":
            load_study(study, overrides).table  # noqa: B018
        elif task == "simulate, 1 thread":
            case.simulate(threads=1)
        elif task == "price, 2 threads":
            answer["price"] = case.price(threads=2).mean.value
        else:
            raise SystemExit(f"unknown task {task!r}; expected one of compare.TASKS")
        answer["seconds"] = time.perf_counter() - began
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
