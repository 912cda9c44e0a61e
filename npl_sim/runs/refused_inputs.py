"""Refuse results of the program as inputs: an output is never an input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from npl_sim.core.errors import NplSimError
from npl_sim.study.inputs.sheet_rows import own_workbook

_RUN = "manifest.json"
"""File by which a run folder is known."""


def refuse_results(paths: Sequence[Path]) -> None:
    """Refuse files that the program wrote: workbooks of results or inputs, and run folders.

    Parameters
    ----------
    paths
        Files that a bank is taken to have written.

    Raises
    ------
    NplSimError
        With every file that is refused.
    """
    errors = [f"{path}: {why}" for path in paths if (why := _why(path))]
    if errors:
        raise NplSimError("\n".join(errors))


def _why(path: Path) -> str:
    """Return why a file is refused; empty if it is not."""
    if path.is_dir():
        return "is a folder; expected the files of a bank"
    if (path.parent / _RUN).is_file() and (path.parent / "study.json").is_file():
        return "lies in the folder of a run, a result; expected the file of a bank"
    try:
        head = path.read_bytes() if path.suffix.lower() in (".xlsx", ".xlsm") else b""
    except OSError:
        return ""  # reading it reports why
    own = own_workbook(head) if head[:2] == b"PK" else ""
    return f"is {own}; expected the workbook of a bank" if own else ""
