"""plan: where results and logs lie, and what the jobs of a rule read."""

from _plans import (
    make,
    wildcards,
)

from unhans import paths
from unhans.pipeline import inputs, targets


def test_the_logs_of_a_class_stand_in_the_order_of_its_stages():
    analysis = make().config.analyses()[0]
    logs = make().logs(analysis, "3")
    assert logs[0] == "results/logs/digits/corpus/3.log"
    assert logs[1] == "results/logs/digits/small_vgg/training.log"
    assert logs[-1] == f"results/logs/{analysis.path}/separability/3.log"
    assert len(logs) == len(make().lineage(analysis))


def test_the_ranking_has_a_row_for_each_class_and_analysis():
    made = make(corpus={"digits": {"classes": [1, 3], "planting": []}})
    assert len(made.analysed_classes()) == 4
    assert targets.planted_classes(made, "clustering") == []
    planted = targets.planted_classes(make(), "clustering")
    assert [paths.name_of(path) for path in planted] == ["3", "3"]


def test_a_job_gets_label_name_and_index_of_its_classes(images):
    made = images(execution={"classes_per_job": 5})
    chunk = made.chunks("distance")[1]
    entries = made.entries_of(chunk)(wildcards(corpus="mine"))
    assert tuple(entries) == chunk.classes
    label = "class 05"
    assert entries[chunk.classes[0]] == {"label": label, "name": label, "index": 5, "rows": ""}
    single = images()
    entries = single.entries_of(single.chunks("distance")[0])(
        wildcards(corpus="mine", class_id=chunk.classes[0])
    )
    assert list(entries) == [chunk.classes[0]]


def test_the_results_of_a_chunk_are_those_of_its_classes(images):
    made = images(execution={"classes_per_job": 5})
    chunk = made.chunks("distance")[2]
    at = made.config.analyses()[0]
    expected = [made.result("attribution", at, name) for name in chunk.classes]
    assert inputs.by_representation(made, chunk, inputs.compared_stage)(at) == expected


def test_predictions_are_read_from_the_first_composite(images):
    composites = ["epsilon_plus", "epsilon_plus_flat"]
    made = images(corpus={"classes": 1}, attribution={"composites": composites})
    (path,) = made.first_attributions(wildcards(corpus="mine", model="vgg16"))
    assert path.startswith("results/mine/vgg16/epsilon_plus/attribution/")
