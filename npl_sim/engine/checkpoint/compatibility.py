"""Resume compatibility: scenarios in a checkpoint folder that a run does not use."""

from __future__ import annotations

from pathlib import Path

from npl_sim.core.layout import TILE
from npl_sim.engine.resource_estimate import KINDS_IN_MEMORY


def unused_scenarios(folder: Path, keep: str) -> tuple[str, ...]:
    """Return a warning for each other detail with more scenarios in a checkpoint folder.

    Parameters
    ----------
    folder
        The folder; it may be absent.
    keep
        Detail of the run, whose files are used.
    """
    used = _scenarios(folder, keep)
    start = f"resumes from its own {used:,}" if used else "starts at zero"
    counts = {detail: _scenarios(folder, detail) for detail in KINDS_IN_MEMORY if detail != keep}
    return tuple(
        f"{folder}: holds {count:,} scenarios stored as {detail}; this run stores {keep}, "
        f"does not use them and {start}. To resume from them set simulation.detail: {detail}, "
        "with a sufficient memory_limit_gib"
        for detail, count in counts.items()
        if count > used
    )


def _scenarios(folder: Path, keep: str) -> int:
    """Return the scenarios of a detail in a folder, by the names of its files."""
    ends = [int(path.stem.rsplit("-", 1)[1]) for path in folder.glob(f"{keep}-rows-*-*.block")]
    return max(ends, default=0) * TILE
