"""One setting in the table of assumptions."""

from __future__ import annotations

from dataclasses import dataclass

from npl_sim.core.issues import KeyPath


@dataclass(frozen=True)
class Assumption:
    """One setting of a study."""

    section: str
    key: str
    """Its place in the study."""
    value: str
    """Its value with its unit, as text."""
    origin: str
    """Its origin."""
    stated: bool
    """Whether the study states it; otherwise it is a default."""
    path: KeyPath = ()
    """Keys and positions that lead to it."""
