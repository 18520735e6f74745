"""The commands for people: a run by ``unhans run``, and what its end says."""

import subprocess
import sys

import pytest


def unhans(checkout, *words, folder=None):
    """Run the command in a folder, with the copy of the library that a checkout has."""
    return subprocess.run(
        [sys.executable, "-m", "unhans.pipeline.console", *words],
        cwd=folder or checkout.folder,
        env=checkout.environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long  # a run, with the start of the command
def test_a_run_by_the_command_is_that_of_snakemake_from_any_folder(checkout, tmp_path):
    assert checkout.planned() == {}
    (checkout.results / "ranking.tsv").unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    config = str(checkout.folder / "test.yaml")
    flags = ["--cores", "1", "--directory", str(checkout.folder)]
    done = unhans(checkout, "run", config, "ranking", *flags, folder=elsewhere)
    assert not done.returncode, done.stdout + done.stderr
    assert (checkout.results / "ranking.tsv").exists()
    assert not list(elsewhere.iterdir())
    said = f"unhans run {config} --directory {checkout.folder}"
    assert done.stdout.rstrip().splitlines()[-2:] == [
        f"Explore it in a browser: {said} -- explorer",
        f"All on one page: {said} --report results/report.html -- ranking",
    ]
    assert f"  {checkout.folder}/results/ranking.tsv" in done.stdout
    planned = checkout.planned()
    assert set(planned) <= {"ranking_figure", "comparison", "comparison_figure", "figures"}


def test_what_is_asked_for_and_is_not_there_is_said(checkout):
    done = unhans(checkout, "run", "test.yaml", "rankin")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "no target 'rankin' (did you mean ranking" in done.stderr
    done = unhans(checkout, "run", "test.yaml", "results/none.tsv", "--dry-run")
    assert done.returncode == 1
    assert "results/none.tsv" in done.stderr
