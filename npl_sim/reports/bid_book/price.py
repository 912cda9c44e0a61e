"""Tables of a bid book on the price: headline, distribution, quantiles, recovery."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.second_method import verdict
from npl_sim.reports.formats import percent
from npl_sim.reports.price.histogram import bins_of
from npl_sim.reports.style import readable
from npl_sim.reports.table import Cell, Table, table_of
from npl_sim.stats.risk import Estimate

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook


DIFFERENCES = (
    ("zone of agreement", "bid", "seller's reservation price"),
    ("second method less simulation", "second method", "price (best estimate)"),
)
"""Rows with the amount of the second row less that of the third."""


def _row(book: BidBook, name: str, found: Estimate | float, what: str) -> tuple[Any, ...]:
    if not isinstance(found, Estimate):
        return name, found, book.result.of_gbv(found), None, None, None, None, what
    value, se, low, high = estimate_cells(found)
    share = book.result.of_gbv(1.0)
    return name, value, value * share, se, se * share, low, high, what


def _book_figures(book: BidBook) -> list[tuple[str, float, str]]:
    """Return the figures of the seller's books on the day of the sale."""
    result, day = book.result, book.day_one
    return [
        (_("seller's book value"), day.book_value, _("gross book value less provisions")),
        (_("seller's result on day one"), day.result, _("before tax, if it sold at the bid")),
        (
            "gross book value",
            result.gbv,
            _("loans: {loans:,}").format(loans=len(result.flows.loans)),
        ),
    ]


def headline_table(book: BidBook) -> Table:
    """Return the headline figures of the price, each with its standard error."""
    result, bid, keep = book.result, book.bid, book.keep
    pricing = result.pricing
    required, worst = percent(pricing.required_return), percent(pricing.shortfall_level, 0)
    second = book.second
    name = "bid" if book.stated_buyer else "value"
    first = "bid" if book.stated_buyer else _("value at the target return (no buyer stated)")
    shortfall = _("expected shortfall of the price")
    method = _("expected-cash-flow valuation")
    figures: list[tuple[str, Estimate | float, str]] = [
        (first, bid.price, bid.measure),
        (
            _("{name} before the discount for information").format(name=name),
            bid.before_information,
            bid.measure,
        ),
        (DIFFERENCES[0][2], keep.reservation, _("below it holding is worth more to the seller")),
        ("zone of agreement", book.deal.zone, _("bid less reservation price; negative: a gap")),
        (
            "price (best estimate)",
            result.mean,
            _("mean present value at {required}").format(required=required),
        ),
        (_("standard deviation of the price"), result.sd, _("over scenarios")),
        (_("mean of the worst {worst}").format(worst=worst), result.expected_shortfall, shortfall),
        (
            _("prudent value"),
            book.prudent.value,
            _("best estimate with data flags, less margins, capped"),
        ),
    ]
    if second is not None:
        figures.append(("second method", second.value, method))
        figures.append(("second method less simulation", second.difference, verdict(second)))
    rows = [_row(book, *figure) for figure in figures]
    if second is None:
        rows.append(("second method", Cell(_("not run"), "text"), *([""] * 5), method))
    rows += [_row(book, *figure) for figure in _book_figures(book)]
    confidence = percent(pricing.confidence, 0)
    at = {row[0]: i for i, row in enumerate(rows)} | {"bid": 0}
    return table_of(
        _("Price, bid and their measures"),
        "[40] | amount [money] | % of GBV [fine] | std error [money] | "
        f"std error, % of GBV [fine 12] | {confidence} from [money] | to [money] | "
        "what it is [58]",
        rows,
        note=_(
            "Standard errors are those of simulation. A number without one is exact or an input."
        ),
        differences=tuple(
            ((at[name], 1), (at[after], 1), (at[before], 1))
            for name, after, before in DIFFERENCES
            if name in at
        ),
    )


def package_table(book: BidBook, study_name: str, valued: Any) -> Table:
    """Return the package and the settings of the run."""
    result, flows = book.result, book.result.flows
    rows: list[tuple[Any, ...]] = [
        ("study", study_name),
        (_("valuation date"), Cell(valued, "date")),
        ("currency", result.currency or "not given"),
        ("loans", Cell(len(flows.loans), "count")),
        ("gross book value", Cell(result.gbv, "cents")),
        ("scenarios", Cell(result.scenarios, "count")),
        (_("months simulated"), Cell(flows.months, "count")),
        ("seed", str(flows.seed)),
        ("required return", Cell(result.pricing.required_return, "fine")),
        (_("target on the buyer's own money"), Cell(book.bid.target, "fine")),
        (_("bid meets"), book.bid.measure),
    ]
    return table_of(_("Package and run"), "[40] | [30]", rows)


