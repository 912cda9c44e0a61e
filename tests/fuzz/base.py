"""The sound files that cases of the fuzzer are made from: a tiny package from the shipped
configurations."""

from __future__ import annotations

import functools
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.builders.shipped import EXAMPLES, RESOURCES, TAPES, complete_study
from tests.fuzz.formats import FORMATS, csv_bytes, parquet_bytes, read_csv, xlsx_bytes
from tests.fuzz.running import run

CONFIGS = Path(__file__).parents[2] / "configs"
LOANS = 18
SCENARIOS = "24"


def _tape() -> dict[str, bytes]:
    """Return the first loans of the shipped tape, with what secures them."""
    found: dict[str, bytes] = {}
    ids: set[str] = set()
    for name, file in (
        ("loans", "first_package"),
        ("collateral", "first_package_collateral"),
        ("guarantors", "first_package_guarantors"),
    ):
        table = read_csv((TAPES / f"{file}.csv").read_bytes())
        if name == "loans":
            table = table[: LOANS + 1]
            ids = {row[0] for row in table[1:]}
            for kind, write in FORMATS.items():
                found[f"loans.{kind}"] = write(table)
        else:
            at = table[0].index("loan_id")
            table = [table[0], *[row for row in table[1:] if row[at] in ids]]
        found[f"{name}.csv"] = csv_bytes(table)
    return found


def dumped(data: Any) -> bytes:
    """Return data as YAML."""
    text = io.StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump(data, text)
    return text.getvalue().encode("utf-8", "surrogatepass")


def loaded(content: bytes) -> Any:
    """Return YAML as plain data."""
    return YAML(typ="safe", pure=True).load(content.decode("utf-8"))


def _studies() -> dict[str, bytes]:
    legal = (RESOURCES / "legal" / "china.yaml").read_bytes()
    market = (RESOURCES / "market" / "china_base.yaml").read_bytes()
    sources = (RESOURCES / "sources" / "china_mixed.yaml").read_bytes()
    text = complete_study()
    for old, new in (
        ("first_package.csv", "loans.csv"),
        (": first_package_", ": "),
        ("package:legal/china.yaml", "legal.yaml"),
        ("package:market/china_base.yaml", "market.yaml"),
        ("package:sources/china_mixed.yaml", "sources.yaml"),
        ("scenarios: 2000", f"scenarios: {SCENARIOS}"),
        ("horizon_months: 120", "horizon_months: 60"),
        ("\nbuyer:", "\ndeal: deal.yaml\nchannel: contract.yaml\n\nbuyer:"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    inline = loaded(text.encode())
    inline["legal"], inline["market"] = loaded(legal), loaded(market)
    inline["sources"] = loaded(sources)
    del inline["deal"], inline["channel"]
    return {
        "study.yaml": text.encode(),
        "legal.yaml": legal,
        "market.yaml": market,
        "sources.yaml": sources,
        "inline.yaml": dumped(inline),
    }


def _deal() -> dict[str, bytes]:
    folder = EXAMPLES / "deals"
    deal = (
        (folder / "three_tranche.yaml")
        .read_text(encoding="utf-8")
        .replace("package:ratings/", "")
        .replace("points: 16", "points: 3")
    )
    # The study's package is in its own currency and far smaller.
    deal = deal.replace("currency: EUR", "currency: CNY")
    recipe = (
        (folder / "three_tranche.flows.yaml")
        .read_text(encoding="utf-8")
        .replace("scenarios: 2000", "scenarios: 40")
    )
    flows = [["scenario", "month", "received", "costs"]]
    flows += [
        [str(s), str(m), str(1e6 * (8 + s) + 1e4 * m), "50000"]
        for s in range(1, 7)
        for m in range(0, 36, 3)
    ]
    ratings = {
        f"{n}.yaml": (RESOURCES / "ratings" / f"{n}.yaml").read_bytes()
        for n in ("hazards", "stresses")
    }
    return {
        "deal.yaml": deal.encode(),
        "recipe.yaml": recipe.encode(),
        "flows.csv": csv_bytes(flows),
        "flows.parquet": parquet_bytes(flows),
        "flows.xlsx": xlsx_bytes(flows),
        **ratings,
    }


def _contract() -> dict[str, bytes]:
    folder = EXAMPLES / "channel"
    outcomes = read_csv((folder / "first_loss_outcomes.csv").read_bytes())
    cash = [["scenario", "month", "probability_percent", "received", "costs"]]
    cash += [
        [str(s), str(m), "0.8", str(100.0 * s * (m + 1)), "10"]
        for s in range(1, 126)
        for m in range(0, 48, 12)
    ]
    return {
        "guarantee.yaml": (folder / "first_loss_guarantee.yaml").read_bytes(),
        "outcomes.csv": csv_bytes(outcomes),
        "outcomes.parquet": parquet_bytes(outcomes),
        "contract.yaml": (folder / "layered_channel.yaml").read_bytes(),
        "swap.yaml": (folder / "income_swap.yaml").read_bytes(),
        # Weighted outcomes are no sample to estimate from.
        "put.yaml": (folder / "seller_put_call.yaml")
        .read_bytes()
        .replace(b"knowledge: estimate", b"knowledge: plan"),
        "cash.csv": csv_bytes(cash),
    }


def _runs(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of two run folders, that may be set side by side."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(files, folder)
        for out, change in (
            ("run_a", "simulation.seed=1"),
            ("run_b", "pricing.required_return=0.2"),
        ):
            arguments = [
                "price",
                "inline.yaml",
                "--out",
                out,
                "--no-figures",
                "-q",
                "--set",
                change,
            ]
            done = run(arguments, folder)
            assert done.code == 0, done.err
            for path in sorted((folder / out).rglob("*")):
                if path.is_file():
                    found[str(path.relative_to(folder))] = path.read_bytes()
    for out in ("run_a", "run_b"):
        # Paths of the tape are those of the case, wherever it is stored.
        manifest = json.loads(found[f"{out}/manifest.json"])
        found[f"{out}/manifest.json"] = (
            json.dumps(manifest, indent=2).replace(name + "/", "").encode()
        )
    return found


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write files by name into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@functools.cache
def base_files() -> dict[str, bytes]:
    """Return the sound files by name."""
    files = {**_tape(), **_studies(), **_deal(), **_contract()}
    return {**files, **_runs(files)}
