"""Find the market region of a place on a tape: 浙江省 lies in east, Lombardia in nord_ovest."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

from npl_sim.resources import read_toml

_ENDINGS = re.compile(
    r"(?:壮族自治区|回族自治区|维吾尔自治区|特别行政区|自治区|自治州|地区|省|市)$"
)
_LEAST_PREFIX = 2
"""Fewest characters of a Chinese place that a longer text may begin with."""


@dataclass(frozen=True)
class MarketRegion:
    """Region of a shipped market, with the place that lies in it."""

    jurisdiction: str
    """china or italy."""
    name: str
    """Region of the price indices, such as east."""
    place: str
    """Province, region or city, as the data spell it."""


def place_key(text: str) -> str:
    """Return the common key of all spellings of a place."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"[\s\-_'’/.]+", "", plain)
    return _ENDINGS.sub("", plain) or plain


@functools.cache
def _places() -> dict[str, MarketRegion]:
    found: dict[str, MarketRegion] = {}
    for jurisdiction, regions in read_toml("regions.toml").items():
        for name, kinds in regions.items():
            found[place_key(name)] = MarketRegion(jurisdiction, name, name)
            for place in (*kinds["provinces"], *kinds["english"], *kinds["cities"]):
                found.setdefault(place_key(place), MarketRegion(jurisdiction, name, place))
    return found


def market_region(text: str) -> MarketRegion | None:
    """Return the market region in which a place lies; None if the place is not known.

    Parameters
    ----------
    text
        A province, region or city as a tape spells it, alone or at the start of an address.
    """
    places, key = _places(), place_key(text)
    if key in places:
        return places[key]
    for length in range(min(len(key), 6), _LEAST_PREFIX - 1, -1):
        start = key[:length]
        if not start.isascii() and start in places:
            return places[start]
    return None


def regions_of(jurisdiction: str) -> tuple[str, ...]:
    """Return the regions of the shipped market of a jurisdiction, in order."""
    return tuple(read_toml("regions.toml").get(jurisdiction, {}))
