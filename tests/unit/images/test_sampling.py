"""sampling: only the classes that are drawn are opened, and rows are drawn by seed."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.images import sampling
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.dataset import ClassDataset
from unhans.io import store

PLAIN = {
    **{"per_class": 10, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0},
    "planting": [],
}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    paths = []
    for index, class_id in enumerate("0123456789"):
        made = of_digits(Entry(class_id, class_id, class_id, index), settings_of(**PLAIN))
        paths.append(folder / f"{class_id}.zarr.zip")
        store.write(paths[-1], made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes)
    store.write_set_aside(paths[5], store.Recipe("corpus", {}, "x"), "no images")
    return store.classes(paths)


class Watched(dict):
    """Remembers the classes that are asked for."""

    def __init__(self, given):
        super().__init__(given)
        self.opened = []

    def __getitem__(self, name):
        self.opened.append(name)
        return super().__getitem__(name)


def test_only_the_classes_that_are_drawn_are_opened(corpora):
    watched = Watched(corpora)
    found = sampling.others("3", watched, None, None, 4, 0)
    assert found.shape == (len(found), 1, 28, 28)
    assert len(watched.opened) == 4
    assert "3" not in watched.opened


def test_all_other_classes_give_about_as_many_images(corpora):
    assert len(sampling.others("3", corpora, None, None, 500, 0)) == 80
    some = sampling.others("3", corpora, None, None, 40, 0)
    assert len(some) == 40
    assert (some == sampling.others("3", corpora, None, None, 40, 0)).all()
    assert not np.array_equal(some, sampling.others("3", corpora, None, None, 40, 1))


def test_without_images_of_other_classes_there_is_nothing_to_perturb(corpora):
    few = {name: corpora[name] for name in "35"}
    with pytest.raises(InputError, match="class 3: the other classes hold no image"):
        sampling.others("3", few, None, None, 4, 0)


def test_images_that_cannot_be_transformed_are_left_out(corpora, monkeypatch):
    read = ClassDataset.input

    def narrow(self, row, transform):
        if row == 2:
            raise InputError("image of 1 x 300 pixels is too narrow")
        return read(self, row, transform)

    monkeypatch.setattr(ClassDataset, "input", narrow)
    assert len(sampling.others("3", corpora, None, None, 500, 0)) == 72


@pytest.mark.parametrize(
    ("n", "most", "expected"), [(10, 2, [2, 7]), (3, 5, [0, 1, 2]), (0, 4, []), (7, 1, [3])]
)
def test_places_are_evenly_spread(n, most, expected):
    assert sampling.evenly(n, most).tolist() == expected


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 0), (2, 1), (5, 1), (100, 20)])
def test_a_share_of_a_class_is_held_out_and_some_images_are_left(count, expected):
    held = sampling.held_out(count, 0.2, 7)
    assert held.sum() == expected
    np.testing.assert_array_equal(held, sampling.held_out(count, 0.2, 7))
