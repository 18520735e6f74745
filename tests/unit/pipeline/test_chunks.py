"""chunks: every class once, in rules that another choice of classes leaves alone."""

import re
from types import SimpleNamespace

import pytest
from _plans import ROOT, make, wildcards

from unhans.config import loading
from unhans.pipeline import plan
from unhans.pipeline.chunks import copies_of_metric, one_of


def test_a_few_classes_have_a_job_each():
    (chunk,) = make().chunks("distance")
    assert (chunk.classes, chunk.size, chunk.corpus) == ((), 1, "digits")
    assert chunk.rule("distance") == "distance"
    assert chunk.each("logs/{class_id}.log") == "logs/{class_id}.log"
    assert chunk.label == "{class_id}"
    assert chunk.of(wildcards(class_id="3")) == ("3",)


def test_chunks_hold_every_class_once_and_have_rules_of_their_own(images):
    made = images(execution={"classes_per_job": 5})
    chunks = made.chunks("distance")
    assert [chunk.size for chunk in chunks] == [5, 5, 2]
    assert tuple(name for chunk in chunks for name in chunk.classes) == made.classes.needed("mine")
    rules = [chunk.rule("distance") for chunk in chunks]
    assert rules == ["distance_mine_000", "distance_mine_001", "distance_mine_002"]
    assert {chunk.rule("distance").split("_")[0] for chunk in chunks} == {"distance"}
    assert chunks[2].each("logs/{class_id}.log") == [
        f"logs/{name}.log" for name in made.classes.needed("mine")[10:]
    ]
    assert chunks[2].of(None) == chunks[2].classes


def test_another_choice_of_classes_leaves_the_chunks_as_they_are(images):
    options = {"execution": {"classes_per_job": 5}}
    whole = {chunk.number: chunk.classes for chunk in images(**options).chunks("distance")}
    some = ["class 0[2-6]", "class 11"]
    for chunk in images(corpus={"classes": some}, **options).chunks("distance"):
        assert set(chunk.classes) <= set(whole[chunk.number])
    numbers = [
        chunk.number for chunk in images(corpus={"classes": some}, **options).chunks("distance")
    ]
    assert numbers == [0, 1, 2]


def test_small_corpora_share_a_rule_and_large_ones_have_their_own(images, tmp_path):
    folder = {"source": "folder", "root": str(tmp_path / "images")}
    corpora = {"digits": {}, "some": {**folder, "classes": 4}, "many": folder}
    models = {"small_vgg": {}, "vgg16": {"architecture": "vgg16"}}
    options = {"corpus": corpora, "model": models, "execution": {"classes_per_job": 1}}
    (chunk,) = make(**options).chunks("distance")
    assert re.fullmatch(chunk.corpus, "many")
    assert chunk.corpora == ("digits", "some", "many")
    options["execution"] = {"classes_per_job": 11}
    names = [chunk.rule("distance") for chunk in make(**options).chunks("distance")]
    assert names == [
        "distance_digits_000",
        "distance_some_000",
        "distance_many_000",
        "distance_many_001",
    ]


def test_a_chunk_has_time_for_all_its_classes_and_memory_for_one(images):
    single = make().chunks("distance")[0]
    chunk = images(execution={"classes_per_job": 5}).chunks("distance")[0]
    assert single.minutes(30, each=5)(None, attempt=1) == 30
    assert chunk.minutes(30, each=5)(None, attempt=1) == 30 + 4 * 5
    assert chunk.minutes(30, each=5)(None, attempt=2) == 100
    files = SimpleNamespace(size_mb=1000)
    assert single.memory(500, per_input=8)(None, files, attempt=1) == 8500
    assert chunk.memory(500, per_input=8)(None, files, attempt=2) == 2 * (500 + 1600)


@pytest.mark.parametrize(
    ("metric", "peak"),
    [
        # Of a class of 1,300 maps of 224 x 224, 225 MB as they are stored (docs/reliability.md)
        *(("euclidean", 669), ("hellinger", 1087), ("cosine", 1097)),
        *(("sliced_wasserstein", 1485), ("gromov_wasserstein", 1198)),
        ("sliced_gromov_wasserstein", 1638),
    ],
)
def test_distances_have_the_memory_that_their_metric_takes_and_no_three_times_of_it(metric, peak):
    asked = make().chunks("distance")[0].memory(500, per_input=copies_of_metric)
    given = asked(SimpleNamespace(metric=metric), SimpleNamespace(size_mb=225), attempt=1)
    assert 1.3 * peak < given < 3 * peak


def test_names_match_themselves_alone():
    pattern = one_of(["a.b", "c"])
    assert re.fullmatch(pattern, "a.b")
    assert not re.fullmatch(pattern, "axb")


def test_corpora_of_as_many_classes_share_a_rule(tmp_path):
    for name, count in (("few", 7), ("many", 12), ("more", 12)):
        for number in range(count):
            (tmp_path / name / "train" / f"class {number:02d}").mkdir(parents=True)
    corpora = {
        name: {"source": "folder", "root": str(tmp_path / name)} for name in ("few", "many", "more")
    }
    values = {"corpus": corpora, "model": {"vgg16": {"architecture": "vgg16"}}}
    made = plan.Plan(loading.load({**values, "execution": {"classes_per_job": 5}}), ROOT)
    assert [(chunk.corpora, len(chunk.classes)) for chunk in made.whole_corpora("attribution")] == [
        (("few",), 7),
        (("many", "more"), 12),
    ]


def test_a_whole_corpus_has_a_rule_of_its_own(images):
    made = images(execution={"classes_per_job": 5})
    (whole,) = made.whole_corpora("attribution")
    assert whole.rule("figures") == "figures_mine"
    (whole,) = images(execution={"classes_per_job": 1}).whole_corpora("attribution")
    assert (whole.rule("figures"), whole.classes) == ("figures", ())
