"""Bank workbooks of random form, with the truth that a reader must find in them."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

CUT_OFF = date(2026, 6, 30)

LOAN_HEADERS: dict[str, dict[str, tuple[str, ...]]] = {
    "zh": {
        "loan_id": ("借据编号", "合同编号", "贷款账号", "债权编号"),
        "borrower_id": ("客户编号", "客户编码", "借款人编号"),
        "name": ("客户名称", "借款人名称"),
        "product": ("业务品种", "贷款品种", "产品名称"),
        "region": ("省份", "所在省份", "地区"),
        "principal": ("本金余额", "贷款本金余额", "剩余本金"),
        "interest": ("利息余额", "欠息"),
        "on": ("表内利息", "表内欠息"),
        "off": ("表外利息", "表外欠息"),
        "penalty": ("罚息",),
        "fees": ("垫付费用", "代垫诉讼费"),
        "gbv": ("债权合计", "本息合计", "债权总额"),
        "contract_rate": ("执行利率", "年利率"),
        "default_date": ("逾期日期", "首次逾期日期", "转不良日期"),
        "stage": ("诉讼状态", "诉讼阶段", "司法状态"),
        "case": ("案号",),
        "court": ("管辖法院",),
        "branch": ("经办机构",),
    },
    "it": {
        "loan_id": ("ID Rapporto", "Numero pratica", "Codice rapporto"),
        "borrower_id": ("NDG", "Codice cliente"),
        "name": ("Debitore", "Ragione sociale"),
        "product": ("Forma tecnica", "Tipologia credito"),
        "region": ("Regione",),
        "principal": ("Capitale residuo", "Debito residuo", "Capitale"),
        "interest": ("Interessi",),
        "on": ("Interessi corrispettivi",),
        "off": ("Interessi di mora",),
        "penalty": ("Interessi moratori",),
        "fees": ("Spese legali", "Spese"),
        "gbv": ("GBV", "Valore lordo", "Esposizione totale"),
        "contract_rate": ("Tasso",),
        "default_date": ("Data passaggio a sofferenza", "Data sofferenza"),
        "stage": ("Stato procedura", "Fase procedura"),
        "case": ("Numero RGE",),
        "court": ("Tribunale",),
        "branch": ("Filiale",),
    },
    "en": {
        "loan_id": ("Loan ID", "Loan number", "Account number"),
        "borrower_id": ("Borrower ID", "Customer ID", "NDG"),
        "name": ("Borrower name", "Debtor"),
        "product": ("Loan type", "Product"),
        "region": ("Region", "Province"),
        "principal": ("Outstanding principal", "Principal", "Unpaid principal"),
        "interest": ("Interest",),
        "on": ("On-balance interest",),
        "off": ("Off-balance interest",),
        "penalty": ("Default interest",),
        "fees": ("Advanced costs", "Legal fees"),
        "gbv": ("Gross book value", "Total claim"),
        "contract_rate": ("Interest rate",),
        "default_date": ("Default date", "NPL date"),
        "stage": ("Legal stage", "Status"),
        "case": ("Case number",),
        "court": ("Court",),
        "branch": ("Branch",),
    },
    "eba": {
        "loan_id": ("contract_identifier", "Loan Identifier"),
        "borrower_id": ("counterparty_identifier",),
        "name": ("name_of_counterparty",),
        "product": ("product_type",),
        "region": ("Region",),
        "principal": ("principal_balance",),
        "interest": ("accrued_interest_balance",),
        "on": ("accrued_interest_balance_on_book",),
        "off": ("accrued_interest_balance_off_book",),
        "penalty": ("default interest",),
        "fees": ("other_balances",),
        "gbv": ("legal_balance",),
        "contract_rate": ("current_interest_rate",),
        "default_date": ("date_of_default",),
        "stage": ("status_of_legal_proceedings",),
        "case": ("case number",),
        "court": ("jurisdiction_of_court",),
        "branch": ("branch",),
    },
}

ITEM_HEADERS: dict[str, dict[str, tuple[str, ...]]] = {
    "zh": {
        "loan_id": ("借据编号", "对应借据号", "合同编号"),
        "collateral_id": ("押品编号", "抵押物编号"),
        "kind": ("押品类型", "抵押物种类", "物业类型"),
        "appraisal_value": ("评估价值", "评估总价", "估值"),
        "appraisal_date": ("评估日期", "评估时间"),
        "lien_rank": ("抵押顺位", "顺位"),
        "prior_liens": ("在先债权金额", "前顺位债权"),
        "address": ("坐落",),
        "certificate": ("权证号",),
    },
    "it": {
        "loan_id": ("ID Rapporto", "Codice rapporto"),
        "collateral_id": ("ID Immobile", "Codice immobile"),
        "kind": ("Tipologia immobile", "Tipologia bene"),
        "appraisal_value": ("Valore di perizia", "Valore di mercato"),
        "appraisal_date": ("Data perizia", "Data stima"),
        "lien_rank": ("Grado ipoteca", "Grado"),
        "prior_liens": ("Ipoteche precedenti",),
        "address": ("Indirizzo",),
        "certificate": ("Dati catastali",),
    },
    "en": {
        "loan_id": ("Loan ID", "Loan number"),
        "collateral_id": ("Collateral ID", "Property ID"),
        "kind": ("Property type", "Collateral type"),
        "appraisal_value": ("Appraised value", "Market value"),
        "appraisal_date": ("Valuation date", "Appraisal date"),
        "lien_rank": ("Lien rank", "Rank"),
        "prior_liens": ("Prior claims", "Prior liens"),
        "address": ("Address",),
        "certificate": ("Title number",),
    },
    "eba": {
        "loan_id": ("Loan Identifier", "contract_identifier"),
        "collateral_id": ("protection_identifier",),
        "kind": ("type_of_property",),
        "appraisal_value": ("latest_valuation_amount",),
        "appraisal_date": ("date_of_latest_valuation",),
        "lien_rank": ("lien_position",),
        "prior_liens": ("higher_ranking_loan",),
        "address": ("address_of_property",),
        "certificate": ("register_of_deeds_number",),
    },
}

CODES: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "zh": {
        "product": {
            "consumer": ("个人消费贷款",),
            "sme": ("个人经营性贷款", "小微企业贷款"),
            "mortgage": ("个人住房按揭贷款",),
            "corporate": ("对公流动资金贷款", "固定资产贷款"),
        },
        "stage": {
            "collection": ("未诉", "催收中", "已撤诉"),
            "litigation": ("已诉未判", "审理中"),
            "judged": ("已判决", "调解"),
            "enforcement": ("执行中", "恢复执行"),
            "dormant": ("终本", "终结本次执行"),
        },
        "kind": {
            "residential": ("住宅", "别墅"),
            "commercial": ("商铺", "写字楼"),
            "land": ("土地使用权", "工业用地"),
            "industrial": ("工业厂房", "仓库"),
        },
        "region": {"east": ("浙江省", "江苏"), "central": ("湖北省",), "west": ("四川省",)},
        "rank": {"1": ("第一顺位", "首位"), "2": ("第二顺位", "第二顺位")},
    },
    "it": {
        "product": {
            "consumer": ("Prestito personale",),
            "sme": ("Scoperto di conto corrente",),
            "mortgage": ("Mutuo ipotecario residenziale",),
            "corporate": ("Mutuo fondiario imprese",),
        },
        "stage": {
            "collection": ("Stragiudiziale",),
            "litigation": ("In causa",),
            "judged": ("Sentenza",),
            "enforcement": ("Pignoramento immobiliare", "Asta"),
        },
        "kind": {
            "residential": ("Abitazione", "Villa", "Box auto"),
            "commercial": ("Negozio", "Ufficio"),
            "land": ("Terreno agricolo",),
            "industrial": ("Capannone",),
        },
        "region": {"nord_ovest": ("Lombardia",), "sud": ("Campania",), "isole": ("SICILIA",)},
        "rank": {"1": ("1", "I grado"), "2": ("2", "II grado")},
    },
    "en": {
        "product": {
            "consumer": ("Personal loan",),
            "sme": ("SME",),
            "mortgage": ("Mortgage",),
            "corporate": ("Corporate",),
        },
        "stage": {
            "collection": ("collection", "pre-legal"),
            "litigation": ("litigation", "filed"),
            "judged": ("judgment",),
            "enforcement": ("enforcement", "foreclosure"),
        },
        "kind": {
            "residential": ("residential", "House"),
            "commercial": ("Office", "commercial"),
            "land": ("land",),
            "industrial": ("Warehouse",),
        },
        "region": {"nord_est": ("Veneto",), "centro": ("Tuscany",), "sud": ("Puglia",)},
        "rank": {"1": ("1", "first"), "2": ("2", "second")},
    },
}
CODES["eba"] = CODES["en"]

UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "zh": ((1.0, "元"), (1e3, "千元"), (1e4, "万元"), (1e8, "亿元")),
    "it": ((1.0, "EUR"), (1e3, "migliaia di EUR")),
    "en": ((1.0, "EUR"), (1e3, "EUR thousand")),
    "eba": ((1.0, "EUR"), (1e3, "EUR thousands")),
}
TITLES = {
    "zh": "某银行不良资产包债权明细表（基准日：2026年6月30日）",
    "it": "Portafoglio crediti - Situazione al 2026-06-30",
    "en": "Portfolio of loans, cut-off date 2026-06-30",
    "eba": "NPL data, reference date 2026-06-30",
}
TOTALS = {"zh": "合计", "it": "TOTALE", "en": "Total", "eba": "Total"}
SUBTOTALS = {"zh": "小计", "it": "Subtotale", "en": "Subtotal", "eba": "Subtotal"}
FOOTERS = {
    "zh": "制表人：李某某  复核：王某某",
    "it": "Fonte: sistema gestionale",
    "en": "Prepared by: workout unit",
    "eba": "Source: data warehouse",
}
BALANCES = {"consumer": 40_000, "sme": 600_000, "mortgage": 900_000, "corporate": 9_000_000}


@dataclass
class Form:
    """How a bank writes its list."""

    language: str = "zh"
    unit: float = 1e4
    unit_word: str = "万元"
    unit_at: str = "title"
    """title, header, row, or none."""
    split: bool = True
    """Whether interest stands in several columns."""
    total_column: bool = True
    dates: str = "text"
    """text, native, dmy (30/06/2026), or serial."""
    percent: str = "header"
    """header, sign, or plain (6.5)."""
    merged: bool = False
    totals: bool = True
    middle: bool = False
    footer: bool = True
    pivot: bool = False
    hidden: bool = False
    reverse: bool = False
    files: int = 1
    sheets: int = 1
    embedded: bool = False
    csv: bool = False
    duplicate: bool = False

    def __post_init__(self) -> None:
        if self.csv:
            self.merged = self.pivot = self.hidden = self.reverse = False
            self.sheets, self.dates = 1, "dmy" if self.language == "it" else "text"


def random_form(rng: np.random.Generator) -> Form:
    """Return a random form that a program can read without help, or ask about."""
    language = str(rng.choice(["zh", "zh", "it", "en", "eba"]))
    unit, word = UNITS[language][int(rng.integers(len(UNITS[language])))]
    chance = lambda p: bool(rng.random() < p)  # noqa: E731
    places = ["title", "header", "row", "none"] if unit != 1e8 else ["title", "header"]
    return Form(
        language,
        unit,
        word,
        str(rng.choice(places)),
        chance(0.6),
        chance(0.7),
        str(rng.choice(["text", "native", "dmy", "serial"])),
        str(rng.choice(["header", "sign", "plain"])),
        chance(0.3),
        chance(0.7),
        chance(0.3),
        chance(0.5),
        chance(0.3),
        chance(0.2),
        chance(0.3),
        int(rng.choice([1, 1, 1, 2])),
        int(rng.choice([1, 1, 1, 2])),
        chance(0.15),
        csv=language == "it" and chance(0.5),
    )


@dataclass
class BankFiles:
    """Files of a bank, their form, and the truth."""

    paths: list[Path]
    form: Form
    loans: pd.DataFrame
    items: pd.DataFrame
    headers: dict[str, str] = field(default_factory=dict)
    """Header of each field of the loan list."""
    item_headers: dict[str, str] = field(default_factory=dict)


def _money(rng: np.random.Generator, size: float, unit: float) -> float:
    """Return an amount that the unit can write with at most six decimals. [package currency]"""
    digits = {1.0: 2, 1e3: 2, 1e4: 2, 1e8: 6}[unit]
    return round(round(size * float(rng.lognormal(0, 0.5)) / unit, digits), digits)


def truth(rng: np.random.Generator, form: Form, loans: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return loans and items in the bank's own unit and codes, with canonical values beside."""
    codes, rows, items = CODES[form.language], [], []
    for i in range(loans):
        product = str(rng.choice(list(codes["product"])))
        stage = str(rng.choice(list(codes["stage"])))
        region = str(rng.choice(list(codes["region"])))
        principal = _money(rng, BALANCES[product], form.unit)
        on, off, penalty = (round(principal * share, 6) for share in (0.02, 0.15, 0.03))
        fees = round(principal * 0.01, 6) if i % 3 else 0.0
        interest = round(on + off + penalty, 6)
        rows.append(
            {
                "loan_id": f"{i:09d}",
                "borrower_id": f"B{i // 2:07d}",
                "name": f"某{i // 2}" if form.language == "zh" else f"Debtor {i // 2}",
                "product": product,
                "product_code": str(rng.choice(codes["product"][product])),
                "region": region,
                "region_code": str(rng.choice(codes["region"][region])),
                "principal": principal,
                "on": on,
                "off": off,
                "penalty": penalty,
                "interest": interest,
                "fees": fees,
                "gbv": round(principal + interest + fees, 6),
                "contract_rate": float(rng.choice([4.9, 6.5, 8.25, 18.0])),
                "default_date": date(2021, 1, 3) + timedelta(days=int(rng.integers(0, 1800))),
                "stage": stage,
                "stage_code": str(rng.choice(codes["stage"][stage])),
                "case": f"(2024)执{i}号",
                "court": {"zh": "杭州市中级人民法院"}.get(form.language, "Milano"),
                "branch": f"branch {i % 3}",
            }
        )
        if product in ("mortgage", "corporate") and not (form.embedded and i % 5 == 0):
            kind = str(rng.choice(list(codes["kind"])))
            rank = "2" if rng.random() < 0.15 else "1"
            value = _money(rng, 1.2 * BALANCES[product], form.unit)
            items.append(
                {
                    "loan_id": f"{i:09d}",
                    "collateral_id": f"Y{i:06d}",
                    "kind": kind,
                    "kind_code": str(rng.choice(codes["kind"][kind])),
                    "appraisal_value": value,
                    "appraisal_date": date(2024, 1, 5) + timedelta(days=int(rng.integers(0, 800))),
                    "lien_rank": int(rank),
                    "lien_rank_code": codes["rank"][rank][i % 2],
                    "prior_liens": round(0.2 * value, 6) if rank == "2" else 0.0,
                    "address": f"某路{i}号",
                    "certificate": f"浙(2020)第{i:07d}号",
                }
            )
    return pd.DataFrame(rows), pd.DataFrame(items)


