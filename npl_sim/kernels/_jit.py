"""The one decorator for compiled functions, with a cache that cannot serve stale code.

Numba's own cache looks only at the file of the outermost function; a change in a callee's file would
go unseen. So the cache lives in a folder named by a hash of every file that is compiled together.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import numpy as np

__all__ = ["cache_folder", "compiled", "is_cached", "source_hash"]


def source_hash() -> str:
    """Return the hash of everything that shapes the machine code: kernel files, layout, versions."""
    here = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=10)
    for path in (*sorted(here.glob("*.py")), here.parent / "layout.py"):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update(f"{numba.__version__} {np.__version__} {sys.version_info[:3]}".encode())
    return digest.hexdigest()


def _candidates() -> Iterator[Path]:
    named = os.environ.get("NPL_SIM_CACHE_DIR")
    if named:
        yield Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        yield (Path(base) if base else Path.home() / ".cache") / "npl_sim"
    except RuntimeError:  # no home folder
        pass
    user = os.getuid() if hasattr(os, "getuid") else "user"
    yield Path(tempfile.gettempdir()) / f"npl_sim-{user}"


def _is_ours_and_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Machine code is loaded from here: refuse a folder that somebody else planted.
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return False
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _find_cache_folder() -> Path | None:
    digest = source_hash()
    for base in _candidates():
        folder = base / f"kernels-{digest}"
        if _is_ours_and_writable(base) and _is_ours_and_writable(folder):
            return folder
    return None


cache_folder: Path | None = _find_cache_folder()
"""Where machine code is kept; none if no folder is writable (then each process compiles anew)."""


@contextmanager
def _numba_cache_in(folder: Path | None) -> Iterator[None]:
    config: Any = numba.config
    # Numba reads the setting when a function is decorated; put back what the user had.
    before = config.CACHE_DIR
    try:
        if folder is not None:
            config.CACHE_DIR = str(folder)
        yield
    finally:
        config.CACHE_DIR = before


def compiled(function: Callable[..., Any] | None = None, *, entry: bool = False) -> Any:
    """Compile `function` without Python objects, reference counts or relaxed floating point.

    Arrays come from the caller: without the counts, which cost four fifths of a walk when they are
    kept (each call passes a dozen arrays), compiled code can allocate none of its own.

    Parameters
    ----------
    function
        The function.
    entry
        True for a function called from Python: it is cached and releases the interpreter's lock.
    """
    if function is None:
        return lambda f: compiled(f, entry=entry)
    options: dict[str, Any] = {"error_model": "numpy", "_nrt": False, "forceinline": not entry}
    if not entry:
        return numba.njit(function, **options)
    with _numba_cache_in(cache_folder):
        return numba.njit(function, nogil=True, cache=cache_folder is not None, **options)


def is_cached(entry_point: Any) -> bool:
    """Say whether machine code for `entry_point` lies in the cache already."""
    name = getattr(entry_point, "__name__", "")
    return cache_folder is not None and any(cache_folder.glob(f"**/*.{name}-*.nbi"))
