"""Fitted tails: would a generalized Pareto tail give sizes an error where few scenarios decide?

A tranche of a deal with one sized tranche is limited by its expected loss. The size is raised to a
threshold, at which a share of the scenarios has a loss. Their losses are fitted by a generalized
Pareto distribution. A smaller size takes its difference from each loss. So the fit gives the
expected loss at every smaller size, and the largest size that the rating allows. The error is from
resamples of the scenarios, each with a fit of its own. Print the table with
``python -m benchmarks.fitted_tail gongyuan_zhicheng_2023_8 --true 914.3e6``.

References
----------
Zhang and Stephens (2009), A new and efficient estimation method for the generalized Pareto
distribution, Technometrics 51.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np

from benchmarks.size_coverage import CONFIGS
from npl_sim.core.errors import known
from npl_sim.securitization.pool_flows import FlowRecipe, pool_flows
from npl_sim.securitization.results.tranches import relative_losses, weighted_lives
from npl_sim.securitization.sizing.resize import resized
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.terms.deal import Deal
from npl_sim.stats.risk import symmetric

GRID = 200
"""Sizes at which the limit is looked at."""
STEPS = 14
"""Steps of the search for the threshold."""


@dataclass(frozen=True)
class Tail:
    """Generalized Pareto tail of losses above a threshold."""

    shape: float
    scale: float
    share: float
    """Share of the scenarios above the threshold."""

    def quantile(self, level: float) -> float:
        """Return the excess that is exceeded with a probability below the share."""
        steps = math.log(self.share / level)
        return self.scale * (math.expm1(self.shape * steps) / self.shape if self.shape else steps)

    def mean_above(self, excess: np.ndarray) -> np.ndarray:
        """Return the mean of what losses exceed the threshold and more by, 0 elsewhere."""
        left = np.maximum(1.0 + self.shape * excess / self.scale, 0.0)
        mean = self.scale / (1.0 - self.shape) * left ** (1.0 - 1.0 / self.shape)
        return np.asarray(self.share * mean)


def fit(excesses: np.ndarray, share: float) -> Tail:
    """Return the tail by the estimator of Zhang and Stephens, which needs no search."""
    ordered = np.sort(excesses)
    n = len(ordered)
    count = 30 + int(math.sqrt(n))
    ratios = 1.0 - np.sqrt(count / (np.arange(1, count + 1) - 0.5))
    trials = 1.0 / ordered[-1] + ratios / (3.0 * ordered[int(n / 4 + 0.5) - 1])
    shapes = np.log1p(-np.multiply.outer(trials, ordered)).mean(axis=1)
    likelihoods = n * (np.log(-trials / shapes) - shapes - 1.0)
    weights = np.exp(likelihoods - likelihoods.max())
    inverse = float(trials @ weights / weights.sum())
    shape = float(np.log1p(-inverse * ordered).mean())
    return Tail(shape, -shape / inverse, share)


class Losses:
    """Losses of the sized tranche of a deal on the scenarios of a seed."""

    def __init__(self, deal: Deal, recipe: FlowRecipe, scenarios: int, seed: int) -> None:
        flows = pool_flows(recipe.model_copy(update={"scenarios": scenarios, "seed": seed}))
        self.structure = known(deal.structure, "structure")
        self.trials = Trials.of(deal, self.structure, flows)
        (self.size,) = self.structure.size
        self.limit = next(x for x in self.size.limits if x.kind == "expected_loss")

    def at(self, size: float) -> tuple[np.ndarray, float]:
        """Return the losses at a size [package currency], and the mean life. [years]"""
        name = self.size.tranche
        deal = resized(self.trials.deal, self.structure, {name: size})
        run = self.trials.run(deal, tables=False)
        return relative_losses(run, name) * size, float(np.nanmean(weighted_lives(run, name)))

    def allowed(self, sizes: np.ndarray) -> np.ndarray:
        """Return the mean loss that the rating allows at sizes. [package currency]"""
        few = np.linspace(sizes[0], sizes[-1], 9)
        lives = np.interp(sizes, few, [self.at(float(size))[1] for size in few])
        table = known(self.structure.ratings, "ratings")
        shares = [table.allowed(self.limit.rating, "expected_loss", float(x)) for x in lives]
        return np.array(shares) * sizes

    def threshold(self, share: float) -> float:
        """Return the size at which a share of the scenarios has a loss. [package currency]"""
        low, high = 0.0, self.trials.deal.pool_balance
        for _ in range(STEPS):
            middle = (low + high) / 2.0
            more = (self.at(middle)[0] > 0.0).mean() > share
            low, high = (low, middle) if more else (middle, high)
        return high


def fitted_size(losses: np.ndarray, sizes: np.ndarray, allowed: np.ndarray) -> tuple[float, float]:
    """Return the size that a fitted tail allows, and the shape of the tail."""
    excesses = losses[losses > 0.0]
    tail = fit(excesses, len(excesses) / len(losses))
    room = allowed - tail.mean_above(sizes[-1] - sizes)
    first = int(np.argmax(room < 0.0))
    part = room[first - 1] / (room[first - 1] - room[first])
    return float(sizes[first - 1] + part * (sizes[first] - sizes[first - 1])), tail.shape


def main() -> None:
    """Measure the coverage of sizes from fitted tails and print it."""
    from npl_sim.study.deal_file import load_deal
    from npl_sim.study.flow_file import load_recipe

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("deal")
    parser.add_argument("--true", type=float, required=True)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--scenarios", type=int, default=2000)
    parser.add_argument("--resamples", type=int, default=100)
    options = parser.parse_args()
    deal = load_deal(CONFIGS / f"{options.deal}.yaml")
    recipe = load_recipe(CONFIGS / f"{options.deal}.flows.yaml")
    for share in (0.05, 0.1, 0.2):
        rng, found = np.random.default_rng(1), []
        for seed in range(options.first, options.first + options.seeds):
            sample = Losses(deal, recipe, options.scenarios, seed)
            top = sample.threshold(share)
            sizes = np.linspace(0.2, 1.0, GRID) * top
            losses, allowed = sample.at(top)[0], sample.allowed(sizes)
            size, shape = fitted_size(losses, sizes, allowed)
            again = [
                fitted_size(rng.choice(losses, len(losses)), sizes, allowed)[0]
                for _ in range(options.resamples)
            ]
            error = symmetric(size, float(np.std(again, ddof=1)), len(again) - 1, 0.95)
            found.append((size, error.se, error.low <= options.true <= error.high, shape))
        size, error, covered, shape = np.array(found).T
        print(
            f"| {share:.0%} | {size.mean() / 1e6:.0f} | {size.std(ddof=1) / 1e6:.0f} | "
            f"{error.mean() / 1e6:.0f} | {covered.mean():.0%} | {shape.mean():.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
