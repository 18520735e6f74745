"""read_files: an edit of a file that a network's code reads changes its settings; nothing else does."""

import json
import os
import time
from types import SimpleNamespace

import pytest

from unhans.pipeline import read_files


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A folder of a run, with a network whose function reads two files."""
    monkeypatch.chdir(tmp_path)
    outside = tmp_path.parent / f"{tmp_path.name}-outside.bin"
    outside.write_bytes(b"weights")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/net.yaml").write_text("scale: 1")
    folder = tmp_path / "results/x/net"
    folder.mkdir(parents=True)
    record, place = str(folder / "model.zarr.zip"), folder / read_files.NAME
    files = [str(tmp_path / "conf/net.yaml"), str(outside)]

    def read(chosen=files):
        return read_files.note(record, read_files.digests(chosen))

    made = SimpleNamespace(read=read, place=place, outside=outside, files=files)
    made.inside = tmp_path / "conf/net.yaml"
    made.changed = lambda: read_files.changed(place)
    return made


def test_without_a_network_nothing_has_changed(run):
    assert run.changed() == ""


def test_what_was_read_stands_in_the_record(run):
    noted = run.read()
    assert [one["name"] for one in noted] == [run.outside.name, "conf/net.yaml"] or [
        one["name"] for one in noted
    ] == ["conf/net.yaml", run.outside.name]
    assert all(len(one["sha256"]) == 64 for one in noted)
    assert run.changed() == ""


@pytest.mark.parametrize("which", ["inside", "outside"])
def test_an_edit_changes_the_settings_until_it_is_taken_back(run, which):
    run.read()
    file = getattr(run, which)
    before = file.read_bytes()
    file.write_bytes(b"another")
    edited = run.changed()
    assert len(edited) == 16
    run.read()  # the network is made anew, with these settings
    assert run.changed() == edited
    file.write_bytes(before)
    assert run.changed() == ""
    run.read()
    assert run.changed() == ""
    file.write_bytes(b"a third")
    assert run.changed() not in ("", edited)


def test_an_edit_of_the_same_size_and_time_is_noticed(run):
    old = time.time() - 1000
    os.utime(run.inside, (old, old))
    time.sleep(0.05)
    run.read()
    run.inside.write_text("scale: 2")
    os.utime(run.inside, (old, old))
    assert run.changed()


def test_a_file_that_is_gone_is_an_edit(run):
    run.read()
    run.outside.unlink()
    assert run.changed()


def test_a_touch_or_a_copy_is_none(run):
    run.read()
    os.utime(run.inside)
    content = run.outside.read_bytes()
    run.outside.unlink()
    run.outside.write_bytes(content)
    assert run.changed() == ""


def test_a_file_that_did_not_change_is_not_read(run, monkeypatch):
    monkeypatch.setattr(read_files, "SETTLED", 0)
    run.read()
    monkeypatch.setattr(read_files, "_sha256", lambda *_: pytest.fail("read"))
    assert run.changed() == ""


def test_a_file_that_changed_a_moment_ago_is_read_again(run):
    run.read()
    kept = json.loads(run.place.read_text())
    assert [one["stat"] for one in kept.values()] == [None, None]


def test_a_file_that_is_read_later_counts_from_then_on(run):
    run.read([run.files[0]])
    run.inside.write_text("scale: 2")
    edited = run.changed()
    run.read()  # the new settings name the other file, too
    assert run.changed() == edited
    run.outside.write_bytes(b"another")
    assert run.changed() not in ("", edited)


def test_a_file_that_is_no_longer_read_does_not_count_again(run):
    run.read()
    run.outside.write_bytes(b"another")
    edited = run.changed()
    run.read([run.files[0]])  # it still made the settings what they are
    assert run.changed() == edited
    run.outside.write_bytes(b"a third")
    assert run.changed() == edited


def test_a_damaged_file_is_taken_for_none(run):
    run.read()
    for text in ("", "[1]", '{"a": {}}', '{"a": 1}'):
        run.place.write_text(text)
        assert run.changed() == ""


def test_nothing_is_written_where_nothing_is_read(run):
    assert run.read([]) == []
    assert not run.place.exists()
