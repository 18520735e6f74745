"""clock: results of a time ahead are refused, and moved back in their order."""

import os
import time

import pytest

from unhans.errors import ConfigError
from unhans.pipeline import clock


@pytest.fixture
def results(tmp_path):
    """Files an hour apart, the newest of now, and a partial ranking."""
    now = time.time()
    for number, name in enumerate(["b/manifest.tsv", "b/corpus/3.zarr.zip", "b/figures/1.png"]):
        path = tmp_path / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (now, now - 3600 * (2 - number)))
    (tmp_path / "results" / "ranking.tsv").write_text("")
    os.utime(tmp_path / "results" / "ranking.tsv", (clock.LONG_AGO, clock.LONG_AGO))
    (tmp_path / "results" / "logs").mkdir()
    (tmp_path / "results" / "logs" / "a.log").write_text("")
    return tmp_path / "results"


def times(results):
    return {path: path.stat().st_mtime for path in sorted(results.rglob("*")) if path.is_file()}


def ahead(path, hours):
    there = time.time() + 3600 * hours
    os.utime(path, (there, there))


def test_a_clock_that_was_set_back_is_named_with_the_remedy(results):
    clock.check(results)
    for path, found in times(results).items():
        if path.name != "ranking.tsv":
            os.utime(path, (found, found + 3 * 3600))
    with pytest.raises(ConfigError) as caught:
        clock.check(results)
    said = str(caught.value)
    assert said.startswith(f"{results}/b/figures/1.png: its time is 3.0 hours ahead of the clock")
    assert said.endswith(f"unhans set-times {results}")


def test_the_remedy_keeps_the_order_of_all_results(results):
    for path in (results / "b/corpus/3.zarr.zip", results / "b/figures"):
        ahead(path, 5)
    before = times(results)
    assert clock.set_back(results) == 6  # three files and their folders
    clock.check(results)
    after = times(results)
    assert max(after.values()) <= time.time()
    assert sorted(before, key=before.get) == sorted(after, key=after.get)
    assert after[results / "ranking.tsv"] == clock.LONG_AGO
    assert after[results / "logs/a.log"] == before[results / "logs/a.log"]
    assert clock.set_back(results) == 0


def test_clocks_that_differ_a_little_and_logs_are_no_fault(results):
    ahead(results / "b/manifest.tsv", 1 / 120)
    ahead(results / "logs/a.log", 9)
    clock.check(results)


def test_results_that_are_not_there_yet_are_no_fault(tmp_path):
    clock.check(tmp_path / "results")
