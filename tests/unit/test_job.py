"""job: a class set aside goes on as such, a fault ends the job with one readable line."""

from types import SimpleNamespace

import numpy as np
import pytest

from unhans import store
from unhans.errors import InputError, SetAsideError, StoreError
from unhans.job import Job


@pytest.fixture
def call(tmp_path):
    above = store.Recipe("distance", {"metric": "euclidean"}, "def-1")
    store.write(tmp_path / "distance" / "3.zarr.zip", {"distance": np.zeros((7, 7))}, above)
    return SimpleNamespace(
        rule="affinity",
        input=[str(tmp_path / "distance" / "3.zarr.zip")],
        output=[str(tmp_path / "3.zarr.zip")],
        params=SimpleNamespace(settings={"knn": 10}, code="abc-1"),
        log=[str(tmp_path / "logs" / "3.log")],
    )


def log_of(call):
    with open(call.log[0], encoding="utf-8") as file:
        return file.read()


def test_the_recipe_is_what_the_rule_was_told(call):
    with Job(call) as job:
        assert job.recipe == store.Recipe("affinity", {"knn": 10}, "abc-1")
        job.say("done")
    assert log_of(call) == "done\n"


def test_a_class_that_cannot_be_analysed_is_set_aside(call, capsys):
    with Job(call):
        raise InputError("10 nearest neighbours need at least 11 images; there are 7")
    reason = f"affinity of {call.input[0]}: 10 nearest neighbours need"
    with pytest.raises(SetAsideError, match=reason):
        store.read(call.output[0])
    assert set(store.read_attributes(call.output[0])["lineage"]) == {"distance", "affinity"}
    assert "class set aside: " + reason in log_of(call)
    assert "class set aside: " + reason in capsys.readouterr().err


def test_a_reason_passes_through_the_stages_below_unchanged(call):
    with Job(call):
        raise SetAsideError("affinity of y: too few")
    with pytest.raises(SetAsideError, match=r"^affinity of y: too few$"):
        store.read(call.output[0])


def test_a_fault_ends_the_job_with_its_message_alone(call, capsys):
    with pytest.raises(SystemExit), Job(call):
        raise StoreError("results/x/3.zarr.zip: damaged")
    assert log_of(call) == "unhans: error: results/x/3.zarr.zip: damaged\n"
    assert "Traceback" not in capsys.readouterr().err


def test_data_that_fails_a_job_of_no_class_is_a_fault(call):
    with pytest.raises(SystemExit), Job(call, per_class=False):
        raise InputError("no images")
    assert "unhans: error: no images" in log_of(call)


def test_anything_else_leaves_its_traceback_in_the_log(call):
    with pytest.raises(ZeroDivisionError), Job(call):
        _ = 1 / 0
    text = log_of(call)
    assert "Traceback" in text
    assert "unhans: error: affinity: ZeroDivisionError: division by zero" in text


def test_memory_running_out_says_what_to_raise(call):
    with pytest.raises(SystemExit), Job(call):
        raise MemoryError
    assert "out of memory; raise the rule's mem_mb" in log_of(call)
