"""What every run folder holds of a result: tables, summary and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.runs.folder import SaveOptions, write_json, write_tables

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Contents:
    """Tables, summary and figures of a result."""

    tables: Mapping[str, pd.DataFrame]
    """Tables by name."""
    summary: Mapping[str, Any]
    """Summary as plain data."""
    drawings: Mapping[str, Callable[[], Figure]]
    """Function that draws each figure, by name."""

    def write(self, draft: Path, options: SaveOptions) -> list[str]:
        """Write the files, figures last; return a warning for each figure that failed.

        Parameters
        ----------
        draft
            The run folder.
        options
            Contents of the folder.
        """
        from npl_sim.reports.figure_files import save_each

        undrawn: list[str] = []
        write_tables(draft, self.tables)
        write_json(draft / "summary.json", self.summary)
        if options.figures:
            save_each(self.drawings, draft / "figures", failed=undrawn)
        return undrawn
