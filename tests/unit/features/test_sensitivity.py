"""sensitivity: noise where features are, labels by what is known, and a person's labels."""

import math
from dataclasses import replace

import numpy as np
import pytest

from unhans.errors import ConfigError
from unhans.features import (
    answers,
    class_features,
    feature_maps,
    labels,
    salient,
    sensitivity,
    shown_images,
)
from unhans.features.feature_maps import FeatureMaps
from unhans.features.labels import Evidence
from unhans.features.pixels import Pixels
from unhans.io import store
from unhans.networks import penultimate

NAN = float("nan")
SETTINGS = sensitivity.Settings(images=8, top=5)


@pytest.fixture(scope="module")
def pixels(planted, network):
    return Pixels(planted, network)


@pytest.fixture(scope="module")
def maps(neurons, pixels):
    return FeatureMaps(neurons, pixels, feature_maps.layer_of(pixels, "auto"))


@pytest.fixture(scope="module")
def found(neurons, maps):
    first = class_features.names(neurons.arrays)[0]
    return sensitivity.measure(maps, SETTINGS, {first: "background"})


def test_every_feature_is_measured_and_labelled(neurons, maps, found):
    assert [row["feature"] for row in found] == class_features.names(neurons.arrays)
    assert set(found[0]) == set(sensitivity.COLUMNS)
    assert (found[0]["label"], found[0]["source"]) == ("background", "person")
    assert all(0 <= row["iou"] <= 1 and 0 <= row["auc"] <= 1 for row in found)
    assert all(row["low"] <= row["difference"] <= row["high"] for row in found)
    assert {row["images"] for row in found} == {5}
    again = sensitivity.measure(maps, SETTINGS, {})
    assert again[0]["iou"] == found[0]["iou"]
    assert again[0]["source"].startswith("planted")
    assert again[1:] == found[1:]


def test_scores_are_those_of_the_features_of_a_label(maps, found):
    scores = sensitivity.score(maps, SETTINGS, found)
    assert scores.clean >= max(scores.core, 0)
    assert scores.reliance == scores.core_control - scores.core
    none = sensitivity.score(maps, SETTINGS, [{"label": "unsure"}] * len(found))
    assert none.clean == scores.clean
    assert all(map(math.isnan, (none.core, none.spurious, none.rfs)))
    rows, back = sensitivity.from_array(sensitivity.as_array(found, none))
    assert rows == found
    assert math.isnan(back.core)
    assert back.clean == none.clean


def test_images_are_ranked_by_the_features_that_are_labelled_spurious(neurons, found):
    ranks = shown_images.ranked(neurons, found)
    strength = class_features.values(neurons.arrays)
    own = [place for place, row in enumerate(found) if row["label"] not in ("core", "unsure")]
    slow = [(strength[place] - strength[place].mean()) / strength[place].std() for place in own]
    np.testing.assert_allclose(ranks, np.mean(slow, axis=0))
    assert np.isnan(shown_images.ranked(neurons, [{"label": "core"}] * len(found))).all()


def test_trials_are_draws_of_noise_whose_answers_are_averaged(maps, found):
    alone = [
        sensitivity.response(maps, replace(SETTINGS, seed=seed), 0, np.arange(4))
        for seed in (7, 8, 9)
    ]
    three = sensitivity.response(maps, replace(SETTINGS, seed=7, trials=3), 0, np.arange(4))
    for key in ("response", "control", "difference", "noise_accuracy", "control_accuracy"):
        assert three[key] == pytest.approx(np.mean([one[key] for one in alone]))
    scores = sensitivity.score(maps, replace(SETTINGS, trials=2), found)
    assert 0 <= scores.clean <= 1


def test_an_attack_makes_a_neuron_more_active(neurons, pixels):
    at, changed = shown_images.attacks(neurons, pixels, steps=5)
    assert changed.shape == (3, 1, 28, 28)
    seen = class_features.values(neurons.arrays)
    with penultimate.watched(pixels.network.module, pixels.ending) as see:
        for place, neuron in enumerate(neurons["neuron"]):
            after = see(changed[place : place + 1] / np.float32(255)).activation[0, neuron]
            assert after > seen[place, at[place]]
    assert len(shown_images.attacks(neurons, pixels, steps=0)[1]) == 0


