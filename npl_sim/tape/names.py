"""Normalize names, so that the tape and the study spell the same term in one way."""

from __future__ import annotations

import re
import unicodedata

from npl_sim.tape.templates import NAME_CODES


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
