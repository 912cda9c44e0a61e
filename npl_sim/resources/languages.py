"""Catalogs of translations that ship with the package."""

from __future__ import annotations

import functools
from importlib.resources import files

from npl_sim.core.errors import NplSimError, quoted
from npl_sim.core.language import ENGLISH, Catalog

__all__ = ["LANGUAGES", "catalog"]

LANGUAGES = ("en", "zh")
"""Codes of the languages of reports."""


@functools.cache
def catalog(language: str) -> Catalog:
    """Return the translations into a language.

    Parameters
    ----------
    language
        ``en`` or ``zh``.

    Raises
    ------
    NplSimError
        If there is no such language.
    """
    if language not in LANGUAGES:
        raise NplSimError(f"--lang: got {quoted(language)}; expected {' or '.join(LANGUAGES)}")
    if language == "en":
        return ENGLISH
    from babel.messages.pofile import read_po

    with files(__name__.rpartition(".")[0]).joinpath(f"locale/{language}.po").open("rb") as file:
        found = read_po(file, locale=language, ignore_obsolete=True)
    texts: dict[str, str] = {}
    for message in found:
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if ids[-1] and strings[-1]:
            texts |= {str(text): str(strings[-1]) for text in ids}
    return Catalog(language, texts)
