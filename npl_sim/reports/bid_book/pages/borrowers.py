"""Page on the largest borrowers: claim, collateral, receipts, share of the price, anomalies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.names import name_of, names_of, reason_name
from npl_sim.reports.bid_book.pages.page import Block, Html, Page, escape, joined
from npl_sim.reports.bid_book.pages.table import Column, Row, row, table
from npl_sim.reports.bid_book.pages.view import BookView, number, percent
from npl_sim.reports.bid_book.svg.cells import ErrorBar, error_bar, paired_bars
from npl_sim.reports.writers.terminal import text_width

LONGEST_NAME, SMALL_NAME, LONGEST_PLACES, LONGEST_STAGES = 25, 19, 20, 48
"""Longest name of a borrower, the longest in normal size, and the longest lists of regions and of
stages. [characters, Chinese ones count twice]"""

MOST_MARKED, MANY_MARKED, SHORT_STAGES = 1, 6, 26
"""More borrowers that stand out than the first bring rows closer together. With more than the
second the anomaly takes the place of the stages, in at most so many characters."""

LONGEST_KINDS = 27
"""Longest text on collateral in a cell; Chinese characters count twice. [characters]"""


def page(view: BookView) -> Page:
    """Return the page on the largest borrowers."""
    frame = view.package.borrowers
    return Page(
        headline=_headline(frame, view),
        reasons=joined(_reasons(frame, view), " "),
        blocks=(Block(_table(frame, view)),),
        note=_note(frame, view),
    )


def _note(frame: pd.DataFrame, view: BookView) -> str:
    text = _(
        "Free collateral: appraised value less prior liens, at most the secured amount. The share "
        "of the target price is in proportion to the value at the buyer's return. Its "
        "± is the error of simulation, at "
        "most; it does not hold the uncertainty of the inputs."
    )
    if frame["anomalies"].astype(bool).any():
        text += " " + _("* The stage says why the claim stands out.")
    return f"{text} {view.foot}"


def _sums(frame: pd.DataFrame, view: BookView) -> dict[str, float]:
    """Return the sums over the borrowers shown, and their shares of the package."""
    claims = float(view.package.loans["gbv"].sum())
    claim = float(frame["claim"].sum())
    return {
        "claim": claim,
        "free": float(frame["free_collateral"].sum()),
        "receipts": float(frame["receipts"].sum()),
        "price": float(frame["price"].sum()),
        "of_claims": claim / claims if claims else math.nan,
        "of_price": float(frame["share_of_price"].sum()),
    }


def _headline(frame: pd.DataFrame, view: BookView) -> str:
    sums = _sums(frame, view)
    text = ngettext(
        "The largest borrower owes {claims}% of the claims and carries {price}% of the price",
        "The {count} largest borrowers owe {claims}% of the claims and carry {price}% of the "
        "price",
        len(frame),
    ).format(
        count=len(frame),
        claims=percent(sums["of_claims"], 0),
        price=percent(sums["of_price"], 0),
    )
    odd = _odd(frame)
    if odd is not None:
        return text + _("; number {rank} is {anomaly}.").format(
            rank=odd["rank"], anomaly=_anomaly(odd)
        )
    top = frame.loc[frame["share_of_price"].idxmax()] if _known(frame) else None
    if top is None or len(frame) < 2:
        return f"{text}."
    return text + _("; number {rank} alone carries {share}%.").format(
        rank=top["rank"], share=percent(top["share_of_price"])
    )


def _known(frame: pd.DataFrame) -> bool:
    return bool(frame["share_of_price"].notna().any())


def _odd(frame: pd.DataFrame) -> Any:
    """Return the anomaly with the most free collateral, then with the largest claim."""
    odd = frame[frame["anomalies"].astype(bool)]
    if odd.empty:
        return None
    order = odd.sort_values(["free_collateral", "claim"], ascending=False, kind="stable")
    return order.iloc[0]


def _anomaly(found: Any) -> str:
    return ", ".join(names_of(str(found["anomalies"])))


def _reasons(frame: pd.DataFrame, view: BookView) -> Iterator[str]:
    odd = _odd(frame)
    if odd is not None:
        yield _(
            "Number {rank} owes {claim} with {free} of free collateral, but is {anomaly}: it "
            "counts {price}."
        ).format(
            rank=odd["rank"],
            claim=view.money(odd["claim"]),
            free=view.money(odd["free_collateral"]),
            anomaly=_anomaly(odd),
            price=view.money(odd["price"]),
        )
        reasons = names_of(str(odd["reasons"]), reason_name)
        if reasons:
            yield _("Reason: {reasons}.").format(reasons=", ".join(reasons))
    count = int(frame["anomalies"].astype(bool).sum())
    if count > 1:
        yield _("{count} of them stand out by rule.").format(count=count)
    bare = frame[frame["free_collateral"] <= 0.0]
    if len(bare):
        yield ngettext(
            "Of them, {count} has no free collateral; it owes {claim} and carries {price}.",
            "Of them, {count} have no free collateral; they owe {claim} and carry {price}.",
            len(bare),
        ).format(
            count=len(bare),
            claim=view.money(float(bare["claim"].sum())),
            price=view.money(float(bare["price"].sum())),
        )


def _table(frame: pd.DataFrame, view: BookView) -> Html:
    columns = (
        Column("", 16),
        Column(_("Borrower"), 126, left=True),
        Column(_("Region, stage"), 124, left=True),
        Column(_("Claim (gray) and free collateral (line)"), 134, left=True),
        Column(_("Expected receipts"), 50),
        Column(_("Months to cash"), 42),
        Column(_("Years in default"), 42),
        Column(
            _("Share of target price, ± one standard error, and % of claim"),
            0,
            left=True,
            style="padding-left:14px",
        ),
    )
    largest = (
        float(frame[["claim", "free_collateral"]].to_numpy().max()),
        float((frame["price"] + frame["price_se"].fillna(0.0)).max()),
    )
    marked = int(frame["anomalies"].astype(bool).sum())
    short = marked > MANY_MARKED
    rows = [_row(r, view, largest, short) for _i, r in frame.iterrows()]
    return table(columns, [*rows, _total(frame, view)], "tight" if marked > MOST_MARKED else "")


def _row(found: Any, view: BookView, largest: tuple[float, float], short: bool) -> Row:
    odd = bool(found["anomalies"])
    star = "*" if odd else ""
    error = float(found["price_se"])
    price = _fine(found["price"], view)
    if math.isfinite(error):
        price += f" ±\u2009{_fine(error, view)}"
    return row(
        number(float(found["rank"])),
        _two_lines(_name(str(found["name"] or found["borrower_id"])), _second_id(found)),
        _two_lines(_places(found), _stages(found, short)),
        paired_bars(
            float(found["claim"]),
            float(found["free_collateral"]),
            (view.money(found["claim"]), _collateral(found, view)),
            largest[0],
            124.0,
        ),
        view.money(found["receipts"]),
        number(found["months_to_cash"]),
        number(found["years"], 1),
        error_bar(
            ErrorBar(
                float(found["price"]),
                error,
                price,
                f"{percent(found['price_of_claim'], 0)}%{star}",
                stands_out=odd,
            ),
            largest[1],
            132.0,
        ),
    )


def _fine(amount: float, view: BookView) -> str:
    """Return an amount with one more decimal than those of the book."""
    return number(amount / view.unit.size, view.decimals + 1)


def _second_id(found: Any) -> str:
    return _short(str(found["borrower_id"])) if found["name"] else ""


def _name(text: str) -> Html:
    """Return a name in bold, a long one in small letters."""
    small = ' class="s"' if text_width(text) > SMALL_NAME else ""
    return Html(f"<b{small}>{escape(_short(text))}</b>")


def _short(text: str) -> str:
    if text_width(text) <= LONGEST_NAME:
        return text
    while text_width(text) >= LONGEST_NAME:
        text = text[:-1]
    return f"{text}…"


def _two_lines(first: Any, second: str) -> Html:
    below = f'<br><span class="mut s">{escape(second)}</span>' if second else ""
    return Html(f"{escape(first)}{below}")


def _places(found: Any) -> str:
    names = names_of(str(found.get("cities") or found["regions"]))
    whole = ", ".join(names)
    return whole if text_width(whole) <= LONGEST_PLACES else _short(f"{names[0]}, …")


def _stages(found: Any, short: bool) -> str:
    """Return stages, guarantor and anomalies; those that lack space are dropped, stages first."""
    stages, marks = names_of(str(found["stages"])), names_of(str(found["anomalies"]))
    backed = [_("guarantor")] if found["guaranteed"] else []
    if short and marks:
        choices, most = (marks, marks[:2], marks[:1]), SHORT_STAGES
    else:
        first = [*stages[:1], *backed]
        choices = ([*stages, *backed, *marks], [*first, *marks], [*first, *marks[:1]])
        most = SHORT_STAGES if short else LONGEST_STAGES
    texts = [", ".join(choice) for choice in choices]
    return next((text for text in texts if text_width(text) <= most), texts[-1])


def _collateral(found: Any, view: BookView) -> str:
    """Return free value and kinds of collateral, as many kinds as the cell holds."""
    kinds = [name_of(k).lower() for k in str(found["kinds"]).split("; ") if k]
    if not kinds:
        return _("none")
    free = view.money(float(found["free_collateral"]))
    whole = f"{free} {', '.join(kinds)}"
    shown = whole if text_width(whole) <= LONGEST_KINDS else f"{free} {kinds[0]}, …"
    return shown if text_width(shown) <= LONGEST_KINDS else free


def _total(frame: pd.DataFrame, view: BookView) -> Row:
    sums = _sums(frame, view)
    title = ngettext(
        "Largest, {share}% of claims", "{count} largest, {share}% of claims", len(frame)
    )
    return row(
        "",
        title.format(count=len(frame), share=percent(sums["of_claims"], 0)),
        "",
        _("{claim} and {free}").format(
            claim=view.money(sums["claim"]), free=view.money(sums["free"])
        ),
        view.money(sums["receipts"]),
        "",
        "",
        _("{price}, {share}% of the target price").format(
            price=view.money(sums["price"]), share=percent(sums["of_price"], 0)
        ),
        kind="total",
    )
