"""Hash of what a study says: equal studies have equal hashes, wherever their files lie."""

from __future__ import annotations

import json

from npl_sim.core.provenance import text_hash
from npl_sim.study.model import Study

__all__ = ["study_hash"]


def study_hash(study: Study) -> str:
    """Return the SHA-256 of a study, without the folder of its tape and its threads."""
    words = study.model_dump(mode="json")
    for name in ("threads", "time_limit_hours"):
        words["simulation"].pop(name)
    words.pop("files_within")  # as where the tape lies
    for section in ("deal", "channel"):
        if words[section] is None:
            words.pop(section)  # as before there were deals and channels
    for role, paths in study.tape.files.items():
        names = [path.name for path in paths]
        words["tape"][role] = names[0] if len(names) == 1 else names or None
    return text_hash(json.dumps(words, sort_keys=True))
