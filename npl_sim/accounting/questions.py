"""The questions of the derecognition tree, each answered from the facts alone (figure B3.2.1 of IFRS 9)."""

from __future__ import annotations

from npl_sim.accounting.exposure import Band, Exposure
from npl_sim.accounting.facts import Facts
from npl_sim.core.judgment import Figure, Step

__all__ = [
    "consolidation",
    "control",
    "expired",
    "may_control",
    "passed_through",
    "rights_go",
    "risks",
    "transferred_rights",
    "unit_of_account",
]


def _answer(yes: bool) -> str:
    return "yes" if yes else "no"


def consolidation(facts: Facts) -> Step:
    """Return who is asked: the seller, or the seller and a vehicle that it controls."""
    share, reason = facts.variable_returns_share, "the buyer is an outsider"
    if facts.seller_controls_vehicle:
        reason = "the vehicle is consolidated first; what counts is what both together hand on to outsiders"
    elif facts.may_control_vehicle:
        reason = "nothing shows it, and nothing excludes it: asked again below"
    return Step(
        "Does the seller control the vehicle that buys?",
        "not known" if facts.may_control_vehicle else _answer(facts.seller_controls_vehicle),
        reason,
        "IFRS 9 3.2.1, B3.2.1; IFRS 10.7, B55 to B72; CAS 23 art. 3",
        ()
        if share is None
        else (Figure("variable returns of the vehicle that the seller bears", share, "share"),),
    )


def unit_of_account(facts: Facts) -> Step:
    """Return whether the tree is asked of the whole or of a part."""
    question, paragraph = (
        "Is the tree asked of the whole asset or of a part?",
        "IFRS 9 3.2.2(a); CAS 23 art. 4",
    )
    share = (Figure("share transferred", facts.transferred_share, "share"),)
    if facts.guarantee_cap is not None and (
        facts.part != "whole" or facts.transferred_share < 1.0
    ):
        reason = "the seller stands in for the buyer's losses, so the part is not a fully proportionate share"
        return Step(question, "the whole", reason, "IFRS 9 3.2.2(b); CAS 23 art. 4", share)
    if facts.part == "whole":
        return Step(
            question,
            "the whole",
            "all cash flows are transferred",
            "IFRS 9 3.2.2(b); CAS 23 art. 4",
        )
    kind = {
        "identified_cash_flows": "only identified cash flows are transferred",
        "proportionate_share": "a fully proportionate share of all cash flows is transferred",
        "proportionate_share_of_identified": "a fully proportionate share of identified cash flows is transferred",
    }[facts.part]
    return Step(question, "the part", kind, paragraph, share)


def expired(facts: Facts) -> Step:
    """Return whether nothing is left to collect."""
    ended = facts.rights_expired
    reason = "nothing is left to collect" if ended else "the debtors still owe"
    return Step(
        "Have the rights to the cash flows expired?", _answer(ended), reason, "IFRS 9 3.2.3(a)"
    )


def rights_go(facts: Facts) -> bool:
    """Return whether the contractual rights leave the seller, and any vehicle that it controls."""
    return (
        facts.vehicle_transfers_rights
        if facts.seller_controls_vehicle
        else facts.transfers_contractual_rights
    )


def transferred_rights(facts: Facts) -> Step:
    """Return whether the rights to the cash flows are transferred."""
    who = "the vehicle, and so the group," if facts.seller_controls_vehicle else "the seller"
    reason = (
        f"{who} hands the contractual rights over"
        if rights_go(facts)
        else f"{who} keeps the contractual rights"
    )
    return Step(
        "Are the rights to receive the cash flows transferred?",
        _answer(rights_go(facts)),
        reason,
        "IFRS 9 3.2.4(a)",
    )


