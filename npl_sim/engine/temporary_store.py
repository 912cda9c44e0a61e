"""Folders for what need not outlive its process: rows of streamed runs, files of workers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from npl_sim.core.disk.claims import Claim
from npl_sim.core.errors import CapacityError

__all__ = ["Scratch"]


class Scratch:
    """A new folder, removed with the last that refers to this object, or with this process.

    Where the process is killed, the next one removes it (see `npl_sim.core.disk.claims`).

    Parameters
    ----------
    need, remedy
        What needs the folder, and what to do where none can be made, for the message.

    Attributes
    ----------
    folder
        The folder.

    Raises
    ------
    CapacityError
        If none can be made.
    """

    def __init__(
        self,
        need: str = "simulation.detail: streamed needs a folder for its rows",
        remedy: str = "set TMPDIR, or give --work FOLDER",
    ) -> None:
        try:
            self._claim = Claim(Path(tempfile.gettempdir()))
        except OSError as error:
            raise CapacityError(f"{need} ({error.strerror}); {remedy}") from None
        self.folder = self._claim.folder

    def remove(self) -> None:
        """Remove the folder now."""
        self._claim.release()
