"""interventions: what a network uses is found, and a control refutes what it does not."""

import numpy as np
import pandas as pd
import pytest
import torch
from class_files import FOLDER, of_files, picture
from torch import nn

from unhans.errors import InputError, StoreError
from unhans.images import sampling
from unhans.images.changes import regions
from unhans.images.class_index import Entry
from unhans.images.dataset import ClassDataset
from unhans.images.sampling import HeldOut
from unhans.images.transform import Transform
from unhans.io import store
from unhans.probes import interventions
from unhans.probes.class_movement import measure_class
from unhans.probes.groups import of_arrays, of_corpus, with_givers
from unhans.probes.responses import COLUMNS

NAMES = {"plain": "plain", "odd": "odd"}
COUNT, SIDE = 24, 32


def textures(count=COUNT, seed=0, channels=3):
    """Smooth images about mid grey, with little colour."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(0.35, 0.65, (count, 1, 4, 4)).repeat(8, 2).repeat(8, 3)
    tinted = coarse + random.uniform(-0.02, 0.02, (count, channels, 1, 1))
    return np.clip(tinted, 0, 1).astype(np.float32)


class Margin(nn.Module):
    """Calls an image odd where a number of it exceeds a threshold."""

    def __init__(self, number, threshold):
        super().__init__()
        self.number, self.threshold = number, threshold

    def forward(self, x):
        value = 50 * (self.number(x) - self.threshold)
        return torch.stack([-value, value], 1)


def red(x):
    return x[:, 0].mean((1, 2)) - x[:, 1].mean((1, 2))


def rim(x):
    middle = x[:, :, 4:-4, 4:-4].mean((1, 2, 3))
    return (x.mean((1, 2, 3)) - middle * 0.5625) / 0.4375 - middle


def fine(x):
    return (x[:, :, 1:] - x[:, :, :-1]).abs().mean((1, 2, 3))


def answers(network, odd, **settings):
    images = np.concatenate([textures(seed=1, channels=odd.shape[1]), odd])
    groups = of_arrays(images, np.repeat([0, 1], COUNT), NAMES)
    return interventions.tabulate(network, None, groups, **settings)


def used(table, class_id="odd"):
    """Interventions that are used, with their direction, the clearest first."""
    own = table[table["used"] & (table["class"] == class_id)]
    clearest = own.sort_values("difference", ascending=False, kind="stable")
    return list(dict.fromkeys(zip(clearest["intervention"], clearest["direction"], strict=True)))


def test_a_network_that_goes_by_colour_is_found_by_casts():
    odd = np.clip(textures() + np.float32([0.08, -0.04, -0.04])[:, None, None], 0, 1)
    table = answers(Margin(red, 0.06), odd)
    found = used(table)
    assert ("cast_red", "in") in found
    assert ("cast_cyan", "out") in found
    # Surroundings of another class bring its colour with them.
    assert {name for name, _ in found} <= {"cast_red", "cast_cyan", "grey", "scene_of_others"}
    row = table[(table["intervention"] == "cast_red") & (table["class"] == "odd")].iloc[-1]
    assert (row["before"], row["after"], row["control"]) == (0, 100, 0)


def test_a_network_that_goes_by_the_rim_is_found_by_the_rim():
    odd = textures()
    odd[:, :, :4] = odd[:, :, -4:] = odd[:, :, :, :4] = odd[:, :, :, -4:] = 0.9
    found = used(answers(Margin(rim, 0.2), odd, families=["border", "colour", "noise"]))
    assert {("rim_white", "in"), ("light_rim", "in"), ("rim_black", "out")} <= set(found)
    assert {name for name, direction in found if direction == "in"} == {"rim_white", "light_rim"}
    assert {name for name, _ in found} <= {"rim_white", "light_rim", "rim_black", "dark_rim"}


def dark(x):
    """Least mean of a row: of a dark frame at the rim, or anywhere else."""
    return -x.mean(1).mean(2).min(1).values


def test_a_dark_rim_is_found_where_a_dark_ring_does_the_same():
    odd = textures()
    odd[:, :, :2] = odd[:, :, -2:] = odd[:, :, :, :2] = odd[:, :, :, -2:] = 0.05
    table = answers(Margin(dark, -0.3), odd, families=["border", "colour", "noise"])
    found = used(table)
    assert ("dark_rim", "in") in found
    assert ("rim_mirrored", "out") in found
    assert ("rim_black", "in") not in found  # a ring halfway to the middle has as dark rows
    assert {name for name, direction in found if direction == "in"} == {"dark_rim"}


def chequered(x):
    steps = (x[:, :, :5, 1:6] - x[:, :, :5, :5]).abs().mean((1, 2, 3))
    return steps + (x[:, :, -5:, 1:6] - x[:, :, -5:, :5]).abs().mean((1, 2, 3))


def test_a_pattern_in_the_corners_is_found_whatever_it_is():
    odd = textures()
    rows, columns = np.mgrid[:SIDE, :SIDE]
    board = np.where((rows + columns) % 2, 0.2, 0.8).astype(np.float32)
    marked = regions.corners((SIDE, SIDE), 0.15)
    odd = np.where(marked, board, odd).astype(np.float32)
    table = answers(Margin(chequered, 0.5), odd, families=["corners", "border", "background"])
    found = used(table)
    assert {("corners_of_others", "in"), ("corners_of_others", "out")} <= set(found)
    assert not {("corners_black", "in"), ("corners_greyed", "in")} & set(found)
    chosen = table[(table["intervention"] == "corners_of_others") & (table["class"] == "odd")]
    assert set(chosen["control_name"]) <= {"corners_of_own", "edges_of_others", "unchanged"}


def striped(count=COUNT):
    """Textures with stripes all around their middle."""
    odd = textures(count)
    stripes = np.where(np.arange(SIDE) % 4 < 2, 0.3, 0.7)[None, :, None]
    around = np.ones((SIDE, SIDE), dtype=bool)
    around[8:-8, 8:-8] = False
    return np.where(around, stripes, odd).astype(np.float32)


def around(x):
    steps = (x[:, :, 1:] - x[:, :, :-1]).abs().mean(1)
    return steps[:, :6].mean((1, 2)) + steps[:, -6:].mean((1, 2))


def test_a_network_that_goes_by_the_scene_is_found_by_the_scenes_of_others():
    table = answers(Margin(around, 0.2), striped(), families=["background"])
    assert set(used(table)) >= {("scene_of_others", "in"), ("scene_of_others", "out")}
    rows = table[(table["intervention"] == "scene_of_others") & (table["class"] == "odd")]
    assert (rows["control"] == 0).all()
    into = rows[rows["direction"] == "in"]
    assert (into["images"] == COUNT).all()
    assert (into["after"] == 100).all()
    assert into["probability"].tolist() == pytest.approx([100, 100], abs=1)
    assert (into["rank"] == 1).all()


def test_a_network_that_goes_by_the_middle_is_not_found_by_scenes():
    odd = striped()
    odd[:, :, 12:20, 12:20] = 0.95
    middle = Margin(lambda x: x[:, :, 12:20, 12:20].mean((1, 2, 3)), 0.8)
    table = answers(middle, odd, families=["background"])
    assert not table["used"].any()


def test_a_network_that_goes_by_fine_detail_is_found_by_blur():
    random = np.random.default_rng(3)
    odd = np.clip(textures() + random.normal(0, 0.08, (COUNT, 3, SIDE, SIDE)), 0, 1)
    found = used(answers(Margin(fine, 0.06), odd.astype(np.float32)))
    assert ("blur", "out") in found
    assert ("low_frequencies", "out") in found
    assert not {name for name, _ in found} & {"cast_red", "grey", "brighter", "rim_black", "flip"}


class Startled(nn.Module):
    """Knows some images by heart, and calls everything else odd."""

    def __init__(self, images, label):
        super().__init__()
        self.known, self.label = images.flatten(1), label

    def forward(self, x):
        near = (x.flatten(1)[:, None] - self.known[None]).abs().amax(2)
        known = near.min(1).values < 1e-4
        odd = torch.where(known, self.label[near.argmin(1)], 1)
        return nn.functional.one_hot(odd, 2).float()


def test_a_network_that_answers_to_any_change_uses_none():
    images = np.concatenate([textures(seed=1), textures(seed=2)])
    label = np.repeat([0, 1], COUNT)
    network = Startled(torch.from_numpy(images), torch.from_numpy(label))
    table = interventions.tabulate(network, None, of_arrays(images, label, NAMES))
    moved = table[(table["class"] == "odd") & (table["direction"] == "in")]
    assert moved["response"].max() == 100
    assert not table["used"].any()


def test_networks_that_know_nothing_use_nothing():
    found = 0
    images = np.concatenate([textures(seed=4), textures(seed=5)])
    for seed in range(4):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(3136, 2))
        groups = of_arrays(images, np.repeat([0, 1], COUNT), NAMES)
        table = interventions.tabulate(network, None, groups, families=["colour", "sharpness"])
        found += table["used"].sum()
    assert found == 0


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tables_are_the_same_twice_and_for_any_batches_and_workers(channels):
    odd = textures(channels=channels)
    first = answers(Margin(fine, 0.02), odd)
    assert list(first.columns) == COLUMNS
    assert first.equals(answers(Margin(fine, 0.02), odd))
    assert first.equals(answers(Margin(fine, 0.02), odd, workers=2))
    assert ("grey" in set(first["intervention"])) == (channels > 1)


def test_the_middle_alone_is_shown_and_is_no_finding():
    odd = textures()
    odd[:, :, 12:20, 12:20] = 1
    table = answers(Margin(lambda x: x[:, :, 12:20, 12:20].mean((1, 2, 3)), 0.8), odd)
    middle = table[(table["intervention"] == "only_rim") & (table["class"] == "odd")]
    assert middle["response"].max() == 100
    assert middle["q"].isna().all()
    assert not middle["used"].any()


def test_heatmaps_add_the_blurred_background():
    images = np.concatenate([textures(seed=1), textures()])
    maps = np.random.default_rng(0).random((2 * COUNT, SIDE, SIDE))
    label = np.repeat([0, 1], COUNT)
    groups = of_arrays(images, label, NAMES, relevance=maps)
    table = interventions.tabulate(Margin(fine, 0), None, groups, families=["background"])
    assert "background_blurred" in set(table["intervention"])


def test_one_class_has_nothing_to_be_compared_with():
    groups = of_arrays(textures(), np.zeros(COUNT, dtype=int), {"one": "one"})
    table = interventions.tabulate(Margin(fine, 0), None, groups)
    assert table.empty
    assert "expected two" in interventions.describe(table)


def test_families_that_are_none_are_refused():
    with pytest.raises(InputError, match="family 'smell'; expected one of framing"):
        answers(Margin(fine, 0), textures(), families=["smell"])


@pytest.fixture
def photographs(tmp_path):
    """Six photographs of a dog and six of a cat in each of two splits."""
    paths = []
    for index, name in enumerate(("dog", "cat")):
        for number in range(12):
            split = ("train", "val")[number % 2]
            picture(tmp_path / split / name / f"{number}.png", 20 * index + number, (16, 14))
        entry = Entry(name, name, f"a {name}", index)
        made = of_files(tmp_path, entry=entry, splits=["train", "val"])
        paths.append(tmp_path / f"{name}.zarr.zip")
        recipe = store.Recipe("corpus", {**FOLDER, "splits": ["train", "val"]}, "x")
        store.write(paths[-1], made.arrays, recipe, notes=made.notes)
    return store.classes(paths)


SMALL = Transform(14, 12, (0.5,) * 3, (0.25,) * 3)


def chosen(photographs, root, **changed):
    given = {"held_out": None, "images": 50, "seed": 0, **changed}
    return of_corpus(photographs, root, SMALL, **given)


def test_photographs_are_those_of_the_validation_split(photographs, tmp_path):
    groups = chosen(photographs, tmp_path)
    assert [(one.class_id, one.name, one.output) for one in groups] == [
        ("dog", "a dog", 0),
        ("cat", "a cat", 1),
    ]
    images = groups[0].read()
    assert images.shape == (6, 3, 12, 12)
    assert images.dtype == np.uint8
    own = ClassDataset(photographs["dog"], tmp_path)
    row = [row.split for row in own.rows].index("val")
    assert np.array_equal(images[0].transpose(1, 2, 0), own.shown(row, SMALL))
    assert len(chosen(photographs, tmp_path, images=4)[0].read()) == 4


def test_photographs_of_a_network_trained_here_are_those_it_was_not_trained_on(
    photographs, tmp_path
):
    groups = chosen(photographs, tmp_path, held_out=HeldOut(0.25, 3))
    assert [len(one.read()) for one in groups] == [3, 3]
    assert all(one.held_out for one in groups)


def test_photographs_are_those_of_the_splits_that_are_named(photographs, tmp_path):
    both = chosen(photographs, tmp_path, splits=["train", "val"])
    assert [(len(one.read()), one.held_out) for one in both] == [(12, False)] * 2
    learned = chosen(photographs, tmp_path, splits=["train"])
    assert [(len(one.read()), one.held_out) for one in learned] == [(6, False)] * 2
    assert [one.held_out for one in chosen(photographs, tmp_path, splits=["val"])] == [True] * 2
    assert chosen(photographs, tmp_path, splits=["test"]) == []
    options = {"held_out": None, "images": 5, "seed": 0, "splits": ["val"]}
    group, givers = with_givers("dog", photographs, tmp_path, SMALL, **options)
    assert [one.size for one in (group, *givers)] == [5, 5]


def test_without_held_out_images_any_are_taken_and_it_is_said(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "HELD_OUT", ())
    groups = chosen(photographs, tmp_path)
    assert [len(one.read()) for one in groups] == [12, 12]
    network = Margin(red, 0)
    table = interventions.tabulate(network, SMALL, groups, families=["brightness"])
    assert not table["held_out"].any()
    assert "all classes: no images are known to be held out" in interventions.describe(table)


OPTIONS = {"corpus": "x", "model": "y", "level": 0.05, "least": 5.0}
FEW = ["brightness", "background"]


@pytest.fixture
def moved(photographs, tmp_path):
    """Results of the stage movement, one a class."""
    paths = []
    for name, giver in (("dog", "cat"), ("cat", "dog")):
        options = {"held_out": None, "images": 50, "seed": 0}
        results = {one: photographs[one] for one in (name, giver)}
        group, givers = with_givers(name, results, tmp_path, SMALL, **options)
        notes = interventions.notes(group, SMALL, FEW, [giver])
        steps = interventions.steps_of(notes)
        network = Margin(red, 0)
        found = measure_class(network, SMALL, group, givers, steps, turn=group.output)
        said = interventions.describe_class(group, found)
        assert said.startswith(f"movement: class {name}: 6 images, {len(steps)} changes; ")
        paths.append(tmp_path / "movement" / f"{name}.zarr.zip")
        paths[-1].parent.mkdir(exist_ok=True)
        store.write(paths[-1], found.arrays(), store.Recipe("movement", {}, "x"), notes=notes)
    return store.classes(paths)


def test_answers_that_are_stored_by_class_give_the_same_table(moved, photographs, tmp_path):
    together = interventions.tabulate(
        Margin(red, 0), SMALL, chosen(photographs, tmp_path), families=FEW, **OPTIONS
    )
    stored = interventions.of_results(moved, families=FEW, **OPTIONS)
    pd.testing.assert_frame_equal(stored, together)
    assert set(stored["class"]) == {"dog", "cat"}
    assert (stored["intervention"] == "scene_of_others").any()


def test_answers_to_other_changes_are_refused(moved):
    with pytest.raises(
        StoreError, match=r"dog.*answers to other changes than .* brightness. Delete"
    ):
        interventions.of_results(moved, families=["brightness"], **OPTIONS)


def test_a_class_that_was_set_aside_is_left_out(moved, tmp_path):
    path = tmp_path / "movement" / "cat.zarr.zip"
    path.unlink()
    store.write_set_aside(path, store.Recipe("movement", {}, "x"), "no image", [])
    found = interventions.of_results(moved, families=FEW, **OPTIONS)
    assert found.empty
    assert "expected two" in interventions.describe(found)


def test_a_class_without_images_is_named(photographs, tmp_path):
    with pytest.raises(InputError, match="class cat: no image to change; expected some"):
        with_givers(
            *("cat", {"dog": photographs["dog"]}, tmp_path, SMALL),
            **{"held_out": None, "images": 50, "seed": 0},
        )
