"""Terms and helpers that test_servicer.py, test_servicer_exact.py, test_servicer_terms.py
share.
"""

from __future__ import annotations

from npl_sim.policy.agency_contracts import AgencyContract

TIERS = [{"up_to": 0.10, "rate": 0.2}, {"up_to": 0.20, "rate": 0.3}, {"rate": 0.5}]


def contract(**terms) -> AgencyContract:
    return AgencyContract(name="North", **terms)
