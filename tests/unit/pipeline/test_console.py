"""console: the command unhans, and the statuses that it ends with."""

import os
import time

import pytest

from unhans.pipeline import console


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        console.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("verify", "check", "set-times"))


def test_a_configuration_is_checked_with_the_line_of_its_fault(tmp_path, capsys):
    good, bad, broken = (tmp_path / name for name in ("good.yaml", "bad.yaml", "broken.yaml"))
    good.write_text("affinity:\n  knn: 5\n")
    bad.write_text("afinity:\n  knn: 5\n")
    broken.write_text("affinity:\n  knn: [5\n")
    assert console.main(["check", str(good)]) == 0
    assert "good.yaml: valid" in capsys.readouterr().out
    assert console.main(["check", str(bad)]) == 1
    assert "did you mean 'affinity'" in capsys.readouterr().err
    assert console.main(["check", str(good), str(broken)]) == 1
    assert "broken.yaml, line 3, column 1: no valid YAML" in capsys.readouterr().err


def test_times_are_moved_back(tmp_path, capsys):
    (tmp_path / "ranking.tsv").write_text("")
    os.utime(tmp_path / "ranking.tsv", (time.time() + 9000, time.time() + 9000))
    assert console.main(["set-times", str(tmp_path)]) == 0
    assert "times of 1 files moved back" in capsys.readouterr().out
    assert (tmp_path / "ranking.tsv").stat().st_mtime <= time.time()
