"""The program `npl-sim` ends by `os._exit` without loss of output, exit code or cleanup."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def program(*arguments, before="", **options):
    """Run the program after some Python code; return its result."""
    code = f"import sys; sys.argv = ['npl-sim', *{arguments!r}]\n{before}\n"
    code += "from npl_sim.cli import program\nprogram()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, **options)


@pytest.mark.parametrize(
    ("arguments", "code"), [(("schema",), 0), (("price", "none.yaml"), 2), (("prise",), 2)]
)
def test_exit_codes_and_output_are_whole(arguments, code):
    done = program(*arguments)
    assert done.returncode == code
    if code == 0:
        assert done.stdout.endswith("}\n") and len(done.stdout) > 50_000
    else:
        assert done.stderr


def test_functions_at_exit_run_and_garbage_is_not_collected(tmp_path):
    before = (
        "import atexit, gc, pathlib\n"
        f"end = pathlib.Path({str(tmp_path / 'end')!r})\n"
        "atexit.register(lambda: end.write_text(str(gc.isenabled())))"
    )
    assert program("--version", before=before).returncode == 0
    assert (tmp_path / "end").read_text() == "False"


def test_a_reader_that_leaves_early_changes_no_exit_code():
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "npl_sim", "schema"], stdout=write, stderr=subprocess.PIPE
        )
    finally:
        os.close(write)
    assert done.returncode == 0 and done.stderr == b""


def test_a_full_disk_is_reported_by_its_exit_code():
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "npl_sim", "schema"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 74 and b"cannot write the output" in done.stderr


@pytest.mark.parametrize("own", [None, "3"])
def test_linear_algebra_has_one_thread_unless_the_user_says_otherwise(tmp_path, own):
    env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    env |= {} if own is None else {"OPENBLAS_NUM_THREADS": own}
    before = (
        "import atexit, os, pathlib\n"
        f"end = pathlib.Path({str(tmp_path / 'end')!r})\n"
        "atexit.register(lambda: end.write_text(os.environ['OPENBLAS_NUM_THREADS']))"
    )
    assert program("--version", before=before, env=env).returncode == 0
    assert (tmp_path / "end").read_text() == (own or "1")
