"""Write the tape of the Italian example: 400 made-up loans under the headers of an Italian bank.

Amounts, dates and shares of stages are drawn by simple rules; nothing is fitted. The same seed
gives the same bytes.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from npl_sim.resources.shipped import ROOT

FOLDER = ROOT / "examples" / "studies"
CUT_OFF = date(2026, 6, 30)
LOANS = 400
REGIONS = {
    "Lombardia": 0.2,
    "Piemonte": 0.08,
    "Veneto": 0.12,
    "Emilia-Romagna": 0.08,
    "Toscana": 0.08,
    "Lazio": 0.14,
    "Campania": 0.12,
    "Puglia": 0.09,
    "Sicilia": 0.09,
}
"""Share of the loans by region."""
PRODUCTS = {
    # Name: share of the loans, median and spread of principal, share with a mortgage, kinds.
    "Mutuo ipotecario": (0.3, 110e3, 0.5, 1.0, ("Abitazione", "Villa", "Box auto")),
    "Finanziamento imprese": (
        0.25,
        180e3,
        0.9,
        0.55,
        ("Capannone", "Negozio", "Ufficio", "Terreno"),
    ),
    "Prestito personale": (0.3, 14e3, 0.6, 0.0, ()),
    "Carta revolving": (0.15, 4e3, 0.5, 0.0, ()),
}
STAGES = {
    # With a mortgage, and without.
    True: {"Stragiudiziale": 0.3, "Decreto ingiuntivo": 0.1, "Pignoramento": 0.6},
    False: {"Stragiudiziale": 0.7, "Decreto ingiuntivo": 0.15, "Pignoramento": 0.15},
}
LOAN_HEADERS = (
    *("Rapporto", "NDG", "Prodotto", "Regione", "Capitale residuo", "Interessi di mora"),
    *(
        "Spese legali",
        "Tasso",
        "Data sofferenza",
        "Ultimo atto interruttivo",
        "Stato",
        "Data stato",
    ),
)
ITEM_HEADERS = (
    *("Rapporto", "Immobile", "Tipologia immobile", "Regione", "Valore di perizia"),
    *("Data perizia", "Grado ipoteca"),
)


def amount(value: float) -> str:
    """Return an amount as an Italian bank writes it."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def day(value: date) -> str:
    """Return a date as an Italian bank writes it."""
    return value.strftime("%d/%m/%Y")


def chosen(random: np.random.Generator, shares: dict[str, float]) -> str:
    """Draw a name by its share."""
    names = list(shares)
    weights = np.array([shares[name] for name in names])
    return names[int(random.choice(len(names), p=weights / weights.sum()))]


def rows(random: np.random.Generator) -> tuple[list[list[str]], list[list[str]]]:
    """Return the rows of loans and of items."""
    loans, items = [], []
    shares = {name: terms[0] for name, terms in PRODUCTS.items()}
    for i in range(1, LOANS + 1):
        product, region = chosen(random, shares), chosen(random, REGIONS)
        _, median, spread, mortgaged, kinds = PRODUCTS[product]
        principal = median * float(np.exp(spread * random.standard_normal()))
        secured = bool(random.random() < mortgaged)
        age = int(random.integers(200, 2900))
        default = CUT_OFF - timedelta(days=age)
        stage = chosen(random, STAGES[secured])
        if product == "Finanziamento imprese" and random.random() < 0.3:
            stage = "Fallimento"
        begun = default + timedelta(days=int(age * random.uniform(0.2, 0.9)))
        last = default + timedelta(days=int(age * random.uniform(0.7, 1.0)))
        rate = float(random.uniform(0.03, 0.06) if kinds else random.uniform(0.08, 0.15))
        interest = principal * rate * age / 365
        loan = f"IT{i:06d}"
        loans.append(
            [
                *(loan, f"N{i:06d}", product, region, amount(principal), amount(interest)),
                *(
                    amount(principal * random.uniform(0.0, 0.03)),
                    f"{100 * rate:.2f}".replace(".", ","),
                ),
                *(day(default), day(last), stage, "" if stage == "Stragiudiziale" else day(begun)),
            ]
        )
        if secured:
            kind = kinds[int(random.integers(len(kinds)))]
            value = principal * float(random.uniform(0.6, 1.7))
            appraised = CUT_OFF - timedelta(days=int(random.integers(60, 1500)))
            rank = "1" if random.random() < 0.95 else "2"
            items.append([loan, f"IM{i:06d}", kind, region, amount(value), day(appraised), rank])
    return loans, items


def text(headers: tuple[str, ...], lines: list[list[str]]) -> str:
    """Return a table with semicolons, as Italian spreadsheets write it."""
    return "".join(";".join(line) + "\n" for line in [list(headers), *lines])


def main(folder: Path = FOLDER) -> None:
    """Write both tables."""
    loans, items = rows(np.random.default_rng(20260630))
    (folder / "italy.csv").write_text(text(LOAN_HEADERS, loans), encoding="utf-8")
    (folder / "italy_collateral.csv").write_text(text(ITEM_HEADERS, items), encoding="utf-8")


if __name__ == "__main__":
    main()
