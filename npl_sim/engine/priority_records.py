"""What ranks before or beside our claim on an item, for the kernel. docs/model.md section 4.6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.tape.seizures import seized_by_others

if TYPE_CHECKING:
    from npl_sim.study.model import Study


def fill_priority(
    items: np.ndarray, frame: pd.DataFrame, study: Study, policy: np.ndarray
) -> None:
    """Fill the fields of ITEM that follow from seizures and other creditors.

    Parameters
    ----------
    items
        Records of ITEM, with their values.
    frame
        Collateral rows in the same order.
    study
        The study; its law says how ordinary creditors share an item.
    policy
        Row of the policy of each item's loan.
    """
    waitlisted = seized_by_others(frame["seized_by"])
    items["waitlisted"] = waitlisted
    in_order = np.array(
        [study.legal.distribution_of(p.debtor_type) == "seizure_order" for p in study.policies]
    )[policy]
    bare = frame["seizure_only"].to_numpy(dtype=bool)
    items["seizure_only"] = bare
    claims = frame["other_claims"].to_numpy(dtype=np.float64)
    # Where others seized first for an unknown amount, they are taken to claim the whole value.
    assumed = np.where(np.isnan(claims), np.where(waitlisted, items["value"], 0.0), claims)
    items["claims_ahead"] = np.where(bare & in_order & waitlisted, assumed, 0.0)
    items["claims_beside"] = np.where(bare & ~in_order, assumed, 0.0)