LOAN_ORDER = (
    "loan_id", "borrower_id", "name", "product", "branch", "region", "principal", "interest", "on", "off",
    "penalty", "fees", "gbv", "contract_rate", "default_date", "stage", "case", "court",
)  # fmt: skip
ITEM_ORDER = (
    "loan_id", "collateral_id", "kind", "address", "certificate", "appraisal_value", "appraisal_date",
    "lien_rank", "prior_liens",
)  # fmt: skip
AMOUNTS = (
    "principal",
    "interest",
    "on",
    "off",
    "penalty",
    "fees",
    "gbv",
    "appraisal_value",
    "prior_liens",
)


def write_bank_files(
    folder: Path, rng: np.random.Generator, form: Form, loans: int = 40
) -> BankFiles:
    """Write the files of a bank and return them with the truth in package currency."""
    rows, items = truth(rng, form, loans)
    names = {k: str(rng.choice(v)) for k, v in LOAN_HEADERS[form.language].items()}
    own = {k: str(rng.choice(v)) for k, v in ITEM_HEADERS[form.language].items()}
    if form.language == "it" and not form.csv and names["penalty"]:
        names["off"] = "Interessi di mora"
    dropped = {"on", "off", "penalty"} if not form.split else {"interest"}
    dropped |= set() if form.total_column else {"gbv"}
    fields = [f for f in LOAN_ORDER if f not in dropped]
    tables = _tables(form, fields, names, own, rows, items)
    paths = _write_csv(folder, form, tables) if form.csv else _write_books(folder, form, tables)
    scaled = rows.copy(), items.copy()
    for frame in scaled:
        for name in AMOUNTS:
            if name in frame:
                frame[name] *= form.unit
    return BankFiles(paths, form, *scaled, names, own)


