"""responses: the sign test, intervals and false discovery rates against their definitions."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from unhans import bootstrap
from unhans.probes import responses
from unhans.probes.groups import of_arrays
from unhans.probes.movement import measure
from unhans.probes.responses import COLUMNS, discoveries, hues, interval, sign_test
from unhans.probes.table import chosen, steps


@pytest.mark.parametrize(
    "differences", [[], [0, 0], [1], [1, 1, -1], [1, 0, 1, 1, -1, 1], [-1] * 5]
)
def test_the_sign_test_counts_all_signs(differences):
    moved = [one for one in differences if one]
    sums = [sum(signs) for signs in product((1, -1), repeat=len(moved))]
    expected = np.mean([total >= sum(moved) for total in sums])
    assert sign_test(np.array(differences, dtype=int)) == pytest.approx(expected)


def test_the_sign_test_is_right_for_few_images():
    # Under the null hypothesis a p of at most 5 % comes up at most so often, for any number of images.
    random = np.random.default_rng(0)
    for n in (3, 8, 20):
        found = [sign_test(random.choice([-1, 0, 1], n)) for _ in range(2000)]
        assert np.mean(np.array(found) <= 0.05) <= 0.06


@pytest.mark.parametrize("counts", [(0, 3, 10, 7, 0), (1, 0, 30, 2, 1), (0, 0, 0, 5, 0)])
def test_intervals_are_those_of_the_bootstrap(counts):
    values = np.repeat(np.arange(-2, 3), counts).astype(float)
    assert interval(counts) == pytest.approx(100 * np.array(bootstrap.interval(values)), abs=5)


def test_intervals_of_one_value_are_unknown():
    assert np.isnan(interval((0, 0, 1, 0, 0))).all()


class Brightness(nn.Module):
    """Three classes: dark, grey and light images, by thresholds."""

    def forward(self, x):
        light = x.mean((1, 2, 3))
        return 40 * nn.functional.one_hot((light > 0.4).long() + (light > 0.6), 3) * light[:, None]


@pytest.fixture(scope="module")
def seen():
    random = np.random.default_rng(5)
    means = random.choice([0.3, 0.38, 0.5, 0.57, 0.65], 60)
    images = np.clip(means[:, None, None, None] + random.normal(0, 0.02, (60, 3, 8, 8)), 0, 1)
    label = (means > 0.4).astype(int) + (means > 0.6)
    label[::7] = (label[::7] + 1) % 3
    groups = of_arrays(images, label, {"a": "A", "b": "B", "c": "C"})
    asked = chosen(["brightness", "contrast"], 3)
    table = responses.tabulate(
        measure(Brightness(), None, groups, steps(asked)),
        *(asked, groups),
        **{"corpus": "x", "model": "y", "level": 0.05, "least": 5},
    )
    return images, label, table


def called(images, label):
    logits = Brightness()(torch.from_numpy(images.astype(np.float32))).numpy()
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rank = np.array([[1 + sum(other > one for other in row) for one in row] for row in logits])
    return logits.argmax(axis=1) == label, 100 * chances[:, label], rank[:, label]


def test_each_row_is_what_its_columns_say(seen):
    images, label, table = seen
    assert list(table.columns) == COLUMNS
    for place, class_id in enumerate("abc"):
        part = table[(table["class"] == class_id) & (table["intervention"] == "brighter")]
        assert list(part["direction"]) == ["in", "in", "out", "out"]
        for row in part.to_dict("records"):
            into = row["direction"] == "in"
            chosen_images = images[(label != place) if into else (label == place)]
            sign = 1 if into else -1
            moved = {}
            for name, amount in (("own", row["strength"]), ("control", -row["strength"])):
                after = called(np.clip(chosen_images + amount, 0, 1), place)
                before = called(chosen_images, place)
                moved[name] = [
                    sign * (b.astype(float) - a) for a, b in zip(before, after, strict=True)
                ]
                if name == "own":
                    assert row["before"] == pytest.approx(100 * before[0].mean())
                    assert row["after"] == pytest.approx(100 * after[0].mean())
            own, control = moved["own"][0], moved["control"][0]
            against = control.sum() < 0  # then the images as they are are the control
            assert row["control_name"] == ("unchanged" if against else "darker")
            control = 0 * control if against else control
            assert row["images"] == len(own)
            assert row["response"] == pytest.approx(100 * own.mean())
            assert row["control"] == pytest.approx(100 * control.mean())
            assert row["difference"] == pytest.approx(100 * (own - control).mean())
            assert row["probability"] == pytest.approx(moved["own"][1].mean(), abs=1e-3)
            assert row["rank"] == pytest.approx(-moved["own"][2].mean(), abs=1e-6)
            assert row["low"] <= row["response"] <= row["high"]
            if into:
                same = ("intervention", "strength", "direction")
                alike = table[(table[list(same)] == [row[name] for name in same]).all(axis=1)]
                beside = alike.loc[alike["class"] != class_id, "response"].tolist()
                assert len(beside) == 2
                assert row["others"] == pytest.approx(sum(beside) / 2)
                assert row["used"] <= (row["response"] - row["others"] >= 5)


def test_q_is_that_of_gilbert_after_benjamini_and_hochberg():
    random = np.random.default_rng(2)
    for _ in range(30):
        images = random.integers(0, 15, 40)
        least = 0.5**images
        p = np.minimum(1, least * 2.0 ** random.integers(0, 4, 40))
        # The least number of tests of which no more could be significant at the level over that number.
        count = next(k for k in range(1, 41) if (least <= 0.05 / k).sum() <= k)
        able = least <= 0.05 / count
        own = sorted(p[able])
        found = discoveries(p, least, 0.05)
        assert (found[~able] == 1).all()
        for value, q in zip(p[able], found[able], strict=True):
            steps_up = [one * len(own) / (at + 1) for at, one in enumerate(own) if one >= value]
            assert q == pytest.approx(min(1, *steps_up, 1))


def test_without_a_test_that_could_be_significant_nothing_is():
    assert discoveries(np.array([0.5, 1.0]), np.array([0.5, 0.25]), 0.05).tolist() == [1, 1]
    assert discoveries(np.zeros(0), np.zeros(0), 0.05).tolist() == []


def test_what_brightness_decides_is_used_and_contrast_is_not(seen):
    table = seen[2]
    used = table[table["used"]]
    assert {"brighter", "darker"} >= set(used["intervention"]) > set()
    assert (used["difference_low"] > 0).all()
    assert (used["q"] <= 0.05).all()
    assert (used["difference"] >= 5).all()


def test_hues_are_those_by_which_classes_differ():
    assert hues(np.array([[0.6, 0.4, 0.4], [0.4, 0.4, 0.4]])) == ["red", "cyan"]
    assert hues(np.array([[0.6], [0.4]])) == ["", ""]
    assert hues(np.array([[0.6, 0.4, 0.4]])) == [""]
