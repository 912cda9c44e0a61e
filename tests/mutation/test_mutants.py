"""The list of mutants fits the code: each formula occurs once in its file, each test exists."""

from __future__ import annotations

import ast

import pytest

from tests.mutation.mutants import ROOT, read_mutants

MUTANTS = read_mutants()


def functions(path):
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if hasattr(node, "name")
    }


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_can_be_applied_and_its_tests_exist(mutant):
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.formula) == 1, (
        f"{mutant.file} holds {mutant.formula!r} {text.count(mutant.formula)} times"
    )
    assert mutant.broken != mutant.formula
    if mutant.file.endswith(".py"):
        ast.parse(text.replace(mutant.formula, mutant.broken))
    for test in mutant.tests:
        name, _, function = test.partition("::")
        assert (ROOT / name).exists(), name
        if function:
            assert function.partition("[")[0] in functions(ROOT / name), test


def test_names_are_unique():
    names = [m.name for m in MUTANTS]
    assert len(names) == len(set(names))
    assert len(names) >= 21
