"""Names of steps, choices, rules and states in the seller's book, in the language in use."""

from __future__ import annotations

from npl_sim.core.language import gettext as _


def step_name(name: str) -> str:
    """Return the name of a step of the ladder (`reservation_ladder.STEPS`)."""
    return {
        "cash": _("expected cash, present value"),
        "own_cost": _("own cost of work-out"),
        "overheads": _("overheads"),
        "tax": _("tax, as cash comes in"),
        "capital": _("cost of capital"),
        "hold_value": _("hold value: what keeping is worth"),
        "tax_relief": _("tax relief that a sale brings at once"),
        "tax_on_price": _("tax on the price"),
        "sale_cost": _("costs of the sale"),
        "reservation": _("reservation price: below it, keep"),
    }[name]


def choice_name(name: str) -> str:
    """Return the name of what is best for a loan."""
    return {"sell": _("sell"), "keep": _("keep"), "write off": _("write off")}[name]


def rule_name(rule: str) -> str:
    """Return the name of a rule on minimum provisions."""
    return {
        "eu_backstop": _("EU minimum loss coverage, Regulation (EU) 2019/630"),
        "china_five_class": _("Chinese special provisions by class, Yin Fa (2002) No. 98"),
    }[rule]


def part_name(part: str) -> str:
    """Return the name of a part or class of a minimum provision."""
    names = {
        "unsecured": _("unsecured part"),
        "immovable": _("secured by immovable property"),
        "other_security": _("other security"),
        "normal": _("normal"),
        "special_mention": _("special mention"),
        "substandard": _("substandard"),
        "doubtful": _("doubtful"),
        "loss": _("loss"),
        "not given": _("class not given: full coverage"),
    }
    return names[part]


def state_name(state: str) -> str:
    """Return the name of the origin of a figure (`figure_sources.State`)."""
    return {
        "published": _("published"),
        "differs": _("differs from its source"),
        "assumption": _("assumption"),
        "none": _("no source"),
    }[state]


def scenario_name(name: str) -> str:
    """Return the name of a macroeconomic scenario; the user's own names stay."""
    known = {"as the study stands": _("as the study stands"), "weighted": _("weighted")}
    return known.get(name, name)
