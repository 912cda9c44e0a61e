"""Mutations of the bytes and lines of a file, whatever it holds."""

from __future__ import annotations

import io
import zipfile
from random import Random

__all__ = ["mutated_bytes", "mutated_lines", "mutated_parts"]

BITS: tuple[bytes, ...] = (
    b"\x00", b"\x00" * 64, b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1b[31m", b"\x1b]0;x\x07",
    b"\x07", b"\x08", b"\x7f", b"\x0c", b"\x0b",
    b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xed\xa0\x80",
    b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xff", b"\x80",
    b"\xc2\xa0", b"\r", b"\r\n", b"\n", b"\n\n\n", b"\t", b'"', b'""', b"'", b"`", b",", b";",
    b"|", b":", b": ", b"- ", b"#", b"&a ", b"*a", b"!!python/object:os.system ",
    b"!!binary ", b"!x ", b"%YAML 9.9\n---\n", b"---\n", b"...\n", b"{", b"}", b"[", b"]",
    b"{" * 200, b"[" * 500, b"<<: ", b"? ", b"| ", b">- ",
    b"9" * 400, b"-", b"+", b"1e308", b"1e999", b"-1e-320", b"nan", b"inf", b"-inf", b".nan",
    b".inf", b"0x10", b"0b1", b"1_000", b"1,5", b"1.000,5", b"12:30:45",
    b"\xef\xbc\x91\xef\xbc\x92", b"=1+1", b"=HYPERLINK(1)", b"@x", b"%", b"%s%n", b"${HOME}",
    b"../", b"/", b"\\", b"NULL", b"null", b"~", b"true", b"NaN",
    b"9999-12-31", b"0000-00-00", b"2026-02-30", b"1900-01-00", b"</td>", b"<tr>",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"&#0;", b"]]>", b"x" * 7000,
)  # fmt: skip
"""Bytes that have broken readers before."""


def mutated_bytes(content: bytes, random: Random) -> bytes:
    """Return content with one to a few mutations of its bytes."""
    found = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        found = _once(found, random)
    return bytes(found)


def _once(found: bytearray, random: Random) -> bytearray:
    size = len(found)
    at = random.randrange(size + 1)
    to = min(size, at + random.choice((1, 2, 4, 16, 64, 512)))
    kind = random.randrange(10)
    if kind == 0 and size:
        found[random.randrange(size)] ^= 1 << random.randrange(8)
    elif kind == 1 and size:
        found[random.randrange(size)] = random.randrange(256)
    elif kind == 2:
        del found[at:to]
    elif kind == 3:
        found = found[:at]
    elif kind == 4:
        found[at:at] = found[at:to]
    elif kind == 5:
        there = random.randrange(size + 1)
        found[there:there] = found[at:to]
    elif kind == 6:
        found[at:at] = random.randbytes(random.choice((1, 4, 32)))
    elif kind == 7:
        found[at:to] = random.choice(BITS)
    else:
        found[at:at] = random.choice(BITS)
    return found


def mutated_parts(content: bytes, random: Random) -> bytes:
    """Return an archive with one of its parts mutated or left out, its checksums whole; other
    files by their bytes."""
    if not zipfile.is_zipfile(io.BytesIO(content)) or random.random() < 0.4:
        return mutated_bytes(content, random)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = old.namelist()
        chosen = random.choice(
            [n for n in names if "sheet1" in n or "content.xml" in n]
            if random.random() < 0.6
            else names
        )
        lost = random.random() < 0.1
        for name in names:
            part = old.read(name)
            if name == chosen:
                if lost:
                    continue
                part = mutated_bytes(part, random)
            new.writestr(name, part)
    return out.getvalue()


def mutated_lines(content: bytes, random: Random) -> bytes:
    """Return content with lines deleted, doubled, swapped, indented or filled with other bytes."""
    lines = content.split(b"\n")
    for _ in range(random.choice((1, 1, 2, 4))):
        at, other = random.randrange(len(lines)), random.randrange(len(lines))
        kind = random.randrange(8)
        if kind == 0 and len(lines) > 1:
            del lines[at : at + random.choice((1, 1, 2, 20))]
        elif kind == 1:
            lines.insert(other, lines[at])
        elif kind == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 3:
            lines[at] = random.choice((b" ", b"  ", b"\t")) + lines[at]
        elif kind == 4:
            lines[at] = lines[at].lstrip()
        elif kind == 5:
            lines[at] = lines[at][: random.randrange(len(lines[at]) + 1)]
        elif kind == 6:
            head, colon, _ = lines[at].partition(b":")
            lines[at] = head + colon + b" " + random.choice(BITS)
        else:
            parts = lines[at].split(b" ")
            parts[random.randrange(len(parts))] = random.choice(BITS)
            lines[at] = b" ".join(parts)
        lines = lines or [b""]
    return b"\n".join(lines)
