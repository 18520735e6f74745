"""planted_response: a planted artefact raises its class where the network uses it."""

import pytest
import torch
from torch import nn

from unhans.artefacts import planted_response
from unhans.images import digits
from unhans.images.planting import Planting

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
    table = planted_response.tabulate(Cornered(), made, [CORNER], images=200, seed=0)
    row = table.iloc[0]
    assert (row["artefact"], row["class"]) == ("corner", "1")
    assert row["images"] == 9 * 4
    assert row["rank_change"] > 0.9
    assert row["raised"] == 1
    assert row["probability_change"] > 0.2


def test_at_most_so_many_images_are_drawn_and_the_same_again(made):
    tables = [
        planted_response.tabulate(Cornered(), made, [CORNER], images=7, seed=3) for _ in range(2)
    ]
    assert tables[0]["images"].tolist() == [7]
    assert tables[0].equals(tables[1])
