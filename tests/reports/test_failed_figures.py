"""Figures have one look whatever the user's settings, and no run is lost for one."""

from __future__ import annotations

import errno
import os

import matplotlib
import pytest
from matplotlib.figure import Figure

from npl_sim.cli.options import RunOptions
from npl_sim.reports import style
from npl_sim.reports.figure_files import attempt, save, save_each
from npl_sim.runs.folder import open_run, write_folder
from npl_sim.runs.place import RunPlace

ODD = {
    "text.usetex": True,
    "font.family": ["serif"],
    "figure.dpi": 33.0,
    "savefig.dpi": 20.0,
    "savefig.transparent": True,
    "axes.facecolor": "black",
    "lines.linestyle": ":",
    "axes.prop_cycle": matplotlib.cycler(color=["red"]),
    "image.cmap": "jet",
    "axes.formatter.use_locale": True,
    "savefig.bbox": "tight",
}


@style.figure((2.0, 1.5))
def drawn(result, ax):
    ax.plot([0, 1], [0, result])
    ax.set_title("A figure")


def test_the_user_s_settings_do_not_show_and_are_as_before(tmp_path):
    save(drawn(1), tmp_path / "plain.png")
    with matplotlib.rc_context(ODD):
        before, backend = dict(matplotlib.rcParams), matplotlib.get_backend()
        save(drawn(1), tmp_path / "odd.png")
        assert dict(matplotlib.rcParams) == before and matplotlib.get_backend() == backend
    assert (tmp_path / "odd.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


def test_a_figure_that_fails_costs_itself_alone(tmp_path):
    def broken():
        raise RuntimeError(
            "Failed to process string with tex\x1b[31m\nbecause latex could not be found"
        )

    failed: list[str] = []
    drawings = {"first": Figure, "broken": broken, "last": Figure}
    made = save_each(drawings, tmp_path / "figures", failed=failed)
    assert (
        [p.name for p in made]
        == ["first.png", "last.png"]
        == sorted(os.listdir(tmp_path / "figures"))
    )
    (line,) = failed
    assert line.startswith(
        "figure broken: not drawn (RuntimeError: Failed to process string with tex"
    )
    assert "\x1b" not in line and "latex could not" not in line
    with pytest.raises(RuntimeError):
        save_each(drawings, tmp_path / "raised")


@pytest.mark.parametrize(
    "error",
    [ImportError("no numpy"), MemoryError(), FileNotFoundError(2, "no font"), KeyError("x")],
)
def test_every_fault_of_a_figure_is_a_warning(error):
    failed: list[str] = []
    with attempt("figure x", failed):
        raise error
    assert type(error).__name__ in failed[0]


def test_a_full_disk_is_no_fault_of_a_figure():
    with pytest.raises(OSError, match="full"), attempt("figure x", []):
        raise OSError(errno.ENOSPC, "full")
    with pytest.raises(KeyboardInterrupt), attempt("figure x", []):
        raise KeyboardInterrupt


def test_what_could_not_be_drawn_stands_in_the_manifest_and_on_the_console(tmp_path, capsys):
    def fill(draft):
        (draft / "summary.json").write_text("{}")
        return ["figure x: not drawn"]

    run = write_folder(RunPlace(tmp_path / "o"), fill, {"study": "s"}, {})
    assert open_run(tmp_path / "o").manifest["warnings"] == ["figure x: not drawn"]
    RunOptions(quiet=True).print_saved(run, "")
    assert capsys.readouterr().err == "warning: figure x: not drawn\n"
