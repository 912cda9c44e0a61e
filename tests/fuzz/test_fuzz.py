"""Mutated inputs of every sort end in a result or in a clear refusal: fixed seeds, and every
input that once did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.case import load_case
from tests.fuzz.making import case_of_seed
from tests.fuzz.oracle import verdict

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.json"))
BLOCKS, SIZE = 12, 20
"""Blocks of seeds, so that workers share them, and seeds of each."""


@pytest.mark.parametrize("block", range(BLOCKS))
def test_seeds(block, tmp_path):
    failures = []
    for seed in range(block * SIZE, (block + 1) * SIZE):
        case = case_of_seed(seed)
        done, found = verdict(case)
        if found:
            path = tmp_path / f"failure-{seed}.json"
            path.write_text(case.text(), encoding="utf-8")
            again = f"python -m tests.fuzz --replay {path}"
            failures.append(
                "\n  ".join(
                    [
                        f"seed {seed}, exit {done.code}: {case.line()[:300]}",
                        *found,
                        f"again: {again}",
                    ]
                )
            )
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("path", CORPUS, ids=lambda p: p.stem)
def test_inputs_that_once_failed(path):
    case = load_case(path)
    done, found = verdict(case)
    assert not found, f"{case.what}, exit {done.code}: {case.line()[:300]}\n" + "\n".join(found)
