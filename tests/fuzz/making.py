"""Cases of the fuzzer by seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.fuzz.case import Case
from tests.fuzz.inputs import cash, contract, deal, study, tape_bytes, tape_cells
from tests.fuzz.lines import options, settings, versions
from tests.fuzz.oddities import monstrous, referred, run_folder

__all__ = ["case_of_seed"]


def case_of_seed(seed: int) -> Case:
    """Return the case of a seed, the same on every machine."""
    random = Random(seed)
    makers, weights = zip(*MAKERS.items(), strict=True)
    maker = random.choices(makers, weights)[0]
    case = maker(random)
    return Case(case.arguments, case.files, f"seed {seed}: {case.what}")


def _drawn(random: Random) -> Case:
    """Draw the figures and write the documents of inputs with odd names and numbers."""
    made = random.choice((study, tape_cells, deal, contract, settings))(random)
    arguments = tuple(w for w in made.arguments if w not in ("--no-figures", "--no-documents"))
    return Case(arguments, made.files, "figures: " + made.what)


MAKERS: dict[Callable[[Random], Case], int] = {
    tape_bytes: 18,
    tape_cells: 20,
    study: 20,
    deal: 12,
    contract: 12,
    cash: 12,
    run_folder: 7,
    options: 12,
    settings: 12,
    monstrous: 5,
    versions: 5,
    referred: 5,
    _drawn: 4,
}
"""What makes a case, and how often."""
