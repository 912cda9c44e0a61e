"""Placeholder ids of borrowers and groups, and empty key cells, with their defaults."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

import numpy as np
import pandas as pd

from npl_sim.tape.parsed import Parsed

LARGE_SHARE = 0.25
"""Share of the loans above which a single borrower is reported."""

LEAST_LOANS = 10
"""Fewest loans for which that share is checked."""

_MOST_VALUES = 20

_PLACEHOLDERS = frozenset((
    "test", "dummy", "default", "missing", "unknown", "unassigned", "undefined", "none", "null",
    "nil", "nan", "na", "n/a", "#n/a", "nd", "n.d.", "n.a.", "tbd", "tbc", "tba", "notavailable",
    "notapplicable", "noborrower", "nessuno", "sconosciuto", "dadefinire", "nondisponibile",
    "prova", "unbekannt", "desconocido", "inconnu", "待定", "待补", "待补充", "待查", "待确认", "未知", "不详",
    "不明", "无", "暂无", "空", "缺失", "测试", "匿名", "虚拟", "客户", "借款人", "其他", "其它", "未提供", "未填", "未填写",
))  # fmt: skip
_PATTERN = re.compile(r"x{2,}|0+(\.0+)?|[?？*#._/\\-]+|(\d)\2{4,}|nd[1-4]|test\d*|dummy\d*")
_COUNTING = "1234567890"

BLANK_STAGES = 0.2
"""Share of the balances up to which an empty stage is a warning. Collection is assumed then,
which changes a value by up to a tenth."""

_BLANKS: tuple[tuple[str, str], ...] = (
    ("borrower_id", "the borrower's id: each of these loans is taken as a borrower of its own"),
    ("segment", "a segment: the product is taken"),
    ("region", "a region: all is taken, which matches only terms of every region"),
    ("stage", "a stage: collection is taken"),
    ("penalty_rate", "the rate that runs after default: contract_rate is taken"),
    ("joint_debtors", "a number of debtors: 1 is taken"),
    ("responsiveness", "a multiple: 1 is taken"),
    ("arbitration_clause", "yes or no: no is taken"),
    ("documents_missing", "yes or no: no is taken"),
)
"""Loan columns with a default for empty cells, the expected value, and that default."""


def is_placeholder(text: str, ids: Collection[str]) -> bool:
    """Return whether an id is a placeholder: zeros, nines, runs, XXX, test, 待定.

    Parameters
    ----------
    text
        The id.
    ids
        All ids of the column: 999 is a number like others where 998 is on the tape.
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    bare = re.sub(r"\.0+$", "", plain)
    if bare.isdecimal() and int(bare) > 0:
        counted = {str(int(bare) - 1), str(int(bare) - 1).zfill(len(bare))}
        if any(one in ids for one in counted):
            return False
        nines = len(bare) > 1 and set(bare) == {"9"}
        return (
            nines
            or (len(bare) > 3 and _COUNTING.startswith(bare))
            or bool(_PATTERN.fullmatch(bare))
        )
    return plain in _PLACEHOLDERS or bool(_PATTERN.fullmatch(plain))


def drop_placeholders(loans: Parsed, frame: pd.DataFrame, column: str, kept: bool) -> pd.Series:
    """Return borrower or group ids without placeholders, and report each with its loans.

    Parameters
    ----------
    loans
        Loan rows as read; its log takes the findings.
    frame
        The same rows.
    column
        borrower_id or group_id.
    kept
        Whether the study confirms that such ids are meant.
    """
    ids = frame[column]
    counts = ids[ids != ""].value_counts(sort=False)
    distinct = set(counts.index)
    # One loan under such an id is a borrower of its own either way.
    found = [v for v in counts[counts > 1].index if is_placeholder(v, distinct)]
    drop = np.zeros(len(ids), dtype=bool)
    own = (
        "each of these loans is taken as a borrower of its own"
        if column == "borrower_id"
        else "no group is taken"
    )
    for i, value in enumerate(found):
        at = (ids == value).to_numpy(dtype=bool)
        drop |= at
        expected = (
            f"the id of one {'borrower' if column == 'borrower_id' else 'group'}: {value!r} "
            f"in {int(at.sum()):,} rows names "
        )
        expected += (
            "one, as tape.confirmed says"
            if kept
            else f"no one, so {own}; tape.confirmed: [{column}] keeps it"
        )
        if i < _MOST_VALUES:
            loans.log.warn(column, at, loans.text(column), expected, confirm=column)
    return ids if kept else ids.where(~pd.Series(drop, index=ids.index), "")


def check_large_borrowers(loans: Parsed, frame: pd.DataFrame) -> None:
    """Warn of borrowers that hold more than a stated share of the loans."""
    ids = frame["borrower_id"]
    if frame["loan_id"].nunique() < LEAST_LOANS or "borrower_id" not in loans.given:
        return
    counts = frame.drop_duplicates("loan_id")["borrower_id"].value_counts()
    for value in counts[counts > LARGE_SHARE * counts.sum()].index:
        at = (ids == value).to_numpy(dtype=bool)
        expected = (
            f"at most {LARGE_SHARE:.0%} of the loans under one borrower: {value!r} has "
            f"{counts[value]:,} of "
            f"{counts.sum():,}, which share one borrower's risk"
        )
        loans.log.warn(
            "borrower_id", at, loans.text("borrower_id"), expected, confirm="borrower_share"
        )


def note_blanks(loans: Parsed, settled: bool) -> None:
    """Report empty cells of loan columns, with the default that applies.

    They are warnings. Empty stages of more than a stated share of the balances are an error to
    confirm, like a missing column.

    Parameters
    ----------
    loans
        Loan rows as read; its log takes the findings.
    settled
        Whether the study says what an empty stage means.
    """
    for column, expected in _BLANKS:
        if column not in loans.empty:
            continue
        empty = loans.empty[column]
        add = loans.log.warn
        if column == "stage" and not settled and _share(loans, empty) > BLANK_STAGES:
            add = loans.log.error
            expected = (
                f"a stage for at least {1.0 - BLANK_STAGES:.0%} of the balances: these "
                f"loans would be taken as in "
                "collection, though each may stand elsewhere"
            )
        add(column, empty, loans.text(column), expected, confirm=f"blank.{column}")


def _share(loans: Parsed, at: np.ndarray) -> float:
    """Return the share of balances in some rows, or of rows if no balance is known."""
    name = "principal" if "principal" in loans.given else "gbv"
    weights = loans.frame[name].clip(lower=0.0).fillna(0.0).to_numpy(dtype=np.float64)
    if weights.sum() <= 0.0:
        weights = np.ones(len(at))
    return float(weights[at].sum() / weights.sum()) if len(at) else 0.0
