"""published: votes and masks of Salient ImageNet are read, and nothing of a name is trusted."""

import numpy as np
import pytest
from PIL import Image

from unhans.errors import ConfigError, InputError
from unhans.features import published

HEADER = ",".join(published.COLUMNS)
MAIN, OTHER, BACK = "main_object", "separate_object", "background"


def table(path, votes, synset="n01440764", feature="7"):
    rows = [f'w{at},{synset},0,{feature},1,{vote},5,"it, there"' for at, vote in enumerate(votes)]
    path.write_text("\n".join([HEADER, *rows]))
    return path


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        ([MAIN] * 5, "core"),
        ([MAIN] * 3 + [BACK] * 2, "core"),
        ([MAIN] * 2 + [BACK] * 3, "background"),
        ([MAIN] + [BACK] + [OTHER] * 3, "separate_object"),
        ([MAIN] * 2 + [BACK] * 2 + [OTHER], "spurious"),
    ],
)
def test_three_votes_of_five_decide(tmp_path, votes, label):
    (found,) = published.read_votes(table(tmp_path / "votes.csv", votes))
    assert (found.synset, found.class_index, found.feature, found.rank) == ("n01440764", 0, 7, 1)
    assert found.label == label
    assert sum(found.votes.values()) == 5
    rows = published.as_answers([found], "imagenet", "robust")
    assert [row.feature for row in rows] == [] if label == "spurious" else ["neuron7"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"votes": ["yes"]}, "answer 'yes'; expected one of main_object"),
        ({"synset": "../../x"}, "expected a WordNet id"),
        ({"feature": "x"}, "no number"),
    ],
)
def test_votes_that_are_none_are_refused(tmp_path, changed, message):
    path = table(tmp_path / "votes.csv", **{"votes": [MAIN], **changed})
    with pytest.raises(ConfigError, match=message):
        published.read_votes(path)


def test_masks_of_an_image_are_joined_by_their_maximum(tmp_path):
    folder = tmp_path / "n01440764"
    for feature, column in ((7, 1), (9, 5)):
        mask = np.zeros((8, 8), dtype=np.uint8)
        mask[:, column] = 255
        path = folder / f"feature_{feature}" / "n01440764_18.JPEG"
        path.parent.mkdir(parents=True)
        Image.fromarray(mask).save(path, quality=100)
    (folder / "image_names_map.csv").write_text("7,9\nn01440764_18,n01440764_18\n")
    images = published.masked_images(tmp_path, "n01440764", [7, 9])
    assert images == {"n01440764_18": [7, 9]}
    mask = published.read_mask(tmp_path, "n01440764", "n01440764_18", [7, 9])
    assert mask[:, [1, 5]].min() > 0.95
    assert mask[:, [0, 3, 7]].max() < 0.05
    with pytest.raises(InputError, match="no such file; expected a mask"):
        published.read_mask(tmp_path, "n01440764", "n01440764_19", [7])
    with pytest.raises(ConfigError, match="expected the name of an image"):
        published.read_mask(tmp_path, "n01440764", "../n01440764_18", [7])
