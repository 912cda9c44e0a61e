"""Terms of structuring: sizes and limits, dependent tranches, goals, the seller's side."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text
from npl_sim.securitization.terms.limits import Limit
from npl_sim.securitization.terms.ratings import RatingTable, StressTable
from npl_sim.securitization.terms.seller import (
    Seller,
    Yield,
)


class Size(Spec):
    """A tranche that is made as large as its limits allow."""

    tranche: Text
    """Tranche."""
    limits: tuple[Limit, ...] = Field(min_length=1, max_length=30)
    """Limits, all of which hold at the size."""
    at_most: Money | None = None
    """Largest size tried; defaults to the gross book value of the package."""
    round_to: Money = 0.0
    """Notes are issued in whole multiples of this, rounded down; 0: not rounded."""


class ShareOfNotes(Spec):
    """A tranche that is a share of all notes."""

    kind: Literal["share_of_notes"]
    """Kind of rule."""
    tranche: Text
    """Tranche that follows."""
    share: Annotated[float, Field(ge=0.0, lt=1.0, json_schema_extra={"unit": "share of 1"})]
    """Share of the sum of all balances."""


class TimesOf(Spec):
    """A tranche that is a multiple of another."""

    kind: Literal["times"]
    """Kind of rule."""
    tranche: Text
    """Tranche that follows."""
    of: Text
    """Tranche that it follows, which is sized or keeps its balance."""
    times: Annotated[float, Field(ge=0.0, le=1000.0, json_schema_extra={"unit": "times"})]
    """Multiple."""


class RestOf(Spec):
    """A tranche that is what all others leave of a total."""

    kind: Literal["rest"]
    """Kind of rule."""
    tranche: Text
    """Tranche that follows."""
    total: Money
    """Sum of all balances."""


Follow = Annotated[ShareOfNotes | TimesOf | RestOf, Field(discriminator="kind")]
"""How the balance of a tranche follows those of others; a tranche without a rule keeps its
balance."""


class InitialShare(Spec):
    """What an account holds at closing follows balances."""

    account: Text
    """Account."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches whose balances count."""
    share: Share
    """Share of the balances."""


class Coupon(Spec):
    """The coupon: the rate where it is fixed, the margin where it floats."""

    kind: Literal["coupon"]
    """Kind of unknown."""
    tranche: Text
    """Tranche."""


class Price(Spec):
    """The issue price."""

    kind: Literal["price"]
    """Kind of unknown."""
    tranche: Text
    """Tranche."""


class ReserveTarget(Spec):
    """The target of an account: its amount, share or multiple, whichever its target has."""

    kind: Literal["reserve"]
    """Kind of unknown."""
    account: Text
    """Account. What `initial` gives it at closing takes the same share, if its target is one."""


class WantedYield(Spec):
    """The yield of the tranche's mean cash at its issue price."""

    kind: Literal["yield"]
    """Kind of goal."""
    tranche: Text
    """Tranche."""
    value: Yield
    """Effective annual rate."""


class WantedCover(Spec):
    """A quantile of a cover."""

    kind: Literal["net_cover", "interest_cover"]
    """Kind of goal."""
    tranche: Text
    """Tranche."""
    quantile: Share = 0.05
    """Level of the scenarios' covers."""
    value: Annotated[float, Field(gt=0.0, le=1000.0, json_schema_extra={"unit": "times"})]
    """Cover."""


class WantedLoss(Spec):
    """The expected loss."""

    kind: Literal["expected_loss"]
    """Kind of goal."""
    tranche: Text
    """Tranche."""
    value: Share
    """Share of the balance."""


End = Annotated[float, Field(ge=0.0, le=1e15, json_schema_extra={"unit": "as the unknown"})]
"""An end of the range in which a term is looked for: a rate, a share of par, an amount or a
multiple."""


class Solve(Spec):
    """A term of the deal that is found so that a goal is met exactly."""

    find: Annotated[Coupon | Price | ReserveTarget, Field(discriminator="kind")]
    """The unknown."""
    low: End
    """Lower end of the range that is searched, in the unit of the unknown."""
    high: End
    """Upper end."""
    want: Annotated[WantedYield | WantedCover | WantedLoss, Field(discriminator="kind")]
    """The goal."""

    @model_validator(mode="after")
    def ends_in_order(self) -> Solve:
        """Refuse a range without width, or one that the unknown cannot take."""
        if not self.low < self.high:
            raise ValueError(
                f"low is {self.low:g} and high {self.high:g}; expected low below high"
            )
        if self.find.kind == "price" and self.low == 0.0:
            raise ValueError("low is 0; expected more than 0")
        return self


class Frontier(Spec):
    """Frontier: sizes of a tranche with cost of funds, loss and proceeds of each."""

    tranche: Text
    """Tranche whose size varies."""
    low: Annotated[
        float, Field(gt=0.0, le=1.0, json_schema_extra={"unit": "share of pool balance"})
    ]
    """Smallest size."""
    high: Annotated[
        float, Field(gt=0.0, le=1.0, json_schema_extra={"unit": "share of pool balance"})
    ]
    """Largest size."""
    points: Annotated[int, Field(ge=2, le=200, json_schema_extra={"unit": "count"})] = 15
    """Number of sizes, at equal distances."""
    debt: tuple[Text, ...] = ()
    """Tranches whose cost is the cost of funds; defaults to all."""

    @model_validator(mode="after")
    def ends_in_order(self) -> Frontier:
        """Refuse a range without width."""
        if not self.low < self.high:
            raise ValueError(
                f"low is {self.low:g} and high {self.high:g}; expected low below high"
            )
        return self


class Structure(Spec):
    """What is asked of a deal that is being structured."""

    size: tuple[Size, ...] = Field(default=(), max_length=10)
    """Tranches to size, most senior first."""
    follow: tuple[Follow, ...] = Field(default=(), max_length=50)
    """Tranches that follow."""
    initial: tuple[InitialShare, ...] = Field(default=(), max_length=50)
    """Accounts that follow."""
    solve: tuple[Solve, ...] = Field(default=(), max_length=20)
    """Terms to find, one after the other, at the sizes found."""
    frontier: Frontier | None = None
    """Sizes to compare; optional."""
    seller: Seller | None = None
    """The seller's side; optional."""
    ratings: RatingTable | None = None
    """Losses that ratings allow; in a file, its name."""
    stresses: StressTable | None = None
    """Stresses that ratings bear; in a file, its name."""
    purchase_price: Money | None = None
    """Price of the package, for advance rates on it."""
    resamples: Annotated[int, Field(ge=0, le=10_000, json_schema_extra={"unit": "count"})] = 0
    """Resamples of the scenarios for the errors of sizes, such as 25; 0: sizes have no error."""
    precision: Annotated[
        float, Field(gt=0.0, le=0.01, json_schema_extra={"unit": "share of pool balance"})
    ] = 1e-6
    """Width to which sizes are found."""
