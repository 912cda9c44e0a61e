"""Parse the unit and currency of amounts from headers, title rows and cells, such as 单位：万元."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from npl_sim.tables.currencies import CURRENCY_CODES, CURRENCY_TERMS

_SCALES: tuple[tuple[str, float], ...] = (
    ("十亿", 1e9), ("亿", 1e8), ("千万", 1e7), ("百万", 1e6), ("十万", 1e5), ("万", 1e4), ("千", 1e3),
    ("百", 1e2),
    ("hundred million", 1e8), ("ten thousand", 1e4), ("thousands", 1e3), ("thousand", 1e3),
    ("millions", 1e6),
    ("million", 1e6), ("billions", 1e9), ("billion", 1e9), ("migliaia", 1e3), ("milioni", 1e6),
    ("miliardi", 1e9),
    ("tausend", 1e3), ("millionen", 1e6), ("milliers", 1e3), ("mln", 1e6), ("mio", 1e6),
    ("mrd", 1e9), ("mld", 1e9),
    ("lakhs", 1e5), ("lakh", 1e5), ("lacs", 1e5), ("lac", 1e5), ("crores", 1e7), ("crore", 1e7),
    ("cr", 1e7),
    ("bn", 1e9), ("tsd", 1e3), ("000s", 1e3), ("'000", 1e3), ("mm", 1e6), ("k", 1e3), ("m", 1e6),
)  # fmt: skip
"""Terms of scale, longest first."""

_BRACKETS = r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]"
_IN_BRACKETS = re.compile(rf"{_BRACKETS}\s*$")
_WITHIN = re.compile(_BRACKETS)
_SCALE_WORD = re.compile(
    r"(?<![\d.百千十])[十百千]?[万亿](?:元|美|港|欧|日|人民币)|(?<!\d)千元|(?<!\d)(?<!\d\s)\b(?:thousands?|"
    r"millions?|lakhs?|crores?|migliaia|milioni|"
    r"tausend|tsd|mln|mio|k€|t€|teur|keur)\b|'000|\b000s\b"
)
_TITLE = re.compile(
    r"(?:(?:金额|货币|计量|数据)?单位|^金额|^amounts?|(?<![^\s])in(?=\s)|unit(?:s| of "
    r"amounts?)?|amounts? (?:are )?(?:stated |expressed )?in|importi (?:espressi "
    r")?in|beträge in|"
    r"montants en|figures in)\s*(?:[:：=]|(?:均|都)?[为是])?\s*(.+)$"
)
_COUNTED_IN = re.compile(r"以(.{1,8}?)(?:为单位|计)")
_CURRENCY_TITLE = re.compile(r"(?:币种|货币|currency|valuta|währung|devise)\s*[:：=]?\s*(.+)$")
_TAIL = re.compile(r"(?:十亿|亿|千万|百万|十万|万|千)(?:人民币|美|港|欧|日)?元$")


@dataclass(frozen=True)
class Statement:
    """Unit and currency that a text states."""

    unit: float | None = None
    """What one unit of the amounts is worth, in `currency` or the package's; None if not
    stated."""
    currency: str = ""
    """ISO 4217 code; empty: not stated."""

    @property
    def is_stated(self) -> bool:
        """Whether anything is stated."""
        return self.unit is not None or self.currency != ""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.replace("￥", "¥")).strip().casefold()


def currency_code(text: str) -> str:
    """Return the ISO 4217 code that a text names; empty: none that is known."""
    plain = _plain(text).strip(" .")
    if plain.upper() in CURRENCY_CODES:
        return plain.upper()
    exact = {**dict(CURRENCY_TERMS), "¥": "", "元": "CNY", "人民币元": "CNY", "$": ""}
    return exact.get(plain, exact.get(plain.removesuffix("元"), ""))


def without_yuan(text: str) -> str:
    """Return a text without 元 where it names no currency and may only mean unit."""
    return re.sub(r"(?<![美港欧日澳加坡])元", "", text)


def plain_statement(text: str) -> Statement:
    """Return the statement that a whole text makes: 万元, EUR thousands, k€, 10,000 yuan."""
    return _read(text)


_NOISE = {"of", "in", "di", "de", "a", "unit", "units", "the", "单位", "amounts", "amount"}


def _currency_in(text: str) -> tuple[str, str]:
    """Return the currency that a text names, and the text without it."""
    for word, code in CURRENCY_TERMS:
        if word in text:
            # 万美元 is ten thousand dollars, 人民币万元 ten thousand yuan: the scale stays.
            return code, text.replace(word, " ", 1).replace("元", " ")
    for code in CURRENCY_CODES:
        low = code.casefold()
        found = re.search(
            rf"(?<![a-z]){low}(?![a-z])|(?<![a-z])(?<=[kmt]){low}(?![a-z])|^[kmt]{low}$", text
        )
        if found:
            return code, text.replace(low, " ", 1)
    return ("CNY" if "元" in text else ""), text.replace("元", " ").replace("¥", " ").replace(
        "$", " "
    )


def _read(text: str) -> Statement:
    """Return the statement that a whole text makes: 万元, EUR thousands, k€, 10,000 yuan."""
    plain = re.sub(r"^(?:折合|折|均为|为|[x×*]\s*(?=10))", "", _plain(text).rstrip(" .:："))
    currency, rest = _currency_in(re.sub(r"(?<=\d)[,. ](?=000)", "", plain))
    if re.search(
        r"(?<![a-z\u4e00-\u9fff])元\s*/|/\s*元(?!\w)", plain
    ):  # 元/万元 is both, or neither
        return Statement(None, currency)
    tokens = [t for t in re.split(r"[\s.:：=/]+", rest) if t and t not in _NOISE]
    rest = " ".join(tokens)
    if rest == "":
        # (元) states a unit of 1; (EUR) states a currency alone, beside which a title may state
        # thousands.
        return Statement(1.0 if "元" in plain or "unit" in plain else None, currency)
    scales = {**dict(_SCALES), **({"t": 1e3} if currency else {})}
    number = re.fullmatch(r"'?(0{3,9})s?|(10+)", rest)
    if number:
        scale = 10.0 ** len(number[1]) if number[1] else float(number[2])
        return Statement(scale, currency)
    return Statement(scales[rest], currency) if rest in scales else Statement()


def _tail(header: str) -> tuple[str, Statement]:
    """Return a plain header without the unit or currency of its last term, and that statement."""
    tail = _TAIL.search(header)
    if tail and tail.start() > 0:
        return header[: tail.start()].rstrip(" :：_-/"), _read(tail.group())
    tokens = re.split(r"([\s_\-/:：]+)", header)
    if len(tokens) > 2:
        last = _read(tokens[-1])
        if (last.unit not in (None, 1.0) and len(tokens[-1]) > 1) or tokens[
            -1
        ].upper() in CURRENCY_CODES:
            return re.sub(r"\s+in$", "", "".join(tokens[:-2])), last
    return header, Statement()


def header_statement(header: str) -> Statement:
    """Return the unit and currency that a header states in final brackets or as its last term."""
    plain = _plain(header)
    for inside in reversed(_WITHIN.findall(plain)):
        statement = _inside(inside)
        if statement.is_stated:
            return statement
    return Statement() if _IN_BRACKETS.search(plain) else _tail(plain)[1]


def _inside(text: str) -> Statement:
    """Return the statement that a whole text makes: 万元, EUR thousands, k€, 10,000 yuan."""
    inside = re.sub(r"^(?:金额)?单位\s*[:：]?|^in\s+", "", text)
    return _read(inside) if inside.strip() else Statement()


def unread_scale(text: str) -> bool:
    """Return whether a text has a term of scale, such as 万元 or thousand, outside a number."""
    return _SCALE_WORD.search(_plain(text)) is not None


def unread_title(text: str) -> bool:
    """Return whether a title labels a unit with an unknown term of scale."""
    labeled = _TITLE.search(_plain(text))
    return labeled is not None and unread_scale(labeled.group(1))


def title_statement(text: str) -> Statement:
    """Return the unit and currency of a title row, as 单位：万元 or amounts in thousands of euros."""
    plain = re.sub(r"(?<=\d)[, ](?=000)", "", _plain(text))
    unit: float | None = None
    currency = ""
    for part in re.split(r"[,，、;；()（）\[\]【】|。\n]|(?=币种)|(?=货币[:：])", plain):
        piece = part.strip()
        labeled = _COUNTED_IN.search(piece) or _TITLE.search(piece)
        if labeled and re.fullmatch(r"10{0,2}", labeled.group(1)):  # page 1 in 10
            labeled = None
        read = _read(labeled.group(1)) if labeled else _read(piece)
        # Without a label only words of scale say something: a lone 100 or k may be anything.
        if labeled or (
            read.unit not in (None, 1.0) and re.search(r"[^\W\d_]{2}|[€£]|[\u4e00-\u9fff]", piece)
        ):
            unit = read.unit if unit is None else unit
            currency = currency or read.currency
        named = _CURRENCY_TITLE.search(piece)
        if named:  # 币种：港币 says more than the 元 of a unit
            statement = _read(named.group(1))
            currency = currency_code(named.group(1)) or statement.currency or currency
            unit = statement.unit if unit is None and statement.unit != 1.0 else unit
    return Statement(unit, currency)


def without_unit(header: str) -> str:
    """Return a case-folded header without the unit in brackets or in its last term."""
    plain = _WITHIN.sub(
        lambda m: "" if _inside(m.group(1)).unit is not None else m.group(), _plain(header)
    )
    return _IN_BRACKETS.sub("", plain) if _IN_BRACKETS.search(plain) else _tail(plain)[0]
