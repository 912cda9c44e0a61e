"""Peak memory of the process."""

from __future__ import annotations

import resource
from pathlib import Path

__all__ = ["peak_mib"]


def peak_mib() -> float:
    """Return the peak memory of this process. [MiB]"""
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux, ru_maxrss starts at the peak of the parent process.
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
