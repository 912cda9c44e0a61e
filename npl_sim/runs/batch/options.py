"""Options of every run of a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from npl_sim.runs.backend_choice import BackendChoice


@dataclass(frozen=True)
class WorkerOptions:
    """Options of every run of a batch."""

    out: Path
    """Folder of the batch."""
    figures: bool = False
    """Whether to draw the figures."""
    cash: bool = False
    """Whether to store the cash of each run."""
    command: tuple[str, ...] = ()
    """Command line that asked for the batch."""
    debug: bool = False
    """Whether to report where an internal error happened."""
    backend: BackendChoice = field(default_factory=BackendChoice)
    """Where to simulate."""
    mask: bool = False
    """Whether names and ids are masked."""
    relative: bool = False
    """Whether paths are relative to the run folder."""
    within: tuple[Path, ...] = ()
    """Folders in each of which every file must lie."""
    prepare: Callable[[], None] | None = None
    """Function that the process calls as it starts."""
