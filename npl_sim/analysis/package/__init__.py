"""Tables of a package for a committee: strata, collateral, largest borrowers, data findings."""
