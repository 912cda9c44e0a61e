"""A study whose names, ids, cells and files all hold one rare word, and a search for it in all
that comes out.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas as pd

from tests.builders.studies import loan, write_csv

RARE = "Quzvexorimo"
"""A word that is in every name, id and cell that is private."""

STUDY = f"""\
name: {RARE} study
description: {RARE} sells
valuation_date: 2026-06-30
tape:
  loans: {RARE} loans.csv
  collateral: {RARE} items.csv
  guarantors: {RARE} backers.csv
  on_error: ON_ERROR
  confirmed: [seized_by]
market: {{indices: [{{region: "*", kind: "*", volatility: 0.1}}]}}
collateral: {{default: {{}}}}
legal: {{limitation: [{{months: 36, source: test}}]}}
policies:
- name: all
  residual_share: 0.1
  collection:
    settle_hazard: 0.03
    payment_rate: 0.01
    agencies: [{{name: {RARE} agency, from_month: 3, months: 6, commission: 0.2}}]
  enforcement: {{guarantor_in_default: 0.3, guarantor_delay: {{kind: lognormal, mean: 5, sd: 2}}}}
simulation: {{scenarios: 40, horizon_months: 36, seed: 4}}
"""


def loans(faulty: int) -> list[dict[str, object]]:
    """Return loans of which some share a borrower or a group; the first are faulty."""
    rows = [
        loan(
            i,
            loan_id=f"{RARE} {(7 * i) % 13}",
            borrower_id=f"{RARE} Wang {i // 2}",
            group_id=f"{RARE} group" if i % 4 == 0 else "",
            principal=1000 + 37.13 * i,
            stage=["collection", "judged", "enforcement"][i % 3],
            stage_date=f"2026-01-0{1 + i % 7}",
            telephone=f"138{RARE}{i}",
        )
        for i in range(13)
    ]
    for row in rows[:faulty]:
        row |= {"principal": f"{RARE} yuan", "contract_rate": RARE}
    return rows


def write(folder: Path, faulty: int = 0, on_error: str = "quarantine") -> Path:
    """Write a study and its tape; return the study's file."""
    folder.mkdir(parents=True)
    rows = loans(faulty)
    items = [
        {
            "collateral_id": f"{RARE} item {9 - i}",
            "loan_id": rows[i % 9]["loan_id"],
            "kind": "residential",
            "appraisal_value": 300 + 17.7 * i,
            "seized_by": f"{RARE} court" if i == 3 else "",
            "owner": f"{RARE} owner",
        }
        for i in range(12)
    ]
    named = [
        rows[(i + 5) % 13]["borrower_id"] if i % 2 else f"{RARE} backer {9 - i}" for i in range(8)
    ]
    backers = [
        {"guarantor_id": name, "loan_id": rows[1 + i // 2]["loan_id"], "cap": 90 + 11.3 * i}
        for i, name in enumerate(named)
    ]
    if faulty:
        backers.append({"guarantor_id": f"{RARE} G", "loan_id": f"{RARE} nobody", "cap": 5})
    write_csv(folder / f"{RARE} loans.csv", rows)
    write_csv(folder / f"{RARE} items.csv", items)
    write_csv(folder / f"{RARE} backers.csv", backers)
    path = folder / f"{RARE} study.yaml"
    path.write_text(STUDY.replace("ON_ERROR", on_error), encoding="utf-8")
    return path


def leaks(folder: Path, word: str = RARE) -> list[str]:
    """Return the files of a folder whose name, bytes or cells contain a word."""
    found = []
    for path in sorted(folder.rglob("*")):
        blobs = [str(path.relative_to(folder)).encode()]
        if path.is_file():
            data = path.read_bytes()
            blobs.append(data)
            if path.suffix == ".xlsx":
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    blobs += [archive.read(name) for name in archive.namelist()]
            if path.suffix == ".parquet":
                blobs.append(pd.read_parquet(path).to_csv().encode())
        if any(word.lower().encode() in blob.lower() for blob in blobs):
            found.append(str(path.relative_to(folder)))
    return found
