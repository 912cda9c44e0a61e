"""Claims: a name has one holder, and a killed process leaves nothing behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from npl_sim.core.disk import claims
from npl_sim.core.disk.claims import PREFIX, Claim, remove_abandoned
from npl_sim.core.disk.exchange import exchange, replace_folder
from npl_sim.core.disk.locks import LockedElsewhere

ROOT = Path(__file__).parents[2]

HOLDER = """
import sys, time
from pathlib import Path
from npl_sim.core.disk.claims import Claim
claim = Claim(Path(sys.argv[1]), sys.argv[2])
(claim.folder / "half").write_text("x")
print("held", flush=True)
time.sleep(120)
"""


def holder(place, key="name"):
    """Return a process that holds a name and has a draft there."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place), key],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.stdout.readline() == "held\n"
    return child


def kill(child):
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(claims, "LOCK_TIMEOUT", 0.05)


def test_a_name_has_one_holder_and_leaves_nothing(tmp_path, impatient):
    place = tmp_path / "a" / "b"
    with Claim(place, "name") as claim:
        assert claim.folder.is_dir() and claim.folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(LockedElsewhere):
            Claim(place, "name")
        with Claim(place, "other"):
            pass
        assert claim.folder.is_dir()  # another claim removes what no process holds, and no more
    assert not list(tmp_path.iterdir())  # nor the folders made for it
    with Claim(place, "name"):
        (place / "made.txt").touch()
    assert [p.name for p in place.iterdir()] == ["made.txt"]


def test_a_claim_that_is_forgotten_is_released(tmp_path):
    claim = Claim(tmp_path)
    del claim
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_removed_by_the_next_claim_and_not_before(
    tmp_path, impatient
):
    child = holder(tmp_path)
    remove_abandoned(tmp_path)
    assert len(list(tmp_path.glob(f"{PREFIX}*/half"))) == 1
    with pytest.raises(LockedElsewhere):
        Claim(tmp_path, "name")
    kill(child)
    assert len(list(tmp_path.iterdir())) == 2
    with Claim(tmp_path, "another"):
        assert not list(tmp_path.glob(f"{PREFIX}name*"))
    assert not list(tmp_path.iterdir())


def test_only_what_is_this_user_s_on_this_machine_is_removed(tmp_path, monkeypatch):
    child = holder(tmp_path)
    kill(child)
    (tmp_path / f"{PREFIX}x").mkdir()  # without a lock: none of these
    for node, user in (("elsewhere", os.getuid()), (claims.platform.node(), 4711)):
        with monkeypatch.context() as other:
            other.setattr(claims.platform, "node", lambda node=node: node)
            other.setattr(os, "getuid", lambda user=user: user)
            remove_abandoned(tmp_path)
            assert len(list(tmp_path.iterdir())) == 3
    remove_abandoned(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [f"{PREFIX}x"]


def test_a_name_held_from_another_machine_is_refused_as_far_as_locks_reach(
    tmp_path, monkeypatch, impatient
):
    with Claim(tmp_path, "name"), monkeypatch.context() as other:
        other.setattr(claims.platform, "node", lambda: "elsewhere")
        with pytest.raises(LockedElsewhere):
            Claim(tmp_path, "name")
    assert not list(tmp_path.iterdir())


def test_a_link_in_the_place_of_a_draft_is_not_followed(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter").touch()
    place = tmp_path / "place"
    place.mkdir()
    name = f"{PREFIX}name-{claims._owner()}"
    (place / f"{name}.lock").touch()
    (place / name).symlink_to(mine)
    remove_abandoned(place)
    assert (mine / "letter").exists()


def test_a_fork_does_not_release_what_its_parent_holds(tmp_path):
    claim = Claim(tmp_path, "name")
    release = claim._release
    with pytest.MonkeyPatch.context() as forked:
        forked.setattr(os, "getpid", lambda: -1)
        release()
    assert claim.folder.is_dir()
    # What the fork did not do is left to the parent: here by the next claim, once the lock is
    # free.


# Replacing --------------------------------------------------------------------------------------


def folders(tmp_path):
    claim = Claim(tmp_path, "name")
    draft, target = claim.folder / "run", tmp_path / "target"
    draft.mkdir()
    target.mkdir()
    (draft / "new").touch()
    (target / "old").touch()
    return claim, draft, target


def names(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("able", [True, False])
def test_a_folder_is_replaced_by_a_draft(tmp_path, monkeypatch, able):
    if not able:
        monkeypatch.setattr("npl_sim.core.disk.exchange.exchange", lambda first, second: False)
    claim, draft, target = folders(tmp_path)
    replace_folder(draft, target)
    assert names(target) == ["new"]
    claim.release()
    assert names(tmp_path) == ["target"] and names(target) == ["new"]


def test_names_are_swapped_in_one_step_or_not_at_all(tmp_path):
    claim, draft, target = folders(tmp_path)
    if not exchange(draft, target):
        pytest.skip("this disk cannot swap names")
    assert names(draft) == ["old"] and names(target) == ["new"]
    with pytest.raises(OSError, match="No such file"):
        exchange(draft, tmp_path / "absent")
    claim.release()


def test_a_folder_gets_its_name_back_where_its_replacer_was_killed_between_two_renames(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("npl_sim.core.disk.exchange.exchange", lambda first, second: False)
    rename = Path.rename
    claim, draft, target = folders(tmp_path)

    class Killed(BaseException):
        pass

    def killed(path, other):
        if path == draft or path.name == "replaced":
            raise Killed
        return rename(path, other)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        with pytest.raises(Killed):
            replace_folder(draft, target)
    assert not target.exists()
    claim.release()  # as the next claim would
    assert names(target) == ["old"] and names(tmp_path) == ["target"]
