"""opened: files that a network's code reads are named, and code and written files are not."""

import sys

import pytest
import torch

from unhans.networks import opened, registry

MODULE = """
from pathlib import Path
import torch
from torch import nn

def net():
    made = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5))
    made(torch.zeros(1, 3, 224, 224))
    made[0].load_state_dict(torch.load(Path(__file__).parent / "own.pth"))
    import json
    return made
"""


def test_files_that_a_function_reads_are_named_in_the_notes(tmp_path, monkeypatch):
    (tmp_path / "reads_own.py").write_text(MODULE)
    torch.save(torch.nn.Conv2d(3, 4, 3).state_dict(), tmp_path / "own.pth")
    monkeypatch.syspath_prepend(tmp_path)
    network = registry.load("reads_own:net")
    (said,) = [note for note in network.notes if "its code reads" in note]
    assert f"'{tmp_path / 'own.pth'}'" in said
    assert "an edit makes the network anew" in said
    assert network.read == (str(tmp_path / "own.pth"),)
    sys.modules.pop("reads_own")


def test_caches_of_programs_are_no_data(tmp_path):
    cached = tmp_path / ".cache" / "data.bin"
    cached.parent.mkdir()
    cached.write_bytes(b"1")
    with opened.files() as read:
        cached.read_bytes()
    assert not read


@pytest.mark.parametrize("how", ["open", "path"])
def test_only_data_that_is_read_counts(tmp_path, how):
    data, code, made = tmp_path / "data.bin", tmp_path / "code.py", tmp_path / "made.bin"
    data.write_bytes(b"1")
    code.write_text("")
    with opened.files() as read:
        for one in (data, code):
            one.read_bytes() if how == "path" else open(one, "rb").close()
        made.write_bytes(b"2")
        open(sys.executable, "rb").close()
        with pytest.raises(FileNotFoundError):
            (tmp_path / "none").read_bytes()
    assert list(read) == [str(data)]
    data.read_bytes()
    assert list(read) == [str(data)]
