"""Effects: which interventions make images more like those of a class."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from unhans.images.changes.catalogue import Step, changed
from unhans.probes import effects
from unhans.probes.groups import of_arrays
from unhans.probes.shortcuts import CLOSED

NAMES = {"a": "A", "b": "B", "c": "C"}


def images(brightness: dict[str, float], n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy colour images of a brightness for each class, and their labels."""
    random = np.random.default_rng(4)
    own = [
        np.clip(random.normal(level, 0.05, (n, 3, 40, 40)), 0, 1) for level in brightness.values()
    ]
    label = np.repeat(np.arange(len(own)), n)
    return np.concatenate(own).astype(np.float32), label


def told(class_id: str, name: str, family: str) -> pd.DataFrame:
    """Return a table of one property that tells a class."""
    row = {"class": class_id, "family": family, "property": name, "stands_out": True}
    return pd.DataFrame([{**row, "median_class": 0.9, "median_others": 0.1}])


def used(class_id: str, name: str, family: str, strength: float, direction: str) -> pd.DataFrame:
    """Return a table of one intervention that is used."""
    row = {"class": class_id, "intervention": name, "family": family, "strength": strength}
    return pd.DataFrame([{**row, "direction": direction, "used": True}])


def closed(name: str, strength: float, direction: str, property_name: str = "brightness") -> float:
    """Share of the difference between class a and darker others that an intervention closes."""
    given, label = images({"a": 0.6, "b": 0.4, "c": 0.4})
    family = "brightness"
    table = effects.tabulate(
        *(told("a", property_name, family), used("a", name, family, strength, direction)),
        of_arrays(given, label, NAMES),
    )
    assert table.columns.tolist() == effects.COLUMNS
    return float(table["closed"].iloc[0])


def test_what_gives_others_the_class_s_brightness_closes_the_difference():
    assert closed("brighter", 0.2, "in") == pytest.approx(1, abs=0.1)
    assert closed("brighter", 0.1, "in") == pytest.approx(0.5, abs=0.1)


def test_the_opposite_and_too_much_of_it_close_nothing():
    assert closed("darker", 0.2, "in") < -0.5
    assert closed("brighter", 0.45, "in") < 0.1


def test_out_is_measured_on_the_class_s_own_images():
    assert closed("darker", 0.2, "out") == pytest.approx(1, abs=0.1)
    assert closed("brighter", 0.2, "out") < -0.5


def test_the_share_is_that_of_medians_by_definition():
    given, label = images({"a": 0.6, "b": 0.4, "c": 0.45})

    def middle(seen: np.ndarray) -> float:
        shades = np.rint(255 * seen).clip(0, 255).astype(np.uint8).astype(np.float64) / 255
        luma = np.tensordot([0.299, 0.587, 0.114], shades, (0, 1))
        return float(np.median(luma.mean(axis=(1, 2))))

    goal, before = middle(given[label == 0]), middle(given[label != 0])
    after = middle(changed(given[label != 0], Step("brighter", 0.1)))
    table = effects.tabulate(
        told("a", "brightness", "brightness"),
        used("a", "brighter", "brightness", 0.1, "in"),
        of_arrays(given, label, NAMES),
    )
    assert table["closed"].iloc[0] == pytest.approx(
        1 - abs(after - goal) / abs(before - goal), abs=1e-3
    )


def test_pairs_of_other_classes_and_families_are_left_out():
    given, label = images({"a": 0.6, "b": 0.4, "c": 0.4})
    groups = of_arrays(given, label, NAMES)
    change = used("a", "brighter", "brightness", 0.2, "in")
    for other in (told("b", "brightness", "brightness"), told("a", "contrast", "contrast")):
        assert effects.tabulate(other, change, groups).empty


def test_of_many_classes_the_others_are_a_sample_over_all():
    names = {f"c{number:02d}": "" for number in range(30)}
    levels = dict.fromkeys(names, 0.4) | {"c00": 0.6}
    read: list[str] = []

    def watched(group):
        def images_of(*at):
            read.append(group.class_id)
            return group.read(*at)

        return replace(group, read=images_of)

    given, label = images(levels, n=3)
    table = effects.tabulate(
        told("c00", "brightness", "brightness"),
        used("c00", "brighter", "brightness", 0.2, "in"),
        [watched(group) for group in of_arrays(given, label, names)],
        images=9,
    )
    assert table["closed"].iloc[0] == pytest.approx(1, abs=0.1)
    assert sorted(set(read)) == [
        f"c{number:02d}" for number in (0, 3, 6, 10, 13, 16, 19, 23, 26, 29)
    ]
    assert len(read) == len(set(read)), "each is read once"


