"""C++ kernel: build it, and call it as the engine calls its own."""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.peers.structs import header, view
from npl_sim.kernels.context import CollectionTables, Package
from npl_sim.kernels.package import Factors, RunTerms, Tile

__all__ = ["COMPILERS", "FLAGS", "RELAXED", "NoCompiler", "build", "simulate_tile"]

FLAGS = (
    "-std=c++17",
    "-O3",
    "-march=native",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
)
"""Flags that keep every bit of a result, as in the compiled engine.

They allow no fused products and sums. Errno and traps are unused, so that branches may become
selections.
"""

RELAXED = ("-std=c++17", "-O3", "-march=native", "-ffast-math")
"""Flags that allow reordered floating point, which changes the last bits of a result."""

COMPILERS = ("g++", "clang++")
"""Compilers that are used if they are installed."""

SOURCE = Path(__file__).parent


class NoCompiler(RuntimeError):
    """There is no C++ compiler on this machine."""


@functools.cache
def build(flags: tuple[str, ...] = FLAGS, compiler: str = "g++") -> ctypes.CDLL:
    """Return the compiled kernel.

    Raises
    ------
    NoCompiler
        If the compiler is not found.
    """
    program = shutil.which(compiler)
    if program is None:
        raise NoCompiler(f"no {compiler} on this machine; expected one to build the C++ peer")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "records.hpp").write_text(header())
        target = Path(folder) / "kernel.so"
        command = [program, *flags, "-shared", "-fPIC", "-I", folder, "-o", str(target)]
        subprocess.run([*command, str(SOURCE / "kernel.cpp")], check=True)
        library = ctypes.CDLL(str(target))
    pointer, i, u = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64
    library.simulate_tile.argtypes = [pointer] * 5 + [ctypes.c_double, u, u] + [i] * 9
    library.simulate_tile.restype = None
    return library


def simulate_tile(
    library: ctypes.CDLL,
    package: Package,
    collection: CollectionTables,
    factors: Factors,
    run: RunTerms,
    first_scenario: np.uint64,
    tile: Tile,
) -> None:
    """Simulate a tile as `npl_sim.kernels.package.simulate_tile` does."""
    scenarios, groups, kept_kinds, columns = tile.flows.shape
    tuples = {"Package": package, "CollectionTables": collection, "Factors": factors, "Tile": tile}
    views = [view(name, arrays) for name, arrays in tuples.items()]
    library.simulate_tile(
        *(v.ctypes.data for v in views),
        run.discount.ctypes.data,
        run.servicing,
        int(run.seed),
        int(first_scenario),
        scenarios,
        len(collection.policy),
        len(package.terms),
        factors.indices.shape[1],
        groups,
        kept_kinds,
        columns - 1,
        tile.placements.shape[1],
        int(len(tile.record) > 0),
    )
