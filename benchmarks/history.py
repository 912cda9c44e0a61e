"""The record of what was measured: one line of JSON for each run of the suite."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["HISTORY", "append", "commit", "measured", "read"]

HISTORY = Path(__file__).parent / "history.jsonl"
ROOT = Path(__file__).parents[1]

WRITTEN = ("benchmarks/README.md", "benchmarks/figures", "benchmarks/history.jsonl")
"""What the suite writes itself: no change of the program. Any other file, of the suite too, is one."""


def commit(root: Path = ROOT) -> str:
    """Return the commit that stands in the tree, with a + where the tree differs from it."""

    def git(*words: str) -> str:
        try:
            done = subprocess.run(
                ["git", *words], cwd=root, capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return ""
        return done.stdout.strip()

    head = git("rev-parse", "--short=12", "HEAD")
    changed = git("status", "--porcelain", "--", ".", *(f":(exclude){path}" for path in WRITTEN))
    return head + "+" * bool(changed) if head else "unknown"


def measured(at_start: str, at_end: str) -> str:
    """Return the commit of a run by what stood in the tree before and after it: a + where that moved."""
    return at_start if at_start == at_end or at_start.endswith("+") else at_start + "+"


def append(
    at_start: str,
    facts: dict[str, str],
    results: dict[str, Any],
    load: dict[str, Any],
    path: Path = HISTORY,
) -> dict[str, Any]:
    """Add a record and return it.

    Parameters
    ----------
    at_start
        The commit when the run began; what stands in the tree now is compared with it.
    facts
        Of the machine.
    results, load
        By measurement: what was found, and the load before it.
    path
        The file.
    """
    record = {
        "commit": measured(at_start, commit()),
        "facts": facts,
        "results": results,
        "load": load,
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, sort_keys=True) + "\n")
    return record


def read(path: Path = HISTORY) -> list[dict[str, Any]]:
    """Return all records, oldest first."""
    if not path.is_file():
        return []
    return [
        json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
