"""Faults of the words of a command line, told without endless lines and control characters."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from npl_sim.errors import LONGEST_VALUE, escaped, shortened

__all__ = ["PlainUsage"]

LONGEST_MESSAGE = 10 * LONGEST_VALUE
"""Characters of a message on the words of a command line."""

# Newer versions of typer hold a click of their own, so that its class is taken from what typer shows.
_UsageError: Any = typer.BadParameter.__base__


class PlainUsage(TyperGroup):
    """The commands; a message that quotes a word of the command line is shortened and escaped."""

    def make_context(self, *words: Any, **more: Any) -> Any:
        """Read the words before the command."""
        try:
            return super().make_context(*words, **more)
        except _UsageError as error:
            raise _plain(error) from None

    def invoke(self, ctx: Any) -> Any:
        """Find the command, read its words and run it."""
        try:
            return super().invoke(ctx)
        except _UsageError as error:
            raise _plain(error) from None


def _plain(error: Any) -> Any:
    error.message = shortened(escaped(error.message), LONGEST_MESSAGE)
    return error
