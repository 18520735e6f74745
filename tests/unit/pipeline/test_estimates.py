"""estimates: one class of each corpus is measured, in all stages that a run has."""

from _plans import make

from unhans.pipeline import estimates
from unhans.pipeline.stages import STAGES
from unhans.reporting.estimate import BESIDE


def test_every_stage_of_a_class_is_measured_at_every_point(images):
    made = images(corpus={"classes": 3}, distance={"metrics": ["euclidean", "cosine"]})
    found = estimates.jobs(made)
    first = made.classes.analysed("mine")[0]
    of_classes = [job for job in found if job["classes"]]
    assert {tuple(job["classes"]) for job in of_classes} == {(first,)}
    stages = {job["stage"] for job in of_classes}
    assert {"corpus", "properties", "attribution", "movement", "transplant"} <= stages
    assert {"group_search", "distance", "separability", "interval", "projection"} <= stages
    points = [job["point"] for job in found if job["stage"] == "distance"]
    assert len(points) == len(set(points)) == 2
    assert len({job["result"] for job in found}) == len(found)


def test_what_is_measured_are_results_of_classes(images):
    made = images(corpus={"classes": 3})
    asked = set(estimates.measured(made))
    for job in estimates.jobs(made):
        assert (job["result"] in asked) == (STAGES[job["stage"]].kind == "class")
    assert not any(path.endswith("model.zarr.zip") for path in asked)


def test_benchmarks_and_logs_are_those_of_the_rules(images):
    alone = {job["stage"]: job for job in estimates.jobs(images(corpus={"classes": 3}))}
    first = alone["distance"]["classes"][0]
    assert alone["distance"]["benchmark"].endswith(f"/euclidean/distance/{first}.tsv")
    assert "/benchmarks/" in alone["distance"]["benchmark"]
    assert alone["distance"]["log"].endswith(f"/euclidean/distance/{first}.log")
    chunked = images(corpus={"classes": 4}, execution={"classes_per_job": 3})
    jobs = {job["stage"]: job for job in estimates.jobs(chunked)}
    assert len(jobs["distance"]["classes"]) == 3
    assert jobs["distance"]["benchmark"].endswith("/distance/mine_000.tsv")


def test_what_the_job_of_another_stage_makes_takes_no_time_of_its_own(images):
    found = estimates.jobs(images(corpus={"classes": 3}, attribution={"activations": True}))
    timed = [job["benchmark"] for job in found if job["benchmark"]]
    assert len(timed) == len(set(timed))
    untimed = {job["stage"] for job in found if not job["benchmark"]}
    assert untimed == {stage.name for stage in STAGES.values() if stage.made_by} == {*BESIDE}


def test_a_trained_network_is_measured_once():
    found = [job for job in estimates.jobs(make()) if job["stage"] == "training"]
    assert [job["classes"] for job in found] == [[]] * len(found)
    assert found[0]["benchmark"].endswith("/digits/small_vgg/training.tsv")
