"""Cases of the decision tree of derecognition, with the expected path."""

from __future__ import annotations

from npl_sim.accounting.decision_tree import Leaf
from npl_sim.accounting.facts import PassThrough, TransferFacts
from npl_sim.core.judgment import Outcome

BASE = {"carrying_amount": 1000.0, "fair_value": 1000.0, "proceeds": 1000.0}


MEAN = "mean_absolute_deviation"


HALF = {"variability": {MEAN: 0.5}}


GUARANTEE = {"guarantee_cap": 300.0, "guarantee_fair_value": 20.0}


KEPT_RIGHTS = {"transfers_contractual_rights": False}


def facts(**changes) -> TransferFacts:
    return TransferFacts(**{**BASE, **changes})


def passing(*kept: bool) -> PassThrough:
    return PassThrough(
        pays_only_if_collected=kept[0],
        may_not_sell_or_pledge=kept[1],
        remits_without_delay=kept[2],
    )


# Facts, leaf, outcome, what the deciding paragraph cites (IFRS 9 figure B3.2.1, B3.2.4, B3.2.5,
# B3.2.16).
TABLE = [
    ({"rights_expired": True}, Leaf.RIGHTS_EXPIRED, Outcome.DERECOGNISE, "3.2.3(a)"),
    (KEPT_RIGHTS, Leaf.NOT_TRANSFERRED, Outcome.KEEP, "3.2.4(b)"),
    (
        {**KEPT_RIGHTS, "pass_through": passing(False, True, True)},
        Leaf.NOT_TRANSFERRED,
        Outcome.KEEP,
        "3.2.5",
    ),
    (
        {**KEPT_RIGHTS, "pass_through": passing(True, False, True)},
        Leaf.NOT_TRANSFERRED,
        Outcome.KEEP,
        "3.2.5",
    ),
    (
        {**KEPT_RIGHTS, "pass_through": passing(True, True, False)},
        Leaf.NOT_TRANSFERRED,
        Outcome.KEEP,
        "3.2.5",
    ),
    (
        {**KEPT_RIGHTS, "pass_through": passing(True, True, True)},
        Leaf.RISKS_TRANSFERRED,
        Outcome.DERECOGNISE,
        "B3.2.4(a)",
    ),
    # A vehicle of the seller's own: what was sold to it has gone nowhere.
    ({"seller_controls_vehicle": True}, Leaf.NOT_TRANSFERRED, Outcome.KEEP, "3.2.4(b)"),
    (
        {"seller_controls_vehicle": True, "pass_through": passing(True, True, True), **HALF},
        Leaf.CONTROL_RETAINED,
        Outcome.CONTINUING,
        "B3.2.8",
    ),
    (
        {
            "seller_controls_vehicle": True,
            "vehicle_transfers_rights": True,
            "transferee_can_sell": True,
            **HALF,
        },
        Leaf.CONTROL_LOST,
        Outcome.DERECOGNISE,
        "3.2.6(c)(i)",
    ),
    # It may be: what is not known counts against the seller.
    ({"may_control_vehicle": True, **HALF}, Leaf.VEHICLE_NOT_EXCLUDED, Outcome.KEEP, "IFRS 10.7"),
    (
        {"may_control_vehicle": True, "variability": {MEAN: 0.05}},
        Leaf.VEHICLE_NOT_EXCLUDED,
        Outcome.KEEP,
        "IFRS 10.7",
    ),
    (
        {"seller_controls_vehicle": True, "vehicle_transfers_rights": True},
        Leaf.RISKS_TRANSFERRED,
        Outcome.DERECOGNISE,
        "B3.2.4(a)",
    ),
    ({}, Leaf.RISKS_TRANSFERRED, Outcome.DERECOGNISE, "B3.2.4(a)"),
    ({"repurchase": "fair_value"}, Leaf.RISKS_TRANSFERRED, Outcome.DERECOGNISE, "B3.2.16(j)"),
    (
        {"repurchase": "fair_value", "variability": {MEAN: 0.0}},
        Leaf.RISKS_TRANSFERRED,
        Outcome.DERECOGNISE,
        "B3.2.16(j)",
    ),
    (
        {"repurchase": "put_option", "option_moneyness": "deep_out"},
        Leaf.RISKS_TRANSFERRED,
        Outcome.DERECOGNISE,
        "B3.2.16(g)",
    ),
    (
        {"repurchase": "call_option", "option_moneyness": "deep_out"},
        Leaf.RISKS_TRANSFERRED,
        Outcome.DERECOGNISE,
        "B3.2.4(c)",
    ),
    ({"variability": {MEAN: 0.10}}, Leaf.RISKS_TRANSFERRED, Outcome.DERECOGNISE, "3.2.6(a)"),
    ({"variability": {MEAN: 0.90}}, Leaf.RISKS_RETAINED, Outcome.KEEP, "3.2.6(b)"),
    ({"repurchase": "fixed_price"}, Leaf.RISKS_RETAINED, Outcome.KEEP, "B3.2.16(a)"),
    ({"repurchase": "sale_price_plus_return"}, Leaf.RISKS_RETAINED, Outcome.KEEP, "B3.2.5(a)"),
    ({"total_return_swap": True}, Leaf.RISKS_RETAINED, Outcome.KEEP, "B3.2.16(o)"),
    (
        {"total_return_swap": True, "variability": {MEAN: 0.01}},
        Leaf.RISKS_RETAINED,
        Outcome.KEEP,
        "B3.2.16(o)",
    ),
    (
        {"repurchase": "put_option", "option_moneyness": "deep_in"},
        Leaf.RISKS_RETAINED,
        Outcome.KEEP,
        "B3.2.16(f)",
    ),
    (
        {"repurchase": "call_option", "option_moneyness": "deep_in"},
        Leaf.RISKS_RETAINED,
        Outcome.KEEP,
        "B3.2.5(d)",
    ),
    (
        {"guarantee_cap": 1000.0, "guarantee_fair_value": 50.0},
        Leaf.RISKS_RETAINED,
        Outcome.KEEP,
        "B3.2.5(e)",
    ),
    (
        {"guarantee_cap": 500.0, "guarantee_fair_value": 50.0, "likely_losses_covered": True},
        Leaf.RISKS_RETAINED,
        Outcome.KEEP,
        "B3.2.5(e)",
    ),
    (
        {
            "guarantee_cap": 1000.0,
            "guarantee_fair_value": 50.0,
            "likely_losses_covered": False,
            **HALF,
        },
        Leaf.CONTROL_UNKNOWN,
        Outcome.DEPENDS,
        "B3.2.9",
    ),
    ({**HALF, **GUARANTEE}, Leaf.CONTROL_UNKNOWN, Outcome.DEPENDS, "B3.2.8"),
    (
        {**HALF, **GUARANTEE, "transferee_can_sell": True},
        Leaf.CONTROL_LOST,
        Outcome.DERECOGNISE,
        "3.2.6(c)(i)",
    ),
    (
        {**HALF, **GUARANTEE, "transferee_can_sell": False},
        Leaf.CONTROL_RETAINED,
        Outcome.CONTINUING,
        "3.2.9",
    ),
    (
        {**HALF, "repurchase": "put_option", "option_moneyness": "near"},
        Leaf.CONTROL_RETAINED,
        Outcome.CONTINUING,
        "B3.2.16(i)",
    ),
    (
        {
            **HALF,
            "repurchase": "put_option",
            "option_moneyness": "near",
            "put_deters_sale": False,
            "transferee_can_sell": True,
        },
        Leaf.CONTROL_LOST,
        Outcome.DERECOGNISE,
        "3.2.9",
    ),
    (
        {**HALF, "repurchase": "put_option", "option_moneyness": "deep_out"},
        Leaf.CONTROL_UNKNOWN,
        Outcome.DEPENDS,
        "3.2.9",
    ),
    (
        {**HALF, "repurchase": "call_option", "option_moneyness": "near"},
        Leaf.CONTROL_RETAINED,
        Outcome.CONTINUING,
        "B3.2.16(h)",
    ),
    (
        {
            **HALF,
            "repurchase": "call_option",
            "option_moneyness": "near",
            "readily_obtainable": True,
            "transferee_can_sell": True,
        },
        Leaf.CONTROL_LOST,
        Outcome.DERECOGNISE,
        "3.2.9",
    ),
    (
        {
            **HALF,
            "repurchase": "fixed_price",
            "repurchase_unconditional": False,
            "transferee_can_sell": False,
        },
        Leaf.CONTROL_RETAINED,
        Outcome.CONTINUING,
        "3.2.6(c)(ii)",
    ),
]
