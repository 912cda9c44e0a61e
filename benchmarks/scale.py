"""Time and memory as packages and scenarios grow: `python -m benchmarks.scale 10000x1000 10000x10000 ...`.

Each size runs in a process of its own, tape and all, and its peak memory is that of the process. The table tells
the seconds and the peak after each step, the cost of a loan-path, and the rows on disk.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "configs" / "studies" / "first_package.yaml"
SIZES = ("10000x1000", "10000x4000", "10000x16000", "50000x1000", "200000x256")
TAPE_SEED = 7
STEPS = ("start", "read", "lower", "simulate", "value", "tables")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _child(folder: Path, scenarios: int, keep: str, limit: float, threads: int) -> dict[str, Any]:
    """Price one package, and tell what each step took."""
    import npl_sim
    from npl_sim.engine.lower import lower
    from npl_sim.engine.simulate import plan, simulate, warm_up
    from npl_sim.reports.tables import summary, tables
    from npl_sim.valuation.price import price

    seconds: dict[str, float] = {}
    peaks: dict[str, float] = {}
    began = time.perf_counter()

    def done(step: str) -> None:
        nonlocal began
        seconds[step], peaks[step] = time.perf_counter() - began, _peak_mib()
        began = time.perf_counter()

    overrides = {
        "tape": {
            "loans": str(folder / "package.csv"),
            "collateral": str(folder / "package_collateral.csv"),
            "guarantors": str(folder / "package_guarantors.csv"),
            "on_error": "quarantine",
        },
        "simulation.scenarios": scenarios,
        "simulation.keep": keep,
        "simulation.memory_limit_gib": limit,
        "simulation.threads": threads,
    }
    small = npl_sim.load_study(STUDY, {"simulation.keep": keep})
    warm_up(small.study, small.table)
    del small
    done("start")
    case = npl_sim.load_study(STUDY, overrides)
    table = case.table
    size = plan(case.study, table)
    done("read")
    model = lower(case.study, table)
    done("lower")
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
        "keep": size.keep,
        "seconds": seconds,
        "peak_mib": peaks,
        "planned_mib": size.peak_bytes / 2**20,
        "disk_mib": size.result_bytes / 2**20 if size.keep == "streamed" else 0.0,
        "threads": size.threads,
        "mean": result.mean.value,
    }


def measure(loans: int, scenarios: int, keep: str, limit: float, threads: int, tapes: Path) -> dict[str, Any]:
    """Return what a process of its own says of a size."""
    from npl_sim.tape.synthetic import write_tape

    folder = tapes / f"{loans}"
    if not (folder / "package.csv").exists():
        write_tape(folder, loans, TAPE_SEED, date(2026, 6, 30))
    words = ["--child", str(folder), str(scenarios), keep, str(limit), str(threads)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", *words], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _table(rows: list[dict[str, Any]]) -> str:
    head = [
        "loans",
        "scenarios",
        "keep",
        *(f"{s} s" for s in STEPS[1:]),
        "ns/path",
        *(f"peak {s}" for s in STEPS),
    ]
    lines = [
        "| " + " | ".join([*head, "planned", "disk"]) + " |",
        "| " + " | ".join(["---:"] * (len(head) + 2)) + " |",
    ]
    for row in rows:
        paths = row["loans"] * row["scenarios"]
        cells = [f"{row['loans']:,}", f"{row['scenarios']:,}", row["keep"]]
        cells += [f"{row['seconds'][s]:.1f}" for s in STEPS[1:]]
        cells.append(f"{row['seconds']['simulate'] / paths * 1e9:.0f}")
        cells += [f"{row['peak_mib'][s]:,.0f}" for s in STEPS]
        cells += [f"{row['planned_mib']:,.0f}", f"{row['disk_mib']:,.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        folder, scenarios, keep, limit, threads = sys.argv[2:]
        print(json.dumps(_child(Path(folder), int(scenarios), keep, float(limit), int(threads))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", default=SIZES, metavar="LOANSxSCENARIOS")
    parser.add_argument("--keep", default="streamed", choices=("auto", "kinds", "totals", "streamed"))
    parser.add_argument("--limit", type=float, default=8.0, help="simulation.memory_limit_gib")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--tapes", type=Path, help="folder in which made tapes are kept for the next time")
    words = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for size in words.sizes:
            loans, scenarios = (int(part) for part in size.split("x"))
            row = measure(
                loans, scenarios, words.keep, words.limit, words.threads, words.tapes or Path(scratch)
            )
            rows.append(row)
            print(
                f"{size}: {sum(row['seconds'].values()):.1f} s, {row['peak_mib']['tables']:,.0f} MiB",
                file=sys.stderr,
                flush=True,
            )
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; seconds by step, peak of the process after each [MiB]\n"
    )
    print(_table(rows))


if __name__ == "__main__":
    main()
