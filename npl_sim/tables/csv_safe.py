"""Write CSV files without cells that a spreadsheet runs as formulas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.core.disk.whole_file import whole_file

_FORMULA = "=+\\-@＝＋－＠﹢﹣−\t\r\n"
_LEAD = "\\s\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069\"'`‘’“”«»\x00-\x1f"
_RISKY = rf"'|[\t\r\n]|[{_LEAD}]*[{_FORMULA}]"
"""Start of a cell that a spreadsheet may run as a formula, also after spaces or quotes that it
drops, or in full-width characters."""

_NUMBER = r"[+-]?(?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?%?"
"""A plain number, which is unchanged."""


def _safe(texts: pd.Series) -> pd.Series:
    """Return texts with an apostrophe before each that may run as a formula."""
    risky = texts.str.match(_RISKY) & ~texts.str.fullmatch(_NUMBER)
    return texts.mask(risky, "'" + texts)


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without cells or headers that a spreadsheet runs as formulas.

    Put one apostrophe before each text that may run or begins with an apostrophe. Removing one
    leading apostrophe restores each raw value. Numbers, dates, truth values and plain negative
    numbers written as text do not change.
    """
    frame = frame.copy()
    for i in range(frame.shape[1]):
        column = frame.iloc[:, i]
        if column.dtype.kind in "iufbMm":
            continue
        texts = np.array([isinstance(value, str) for value in column], dtype=bool)
        if texts.any():
            cells = column.astype(object)
            cells[texts] = _safe(column[texts].astype("str")).to_numpy(dtype=object)
            frame.isetitem(i, cells)
    frame.columns = pd.Index(_safe(pd.Series([str(c) for c in frame.columns], dtype="str")))
    return frame


def write_csv(frame: pd.DataFrame, path: Path, mark: bool = True, **options: Any) -> None:
    """Write a table as UTF-8 CSV without its index, made `harmless`, as one atomic step.

    Parameters
    ----------
    frame
        The table.
    path
        The file.
    mark
        Whether it begins with the mark by which spreadsheets recognize UTF-8.
    options
        Further arguments of `pandas.DataFrame.to_csv`.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    encoding = "utf-8-sig" if mark else "utf-8"
    with whole_file(path) as draft:
        harmless(frame).to_csv(
            draft, index=False, encoding=encoding, lineterminator="\n", **options
        )
