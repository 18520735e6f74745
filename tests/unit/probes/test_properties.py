"""properties: of files and digits; what is not defined is NaN, and equal files give equal bytes."""

import json

import numpy as np
import pytest
from class_files import picture, stored
from measured_classes import photograph, store_digits, store_files
from PIL import Image

from unhans.probes import properties
from unhans.probes.families import FAMILIES
from unhans.probes.properties import PROPERTIES

PLACE = {name: place for place, name in enumerate(PROPERTIES)}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two classes of JPEG and PNG files; the third holds none that can be read."""
    root = tmp_path_factory.mktemp("root")
    for number in range(6):
        for split in ("train", "val"):
            photograph(root / split / "cat" / f"cat_{number}.jpg", number, quality=60)
            photograph(root / split / "dog" / f"{number}.png", 10 + number, size=(40, 48))
    (root / "train" / "none").mkdir()
    (root / "train" / "none" / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return root


def test_every_property_is_of_a_family_and_every_family_has_one():
    assert {one.family for one in PROPERTIES.values()} == set(FAMILIES)
    assert all(one.words for one in PROPERTIES.values())


def test_files_and_images_are_measured(files, tmp_path):
    _, found = store_files(files, tmp_path, classes=["cat", "dog", "none"])
    cat, dog = found["cat"], found["dog"]
    assert cat["values"].shape == (12, len(PROPERTIES))
    assert cat["values"].dtype == np.float32
    assert list(np.unique(cat["split"])) == [0, 1]
    assert set(cat["values"][:, PLACE["jpeg_quality"]]) == {60}
    assert np.isnan(dog["values"][:, PLACE["jpeg_quality"]]).all()
    assert (cat["values"][:, PLACE["aspect"]] > 1).all()
    assert (dog["values"][:, PLACE["aspect"]] < 1).all()
    assert set(cat["values"][:, PLACE["name_length"]]) == {5}
    assert json.loads(dog["texts"].tobytes())["format"] == ["PNG"] * 12
    assert found["none"].attributes["status"] == "set aside"


def test_the_same_files_give_the_same_bytes(files, tmp_path):
    for folder in ("a", "b"):
        store_files(files, tmp_path / folder, classes=["cat"])
    first, second = (tmp_path / folder / "properties" / "cat.zarr.zip" for folder in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_digits_have_no_file_and_no_colour(tmp_path):
    _, found = store_digits(tmp_path)
    values = found["8"]["values"]
    for name, one in PROPERTIES.items():
        undefined = one.family == "file" or name in ("jpeg_quality", "chroma_sampling", "text")
        assert np.isnan(values[:, PLACE[name]]).all() == undefined, name
    assert (values[:, PLACE["saturation"]] == 0).all()
    assert json.loads(found["8"]["texts"].tobytes()) == {}
    assert "of class 8, " in properties.describe("8", properties.Measured(*[values] * 6))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shade", [0, 255])
def test_an_image_of_one_colour_has_no_edges_and_no_warning(tmp_path, shade):
    path = tmp_path / "train" / "cat" / "a.png"
    path.parent.mkdir(parents=True)
    Image.new("RGB", (30, 30), (shade,) * 3).save(path)
    found = properties.measure_class(stored(tmp_path), seen=1)
    values = dict(zip(PROPERTIES, found.values[0].tolist(), strict=True))
    assert np.isnan(
        [values[name] for name in ("edge_radius", "centre_x", "high_frequencies")]
    ).all()
    assert values["brightness"] == pytest.approx(shade / 255)
    assert (values["border_area"], values["noise"], values["text"]) == (1, 0, 0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [(1, 1), (1, 90), (2, 3), (90, 7)])
def test_images_of_any_shape_are_measured(tmp_path, size):
    picture(tmp_path / "train" / "cat" / "a.png", size=size)
    found = properties.measure_class(stored(tmp_path), seen=0.875)
    values = dict(zip(PROPERTIES, found.values[0].tolist(), strict=True))
    assert values["aspect"] == pytest.approx(size[0] / size[1])
    assert not np.isinf(found.values).any()
