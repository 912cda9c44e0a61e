"""Temporary folders: rows of streamed runs, files of local workers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from npl_sim.core.caller import argument
from npl_sim.core.disk.claims import Claim
from npl_sim.core.errors import CapacityError


class TemporaryStore:
    """A new folder, removed with the last reference to this object or with the process.

    If the process is killed, the next one removes the folder (see `npl_sim.core.disk.claims`).

    Parameters
    ----------
    need, remedy
        Purpose of the folder and advice for the user, for the error message.

    Raises
    ------
    CapacityError
        If the folder cannot be made.
    """

    def __init__(
        self,
        need: str = "simulation.detail: streamed needs a folder for its rows",
        remedy: str = "",
    ) -> None:
        remedy = remedy or f"set TMPDIR, or give the folder {argument('work')}"
        try:
            self._claim = Claim(Path(tempfile.gettempdir()))
        except OSError as error:
            raise CapacityError(f"{need} ({error.strerror}); {remedy}") from None
        self.folder = self._claim.folder

    def remove(self) -> None:
        """Remove the folder now."""
        self._claim.release()
