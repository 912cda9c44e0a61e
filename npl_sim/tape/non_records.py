"""Separate records from lines of totals, footers and repeated headers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from npl_sim.tables.cell_types import cell_text, column_text
from npl_sim.tables.files import RawFile

_TOTALS = (
    "grand total", "totals", "total", "subtotals", "subtotal", "sub total", "sum",
    "totale generale", "totale complessivo",
    "totale", "totali", "subtotale", "somma", "gesamtsumme", "gesamt", "summe", "zwischensumme",
    "total general",
    "total général", "somme", "sous total", "合计", "总计", "小计", "共计", "累计", "汇总", "本页合计", "本页小计",
)  # fmt: skip
_NEIGHBORS = (
    r"loans?|rows?|records?|accounts?|items?|amounts?|claims?|portfolio|crediti|rapporti|"
    r"righe|posizioni|immobili|"
    r"kredite|forderungen|prêts|créances|债权|金额|笔|户|件|条|个|项|共|行|of|di|der"
)
_TOTAL = re.compile(
    rf"(?:{'|'.join(_TOTALS)})(?:{'|'.join(_TOTALS)}|[零〇壹贰叁肆伍陆柒捌玖拾佰仟万亿元圆角分整]|\([^()]*\)|"
    rf"[\d\s:.。,，;*\-—=]|{_NEIGHBORS}|(?:eur|cny|usd|元|万元|€|¥))*",
    re.IGNORECASE,
)
_FOOTER_STARTS = (
    r"[(（]?(?:金额|货币|计量)?单位", "以上", "本表", "联系", "电话", "制表", "复核", "审核", "填表", "经办",
    "负责人", "编制", "备注", "说明", "注[:：]", "数据来源", "来源", "打印", "截至", "日期[:：]", r"第\s*\d+\s*页",
    "prepared by", "checked by", "reviewed by", "note", "notes?[:：]", "source", "fonte", "nota",
    "compilato", "redatto", "printed", "page ", "pagina ", "confidential", "riservato",
    "total amount funded", "as of", "hinweis", "quelle", "erstellt", "stand[:：]", "disclaimer",
    r"\*",
)  # fmt: skip
_FOOTER = re.compile(f"(?:{'|'.join(_FOOTER_STARTS)})", re.IGNORECASE)

_ROOTS = "t[^a-z0-9]*o[^a-z0-9]*t|s[^a-z0-9]*[ou]m|ges|zwi|[计汇]|[^\x00-\x7f\u4e00-\u9fff]"
"""Characters of which every term for totals holds at least one; others are checked singly."""


@dataclass(frozen=True)
class Split:
    """Rows of a file by type: records, lines of totals, footers, and repeated headers."""

    records: RawFile
    totals: RawFile
    footers: RawFile
    header_copies: RawFile

    def with_notes(self) -> RawFile:
        """Return the records with footers as title rows, as they too may state the unit."""
        notes = self.footers
        below = tuple(
            (int(row), tuple(text for text in map(cell_text, cells) if text))
            for row, cells in zip(notes.rows, notes.frame.to_numpy().tolist(), strict=True)
        )
        return replace(self.records, above=(*self.records.above, *below))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def is_total(text: str) -> bool:
    """Return whether a cell labels its row as a total, in several languages."""
    squeezed = _plain(text)
    if not squeezed or len(squeezed) > 60:
        return False
    # 合 计 is often spaced out.
    compact = re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", squeezed).strip("*-—=.:： ")
    return _TOTAL.fullmatch(compact.replace("-", " ")) is not None


def is_subtotal(text: str) -> bool:
    """Return whether a line of totals is a subtotal: 小计, Subtotal, Zwischensumme."""
    return (
        re.search(r"小计|本页|sub[ -]?tot|zwischen|sous[ -]tot", _plain(text), re.IGNORECASE)
        is not None
    )


def is_footer(text: str) -> bool:
    """Return whether a cell is a note below a table, such as its author, date or source."""
    plain = _plain(text)
    return _FOOTER.match(plain) is not None or (len(plain) > 40 and " " in plain)


def stated_count(text: str) -> int | None:
    """Return the record count that a line of totals states, or None."""
    found = re.search(
        r"(\d[\d,]*)\s*(?:loans?|rows?|records?|accounts?|rapporti|crediti|righe|posizioni|笔|条)",
        _plain(text),
        re.I,
    )
    return int(found.group(1).replace(",", "")) if found else None


def _is_day(text: str) -> bool:
    return (
        re.fullmatch(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?( 00:00:00)?", _plain(text)) is not None
    )


def _cells(raw: RawFile, row: int) -> dict[int, str]:
    cells = {int(c): cell_text(v) for c, v in raw.frame.iloc[row].items()}
    return {c: text for c, text in cells.items() if text != ""}


def _header_copies(raw: RawFile) -> np.ndarray:
    """Return the rows that repeat the headers, as printed pages do."""
    same = np.ones(len(raw.rows), dtype=bool)
    named = [(i, h) for i, h in enumerate(raw.headers) if h]
    if len(named) < 2:
        return np.zeros(len(raw.rows), dtype=bool)
    for i, header in named:
        at = np.flatnonzero(same)
        if len(at) == 0:
            break
        same[at] = (column_text(raw.frame[i].iloc[at]) == header).to_numpy(dtype=bool)
    return same


def split_rows(
    raw: RawFile, id_at: int, amounts_at: Collection[int], beside: Collection[int] = ()
) -> Split:
    """Split the rows of a file into records and other rows.

    A line of totals has no id, or a term such as Total or 合计 in its place. It has such a term in
    some cell, or is the last line and holds only amounts. Footers are rows with a few cells of
    text below the last record.

    Parameters
    ----------
    raw
        The rows of a file.
    id_at
        Position of the loan id.
    amounts_at
        Positions of the amounts.
    beside
        Positions of other cells that a line of totals may fill, such as its month.
    """
    ids = column_text(raw.frame[id_at])
    header_copies = _header_copies(raw)
    # Whole columns at a time: hardly any id holds the root of a word of totals.
    total = (
        ids.str.contains(_ROOTS, case=False, regex=True).to_numpy(dtype=bool, copy=True)
        & ~header_copies
    )
    total[total] = ids[total].map(is_total).to_numpy(dtype=bool)
    for i in np.flatnonzero(total).tolist():
        # An id such as TOTAL-0001 may name a record, whose other columns are then filled.
        cells = _cells(raw, i)
        own = {id_at, *amounts_at}
        if not any(character.isdigit() for character in cells[id_at]):
            own |= set(beside)
        others = [c for c, text in cells.items() if c not in own and stated_count(text) is None]
        total[i] = 3 * len(others) <= max(0, len(raw.headers) - 1 - len(amounts_at))
    last = len(ids) - 1
    for i in np.flatnonzero((ids == "").to_numpy(dtype=bool) & ~header_copies).tolist():
        cells = _cells(raw, i)
        bare = bool(cells) and all(c in amounts_at for c in cells)
        total[i] = any(is_total(text) for text in cells.values()) or (bare and i == last and i > 0)
    footer = np.zeros(len(ids), dtype=bool)
    for i in range(last, 0, -1):
        cells = _cells(raw, i)
        few = len(cells) <= max(1, min(4, len(raw.headers) // 3))
        noted = few and any(is_footer(text) for text in cells.values())
        noted |= len(cells) > 1 and all(
            is_footer(text) or _is_day(text) for text in cells.values()
        )
        numbers = [c for c, text in cells.items() if c in amounts_at and not is_footer(text)]
        if noted and not total[i] and not numbers:
            footer[i] = True
        elif not total[i]:
            break
    for i in np.flatnonzero(
        header_copies
    ).tolist():  # a page title precedes the headers that it repeats
        at = i - 1
        while at >= 0 and not (total[at] or header_copies[at] or footer[at]):
            cells = _cells(raw, at)
            if len(cells) > max(1, len(raw.headers) // 4) or any(c in amounts_at for c in cells):
                break
            footer[at] = True  # it too may state the unit
            at -= 1
    records = ~(total | footer | header_copies)
    return Split(raw.take(records), raw.take(total), raw.take(footer), raw.take(header_copies))
