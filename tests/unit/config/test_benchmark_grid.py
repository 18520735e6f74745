"""grid: the corpora of the detection benchmark, and how the config and the plan make them jobs."""

from pathlib import Path

import pytest

from unhans.config import loading
from unhans.config.benchmark_grid import CLEAN, DIFFICULTIES, Condition
from unhans.errors import ConfigError
from unhans.pipeline import plan, targets

ROOT = Path(__file__).parents[3]
GRID = {
    "kinds": ["corner", "texture"],
    "rates": [0.02, 0.5],
    "poisoned": [1, 3],
    "difficulties": ["plain", "hard"],
    "seeds": [4, 5],
    "clean_seeds": [6],
}


def make(detection=GRID, **sections):
    values = {"corpus": {}, "model": {"small_vgg": {}}, "detection": detection, **sections}
    return loading.load(values)


def test_every_condition_is_a_corpus_named_by_what_it_is():
    made = make()
    assert len(made.corpus) == 2 * 2 * 2 * 2 * 2 + 2
    assert "corner_r020_c3_hard_s4" in made.corpus
    assert "clean_plain_s6" in made.corpus
    for name, condition in made.detection.conditions().items():
        corpus = made.corpus[name]
        assert len(corpus.planting) == condition.poisoned
        assert {entry.kind for entry in corpus.planting} <= {condition.kind}
        assert {entry.rate for entry in corpus.planting} <= {condition.rate}
        assert corpus.seed == condition.seed
        assert corpus.blur == DIFFICULTIES[condition.difficulty].get("blur", 0)


def test_conditions_that_differ_in_rate_or_kind_alone_poison_the_same_classes():
    def classes(condition):
        return [entry["class"] for entry in condition.corpus()["planting"]]

    base = Condition("corner", 0.02, 3, "plain", 4)
    assert classes(base) == classes(base._replace(rate=0.5, kind="border", difficulty="hard"))
    assert len(set(classes(base))) == 3
    drawn = {tuple(classes(base._replace(seed=seed))) for seed in range(8)}
    assert len(drawn) > 4
    assert classes(Condition(CLEAN, 0.0, 0, "plain", 4)) == []


def test_no_kinds_are_no_grid_and_named_corpora_stay():
    assert list(make({"kinds": []}, corpus={"digits": {}}).corpus) == ["digits"]
    both = make({"kinds": ["bar"], "rates": [0.1]}, corpus={"digits": {}})
    assert list(both.corpus) == ["digits", "bar_r100_c2_plain_s0"]


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"kinds": ["dot"]}, r"detection\.kinds\.0"),
        ({"kinds": ["bar"], "rates": [0]}, r"detection\.rates\.0"),
        ({"kinds": ["bar"], "poisoned": [10]}, r"detection\.poisoned\.0"),
        ({"kinds": ["bar"], "seeds": [1, 1]}, r"detection\.seeds: 1 is named twice"),
        ({"kindz": ["bar"]}, r"detection: unknown key 'kindz'; did you mean 'kinds'"),
    ],
)
def test_a_wrong_grid_is_refused_by_the_key_that_is_wrong(wrong, key):
    with pytest.raises(ConfigError, match=key):
        make(wrong, corpus={"digits": {}})


def test_corpora_of_the_same_classes_share_a_rule():
    planned = plan.Plan(make(execution={"classes_per_job": 10}), ROOT / "workflow")
    (chunk,) = planned.chunks("distance")
    assert chunk.corpora == tuple(planned.config.corpus)
    assert chunk.rule("distance") == "distance_corner_r020_c1_plain_s4_etc_000"
    (whole,) = planned.whole_corpora("corpus")
    assert whole.classes == chunk.classes


def test_the_grid_lists_every_class_and_analysis_and_the_responses_of_planted_corpora():
    planned = plan.Plan(make(corpus={"digits": {}}), ROOT / "workflow")
    assert len(targets.conditions(planned, "separability")) == 34 * 10
    assert not [path for path in targets.conditions(planned, "separability") if "/digits/" in path]
    assert len(targets.condition_responses(planned)) == 32
    assert (
        targets.condition_responses(planned)[0]
        == "results/corner_r020_c1_plain_s4/small_vgg/planted_response.tsv"
    )
    assert planned.settings("detection")["conditions"]["clean_hard_s6"] == [
        *("clean", 0.0, 0, "hard", 6)
    ]


@pytest.mark.parametrize("name", ["detection", "detection_full"])
def test_the_shipped_grids_are_valid(name):
    import yaml

    values = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    made = loading.load_over(ROOT / "config" / "config.yaml", values)
    assert len(made.corpus) == {"detection": 18, "detection_full": 2560}[name]
