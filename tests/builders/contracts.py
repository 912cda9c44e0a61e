"""Small contracts and outcomes for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from npl_sim.accounting.facts import TransferFacts
from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.result import ChannelResult, Version
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.channels.verdict.assessment import transfer_facts
from npl_sim.channels.verdict.cash_facts import cash_facts


def contract(**terms: Any) -> ChannelContract:
    """Return a contract; a price of 100 and nothing else where the words do not say."""
    return ChannelContract.model_validate(
        {"name": "test", "price": {"kind": "amount", "amount": 100.0}, **terms}
    )


def layer(*claims: dict[str, Any], name: str = "trust", **terms: Any) -> dict[str, Any]:
    """Return a layer's words, a residual for investors last."""
    funded = sum(c.get("share", 0.0) for c in claims if c["kind"] == "note")
    rest = {"kind": "residual", "holder": "investors", "share": round(1.0 - funded, 12)}
    return {
        "name": name,
        "claims": [*claims, *([] if claims and claims[-1]["kind"] == "residual" else [rest])],
        **terms,
    }


def certain(
    *received: float, costs: tuple[float, ...] = (), rate: float = 0.0, face: float = 200.0
) -> Outcomes:
    """Return the one scenario with these receipts from month 0 on."""
    spent = np.array([costs or [0.0] * len(received)], dtype=float)
    return Outcomes(np.array([received], dtype=float), spent, np.ones(1), True, face, rate)


def sample(
    scenarios: int = 4000,
    months: int = 24,
    seed: int = 3,
    rate: float = 0.0,
    costs: float = 0.0,
    **other: Any,
) -> Outcomes:
    """Return a sample of a package whose level is lognormal; worth about 100."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(0.0, 0.3, (scenarios, 1))
    received = 100.0 / months * level * rng.gamma(2.0, 0.5, (scenarios, months + 1))
    received[:, 0] = 0.0
    spent = np.full_like(received, costs)
    p = np.full(scenarios, 1.0 / scenarios)
    return Outcomes(received, spent, p, False, 400.0, rate, seed=seed, **other)


def cash(run: Any, party: str, scenario: int = 0) -> list[float]:
    """Return a party's cash by month, rounded to a billionth."""
    return [round(float(x), 9) + 0.0 for x in run.cash[party][scenario]]


def facts_of(result: ChannelResult, version: Version | None = None) -> TransferFacts:
    """Return the accounting facts of a version; defaults to the last one."""
    version = version or result.whole
    return transfer_facts(result, version, cash_facts(version))[0]
