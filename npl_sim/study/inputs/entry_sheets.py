"""Layout of the sheets of manual entries in the workbook of inputs."""

from __future__ import annotations

from npl_sim.study.inputs.layout import InputColumn, InputSheet
from npl_sim.study.manual_tables import CHINESE_HEADERS, MODELS
from npl_sim.study.manual_tables import SHEETS as ENTRY_SHEETS


def _entries(key: str) -> InputSheet:
    """Return the sheet of a table of manual entries, every row of which is the user's."""
    model = MODELS[key]
    columns = tuple(
        InputColumn(
            name,
            (name.replace("_", " ").capitalize(), CHINESE_HEADERS[name]),
            30.0 if name in ("note", "key") else 14.0,
            field.is_required(),
            True,
        )
        for name, field in model.model_fields.items()
    )
    return InputSheet(key, ENTRY_SHEETS[key], columns, ())


ENTRIES = tuple(_entries(key) for key in MODELS)
"""Sheets of manual entries: estimates of experts, cash, overrides of policy terms."""
