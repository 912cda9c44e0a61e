"""Peak memory to read a large tape, in a process of its own: `python -m benchmarks.reading MB`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.inputs import TAPE_SEED, VALUATION_DATE
from benchmarks.memory import peak_mib

__all__ = ["measure", "read"]

MEGABYTES = 200
LOAN_BYTES = 125
"""Size of a row of a synthetic tape. [bytes]"""


def measure(rounds: int = 2, megabytes: int = MEGABYTES) -> dict[str, Any]:
    """Return the peak memory of processes that read a tape of a size. [GiB]"""
    from benchmarks.probe import answer

    runs = [answer("benchmarks.reading", {}, str(megabytes)) for _ in range(rounds)]
    return {key: [run[key] for run in runs] for key in ("gib", "seconds", "megabytes")}


def read(megabytes: int) -> dict[str, float]:
    """Read a synthetic tape with Chinese names of regions; return peak, seconds and size."""
    import time

    from npl_sim.tape.spec import TapeSpec
    from npl_sim.tape.synthetic import write_tape
    from npl_sim.tape.table import read_tape

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "package.csv"
        # A child writes the tape, so that its memory does not count here.
        import multiprocessing

        loans = int(megabytes * 1e6 / LOAN_BYTES)
        context = multiprocessing.get_context("spawn")
        child = context.Process(
            target=write_tape, args=(Path(folder), loans, TAPE_SEED, VALUATION_DATE)
        )
        child.start()
        child.join()
        renamed = path.with_name("renamed.csv")
        with path.open(encoding="utf-8") as source, renamed.open("w", encoding="utf-8") as target:
            for line in source:
                target.write(line.replace(",east,", ",\u534e\u4e1c,"))
        size = renamed.stat().st_size / 1e6
        began = time.perf_counter()
        table = read_tape(TapeSpec(loans=renamed, on_error="quarantine"), VALUATION_DATE)
        seconds = time.perf_counter() - began
        return {
            "gib": peak_mib() / 1024.0,
            "seconds": seconds,
            "megabytes": size,
            "loans": float(len(table.loans)),
        }


if __name__ == "__main__":
    print(json.dumps(read(int(sys.argv[1]))))
