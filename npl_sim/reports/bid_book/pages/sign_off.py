"""Sign-off: who read, approved, overrode what and when."""

from __future__ import annotations

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.pages.experts import entries_text
from npl_sim.reports.bid_book.pages.page import Html, escape, joined
from npl_sim.reports.bid_book.pages.view import BookView


def sign_off(view: BookView) -> Html:
    """Return the boxes in which readers sign, and what was confirmed or overridden."""
    read = (_("has read"), _("agrees"), _("objects"))
    boxes: list[tuple[str, str | tuple[str, ...], str]] = [
        (
            _("Deal team"),
            _recommended(view),
            _("Name, signature"),
        ),
        (_("Risk"), read, _("Name, signature")),
        (_("Legal"), read, _("Name, signature")),
        (
            _("Committee"),
            (
                _("up to ______ {unit}").format(unit=view.unit.name),
                _("sent back"),
                _("declined"),
            ),
            _("Chair, signature"),
        ),
    ]
    cells = "".join(
        f'<div><b>{escape(name)}</b><span>{_boxed(text)}</span><span class="ln">'
        f"<span>{escape(sign)}</span><span>{escape(_('Date'))}</span></span></div>"
        for name, text, sign in boxes
    )
    listed = "; ".join(view.overrides) or _("none")
    text = _("Overridden or confirmed in the inputs: {overrides}.").format(overrides=listed)
    if view.heading.experts is not None:
        text = f"{entries_text(view, view.heading.experts)} {text}"
    return Html(
        f'<div class="sign">{cells}</div><p class="sub" style="margin-top:4px">{escape(text)}</p>'
    )


def _recommended(view: BookView) -> str:
    """Return what the deal team recommends; no price where none may be bid."""
    target, limit = view.book.offers.target.price.value, view.book.offers.limit.price.value
    if view.heading.implausible or target <= 0.0:
        return _("Recommends no bid")
    if not view.book.stated_buyer:
        return _("No buyer is stated: no recommendation")
    return _("Recommends {target}, up to {limit}").format(
        target=view.round_money(target), limit=view.round_money(limit)
    )


def _boxed(text: str | tuple[str, ...]) -> Html:
    """Return a text, or choices each with a box to tick."""
    if isinstance(text, str):
        return escape(text)
    return joined((Html(f"<span class=nb>☐\u2002{escape(one)}</span>") for one in text), "\u2003 ")
