"""Writing figures to files, each complete or absent, with failures reported and skipped."""

from __future__ import annotations

import errno
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from npl_sim.core.disk.whole_file import whole_file
from npl_sim.core.errors import escaped, shortened
from npl_sim.core.masking import Privacy
from npl_sim.reports.style import look

if TYPE_CHECKING:
    from matplotlib.figure import Figure


OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""Errors of the disk, which later files would meet too."""


@contextmanager
def attempt(what: str, failed: list[str] | None) -> Iterator[None]:
    """Record a figure that cannot be drawn, and continue.

    Parameters
    ----------
    what
        The figure or figures, for the message.
    failed
        Takes the message; the error is raised by default.

    Raises
    ------
    OSError
        If the disk is full or faulty.
    """
    try:
        yield
    except Exception as error:
        if failed is None or (isinstance(error, OSError) and error.errno in OF_THE_DISK):
            raise
        lines = str(error).strip().splitlines()
        # The message of a library may quote a label.
        shows_reason = lines and not Privacy.mask.get()
        reason = f": {shortened(escaped(lines[0]), 200)}" if shows_reason else ""
        failed.append(
            f"{what}: not drawn ({type(error).__name__}{reason}); every other result is whole"
        )


def save_each(
    drawings: Mapping[str, Callable[[], Figure]],
    folder: str | Path,
    formats: Sequence[str] = ("png",),
    dpi: int = 150,
    failed: list[str] | None = None,
) -> list[Path]:
    """Draw figures and write them to a folder, under their names.

    Parameters
    ----------
    drawings
        Function that draws each figure, by name.
    folder
        Folder to write to; created if absent.
    formats
        File formats, such as ``png`` and ``svg``.
    dpi
        Resolution of bitmaps. [dots per inch]
    failed
        Takes a message for each figure that cannot be drawn; the first error is raised by default.

    Returns
    -------
    list of Path
        The files written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, draw in drawings.items():
        with attempt(f"figure {name}", failed):
            drawing = draw()
            for suffix in formats:
                path = folder / f"{name}.{suffix}"
                save(drawing, path, dpi)
                paths.append(path)
    return paths


def save(drawing: Figure, path: Path, dpi: int = 150) -> None:
    """Write a figure in the format of its suffix."""
    undated = {"Date": None} if path.suffix in (".svg", ".pdf") else {}
    if path.suffix == ".pdf":
        undated = {"CreationDate": None}
    with look(), warnings.catch_warnings(), whole_file(path) as draft:
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        if path.suffix == ".png":
            _print_png(drawing, draft, dpi)
        else:
            drawing.savefig(draft, dpi=dpi, metadata=undated)


def _print_png(drawing: Figure, file: Path, dpi: int) -> None:
    """Write a figure as PNG. `savefig` would draw it twice, the first time for its layout."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    before, usual = drawing.canvas, drawing.dpi
    drawing.dpi = dpi
    try:
        canvas: Any = FigureCanvasAgg(drawing)
        canvas.print_png(file)
    finally:
        drawing.dpi = usual
        drawing.set_canvas(before)


def svg(drawing: Figure, file: IO[bytes]) -> None:
    """Write a figure as SVG without date or creator; the same figure gives the same bytes."""
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with look(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        drawing.savefig(file, format="svg", metadata=nothing)
