"""The record of what was measured: one line of JSON for each run of the suite."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["HISTORY", "append", "commit", "read"]

HISTORY = Path(__file__).parent / "history.jsonl"
ROOT = Path(__file__).parents[1]


def commit() -> str:
    """Return the commit that is measured, with a + where the tree differs from it."""

    def git(*words: str) -> str:
        try:
            done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return ""
        return done.stdout.strip()

    # What the suite writes itself is no change of the program.
    changed = [line for line in git("status", "--porcelain").splitlines() if "benchmarks/" not in line]
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "") or "unknown"


def append(facts: dict[str, str], results: dict[str, Any], path: Path = HISTORY) -> dict[str, Any]:
    """Add a record and return it."""
    record = {"commit": commit(), "facts": facts, "results": results}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, sort_keys=True) + "\n")
    return record


def read(path: Path = HISTORY) -> list[dict[str, Any]]:
    """Return all records, oldest first."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
