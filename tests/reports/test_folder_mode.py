"""A run folder holds loan data: who may read it is the user's umask to say."""

from __future__ import annotations

import os
import stat

import pytest

from npl_sim.runs.folder import write_folder
from npl_sim.runs.place import RunPlace


def _fill(draft):
    (draft / "x.txt").write_text("x")
    return []


@pytest.mark.parametrize(
    ("umask", "folder_mode", "file_mode"),
    [(0o077, 0o700, 0o600), (0o027, 0o750, 0o640), (0o022, 0o755, 0o644)],
)
def test_the_umask_decides_who_may_read_a_run(tmp_path, umask, folder_mode, file_mode):
    before = os.umask(umask)
    try:
        run = write_folder(RunPlace(tmp_path / "run"), _fill, {}, {})
    finally:
        os.umask(before)
    assert stat.S_IMODE(run.folder.stat().st_mode) == folder_mode
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in run.folder.iterdir()} == {
        "x.txt": file_mode,
        "manifest.json": file_mode,
    }
