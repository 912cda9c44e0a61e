"""Accounting for transfers of financial assets: derecognition and day-one entries.

The rules are those of IFRS 9 section 3.2, which CAS 23 (2017) follows. The package takes typed
facts and needs no simulation: `TransferFacts` describes a transfer, `derecognition` decides it.

Examples
--------
A bank sells loans with a carrying amount of 80 for 90 and keeps 4 % of their variability:

>>> from npl_sim import accounting
>>> facts = accounting.TransferFacts(
...     carrying_amount=80.0,
...     fair_value=90.0,
...     proceeds=90.0,
...     variability={"mean_absolute_deviation": 0.04},
... )
>>> verdict = accounting.derecognition(facts)
>>> str(verdict.leaf), verdict.paragraph
('risks and rewards transferred', 'IFRS 9 3.2.6(a), 3.2.7; B3.2.4(a)')
>>> verdict.measurement.gain
10.0
"""

from npl_sim.accounting.continuing_involvement import after_impairment, collar_involvement
from npl_sim.accounting.decision_tree import Leaf, Verdict, derecognition
from npl_sim.accounting.exposure import Band, Exposure
from npl_sim.accounting.facts import PassThrough, TransferFacts
from npl_sim.accounting.journal import Entry, Measurement
from npl_sim.accounting.thresholds import Thresholds
from npl_sim.core.judgment import Outcome

__all__ = [
    "Band", "Entry", "Exposure", "Leaf", "Measurement", "Outcome", "PassThrough", "Thresholds",
    "TransferFacts", "Verdict", "after_impairment", "collar_involvement", "derecognition",
]  # fmt: skip
