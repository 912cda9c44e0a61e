"""Questions of the derecognition tree, each answered from the facts (IFRS 9, figure B3.2.1)."""

from __future__ import annotations

from npl_sim.accounting.exposure import Band, Exposure
from npl_sim.accounting.facts import TransferFacts
from npl_sim.core.judgment import Figure, Step
from npl_sim.core.language import gettext as _


def _answer(yes: bool) -> str:
    return "yes" if yes else "no"


def consolidation(facts: TransferFacts) -> Step:
    """Return the reporting entity: the seller, or the seller with a vehicle that it controls."""
    share, reason = facts.variable_returns_share, _("the buyer is an outsider")
    if facts.seller_controls_vehicle:
        reason = _(
            "the vehicle is consolidated first; only transfers by the group to outsiders count"
        )
    elif facts.may_control_vehicle:
        reason = _("nothing shows control, and nothing excludes it: see the question below")
    name = _("variable returns of the vehicle that the seller bears")
    return Step(
        _("Does the seller control the vehicle that buys?"),
        _("not known") if facts.may_control_vehicle else _answer(facts.seller_controls_vehicle),
        reason,
        _("IFRS 9 3.2.1, B3.2.1; IFRS 10.7, B55 to B72; CAS 23 art. 3"),
        () if share is None else (Figure(name, share, "share"),),
    )


def unit_of_account(facts: TransferFacts) -> Step:
    """Return whether the tree applies to the whole asset or to a part of it."""
    question = _("Is the tree asked of the whole asset or of a part?")
    whole = _("IFRS 9 3.2.2(b); CAS 23 art. 4")
    share = (Figure(_("share transferred"), facts.transferred_share, "share"),)
    if facts.guarantee_cap is not None and (
        facts.part != "whole" or facts.transferred_share < 1.0
    ):
        reason = _(
            "the seller covers losses of the buyer, so the part is not a fully proportionate share"
        )
        return Step(question, _("the whole"), reason, whole, share)
    if facts.part == "whole":
        return Step(question, _("the whole"), _("all cash flows are transferred"), whole)
    part = {
        "identified_cash_flows": _("only identified cash flows are"),
        "proportionate_share": _("a fully proportionate share of all cash flows is"),
        "proportionate_share_of_identified": (
            _("a fully proportionate share of identified cash flows is")
        ),
    }[facts.part]
    rule = _("IFRS 9 3.2.2(a); CAS 23 art. 4")
    return Step(question, _("the part"), _("{part} transferred").format(part=part), rule, share)


def expired(facts: TransferFacts) -> Step:
    """Return whether the rights to the cash flows have expired."""
    ended = facts.rights_expired
    reason = _("nothing is left to collect") if ended else _("the debtors still owe")
    question = _("Have the rights to the cash flows expired?")
    return Step(question, _answer(ended), reason, _("IFRS 9 3.2.3(a)"))


def transfers_rights(facts: TransferFacts) -> bool:
    """Return whether the contractual rights leave the seller and any vehicle that it controls."""
    if facts.seller_controls_vehicle:
        return facts.vehicle_transfers_rights
    return facts.transfers_contractual_rights


def transferred_rights(facts: TransferFacts) -> Step:
    """Return whether the rights to the cash flows are transferred."""
    entity = (
        _("the vehicle, and so the group,") if facts.seller_controls_vehicle else _("the seller")
    )
    yes = transfers_rights(facts)
    return Step(
        _("Are the rights to receive the cash flows transferred?"),
        _answer(yes),
        _("{entity} {text} the contractual rights").format(
            entity=entity, text="transfers" if yes else "keeps"
        ),
        _("IFRS 9 3.2.4(a)"),
    )


