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
    assert all(name in said for name in ("run", "open", "verify", "check", "set-times"))


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


def test_a_run_is_snakemake_with_the_snakefile_of_the_checkout(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.yaml").write_text("affinity:\n  knn: 5\n")
    started = []

    def replaced(program, words):
        started.extend(words)
        raise SystemExit

    monkeypatch.setattr("os.execv", replaced)
    monkeypatch.setenv("UNHANS_RUN", "")
    with pytest.raises(SystemExit):
        console.main(["run", "my.yaml", "ranking", "--cores", "2"])
    assert started[1:4] == ["-P", "-m", "snakemake"]
    given = f"--snakefile {console.ROOT}/Snakefile --configfile my.yaml --cores 2 -- ranking"
    assert " ".join(started[4:]) == given
    assert os.environ["UNHANS_RUN"] == "my.yaml"
    assert f"unhans: snakemake {given}" in capfd.readouterr().err
    assert console.main(["run", "none.yaml"]) == 1
    monkeypatch.setattr(console, "ROOT", tmp_path)
    assert console.main(["run", "my.yaml"]) == 1
    first, second = capfd.readouterr().err.splitlines()
    assert "none.yaml: cannot be read" in first
    assert "no workflow beside this copy of unhans" in second


def test_times_are_moved_back(tmp_path, capsys):
    (tmp_path / "ranking.tsv").write_text("")
    os.utime(tmp_path / "ranking.tsv", (time.time() + 9000, time.time() + 9000))
    assert console.main(["set-times", str(tmp_path)]) == 0
    assert "times of 1 files moved back" in capsys.readouterr().out
    assert (tmp_path / "ranking.tsv").stat().st_mtime <= time.time()
