"""Compiled code on disk: one file for each function, processor and signature.

Numba's own cache has one index for all processors, which two processes may overwrite in turn. It
fails where a file is truncated. Here a file carries the hash of its content. A file that is
truncated, changed, unreadable or another user's counts as missing, and is compiled again.

The files are pickles, which are code. They are read only from a folder of `_folder.find_folder`.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from npl_sim.core.errors import known, quoted
from npl_sim.kernels._folder import is_private

__all__ = ["CodeCache"]

MAGIC = b"npl_sim machine code 1\n"
DIGEST = hashlib.sha256().digest_size
ENDING = ".nbc"


def _mark(value: Any) -> str:
    """Return a short hash of the text of a value, for the name of a file."""
    return hashlib.blake2b(str(value).encode(), digest_size=10).hexdigest()


class CodeCache(_Cache):  # type: ignore[misc]
    """The cache of one compiled function, as numba asks for it.

    Parameters
    ----------
    function
        The function in Python.
    folder
        Folder of its machine code. Without one, nothing is stored.
    missed
        Called before the function is compiled because no file of it fits.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        folder: Path | None,
        missed: Callable[[], None] | None = None,
    ) -> None:
        self._name = function.__name__
        self._folder = folder
        self._missed = missed

    @property
    def cache_path(self) -> str:
        """The folder."""
        return str(self._folder or "")

    def enable(self) -> None:
        """Do nothing: the cache is always on."""

    def disable(self) -> None:
        """Do nothing: the cache is always on."""

    def flush(self) -> None:
        """Remove the files of the function."""
        for path in self._files(""):
            _remove(path)

    def _files(self, processor: str) -> list[Path]:
        """Return the function's files, all or those of a processor."""
        if self._folder is None:
            return []
        return sorted(self._folder.glob(f"{self._name}-{processor}*{ENDING}"))

    def _file(self, signature: Any, codegen: Any) -> Path:
        """Return the file for a signature and a processor."""
        folder = known(self._folder, "the folder of the machine code")
        return (
            folder
            / f"{self._name}-{_mark(codegen.magic_tuple())}-{_mark(_types(signature))}{ENDING}"
        )

    def holds(self, codegen: Any) -> bool:
        """Return whether a whole file of the function for a processor is there."""
        return any(
            _payload(path) is not None for path in self._files(f"{_mark(codegen.magic_tuple())}-")
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function for a signature; none if it must be compiled.

        Numba's own cache fills all registries first (`refresh`), which takes most of the time to
        load a function. Stored code does not need them; a compilation fills them itself.
        """
        found = None
        if self._folder is not None:
            path = self._file(sig, target_context.codegen())
            payload = _payload(path)
            if payload is not None:
                # Whole, yet not to be used: any reason means that it must be compiled anew.
                with contextlib.suppress(Exception):
                    found = CompileResult._rebuild(target_context, *pickle.loads(payload))
        if found is None and self._missed is not None:
            self._missed()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function; where that fails the run goes on."""
        if self._folder is None:
            return
        path = self._file(sig, data.codegen)
        try:
            if path.is_dir() and not path.is_symlink():
                _remove(path)
            _write(path, dumps(data._reduce()))
        except OSError as error:
            logging.getLogger("npl_sim").warning(
                "the compiled kernel could not be kept in %s (%s): the next run compiles it again",
                quoted(str(self._folder), 500),
                error.strerror or error,
            )


def _types(signature: Any) -> str:
    """Return the types of a call's arguments as text."""
    return ", ".join(map(str, getattr(signature, "args", signature)))


def _payload(path: Path) -> bytes | None:
    """Return the content of a file, or None if it is missing, another user's, or damaged."""
    try:
        # The flags are bits that differ, so their sum is their union.
        optional = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
        handle = os.open(path, os.O_RDONLY | optional)
        with os.fdopen(handle, "rb") as file:
            if not is_private(os.fstat(file.fileno())):
                return None
            content = file.read()
    except OSError:
        return None
    head, digest, payload = (
        content[: len(MAGIC)],
        content[len(MAGIC) : len(MAGIC) + DIGEST],
        content[len(MAGIC) + DIGEST :],
    )
    whole = head == MAGIC and digest == hashlib.sha256(payload).digest()
    return payload if whole else None


def _write(path: Path, payload: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left then.
    """
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + hashlib.sha256(payload).digest() + payload)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def _remove(path: Path) -> None:
    """Remove a file, or a folder of that name."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
