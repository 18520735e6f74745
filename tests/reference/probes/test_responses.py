"""responses: the columns of the table against their definitions."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.probes import responses
from unhans.probes.groups import of_arrays
from unhans.probes.movement import measure
from unhans.probes.responses import COLUMNS, hues
from unhans.probes.table import chosen, steps


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


class Cornered(nn.Module):
    """Three classes by a pixel each, but where the corners are black it is always the first."""

    def forward(self, x):
        logits = 40 * x[:, :, 8, 8]
        black = (x[:, :, 0, 0].amax(1) < 0.02).float()[:, None]
        return logits + black * torch.tensor([[99.0, 0, 0]])


@pytest.mark.parametrize("classes", [2, 3])
def test_what_one_class_takes_from_all_is_no_use_by_those_that_lose(classes):
    random = np.random.default_rng(1)
    images = random.uniform(0.3, 0.4, (20 * classes, 3, 16, 16)).astype(np.float32)
    label = np.repeat(np.arange(classes), 20)
    images[np.arange(len(images)), label, 8, 8] = 0.9
    names = {name: name.upper() for name in "abc"[:classes]}
    groups, asked = of_arrays(images, label, names), chosen(["corners"], 3)
    table = responses.tabulate(
        measure(Cornered(), None, groups, steps(asked)),
        *(asked, groups),
        **{"corpus": "x", "model": "y", "level": 0.05, "least": 5},
    )
    used = table[table["used"] & (table["intervention"] == "corners_black")]
    found = set(zip(used["class"], used["direction"], strict=True))
    # Of two classes, one's gain is the other's loss.
    assert found == ({("a", "in"), ("b", "out")} if classes == 2 else {("a", "in")})
