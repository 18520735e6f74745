"""preview: outputs and transform of a network, without a download."""

import pytest
import torch

from unhans.errors import InputError, StoreError
from unhans.images.transform import IMAGENET
from unhans.networks import pretrained, preview


def test_published_weights_are_not_needed(monkeypatch):
    monkeypatch.setattr(pretrained, "_downloaded", None)
    found = preview.preview("resnet50", "IMAGENET1K_V2", 7)
    assert (found.outputs, found.transform.resize) == (1000, 232)
    with pytest.raises(InputError, match="unknown weights 'IMAGENET1K_V9' of resnet50"):
        preview.preview("resnet50", "IMAGENET1K_V9", 7)
    assert pretrained.names("resnet50")[0] == "IMAGENET1K_V1"


def test_without_weights_a_network_has_the_outputs_that_it_is_asked_for():
    assert preview.preview("resnet18", None, 7) == (7, IMAGENET, (), None)


def test_a_file_says_how_many_outputs_it_has(tmp_path):
    path = tmp_path / "mine.pth"
    torch.save(pretrained.models.squeezenet1_1(num_classes=3).state_dict(), path)
    assert preview.preview("squeezenet1_1", path, 7).outputs == 3
    with pytest.raises(StoreError, match="weights do not fit the network"):
        preview.preview("alexnet", path, 7)
    with pytest.raises(StoreError, match="cannot be read"):
        preview.preview("alexnet", tmp_path / "none.pth", 7)
