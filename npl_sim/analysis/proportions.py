"""Checks of the proportions of a tape: collateral, interest, median balances, as issues.

Outliers among single balances are findings of the tape. These checks are on whole columns, where a
wrong unit shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.analysis.plausibility import short_amount
from npl_sim.analysis.published import EVERY_PRODUCT, balance_bounds
from npl_sim.core.errors import counted
from npl_sim.core.issues import Issue
from npl_sim.core.language import gettext as _

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


COLLATERAL_MULTIPLE = 20.0
"""Appraised value of a loan's collateral over its claim beyond which it is reported. [multiple]"""

PACKAGE_MULTIPLE = 5.0
"""The same for all secured loans together. [multiple]"""

INTEREST_MULTIPLE = 3.0
"""Accrued interest over principal beyond which a loan is reported. [multiple of principal]"""


def tape_issues(study: Study, table: LoanTable) -> tuple[Issue, ...]:
    """Return issues of the proportions of a tape: collateral, interest and median balances.

    Parameters
    ----------
    study, table
        What is assumed, and the loans.
    """
    return (*_collateral(table), *_interest(table), *_medians(study, table))


def _collateral(table: LoanTable) -> Iterator[Issue]:
    loans = table.loans
    value = (
        table.collateral.groupby("loan_id")["appraisal_value"]
        .sum()
        .reindex(loans["loan_id"])
        .fillna(0.0)
        .to_numpy(dtype=float)
    )
    claim = loans["gbv"].to_numpy(dtype=float)
    hit = value > COLLATERAL_MULTIPLE * claim
    if hit.any():
        first = int(np.argmax(np.where(hit, value / np.maximum(claim, 1e-300), 0.0)))
        yield Issue(
            "warning",
            _("collateral, appraisal_value"),
            _(
                "{sum} with collateral appraised above {collateral_multiple:g} times the "
                "claim, such as {iloc!r}: {short_amount} for a claim of {claim}. Check the "
                "unit and the scope of collateral ids"
            ).format(
                sum=counted(int(hit.sum()), "loan"),
                collateral_multiple=COLLATERAL_MULTIPLE,
                iloc=loans["loan_id"].iloc[first],
                short_amount=short_amount(value[first]),
                claim=short_amount(claim[first]),
            ),
            float(claim[hit].sum()),
        )
    secured = value > 0.0
    total, owed = float(value[secured].sum()), float(claim[secured].sum())
    if secured.any() and total > PACKAGE_MULTIPLE * owed:
        yield Issue(
            "warning",
            _("collateral, appraisal_value"),
            _(
                "collateral of the package is appraised at {total}, {total2:,.1f} times "
                "the claims of {owed} that it secures; expected at most "
                "{package_multiple:g} times. Check the unit and the scope of collateral ids"
            ).format(
                total=short_amount(total),
                total2=total / owed,
                owed=short_amount(owed),
                package_multiple=PACKAGE_MULTIPLE,
            ),
            owed,
        )


def _interest(table: LoanTable) -> Iterator[Issue]:
    loans = table.loans
    principal, interest = (
        loans[name].to_numpy(dtype=float) for name in ("principal", "accrued_interest")
    )
    hit = interest > INTEREST_MULTIPLE * principal
    if hit.any():
        first = int(np.argmax(np.where(hit, interest, 0.0)))
        yield Issue(
            "warning",
            _("loans, accrued_interest"),
            _(
                "{sum} with accrued interest above {interest_multiple:g} times principal, "
                "such as {iloc!r}: {interest} on {principal}; check units and columns"
            ).format(
                sum=counted(int(hit.sum()), "loan"),
                interest_multiple=INTEREST_MULTIPLE,
                iloc=loans["loan_id"].iloc[first],
                interest=short_amount(interest[first]),
                principal=short_amount(principal[first]),
            ),
            float(loans["gbv"].to_numpy(dtype=float)[hit].sum()),
        )


def _medians(study: Study, table: LoanTable) -> Iterator[Issue]:
    loans = table.loans
    bounds = [bound for bound in balance_bounds() if bound.currency == study.currency]
    named = {product for bound in bounds for product in bound.products}
    others = sorted(set(loans["product"].astype(str)) - named)
    for bound in bounds:
        for product in others if EVERY_PRODUCT in bound.products else bound.products:
            gbv = loans["gbv"].to_numpy(dtype=float)[(loans["product"] == product).to_numpy()]
            if len(gbv) == 0:
                continue
            median = float(np.median(gbv))
            if not bound.low <= median <= bound.high:
                yield Issue(
                    "warning",
                    _("loans, product {product}").format(product=product),
                    _(
                        "the median balance of {gbv} is {median} {currency}; expected {low:,.0f} "
                        "to {high:,.0f}: check tape.amount_unit, the unit in the headers and the "
                        "product codes"
                    ).format(
                        gbv=counted(len(gbv), "loan"),
                        median=short_amount(median),
                        currency=study.currency,
                        low=bound.low,
                        high=bound.high,
                    ),
                    float(gbv.sum()),
                )
