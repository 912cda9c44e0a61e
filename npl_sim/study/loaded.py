"""Record of a study that was read, with the origins of its values."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from npl_sim.core.issues import KeyPath
from npl_sim.study.inputs.edits import InputEdit
from npl_sim.study.key_paths import key_path
from npl_sim.study.model import Study
from npl_sim.study.origins import origins_of
from npl_sim.study.yaml_places import Source


@dataclass(frozen=True)
class LoadedStudy:
    """A study, its files, and warnings on it."""

    study: Study
    """The study, its file names resolved."""
    path: Path
    """The file."""
    files: tuple[Path, ...]
    """Every YAML file that was read."""
    warnings: tuple[str, ...]
    """One line each, with file, line and key."""
    within: tuple[Path, ...] = ()
    """Real paths of the folders that must contain its files; empty if any folder may."""
    source: Source = field(default_factory=Source, repr=False, compare=False)
    """Places of all values."""
    edits: tuple[InputEdit, ...] = field(default=(), repr=False, compare=False)
    """Edited cells of the workbook of inputs."""

    def origin(self, key: str | KeyPath) -> str:
        """Return the layer that a value comes from.

        Parameters
        ----------
        key
            Its key: dotted, with positions or names of entries, or as a path.

        Returns
        -------
        str
            Such as `base china_mixed`, `study.yaml:12` or `--set`; `default` if no layer states
            the value.
        """
        path = key_path(self.study, key) if isinstance(key, str) else key
        return self.source.origin(path) or "default"

    def origins(self) -> dict[KeyPath, str]:
        """Return the layers that values come from, by path of the value or of a group of them.

        A value of the workbook of inputs names its row, with owner, date and source.
        """
        return origins_of(self.source, self.edits)
