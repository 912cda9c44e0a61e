"""Texts of the files that ship with the package."""

from __future__ import annotations

from npl_sim.resources.shipped import ROOT as RESOURCES

EXAMPLES = RESOURCES / "examples"
"""Folder of the shipped examples: studies with tapes, deals, channel contracts."""

TAPES = EXAMPLES / "studies"
"""Folder of the shipped tapes."""


def text_of(name: str) -> str:
    """Return the text of a shipped file, named by its path below the resources."""
    return (RESOURCES / name).read_text(encoding="utf-8")


def complete_study() -> str:
    """Return the shipped study as one text that stands on no base."""
    study = text_of("examples/studies/first_package.yaml").replace("base: china_mixed\n", "")
    return study + text_of("bases/china_mixed.yaml")
