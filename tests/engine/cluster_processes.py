"""Processes of a cluster of workers."""

from __future__ import annotations

import os


def pids(cluster):
    """Return the process of each worker."""
    return dict(cluster._client.run(os.getpid))
