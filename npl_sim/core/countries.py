"""Countries and currencies: ISO codes, and countries by the name of their law."""

from __future__ import annotations

import unicodedata

_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ",
    "BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR",
    "CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR",
    "GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU",
    "ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ",
    "LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ",
    "MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF",
    "PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI",
    "SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR",
    "TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK",
)

JURISDICTIONS = frozenset(" ".join(_CODES).split())
"""Codes of ISO 3166-1 alpha-2, and XK (Kosovo), a user-assigned code in wide use."""

JURISDICTION_ALIASES = {"UK": "GB", "EL": "GR", "PRC": "CN", "CHN": "CN", "ITA": "IT", "USA": "US"}
"""Common codes outside ISO 3166-1 alpha-2, with the code to use."""

CURRENCY_ALIASES = {
    "RMB": "CNY",
    "CNH": "CNY",
    "YUA": "CNY",
    "EURO": "EUR",
    "STG": "GBP",
    "NTD": "TWD",
}
"""Common codes outside ISO 4217, with the code to use."""

_NAMES = {
    "austria": "AT", "österreich": "AT", "belgium": "BE", "brazil": "BR", "brasil": "BR",
    "bulgaria": "BG", "croatia": "HR", "mainland china": "CN", "china": "CN",
    "people's republic of china": "CN", "prc": "CN", "中国": "CN", "中国大陆": "CN", "中华人民共和国": "CN",
    "cyprus": "CY", "czechia": "CZ", "czech republic": "CZ", "denmark": "DK", "england": "GB",
    "england and wales": "GB", "united kingdom": "GB", "finland": "FI", "france": "FR",
    "germany": "DE", "deutschland": "DE", "greece": "GR", "hong kong": "HK", "香港": "HK",
    "hungary": "HU", "india": "IN", "indonesia": "ID", "ireland": "IE", "italy": "IT",
    "italia": "IT", "意大利": "IT", "japan": "JP", "日本": "JP", "korea": "KR", "south korea": "KR",
    "luxembourg": "LU", "malaysia": "MY", "mexico": "MX", "netherlands": "NL", "norway": "NO",
    "poland": "PL", "polska": "PL", "portugal": "PT", "romania": "RO", "slovakia": "SK",
    "slovenia": "SI", "spain": "ES", "españa": "ES", "sweden": "SE", "switzerland": "CH",
    "taiwan": "TW", "台湾": "TW", "thailand": "TH", "turkey": "TR", "türkiye": "TR",
    "ukraine": "UA", "united states": "US", "usa": "US", "vietnam": "VN",
}  # fmt: skip


def country_named(name: str) -> str | None:
    """Return the code of the country with a name, such as IT for "Italy"; None if unknown."""
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return _NAMES.get(plain.removeprefix("the ").removesuffix(" law").removeprefix("law of "))


_EURO = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
_CURRENCIES = {
    **dict.fromkeys(_EURO.split(), "EUR"),
    "BR": "BRL", "CH": "CHF", "CN": "CNY", "CZ": "CZK", "DK": "DKK", "GB": "GBP", "HK": "HKD",
    "HU": "HUF", "ID": "IDR", "IN": "INR", "JP": "JPY", "KR": "KRW", "MX": "MXN", "MY": "MYR",
    "NO": "NOK", "PL": "PLN", "RO": "RON", "SE": "SEK", "TH": "THB", "TR": "TRY", "TW": "TWD",
    "UA": "UAH", "US": "USD", "VN": "VND",
}  # fmt: skip


def currency_of(jurisdiction: str) -> str | None:
    """Return the currency of a country; None if unknown."""
    return _CURRENCIES.get(jurisdiction)
