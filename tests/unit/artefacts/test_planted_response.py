"""planted_response: a planted artefact raises its class where the network uses it."""

import numpy as np
import pytest
import torch
from class_files import FOLDER, of_files, picture
from torch import nn

from unhans.artefacts import planted_response
from unhans.errors import InputError
from unhans.images import digits, sampling
from unhans.images.class_index import Entry
from unhans.images.planting import Planting
from unhans.images.transform import Transform
from unhans.io import store
from unhans.networks.registry import Network

CORNER = Planting("corner", "1", 0.25, 0)


class Cornered(nn.Module):
    """Rates class 1 the higher the brighter the lower right corner is."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(8.0))

    def forward(self, x):
        logits = torch.zeros(len(x), 10)
        logits[:, 0] = 1
        logits[:, 1] = self.weight * x[:, 0, -4:, -4:].mean(dim=(1, 2))
        return logits


@pytest.fixture(scope="module")
def made():
    return digits.build(20, 0.2, 0, [CORNER])


def test_each_artefact_is_put_into_held_out_images_of_other_classes(made):
    table = planted_response.of_digits(Cornered(), made, [CORNER], images=200, seed=0)
    row = table.iloc[0]
    assert (row["artefact"], row["class"]) == ("corner", "1")
    assert row["images"] == 9 * 4
    assert row["rank_change"] > 0.9
    assert row["raised"] == 1
    assert row["probability_change"] > 0.2


def test_at_most_so_many_images_are_drawn_and_the_same_again(made):
    tables = [
        planted_response.of_digits(Cornered(), made, [CORNER], images=7, seed=3) for _ in range(2)
    ]
    assert tables[0]["images"].tolist() == [7]
    assert tables[0].equals(tables[1])


BARS = Planting("letterbox", "cat", 0.5, 0)


class Barred(nn.Module):
    """Rates class 1 the higher the darker the upper rows are."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(4.0))

    def forward(self, x):
        return torch.stack(
            [0 * x.mean(dim=(1, 2, 3)), -self.weight * x[:, :, 0].mean(dim=(1, 2))], 1
        )


@pytest.fixture
def photographs(tmp_path):
    """Ten photographs of a cat, half of them with bars, and ten of a dog."""
    planting = [{"kind": "letterbox", "class": "cat", "rate": 0.5, "seed": 0}]
    paths = []
    for index, name in enumerate(("dog", "cat")):
        for number in range(10):
            picture(tmp_path / "train" / name / f"{number}.png", 10 * index + number, (40, 40))
        entry = Entry(name, name, name, index)
        made = of_files(tmp_path, entry=entry, planting=planting)
        paths.append(tmp_path / f"{name}.zarr.zip")
        recipe = store.Recipe("corpus", {**FOLDER, "planting": planting}, "x")
        store.write(paths[-1], made.arrays, recipe, notes=made.notes)
    return store.classes(paths)


def responses(photographs, root, **changed):
    network = Network(Barred(), list, Transform(36, 36, (0.5,) * 3, (0.5,) * 3), 2, "")
    given = {"planted": [BARS], "held_out": None, "most": 200, **changed}
    return planted_response.tabulate(network, photographs, root=root, **given)


def test_a_mark_is_put_into_photographs_of_other_classes(photographs, tmp_path):
    row = responses(photographs, tmp_path).iloc[0]
    assert (row["artefact"], row["class"], row["images"]) == ("letterbox", "cat", 10)
    assert row["raised"] == 1
    assert row["probability_change"] > 0.3
    assert responses(photographs, tmp_path, most=3)["images"].tolist() == [3]


def test_only_unmarked_photographs_that_were_held_out_are_marked(photographs, tmp_path):
    held_out = sampling.HeldOut(0.3, 5)
    table = responses(photographs, tmp_path, held_out=held_out)
    assert table["images"].tolist() == [3]
    # Laid over images of the cat, of which half show the mark, it is put into the other half alone.
    of_dogs = responses(photographs, tmp_path, planted=[Planting("letterbox", "dog", 0.5, 0)])
    assert of_dogs["images"].tolist() == [5]
    assert sampling.held_out(10, *held_out).sum() == 3


def test_without_an_image_to_mark_or_the_class_itself_the_reason_is_given(photographs, tmp_path):
    alone = {"cat": photographs["cat"]}
    with pytest.raises(InputError, match="class cat: the other classes hold no image to mark"):
        responses(alone, tmp_path)
    with pytest.raises(InputError, match="class cat: no class of photographs"):
        responses({"dog": photographs["dog"]}, tmp_path)


def test_the_record_of_a_network_says_what_was_held_out():
    assert sampling.HeldOut.of({}) is None
    noted = {"fine_tuning": {"validation": 0.25, "seed": 4, "epochs": 2}}
    assert sampling.HeldOut.of(noted) == (0.25, 4)
    assert np.isclose(sampling.HeldOut.of(noted).share, 0.25)
