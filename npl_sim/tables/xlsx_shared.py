"""Memory that repeated use of shared strings takes in an .xlsx workbook."""

from __future__ import annotations

import re

import numpy as np

from npl_sim.tables.xlsx_package import Package

_CHUNK = 1 << 20  # [bytes]
_END = re.compile(rb"</(?:\w+:)?si>")
_USE = re.compile(rb'\st="s"[^<>]*>\s*<(?:\w+:)?v>\s*(\d{1,9})\s*<')


def shared_lengths(package: Package) -> list[int]:
    """Return the length of each shared string's XML, which is at least that of its text. [bytes]

    The part is unpacked to its end, so that a damaged one is found.
    """
    lengths: list[int] = []
    if not package.shared:
        return lengths
    with package.open(package.shared) as stream:
        rest = b""
        since = 0
        while chunk := stream.read(_CHUNK):
            text = rest + chunk
            at = 0
            for found in _END.finditer(text):
                lengths.append(since + found.end() - at)
                since, at = 0, found.end()
            kept = max(at, len(text) - 64)  # a tag may be cut by the end of the chunk
            since += kept - at
            rest = text[kept:]
    return lengths


def used_bytes(sheet: bytes, lengths: list[int], odd: bool) -> int:
    """Return how much text a sheet's cells hold, each shared string counted per use. [bytes]

    Parameters
    ----------
    sheet
        XML of the sheet.
    lengths
        Length of each shared string. [bytes]
    odd
        Whether the XML is out of the ordinary: then every cell counts as the longest string.
    """
    if odd:
        return sheet.count(b"<c") * max(lengths, default=0)
    uses = np.fromiter((int(number) for number in _USE.findall(sheet)), dtype=np.int64)
    uses = uses[uses < len(lengths)]
    return int(np.bincount(uses, minlength=len(lengths)) @ np.asarray(lengths, dtype=np.int64))
