"""Language of reports: texts in English, translated by gettext catalogs when they are shown.

The language applies to texts that are shown to people. Tables for programs, keys of JSON and
errors stay English.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

__all__ = ["N_", "Catalog", "gettext", "language", "ngettext", "speak", "speaking"]


class Catalog(_gettext.NullTranslations):
    """Translations into one language.

    Parameters
    ----------
    language
        Its code, such as ``zh``.
    texts
        Translation by English text.
    """

    def __init__(self, language: str, texts: dict[str, str]) -> None:
        super().__init__()
        self.language, self.texts = language, texts

    def gettext(self, message: str) -> str:
        """Return the translation; the text itself if there is none."""
        return self.texts.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the translation of the plural: the languages served have one form."""
        return self.texts.get(msgid2, msgid1 if n == 1 else msgid2)


ENGLISH = Catalog("en", {})
_CATALOG: ContextVar[Catalog] = ContextVar("catalog", default=ENGLISH)


def gettext(text: str) -> str:
    """Return a text in the language in use; the text itself if there is no translation.

    Parameters
    ----------
    text
        English text, a literal where this is called. Values are filled in afterwards:
        ``gettext("Bid {price}").format(price=...)``.
    """
    return _CATALOG.get().gettext(text)


def N_(text: str) -> str:
    """Mark a text of a module for translation; `gettext` translates it where it is shown."""
    return text


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form of a text for a number, in the language in use.

    Parameters
    ----------
    one, many
        English texts for one and for other numbers, literals where this is called.
    number
        The number that decides.
    """
    return _CATALOG.get().ngettext(one, many, number)


def language() -> str:
    """Return the code of the language in use."""
    return _CATALOG.get().language


def speak(catalog: Catalog) -> Token[Catalog]:
    """Use a language until the context ends."""
    return _CATALOG.set(catalog)


@contextmanager
def speaking(catalog: Catalog) -> Iterator[None]:
    """Use a language inside the block."""
    token = speak(catalog)
    try:
        yield
    finally:
        _CATALOG.reset(token)