@dataclass
class Grid:
    """One table to write: its role, headers, and rows of cells."""

    role: str
    headers: list[str]
    fields: list[str]
    rows: list[list[Any]]
    part: int = 0


def _tables(
    form: Form,
    fields: list[str],
    names: dict[str, str],
    own: dict[str, str],
    rows: pd.DataFrame,
    items: pd.DataFrame,
) -> list[Grid]:
    order = list(ITEM_ORDER)
    parts = form.files if form.csv else form.files * form.sheets
    found = []
    for part in range(parts):
        mine = rows.iloc[part::parts]
        cells = [[_cell(form, row, f) for f in fields] for row in mine.to_dict("records")]
        headers, kinds = [_header(form, names[f], f) for f in fields], list(fields)
        if form.embedded:
            extra = order[1:]
            of = {row["loan_id"]: row for row in items.to_dict("records")}
            headers += [_header(form, own[f], f) for f in extra]
            kinds += [f"item.{f}" for f in extra]
            for line, row in zip(cells, mine.to_dict("records"), strict=True):
                item = of.get(row["loan_id"])
                line += ["" if item is None else _cell(form, item, f) for f in extra]
        found.append(Grid("loans", headers, kinds, cells, part))
    if not form.embedded:
        cells = [[_cell(form, row, f) for f in order] for row in items.to_dict("records")]
        headers = [_header(form, own[f], f) for f in order]
        found.append(Grid("collateral", headers, order, cells, 0))
    return found


