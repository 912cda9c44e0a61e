"""How a long run says where it stands."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of work as it is done."""

    def start(self, total: int, label: str) -> None:
        """Begin `total` units of work."""

    def advance(self, done: int) -> None:
        """Count `done` more units."""

    def finish(self) -> None:
        """End, done or not."""


class Silent:
    """Says nothing."""

    def start(self, total: int, label: str) -> None:
        """Begin."""

    def advance(self, done: int) -> None:
        """Count."""

    def finish(self) -> None:
        """End."""
