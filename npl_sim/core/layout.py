"""Data dictionary: the codes and record types that every room shares.

Amounts are in the package's currency; times in months from the valuation date, month ``m``
covering ``(m-1, m]`` and month 0 being the valuation date itself; rates inside the records are
per month unless the name says otherwise.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

__all__ = [
    "ASSET",
    "AUCTION",
    "CHANNELS",
    "FEES",
    "GUARANTOR",
    "ITEM",
    "KIND_IS_INFLOW",
    "LOAN",
    "MAX_BRACKETS",
    "MAX_ITEMS",
    "MAX_ROUNDS",
    "MOMENTS",
    "QUANTILE_CELLS",
    "TERMS",
    "TILE",
    "FeeRow",
    "Kind",
    "Route",
    "Stage",
    "Stream",
]


class Stage(IntEnum):
    """Where a loan stands. The first five may stand on a tape; the others are reached on the walk."""

    COLLECTION = 0
    LITIGATION = 1
    JUDGED = 2
    ENFORCEMENT = 3
    PLAN = 4
    DORMANT = 5
    CLOSED = 6


class Kind(IntEnum):
    """Why an amount was paid. Inflows are positive, costs negative."""

    VOLUNTARY = 0
    SETTLEMENT = 1
    INSTALMENT = 2
    PERFORMANCE = 3
    GARNISHMENT = 4
    COLLATERAL = 5
    DEFICIENCY = 6
    GUARANTOR = 7
    IN_KIND = 8
    SALE = 9
    RESIDUAL = 10
    CONTACT = 11
    COMMISSION = 12
    COURT_FEE = 13
    PRESERVATION = 14
    LAWYER = 15
    AUCTION = 16
    TAX = 17
    HOLDING = 18
    SERVICING = 19


KIND_IS_INFLOW = np.array([k <= Kind.RESIDUAL for k in Kind], dtype=np.bool_)
"""Which kinds are receipts (the rest are costs)."""


class Route(IntEnum):
    """The way to an enforceable title."""

    LAWSUIT = 0
    PAYMENT_ORDER = 1
    ARBITRATION = 2


class FeeRow(IntEnum):
    """Rows of the fee-schedule table."""

    COURT = 0
    ENFORCEMENT = 1
    PRESERVATION = 2
    ARBITRATION = 3


class Stream(IntEnum):
    """Names of independent random streams. A code, once published, never changes its meaning."""

    FACTOR = 0
    FACTOR_MIXING = 1
    BORROWER = 2
    LIMITATION = 3
    LITIGATION = 4
    PRESERVATION = 5
    ENFORCEMENT = 6
    PLAN = 7
    COLLATERAL = 8
    PROMISE = 9
    GROUP = 10
    ASSET = 11
    GUARANTOR = 12
    CHANNEL_DEFAULT = 13


CHANNELS = ("call", "letter", "visit")
"""Ways of contacting a borrower."""

QUANTILE_CELLS = 256
"""Cells of a quantile table, for the body and for each tail."""

TILE = 64
"""Scenarios whose per-loan sums are added in one sequence. Fixed, so that sums never depend on blocks."""

MAX_ROUNDS = 4
"""Auction rounds that a schedule may have."""

MAX_BRACKETS = 16
"""Brackets that a fee schedule may have."""

MAX_ITEMS = 62
"""Collateral items that one loan may have."""

MOMENTS = ("pv", "pv_squared", "received", "costs", "received_times_month", "received_any")
"""Per-loan quantities summed over scenarios."""

f8, i4, u8 = np.float64, np.int32, np.uint64

LOAN = np.dtype(
    [
        ("key", u8),  # hash of the loan id
        ("borrower", u8),  # hash of the borrower id
        ("group_key", u8),  # hash of the group of connected borrowers; 0: none
        ("region_key", u8),  # hash of the region
        ("cohort", i4),  # row of the collection tables
        ("group", i4),  # group axis of the flows
        ("policy", i4),  # row of TERMS
        ("stage", i4),  # Stage at the valuation date
        ("item_begin", i4),  # half-open range of ITEM rows
        ("item_end", i4),
        ("arbitration_clause", i4),  # 0 or 1
        ("guarantor_begin", i4),  # half-open range of GUARANTOR rows
        ("guarantor_end", i4),
        ("offered", i4),  # 1: may be offered a plan
        ("debtors", i4),  # joint debtors, the borrower included
        ("principal", f8),  # [currency]
        ("other", f8),  # accrued interest and fees [currency]
        ("accrual", f8),  # simple interest on principal [per month]
        ("age", f8),  # months since default at the valuation date
        ("responsiveness", f8),  # multiplies the borrower's frailty
        ("limitation_left", f8),  # months until the claim is time-barred; < 0: it is
        ("long_stop_left", f8),  # months until no interruption helps any more; inf: never
        ("window_left", f8),  # months left to apply for enforcement; < 0: too late
        ("stage_elapsed", f8),  # months already spent in the stage
        ("elapsed_probability", f8),  # chance that the stage would have ended by now
        ("court_queue", f8),  # months that the package's own cases wait before theirs
    ]
)

ITEM = np.dtype(
    [
        ("key", u8),  # hash of the collateral id
        ("index", i4),  # column of the collateral indices
        ("terms", i4),  # row of AUCTION terms
        ("value", f8),  # appraisal brought to the valuation date [currency]
        ("liens", f8),  # claims that rank before ours [currency]
        ("cap", f8),  # most that the item secures [currency]
        ("appraisal_error", f8),  # standard deviation of the log appraisal error
        ("drift_volatility", f8),  # idiosyncratic volatility [per square-root month]
        ("elapsed_probability", f8),  # chance that a seizure under way would have ended by now
    ]
)

GUARANTOR = np.dtype(
    [
        ("key", u8),  # hash of the guarantor id
        ("cap", f8),  # most that he owes on the loan [currency]
        ("factor", f8),  # multiplies the policy's chance that a guarantor pays
    ]
)

ASSET = np.dtype(
    [
        ("p_present", f8),  # that a debtor owns assets of the class
        ("p_find", f8),  # that enforcement finds them
        ("p_find_preserved", f8),  # that preservation finds and freezes them
        ("q_coverage", i4),  # worth as a share of the claim
        ("q_search", i4),  # months from application to cash
        ("dissipation", f8),  # [per month]
        ("freeze_months", f8),  # term of a freeze
        ("p_renewal", f8),  # that a freeze is renewed at the end of a term
        ("rivals", f8),  # hazard of another creditor's seizure [per month]
        ("rank_share", f8),  # what is left for us behind it
    ]
)

FEES = np.dtype(
    [
        ("brackets", i4),  # brackets in use
        ("upper", f8, MAX_BRACKETS),  # upper end of each bracket [currency]
        ("rate", f8, MAX_BRACKETS),  # marginal rate inside the bracket [share]
        ("base", f8, MAX_BRACKETS),  # fee at the lower end, fixed parts included [currency]
        ("cap", f8),  # most that the schedule charges [currency]
    ]
)

# Terms of a policy. A name that begins with `q_` is a row of the quantile tables; one that begins
# with `p_` is a probability.
TERMS = np.dtype(
    [
        # collection
        ("payer_share", f8),  # share of borrowers that pay anything voluntarily
        ("q_frailty", i4),
        ("collection_months", i4),  # last month of collection
        ("promise_months", i4),  # from a promise to its due month; -1: settled at once
        ("p_promise_kept", f8),
        ("group_rho", f8),  # correlation of willingness within a group of borrowers
        ("region_rho", f8),  # correlation of willingness within a region
        # restructuring offer, and the plan of a cured loan
        ("offer_month", i4),  # month of the offer; -1: never
        ("willing_most", f8),  # share of the most willing borrowers who are offered a plan
        ("p_accept", f8),
        ("haircut", f8),
        ("plan_rate", f8),  # [per month]
        ("plan_term", i4),  # instalments
        ("plan_grace", i4),  # months without payment before them
        ("plan_balloon", f8),  # share of the new balance due with the last instalment
        ("plan_redefault", f8),  # hazard [per month]
        ("haircut_revoked", i4),  # 1: redefault revives the old claim
        ("plans_most", i4),  # plans that a borrower may get, the first included
        ("plan_factor", f8),  # discount factor of a month in the price of a kept plan
        ("cure_rate", f8),  # [per month]
        ("cure_term", i4),
        ("cure_redefault", f8),  # hazard [per month]
        # litigation
        ("litigate", i4),  # 0: never
        ("litigate_after", i4),  # month of filing
        ("litigate_minimum", f8),  # smallest claim that is sued [currency]
        ("file_before_expiry", i4),  # 1: file earlier where the limitation clock would run out
        ("expiry_margin", f8),  # months before expiry at which it is filed
        ("route", i4),
        ("order_fee_factor", f8),
        ("q_order", i4),
        ("p_objection", f8),
        ("q_arbitration", i4),
        ("p_arbitration_win", f8),
        ("q_first", i4),
        ("p_win", f8),
        ("q_award", i4),
        ("p_mediation", f8),
        ("q_mediation", i4),
        ("mediation_discount", f8),
        ("mediation_fee_factor", f8),
        ("p_appeal", f8),
        ("q_appeal", i4),
        ("p_reversal", f8),
        ("p_absent", f8),  # that the debtor stays away
        ("q_absent", i4),
        ("p_absent_win", f8),
        ("summary_maximum", f8),  # largest claim in summary procedure [currency]
        ("summary_fee_factor", f8),
        ("lawyer_fixed", f8),  # [currency]
        ("lawyer_appeal", f8),  # [currency]
        ("lawyer_enforcement", f8),  # [currency]
        ("lawyer_contingent", f8),  # share of what is received after filing
        ("cost_shift", f8),  # share of advanced court fees that the loser refunds
        ("lawyer_shift", f8),  # share of the lawyer's fixed fees that the loser refunds
        ("p_defence", f8),  # that a time-barred debtor pleads it
        # preservation
        ("preserve", i4),  # 0: never
        ("preserve_delay", f8),  # months from filing to the freeze
        ("security_cost", f8),  # premium of a guarantee letter, share of the claim
        ("security_deposit", f8),  # cash lodged with the court, share of the claim
        # judgment and enforcement
        ("p_perform", f8),
        ("q_perform", i4),
        ("perform_window", f8),
        ("apply_delay", f8),
        ("enforce", i4),  # 0: never
        ("asset_begin", i4),  # half-open range of ASSET rows
        ("asset_end", i4),
        ("q_search", i4),  # months from application to the end of the search
        ("p_garnish", f8),
        ("garnish_share", f8),  # share of the claim [per month]
        ("garnish_months", i4),
        ("p_guarantor", f8),
        ("q_guarantor_share", i4),
        ("q_guarantor_delay", i4),
        ("p_revival", f8),
        ("q_revival_delay", i4),
        ("q_revival_share", i4),
        # exit
        ("sale_unsecured", f8, 7),  # share of the unsecured part of the claim, by Stage
        ("sale_secured", f8, 7),  # share of the secured part, by Stage
        ("sale_decay", f8),  # decay of the unsecured price with age [per month]
        ("sale_bulk_discount", f8),
        ("residual_share", f8),
        # law
        ("limitation_months", f8),  # full limitation period; inf: none
        ("window_months", f8),  # to apply for enforcement; inf: none
        ("delay_rate", f8),  # extra interest on a judgment [per month]
    ]
)

AUCTION = np.dtype(
    [
        ("q_seizure", i4),  # months from application to appraisal
        ("rounds", i4),
        ("reserve", f8, MAX_ROUNDS),  # share of the appraisal
        ("gap", f8, MAX_ROUNDS),  # months before each round
        ("forced_discount", f8),
        ("bid_volatility", f8),
        ("cost", f8),  # auction cost, share of price
        ("tax", f8),  # share of price
        ("p_in_kind", f8),
        ("q_resale", i4),
        ("resale_discount", f8),
        ("holding", f8),  # share of value [per month]
    ]
)
