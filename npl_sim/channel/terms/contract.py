"""A contract of sale: its terms, checked against one another."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from npl_sim.channel.terms.checks import faults
from npl_sim.channel.terms.contract_terms import ContractTerms
from npl_sim.core.errors import PlacedErrors

__all__ = ["ChannelContract", "ContractErrors"]


class ContractErrors(PlacedErrors):
    """Errors across the terms of a contract."""


class ChannelContract(ContractTerms):
    """A sale of a package, with what brings the risk back."""

    @model_validator(mode="after")
    def check_references(self) -> Self:
        """Refuse names that meet nothing, here and with the side letter laid on."""
        found = list(faults(self))
        if self.side_letter is not None and not found:
            given = self.side_letter.model_fields_set
            found += [
                (
                    ("side_letter", *where) if where and where[0] in given else where,
                    f"with the side letter: {text}",
                )
                for where, text in faults(self.letter())
            ]
        if found:
            raise ContractErrors(tuple(found))
        return self
