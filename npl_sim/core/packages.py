"""Import of optional packages."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from npl_sim.core.errors import NplSimError


def optional_package(
    module: str, purpose: str, extra: str, error: type[NplSimError] = NplSimError
) -> Any:
    """Import a module of an optional package.

    Parameters
    ----------
    module
        Name of the module.
    purpose
        What needs it, for the message.
    extra
        Extra of npl_sim that brings the package.
    error
        Kind of error.

    Raises
    ------
    NplSimError
        If the package is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        library = module.partition(".")[0]
        raise error(
            f"{purpose} needs the library {library}; install it with: pip install "
            f"'npl_sim[{extra}]'"
        ) from None