def _header(form: Form, name: str, kind: str) -> str:
    if kind in AMOUNTS and form.unit_at == "header":
        return (
            f"{name}（{form.unit_word}）"
            if form.language == "zh"
            else f"{name} ({form.unit_word})"
        )
    if kind == "contract_rate" and form.percent == "header":
        return f"{name}(%)"
    return name


def _cell(form: Form, row: dict[str, Any], kind: str) -> Any:
    value = row.get(f"{kind}_code", row[kind])
    if isinstance(value, date):
        if form.dates == "dmy":
            return f"{value:%d/%m/%Y}"
        if form.dates == "serial" and not form.csv:
            return float((value - date(1899, 12, 30)).days)
        return value if form.dates == "native" and not form.csv else f"{value}"
    if kind == "contract_rate" and form.percent == "sign":
        return f"{value}%".replace(".", ",") if form.csv else f"{value}%"
    if isinstance(value, float) and form.csv:
        whole, _, rest = f"{value:,.6f}".rstrip("0").partition(".")
        rest = rest.ljust(2, "0")
        return f"{whole.replace(',', '.')},{rest}"
    if value == 0.0 and isinstance(value, float) and kind in ("fees", "prior_liens"):
        return ""
    return value


def _write_csv(folder: Path, form: Form, tables: list[Grid]) -> list[Path]:
    paths = []
    for i, grid in enumerate(tables):
        path = folder / f"{'crediti' if grid.role == 'loans' else 'immobili'}_{i}.csv"
        with path.open("w", newline="", encoding="cp1252", errors="replace") as stream:
            writer = csv.writer(stream, delimiter=";")
            writer.writerows(_lines(form, grid))
        paths.append(path)
    return paths


