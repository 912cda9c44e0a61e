"""Groups of commands in the help, and old names of commands."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from typer.core import TyperGroup

from npl_sim.cli.messages import print_error
from npl_sim.cli.options import set_signature

__all__ = ["GROUPS", "GroupedCommands", "renamed"]

GROUPS = {
    "Start": ("init", "validate", "explain"),
    "Value": ("price", "bid", "sell", "batch", "compare"),
    "Dispose": ("deal run", "deal size", "channel"),
    "Learn": ("track",),
    "Tools": ("schema", "doctor"),
}
"""Commands by group, in the order of the help."""


class GroupedCommands(TyperGroup):
    """Group of commands whose help lists them by `GROUPS`."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands of each group with the first sentence of their help."""
        width = max(len(name) for names in GROUPS.values() for name in names)
        for title, names in GROUPS.items():
            rows = []
            for name in names:
                command: Any = self
                for part in name.split():
                    command = command.get_command(ctx, part)
                limit = max(formatter.width - width - 6, 20)
                rows.append((name.ljust(width), command.get_short_help_str(limit)))
            with formatter.section(title):
                formatter.write_dl(rows)


def renamed(function: Callable[..., Any], old: str, new: str) -> Callable[..., Any]:
    """Return a command under an old name, which warns and names the new one.

    Parameters
    ----------
    function
        The command.
    old, new
        Its names on the command line.
    """

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        print_error(f"warning: npl-sim {old} is deprecated; use npl-sim {new}")
        return function(*args, **kwargs)

    set_signature(command, inspect.signature(function, eval_str=True))
    return command
