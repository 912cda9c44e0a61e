"""Packages after their purchase: cash that came against the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.api.finished import FinishedRun
from npl_sim.api.result import Result
from npl_sim.api.studies import Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.analysis.track.tracking import Tracking
    from npl_sim.core.progress import Listener
    from npl_sim.reports.report import Report
    from npl_sim.runs.folder import Run, SaveOptions
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.track import TrackResult

__all__ = ["TrackedCash", "track"]


class TrackedCash(Result):
    """Cash that came against the plan, forecast of the rest, returns and amortized cost.

    Make one with `npl_sim.track`.

    Attributes
    ----------
    result : npl_sim.runs.track.TrackResult
        The result as the commands use it.
    """

    def __init__(self, result: TrackResult) -> None:
        self.result = result

    @property
    def tracking(self) -> Tracking:
        """Comparison, forecast, returns and statements."""
        return self.result.tracking

    @property
    def alarms(self) -> pd.DataFrame:
        """Figures that differ from the plan by more than chance, the least likely first."""
        return self.tracking.comparison.alarms.copy()

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        from npl_sim.reports.track.frames import frames

        return frames(self.tracking)

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.track.figures import drawings

        return drawings(self.tracking)

    def _report(self) -> Report:
        from npl_sim.reports.track.text import track_report

        return track_report(self.tracking)

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.track.frames import summary

        return summary(self.tracking)

    def _save(self, place: RunPlace, options: SaveOptions) -> Run:
        from npl_sim.runs.track import save_track

        return save_track(self.result, place, options)


def track(
    plan: Study | FinishedRun,
    cash: str | Path,
    *,
    as_of: date | None = None,
    price_paid: float | None = None,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
    listener: Listener | None = None,
) -> TrackedCash:
    r"""Compare the cash that came from a package with its plan, and forecast the rest.

    Parameters
    ----------
    plan : Study or FinishedRun
        The study of the plan, which is simulated. Or a run of it that was saved with its cash,
        which is then split by the groups of that run only.
    cash : str or Path
        File of the cash that came: one row a payment, or one column a month.
    as_of : date, optional
        Date up to which cash is known; defaults to the end of the month of the last payment.
    price_paid : float, optional
        Price with its transaction costs [package currency]; defaults to ``pricing.prices`` if it
        has one price.
    sheet : str, optional
        Sheet of a workbook; defaults to the first.
    columns : mapping, optional
        Headers of the file that are not known, by column, such as ``{"amount": "Betrag"}``.
    listener : Listener, optional
        Receives progress and messages; defaults to none.

    Returns
    -------
    TrackedCash

    Raises
    ------
    TapeError
        If the tape or the file of cash cannot be used.

    Notes
    -----
    All figures are tested together: a plan that is right gives any false alarm with a chance of
    5 %. The forecast weights the scenarios near the cash received. `docs/track.md` has the
    formulas.
    """
    from npl_sim.runs.track import TrackOptions, track_run, track_study

    options = TrackOptions(Path(cash), as_of, price_paid, sheet, columns or {})
    if isinstance(plan, FinishedRun):
        return TrackedCash(track_run(plan.folder, options))
    return TrackedCash(track_study(plan.session, options, listener))