def _lines(form: Form, grid: Grid) -> list[list[Any]]:
    """Return all rows of a sheet, with titles, totals and footers."""
    lines: list[list[Any]] = []
    if form.unit_at == "title":
        word = form.unit_word
        stated = f"单位：{word}" if form.language == "zh" else f"Amounts in {word}"
        lines += [[TITLES[form.language]], [stated]]
    lines.append(grid.headers)
    if form.unit_at == "row":
        lines.append([form.unit_word if _base(f) in AMOUNTS else "" for f in grid.fields])
    half = len(grid.rows) // 2
    first, second = grid.rows[:half], grid.rows[half:]
    lines += first
    if form.middle and form.totals:
        lines.append(_total(form, grid, first, SUBTOTALS))
    lines += second
    if form.totals:
        lines.append(_total(form, grid, grid.rows, TOTALS))
    if form.footer:
        lines += [[], [FOOTERS[form.language]]]
    return lines


def _base(kind: str) -> str:
    return kind.removeprefix("item.")


def _total(form: Form, grid: Grid, rows: list[list[Any]], words: dict[str, str]) -> list[Any]:
    line: list[Any] = [words[form.language]]
    for j, kind in list(enumerate(grid.fields))[1:]:
        if _base(kind) not in AMOUNTS:
            line.append("")
        elif form.csv:
            numbers = [str(r[j]).replace(".", "").replace(",", ".") or "0" for r in rows]
            line.append(f"{sum(map(float, numbers)):.2f}".replace(".", ","))
        else:
            line.append(round(sum(r[j] for r in rows if r[j] != ""), 6))
    return line


