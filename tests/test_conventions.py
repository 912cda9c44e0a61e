"""Size, language, spelling and retired names: no violation in the whole repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conventions import language, size, spelling
from tests.conventions.__main__ import files, violations
from tests.conventions.language import ROOT, Text


def test_there_is_no_violation():
    assert [str(v) for v in violations([])] == []


def test_code_pages_and_notebooks_are_read():
    read = {path.relative_to(ROOT).as_posix() for path in files([])}
    assert {"README.md", "docs/model.md", "notebooks/01_first_package.ipynb"} <= read
    assert {"npl_sim/__init__.py", "tests/conftest.py", "benchmarks/inputs.py"} <= read


def prose(text: str, path: str = "README.md") -> list[str]:
    """Return the rules that a text breaks."""
    given = Text(ROOT / path, 1, text)
    return [v.rule for v in (*language.long_sentences(given), *language.british_prose(given))]


def test_what_exceeds_a_limit_is_found(tmp_path: Path):
    body = "    x = 1\n" * 59
    arguments = ", ".join(f"a{i}" for i in range(9))
    file = tmp_path / "a.py"
    file.write_text(f"def f({arguments}):\n{body}" + "\n" * 241, encoding="utf-8")
    rules = [v.rule for v in size.check(file)]
    assert rules == ["file over 300 lines", "function of 60 lines", "9 arguments"]


def test_a_long_sentence_is_found():
    assert prose(" ".join(["word"] * 26) + ".") == ["sentence of 26 words"]
    assert prose(" ".join(["word"] * 25) + ".") == []


def texts(source: str) -> list[Text]:
    """Return the texts of Python source."""
    return list(language.texts_of_code(ROOT / "README.md", source))


def test_source_inside_a_string_has_no_sentences_but_a_docstring_has():
    long = "\n".join(["import sys", *["print('one two three four five six')"] * 6])
    inside, *_ = texts(f'CODE = """\\\n{long}\n"""\n')
    assert inside.is_source and not list(language.long_sentences(inside))
    (described,) = texts(f'"""\n{long}\n"""\n')
    assert not described.is_source and list(language.long_sentences(described))


def test_comments_behind_code_are_texts_of_their_own():
    found = texts("# one\n# two\nx = 1  # three\ny = 2  # four\n# five\n")
    assert [t.text for t in found] == ["one\ntwo", "three", "four", "five"]


def test_notebooks_are_read_by_cell():
    cells = [
        {"cell_type": "markdown", "source": ["A ", "colour"]},
        {"cell_type": "code", "source": ["x = 1  # a fav", "ourite\n"]},
    ]
    found = language.texts_of_notebook(ROOT / "a.ipynb", json.dumps({"cells": cells}))
    assert [v.what for text in found for v in language.british_prose(text)] == [
        "colour",
        "favourite",
    ]


@pytest.mark.parametrize(
    "word",
    [
        "securitisation",
        "recognised",
        "organiser",
        "modelling",
        "labelled",
        "colour",
        "behaviour",
        "licence",
        "defence",
        "centre",
        "metres",
        "cheque",
        "programme",
        "catalogue",
        "judgement",
        "fulfil",
        "whilst",
        "learnt",
        "analyse",
        "grey",
        "derecognises",
        "minimisation",
        "neighbouring",
        "travelled",
    ],
)
def test_british_spellings_are_found(word: str):
    assert spelling.is_british(word) == (word not in spelling.keys_left())
    assert spelling.is_british(word.capitalize()) == spelling.is_british(word)


@pytest.mark.parametrize(
    "word",
    [
        "securitization",
        "promise",
        "exercise",
        "rise",
        "otherwise",
        "precise",
        "appraised",
        "four",
        "hour",
        "our",
        "your",
        "controlled",
        "installed",
        "filled",
        "called",
        "enrolled",
        "judgment",
        "defense",
        "license",
        "premise",
        "advise",
        "analyses",
        "compromise",
        "enterprise",
        "sunrise",
        "devised",
        "supervise",
        "tour",
        "contour",
        "genre",
        "acre",
    ],
)
def test_american_spellings_are_not_found(word: str):
    assert not spelling.is_british(word)


def test_a_key_left_in_british_spelling_is_still_in_use():
    """Remove a key from tests/british_spellings.toml with the last file that holds it."""
    texts = "".join(
        p.read_text(encoding="utf-8") for p in (ROOT / "npl_sim").rglob("*.py")
    ).lower()
    assert {key for key in spelling.keys_left() if key not in texts} == set()


def test_british_spellings_are_found_in_names(tmp_path: Path):
    assert list(spelling.british_in_name("line_colour")) == ["colour"]
    assert list(spelling.british_in_name("LineColour2")) == ["Colour"]
    assert list(spelling.british_in_name("color_of_hours")) == []


def test_retired_names_are_found_in_identifiers_and_prose():
    names = [
        {"name": "desk", "scope": ["identifier"], "use": "placement"},
        {"name": r"\bdesks?\b", "scope": ["prose"], "use": "placement", "pattern": True},
    ]
    text = Text(ROOT / "README.md", 1, "Fees of desks")
    assert len(list(language.retired_prose(text, names))) == 1
    path = ROOT / "tests" / "conventions" / "size.py"
    assert not list(language.retired_identifiers(path, names))
    names[0]["name"] = "lines"
    assert {v.what for v in language.retired_identifiers(path, names)} >= {"code_lines", "lines"}
    names[0]["ordinary"] = ["tests/conventions/size.py"]
    assert not list(language.retired_identifiers(path, names))


def test_lines_of_code_leave_out_docstrings_imports_comments_and_blanks():
    source = '"""Doc."""\n\nimport os\n\n# note\ndef f():\n    """Doc."""\n    return os\n'
    assert size.code_lines(source) == 2


def test_headers_of_a_table_are_texts_of_their_own():
    assert prose(" | ".join(["a header [share]"] * 26)) == []