def rate_rows(book: BidBook) -> list[tuple[Any, ...]]:
    """Return rows of the buyer's rate of return: name, value, standard error, low, high."""
    irr = book.bid.irr
    if irr is None:
        return []
    rows: list[tuple[Any, ...]] = [
        (_("of the mean cash"), book.bid.irr_of_mean, None, None, None),
        (_("mean of the scenarios' rates"), *estimate_cells(irr.mean)),
    ]
    rows += [
        (_("quantile {p:g}%").format(p=100 * p), *estimate_cells(q))
        for p, q in irr.quantiles.items()
    ]
    rows.append(
        (
            _("probability below {target}").format(target=percent(irr.target)),
            *estimate_cells(irr.below_target),
        )
    )
    rows.append((_("probability below 0"), *estimate_cells(irr.negative)))
    for name, share in (
        (_("nothing comes in"), irr.lost),
        (_("no rate repays the outlay"), irr.never),
        (_("rate above the range that is searched"), irr.above),
        (_("several rates (the highest is taken)"), irr.several),
    ):
        if share > 0.0:
            rows.append(
                (_("share of scenarios: {name}").format(name=name), share, None, None, None)
            )
    return rows


def estimate_cells(found: Estimate) -> tuple[float, float, float, float]:
    """Return value, standard error and ends of the interval."""
    return found.value, found.se, found.low, found.high


def quantiles(book: BidBook) -> Table:
    """Return the quantiles of the price, of the buyer's break-even price and of the hold value."""
    result, sample = book.result, book.result.sample
    rows = []
    kept = 1.0 - _discount(book)
    confidence = result.pricing.confidence
    for level, q in result.quantiles.items():
        buyer = sample.quantile(book.bid.break_even * kept, level, confidence)
        keep = sample.quantile(book.keep.prices, level, confidence)
        price = q.value, result.of_gbv(q.value), q.se, q.low, q.high
        rows.append((level, *price, buyer.value, buyer.se, keep.value, keep.se))
    return table_of(
        _("Quantiles over scenarios"),
        "level [share] | price [money] | % of GBV [fine] | std error [money] | "
        f"{percent(confidence, 0)} from [money] | to [money] | "
        "earns the buyer's target [money 16] | its std error [money] | "
        "as good as holding [money 16] | its std error [money]",
        rows,
        note=_(
            "The last columns are by scenario. The buyer's price just earns its target "
            "after the discount for information. The seller's price is as good as "
            "holding."
        ),
    )


def _discount(book: BidBook) -> float:
    before = book.bid.before_information.value
    return 1.0 - book.bid.price.value / before if before else 0.0


def bins(book: BidBook) -> Table:
    """Return the histogram of the price as numbers."""
    share, edges = bins_of(book.result.pv, book.result.sample)
    total = 0.0
    rows = []
    for i, part in enumerate(share):
        total += float(part)
        rows.append(
            (0.5 * (edges[i] + edges[i + 1]), edges[i], edges[i + 1], float(part), min(total, 1.0))
        )
    return table_of(
        _("Histogram of the price"),
        "middle [money] | from [money] | to [money] | share of scenarios [fine] | "
        "cumulative [fine]",
        rows,
    )


def recovery_table(book: BidBook) -> Table:
    """Return cumulative recovery by year, undiscounted, as shares of GBV."""
    curve = book.result.recovery
    last = book.result.flows.months
    months = sorted({*range(12, last + 1, 12), last})
    gross, net = (curve[curve["measure"] == m].set_index("month") for m in ("gross", "net"))
    rows = tuple(
        (m, *(float(frame.loc[m, c]) for frame in (gross, net) for c in ("mean", "mean_se")))
        for m in months
    )
    if not all(math.isfinite(row[1]) for row in rows):
        rows = ()
    return table_of(
        _("Cumulative recovery, undiscounted"),
        "to month [count] | receipts, % of GBV [fine 14] | std error [fine] | "
        "after costs, % of GBV [fine 14] | std error [fine]",
        rows,
        nothing=_("not defined without a gross book value"),
    )


def kinds_table(book: BidBook) -> Table:
    """Return the value by kind of cash."""
    frame = book.result.breakdowns["kind"]
    frame = frame[frame["amount"] != 0.0].sort_values("side", ascending=False, kind="stable")
    rows: list[tuple[Any, ...]] = [
        (readable(r.kind), r.amount, r.pv, r.pv_se, r.price_of_gbv)
        for r in frame.itertuples(index=False)
    ]
    mean = book.result.mean
    rows.append(
        ("net", frame["amount"].sum(), mean.value, mean.se, book.result.of_gbv(mean.value))
    )
    return table_of(
        _("Expected cash by kind"),
        "kind [22] | undiscounted [money] | present value [money] | "
        "std error [money] | % of GBV [fine]",
        rows,
        note=_("Present values sum to the price."),
        total=True,
    )
