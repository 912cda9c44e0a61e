"""Base of everything that the API returns: tables, figures, summary, and a run folder."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.errors import NplSimError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.reports.report import Report
    from npl_sim.runs.folder import Run, SaveOptions
    from npl_sim.runs.place import RunPlace

__all__ = ["Result", "Summary"]


class Summary:
    """Summary of a result: text for people, values for programs.

    Attributes
    ----------
    text : str
        The summary as the command line prints it.
    values : dict
        The same as plain data that JSON can hold, as in `summary.json` of a run folder.
    """

    def __init__(self, text: str, values: dict[str, Any]) -> None:
        self.text = text
        self.values = values

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


class Result(ABC):
    """A result with text, tables, figures, HTML and a run folder."""

    @abstractmethod
    def _tables(self) -> Mapping[str, pd.DataFrame]:
        """Return the tables by name; called once."""

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Return the drawing function of each figure by name, the most important first."""
        return {}

    @abstractmethod
    def _report(self) -> Report | str:
        """Return the report, or its text."""

    @abstractmethod
    def _values(self) -> dict[str, Any]:
        """Return the summary as plain data."""

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame]:
        return dict(self._tables())

    @property
    def frames(self) -> tuple[str, ...]:
        """Names of the tables that `to_frame` returns."""
        return tuple(self._frames)

    def to_frame(self, name: str | None = None) -> pd.DataFrame:
        """Return a table.

        Parameters
        ----------
        name : str, optional
            One of `frames`; defaults to the first.

        Returns
        -------
        pandas.DataFrame
            A copy. Amounts are in the package's currency, rates per year and times in months,
            unless a column states another unit. ``attrs["units"]`` has the units of the columns
            if the table states them.

        Raises
        ------
        NplSimError
            If there is no such table.
        """
        found = self._frames.get(next(iter(self._frames), "") if name is None else name)
        if found is None:
            raise NplSimError(f"to_frame: got {name!r}; expected one of {', '.join(self.frames)}")
        return found.copy()

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures that `plot` draws."""
        return tuple(self._figures())

    def plot(self, name: str | None = None) -> Figure:
        """Draw a figure.

        Parameters
        ----------
        name : str, optional
            One of `figures`; defaults to the first.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        NplSimError
            If there is no such figure.
        """
        drawings = self._figures()
        draw = drawings.get(next(iter(drawings), "") if name is None else name)
        if draw is None:
            known = ", ".join(drawings) or "none, since this result has no figures"
            raise NplSimError(f"plot: got {name!r}; expected one of {known}")
        return draw()

    def summary(self) -> Summary:
        """Return the summary of the result, as the command line prints it.

        Returns
        -------
        Summary
            Text with `.text`, plain data with `.values`.
        """
        return Summary(self._text, self._values())

    @cached_property
    def _text(self) -> str:
        report = self._report()
        if isinstance(report, str):
            return report.strip("\n")
        from npl_sim.api.text import report_text

        return report_text(report)

    def __repr__(self) -> str:
        return self._text.split("\n\n")[0]

    def _repr_html_(self) -> str:
        """Return the summary, and the first figure where there is one, for notebooks."""
        report = self._report()
        if isinstance(report, str):
            parts = [f"<pre>{html.escape(self._text)}</pre>"]
        else:
            from npl_sim.reports.writers.html import report_html

            parts = [report_html(report)]
        drawings = self._figures()
        if drawings:
            from npl_sim.reports.writers.html import picture

            name, draw = next(iter(drawings.items()))
            image = picture(draw(), name)
            parts.append(
                f'<img src="{image.source}" alt="{html.escape(name)}" style="max-width: 60em">'
            )
        return f'<div class="npl-sim">{"".join(parts)}</div>'

    def save(
        self,
        folder: str | Path,
        *,
        figures: bool = True,
        cash: bool = True,
        overwrite: bool = False,
    ) -> Run:
        """Write a run folder, whole or not at all.

        Parameters
        ----------
        folder : str or Path
            Folder to write; `npl_sim.open_run` reads it.
        figures : bool, default True
            Whether to draw the figures.
        cash : bool, default True
            Whether to store the simulated cash by scenario and month.
        overwrite : bool, default False
            Whether to replace a run that exists there.

        Returns
        -------
        Run
            The finished run.

        Raises
        ------
        RunFolderError
            If the folder exists, is not a run folder, or cannot be written.
        NplSimError
            If the result has no run folder of its own.
        """
        from npl_sim.runs.folder import SaveOptions
        from npl_sim.runs.place import RunPlace

        place = RunPlace(Path(folder), overwrite)
        try:
            return self._save(place, SaveOptions(figures=figures, cash=cash))
        finally:
            place.release()

    def _save(self, place: RunPlace, options: SaveOptions) -> Run:
        name = type(self).__name__.lower()
        raise NplSimError(f"save: a {name} has no run folder of its own; save a price of it")
