"""Where to simulate: threads of this process, or workers of a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.errors import NplSimError, quoted
from npl_sim.engine.backends.dask.address import parse_address

if TYPE_CHECKING:
    from npl_sim.engine.backends.threads import Backend

INSECURE = "--dask-insecure"


@dataclass(frozen=True)
class BackendChoice:
    """Options on where to simulate."""

    kind: str = "threads"
    """``threads`` or ``dask``."""
    address: str | None = None
    """Address of a scheduler; defaults to workers on this machine."""
    workers: int | None = None
    """Number of workers on this machine; defaults to one for each core."""
    tls: Path | None = None
    """Folder of certificates for the scheduler; defaults to those of the settings of Dask."""
    insecure: bool = False
    """Whether a scheduler on another machine may be without TLS."""

    def check(self) -> None:
        """Refuse options that do not fit each other, and an invalid address.

        Raises
        ------
        NplSimError
            If they do not fit.
        """
        if self.kind not in ("threads", "dask"):
            raise NplSimError(f"--backend: got {quoted(self.kind)}; expected threads or dask")
        if self.kind == "threads" and self.address is not None:
            raise NplSimError(
                "--dask: is the address of a scheduler; expected --backend dask with it"
            )
        if self.address is None:
            for option, given in (("--dask-tls", self.tls is not None), (INSECURE, self.insecure)):
                if given:
                    raise NplSimError(
                        f"{option}: is for a running scheduler; expected --backend dask --dask "
                        "ADDRESS with it"
                    )
            return
        address = parse_address(self.address)
        if address.encrypted and self.insecure:
            raise NplSimError(
                f"{INSECURE}: got {address}, which is secure; expected a tcp:// address"
            )
        if not address.encrypted and self.tls is not None:
            raise NplSimError(
                f"--dask-tls: is for tls:// addresses; got {address}, which is without TLS; "
                f"expected tls://{str(address).partition('://')[2]}"
            )

    @contextmanager
    def open(self) -> Iterator[Backend | None]:
        """Yield the workers of a Dask cluster, or None for the threads of this process.

        Raises
        ------
        NplSimError
            If the options do not fit, or the cluster cannot be reached.
        """
        self.check()
        if self.kind == "threads":
            yield None
            return
        from npl_sim.engine.backends.dask.backend import Dask

        with Dask(
            self.address,
            self.workers or os.cpu_count() or 1,
            certificates=self.tls,
            insecure=self.insecure,
        ) as cluster:
            yield cluster
