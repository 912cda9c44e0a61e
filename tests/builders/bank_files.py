"""Bank workbooks of random form, with the truth that a reader must find in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.builders.bank_forms import AMOUNTS, Form, Grid
from tests.builders.bank_headers import BALANCES, CODES, ITEM_HEADERS, LOAN_HEADERS
from tests.builders.bank_writers import write_csv, write_workbooks

CUT_OFF = date(2026, 6, 30)


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
    "loan_id", "borrower_id", "name", "product", "branch", "region", "principal",
    "interest", "on", "off", "penalty", "fees", "gbv", "contract_rate",
    "default_date", "stage", "case", "court",
)  # fmt: skip
ITEM_ORDER = (
    "loan_id", "collateral_id", "kind", "address", "certificate", "appraisal_value",
    "appraisal_date", "lien_rank", "prior_liens",
)  # fmt: skip


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
    paths = write_csv(folder, form, tables) if form.csv else write_workbooks(folder, form, tables)
    scaled = rows.copy(), items.copy()
    for frame in scaled:
        for name in AMOUNTS:
            if name in frame:
                frame[name] *= form.unit
    return BankFiles(paths, form, *scaled, names, own)


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
