"""Regulatory capital of transferred loans: IRB, securitization weights, risk transfer tests.

The package takes plain inputs and needs no simulation. `capital.irb` holds the formulas of the
internal ratings approach. `capital_relief` compares the relief claimed with the relief allowed.

Examples
--------
>>> from npl_sim import capital
>>> round(capital.irb.risk_weight(pd=0.01, lgd=0.45, asset="corporate"), 4)
0.9232

A bank sells loans of 100 with provisions of 30, and a fifth stays on its balance sheet:

>>> facts = capital.CapitalFacts(
...     form="outright_sale",
...     outcome="continuing involvement",
...     kept_share=0.2,
...     outstanding=100.0,
...     specific_provisions=30.0,
... )
>>> view = capital.capital_relief(facts)
>>> view.before, view.earned
(70.0, 14.0)
"""

from npl_sim.capital import irb
from npl_sim.capital.facts import BankBook, CapitalFacts, CapitalRules, Downturn
from npl_sim.capital.relief import CapitalView, capital_relief
from npl_sim.capital.risk_transfer import TransferTests
from npl_sim.capital.securitization_weights import (
    Position,
    Securitization,
    SecuritizationRules,
    position_weights,
    sec_sa,
)
from npl_sim.capital.sham_sale_rules import chinese_rules, judge_rules
from npl_sim.core.judgment import Outcome

__all__ = [
    "BankBook", "CapitalFacts", "CapitalRules", "CapitalView", "Downturn", "Outcome", "Position",
    "Securitization", "SecuritizationRules", "TransferTests", "capital_relief", "chinese_rules",
    "irb", "judge_rules", "position_weights", "sec_sa",
]  # fmt: skip
