"""Write a synthetic loan tape."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from npl_sim.core.disk.locks import LockedElsewhere
from npl_sim.core.errors import NplSimError


def write_synthetic_tape(
    folder: Path, loans: int, seed: int, valuation_date: date, overwrite: bool = False
) -> list[Path]:
    """Write a synthetic tape and return its files; the same seed gives the same bytes.

    Parameters
    ----------
    folder
        Folder of the files.
    loans
        Number of loans.
    seed
        Seed of the random numbers.
    valuation_date
        Cut-off date of the tape.
    overwrite
        Whether to replace a tape in the folder.

    Raises
    ------
    NplSimError
        If the files cannot be written.
    """
    from npl_sim.tape.synthetic import write_tape

    try:
        spec = write_tape(folder, loans, seed, valuation_date, overwrite=overwrite)
    except FileExistsError as error:
        reason = (
            "is not a file; use another folder"
            if overwrite
            else "exists already; use --force or another folder"
        )
        raise NplSimError(f"{error.filename}: {reason}") from None
    except LockedElsewhere:
        raise NplSimError(
            f"{folder}: another init --synthetic is writing there; wait for it, or use another "
            "folder"
        ) from None
    except OSError as error:
        raise NplSimError(f"{folder}: cannot be written ({error.strerror})") from None
    return [path for paths in spec.files.values() for path in paths]
