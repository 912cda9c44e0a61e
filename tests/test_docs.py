"""What the pages say is so."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from pathlib import Path

import pytest

from npl_sim.core.layout import Kind, Stage, Stream
from npl_sim.tape.schema import SCHEMAS

ROOT = Path(__file__).parents[1]


def test_the_tape_page_lists_every_column():
    page = (ROOT / "docs" / "tape.md").read_text(encoding="utf-8")
    for columns in SCHEMAS.values():
        for column in columns:
            assert f"| `{column.name}` | {column.type} | {column.unit} |" in page
            assert column.meaning in page


def test_the_tape_page_is_up_to_date():
    """Keys, columns, aliases and codes are those of the code (python docs/make_tape.py)."""
    spec = importlib.util.spec_from_file_location("make_tape", ROOT / "docs" / "make_tape.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = module.PAGE.read_text(encoding="utf-8")
    assert module.page(text) == text


def test_the_model_page_names_every_kind_of_cash_stage_and_stream():
    page = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    for code in (*Kind, *Stage, *Stream):
        assert code.name in page, code


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda p: p.name
)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


def test_readme_s_commands_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "npl-sim price configs/studies/first_package.yaml" in text
    for name in re.findall(r"`(configs/[\w/.]+|notebooks/[\w/.]+|docs/[\w/.]+)`", text):
        assert (ROOT / name).exists(), name


PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_fences_stand_on_lines_of_their_own(path):
    """A paragraph that was wrapped together with its example hides the rest of the page."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [
        line for line in lines if "```" in line and not re.fullmatch(r" *```[a-z]*", line)
    ] == []
    assert sum("```" in line for line in lines) % 2 == 0


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_python_examples_parse_and_import_what_exists(path):
    for code in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("npl_sim"):
                module = importlib.import_module(node.module)
                assert [name.name for name in node.names if not hasattr(module, name.name)] == []
