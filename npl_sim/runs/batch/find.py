"""Study files of a batch, without files that hold only a section of a study."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from pathlib import Path

from npl_sim.core.confinement import check_inside, is_inside
from npl_sim.core.errors import InputFileError, NplSimError
from npl_sim.core.input_file import read_regular
from npl_sim.study.yaml_limits import MOST_BYTES

ENDINGS = (".yaml", ".yml")

OWN_KEYS = re.compile(rb"""^\s*["'{]*\s*(tape|valuation_date)["']?\s*:""", re.MULTILINE)
"""A key that only a study has."""

NAMED = re.compile(
    r"""[:\-\[,{]\s*["']?([^"'\s#:,\[\]{}][^"'#\n,\]}]*?\.ya?ml)["']?\s*(?=$|[#,\]}])""",
    re.MULTILINE,
)
"""The name of another YAML file as a value."""


def find_studies(sources: Iterable[str]) -> tuple[list[Path], list[Path]]:
    """Return the study files of folders, patterns and file names, and the sections left out.

    A folder stands for its YAML files in the order of their names, without those of subfolders.

    Raises
    ------
    NplSimError
        If one of them stands for no file.
    ConfinementError
        If one of them lies outside the folder in which files may be read.
    """
    found: dict[Path, Path] = {}
    named_files: set[Path] = set()
    for source in sources:
        path = Path(source)
        if not glob.has_magic(source):
            check_inside(path)
        if is_inside(path) and path.is_dir():
            named = [p for p in path.iterdir() if p.suffix.lower() in ENDINGS]
            for p in named:
                check_inside(p)  # before it is looked at, for a link may lead anywhere
            files = sorted(p for p in named if p.is_file())
            what = "holds no .yaml file"
        elif is_inside(path) and path.exists():
            files, what = [path], ""
            named_files.add(path.resolve())
        else:
            # A message on a match outside would reveal that the file exists.
            matches = filter(is_inside, map(Path, glob.glob(source, recursive=True)))
            files = sorted(p for p in matches if p.is_file())
            what = "matches no file" if glob.has_magic(source) else "does not exist"
        if not files:
            raise NplSimError(
                f"batch: {source}: {what}; expected a study, a folder of studies or a pattern"
            )
        for file in files:
            found.setdefault(file.resolve(), file)
    left = _sections(found) - named_files
    return [p for own, p in found.items() if own not in left], [
        p for own, p in found.items() if own in left
    ]


def _sections(found: Iterable[Path]) -> set[Path]:
    """Return the files without a key of a study that a study names, directly or by a section.

    Both must hold: a study that lacks a key is run, and fails with a message.
    """
    texts: dict[Path, bytes] = {}
    for path in found:
        try:
            texts[path] = read_regular(path, MOST_BYTES, "a study")
        except InputFileError:
            continue  # the run says so
    keyless = {path for path, text in texts.items() if not OWN_KEYS.search(text)}
    asking, sections = [path for path in texts if path not in keyless], set[Path]()
    while asking and keyless:
        path = asking.pop()
        names = NAMED.findall(texts[path].decode("utf-8", "replace"))
        new = {Path(os.path.realpath(path.parent / name)) for name in names} & keyless - {path}
        asking += sorted(new - sections)
        sections |= new
    return sections
