"""Catalogs of translations: complete, with the same placeholders, without stale entries."""

from __future__ import annotations

import string

import pytest

from npl_sim.core.errors import NplSimError, counted
from npl_sim.core.language import gettext, language, ngettext, speaking
from npl_sim.resources.languages import LANGUAGES, catalog
from tests.language.texts import literals, missing, shadowed, source_texts

OTHERS = LANGUAGES[1:]


def placeholders(text: str) -> list[tuple[str, str, str]]:
    """Return names, formats and conversions of the placeholders of a text."""
    return sorted(
        (name, spec or "", conversion or "")
        for _, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    )


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated(code):
    assert list(missing(code)) == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_the_placeholders(code):
    texts = catalog(code).texts
    wrong = [text for text in source_texts() if placeholders(texts[text]) != placeholders(text)]
    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_is_stale(code):
    """What no code shows is removed from the catalog."""
    written = literals()
    stale = [t for t in catalog(code).texts if t not in source_texts() and t not in written]
    assert stale == []


def test_a_new_text_is_reported_as_missing(monkeypatch):
    """The check can fail: a text that no catalog holds is missing."""
    found = {**source_texts(), "A sentence that nobody has translated": "x.py"}
    monkeypatch.setattr("tests.language.texts.source_texts", lambda: found)
    assert list(missing("zh")) == ["A sentence that nobody has translated"]


def test_texts_follow_the_language_of_the_block():
    assert gettext("Target price") == "Target price"
    with speaking(catalog("zh")):
        assert language() == "zh"
        assert gettext("Target price") == "目标报价"
        assert gettext("a text of no catalog") == "a text of no catalog"
        assert ngettext("{count} loan", "{count} loans", 1).format(count=1) == "1笔贷款"
        assert counted(2400, "loan") == "2,400笔贷款"
    assert (language(), counted(2400, "loan"), counted(1, "loan")) == (
        "en",
        "2,400 loans",
        "1 loan",
    )


def test_an_unknown_language_is_refused():
    with pytest.raises(NplSimError, match='--lang: got "fr"; expected en or zh'):
        catalog("fr")


def test_no_scope_hides_the_function_that_translates():
    """A loop variable `_` beside a call of `_` would end in an error, which no linter sees."""
    assert list(shadowed()) == []