def test_what_is_known_best_decides():
    spurious = Evidence(0.5, 0.5, 0, 0, 0)
    assert labels.decide(spurious, "core") == ("core", "person")
    assert labels.decide(spurious) == ("spurious", "planted_pixels")
    assert labels.decide(Evidence(0.1, 0.95, 0, 0, 0)) == ("spurious", "planted_images")
    assert labels.decide(Evidence(NAN, 0.6, 0.5, 0, 0)) == ("core", "planted")
    assert labels.decide(Evidence(NAN, NAN, -0.3, 0, 0)) == ("unsure", "gap")
    assert labels.decide(Evidence(NAN, NAN, 0.1, -0.2, -0.1)) == ("unsure", "noise")
    assert labels.decide(Evidence(NAN, NAN, NAN, -0.2, 0.1)) == ("unsure", "")
    assert labels.auc([3, 1, 2, 2], [True, False, True, False]) == 0.875
    assert math.isnan(labels.auc([1, 2], [True, True]))


TABLE = "corpus\tmodel\tclass\tfeature\tlabel\tconfidence\treasons\n"


def test_a_table_of_labels_is_read(tmp_path):
    path = tmp_path / "features.tsv"
    path.write_text(TABLE + "d\tm\t3\tneuron5\tbackground\t4\tsky\nd\tm\t8\tcomponent1\tcore\t\t\n")
    rows = answers.read(path)
    assert answers.of_class(rows, "d", "m", "3") == {"neuron5": "background"}
    assert rows[0].reasons == "sky"
    assert "not among the features: neuron5" in answers.describe_unknown({"neuron5": "core"}, [])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("d\tm\t3\tneuron5\tgood\t\t", "label 'good'; expected one of core, separate_object"),
        ("d\tm\t3\tlayer5\tcore\t\t", "feature 'layer5'; expected neuron<number>"),
        ("d\tm\t3\tneuron5\tcore\t6\t", "confidence '6'; expected 1 to 5"),
        ("d\tm\t3\tneuron5\tcore\t\t\x1b[2J", "expected at most 1000 letters that print"),
        ("d\tm\t3\tneuron5\tcore\t\t\nd\tm\t3\tneuron5\tunsure\t\t", "labelled twice"),
    ],
)
def test_a_table_that_is_not_valid_is_refused(tmp_path, row, message):
    path = tmp_path / "features.tsv"
    path.write_text(f"{TABLE}{row}\n")
    with pytest.raises(ConfigError, match=message):
        answers.read(path)


def test_the_table_of_all_classes_ranks_them_and_keeps_what_failed(found, tmp_path):
    folder, paths = tmp_path / "d" / "m" / "sensitivity", []
    recipe = store.Recipe("sensitivity", {}, "x")
    for name, core in (("1", 0.5), ("3", 0.25), ("8", NAN)):
        scores = sensitivity.Scores(1.0, core, 0.75, 0.5, 0.5)
        paths.append(str(folder / f"{name}.zarr.zip"))
        store.write(paths[-1], {"table": sensitivity.as_array(found, scores)}, recipe)
    paths.append(str(folder / "9.zarr.zip"))
    store.write_set_aside(paths[-1], recipe, "no pooling")
    table = salient.tabulate(store.by_path(paths), {"d": {"1": "one"}})
    assert list(table.columns) == salient.COLUMNS
    ranks = table.drop_duplicates("class").set_index("class")["rank"]
    assert ranks.to_dict() == pytest.approx({"3": 1, "1": 2, "8": NAN, "9": NAN}, nan_ok=True)
    assert table["name"].iloc[-1] == "9"
    assert table["status"].iloc[-1] == "no pooling"
    text = salient.describe(table)
    assert "relied on most: 3 (+50 points), one (+25 points)" in text
    assert "1 of 4 classes are set aside; the first: no pooling" in text
