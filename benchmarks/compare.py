"""Compare two commits: `python -m benchmarks.compare OLD NEW [--rounds N]`.

Each commit is checked out into its own folder and runs in its own process. The commits alternate
(A B B A), so that other load on the machine affects both. Each commit uses its own shipped study
over the same synthetic tape. It compiles into its own cache, which is deleted afterwards.
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
STUDY = Path("configs/studies/first_package.yaml")
TASKS = ("read", "simulate, 1 thread", "price, 2 threads")


class Worker:
    """Process that runs one commit."""

    def __init__(self, folder: Path, cache: Path, overrides: dict[str, Any]) -> None:
        script = str(Path(__file__).with_name("worker.py"))
        self.process = subprocess.Popen(
            [sys.executable, script, str(folder / STUDY), json.dumps(overrides)],
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
            raise SystemExit("the process of a commit ended; see its message above")
        return dict(json.loads(line))

    def run(self, task: str) -> dict[str, Any]:
        """Run a task and return its seconds."""
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
    """Check out a commit into a temporary folder."""
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
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tape = write_tape(temporary / "tape", loans, TAPE_SEED, VALUATION_DATE)
        files = {
            k: str(v)
            for k, v in tape.model_dump(mode="json").items()
            if k in ("loans", "collateral", "guarantors")
        }
        overrides = {
            "tape": {**files, "on_error": "quarantine"},
            "simulation.scenarios": scenarios,
        }
        workers = {}
        for name, commit in zip(("old", "new"), commits, strict=True):
            folder = stack.enter_context(checked_out(commit))
            workers[name] = Worker(folder, temporary / f"cache of {name}", overrides)
            stack.callback(workers[name].stop)
        seconds: dict[str, dict[str, list[float]]] = {t: {"old": [], "new": []} for t in TASKS}
        prices = {}
        for turn in range(-1, rounds):
            for task in TASKS:
                for name in order(turn):
                    answer = workers[name].run(task)
                    prices[name] = answer.get("price", prices.get(name))
                    if turn >= 0:
                        seconds[task][name].append(answer["seconds"])
        starts = {n: w.start for n, w in workers.items()}
        return text(commits, loans, scenarios, seconds, starts, prices, machine_facts())


def order(turn: int) -> tuple[str, str]:
    """Return the order of the two commits in a round."""
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
    """Return the comparison of two commits as a table.

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
        Facts of the machine.
    """
    lines = [
        f"{commits[0]} (old) and {commits[1]} (new): {loans:,} loans x {scenarios:,} scenarios; "
        f"{facts['Processor']}, {facts['Cores']} cores",
        f"{'task':<22}{'old, s':>10}{'new, s':>10}  new / old (quartiles)",
    ]
    for task, times in ((t, Times(s)) for t, s in seconds.items()):
        old, new = (times.spread(side).middle for side in ("old", "new"))
        lines.append(f"{task:<22}{old:>10.3f}{new:>10.3f}  {times.ratio('new', 'old').text()}")
    for what, how in (("import", "once"), ("first price", "once, with compilation")):
        lines.append(f"{what:<22}{starts['old'][what]:>10.3f}{starts['new'][what]:>10.3f}  {how}")
    old_price, new_price = prices["old"], prices["new"]
    if old_price == new_price:
        lines.append(f"mean price: the same, {old_price:,.2f}")
    else:
        lines.append(
            f"mean price: {old_price:,.2f} (old), {new_price:,.2f} (new): "
            "the commits compute different prices"
        )
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
    options = parser.parse_args()
    print(compare((options.old, options.new), options.loans, options.scenarios, options.rounds))


if __name__ == "__main__":
    main()
