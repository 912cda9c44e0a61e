"""Insolvency fields of the loan records: status, hazard, claims on the debtor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.layout import Stage, Status
from npl_sim.engine.stage_times import elapsed_probability
from npl_sim.policy.insolvency import AgeBands, Insolvency, SizeBands
from npl_sim.policy.policy import Policy
from npl_sim.tape.names import normal_name

if TYPE_CHECKING:
    from npl_sim.study.model import Study

CODES = {status.name.lower(): status for status in Status} | {
    "claims_filed": Status.ACCEPTED,
    "": Status.NONE,
}
"""Status of the tape to its code."""


def enter_insolvency(
    loans: np.ndarray, frame: pd.DataFrame, study: Study, elapsed: np.ndarray
) -> None:
    """Enter status, hazard and claims into LOAN records in the order of the tape.

    Size and age are those of the debtor: the claims of all their loans in the package, and the age
    of the oldest. So all loans of a debtor under one policy share the date of the acceptance.

    Parameters
    ----------
    loans
        LOAN records; policy, stage, claims and age are filled.
    frame
        Loans of the tape.
    study
        The study.
    elapsed
        Months since the stage began.
    """
    loans["insolvency_status"] = [CODES[str(word)] for word in frame["insolvency_status"]]
    claims = pd.Series(loans["principal"] + loans["interest_and_fees"])
    debtor = loans["borrower"]
    loans["debtor_claims"] = claims.groupby(debtor).transform("sum")
    oldest = pd.Series(loans["age"]).groupby(debtor).transform("max").to_numpy()
    for i, policy in enumerate(study.policies):
        here = loans["policy"] == i
        terms = policy.insolvency
        if terms is not None and terms.hazard > 0.0:
            hazard = terms.hazard / 12.0 * multipliers(terms, loans["debtor_claims"], oldest)
            loans["insolvency_hazard"][here] = (hazard * known_to_law(study, policy, frame))[here]
        inside = here & (loans["stage"] == Stage.INSOLVENCY)
        if inside.any():
            _enter_elapsed(loans, terms or Insolvency(), inside, elapsed)


def multipliers(terms: Insolvency, claims: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return the product of the multipliers of size and age for each loan."""
    product = np.ones(len(claims))
    if terms.size is not None:
        product *= _in_band(terms.size.from_claims, terms.size, claims)
    if terms.age is not None:
        product *= _in_band(terms.age.from_age, terms.age, age)
    return product


def _in_band(
    lower: tuple[float, ...], bands: SizeBands | AgeBands, values: np.ndarray
) -> np.ndarray:
    at = np.searchsorted(np.array(lower), values, side="right") - 1
    return np.array(bands.multipliers)[np.maximum(at, 0)]


def known_to_law(study: Study, policy: Policy, frame: pd.DataFrame) -> np.ndarray:
    """Return for which loans the law knows the insolvency of such a debtor.

    Companies may always become insolvent. Natural persons may where the legal regime says so, in
    the regions that it names and from its date on.
    """
    if policy.debtor_type != "natural_person":
        return np.ones(len(frame), dtype=bool)
    law = study.legal.personal_insolvency
    if law is None or (law.effective is not None and law.effective > study.valuation_date):
        return np.zeros(len(frame), dtype=bool)
    if not law.regions:
        return np.ones(len(frame), dtype=bool)
    regions = [normal_name("region", name) for name in law.regions]
    return frame["region"].isin(regions).to_numpy(dtype=bool)


def _enter_elapsed(
    loans: np.ndarray, terms: Insolvency, inside: np.ndarray, elapsed: np.ndarray
) -> None:
    """Enter the probability that a proceeding under way would have ended by now."""
    voting = inside & (loans["insolvency_status"] == Status.REORGANIZATION)
    rest = inside & ~voting
    for at, duration in ((voting, terms.plan_duration), (rest, terms.duration)):
        loans["elapsed_probability"][at] = elapsed_probability(duration, elapsed[at])