def passed_through(facts: Facts) -> Step:
    """Return whether the three tests of a pass-through hold."""
    question, tests = "Is the cash passed through?", facts.pass_through
    if tests is None:
        return Step(
            question, "no", "there is no obligation to pass the cash on", "IFRS 9 3.2.4(b)"
        )
    failed = [
        text
        for held, text in (
            (tests.pays_only_if_collected, "it pays even what was not collected (a)"),
            (tests.may_not_sell_or_pledge, "it may sell or pledge the asset (b)"),
            (tests.remits_without_delay, "it does not remit without material delay (c)"),
        )
        if not held
    ]
    reason = "the seller fails a test: " + "; ".join(failed) if failed else "all three tests hold"
    figures = (Figure("tests held", 3.0 - len(failed), "count"),)
    return Step(question, _answer(not failed), reason, "IFRS 9 3.2.4(b), 3.2.5", figures)


def risks(seen: Exposure, asked: Band) -> Step:
    """Return whether substantially all risks and rewards are what is asked: transferred, or retained."""
    yes = seen.band is asked
    paragraph = f"IFRS 9 3.2.6{'(a)' if asked is Band.TRANSFERRED else '(b)'}, {seen.paragraph.removeprefix('IFRS 9 ')}"
    figures = seen.figures if asked is Band.TRANSFERRED else ()  # shown once
    return Step(
        f"Are substantially all risks and rewards {asked}?",
        _answer(yes),
        seen.reason,
        paragraph,
        figures,
    )


def may_control(facts: Facts) -> Step:
    """Return whether the buying vehicle could be the seller's own, which nothing excludes."""
    reason = (
        "the seller bears most of the variable returns, and nothing shows that others direct the vehicle; what is not known "
        "counts against the seller, so vehicle and seller are asked together, and together they hand nothing on"
        if facts.may_control_vehicle
        else "others direct the vehicle, or bear most of its variable returns"
    )
    paragraph = "IFRS 10.7, B55 to B72; IFRS 9 3.2.1"
    return Step(
        "Could the seller control the vehicle?",
        _answer(facts.may_control_vehicle),
        reason,
        paragraph,
    )


def control(facts: Facts) -> tuple[bool | None, Step]:
    """Return whether the buyer is free to sell (none: not known), and the step that says why."""
    free, reason, rule = _free(facts)
    letter = {True: "(i)", False: "(ii)", None: ""}[free]
    answer = "not known" if free is None else _answer(not free)
    return free, Step(
        "Is control retained?", answer, reason, f"IFRS 9 3.2.6(c){letter}, 3.2.9{rule}"
    )


def _free(facts: Facts) -> tuple[bool | None, str, str]:
    """Return whether the buyer is free to sell, why, and what paragraph adds to the rule."""
    near = facts.option_moneyness == "near"
    if facts.transferee_can_sell is False:
        return (
            False,
            "the buyer cannot sell the whole to an outsider, alone and without conditions",
            "",
        )
    if not rights_go(facts):
        return (
            False,
            "the buyer has a right to cash and not the loans, which it cannot sell",
            ", B3.2.8",
        )
    if (
        facts.repurchase in ("fixed_price", "sale_price_plus_return")
        and not facts.readily_obtainable
    ):
        return False, "the buyer may have to hand back an asset that no market offers", ""
    if facts.repurchase == "call_option" and near and not facts.readily_obtainable:
        return False, "the seller may call back an asset that no market offers", ", B3.2.16(h)"
    if facts.repurchase == "put_option" and near and facts.put_deters_sale:
        return (
            False,
            "the put is worth too much to the buyer for it to sell without it",
            ", B3.2.16(i)",
        )
    if facts.transferee_can_sell is None:
        return (
            None,
            "nothing shows a market in which the buyer can sell the whole, alone and without conditions; what the seller "
            "keeps or promises is worth something to the buyer, who would lose it by a sale",
            ", B3.2.8, B3.2.9",
        )
    return (
        True,
        "the buyer can sell the whole to an outsider, alone and without conditions, as is stated",
        "",
    )
