"""Workbooks of every sort, made by hand: each record and attribute is the test's own."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="4">'
    '<numFmt numFmtId="164" formatCode="0.00&quot;%&quot;"/><numFmt numFmtId="165" '
    'formatCode="[&lt;0.1]0.0%;0.00"/>'
    '<numFmt numFmtId="166" formatCode="0.0000%"/><numFmt numFmtId="167" '
    'formatCode="0\\%"/></numFmts>'
    '<cellXfs count="8"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/><xf numFmtId="10"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf '
    'numFmtId="167"/></cellXfs></styleSheet>'
)


def zipped(path: Path, parts: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def relations(*pairs: tuple[str, str]) -> str:
    each = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(pairs, start=1)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{each}</Relationships>'


def xlsx_parts(
    sheet_data: str,
    *,
    after: str = "",
    book: str = "",
    calc: str = "",
    strings: tuple[str, ...] = (),
    styles: str = STYLES,
) -> dict[str, str | bytes]:
    """Return the parts of a workbook with one sheet."""
    shared = "".join(f"<si><t>{s}</t></si>" for s in strings)
    return {
        "[Content_Types].xml": "<Types "
        'xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}">{book}<sheets>'
        f'<sheet name="Loans" sheetId="1" r:id="rId1"/></sheets>{calc}</workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("styles", "/xl/styles.xml"),
            ("sharedStrings", "sharedStrings.xml"),
        ),
        "xl/styles.xml": styles,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
        "xl/worksheets/sheet1.xml": f"<worksheet "
        f'xmlns="{MAIN}"><sheetData>{sheet_data}</sheetData>'
        f"{after}</worksheet>",
    }


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def record(kind: int, content: bytes) -> bytes:
    """Return one record of an .xlsb part."""
    head = bytes([kind]) if kind < 0x80 else bytes([(kind & 0x7F) | 0x80, kind >> 7])
    size, length = len(content), b""
    while True:
        size, low = size >> 7, size & 0x7F
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return head + length + content


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _xlsb_styles() -> bytes:
    xf = struct.pack("<HHHHBBHHBB", 0xFFFF, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    percent = struct.pack("<HHHHBBHHBB", 0, 200, 0, 0, 0, 0, 0, 0, 0, 0)
    return (
        record(278, b"")
        + record(615, struct.pack("<I", 1))
        + record(44, struct.pack("<H", 200) + wide("0.0%"))
        + record(616, b"")
        + record(617, struct.pack("<I", 2))
        + record(47, xf)
        + record(47, percent)
        + record(618, b"")
        + record(279, b"")
    )


def xlsb(
    path: Path, rows: list[list[object]], *, merged: tuple[int, ...] = (), date_1904: bool = False
) -> Path:
    """Write a workbook of texts, numbers, (style, number) and (error code,) cells; style 1 shows
    percentages."""
    cells = b""
    for r, row in enumerate(rows):
        cells += record(0, struct.pack("<IIHHBI", r, 0, 300, 0, 0, 0))
        for c, value in enumerate(row):
            place = struct.pack("<II", c, 0)
            if isinstance(value, str):
                cells += record(6, place + wide(value))
            elif isinstance(value, float):
                cells += record(5, place + struct.pack("<d", value))
            elif isinstance(value, tuple) and len(value) == 2:
                cells += record(5, struct.pack("<IId", c, value[0], value[1]))
            elif isinstance(value, tuple):
                cells += record(3, place + bytes([value[0]]))
    height, width = len(rows), max(map(len, rows))
    sheet = (
        record(129, b"")
        + record(148, struct.pack("<4I", 0, height - 1, 0, width - 1))
        + record(145, b"")
        + cells
        + record(146, b"")
    )
    if merged:
        sheet += (
            record(177, struct.pack("<I", 1))
            + record(176, struct.pack("<4I", *merged))
            + record(178, b"")
        )
    sheet += record(130, b"")
    book = (
        record(131, b"")
        + record(153, struct.pack("<II", int(date_1904), 0) + wide(""))
        + record(143, b"")
        + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Loans"))
        + record(144, b"")
        + record(132, b"")
    )
    return zipped(
        path,
        {
            "[Content_Types].xml": "<Types "
            'xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": relations(("officeDocument", "xl/workbook.bin")),
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": relations(
                ("worksheet", "worksheets/sheet1.bin"), ("styles", "styles.bin")
            ),
            "xl/styles.bin": _xlsb_styles(),
            "xl/worksheets/sheet1.bin": sheet,
        },
    )


def _biff(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def xls(
    path: Path,
    cells: list[tuple[int, int, int, object]],
    *,
    merged: tuple[int, ...] = (),
    date_1904: bool = False,
) -> Path:
    """Write a BIFF8 stream of (row, column, style, value).

    Styles: 0 plain, 1 date, 2 percent, 3 quoted percent.

    Values: text, number, bool, ("error", code), ("formula", result, options).
    """
    formats = {164: "0.00%", 165: '0"%"'}
    styles = (0, 14, 164, 165)
    head = _biff(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0)) + _biff(
        0x0022, struct.pack("<H", date_1904)
    )
    for _ in range(5):
        head += _biff(
            0x0031, struct.pack("<HHHHHBBBB", 200, 0, 0, 400, 0, 0, 0, 0, 0) + bytes([1, 0]) + b"A"
        )
    for key, code in formats.items():
        head += _biff(0x041E, struct.pack("<HHB", key, len(code), 0) + code.encode())
    for key in styles:
        head += _biff(0x00E0, struct.pack("<HHH", 0, key, 0x0001) + bytes(14))
    tail = _biff(0x000A, b"")
    name = b"Loans"
    begin = len(head) + 4 + 8 + len(name) + len(tail)
    head += _biff(0x0085, struct.pack("<IBBBB", begin, 0, 0, len(name), 0) + name) + tail
    sheet = _biff(0x0809, struct.pack("<HHHHII", 0x0600, 16, 0, 0, 0, 0))
    height, width = max(c[0] for c in cells) + 1, max(c[1] for c in cells) + 1
    sheet += _biff(0x0200, struct.pack("<IIHHH", 0, height, 0, width, 0))
    for row, column, style, value in cells:
        place = struct.pack("<HHH", row, column, style)
        if isinstance(value, bool):
            sheet += _biff(0x0205, place + bytes([value, 0]))
        elif isinstance(value, str):
            sheet += _biff(
                0x0204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
            )
        elif isinstance(value, int | float):
            sheet += _biff(0x0203, place + struct.pack("<d", value))
        elif isinstance(value, tuple) and value[0] == "error":
            sheet += _biff(0x0205, place + bytes([value[1], 1]))
        elif isinstance(value, tuple):
            result = value[1] if isinstance(value[1], bytes) else struct.pack("<d", value[1])
            sheet += _biff(
                0x0006, place + result + struct.pack("<HIH", value[2], 0, 3) + b"\x1e\x01\x00"
            )
    if merged:
        sheet += _biff(0x00E5, struct.pack("<5H", 1, *merged))
    path.write_bytes(head + sheet + tail)
    return path


def ods(path: Path, rows: str, *, settings: str = "", encrypted: bool = False) -> Path:
    """Write an OpenDocument spreadsheet with one sheet."""
    base = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{base}:office:1.0" '
        f'xmlns:table="{base}:table:1.0" xmlns:text="{base}:text:1.0" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
        "<office:body><office:spreadsheet>"
        f"{settings}<table:table "
        f'table:name="Loans">{rows}</table:table></office:spreadsheet></office:body>'
        f"</office:document-content>"
    )
    secret = "<manifest:encryption-data/>" if encrypted else ""
    return zipped(
        path,
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": f"<manifest:manifest "
            f'xmlns:manifest="urn:x">{secret}</manifest:manifest>',
        },
    )


def compressed_zeros(size: int) -> bytes:
    """Return a zip archive whose sheet unpacks to a given size of blanks."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in xlsx_parts(" " * size).items():
            archive.writestr(name, content)
    return out.getvalue()
