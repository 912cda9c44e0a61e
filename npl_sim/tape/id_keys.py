"""Keys and order of ids, which address random numbers and also hold for masked ids.

A masked table holds pseudonyms in place of ids. Two columns are added for each column of ids:
`<column>_key` is the key of the original id, `<column>_order` its rank among the ids. So masking
changes no number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.core.provenance import keys_of

_KEPT = ("_id_key", "_id_order")


def key_columns(ids: pd.Series, name: str) -> dict[str, np.ndarray]:
    """Return the two extra columns that a masked table has for a column of ids.

    Parameters
    ----------
    ids
        The ids, not masked.
    name
        Name of their column.
    """
    _, ranks = np.unique(ids.astype(str).to_numpy(dtype=object), return_inverse=True)
    return {f"{name}_key": keys_of(ids), f"{name}_order": ranks.astype(np.int64)}


def keys_in(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return the keys of a column of ids, as uint64."""
    kept = f"{name}_key"
    return frame[kept].to_numpy(dtype=np.uint64) if kept in frame else keys_of(frame[name])


def order_column(frame: pd.DataFrame, name: str) -> str:
    """Return the column that sorts rows wherever they are sorted by an id."""
    kept = f"{name}_order"
    return kept if kept in frame else name


def without_keys(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without the columns made by `key_columns`."""
    return frame[[name for name in frame.columns if not str(name).endswith(_KEPT)]]
