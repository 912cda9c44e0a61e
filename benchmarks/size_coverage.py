"""Coverage of the intervals of sizes: in how many of many runs they hold the size of a large run.

Each run sizes a shipped deal on scenarios of a seed of its own, and repeats the whole structuring
on resamples (`sizing.size_errors`). A run whose sizes have no error, because too few scenarios
decide a limit, is counted as refused. Each run is added to a file, and the same command goes on
from there. Print the table with
``python -m benchmarks.size_coverage DEAL --seeds 100 --runs runs.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from npl_sim.securitization.pool_flows import FlowRecipe, pool_flows
from npl_sim.securitization.sizing.settle import Settled, settle
from npl_sim.securitization.sizing.size_errors import size_errors
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.terms.deal import Deal
from npl_sim.stats.risk import Estimate

__all__ = ["Coverage", "coverage_of", "main"]

CONFIGS = Path(__file__).parents[1] / "configs" / "deals"
REFERENCE_SEED = 10**9


@dataclass(frozen=True)
class Run:
    """One run: sizes, standard errors and intervals by tranche; none if it was refused."""

    seed: int
    sizes: dict[str, float]
    errors: dict[str, Estimate] | None


@dataclass(frozen=True)
class Coverage:
    """Coverage of the size of one tranche."""

    tranche: str
    reference: float
    """Size on the scenarios of the large run. [package currency]"""
    runs: int
    refused: int
    covered: int
    """Runs, runs without an error, and runs whose interval holds the reference."""
    spread: float
    mean_error: float
    """Standard deviation of the sizes, and mean of their standard errors. [package currency]"""

    @property
    def share(self) -> float:
        """Share of the runs with an interval that holds the reference."""
        reported = self.runs - self.refused
        return self.covered / reported if reported else math.nan


def settled_on(
    deal: Deal, recipe: FlowRecipe, scenarios: int, seed: int, near: Settled | None = None
) -> Settled:
    """Return the sizes of a deal on scenarios of a seed, looked for near those of another run."""
    flows = pool_flows(recipe.model_copy(update={"scenarios": scenarios, "seed": seed}))
    assert deal.structure is not None
    trials = Trials.of(deal, deal.structure, flows)
    if near is None:
        return settle(trials)
    terms = [solved.value.value for solved in near.solved]
    return settle(replace(trials, rough=True), near.exactly, terms)


def runs_of(
    deal: Deal, recipe: FlowRecipe, scenarios: int, seeds: range, reference: Settled, path: Path
) -> Iterator[Run]:
    """Yield the runs of a deal, one for each seed: those of a file, then new ones added to it."""
    found = {run.seed: run for run in read_runs(path)}
    for seed in seeds:
        if seed in found:
            yield found[seed]
            continue
        settled = settled_on(deal, recipe, scenarios, seed, reference)
        errors, reason = size_errors(settled, settled.trials.structure.resamples)
        run = Run(seed, settled.exactly, errors if reason is None else None)
        with path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(run)) + "\n")
        yield run


def read_runs(path: Path) -> list[Run]:
    """Return the runs of a file; none if there is no file."""
    if not path.exists():
        return []
    runs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        errors = entry["errors"]
        if errors is not None:
            errors = {name: Estimate(**error) for name, error in errors.items()}
        runs.append(Run(entry["seed"], entry["sizes"], errors))
    return runs


def coverage_of(runs: list[Run], reference: Settled) -> list[Coverage]:
    """Return the coverage of each tranche that is sized."""
    reported = [run for run in runs if run.errors is not None]
    rows = []
    for name, size in reference.exactly.items():
        errors = [run.errors[name] for run in reported if run.errors is not None]
        rows.append(
            Coverage(
                name,
                size,
                len(runs),
                len(runs) - len(reported),
                sum(e.low <= size <= e.high for e in errors),
                float(np.std([run.sizes[name] for run in runs], ddof=1)),
                float(np.mean([e.se for e in errors])) if errors else math.nan,
            )
        )
    return rows


def main() -> None:
    """Measure the coverage of one shipped deal and print it."""
    from npl_sim.study.deal_file import load_deal
    from npl_sim.study.flow_file import load_recipe

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("deal")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--scenarios", type=int, default=2000)
    parser.add_argument("--resamples", type=int, default=25)
    parser.add_argument("--reference", type=int, default=32_000)
    parser.add_argument("--runs", type=Path, required=True)
    options = parser.parse_args()
    deal = load_deal(CONFIGS / f"{options.deal}.yaml")
    recipe = load_recipe(CONFIGS / f"{options.deal}.flows.yaml")
    assert deal.structure is not None
    structure = deal.structure.model_copy(update={"resamples": options.resamples})
    deal = deal.model_copy(update={"structure": structure})
    reference = settled_on(deal, recipe, options.reference, REFERENCE_SEED)
    runs = []
    for run in runs_of(
        deal,
        recipe,
        options.scenarios,
        range(options.first, options.first + options.seeds),
        reference,
        options.runs,
    ):
        runs.append(run)
        for row in coverage_of(runs, reference) if len(runs) % 5 == 0 else ():
            print(
                f"| {options.deal} {row.tranche} | {row.reference / 1e6:.1f} | {row.runs} | "
                f"{row.refused} | {row.covered} | {row.share:.0%} | {row.spread / 1e6:.2f} | "
                f"{row.mean_error / 1e6:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
