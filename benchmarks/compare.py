"""Two commits side by side: `python -m benchmarks.compare OLD NEW [--rounds N]`.

Each commit is checked out into a folder of its own and runs in a process of its own; they take turns
(A B B A), so that a busy moment strikes both and neither always goes first. Each uses its own shipped study over
the same made tape, and compiles into a cache of its own that goes again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.inputs import TAPE_SEED, VALUATION_DATE
from benchmarks.measure import Times, machine_facts
from npl_sim.tape.synthetic import write_tape

__all__ = ["compare", "order", "text"]

ROOT = Path(__file__).parents[1]
TASKS = ("read", "simulate, 1 thread", "price, 2 threads")


class Worker:
    """A commit's process."""

    def __init__(self, folder: Path, cache: Path, overrides: dict[str, Any]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), str(folder / "configs/studies/first_package.yaml"), json.dumps(overrides)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "NPL_SIM_CACHE_DIR": str(cache)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.start = self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("a commit's process ended; its message is above")
        return dict(json.loads(line))

    def ask(self, task: str) -> dict[str, Any]:
        """Have a task done and return its seconds."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{task}\n")
        self.process.stdin.flush()
        return self._answer()

    def stop(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Lay a commit out in a folder that goes again."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "tree"
        done = subprocess.run(
            ["git", "worktree", "add", "--detach", str(place), commit],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{commit}: {done.stderr.strip().splitlines()[-1]}")
        try:
            yield place
        finally:
            subprocess.run(
                ["git", "worktree", "remove", "--force", str(place)],
                cwd=ROOT,
                check=False,
                capture_output=True,
            )


def compare(commits: tuple[str, str], loans: int, scenarios: int, rounds: int) -> str:
    """Return the comparison of two commits as text."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tape = write_tape(scratch / "tape", loans, TAPE_SEED, VALUATION_DATE)
        words = {
            k: str(v)
            for k, v in tape.model_dump(mode="json").items()
            if k in ("loans", "collateral", "guarantors")
        }
        overrides = {
            "tape": {**words, "on_error": "quarantine"},
            "simulation.scenarios": scenarios,
        }
        workers = {}
        for name, commit in zip(("old", "new"), commits, strict=True):
            folder = stack.enter_context(checked_out(commit))
            workers[name] = Worker(folder, scratch / f"cache of {name}", overrides)
            stack.callback(workers[name].stop)
        seconds: dict[str, dict[str, list[float]]] = {t: {"old": [], "new": []} for t in TASKS}
        prices = {}
        for turn in range(-1, rounds):
            for task in TASKS:
                for name in order(turn):
                    answer = workers[name].ask(task)
                    prices[name] = answer.get("price", prices.get(name))
                    if turn >= 0:
                        seconds[task][name].append(answer["seconds"])
        starts = {n: w.start for n, w in workers.items()}
        return text(commits, loans, scenarios, seconds, starts, prices, machine_facts())


def order(turn: int) -> tuple[str, str]:
    """Return which side goes first in a round, and which second."""
    return ("old", "new") if turn % 2 == 0 else ("new", "old")


def text(
    commits: tuple[str, str],
    loans: int,
    scenarios: int,
    seconds: dict[str, dict[str, list[float]]],
    starts: dict[str, dict[str, float]],
    prices: dict[str, float],
    facts: dict[str, str],
) -> str:
    """Return the table of two commits.

    Parameters
    ----------
    commits
        Old and new.
    loans, scenarios
        Size of the package.
    seconds
        By task and side, one for each round.
    starts
        By side: seconds of the imports and of the first price.
    prices
        By side: the mean price.
    facts
        Of the machine.
    """
    lines = [
        f"{commits[0]} (old) and {commits[1]} (new): {loans:,} loans x {scenarios:,} scenarios; {facts['Processor']}, {facts['Cores']} cores",
        f"{'task':<22}{'old, s':>10}{'new, s':>10}  new / old (quartiles)",
    ]
    for task, times in ((t, Times(s)) for t, s in seconds.items()):
        old, new = (times.spread(side).middle for side in ("old", "new"))
        lines.append(f"{task:<22}{old:>10.3f}{new:>10.3f}  {times.ratio('new', 'old').text()}")
    for what, how in (("import", "once"), ("first price", "once, compilation in it")):
        lines.append(f"{what:<22}{starts['old'][what]:>10.3f}{starts['new'][what]:>10.3f}  {how}")
    same = prices["old"] == prices["new"]
    lines.append(
        f"mean price: the same, {prices['old']:,.2f}" if same
        else f"mean price: {prices['old']:,.2f} (old), {prices['new']:,.2f} (new): the commits do not compute the same"
    )  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", help="commit, tag or branch")
    parser.add_argument(
        "new", nargs="?", default="HEAD", help="commit, tag or branch; by default HEAD"
    )
    parser.add_argument("--loans", type=int, default=10_000)
    parser.add_argument("--scenarios", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    print(compare((wanted.old, wanted.new), wanted.loans, wanted.scenarios, wanted.rounds))


if __name__ == "__main__":
    main()
