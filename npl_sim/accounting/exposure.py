"""Risks and rewards: transferred, retained, or neither (IFRS 9 3.2.6, 3.2.7, B3.2.4, B3.2.5).

Some contracts settle the question by their form (B3.2.16); statistics settle all others. Order:

1. Forms that retain substantially all. These are a total return swap, an unconditional repurchase
   at a fixed price or a lender's return, a deep in-the-money option, and full recourse.
2. The chosen statistic against the thresholds.
3. Without any statistic and without a guarantee, forms that transfer substantially all. These are
   a plain sale, a repurchase at fair value, and a deep out-of-the-money option.

So no contract counts as a transfer against statistics that show otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from npl_sim.accounting.facts import TransferFacts
from npl_sim.accounting.thresholds import Thresholds
from npl_sim.core.errors import NplSimError
from npl_sim.core.judgment import Figure
from npl_sim.core.language import gettext as _


class Band(StrEnum):
    """Position of a share of variability relative to the thresholds."""

    TRANSFERRED = "transferred"
    NEITHER = "neither"
    RETAINED = "retained"


class Reading(NamedTuple):
    """One statistic of variability and its position relative to the thresholds."""

    statistic: str
    ratio: float
    band: Band

    @property
    def label(self) -> str:
        """Name of the statistic in words."""
        return self.statistic.replace("_", " ")


class Ground(NamedTuple):
    """Reason for an answer and its paragraph."""

    reason: str
    paragraph: str


@dataclass(frozen=True)
class Exposure:
    """Risks and rewards that the seller keeps."""

    band: Band
    """The answer."""
    reason: str
    """Reason for the answer, as a sentence."""
    paragraph: str
    """Paragraph of the standard."""
    readings: tuple[Reading, ...]
    """All statistics given, in their order."""
    chosen: Reading | None
    """Statistic that decides by the thresholds, if it was given."""
    by_nature: bool
    """Whether the form of the contract settled the question, not the statistics."""

    @property
    def disagree(self) -> bool:
        """Whether the statistics fall on different sides of the thresholds."""
        return len({reading.band for reading in self.readings}) > 1

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The statistics as figures of a step."""
        return tuple(
            Figure(_("{label} after / before").format(label=r.label), r.ratio, "share")
            for r in self.readings
        )

    @property
    def warning(self) -> str:
        """Warning if the statistics disagree, else an empty string."""
        parts = ", ".join(f"{r.label} {100 * r.ratio:.2f} % ({r.band})" for r in self.readings)
        text = _("the statistics fall on different sides of the thresholds: {parts}").format(
            parts=parts
        )
        return text if self.disagree else ""


def exposure(facts: TransferFacts, thresholds: Thresholds) -> Exposure:
    """Return whether substantially all risks and rewards are transferred, retained, or neither.

    Raises
    ------
    NplSimError
        If only the statistics could decide and the chosen one is missing.
    """
    readings = tuple(Reading(k, x, _band(x, thresholds)) for k, x in facts.variability.items())
    chosen = next((r for r in readings if r.statistic == thresholds.statistic), None)
    if retained := retained_by_nature(facts):
        return Exposure(Band.RETAINED, *retained, readings, chosen, True)
    if chosen is not None:
        ground = _by_statistic(facts, thresholds, chosen)
        return Exposure(chosen.band, *ground, readings, chosen, False)
    transferred = _transferred_by_nature(facts)
    if transferred and not readings:
        return Exposure(Band.TRANSFERRED, *transferred, readings, None, True)
    given = ", ".join(facts.variability) or "nothing"
    raise NplSimError(
        f"variability: got {given}; expected {thresholds.statistic}, the statistic that decides"
    )


def _band(ratio: float, thresholds: Thresholds) -> Band:
    if ratio >= thresholds.retained_at_least:
        return Band.RETAINED
    return Band.TRANSFERRED if ratio <= thresholds.transferred_at_most else Band.NEITHER


def retained_by_nature(facts: TransferFacts) -> Ground | None:
    """Return why a contract's form retains substantially all; None if statistics must decide."""
    if facts.total_return_swap:
        return Ground(
            _(
                "a total return swap returns collections, gains and losses to the seller: "
                "derecognition of the whole is prohibited"
            ),
            _("IFRS 9 B3.2.5(c), B3.2.16(o)"),
        )
    prices = {
        "fixed_price": _("a fixed price"),
        "sale_price_plus_return": _("the sale price plus a lender's return"),
    }
    if facts.repurchase in prices and facts.repurchase_unconditional:
        return Ground(
            _("the seller must buy back at {prices}: in substance a loan").format(
                prices=prices[facts.repurchase]
            ),
            _("IFRS 9 B3.2.5(a), B3.2.16(a)"),
        )
    if facts.option_moneyness == "deep_in":
        return Ground(
            _(
                "the {removesuffix} is deep in the money, so the asset will almost "
                "certainly come back"
            ).format(removesuffix=facts.repurchase.removesuffix("_option")),
            _("IFRS 9 B3.2.5(d), B3.2.16(f)"),
        )
    if facts.full_recourse:
        return Ground(
            _(
                "the seller covers the losses that are likely to occur (the paragraph is "
                "about short-term receivables; applied here by analogy)"
            ),
            _("IFRS 9 B3.2.5(e), B3.2.12"),
        )
    return None


def _transferred_by_nature(facts: TransferFacts) -> Ground | None:
    if facts.guarantee_cap is not None:
        return None
    if facts.repurchase == "none":
        return Ground(_("an unconditional sale; nothing comes back"), _("IFRS 9 B3.2.4(a)"))
    if facts.repurchase == "fair_value":
        return Ground(
            _("a repurchase at fair value leaves gains and losses with the buyer"),
            _("IFRS 9 B3.2.4(b), B3.2.16(j)"),
        )
    if facts.option_moneyness == "deep_out":
        return Ground(
            _("the option is deep out of the money, so exercise is very unlikely"),
            _("IFRS 9 B3.2.4(c), B3.2.16(g)"),
        )
    return None


def _by_statistic(facts: TransferFacts, thresholds: Thresholds, chosen: Reading) -> Ground:
    low, high = 100 * thresholds.transferred_at_most, 100 * thresholds.retained_at_least
    side = {
        Band.TRANSFERRED: _("at most {low:g} %").format(low=low),
        Band.NEITHER: _("between {low:g} % and {high:g} %").format(low=low, high=high),
        Band.RETAINED: _("at least {high:g} %").format(high=high),
    }[chosen.band]
    share = _("{ratio:.2f} % of the {label} stays with the seller, {side}").format(
        ratio=100 * chosen.ratio, label=chosen.label, side=side
    )
    nature = _transferred_by_nature(facts)
    if nature and chosen.band == Band.TRANSFERRED:
        cited = nature.paragraph.removeprefix("IFRS 9 ")
        return Ground(f"{nature.reason}; {share}", _("IFRS 9 3.2.7; {cited}").format(cited=cited))
    if facts.option_moneyness == "near":
        item = "(h)" if facts.repurchase == "call_option" else "(i)"
        return Ground(
            _("an option that may or may not be exercised; {share}").format(share=share),
            _("IFRS 9 3.2.7; B3.2.16{item}").format(item=item),
        )
    if facts.guarantee_cap is not None:
        return Ground(
            _("a guarantee, subordination or other exposure stays; {share}").format(share=share),
            _("IFRS 9 3.2.7; B3.2.16(n)"),
        )
    return Ground(share, _("IFRS 9 3.2.7"))