def test_grey_images_and_what_they_do_not_have():
    given, label = images({"a": 0.6, "b": 0.4, "c": 0.4})
    groups = of_arrays(given[:, :1], label, NAMES)
    change = used("a", "brighter", "brightness", 0.2, "in")
    brightness, size = told("a", "brightness", "brightness"), told("a", "bytes", "brightness")
    assert effects.tabulate(brightness, change, groups)["closed"].iloc[0] > 0.9
    assert np.isnan(effects.tabulate(size, change, groups)["closed"].iloc[0])


def test_a_class_of_equal_images_closes_nothing():
    given = np.full((9, 3, 40, 40), 0.5, dtype=np.float32)
    groups = of_arrays(given, np.repeat(np.arange(3), 3), NAMES)
    change = used("a", "brighter", "brightness", 0.2, "in")
    found = effects.tabulate(told("a", "brightness", "brightness"), change, groups)
    assert np.isnan(found["closed"].iloc[0])


def test_what_is_explained_is_the_mean_over_all_that_tells_the_class():
    given, label = images({"a": 0.6, "b": 0.4, "c": 0.4})
    groups = of_arrays(given, label, NAMES)
    names = [
        ("brightness", "brightness"),
        ("dark_pixels", "brightness"),
        ("sharpness", "sharpness"),
    ]
    telling = pd.concat([told("a", name, family) for name, family in [*names, ("bytes", "file")]])
    change = used("a", "brighter", "brightness", 0.2, "in")
    found = effects.tabulate(telling, change, groups)
    alone = [
        effects.tabulate(
            pd.concat([told("a", name, family), telling[telling["property"] == "brightness"]]),
            *(change.assign(family=family), groups),
        )
        .set_index("property")["closed"][[name]]
        .iloc[0]
        for name, family in names
    ]
    expected = np.clip(np.nan_to_num(alone), 0, 1).mean()
    assert found["explained"].tolist() == pytest.approx([expected] * len(found))


def test_surroundings_of_the_class_close_what_its_surroundings_tell():
    given, label = images({"a": 0.5, "b": 0.5, "c": 0.5})
    around = np.ones((40, 40), dtype=bool)
    around[10:-10, 10:-10] = False
    given = np.where(around & (label == 0)[:, None, None, None], given + 0.3, given)
    groups = of_arrays(np.clip(given, 0, 1), label, NAMES)
    telling = told("a", "background_brightness", "background")
    for direction in ("in", "out"):
        change = used("a", "scene_of_others", "background", 0.6, direction)
        assert effects.tabulate(telling, change, groups)["closed"].iloc[0] > 0.8


def test_a_rim_of_another_shade_parts_images():
    given, label = images({"a": 0.6, "b": 0.4, "c": 0.4})
    given[label == 0, :, :4] = given[label == 0, :, -4:] = 0.1
    given[label == 0, :, :, :4] = given[label == 0, :, :, -4:] = 0.1
    groups = of_arrays(given, label, NAMES)
    shares = {}
    for name in ("rim_black", "rim_white"):
        change = used("a", name, "border", 0.08, "in")
        telling = told("a", "border_area", "border")
        shares[name] = effects.tabulate(telling, change, groups)["parted"].iloc[0]
    assert shares["rim_black"] < 1 < shares["rim_white"]


def test_of_the_file_s_own_pixels_it_counts_how_far_images_are_moved():
    # Blocks of JPEG that are in the files of a class, and in no image as the network is given it.
    given, label = images({"a": 0.5, "b": 0.5, "c": 0.5})
    for name, direction, acts in (
        ("jpeg", "in", True),
        ("blur", "in", False),
        ("jpeg", "out", False),
    ):
        table = effects.tabulate(
            told("a", "blockiness", "compression"),
            used("a", name, "compression", 15 if name == "jpeg" else 2, direction),
            of_arrays(given, label, NAMES),
        )
        row = table.iloc[0]
        assert (row["closed"] >= CLOSED) == acts
        assert row["closed"] <= 1
        assert row["parted"] == 0  # of compression no other property is measured


def test_of_a_family_of_the_file_s_own_pixels_alone_nothing_is_parted():
    given, label = images({"a": 0.5, "b": 0.5, "c": 0.5})
    table = effects.tabulate(
        *(told("a", "noise", "noise"), used("a", "noise", "noise", 0.08, "in")),
        of_arrays(given, label, NAMES),
    )
    assert table["parted"].tolist() == [0]


def test_what_is_not_defined_in_images_of_the_network_closes_nothing():
    # Images of 16 pixels have too few blocks for blockiness.
    given, label = images({"a": 0.5, "b": 0.5, "c": 0.5})
    table = effects.tabulate(
        told("a", "blockiness", "compression"),
        used("a", "jpeg", "compression", 15, "in"),
        of_arrays(given[..., :16, :16], label, NAMES),
    )
    assert table["closed"].isna().all()
    assert table["explained"].tolist() == [0]