def _write_books(folder: Path, form: Form, tables: list[Grid]) -> list[Path]:
    paths = []
    for number in range(form.files):
        path = folder / f"资产包_{number}.xlsx"
        book = xlsxwriter.Workbook(path)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        own = [g for g in tables if g.role == "loans" and g.part % form.files == number]
        own += [g for g in tables if g.role == "collateral" and number == 0]
        if form.reverse:
            own.reverse()
        if form.pivot:
            sheet = book.add_worksheet("汇总" if form.language == "zh" else "Summary")
            head = LOAN_HEADERS[form.language]
            sheet.write_row(0, 0, [head["product"][0], head["principal"][0], head["gbv"][0]])
            sheet.write_row(1, 0, ["a", 100.0, 120.0])
            sheet.write_row(2, 0, ["b", 200.0, 240.0])
        for i, grid in enumerate(own):
            name = {"loans": "贷款", "collateral": "押品"}[grid.role] + str(number * 10 + i)
            sheet = book.add_worksheet(name)
            _write_sheet(sheet, form, grid, day)
        if form.hidden:
            sheet = book.add_worksheet("old")
            copy = next(g for g in own if g.role == "loans")
            _write_sheet(
                sheet, form, Grid("loans", copy.headers, copy.fields, copy.rows[:-1]), day
            )
            sheet.hide()
        book.close()
        paths.append(path)
    return paths


def _write_sheet(sheet: Any, form: Form, grid: Grid, day: Any) -> None:
    lines = _lines(form, grid)
    top = next(i for i, line in enumerate(lines) if line is grid.headers)
    for r, line in enumerate(lines):
        for c, value in enumerate(line):
            if isinstance(value, date):
                sheet.write_datetime(r, c, pd.Timestamp(value).to_pydatetime(), day)
            elif value != "":
                sheet.write(r, c, value)
    if form.merged and grid.role == "loans":
        at = grid.fields.index("borrower_id")
        r = top + 1 + (form.unit_at == "row")
        half = len(grid.rows) // 2
        while r + 1 < top + 1 + half:
            same = lines[r][at] == lines[r + 1][at]
            if same:
                sheet.merge_range(r, at, r + 1, at, lines[r][at])
                sheet.merge_range(r, at + 1, r + 1, at + 1, lines[r][at + 1])
            r += 2 if same else 1
