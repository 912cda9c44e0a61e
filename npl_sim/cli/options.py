"""Record of the shared options that a command receives, and the decorator that adds them."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import typer

from npl_sim.cli.inert_settings import check_settings
from npl_sim.cli.shared_options import (
    BACKEND,
    OUTPUT,
    PRIVACY,
    READING,
    SHARED,
    SIMULATION,
    TOGETHER,
    StudyFile,
    folder_name,
    parse_share,
)

if TYPE_CHECKING:
    from npl_sim.core.progress import Listener
    from npl_sim.runs.backend_choice import BackendChoice
    from npl_sim.runs.folder import Run, SaveOptions
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.study_session import StudySession

__all__ = [
    "BACKEND",
    "OUTPUT",
    "PRIVACY",
    "READING",
    "SIMULATION",
    "TOGETHER",
    "RunOptions",
    "StudyFile",
    "folder_name",
    "parse_share",
    "set_signature",
    "with_options",
]


@dataclass(frozen=True)
class RunOptions:
    """Shared options as given on the command line."""

    settings: list[str] | None = None
    scenarios: int | None = None
    precision: str | None = None
    seed: int | None = None
    threads: int | None = None
    stress: list[str] | None = None
    work: Path | None = None
    out: Path | None = None
    as_json: bool = False
    figures: bool = True
    cash: bool = True
    quiet: bool = False
    force: bool = False
    mask: bool = False
    relative_paths: bool = False
    lang: str = "en"
    unit: str | None = None
    within: Path | None = None
    backend: str = "threads"
    dask: str | None = None
    dask_tls: Path | None = None
    dask_insecure: bool = False
    together: bool = False
    currency: str | None = None
    rates: list[str] | None = None
    context: typer.Context | None = None

    @property
    def silent(self) -> bool:
        """Whether progress and messages are left out."""
        return self.quiet or self.as_json

    @property
    def command(self) -> tuple[str, ...]:
        """Command line, for the manifest of a run."""
        return ("npl-sim", *sys.argv[1:])

    def overrides(self, **more: Any) -> dict[str, Any]:
        """Return the overrides of the study by dotted key: those of `--set` and of the options."""
        from npl_sim.study.overrides import parse_settings

        options = {
            **more,
            "simulation.scenarios": self.scenarios,
            "simulation.precision": parse_share(self.precision),
            "simulation.seed": self.seed,
            "simulation.threads": self.threads,
            "stress": self.stress or None,
        }
        given = {key: value for key, value in options.items() if value is not None}
        return {**parse_settings(self.settings or []), **given}

    def read_study(self, path: Path, command: str = "", **more: Any) -> StudySession:
        """Return a study with the overrides of the command line.

        Parameters
        ----------
        path
            YAML file of the study.
        command
            Name of a command that refuses `--set` of keys that change none of its numbers.
        more
            Further overrides.
        """
        from npl_sim.runs.study_session import load_study
        from npl_sim.study.overrides import parse_settings

        if command:
            check_settings(command, parse_settings(self.settings or []))
        package = load_study(path, self.overrides(**more))
        if self.unit is not None:
            from npl_sim.reports.money_units import check_unit

            check_unit(package.study.currency)
        return package

    def reserve_place(self) -> RunPlace | None:
        """Reserve the run folder of `--out` until the command ends; return None without `--out`.

        Raises
        ------
        RunFolderError
            If no run may be written there, or another run is about to.
        """
        if self.out is None:
            return None
        from npl_sim.runs.place import RunPlace

        place = RunPlace(self.out, self.force)
        return place if self.context is None else self.context.with_resource(place)

    def backend_choice(self) -> BackendChoice:
        """Return where to simulate.

        Raises
        ------
        NplSimError
            If the options do not fit each other.
        """
        from npl_sim.runs.backend_choice import BackendChoice

        choice = BackendChoice(
            self.backend, self.dask, self.threads, self.dask_tls, self.dask_insecure
        )
        choice.check()
        return choice

    def listener(self) -> Listener:
        """Return the listener that shows progress and messages."""
        from npl_sim.cli.console import console_listener

        return console_listener(self.silent)

    def saving(self, documents: bool = True, full_cash: bool = False) -> SaveOptions:
        """Return the contents of the run folder."""
        from npl_sim.runs.folder import SaveOptions

        return SaveOptions(self.figures, self.cash, documents, full_cash, self.command)

    def print_saved(self, run: Run, seconds: object, note: str = "") -> None:
        """Print warnings on figures not drawn, then the seconds by phase and the folder."""
        from npl_sim.cli.messages import print_error
        from npl_sim.runs.recorded_paths import folder_text

        for line in run.undrawn:
            print_error(f"warning: {line}")
        if not self.silent:
            print_error(f"{seconds}: {folder_text(run.folder)}{note}")


def with_options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds shared options to a command, which receives one `RunOptions`.

    Parameters
    ----------
    names
        Names of the options; those of `SIMULATION`, `OUTPUT` and `PRIVACY` are usual.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(function, include_extras=True)
        parameters = [
            p.replace(annotation=hints[p.name])
            for p in inspect.signature(function).parameters.values()
            if p.name != "options"
        ]
        for name in names:
            annotation, default = SHARED[name]
            parameters.append(
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
                )
            )
        signature = inspect.Signature(parameters)

        @functools.wraps(function)
        def command(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            values = dict(bound.arguments)
            options = RunOptions(**{name: values.pop(name) for name in names})
            return function(**values, options=options)

        set_signature(command, signature)
        return command

    return decorate


def set_signature(command: Any, signature: inspect.Signature) -> None:
    """Set the parameters that the parser of the command line reads from a function."""
    command.__signature__ = signature
    command.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
