"""Normalize names, so that the tape and the study spell the same term in one way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from npl_sim.tape.templates import NAME_CODES


def kind_and_place(name: str) -> str:
    """Return the normal form of a key of `collateral`: a kind, or a kind and a region.

    Parameters
    ----------
    name
        As a study spells it: `residential` or `residential/east`.
    """
    kind, slash, region = name.partition("/")
    return normal_name("kind", kind) + slash + (normal_name("region", region) if slash else "")


def terms_name(known: Container[str], kind: str, region: str) -> str | None:
    """Return the key of the terms of an item: those of its kind and region, kind, or default.

    Parameters
    ----------
    known
        Normal forms of the keys of `collateral`.
    kind, region
        Of the item, in normal form.

    Returns
    -------
    str or None
        None where nothing covers the item.
    """
    options = (f"{kind}/{region}", kind, "default")
    return next((option for option in options if option in known), None)


def normal_name(column: str, name: str) -> str:
    """Return a name in lower snake case, with known Chinese terms as codes.

    Parameters
    ----------
    column
        Column of the tape that holds such names: product, segment, region, kind, ...
    name
        As a file or a study spells it.
    """
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    return NAME_CODES.get(column, {}).get(plain) or re.sub(r"[\s\-]+", "_", plain)
