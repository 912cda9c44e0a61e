"""Size, language and retired names: what is left may only become less (`conventions/remaining.toml`)."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from tests.conventions import language, size
from tests.conventions.__main__ import violations
from tests.conventions.language import ROOT, Text

REMAINING: dict[str, int] = tomllib.loads(
    (ROOT / "tests" / "conventions" / "remaining.toml").read_text(encoding="utf-8")
)["remaining"]


def test_what_is_left_is_what_is_listed():
    found = Counter("/".join(v.path.relative_to(ROOT).parts[:2]) for v in violations([]))
    more = {name: n for name, n in found.items() if n > REMAINING.get(name, 0)}
    assert not more, "run: python -m tests.conventions PATH"
    assert {n: c for n, c in REMAINING.items() if found[n] < c} == {}, "lower the numbers"


def test_a_long_sentence_is_found():
    text = Text(ROOT / "README.md", 1, " ".join(["word"] * 26) + ".")
    assert [v.rule for v in language.long_sentences(text)] == ["sentence of 26 words"]
    for fine in (" ".join(["word"] * 25) + ".", " | ".join(["a header [share]"] * 26)):
        assert not list(language.long_sentences(Text(ROOT / "README.md", 1, fine)))


def test_retired_names_are_found_in_identifiers_and_prose(tmp_path: Path):
    names = [
        {"name": "desk", "scope": ["identifier"], "use": "placement"},
        {"name": r"\bdesks?\b", "scope": ["prose"], "use": "placement", "pattern": True},
    ]
    text = Text(ROOT / "README.md", 1, "Fees of the desk.")
    assert len(list(language.retired_prose(text, names))) == 1
    path = ROOT / "tests" / "conventions" / "size.py"
    assert not list(language.retired_identifiers(path, names))
    names[0]["name"] = "lines"
    assert {v.what for v in language.retired_identifiers(path, names)} >= {"code_lines", "lines"}


def test_lines_of_code_leave_out_docstrings_imports_comments_and_blanks():
    source = '"""Doc."""\n\nimport os\n\n# note\ndef f():\n    """Doc."""\n    return os\n'
    assert size.code_lines(source) == 2
