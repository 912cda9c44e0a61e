"""What a work folder holds that a run will not go on from, in words, before the run begins."""

from __future__ import annotations

from pathlib import Path

from npl_sim.core.layout import TILE
from npl_sim.engine.resource_estimate import KEPT_KINDS

__all__ = ["leftover"]


def leftover(folder: Path, keep: str) -> tuple[str, ...]:
    """Return a sentence for each other detail whose scenarios lie in a work folder.

    Parameters
    ----------
    folder
        The folder; it need not exist.
    keep
        Detail of the run; files of that are used.
    """
    found = {other: _scenarios(folder, other) for other in KEPT_KINDS if other != keep}
    own = _scenarios(folder, keep)
    begins = f"goes on from its own {own:,}" if own else "starts at zero"
    return tuple(
        f"{folder}: holds {count:,} scenarios kept as {other}; this run keeps {keep}, does not use them and {begins}. To "
        f"go on from them set simulation.detail: {other}, with a memory_limit_gib that bears it"
        for other, count in found.items()
        if count > own
    )


def _scenarios(folder: Path, keep: str) -> int:
    """Return how many scenarios of a detail lie there, by the names of the files."""
    ends = [int(path.stem.rsplit("-", 1)[1]) for path in folder.glob(f"{keep}-rows-*-*.block")]
    return max(ends, default=0) * TILE
