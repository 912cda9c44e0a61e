"""Data dictionary: codes and record types shared by all packages.

Amounts are in the currency of the package. Times are in months from the valuation date. Month
``m`` covers ``(m-1, m]``, and month 0 is the valuation date itself. Rates inside the records are
per month unless the name says otherwise.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stage(IntEnum):
    """Stage of a loan. A tape may give all but the last."""

    COLLECTION = 0
    LITIGATION = 1
    JUDGED = 2
    ENFORCEMENT = 3
    PLAN = 4
    INSOLVENCY = 5
    DORMANT = 6
    CLOSED = 7


class Kind(IntEnum):
    """Why an amount was paid. Inflows are positive, costs negative."""

    VOLUNTARY = 0
    SETTLEMENT = 1
    INSTALLMENT = 2
    PERFORMANCE = 3
    GARNISHMENT = 4
    COLLATERAL = 5
    DEFICIENCY = 6
    GUARANTOR = 7
    IN_KIND = 8
    SALE = 9
    RESIDUAL = 10
    INSOLVENCY = 11
    CONTACT = 12
    COMMISSION = 13
    COURT_FEE = 14
    PRESERVATION = 15
    LAWYER = 16
    AUCTION = 17
    TAX = 18
    HOLDING = 19
    SERVICING = 20


LAST_RECEIPT = Kind.INSOLVENCY
"""Highest code of a receipt; costs come after it."""

KIND_IS_INFLOW = np.array([k <= LAST_RECEIPT for k in Kind], dtype=np.bool_)
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
    ADMINISTRATOR = 4
    INSOLVENCY_COURT = 5


class Status(IntEnum):
    """Status of an insolvency proceeding at the valuation date."""

    NONE = 0
    PETITION = 1
    ACCEPTED = 2
    REORGANIZATION = 3
    PLAN = 4
    LIQUIDATION = 5
    CLOSED = 6


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
    INSOLVENCY = 14
    EXPERT = 15


QUANTILE_CELLS = 256
"""Cells of a quantile table, for the body and for each tail."""

TILE = 64
"""Scenarios whose sums by loan are added in one sequence. Fixed, so blocks cannot change sums."""

BATCH = 16
"""Tiles whose sums are added in one sequence, before batches are added. Fixed, as `TILE` is."""

MAX_ROUNDS = 4
"""Auction rounds that a schedule may have."""

MAX_REAUCTIONS = 3
"""New appraisals, each with all rounds, of an item that its auctions left unsold."""

MAX_AUCTIONS = 32
"""Auctions of one item, those that were withdrawn included."""

MAX_BRACKETS = 16
"""Brackets that a fee schedule may have."""

MAX_ITEMS = 62
"""Collateral items that one loan may have."""

MOMENTS = ("pv", "pv_squared", "received", "costs", "received_times_month", "received_any")
"""Per-loan quantities summed over scenarios."""

f8, i4, u8 = np.float64, np.int32, np.uint64

LOAN = np.dtype(
    [
        ("key", u8),  # Hash of the loan id.
        ("borrower", u8),  # Hash of the borrower id.
        ("group_key", u8),  # Hash of the group of connected borrowers; 0 for none.
        ("region_key", u8),  # Hash of the region.
        ("collection_table", i4),  # Row of the collection tables.
        ("group", i4),  # Group axis of the flows.
        ("policy", i4),  # Row of TERMS.
        ("stage", i4),  # Stage at the valuation date.
        ("item_begin", i4),  # Half-open range of ITEM rows.
        ("item_end", i4),
        ("arbitration_clause", i4),  # 0 or 1.
        ("guarantor_begin", i4),  # Half-open range of GUARANTOR rows.
        ("guarantor_end", i4),
        ("offered", i4),  # 1 if a repayment plan may be offered.
        ("debtors", i4),  # Joint debtors, the borrower included.
        ("principal", f8),  # [currency].
        ("interest_and_fees", f8),  # Accrued interest and fees [currency].
        ("accrual", f8),  # Simple interest on principal [per month].
        ("age", f8),  # Months since default at the valuation date.
        ("responsiveness", f8),  # Multiplies the borrower's frailty.
        ("limitation_left", f8),  # Months until the claim is time-barred; < 0 if it is.
        ("long_stop_left", f8),  # Months until the long stop; inf for none.
        ("window_left", f8),  # Months left to apply for enforcement; < 0 if too late.
        ("stage_elapsed", f8),  # Months already spent in the stage.
        ("elapsed_probability", f8),  # Probability that the stage would have ended by now.
        ("court_queue", f8),  # Months that the package's own lawsuits wait before this one.
        ("insolvency_status", i4),  # Status of the debtor's proceeding; a code of Status.
        ("insolvency_hazard", f8),  # Hazard of acceptance, before the market [per month].
        ("debtor_claims", f8),  # Claims of the package on the debtor [currency].
        ("estimate_begin", i4),  # Half-open range of ESTIMATE rows, of one row at most.
        ("estimate_end", i4),
        ("manual_begin", i4),  # Half-open range of MANUAL rows.
        ("manual_end", i4),
    ]
)

ITEM = np.dtype(
    [
        ("key", u8),  # Hash of the collateral id.
        ("index", i4),  # Column of the collateral indices.
        ("terms", i4),  # Row of AUCTION terms.
        ("value", f8),  # Appraisal brought to the valuation date [currency].
        ("liens", f8),  # Prior liens [currency].
        ("cap", f8),  # Most that the item secures [currency].
        ("seizure_only", i4),  # 1 where we have no mortgage or pledge on it.
        ("elapsed_elsewhere", f8),  # Probability that another court would have sold it by now.
        ("waitlisted", i4),  # 1 where another court seized the item first.
        ("claims_ahead", f8),  # Ordinary claims paid before ours by order of seizure [currency].
        ("claims_beside", f8),  # Ordinary claims that share proceeds with ours [currency].
        ("appraisal_error", f8),  # Standard deviation of the log appraisal error.
        ("drift_volatility", f8),  # Idiosyncratic volatility [per square-root month].
        (
            "elapsed_probability",
            f8,
        ),  # Probability that a seizure under way would have ended by now.
    ]
)

GUARANTOR = np.dtype(
    [
        ("key", u8),  # Hash of the guarantor id.
        ("cap", f8),  # Most that the guarantor owes on the loan [currency].
        ("factor", f8),  # Multiplies the policy's probability that a guarantor pays.
    ]
)

ESTIMATE = np.dtype(
    [
        ("key", u8),  # Hash of the id that the estimate names.
        ("borrower", u8),  # Hash of its borrower.
        ("group_key", u8),  # Hash of the borrower's group; 0 for none.
        ("region_key", u8),  # Hash of the region.
        ("weight", f8),  # Probability that the estimate replaces the loan's path.
        ("recovery", f8, 3),  # Lower end, mode, upper end of the triangular [currency].
        ("months", f8, 3),  # Lower end, mode, upper end of the triangular [months].
        ("share", f8),  # Share of the recovery that is the loan's [share].
        ("ahead", f8),  # Part of it that other loans receive first [currency].
        ("cap", f8),  # Most that the loan receives [currency].
        ("cost", f8),  # Cost for the loan [currency].
        ("cost_share", f8),  # Further cost, as a share of what the loan receives.
        ("kind", i4),  # Kind of the receipt.
    ]
)

MANUAL = np.dtype(
    [
        ("month", i4),  # Month of the payment.
        ("kind", i4),  # Kind of the receipt or cost.
        ("amount", f8),  # Amount, negative for a cost [currency].
    ]
)

CORRELATION = np.dtype([("region", f8), ("group", f8), ("borrower", f8)])
"""Shares of the variance of an estimate's score that its region, group and borrower explain."""

FEES = np.dtype(
    [
        ("brackets", i4),  # Brackets in use.
        ("upper", f8, MAX_BRACKETS),  # Upper end of each bracket [currency].
        ("rate", f8, MAX_BRACKETS),  # Marginal rate inside the bracket [share].
        ("base", f8, MAX_BRACKETS),  # Fee at the lower end, fixed parts included [currency].
        ("cap", f8),  # Most that the schedule charges [currency].
    ]
)
