"""Rounds of auctions by date of the appraisal, which all horizons of one valuation share."""

from __future__ import annotations

from typing import Any

import numpy as np

from npl_sim.core.errors import known
from npl_sim.dcf.bids import Round, round_of
from npl_sim.dcf.market_moments import Factor
from npl_sim.policy.enforcement import CollateralTerms


class RoundsByDate:
    """Rounds by date of the appraisal, each worked out once.

    The horizons that a package is valued to share most dates.
    """

    def __init__(self) -> None:
        self._found: dict[Any, tuple[dict[float, int], Round]] = {}

    def of(
        self, terms: CollateralTerms, factor: Factor, appraised: np.ndarray, gaps: np.ndarray
    ) -> Round:
        """Return the last of some rounds of an auction; parameters as in `round_of`."""
        key = (id(terms), id(factor), gaps.tobytes())
        place, known_rounds = self._found.get(key, ({}, None))
        new = np.array([t for t in dict.fromkeys(appraised.tolist()) if t not in place])
        if len(new):
            place |= {t: len(place) + i for i, t in enumerate(new.tolist())}
            more = round_of(terms, factor, new, gaps)
            known_rounds = more if known_rounds is None else known_rounds.followed_by(more)
            self._found[key] = place, known_rounds
        return known(known_rounds, "rounds").take(np.array([place[t] for t in appraised.tolist()]))
