"""changed_properties: what tells classes among the images that were changed."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from unhans.io import store
from unhans.probes import changed_properties, shortcuts
from unhans.probes.groups import Group
from unhans.probes.properties import PROPERTIES

NAMES = [*PROPERTIES]


@pytest.fixture
def measured(tmp_path):
    """Three classes of twenty images; rows 10 and above have other values."""
    paths = []
    for place, name in enumerate("abc"):
        values = np.random.default_rng(place).normal(size=(20, len(NAMES))).astype(np.float32)
        values[:10, 0] += 5 * (name == "a")
        values[:, 1] = np.nan
        paths.append(tmp_path / f"{name}.zarr.zip")
        arrays = {"row": np.arange(20) + 3, "values": values}
        store.write(paths[-1], arrays, store.Recipe("properties", {}, "x"))
    return store.classes(paths)


def groups(rows):
    return [
        Group(name, name, at, lambda *_: None, len(rows), rows=np.array(rows))
        for at, name in enumerate("abc")
    ]


def telling(*rows):
    return pd.DataFrame(rows, columns=["class", "property", "direction"])


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_areas_are_those_of_scikit_learn_among_the_changed_images(measured, direction):
    chosen = range(13, 23)
    found = changed_properties.add(
        telling(("b", NAMES[2], direction)), measured, groups(list(chosen))
    )
    values = np.concatenate([measured[name]["values"][10:20, 2] for name in "abc"])
    area = roc_auc_score(np.repeat([0, 1, 0], 10), values)
    expected = area if direction == "higher" else 1 - area
    assert found["auc_changed"].tolist() == pytest.approx([expected])
    assert found["auc_changed_high"][0] > expected


def test_images_that_do_not_show_a_property_have_a_low_area(measured):
    rows = telling(("a", NAMES[0], "higher"))
    shown = changed_properties.add(rows, measured, groups(list(range(3, 13))))
    lost = changed_properties.add(rows, measured, groups(list(range(13, 23))))
    assert shown["auc_changed"][0] > 0.95
    assert lost["auc_changed"][0] < 0.8


def test_what_is_not_measured_is_not_known(measured):
    rows = telling(
        ("a", NAMES[1], "higher"), ("a", "format: PNG", "higher"), ("d", NAMES[0], "higher")
    )
    found = changed_properties.add(rows, measured, groups([3, 4, 5]))
    assert found[[*shortcuts.CHANGED]].isna().all(axis=None)
    in_memory = [Group("a", "a", 0, lambda *_: None, 3)]
    assert changed_properties.add(rows, measured, in_memory)["auc_changed"].isna().all()
    assert changed_properties.add(rows.head(0), measured, []).empty
