"""Protocols for progress and messages of long work."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of one piece of work."""

    def start(self, total: int, label: str) -> None:
        """Begin `total` units of work."""

    def advance(self, done: int) -> None:
        """Count `done` more units."""

    def finish(self) -> None:
        """End, whether or not the work succeeded."""


class Listener(Progress, Protocol):
    """Receives the progress and the messages of a use case."""

    def message(self, line: str) -> None:
        """Show one line of text."""


class Silent:
    """Listener that shows nothing."""

    def start(self, total: int, label: str) -> None:
        """Begin."""

    def advance(self, done: int) -> None:
        """Count."""

    def finish(self) -> None:
        """End."""

    def message(self, line: str) -> None:
        """Drop the line."""
