"""Tables of the seller's book on provisions and on the assumptions of the seller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from npl_sim.core.language import gettext as _
from npl_sim.reports.sell.names import part_name, rule_name, scenario_name, state_name
from npl_sim.reports.sell.sentences import terms_text
from npl_sim.reports.table import Table, table_of

if TYPE_CHECKING:
    from npl_sim.analysis.seller_book import SellerBook


def provision_table(book: SellerBook) -> Table:
    """Return the stage 3 provision by macroeconomic scenario."""
    rows = [
        (
            scenario_name(row.name),
            row.weight,
            row.work_out.value,
            row.sale.value,
            row.expected.value,
            row.expected.se,
            row.provision,
        )
        for row in book.provision.rows
    ]
    return table_of(
        _("Stage 3 provision (IFRS 9, 5.5)"),
        _(
            "scenario [26] | weight [share] | work-out [money] | sale [money] | "
            "expected cash [money] | std error [money] | provision [money]"
        ),
        rows,
        note=_(
            "At the effective interest rate. Provision = GBV less expected cash, at least 0 and "
            "at most the GBV; the weighted row is that of the weighted cash. The own work-out "
            "department is no credit loss."
        ),
    )


def needs_table(book: SellerBook) -> Table:
    """Return what the provisions of the books lack under each rule."""
    booked = book.hold.provisions
    rows: list[tuple[Any, ...]] = [
        (_("provisions of the books"), booked, None),
        (_("stage 3 provision"), book.provision.provision, book.provision.top_up),
    ]
    if book.minimum is not None:
        minimum = float(book.minimum.by_loan.sum())
        rows.append((rule_name(book.minimum.rule), minimum, book.minimum_top_up))
    for name, coverage in (
        (_("bank's coverage of 150% and 2.5% of loans, with the package"), book.bank_before),
        (_("the same after a sale"), book.bank_after),
    ):
        if coverage is not None:
            rows.append((name, None, coverage.lacking))
    notes = [_("A negative top-up is provisions that could be released.")]
    if book.minimum is None:
        notes.append(_("No rule on minimum provisions is known for this jurisdiction."))
    elif book.minimum.unknown:
        notes.append(
            _(
                "{count} loans lack the date or class that the minimum needs and count in full."
            ).format(count=f"{book.minimum.unknown:,}")
        )
    is_china = book.minimum is not None and book.minimum.rule == "china_five_class"
    if is_china and book.bank_before is None:
        notes.append(_("Coverage of the bank is not determined: no seller.provision.bank."))
    return table_of(
        _("Provisions: held, needed, top-up"),
        _("[50] | needed [money] | top-up [money]"),
        rows,
        note=" ".join(notes),
    )


def minimum_table(book: SellerBook) -> Table:
    """Return the minimum provision by part or class, now and in later years."""
    nothing = _("no rule on minimum provisions applies")
    if book.minimum is None:
        return table_of(_("Minimum provision"), _("part [30]"), (), nothing=nothing)
    frame = book.minimum.by_part
    later = [name for name in frame.columns if name.startswith("in_")]
    rows: list[tuple[Any, ...]] = [
        (part_name(r["part"]), r["amount"], *(r[name] for name in later))
        for r in frame.to_dict("records")
    ]
    rows.append((_("all"), frame["amount"].sum(), *(frame[name].sum() for name in later)))
    heads = [
        _("minimum now [money]")
        if name == "in_0_months"
        else _("in {months} months [money]").format(months=name.split("_")[1])
        for name in later
    ]
    return table_of(
        _("Minimum provision: {rule}").format(rule=rule_name(book.minimum.rule)),
        " | ".join([_("part [30] | amount [money]"), *heads]),
        rows,
        note=_("Later months: the same loans, nothing collected meanwhile.") if later[1:] else "",
        total=True,
    )


def assumptions_table(book: SellerBook) -> Table:
    """Return the figures of the seller with their origin and effect, largest effect first."""
    rows = [
        (r.key, r.value, state_name(r.state), r.effect, r.origin)
        for r in book.effects.itertuples(index=False)
    ]
    without = int((book.effects["state"] != "published").sum())
    note = _(
        "No published source stands behind {without} of {count} figures. Effect: half the "
        "distance of the reservation prices at 0.8 and 1.2 times the figure."
    ).format(without=without, count=len(rows))
    return table_of(
        _("Assumptions of the seller"),
        _(
            "figure [40] | value [number] | origin [20] | effect on reservation price [money] | "
            "source [40]"
        ),
        rows,
        note=f"{terms_text(book)} {note}".lstrip(),
        nothing=_("the study states no figures of the seller: every one is a default"),
    )
