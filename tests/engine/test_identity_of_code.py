"""The version of a run covers contents, code, processor and libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import npl_sim
from npl_sim.core.layout import LOAN
from npl_sim.core.provenance import content_hash
from npl_sim.engine.checkpoint import identity
from npl_sim.engine.checkpoint import platform as probe

ROOT = Path(__file__).parents[2]


WEAK = "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"


def test_a_hash_is_of_contents_and_not_of_how_they_lie():
    clean = np.zeros(3, dtype=np.dtype([("a", np.int8), ("b", np.float64)], align=True))
    dirty = np.frombuffer(bytearray(b"\xff" * clean.nbytes), dtype=clean.dtype)
    dirty["a"], dirty["b"] = 0, 0.0
    assert not np.array_equal(clean.view(np.uint8), dirty.view(np.uint8))
    assert content_hash(clean) == content_hash(dirty)
    grid = np.arange(6.0).reshape(2, 3)
    assert content_hash(grid) == content_hash(np.asfortranarray(grid))
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    values = [
        grid,
        grid.T,
        grid.reshape(3, 2),
        grid.astype(np.float32),
        grid + 1,
        grid.tolist(),
        ["ab", "c"],
        ["a", "bc"],
        ["abc"],
        [["ab"], "c"],
        1,
        1.0,
        True,
        None,
        "1",
        slice(1, 2),
        np.zeros(1, LOAN),
        np.zeros(2, LOAN),
    ]
    assert len({content_hash(v) for v in values}) == len(values)
    with pytest.raises(TypeError, match="object has no canonical bytes"):
        content_hash({"a": object()})


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    ).stdout.split()


def test_all_code_that_simulates_is_hashed():
    code = (
        "import sys, npl_sim.engine.simulate, npl_sim.engine.tile; "
        "print(*[m.__file__ for n, m in sys.modules.items() if n.startswith('npl_sim')])"
    )
    root = Path(npl_sim.__file__).parent
    loaded = {Path(name).relative_to(root) for name in python(code)}
    hashed = {path.relative_to(root) for path in identity.hashed_files()}
    assert len(loaded) > 50
    # Messages, progress and access to files shape no scenario. The values of a YAML file
    # are hashed themselves, so its parser is not.
    reported = {"errors", "issues", "caller", "packages", "input_file", "progress", "language"}
    reported |= {"confinement", "quick_yaml"}
    plain = {
        path
        for path in loaded - hashed
        if path.name != "__init__.py" and path.parts[:2] != ("core", "disk")
    }
    assert plain == {Path("core", f"{name}.py") for name in reported}


def test_another_processor_is_another_version():
    """A processor without fused products, by a setting of the C library.

    Versions and the kind of machine are equal there, but bits differ. Only the platform
    fingerprint prevents a mix of such scenarios.
    """
    code = [
        "import json, math, hashlib, numpy as np",
        "from npl_sim.engine.checkpoint import identity, platform as probe",
        "x = np.linspace(-30, 30, 4001)",
        "bits = np.exp(x).tobytes() + np.array([math.exp(v) for v in x]).tobytes()",
        "print(hashlib.sha256(bits).hexdigest(), probe.platform_fingerprint())",
        "print(identity.version_hash(), identity.code_hash())",
        "print(hashlib.sha256(json.dumps(identity.versions()).encode()).hexdigest())",
    ]
    source = "\n".join(code)
    one, again, other = python(source), python(source), python(source, GLIBC_TUNABLES=WEAK)
    assert one == again
    if one[0] == other[0]:
        pytest.skip("this C library computes the same bits")
    _, fingerprint, version, code_hash, versions = zip(one, other, strict=True)
    assert fingerprint[0] != fingerprint[1] and version[0] != version[1]
    assert code_hash[0] == code_hash[1] and versions[0] == versions[1]


def test_versions_and_arithmetic_are_part_of_the_version(monkeypatch):
    before, found = identity.version_hash(), identity.versions()
    for name in ("npl_sim", "numpy", "scipy", "numba", "llvmlite", "machine"):
        monkeypatch.setattr(identity, "versions", lambda name=name: found | {name: "another"})
        assert identity.version_hash() != before
    monkeypatch.setattr(identity, "versions", lambda: found)
    assert (
        identity.version_hash() == before
        and probe.platform_fingerprint() == probe.platform_fingerprint.__wrapped__()
    )
    monkeypatch.setattr(identity, "platform_fingerprint", lambda: "another")
    assert identity.version_hash() != before
