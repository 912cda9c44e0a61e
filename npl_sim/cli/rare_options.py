"""Definitions of options that few commands share: where to simulate, packages together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["BACKEND", "RARE", "TOGETHER"]

RARE: dict[str, tuple[Any, Any]] = {
    "backend": (
        Annotated[
            str,
            typer.Option(
                metavar="threads|dask",
                help="Where to simulate: in this process, or on workers of a Dask cluster.",
            ),
        ],
        "threads",
    ),
    "dask": (
        Annotated[
            str | None,
            typer.Option(
                metavar="ADDRESS",
                help="Scheduler of a running cluster, such as tls://10.0.0.5:8786; defaults to "
                "--threads workers on this machine.",
            ),
        ],
        None,
    ),
    "dask_tls": (
        Annotated[
            Path | None,
            typer.Option(
                metavar="FOLDER",
                help="Certificates for a tls:// scheduler: ca.pem, cert.pem and key.pem; defaults "
                "to those of the settings of Dask.",
            ),
        ],
        None,
    ),
    "dask_insecure": (
        Annotated[
            bool,
            typer.Option(
                "--dask-insecure",
                help="Allow a tcp:// scheduler on another machine, although anyone who reaches "
                "its port can run programs in your name.",
            ),
        ],
        False,
    ),
    "together": (
        Annotated[
            bool,
            typer.Option(
                "--together", help="Value all packages on the same scenarios, and their sum."
            ),
        ],
        False,
    ),
    "currency": (
        Annotated[
            str | None,
            typer.Option(
                help="With --together: reporting currency, if the packages have several."
            ),
        ],
        None,
    ),
    "rates": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--rate",
                metavar="CURRENCY=RATE",
                help="With --together: reporting currency for one unit of another, such as "
                "EUR=7.8; may be repeated.",
            ),
        ],
        None,
    ),
}
"""Annotation and default of each option, by the name of its parameter."""

BACKEND = ("backend", "dask", "dask_tls", "dask_insecure")
"""Options on where to simulate."""
TOGETHER = ("together", "currency", "rates")
"""Options of many packages on the same scenarios."""
