"""Risks and rewards: transferred, retained, or neither (IFRS 9 3.2.6, 3.2.7, B3.2.4, B3.2.5, B3.2.16).

Some contracts settle the question by what they are; all others are settled by figures. Order:

1. what retains substantially all by its nature: a total return swap, an unconditional repurchase at a fixed price
   or at the sale price plus a lender's return, an option deep in the money, recourse for the whole price;
2. the statistic chosen, against the thresholds;
3. where no figure was given, what transfers by its nature: a plain sale, repurchase at fair value, an option deep out
   of the money, each without a guarantee.

So no contract counts as a transfer against figures that say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from npl_sim.accounting.facts import Facts
from npl_sim.accounting.thresholds import Thresholds
from npl_sim.core.errors import NplSimError
from npl_sim.core.judgment import Figure

__all__ = ["Band", "Exposure", "Reading", "exposure", "retained_by_nature"]


class Band(StrEnum):
    """Which side of the thresholds a share of variability falls on."""

    TRANSFERRED = "transferred"
    NEITHER = "neither"
    RETAINED = "retained"


@dataclass(frozen=True)
class Reading:
    """One statistic of variability and what it would say by itself."""

    statistic: str
    ratio: float
    band: Band


@dataclass(frozen=True)
class Exposure:
    """What the seller is still exposed to.

    Attributes
    ----------
    band
        The answer.
    reason
        Why, in a sentence.
    paragraph
        The paragraph that it rests on.
    readings
        Every statistic given, in the order given.
    chosen
        The statistic that decides by the thresholds; none where it was not given.
    by_nature
        Whether the contract settled the question and not the figures.
    """

    band: Band
    reason: str
    paragraph: str
    readings: tuple[Reading, ...]
    chosen: Reading | None
    by_nature: bool

    @property
    def disagree(self) -> bool:
        """Whether the statistics fall on different sides of the thresholds."""
        return len({reading.band for reading in self.readings}) > 1

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Return the statistics as figures of a step."""
        return tuple(
            Figure(f"{r.statistic.replace('_', ' ')} after / before", r.ratio, "share")
            for r in self.readings
        )

    @property
    def warning(self) -> str:
        """Return a sentence where the statistics disagree, else nothing."""
        if not self.disagree:
            return ""
        parts = (
            f"{r.statistic.replace('_', ' ')} {100 * r.ratio:.2f} % ({r.band})"
            for r in self.readings
        )
        return f"the statistics fall on different sides of the thresholds: {', '.join(parts)}"


def exposure(facts: Facts, thresholds: Thresholds) -> Exposure:
    """Return whether substantially all risks and rewards went over, stayed, or neither.

    Raises
    ------
    NplSimError
        Where only the figures could decide and the chosen statistic is not among them.
    """
    readings = tuple(
        Reading(name, ratio, _band(ratio, thresholds)) for name, ratio in facts.variability.items()
    )
    chosen = next(
        (reading for reading in readings if reading.statistic == thresholds.statistic), None
    )
    kept = retained_by_nature(facts)
    if kept:
        return Exposure(Band.RETAINED, *kept, readings, chosen, True)
    if chosen is not None:
        return Exposure(
            chosen.band, *_by_figures(facts, thresholds, chosen), readings, chosen, False
        )
    gone = _transferred_by_nature(facts)
    if gone and not readings:
        return Exposure(Band.TRANSFERRED, *gone, readings, None, True)
    given = ", ".join(facts.variability) or "nothing"
    raise NplSimError(
        f"variability: got {given}; expected {thresholds.statistic}, the statistic that decides"
    )


def _band(ratio: float, thresholds: Thresholds) -> Band:
    if ratio >= thresholds.retained_at_least:
        return Band.RETAINED
    return Band.TRANSFERRED if ratio <= thresholds.transferred_at_most else Band.NEITHER


def retained_by_nature(facts: Facts) -> tuple[str, str] | None:
    """Return why a contract retains substantially all by what it is, and the paragraph; none where figures must judge."""
    if facts.total_return_swap:
        return (
            "a total return swap brings collections, gains and losses back: derecognition of the whole is prohibited",
            "IFRS 9 B3.2.5(c), B3.2.16(o)",
        )
    if (
        facts.repurchase in ("fixed_price", "sale_price_plus_return")
        and facts.repurchase_unconditional
    ):
        price = (
            "a fixed price"
            if facts.repurchase == "fixed_price"
            else "the sale price plus a lender's return"
        )
        return (
            f"the seller must buy back at {price}: in substance a loan",
            "IFRS 9 B3.2.5(a), B3.2.16(a)",
        )
    if facts.option_moneyness == "deep_in":
        return (
            f"the {facts.repurchase.replace('_option', '')} is deep in the money, so the asset will almost surely come back",
            "IFRS 9 B3.2.5(d), B3.2.16(f)",
        )
    if facts.full_recourse:
        return (
            "the seller makes good the losses that are likely to occur "
            "(the paragraph speaks of short-term receivables; applied here by analogy)",
            "IFRS 9 B3.2.5(e), B3.2.12",
        )
    return None


def _transferred_by_nature(facts: Facts) -> tuple[str, str] | None:
    if facts.guarantee_cap is not None:
        return None
    if facts.repurchase == "none":
        return "a sale without conditions, and nothing comes back", "IFRS 9 B3.2.4(a)"
    if facts.repurchase == "fair_value":
        return (
            "a repurchase at fair value leaves gains and losses with the buyer",
            "IFRS 9 B3.2.4(b), B3.2.16(j)",
        )
    if facts.option_moneyness == "deep_out":
        return (
            "the option is deep out of the money, so it will hardly be exercised",
            "IFRS 9 B3.2.4(c), B3.2.16(g)",
        )
    return None


def _by_figures(facts: Facts, thresholds: Thresholds, chosen: Reading) -> tuple[str, str]:
    share = f"{100 * chosen.ratio:.2f} % of the {chosen.statistic.replace('_', ' ')} stays with the seller"
    low, high = 100 * thresholds.transferred_at_most, 100 * thresholds.retained_at_least
    side = {
        Band.TRANSFERRED: f"at most {low:g} %",
        Band.NEITHER: f"between {low:g} % and {high:g} %",
        Band.RETAINED: f"at least {high:g} %",
    }[chosen.band]
    nature = _transferred_by_nature(facts)
    if nature and chosen.band == Band.TRANSFERRED:
        return (
            f"{nature[0]}; {share}, {side}",
            f"IFRS 9 3.2.7; {nature[1].removeprefix('IFRS 9 ')}",
        )
    if facts.option_moneyness == "near":
        letter = "(h)" if facts.repurchase == "call_option" else "(i)"
        return (
            f"an option that may or may not be exercised; {share}, {side}",
            f"IFRS 9 3.2.7; B3.2.16{letter}",
        )
    if facts.guarantee_cap is not None:
        return (
            f"a guarantee, subordination or other exposure stays; {share}, {side}",
            "IFRS 9 3.2.7; B3.2.16(n)",
        )
    return f"{share}, {side}", "IFRS 9 3.2.7"
