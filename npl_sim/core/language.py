"""Language of reports: texts in English, translated by gettext catalogs when they are shown."""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CATALOG: ContextVar[_gettext.NullTranslations] = ContextVar("catalog")
_ENGLISH = _gettext.NullTranslations()


def gettext(text: str) -> str:
    """Return a text in the language in use; the text itself if there is no translation.

    Parameters
    ----------
    text
        English text, a literal where it is called. Values are filled in afterwards:
        ``gettext("Bid {price}").format(price=...)``.
    """
    return _CATALOG.get(_ENGLISH).gettext(text) if text else text


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form of a text for a number, in the language in use.

    Parameters
    ----------
    one, many
        English texts for one and for other numbers, literals where it is called.
    number
        The number that decides.
    """
    return _CATALOG.get(_ENGLISH).ngettext(one, many, number)


@contextmanager
def using(catalog: _gettext.NullTranslations) -> Iterator[None]:
    """Translate with a catalog inside the block."""
    token = _CATALOG.set(catalog)
    try:
        yield
    finally:
        _CATALOG.reset(token)
