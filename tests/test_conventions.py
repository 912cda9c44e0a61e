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


def test_files_functions_and_arguments_of_the_package_keep_the_limits():
    """No exemption but the kernels, whatever `remaining.toml` lists."""
    package = ROOT / "npl_sim"
    files = [f for f in package.rglob("*.py") if package / "kernels" not in f.parents]
    found = [str(v) for f in files for v in size.check(f) if not v.rule.startswith("line over")]
    assert len(files) > 500 and found == []


def test_what_exceeds_a_limit_is_found(tmp_path: Path):
    body = "    x = 1\n" * 59
    arguments = ", ".join(f"a{i}" for i in range(9))
    file = tmp_path / "a.py"
    file.write_text(f"def f({arguments}):\n{body}" + "\n" * 241, encoding="utf-8")
    rules = [v.rule for v in size.check(file)]
    assert rules == ["file over 300 lines", "function of 60 lines", "9 arguments"]


def test_a_long_sentence_is_found():
    text = Text(ROOT / "README.md", 1, " ".join(["word"] * 26) + ".")
    assert [v.rule for v in language.long_sentences(text)] == ["sentence of 26 words"]
    text = Text(ROOT / "README.md", 1, " ".join(["word"] * 25) + ".")
    assert not list(language.long_sentences(text))


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
