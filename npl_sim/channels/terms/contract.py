"""Contract of sale, with its terms checked against each other."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from npl_sim.channels.terms.checks import contract_errors
from npl_sim.channels.terms.contract_terms import ContractTerms
from npl_sim.core.errors import PlacedErrors
from npl_sim.core.issues import error_at


class ContractErrors(PlacedErrors):
    """Errors across the terms of a contract."""


class ChannelContract(ContractTerms):
    """Sale of a package, with the terms that return risk to the seller."""

    @model_validator(mode="after")
    def check_references(self) -> Self:
        """Refuse references to unknown names, with and without the side letter."""
        found = list(contract_errors(self))
        if self.side_letter is not None and not found:
            given = self.side_letter.model_fields_set
            found += [
                error_at(
                    ("side_letter", *issue.path) if issue.path[0] in given else issue.path,
                    f"with the side letter: {issue.message}",
                )
                for issue in contract_errors(self.with_side_letter())
            ]
        if found:
            raise ContractErrors(found)
        return self
