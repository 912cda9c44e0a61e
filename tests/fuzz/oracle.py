"""Requirements on every command, whatever its input: the errors of one run."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from npl_sim.core.errors import escaped
from tests.fuzz.base import write
from tests.fuzz.case import Case
from tests.fuzz.running import ALARM, Done, run

CODES = {0, 2, 3, 4, 5, 74}
"""Exit codes that the help documents, but for those of signals."""
REFUSALS = {2, 3}
LONGEST = 6_000
"""Characters of a line that a terminal is given."""
MOST_GROWTH = 3 << 29
"""Growth of memory in one tiny case. [bytes]"""

_SOURCE = re.compile(r"\.py:\d+: |\bFile \".*\.py\", line \d+|\b\w*Warning: ")
_DRAFT = re.compile(r"^\..*-[a-z0-9_]{8}$|\.(?:lock|tmp|part|draft)$|^npl_sim-")


def verdict(case: Case, alarm: float = ALARM) -> tuple[Done, list[str]]:
    """Run a case in a folder of its own; return what came of it and what is wrong with that."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        write(case.all_files(), folder)
        before = _tree(folder)
        done = run(case.arguments, folder, alarm)
        return done, list(problems(case, done, before, folder))


def problems(case: Case, done: Done, before: set[str], folder: Path) -> Iterator[str]:
    """Yield what is wrong with one run, a line each.

    Parameters
    ----------
    case, done
        What was run and what came of it.
    before
        Files and folders before the run.
    folder
        Where it was run.
    """
    if done.crash == "hang":
        yield "hang: took too long"
        return
    if done.crash:
        yield "crash past the command: " + done.crash.strip().splitlines()[-1][:300]
    elif done.code not in CODES:
        last = done.err.strip().splitlines() or [""]
        message = next((x for x in last if "internal error" in x), last[-1])
        yield f"exit code {done.code} is not documented: {message[:300]}"
    if done.grown > MOST_GROWTH:
        yield f"memory: grew by {done.grown / (1 << 20):,.0f} MiB"
    for name, text in (("output", done.out), ("standard error", done.err)):
        yield from _text_errors(name, text)
    if done.code in (2, 3, 4, 74) and not (done.err + done.out).strip():
        yield "refused without a word"
    if "--json" in case.arguments and done.code in (0, 5) and "--help" not in case.arguments:
        yield from _json_errors(done.out)
    yield from _litter(done, before, _tree(folder), folder)


def _text_errors(name: str, text: str) -> Iterator[str]:
    if "Traceback (most recent call last)" in text:
        yield f"traceback on the {name}"
    if "panicked at" in text:
        yield f"panic of a library on the {name}"
    found = _SOURCE.search(text)
    if found:
        at = text.rfind("\n", 0, found.start()) + 1
        yield f"warning of a library on the {name}: {text[at : at + 200]!r}"
    plain = escaped(text, keep="\n\t")
    if plain != text:
        at = next(i for i, (a, b) in enumerate(zip(text, plain, strict=False)) if a != b)
        yield f"control character on the {name}: {text[max(0, at - 60) : at + 20]!r}"
    longest = max(map(len, text.split("\n")))
    if longest > LONGEST:
        yield f"line of {longest:,} characters on the {name}"


def _not_a_number(text: str) -> NoReturn:
    raise ValueError(f"holds {text}")


def _json_errors(text: str) -> Iterator[str]:
    try:
        found = json.loads(text, parse_constant=_not_a_number)
    except ValueError as error:
        yield f"--json: {error}"
        return
    yield from _price_errors(found)


def _price_errors(found: Any) -> Iterator[str]:
    """Yield prices that lie outside what is owed, unless an issue says so."""
    if not isinstance(found, dict) or "price" not in found or "package" not in found:
        return
    try:
        price, gbv = float(found["price"]["mean"]["value"]), float(found["package"]["gbv"])
    except (KeyError, TypeError, ValueError):
        return
    in_doubt = any(issue.get("location") == "result" for issue in found.get("issues", ()))
    if not -gbv <= price <= gbv and not in_doubt:
        yield f"price {price:g} lies outside the balance {gbv:g} and no issue says so"


def _tree(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


def _litter(done: Done, before: set[str], after: set[str], folder: Path) -> Iterator[str]:
    new = sorted(after - before)
    # Numba's cache of compiled code may be made by any command.
    new = [n for n in new if n != ".tmp" and not n.startswith(".tmp/.npl_sim-cache")]
    # Folders from which a run resumes keep the file of their lock.
    kept = () if done.code in REFUSALS else (".lock", ".batch.lock")
    drafts = [
        n
        for n in new
        if Path(n).name not in kept and (_DRAFT.search(Path(n).name) or n.startswith(".tmp/"))
    ]
    if drafts:
        yield f"left behind: {', '.join(drafts[:5])}"
    elif done.code in REFUSALS and new:
        yield f"left behind by a refusal: {', '.join(new[:5])}"
    lost = sorted(before - after)
    if lost and done.code in REFUSALS:
        yield f"removed by a refusal: {', '.join(lost[:5])}"
    for name in new:
        path = folder / name
        if path.name in ("tables", "figures") and not (path.parent / "manifest.json").exists():
            yield f"half a run folder: {path.parent.relative_to(folder)}"
