"""Tables of buyer and seller: cash, returns, hold value, day one, and the gap between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.price import estimate_cells, rate_rows
from npl_sim.reports.formats import percent
from npl_sim.reports.table import Cell, Column, Table, columns, table_of
from npl_sim.valuation.buyer import ITEMS

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.valuation.negotiation import ClosingChange


def yearly(monthly: np.ndarray) -> np.ndarray:
    """Return monthly amounts, month 0 first, summed: closing, then year by year."""
    years = [monthly[:1].sum()]
    years += [monthly[m : m + 12].sum() for m in range(1, len(monthly), 12)]
    return np.array(years)


def ledger_table(book: BidBook) -> Table:
    """Return the buyer's expected cash by year at the bid, without items of 0."""
    ledger = book.bid.ledger
    moving = [name for name in ITEMS if np.any(ledger.items[name] != 0.0)] or ["package", "price"]
    by_item = [yearly(ledger.items[name]) for name in moving]
    own = yearly(ledger.own_mean)
    running = np.cumsum(own)
    months = len(ledger.debt_mean) - 1
    ends = [0, *(min(m + 11, months) for m in range(1, months + 1, 12))]
    rows: list[tuple[Any, ...]] = []
    for i, end in enumerate(ends):
        label = "closing" if i == 0 else _("year {i}").format(i=i)
        rows.append((label, *(x[i] for x in by_item), own[i], running[i], ledger.debt_mean[end]))
    rows.append(("all", *(x.sum() for x in by_item), own.sum(), None, None))
    return Table(
        _("The buyer's expected cash at the bid"),
        (
            *columns("[12]"),
            *(Column(name, "money") for name in moving),
            *columns("own cash [money] | own cash to date [money] | debt at the end [money]"),
        ),
        tuple(rows),
        note=_("Means over scenarios, undiscounted; the items sum to the buyer's own cash."),
        total=True,
    )


def rates_table(book: BidBook) -> Table:
    """Return the distribution of the return on the buyer's equity."""
    confidence = percent(book.result.pricing.confidence, 0)
    return table_of(
        _("Return on the buyer's own money at the bid (IRR)"),
        f"[40] | value [fine] | std error [fine] | {confidence} from [fine] | to [fine]",
        rate_rows(book),
        note=_(
            "Effective annual rates on the buyer's own cash, after costs, debt and "
            "tax. A bid in expectation earns its target in the mean cash; the mean of "
            "the scenarios' rates weighs those that pay early the most. Where several "
            "rates solve a scenario's cash, those below the highest mostly lie near "
            "-100%: costs after the last receipt."
        ),
        nothing=_("the buyer lays out nothing at the bid: there is no rate of return"),
    )


def debt_table(book: BidBook) -> Table:
    """Return the risk of the lender."""
    bid = book.bid
    drawn = float(bid.ledger.items["debt drawn"].sum())
    rows: list[tuple[Any, ...]] = []
    if drawn != 0.0:
        shares = (Cell(x, "fine") for x in estimate_cells(bid.lender_hit))
        rows = [
            (_("debt drawn at closing"), drawn, None, None, None),
            (_("expected debt never repaid"), *estimate_cells(bid.lender_loss)),
            (_("probability that some is never repaid"), *shares),
        ]
    confidence = percent(book.result.pricing.confidence, 0)
    return table_of(
        _("Debt of the buyer"),
        f"[40] | value [money] | std error [money] | {confidence} from [money] | to [money]",
        rows,
        nothing=_("the buyer borrows nothing"),
    )


def hold_value_table(book: BidBook) -> Table:
    """Return the hold value of the seller by part."""
    keep, share = book.keep, book.result.of_gbv(1.0)
    rows: list[tuple[Any, ...]] = [
        (name, amount, amount * share, None) for name, amount in keep.parts.items()
    ]
    rows.append((_("hold value"), keep.value.value, keep.value.value * share, keep.value.se))
    return table_of(
        _("Hold value of the seller"),
        "[40] | present value [money] | % of GBV [fine] | std error [money]",
        rows,
        note=_(
            "At the seller's own discount rate, after its own cost, tax and capital. "
            "The tax is positive where the basis that tax law deducts exceeds what "
            "comes in."
        ),
        total=True,
    )


def day_one_table(book: BidBook) -> Table:
    """Return the seller's day-one result of a sale at the bid."""
    day, share = book.day_one, book.result.of_gbv(1.0)
    amounts = {
        "gross book value": book.result.gbv,
        "provisions": -day.provisions,
        "book value": day.book_value,
        "price": day.price,
        "proceeds after the costs of the sale": day.proceeds,
        "profit or loss of the day, before tax": day.result,
        "profit or loss of the day, after tax": day.result_after_tax,
        "provisions released": day.provision_released,
        "regulatory capital freed": day.capital_freed,
    }
    return table_of(
        _("The seller's books on day one, sold at the bid"),
        "[40] | amount [money] | % of GBV [fine]",
        ((name, amount, amount * share) for name, amount in amounts.items()),
    )


def price_steps_table(book: BidBook) -> Table:
    """Return the steps from the seller's reservation price to the buyer's bid."""
    share = book.result.of_gbv(1.0)
    frame = book.deal.price_steps
    rows: list[tuple[Any, ...]] = []
    for i, r in enumerate(frame.itertuples(index=False)):
        rows.append((r.step, r.cause, r.amount if i else None, r.value, r.value * share))
    return table_of(
        _("From the seller's price to the buyer's bid"),
        "step [46] | cause [18] | change [money] | value after it [money] | % of GBV [fine]",
        rows,
        note=_(
            "One assumption is replaced at a time, in this order; another order splits "
            "the same gap differently."
        ),
        differences=tuple(((i, 2), (i, 3), (i - 1, 3)) for i in range(1, len(rows))),
    )


def causes(book: BidBook) -> Table:
    """Return the gap by cause."""
    steps = book.deal.price_steps.iloc[1:]
    sums = steps.groupby("cause", sort=False)["amount"].sum()
    rows = [(name, amount) for name, amount in sums.items() if name]
    rows.append((_("bid less reservation price"), float(steps["amount"].sum())))
    return table_of(_("The gap by cause"), "cause [46] | change [money]", rows, total=True)


def _setting(change: ClosingChange, value: float | None) -> Cell:
    if value is None:
        return Cell(_("not in its range"), "text")
    return Cell(value, "money" if change.unit == "package currency" else "fine")


def changes_table(book: BidBook) -> Table:
    """Return the changes that would each close the gap."""
    deal = book.deal
    nothing = _("there is a zone of agreement: no change is needed")
    if deal.zone.value < 0.0:
        nothing = _("no known change closes the gap")
    return table_of(
        _("What would close the gap by itself"),
        "what changes [52] | unit [18] | now [number] | needed [number 16] | whose side",
        (
            (x.name, x.unit, _setting(x, x.now), _setting(x, x.needed), x.side)
            for x in deal.closing_changes
        ),
        nothing=nothing,
    )
