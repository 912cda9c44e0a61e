"""Questions of the derecognition tree, each answered from the facts (IFRS 9, figure B3.2.1)."""

from __future__ import annotations

from npl_sim.accounting.exposure import Band, Exposure
from npl_sim.accounting.facts import TransferFacts
from npl_sim.core.judgment import Figure, Step


def _answer(yes: bool) -> str:
    return "yes" if yes else "no"


def consolidation(facts: TransferFacts) -> Step:
    """Return the reporting entity: the seller, or the seller with a vehicle that it controls."""
    share, reason = facts.variable_returns_share, "the buyer is an outsider"
    if facts.seller_controls_vehicle:
        reason = (
            "the vehicle is consolidated first; only transfers by the group to outsiders count"
        )
    elif facts.may_control_vehicle:
        reason = "nothing shows control, and nothing excludes it: see the question below"
    name = "variable returns of the vehicle that the seller bears"
    return Step(
        "Does the seller control the vehicle that buys?",
        "not known" if facts.may_control_vehicle else _answer(facts.seller_controls_vehicle),
        reason,
        "IFRS 9 3.2.1, B3.2.1; IFRS 10.7, B55 to B72; CAS 23 art. 3",
        () if share is None else (Figure(name, share, "share"),),
    )


def unit_of_account(facts: TransferFacts) -> Step:
    """Return whether the tree applies to the whole asset or to a part of it."""
    question = "Is the tree asked of the whole asset or of a part?"
    whole = "IFRS 9 3.2.2(b); CAS 23 art. 4"
    share = (Figure("share transferred", facts.transferred_share, "share"),)
    if facts.guarantee_cap is not None and (
        facts.part != "whole" or facts.transferred_share < 1.0
    ):
        reason = (
            "the seller covers losses of the buyer, so the part is not a fully proportionate share"
        )
        return Step(question, "the whole", reason, whole, share)
    if facts.part == "whole":
        return Step(question, "the whole", "all cash flows are transferred", whole)
    part = {
        "identified_cash_flows": "only identified cash flows are",
        "proportionate_share": "a fully proportionate share of all cash flows is",
        "proportionate_share_of_identified": (
            "a fully proportionate share of identified cash flows is"
        ),
    }[facts.part]
    rule = "IFRS 9 3.2.2(a); CAS 23 art. 4"
    return Step(question, "the part", f"{part} transferred", rule, share)


def expired(facts: TransferFacts) -> Step:
    """Return whether the rights to the cash flows have expired."""
    ended = facts.rights_expired
    reason = "nothing is left to collect" if ended else "the debtors still owe"
    question = "Have the rights to the cash flows expired?"
    return Step(question, _answer(ended), reason, "IFRS 9 3.2.3(a)")


def transfers_rights(facts: TransferFacts) -> bool:
    """Return whether the contractual rights leave the seller and any vehicle that it controls."""
    if facts.seller_controls_vehicle:
        return facts.vehicle_transfers_rights
    return facts.transfers_contractual_rights


def transferred_rights(facts: TransferFacts) -> Step:
    """Return whether the rights to the cash flows are transferred."""
    entity = "the vehicle, and so the group," if facts.seller_controls_vehicle else "the seller"
    yes = transfers_rights(facts)
    return Step(
        "Are the rights to receive the cash flows transferred?",
        _answer(yes),
        f"{entity} {'transfers' if yes else 'keeps'} the contractual rights",
        "IFRS 9 3.2.4(a)",
    )


def passed_through(facts: TransferFacts) -> Step:
    """Return whether the three pass-through tests are met."""
    question, tests = "Is the cash passed through?", facts.pass_through
    if tests is None:
        reason = "there is no obligation to pass the cash on"
        return Step(question, "no", reason, "IFRS 9 3.2.4(b)")
    results = (
        (tests.pays_only_if_collected, "it pays even amounts that it did not collect (a)"),
        (tests.may_not_sell_or_pledge, "it may sell or pledge the asset (b)"),
        (tests.remits_without_delay, "it does not remit without material delay (c)"),
    )
    failed = [text for met, text in results if not met]
    reason = f"the seller fails a test: {'; '.join(failed)}" if failed else "all three tests hold"
    figures = (Figure("tests held", 3.0 - len(failed), "count"),)
    return Step(question, _answer(not failed), reason, "IFRS 9 3.2.4(b), 3.2.5", figures)


def risks(seen: Exposure, band: Band) -> Step:
    """Return whether substantially all risks and rewards are transferred, or retained."""
    transferred = band is Band.TRANSFERRED
    rule = seen.paragraph.removeprefix("IFRS 9 ")
    return Step(
        f"Are substantially all risks and rewards {band}?",
        _answer(seen.band is band),
        seen.reason,
        f"IFRS 9 3.2.6{'(a)' if transferred else '(b)'}, {rule}",
        seen.figures if transferred else (),  # printed once
    )


def may_control(facts: TransferFacts) -> Step:
    """Return whether control of the buying vehicle by the seller cannot be excluded."""
    reason = (
        "the seller bears most of the variable returns, and nothing shows that others direct the "
        "vehicle. Unknown facts count against the seller: together they transfer nothing"
        if facts.may_control_vehicle
        else "others direct the vehicle, or bear most of its variable returns"
    )
    question = "Could the seller control the vehicle?"
    rule = "IFRS 10.7, B55 to B72; IFRS 9 3.2.1"
    return Step(question, _answer(facts.may_control_vehicle), reason, rule)


def control(facts: TransferFacts) -> tuple[bool | None, Step]:
    """Return whether the buyer is free to sell (None if not known), and the step."""
    free, reason, rule = _free(facts)
    item = {True: "(i)", False: "(ii)", None: ""}[free]
    answer = "not known" if free is None else _answer(not free)
    paragraph = f"IFRS 9 3.2.6(c){item}, 3.2.9{rule}"
    return free, Step("Is control retained?", answer, reason, paragraph)


def _free(facts: TransferFacts) -> tuple[bool | None, str, str]:
    """Return whether the buyer is free to sell, the reason, and the paragraph to add."""
    near, scarce = facts.option_moneyness == "near", not facts.readily_obtainable
    if facts.transferee_can_sell is False:
        return False, "the buyer cannot sell the whole, alone and unconditionally", ""
    if not transfers_rights(facts):
        return False, "the buyer has a right to cash and not the loans; it cannot sell", ", B3.2.8"
    if facts.repurchase in ("fixed_price", "sale_price_plus_return") and scarce:
        return False, "the buyer may have to return an asset that no market offers", ""
    if facts.repurchase == "call_option" and near and scarce:
        return False, "the seller may call back an asset that no market offers", ", B3.2.16(h)"
    if facts.repurchase == "put_option" and near and facts.put_deters_sale:
        reason = "the put is worth too much to the buyer for it to sell without it"
        return False, reason, ", B3.2.16(i)"
    if facts.transferee_can_sell is None:
        reason = (
            "nothing shows a market in which the buyer can sell the whole, alone and "
            "unconditionally; by a sale the buyer would lose the seller's promises"
        )
        return None, reason, ", B3.2.8, B3.2.9"
    return True, "as stated, the buyer can sell the whole, alone and unconditionally", ""
