"""Cells whose meaning a plain value would lose: errors of a spreadsheet, and shares shown in percent."""

from __future__ import annotations

__all__ = ["ERROR_WORDS", "NO_VALUE", "CellError", "Percent"]

NO_VALUE = "formula without a stored value"
"""What stands for a formula whose result the file does not hold."""

ERROR_WORDS = frozenset(
    word.casefold()
    for word in (
        *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!"),
        *("#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA", "#N/A N/A", "#####", NO_VALUE),
        # Italian, German and French spreadsheets write their own.
        *("#N/D", "#RIF!", "#VALORE!", "#NOME?", "#NULLO!", "#NV", "#BEZUG!", "#WERT!", "#VALEUR!", "#NOM?"),
        *("#NOMBRE!", "#NUL!"),
    )
)
"""Texts, case folded, by which a spreadsheet says that a cell has no value; an error in a column of any type."""


class CellError(str):
    """A cell that holds an error of the spreadsheet, as it shows: ``#N/A``, ``#REF!``, `NO_VALUE`."""

    __slots__ = ()


class Percent(float):
    """A number cell that the spreadsheet shows as a percentage: 0.05, shown as 5 %."""

    __slots__ = ()
