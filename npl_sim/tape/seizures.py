"""Seizures and prior liens of items: whose seizure is first, and what ranks before our claim."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

_NOBODY = frozenset((
    "none", "no", "no one", "nobody", "not seized", "free", "false", "0", "无", "否", "未查封", "没有",
    "未被查封", "无查封", "nessuno", "non pignorato",
))  # fmt: skip
_OURS = frozenset((
    "creditor", "us", "we", "own", "ours", "our bank", "the bank", "lender", "seller", "first",
    "first seizure", "首封", "首次查封", "首先查封", "债权人", "primo pignoramento", "creditore",
))  # fmt: skip
_OURS_CHINESE = re.compile("我行|本行|我司|本公司|我方|本方|我公司")
_WAITS = re.compile("轮候")


def seized_by_others(texts: pd.Series) -> np.ndarray:
    """Return which items were first seized by a third party, according to `seized_by`.

    An empty cell and a word for nobody say that no seizure is known. Words for the creditor of
    the tape mean our own first seizure. Any other text counts as a seizure by somebody else:
    what is not known is taken as adverse.

    Parameters
    ----------
    texts
        Column `seized_by`.
    """
    codes, found = pd.factorize(
        texts.astype(str).str.strip().str.casefold().to_numpy(dtype=object)
    )
    others = [bool(text) and text not in _NOBODY and not _is_ours(str(text)) for text in found]
    return np.array(others, dtype=bool)[codes] if len(codes) else np.zeros(0, dtype=bool)


def seizer(text: str) -> str:
    """Return who seized an item first, according to a text: creditor, another creditor, nobody."""
    plain = text.strip().casefold()
    if not plain or plain in _NOBODY:
        return "nobody"
    return "creditor" if _is_ours(plain) else "another creditor"


def _is_ours(text: str) -> bool:
    return text in _OURS or (
        _OURS_CHINESE.search(text) is not None and _WAITS.search(text) is None
    )


def liens_unknown(items: pd.DataFrame) -> np.ndarray:
    """Return which valued items rank behind a lien whose amount is not stated."""
    behind = (items["lien_rank"] > 1) & (items["prior_liens"].fillna(0.0) == 0.0)
    return np.asarray(behind & (items["appraisal_value"] > 0.0), dtype=bool)


def with_assumed_liens(items: pd.DataFrame) -> pd.DataFrame:
    """Return items of which an unknown prior lien takes the whole appraised value."""
    liens = items["prior_liens"].mask(liens_unknown(items), items["appraisal_value"])
    return items.assign(prior_liens=liens)
