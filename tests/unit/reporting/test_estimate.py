"""estimate: a run's hours and gigabytes follow from the jobs of one class."""

import numpy as np
import pandas as pd
import pytest

from unhans.config import reference
from unhans.errors import InputError
from unhans.io import zarr_zip
from unhans.pipeline.stages import STAGES
from unhans.reporting import estimate
from unhans.reporting.estimate import Measured

IMAGES = {"mine": {"a": 100, "b": 300, "c": 200}}
CLASSES = {"mine": ["a", "b", "c"]}


def job(stage, seconds=36.0, size=10**9, classes=("a",)):
    return Measured(stage, "mine", f"mine/{stage}", seconds, size, classes)


def estimated(*jobs):
    return estimate.table(jobs, CLASSES, IMAGES).set_index("stage")


@pytest.mark.parametrize(
    ("stage", "times"),
    [
        ("attribution", 100 + 300 + 200),
        ("distance", (100**2 + 300**2 + 200**2) / 100),
        ("movement", 300),
        ("transplant", 300),
    ],
)
def test_a_stage_grows_as_its_work_does(stage, times):
    row = estimated(job(stage)).loc[stage]
    assert row["hours"] == pytest.approx(0.01 * times / 100)
    assert row["gigabytes"] == pytest.approx(times / 100)
    assert row["images"] == 600
    assert row["classes"] == 3


def test_a_chunk_is_as_long_as_all_of_its_classes_and_its_file_as_large_as_the_first():
    row = estimated(job("attribution", classes=("a", "b"))).loc["attribution"]
    assert row["hours"] == pytest.approx(0.01 * 600 / 400)
    assert row["gigabytes"] == pytest.approx(600 / 100)
    assert row["measured_classes"] == 2


def test_what_is_made_once_counts_once():
    row = estimated(job("training", classes=())).loc["training"]
    assert row["hours"] == pytest.approx(0.01)
    assert row["gigabytes"] == pytest.approx(1)


def test_a_class_without_images_takes_the_time_of_one():
    images = {"mine": {"a": 100}}
    found = estimate.table([job("attribution")], CLASSES, images)
    assert found["hours"].item() == pytest.approx(0.01 * 102 / 100)


def write(folder, seconds="12.5", log="attribution: 100 images", status="ok"):
    zarr_zip.write(folder / "a.zarr.zip", {}, {"status": status})
    (folder / "a.log").write_text(log)
    (folder / "a.tsv").write_text(f"s\th:m:s\n99\t0:01:39\n{seconds}\t0:00:12\n")
    return {
        **{"stage": "attribution", "corpus": "mine", "point": "mine/net", "classes": ["a"]},
        **{"result": str(folder / "a.zarr.zip"), "log": str(folder / "a.log")},
        "benchmark": str(folder / "a.tsv"),
        "threads": 2,
    }


def test_a_job_is_read_from_its_last_benchmark(tmp_path):
    found = estimate.read(write(tmp_path))
    size = (tmp_path / "a.zarr.zip").stat().st_size
    assert found == Measured("attribution", "mine", "mine/net", 12.5, size, ("a",), 2)


def test_a_class_that_was_set_aside_is_no_measurement(tmp_path):
    found = estimate.read(write(tmp_path, status="set aside"))
    assert (found.seconds, found.size) == (None, None)


def test_a_job_of_several_cores_leaves_fewer_for_others():
    one = estimate.table([job("attribution", 7200.0)._replace(threads=2)], CLASSES, IMAGES)
    assert "12.0 hours of one job after the other, 6.0 hours on 4 cores" in estimate.describe(
        one, 4
    )
    assert "12.0 hours on 1 cores" in estimate.describe(one, 1)


def test_the_time_of_a_job_that_did_nothing_is_no_measurement(tmp_path):
    assert estimate.read(write(tmp_path, log="attribution: a is up to date")).seconds is None
    known = write(tmp_path)
    (tmp_path / "a.tsv").unlink()
    assert estimate.read(known).seconds is None
    (tmp_path / "a.zarr.zip").unlink()
    assert estimate.read(known).size is None


@pytest.mark.parametrize("seconds", ["", "soon"])
def test_a_damaged_benchmark_is_named(tmp_path, seconds):
    known = write(tmp_path, seconds=seconds)
    with pytest.raises(InputError, match=r"a\.tsv: no benchmark"):
        estimate.read(known)


def test_the_words_say_what_takes_long_and_what_is_not_known():
    jobs = [job("attribution", 7200.0), job("movement", 36.0), job("distance", None)]
    words = estimate.describe(estimate.table(jobs, CLASSES, IMAGES), cores=4)
    first, second, keys, third, last = words.splitlines()
    assert first == (
        "estimate: at least 12.0 hours of one job after the other, 3.0 hours on 4 cores; 23 GB; "
        "3 classes, 600 images"
    )
    assert second == "most of it: attribution 12.0 hours, movement 1.8 minutes"
    assert keys == "takes less with a smaller value of: corpus.<name>.per_class (attribution)"
    assert third == (
        "not measured, since results were there before, or the class was set aside: distance"
    )
    assert last.startswith("not in it: ")


def test_images_that_were_set_aside_do_not_count():
    manifest = pd.DataFrame(
        {"class": ["a", "a", "b", "b"], "status": ["ok", "ok", "ok", "no image"]}
    )
    assert estimate.images_of(manifest) == {"a": 2, "b": 1}


def test_what_is_not_measured_is_no_number():
    found = estimated(job("attribution", None, None))
    assert np.isnan(found.loc["attribution", "hours"])
    assert np.isnan(found.loc["attribution", "gigabytes"])


def test_the_keys_that_take_less_time_are_keys_of_the_configuration():
    known = reference.schema()["$defs"]
    for key in estimate.SMALLER.values():
        section, *_, name = key.split(".")
        section = "images" if section == "corpus" else section.replace("_", "")
        (own,) = (one for title, one in known.items() if title.lower() == section)
        assert name in own["properties"]
    assert set(estimate.SMALLER) <= set(STAGES)
