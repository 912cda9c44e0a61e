"""History of measurements: one line of JSON for each run of the suite."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["HISTORY", "append", "commit", "measured", "read"]

HISTORY = Path(__file__).parent / "history.jsonl"
ROOT = Path(__file__).parents[1]

WRITTEN = ("benchmarks/README.md", "benchmarks/figures", "benchmarks/history.jsonl")
"""Files that the suite writes; changes of them are no changes of the program."""


EARLIER_NAMES = {
    "scale": {"keep": "detail", "lower": "compile_model"},
    "scaling": {"walk": "kernel", "walk_tiles": "kernel_tiles"},
    "start": {"lowering": "compile the model"},
}
"""Current names of entries that older records name differently, by measurement."""


def commit(root: Path = ROOT) -> str:
    """Return the commit of the working tree, with a + if the tree differs from it."""

    def git(*arguments: str) -> str:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=root, capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return ""
        return done.stdout.strip()

    head = git("rev-parse", "--short=12", "HEAD")
    changed = git("status", "--porcelain", "--", ".", *(f":(exclude){path}" for path in WRITTEN))
    return head + "+" * bool(changed) if head else "unknown"


def measured(at_start: str, at_end: str) -> str:
    """Return the commit of a run, with a + if the working tree changed during the run."""
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
        Commit when the run began; the current one is compared with it.
    facts
        Facts of the machine.
    results, load
        Result of each measurement, and the load before it.
    path
        File of the history.
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
    """Return all records, oldest first, with the current names of their entries."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines if line.strip()]
    for record in records:
        for name, results in record["results"].items():
            record["results"][name] = _renamed(results, EARLIER_NAMES.get(name, {}))
    return records


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Return a value whose keys have their current names."""
    if isinstance(value, dict):
        return {names.get(k, k): _renamed(v, names) for k, v in value.items()}
    return [_renamed(v, names) for v in value] if isinstance(value, list) else value
