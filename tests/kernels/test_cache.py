"""The kernel's cache: never stale, never in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os
import numba.core.dispatcher
import numpy as np
from npl_sim.kernels import _inner
way = os.environ.get("WAY")
if way == "plain":
    _inner.PRIVATE_PARTS += ("a part that is missing",)
if way == "loaded":
    numba.core.dispatcher._FunctionCompiler.compile = None
from npl_sim.kernels import _jit
from npl_sim.kernels.rng import fill_uniforms
out = np.empty((1, 4))
fill_uniforms(np.uint64(1), np.uint64(0), np.uint64(5), 2, out)
print(_jit.is_cached(fill_uniforms), _jit.cache_folder, out.tobytes().hex())
"""


def run(home: Path, cache: Path, **environment):
    env = {**os.environ, "PYTHONPATH": str(home), "NPL_SIM_CACHE_DIR": str(cache), **environment}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=env, cwd=home
    )
    assert done.returncode == 0, done.stderr
    cached, folder, numbers = done.stdout.split()
    return cached == "True", folder, numbers


@pytest.fixture
def copy(tmp_path):
    home = tmp_path / "home"
    shutil.copytree(
        ROOT / "npl_sim", home / "npl_sim", ignore=shutil.ignore_patterns("__pycache__")
    )
    return home


def test_an_edit_of_an_inner_kernel_is_never_served_old_code(copy, tmp_path):
    """The number comes from `philox`, compiled into an entry point of another function."""
    cache = tmp_path / "cache"
    before = run(copy, cache)
    assert before[0]
    inner = copy / "npl_sim" / "kernels" / "rng.py"
    inner.write_text(inner.read_text().replace("0xD2511F53", "0xD2511F55"))
    after = run(copy, cache)
    assert after[1] != before[1] and after[2] != before[2]
    inner.write_text(inner.read_text().replace("0xD2511F55", "0xD2511F53"))
    assert run(copy, cache) == before


def test_numbers_are_the_same_from_the_cache_and_from_plain_numba(tmp_path):
    here = run(ROOT, tmp_path / "cache")
    assert run(ROOT, tmp_path / "cache", WAY="loaded") == here
    plain = run(ROOT, tmp_path / "plain", WAY="plain")
    assert (plain[0], plain[2]) == (here[0], here[2])


@pytest.mark.parametrize("name", ["layout.py", "record_links.py"])
def test_the_record_types_are_part_of_the_hash(copy, tmp_path, name):
    before = run(copy, tmp_path / "cache")
    layout = copy / "npl_sim" / "core" / name
    layout.write_text(layout.read_text() + "\n# changed\n")
    assert run(copy, tmp_path / "cache")[1] != before[1]


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write anywhere"
)
def test_a_read_only_folder_is_passed_over(copy, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    cached, folder, _ = run(copy, locked / "cache", XDG_CACHE_HOME=str(tmp_path / "other"))
    assert cached and str(tmp_path / "other") in folder


def test_without_any_writable_folder_it_still_computes(copy, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    environment = {"XDG_CACHE_HOME": str(blocked), "HOME": str(blocked), "TMPDIR": str(blocked)}
    expected = run(copy, tmp_path / "cache")[2]
    _, _, numbers = run(copy, blocked / "cache", **environment)
    assert numbers == expected
