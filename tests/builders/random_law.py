"""Legal regime of random studies."""

from __future__ import annotations

FEES = {"brackets": [{"up_to": 1000, "fixed": 20}, {"up_to": 2000, "rate": 0.03}, {"rate": 0.01}]}
LEGAL = {
    "limitation": [{"months": 36, "source": "test"}],
    "enforcement_window_months": 24,
    "accrual_cap": 0.1,
    "court_fee": FEES,
    "enforcement_fee": FEES,
    "arbitration_fee": FEES,
    "preservation_fee": {**FEES, "cap": 30},
    "payment_order_fee_factor": 0.3333,
    "summary_fee_factor": 0.5,
    "mediation_fee_factor": 0.5,
    "limitation_long_stop_months": 60,
    "judgment_delay_rate": 0.064,
    "cost_shifting": 0.9,
    "lawyer_fee_shifting": 0.3,
    "company_distribution": "seizure_order",
    "person_distribution": "pro_rata",
    "waitlist_transfer_months": 6,
}
