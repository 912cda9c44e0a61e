"""Time and memory by size: `python -m benchmarks.scale 10000x1000 10000x10000 ...`.

Each size runs in its own process, which also reads the tape; its peak memory is that of the
process. Seconds and peak after each step, and the size on disk, go to the history and the page.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import history
from benchmarks.measure import Load, machine_facts
from benchmarks.memory import peak_mib
from benchmarks.probe import ROOT, ready

STUDY = ROOT / "configs" / "studies" / "first_package.yaml"
SIZES = (
    "100x10000",
    "1000x10000",
    "10000x1000",
    "10000x10000",
    "10000x100000",
    "100000x1000",
    "1000000x1000",
)
"""Sizes measured by default, in about twelve minutes on two cores."""


def _child(
    folder: Path, scenarios: int, detail: str, limit: float, threads: int
) -> dict[str, Any]:
    """Price one package; return the time and memory of each step."""
    from npl_sim.engine.compile_model import compile_model
    from npl_sim.engine.run_estimate import estimate_resources
    from npl_sim.engine.simulate import simulate, warm_up
    from npl_sim.reports.price.tables import summary, tables
    from npl_sim.runs.study_session import load_study
    from npl_sim.valuation.price import price

    seconds: dict[str, float] = {}
    peaks: dict[str, float] = {}
    began = time.perf_counter()

    def done(step: str) -> None:
        nonlocal began
        seconds[step], peaks[step] = time.perf_counter() - began, peak_mib()
        began = time.perf_counter()

    overrides = {
        "tape": {
            "loans": str(folder / "package.csv"),
            "collateral": str(folder / "package_collateral.csv"),
            "guarantors": str(folder / "package_guarantors.csv"),
            "on_error": "quarantine",
        },
        "simulation.scenarios": scenarios,
        "simulation.detail": detail,
        "simulation.memory_limit_gib": limit,
        "simulation.threads": threads,
    }
    small = load_study(STUDY, {"simulation.detail": detail})
    warm_up(small.study, small.table)
    del small
    done("start")
    case = load_study(STUDY, overrides)
    table = case.table
    size = estimate_resources(case.study, table)
    done("read")
    model = compile_model(case.study, table)
    done("compile_model")
    flows = simulate(case.study, table, model=model)
    done("simulate")
    result = price(flows, case.study.pricing, case.study.currency)
    done("value")
    summary(result)
    tables(result)
    done("tables")
    return {
        "loans": len(table.loans),
        "scenarios": scenarios,
        "detail": size.detail,
        "seconds": seconds,
        "peak_mib": peaks,
        "planned_mib": size.peak_bytes / 2**20,
        "disk_mib": size.result_bytes / 2**20 if size.detail == "streamed" else 0.0,
        "threads": size.threads,
        "mean": result.mean.value,
    }


def measure(
    loans: int, scenarios: int, detail: str, limit: float, threads: int, tapes: Path
) -> dict[str, Any]:
    """Return the time and memory of a size, measured in a separate process."""
    from benchmarks.inputs import TAPE_SEED, VALUATION_DATE
    from npl_sim.tape.synthetic import write_tape

    folder = tapes / f"{loans}"
    if not (folder / "package.csv").exists():
        write_tape(folder, loans, TAPE_SEED, VALUATION_DATE)
    arguments = ["--child", str(folder), str(scenarios), detail, str(limit), str(threads)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def name_of(row: dict[str, Any]) -> str:
    """Return the name of a size: loans, scenarios, detail, threads."""
    return f"{row['loans']}x{row['scenarios']} {row['detail']} {row['threads']}"


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        folder, scenarios, detail, limit, threads = sys.argv[2:]
        print(json.dumps(_child(Path(folder), int(scenarios), detail, float(limit), int(threads))))
        return
    # This import is not at the top, because the memory of a size excludes the drawing modules.
    from benchmarks.page import write_page

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", default=SIZES, metavar="LOANSxSCENARIOS")
    parser.add_argument(
        "--detail", default="streamed", choices=("auto", "kinds", "totals", "streamed")
    )
    parser.add_argument("--limit", type=float, default=8.0, help="simulation.memory_limit_gib")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--tapes", type=Path, help="folder that stores the synthetic tapes for later runs"
    )
    options = parser.parse_args()
    commit, facts, load = history.commit(), machine_facts(), Load()
    # Compile in a separate process, so that the memory of a size excludes the compiler.
    ready()
    with tempfile.TemporaryDirectory() as temporary:
        for size in options.sizes:
            loans, scenarios = (int(part) for part in size.split("x"))
            tapes = options.tapes or Path(temporary)
            before = load.now()
            row = measure(loans, scenarios, options.detail, options.limit, options.threads, tapes)
            # Store each size at once, because a long one may be interrupted.
            history.append(commit, facts, {"scale": {name_of(row): row}}, {"scale": before})
            total, peak = sum(row["seconds"].values()), row["peak_mib"]["tables"]
            print(f"{size}: {total:.1f} s, {peak:,.0f} MiB", file=sys.stderr, flush=True)
    write_page(history.read(), Path(__file__).parent)


if __name__ == "__main__":
    main()