def passed_through(facts: TransferFacts) -> Step:
    """Return whether the three pass-through tests are met."""
    question, tests = _("Is the cash passed through?"), facts.pass_through
    if tests is None:
        reason = _("there is no obligation to pass the cash on")
        return Step(question, "no", reason, _("IFRS 9 3.2.4(b)"))
    results = (
        (tests.pays_only_if_collected, _("it pays even amounts that it did not collect (a)")),
        (tests.may_not_sell_or_pledge, _("it may sell or pledge the asset (b)")),
        (tests.remits_without_delay, _("it does not remit without material delay (c)")),
    )
    failed = [text for met, text in results if not met]
    reason = (
        _("the seller fails a test: {failed}").format(failed="; ".join(failed))
        if failed
        else _("all three tests hold")
    )
    figures = (Figure(_("tests held"), 3.0 - len(failed), "count"),)
    return Step(question, _answer(not failed), reason, _("IFRS 9 3.2.4(b), 3.2.5"), figures)


def risks(seen: Exposure, band: Band) -> Step:
    """Return whether substantially all risks and rewards are transferred, or retained."""
    transferred = band is Band.TRANSFERRED
    rule = seen.paragraph.removeprefix("IFRS 9 ")
    return Step(
        _("Are substantially all risks and rewards {band}?").format(band=band),
        _answer(seen.band is band),
        seen.reason,
        _("IFRS 9 3.2.6{text}, {rule}").format(text="(a)" if transferred else "(b)", rule=rule),
        seen.figures if transferred else (),  # printed once
    )


def may_control(facts: TransferFacts) -> Step:
    """Return whether control of the buying vehicle by the seller cannot be excluded."""
    reason = (
        _(
            "the seller bears most of the variable returns, and nothing shows that "
            "others direct the vehicle. Unknown facts count against the seller: "
            "together they transfer nothing"
        )
        if facts.may_control_vehicle
        else _("others direct the vehicle, or bear most of its variable returns")
    )
    question = _("Could the seller control the vehicle?")
    rule = _("IFRS 10.7, B55 to B72; IFRS 9 3.2.1")
    return Step(question, _answer(facts.may_control_vehicle), reason, rule)


def control(facts: TransferFacts) -> tuple[bool | None, Step]:
    """Return whether the buyer is free to sell (None if not known), and the step."""
    free, reason, rule = _free(facts)
    item = {True: "(i)", False: "(ii)", None: ""}[free]
    answer = _("not known") if free is None else _answer(not free)
    paragraph = _("IFRS 9 3.2.6(c){item}, 3.2.9{rule}").format(item=item, rule=rule)
    return free, Step(_("Is control retained?"), answer, reason, paragraph)


def _free(facts: TransferFacts) -> tuple[bool | None, str, str]:
    """Return whether the buyer is free to sell, the reason, and the paragraph to add."""
    near, scarce = facts.option_moneyness == "near", not facts.readily_obtainable
    if facts.transferee_can_sell is False:
        return False, _("the buyer cannot sell the whole, alone and unconditionally"), ""
    if not transfers_rights(facts):
        return (
            False,
            _("the buyer has a right to cash and not the loans; it cannot sell"),
            ", B3.2.8",
        )
    if facts.repurchase in ("fixed_price", "sale_price_plus_return") and scarce:
        return False, _("the buyer may have to return an asset that no market offers"), ""
    if facts.repurchase == "call_option" and near and scarce:
        return False, _("the seller may call back an asset that no market offers"), ", B3.2.16(h)"
    if facts.repurchase == "put_option" and near and facts.put_deters_sale:
        reason = _("the put is worth too much to the buyer for it to sell without it")
        return False, reason, ", B3.2.16(i)"
    if facts.transferee_can_sell is None:
        reason = _(
            "nothing shows a market in which the buyer can sell the whole, alone and "
            "unconditionally; by a sale the buyer would lose the seller's promises"
        )
        return None, reason, ", B3.2.8, B3.2.9"
    return True, _("as stated, the buyer can sell the whole, alone and unconditionally"), ""
