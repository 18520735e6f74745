"""photo grid: corpora of one folder of photographs, with marks in some classes, and when skipped."""

from pathlib import Path

import pytest

from unhans.config import loading
from unhans.config.photo_grid import PhotoCondition, photo_conditions
from unhans.errors import ConfigError
from unhans.pipeline import plan, targets

ROOT = Path(__file__).parents[3]
CLASSES = ["a", "b", "c", "d", "e"]
GRID = {"classes": CLASSES, "kinds": ["caption", "label", "fog"], "rates": [0.05, 0.2]}
GRID |= {"seeds": [3], "clean_seeds": [4], "per_class": 40}


@pytest.fixture
def photographs(tmp_path):
    for name in CLASSES:
        (tmp_path / "photos" / "train" / name).mkdir(parents=True)
    return tmp_path / "photos"


def make(root, **changed):
    section = {**GRID, "root": None if root is None else str(root), **changed}
    values = {
        "corpus": {"digits": {}},
        "model": {"small_vgg": {}, "net": {"architecture": "vgg16"}},
    }
    return loading.load({**values, "detection_photographs": section})


def test_every_condition_is_a_corpus_of_the_same_photographs(photographs):
    made = make(photographs)
    own = made.detection_photographs.conditions()
    assert set(made.corpus) == {"digits", *own}
    assert len(own) == 2 * 2 + 1  # two networks for three marks, at two rates, and a clean one
    for name, condition in own.items():
        corpus = made.corpus[name]
        assert corpus.root == str(photographs)
        assert sorted(corpus.planted.values()) == sorted(condition.kinds)
        assert {entry.rate for entry in corpus.planting} <= {condition.rate}
    assert not made.corpus["photos_clean_s4"].planting


def test_the_marks_of_a_seed_are_put_together_by_chance_and_all_are_there():
    kinds = ["caption", "label", "fog", "cool"]
    found = [
        tuple(one.kinds for one in photo_conditions(kinds, [0.2], [2], [], [seed], []))
        for seed in range(8)
    ]
    for pairs in found:
        assert sorted(kind for pair in pairs for kind in pair) == sorted(kinds)
    assert len(set(found)) > 3
    alone = photo_conditions(kinds, [0.2], [1], [], [0], [])
    assert {one.kinds for one in alone} == {(kind,) for kind in kinds}


def test_a_shared_mark_is_two_entries_in_two_classes():
    (shared,) = photo_conditions([], [0.2], [2], ["fog"], [0], [])
    assert shared.shared
    assert shared.name == "photos_fog_and_fog_r200_s0"
    planting = shared.planting(CLASSES)
    assert [entry["kind"] for entry in planting] == ["fog", "fog"]
    assert len({entry["class"] for entry in planting}) == 2
    other = PhotoCondition(("cool", "label"), 0.05, 0)
    assert [one["class"] for one in other.planting(CLASSES)] == [one["class"] for one in planting]


def test_without_photographs_the_benchmark_is_skipped_with_the_reason(tmp_path):
    for root, reason in ((None, "root is not set"), (tmp_path / "gone", "gone: no such folder")):
        made = plan.Plan(make(root), ROOT)
        assert list(made.config.corpus) == ["digits"]
        assert not targets.conditions(made, "attribution", "detection_photographs")
        assert not targets.condition_findings(made, "detection_photographs")
        assert reason in made.settings("detection_photographs")["skipped"]


def test_the_plan_asks_for_all_conditions(photographs):
    made = plan.Plan(make(photographs), ROOT)
    assert len(targets.conditions(made, "attribution", "detection_photographs")) == 5 * 5
    assert len(targets.condition_responses(made, "detection_photographs")) == 4
    assert not targets.conditions(made, "attribution")
    assert not made.settings("detection_photographs")["skipped"]


def test_two_classes_are_enough_where_one_is_marked(photographs):
    own = make(photographs, classes=["a", "b"], poisoned=[1]).detection_photographs
    assert {len(one["classes"]) for one in own.corpora().values()} == {2}
    assert {len(one["planting"]) for one in own.corpora().values()} == {0, 1}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"classes": ["a", "b"]},
            "classes: 2 classes, of which 2 would be marked; expected 3 or more",
        ),
        (
            {"classes": ["a"], "kinds": []},
            "classes: 1 classes, of which 0 would be marked; expected 2",
        ),
        ({"kinds": ["corner"]}, "detection_photographs.kinds"),
        ({"poisoned": [3]}, "detection_photographs.poisoned"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(photographs, changed, said):
    with pytest.raises(ConfigError, match=said):
        make(photographs, **changed)
