"""command_line: what `unhans run` asks of Snakemake, and how a run was asked for."""

from pathlib import Path

import pytest

from unhans.errors import ConfigError
from unhans.pipeline import command_line
from unhans.pipeline.command_line import Typed

SNAKEFILE = Path(__file__).parents[3] / "Snakefile"
BEGIN = ["--snakefile", str(SNAKEFILE), "--configfile", "my.yaml"]


def made(*words):
    return command_line.of_run(SNAKEFILE, "my.yaml", words)


def test_flags_are_passed_on_and_targets_stand_behind_dashes():
    assert made() == [*BEGIN, "--cores", "all"]
    assert made("ranking") == [*BEGIN, "--cores", "all", "--", "ranking"]
    assert made("ranking", "--cores", "2", "-n") == [*BEGIN, "--cores", "2", "-n", "--", "ranking"]
    assert made("-n", "-c1", "--", "explorer") == [*BEGIN, "-n", "-c1", "--", "explorer"]
    found = made("all", "--cores", "1", "explorer", "--config", "results=x", "--", "toy")
    flags = ["--cores", "1", "--config", "results=x"]
    assert found == [*BEGIN, *flags, "--", "all", "explorer", "toy"]
    until = made("--cores", "1", "explorer", "--until", "explorer")
    assert until == [*BEGIN, "--cores", "1", "--until", "explorer", "--", "explorer"]
    assert made("results/a/ranking.tsv")[-1] == "results/a/ranking.tsv"


def test_how_many_cores_is_left_to_who_says_it(tmp_path):
    (tmp_path / "config.yaml").write_text("cores: 3\n")
    for flags in (["--jobs", "4"], ["--profile", str(tmp_path)], ["--executor", "slurm"]):
        assert "all" not in made(*flags)


def test_what_snakemake_would_not_understand_is_one_line():
    with pytest.raises(ConfigError, match=r"no target 'rankin' \(did you mean ranking .*explorer"):
        made("rankin")
    with pytest.raises(ConfigError, match=r"^snakemake: unrecognized arguments: --coers$"):
        made("--coers", "3")
    with pytest.raises(
        ConfigError, match=r"^--configfile: unhans run reads my\.yaml; expected none"
    ):
        made("--configfile", "other.yaml")


def test_a_run_says_how_it_was_asked_for(monkeypatch):
    monkeypatch.delenv(command_line.STARTED_BY, raising=False)
    asked = ["--cores", "2", "--configfile", "a.yaml", "b c.yaml", "--directory", "there"]
    found = command_line.typed([*asked, "--config", "results=x", "-n", "--", "ranking"])
    command = ["snakemake", *asked[2:], "--config", "results=x"]
    assert found == Typed(tuple(command), ("ranking",), "there")
    assert command_line.typed(["--cores", "2"]) == Typed()
    assert command_line.typed(["--no-such-flag"]) == Typed()
    monkeypatch.setenv(command_line.STARTED_BY, "my.yaml")
    assert command_line.typed(made("--config", "results=x")) == Typed(
        ("unhans", "run", "my.yaml", "--config", "results=x")
    )
