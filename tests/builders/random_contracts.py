"""Random contracts and outcomes for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.terms.contract import ChannelContract

SHARES = st.sampled_from([0.0, 0.1, 0.35, 0.5, 0.8, 1.0])
RATES = st.sampled_from([0.0, 0.04, 0.12])
KNOWLEDGE = st.sampled_from(["perfect", "plan", "estimate"])
AMOUNTS = st.sampled_from([0.0, 3.0, 20.0, 60.0, 200.0])
MONTHS = 14


def bounds():
    return st.sampled_from([{}, {"floor": 5.0}, {"cap": 40.0}, {"floor": 10.0, "cap": 70.0}])


def prices():
    kinds = st.one_of(
        st.fixed_dictionaries({"kind": st.just("fixed"), "amount": AMOUNTS}),
        st.fixed_dictionaries(
            {"kind": st.just("plus_carry"), "carry": RATES, "deduct_collections": st.booleans()}
        ),
        st.fixed_dictionaries({"kind": st.just("par"), "share": SHARES}),
        st.fixed_dictionaries(
            {"kind": st.just("fair_value"), "share": SHARES, "knowledge": KNOWLEDGE}
        ),
        st.fixed_dictionaries(
            {
                "kind": st.just("formula"),
                "constant": st.sampled_from([-5.0, 0.0, 12.0]),
                "of_price": SHARES,
                "carry": RATES,
                "of_face": st.sampled_from([0.0, 0.1]),
                "of_collections": SHARES,
                "of_value": SHARES,
                "knowledge": KNOWLEDGE,
            }
        ),
    )
    return st.builds(lambda a, b: {**a, **b}, kinds, bounds())


def options(kind):
    return st.fixed_dictionaries(
        {
            "kind": st.just(kind),
            "months": st.sampled_from([[1], [5], [4, 8, 12], [14]]),
            "strike": prices(),
            "share": st.sampled_from([1.0, 1.0, 0.4]),
            "knowledge": KNOWLEDGE,
        }
    )


def whens():
    return st.one_of(
        st.fixed_dictionaries({"kind": st.just("month"), "month": st.integers(1, MONTHS)}),
        st.fixed_dictionaries(
            {
                "kind": st.just("below_plan"),
                "below": st.sampled_from([0.6, 0.9, 1.2]),
                "first_test": st.integers(1, 6),
                "every": st.integers(1, 5),
                "last_test": st.sampled_from([None, 9]),
            }
        ),
    )


def swaps():
    leg = st.one_of(
        st.fixed_dictionaries({"kind": st.just("fixed"), "rate": RATES}),
        st.just(
            {
                "kind": "floating",
                "spread": 0.02,
                "floor": 0.03,
                "index": [{"month": 0, "rate": 0.02}, {"month": 5, "rate": -0.01}],
            }
        ),
    )
    collateral = st.fixed_dictionaries(
        {"initial": SHARES, "variation": SHARES, "threshold": SHARES}
    )
    return st.fixed_dictionaries(
        {
            "kind": st.just("income_swap"),
            "leg": leg,
            "notional": st.sampled_from([0.5, 1.0]),
            "pass_back": SHARES,
            "first_month": st.integers(1, 4),
            "every": st.integers(1, 4),
            "last_month": st.sampled_from([None, 9]),
            "netting": st.booleans(),
            "final": st.sampled_from(["none", "physical", "cash"]),
            "knowledge": KNOWLEDGE,
            "collateral": collateral,
        }
    )


def guarantees(layers):
    return st.fixed_dictionaries(
        {
            "kind": st.just("guarantee"),
            "reference": st.sampled_from(["face", "price", 70.0]),
            "share": SHARES,
            "deductible": st.sampled_from([0.0, 4.0]),
            "cap": st.sampled_from([None, 6.0]),
            "cap_share": st.sampled_from([None, 0.1]),
            "month": st.sampled_from([None, 8]),
            "of": st.sampled_from([None, *layers]),
        }
    )


def top_ups(note):
    return st.fixed_dictionaries(
        {
            "kind": st.just("top_up"),
            "of": st.just(note),
            "share": st.sampled_from([0.5, 1.0]),
            "covers": st.sampled_from([["interest"], ["principal"], ["interest", "principal"]]),
            "per_date": st.sampled_from([None, 2.0]),
            "lifetime": st.sampled_from([None, 15.0]),
        }
    )


TAXES = (None, {"on": "receipts", "rate": 0.03}, {"on": "profit", "rate": 0.25})
PRICES = (
    {"kind": "amount", "amount": 60.0},
    {"kind": "share_of_face", "share": 0.4},
    {"kind": "share_of_value", "share": 0.95},
)
SERVICING = (
    {},
    {"by": "bank", "share": 0.2, "fair_share": 0.1, "fixed_monthly": 0.3},
    {
        "by": "bank",
        "share": 0.05,
        "fair_share": 0.05,
        "excess_share": 0.6,
        "hurdle_of_price": 0.5,
    },
)
BUSINESS_PLANS = (None, [{"month": 4, "cumulative": 30.0}, {"month": 12, "cumulative": 80.0}])


@st.composite
def layers(draw):
    count = draw(st.integers(1, 3))
    names = ["trust", "plan", "product"][:count]
    made = []
    for i, name in enumerate(names):
        later = names[i + 1 :]
        holders = ["bank", "investors", "fund", *later]
        claims = []
        left = 1.0
        for j in range(draw(st.integers(0, 2))):
            share = draw(st.sampled_from([0.2, 0.5])) * left
            left -= share
            claims.append(
                {
                    "kind": "note",
                    "name": f"{name} note {j}",
                    "share": share,
                    "rate": draw(RATES),
                    "holder": draw(st.sampled_from(holders)),
                    "principal": draw(st.sampled_from(["pass_through", "at_maturity"])),
                    "maturity": draw(st.sampled_from([None, 6, 40])),
                }
            )
        if i == 0 and draw(st.booleans()):
            claims.append(
                {
                    "kind": "deferred_price",
                    "share": draw(st.sampled_from([0.1, 0.4])),
                    "month": draw(st.sampled_from([0, 7])),
                }
            )
        if draw(st.booleans()):
            claims.append(
                {
                    "kind": "excess",
                    "name": "excess",
                    "share": draw(SHARES),
                    "holder": draw(st.sampled_from(holders)),
                }
            )
        # The residual goes to the next layer, so that each layer holds something.
        holder = later[0] if later else draw(st.sampled_from(holders))
        claims.append({"kind": "residual", "name": "rest", "share": left, "holder": holder})
        made.append(
            {
                "name": name,
                "claims": claims,
                "fee": {
                    "upfront": draw(st.sampled_from([0.0, 1.0])),
                    "per_year": draw(st.sampled_from([0.0, 0.01])),
                },
                "tax": draw(st.sampled_from(TAXES)),
                "pay_every": draw(st.sampled_from([1, 3, 5])),
            }
        )
    return made


@st.composite
def contracts(draw) -> ChannelContract:
    made = draw(layers())
    names = [layer["name"] for layer in made]
    notes = [c["name"] for layer in made for c in layer["claims"] if c["kind"] == "note"]
    kinds = [
        st.builds(
            lambda at, price, share: {
                "kind": "repurchase",
                "at": at,
                "price": price,
                "share": share,
            },
            whens(),
            prices(),
            st.sampled_from([1.0, 0.4]),
        ),
        options("call"),
        options("put"),
        guarantees(names),
    ]
    if notes:
        kinds.append(st.sampled_from(notes).flatmap(top_ups))
    promises = draw(st.lists(st.one_of(kinds), max_size=3))
    if draw(st.booleans()):
        promises.insert(draw(st.integers(0, len(promises))), draw(swaps()))
    default = {"of": draw(st.sampled_from(names)), "hazard": 0.8, "recovery": draw(SHARES)}
    price = draw(st.sampled_from(PRICES))
    servicing = draw(st.sampled_from(SERVICING))
    return ChannelContract.model_validate(
        {
            "name": "random",
            "price": price,
            "vehicles": made,
            "servicing": servicing,
            "undertakings": [{**p, "name": f"promise {i}"} for i, p in enumerate(promises)],
            "channel_default": draw(st.sampled_from([None, default])),
            "plan": draw(st.sampled_from(BUSINESS_PLANS)),
        }
    )


def outcomes(
    seed: int, scenarios: int = 120, months: int = MONTHS, rate: float = 0.08
) -> Outcomes:
    rng = np.random.default_rng(seed)
    level = rng.lognormal(0.0, 0.5, (scenarios, 1))
    received = (
        level
        * rng.gamma(0.7, 8.0, (scenarios, months + 1))
        * (rng.random((scenarios, months + 1)) < 0.8)
    )
    costs = rng.gamma(0.5, 3.0, (scenarios, months + 1)) * (
        rng.random((scenarios, months + 1)) < 0.5
    )
    costs[:, :2] += 4.0  # costs come before collections
    return Outcomes(
        received, costs, np.full(scenarios, 1.0 / scenarios), False, 150.0, rate, seed=seed
    )
