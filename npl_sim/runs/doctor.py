"""Describe the installation: versions, cache of compiled code, fonts, cores, memory."""

from __future__ import annotations

import os
import platform
from typing import Any


def diagnose() -> dict[str, Any]:
    """Return facts on the installation for a report of a problem, as plain data."""
    from npl_sim.core.provenance import versions
    from npl_sim.kernels._jit import cache_folder, is_cached
    from npl_sim.kernels.package import simulate_tile

    return {
        "versions": versions(),
        "machine": {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "memory [GiB]": _memory_gib(),
        },
        "kernel": {
            "kernel cache": str(cache_folder or "not used"),
            "kernel compiled": is_cached(simulate_tile),
        },
        "fonts": _fonts(),
    }


def _memory_gib() -> float | None:
    """Return the memory of the machine; None where the system does not tell. [GiB]"""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
    return round(size / 2**30, 1)


def _fonts() -> list[str]:
    """Return the fonts of the figures that are installed, the preferred one first."""
    from matplotlib import font_manager

    from npl_sim.reports.style import CHINESE_FONTS

    installed = set(font_manager.get_font_names())
    return [name for name in ("DejaVu Sans", *CHINESE_FONTS) if name in installed]
