"""Texts for users are in the catalog `docs/messages.md`, obey its rules, and go by known exits."""

from __future__ import annotations

import ast
import runpy
import tomllib
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conventions import language
from tests.conventions.language import ROOT, Text
from tests.conventions.messages import issues

CATALOG = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "make_messages.py")))

ALLOWED: dict[str, list[str]] = tomllib.loads(
    (ROOT / "tests" / "conventions" / "messages.toml").read_text(encoding="utf-8")
)

EXITS = {
    "__init__.py": {"warn"},  # of deprecated names and of Windows, at import
    "api/text.py": {"Console"},  # into a string
    "engine/backends/dask/backend.py": {
        "print",
        "stderr",
        "getLogger",
    },  # where no listener is given
    "engine/backends/dask/local_cluster.py": {"getLogger"},  # silenced
    "study/spec_reader.py": {"warn"},  # of renamed keys
    "kernels/_jit.py": {"getLogger"},  # of compiling, before a console is there
    "kernels/_folder.py": {"getLogger"},
    "kernels/_machine_code.py": {"getLogger"},
}
"""Files outside `cli` that can send a text to the user themselves."""


@pytest.fixture(scope="module")
def catalog():
    """The texts of the package, read once."""
    return list(CATALOG.messages())


def _found(folder: Path, source: str) -> list[tuple[str, str]]:
    (folder / "a.py").write_text(source, encoding="utf-8")
    return [(m.kind, m.text) for m in CATALOG.messages(folder)]


def test_the_page_is_current():
    assert CATALOG.PAGE.read_text(encoding="utf-8") == CATALOG.page(), (
        "run: python docs/make_messages.py"
    )


def test_every_text_obeys_the_rules(catalog):
    found = [(m.text, rule) for m in catalog for rule in issues(m.text, m.kind)]
    allowed = {text for texts in ALLOWED.values() for text in texts}
    assert [x for x in found if x[0] not in allowed] == []
    assert allowed - {text for text, _ in found} == set(), "no longer needed"


def test_every_text_has_short_sentences_and_no_retired_names(catalog):
    names = language.retired()
    for m in catalog:
        text = Text(ROOT / "npl_sim" / m.module, 1, m.text.replace("{", "").replace("}", ""))
        assert not list(language.long_sentences(text)), m.text
        # Names in braces are those of the code, which the test of identifiers checks.
        plain = Text(text.path, 1, CATALOG.VALUE.sub("X", m.text))
        assert not list(language.retired_prose(plain, names)), m.text


@pytest.mark.parametrize(
    ("text", "kind", "rule"),
    [
        ("cell (row 3", "text", "a bracket without its other half"),
        ("cell [row 3)", "text", "a bracket without its other half"),
        ("got 3 , and 4", "text", "punctuation"),
        ("{path}: is odd", "error", "does not say what was expected, nor what to do"),
        (
            "{path}: got 3; expected 4.",
            "error",
            "an error of one sentence ends without a full stop",
        ),
    ],
)
def test_a_bad_text_is_found(text, kind, rule):
    assert list(issues(text, kind)) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "{path}: got {value}; expected {what}",
        "{folder}: exists already; use --force",
        "{path}: cannot be read ({reason})",
        "an appraised item of ours rises otherwise in {hours} hours, in a, b, ... and so on",
    ],
)
def test_a_good_text_passes(text):
    assert list(issues(text, "error" if "{path}" in text or "--" in text else "text")) == []


def test_no_text_avoids_the_catalog(tmp_path):
    """Whatever carries it: a call, a variable, a default, a table, a value inside another text."""
    source = '''
"""Docstring of the file."""
import re
PATTERN = re.compile("a pattern of words")
LABEL = "a label of a table"
"""Docstring of the label."""
def f(path, shown="a default of it"):
    """Docstring of f."""
    why = {"x": f"a reason {quoted(path)} {x.name:,.2f} {type(path).__name__}"}

    log.warn("gbv", at, "a warning of it")
    print_error(f"first {'second part' if why else ''}")

    raise StudyError([f"{path}: got {why['x']}; {note('an error of it')}"])
@app.command()
def g(x=typer.Option(help="Help of it.")):
    """Help of g."""
'''
    assert _found(tmp_path, source) == [
        ("text", "a label of a table"),
        ("text", "a default of it"),
        ("text", "a reason {path} {name} {path}"),
        ("warning", "a warning of it"),
        ("console", "first {why}"),
        ("console", "second part"),
        ("error", "{path}: got {why}; {note}"),
        ("error", "an error of it"),
        ("help", "Help of g."),
        ("help", "Help of it."),
    ]


def test_texts_of_a_page_are_listed(tmp_path):
    page = "{# a comment of it #}<style>p { color: red }</style>"
    page += "<p class='x y'>Amounts in {{ u.name }}, {{ pages|length }} pages"
    page += "{% if more %} and more of it{% endif %}.</p>"
    (tmp_path / "a.html.j2").write_text(page, encoding="utf-8")
    assert [m.text for m in CATALOG.messages(tmp_path)] == [
        "Amounts in {name}, {pages} pages",
        "and more of it",
    ]


def _exits(tree: ast.AST) -> Counter[str]:
    """Return the names in a file that send a text to the user."""
    exits = {"print", "stdout", "stderr", "warn", "echo", "secho", "Console", "getLogger"}
    found = Counter[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func
            if isinstance(name, ast.Name) and name.id in exits:
                found[name.id] += 1
            elif isinstance(name, ast.Attribute) and name.attr in exits:
                of = ast.unparse(name.value)
                found[name.attr] += of in ("warnings", "typer", "click", "logging", "rich")
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"):
            found[node.attr] += 1
    return +found


def test_only_the_command_line_sends_texts():
    found = {
        name: set(exits)
        for path in sorted((ROOT / "npl_sim").rglob("*.py"))
        if not (name := path.relative_to(ROOT / "npl_sim").as_posix()).startswith("cli/")
        and (exits := _exits(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == EXITS


@pytest.mark.parametrize(
    "source",
    ["print('a b')", "sys.stderr.write('a b')", "warnings.warn('a b')", "typer.echo('a b')"],
)
def test_another_exit_is_found(source):
    assert _exits(ast.parse(source))
