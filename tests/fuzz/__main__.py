"""Try thousands of seeds: ``python -m tests.fuzz --seeds 5000 --first 1000000``.

The same command resumes where it was stopped. Each failure is saved as a case, printed with its
seed and with the command that runs it again: ``python -m tests.fuzz --replay FILE``.
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.fuzz.case import load_case
from tests.fuzz.making import case_of_seed
from tests.fuzz.oracle import verdict
from tests.fuzz.running import Stopped

HANG = 20.0
"""Seconds of the processor after which a case counts as hung."""
STOPPED = "stopped"
"""What stands for the exit code of a case in which the fuzzer itself was stopped."""
MOST_MEMORY = 12 << 30
"""Address space of a worker, so that a fault does not take the machine with it. [bytes]"""


def main(arguments: list[str]) -> int:
    """Run seeds or saved cases; return 1 where one fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="number of seeds")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--processes", type=int, default=1, help="processes at once")
    parser.add_argument(
        "--folder", type=Path, default=Path("fuzz-results"), help="folder of results and failures"
    )
    parser.add_argument(
        "--alarm", type=float, default=HANG, help="seconds after which a case counts as hung"
    )
    parser.add_argument("--replay", type=Path, nargs="+", help="saved cases to run again")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.replay:
        return _replay(options.replay, options.alarm)
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.worker is not None:
        return _work(options)
    return _lead(options)


def _replay(paths: list[Path], alarm: float) -> int:
    bad = 0
    for path in paths:
        case = load_case(path)
        done, found = verdict(case, alarm)
        bad += bool(found)
        print(
            f"{path}: {case.what}\n$ "
            f"{case.line()}\n{done.out}{done.err}{done.crash}\nexit {done.code} after "
            f"{done.seconds:.1f} s"
        )
        print("\n".join(f"FAULT {text}" for text in found) or "no fault")
    return int(bad > 0)


def _results(folder: Path) -> dict[int, dict[str, Any]]:
    """Return what is known by seed; a seed that was begun and not ended killed its process."""
    found: dict[int, dict[str, Any]] = {}
    for path in sorted(folder.glob("results-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.endswith("}"):
                row = json.loads(line)
                found[row["seed"]] = row
                if row["code"] == STOPPED:
                    del found[row["seed"]]
    return found


def _seeds(options: argparse.Namespace) -> range:
    return range(options.first, options.first + options.seeds)


def _work(options: argparse.Namespace) -> int:
    """Run each of this worker's seeds that has no result."""
    # Not the default, so that the command line leaves it alone.
    signal.signal(signal.SIGTERM, _stop)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    known = _results(options.folder)
    with (options.folder / f"results-{options.worker}.jsonl").open("a", encoding="utf-8") as file:
        for seed in _seeds(options)[options.worker :: options.processes]:
            if seed in known:
                continue
            # A process that dies shows by this line which seed killed it.
            file.write(
                json.dumps(
                    {"seed": seed, "code": None, "faults": ["the process died"], "seconds": 0.0}
                )
                + "\n"
            )
            file.flush()
            case = case_of_seed(seed)
            try:
                done, found = verdict(case, options.alarm)
            except Stopped:
                file.write(json.dumps({"seed": seed, "code": STOPPED}) + "\n")
                return 143
            row = {
                "seed": seed,
                "code": done.code,
                "faults": found,
                "seconds": round(done.seconds, 3),
                "what": case.what,
                "line": case.line()[:300],
            }
            file.write(json.dumps(row) + "\n")
            file.flush()
            if found:
                _save(options.folder, seed)
    return 0


def _stop(number: int, frame: object) -> None:
    raise Stopped


def _save(folder: Path, seed: int) -> Path:
    path = folder / f"failure-{seed}.json"
    path.write_text(case_of_seed(seed).text(), encoding="utf-8")
    return path


def _lead(options: argparse.Namespace) -> int:
    """Start workers until every seed has a result, and sum up."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    common = [
        sys.executable,
        "-m",
        "tests.fuzz",
        "--seeds",
        str(options.seeds),
        "--first",
        str(options.first),
        "--folder",
        str(options.folder),
        "--processes",
        str(options.processes),
        "--alarm",
        str(options.alarm),
    ]
    running = {
        i: subprocess.Popen([*common, "--worker", str(i)]) for i in range(options.processes)
    }
    try:
        while running:
            time.sleep(0.5)
            for i, worker in list(running.items()):
                if worker.poll() is None:
                    continue
                del running[i]
                left = set(_seeds(options)[i :: options.processes]) - set(_results(options.folder))
                if left and worker.returncode:
                    running[i] = subprocess.Popen([*common, "--worker", str(i)])
    finally:
        for worker in running.values():
            worker.terminate()
    return _sum_up(options)


def _sum_up(options: argparse.Namespace) -> int:
    rows = {seed: row for seed, row in _results(options.folder).items() if seed in _seeds(options)}
    codes = collections.Counter(str(row["code"]) for row in rows.values())
    print(
        f"{len(rows):,} of {options.seeds:,} seeds; exit codes: "
        + ", ".join(f"{n} x {c}" for c, n in codes.most_common())
    )
    slow = sorted(rows.values(), key=lambda row: -row["seconds"])[:3]
    print("longest: " + ", ".join(f"{row['seconds']:.1f} s (seed {row['seed']})" for row in slow))
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows.values():
        for fault in row["faults"]:
            groups.setdefault(re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "#", fault)[:100], []).append(
                {**row, "fault": fault}
            )
    for several in sorted(groups.values(), key=len, reverse=True):
        first = several[0]
        if first["code"] is None:
            _save(options.folder, first["seed"])
        print(
            f"\n{len(several)} x {first['fault']}\n  {first.get('line', '')}\n  seeds "
            f"{', '.join(str(row['seed']) for row in several[:8])}"
        )
        print(
            f"  again: python -m tests.fuzz --replay {options.folder}/failure-{first['seed']}.json"
        )
    return int(bool(groups) or len(rows) < options.seeds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
