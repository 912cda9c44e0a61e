"""Hash of a study: equal studies have equal hashes, in whatever folder their files are."""

from __future__ import annotations

import json

from npl_sim.core.provenance import text_hash
from npl_sim.study.model import Study


def study_hash(study: Study) -> str:
    """Return the SHA-256 of a study, without the folder of its tape and its threads."""
    values = study.model_dump(mode="json")
    for name in ("threads", "time_limit_hours"):
        values["simulation"].pop(name)
    values.pop("files_within")  # a folder, like that of the tape
    values.pop("inputs")  # its edited cells are values of the study
    for section in ("deal", "channel", "sources", "comparables"):
        if not values[section]:
            values.pop(section)  # so that studies without them keep their hash
    for section in ("experts", "manual_cash", "overrides"):
        if not values[section]["rows"]:
            values.pop(section)
    for name in ("opening_level", "limit_level"):
        if values["buyer"][name] is None:
            values["buyer"].pop(name)
    if study.comparables is not None:
        values["comparables"] = study.comparables.name
    for role, paths in study.tape.files.items():
        names = [path.name for path in paths]
        values["tape"][role] = names[0] if len(names) == 1 else names or None
    return text_hash(json.dumps(values, sort_keys=True))
