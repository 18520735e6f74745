"""prepared_artefact: made of a group, of a cluster or of pictures, and restored from its result."""

import numpy as np
import pytest
from PIL import Image

from unhans.artefacts import accepted as acceptance
from unhans.artefacts import drawn, positives, prepared_artefact
from unhans.detection import group_search
from unhans.errors import InputError
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io import store

RECIPE = store.Recipe("test", {}, "x")
PLANTED = {
    **{"per_class": 60, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "corner", "class": "1", "rate": 0.25, "seed": 0}],
}
PHOTOS = Transform(40, 32, (0.5, 0.4, 0.3), (0.2, 0.25, 0.3))


def accepted(**row):
    return acceptance.Accepted(
        "mark", "digits", "small_vgg", "epsilon_plus_flat", "1", "suggested"
    )._replace(**row)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    own = of_digits(Entry("1", "1", "1", 1), settings_of(**PLANTED))
    images = own.arrays["image"].astype(np.float32)
    marked = own.arrays["artefact"] > 0
    found = group_search.find_groups(images, images=own.arrays["image"], smallest=0.1)
    content = {
        "corpus": (dict(own.arrays), own.notes),
        "attribution": ({"heatmap": images, "image": np.arange(len(images))}, {}),
        "group_search": (group_search.arrays(found), {}),
        "clustering": ({"k": np.array([2, 3]), "nested": np.stack([marked, ~marked]) * 1}, {}),
    }
    for stage, (arrays, notes) in content.items():
        store.write(folder / f"{stage}.zarr.zip", arrays, RECIPE, notes=notes)
    files = {stage: str(folder / f"{stage}.zarr.zip") for stage in content}
    return store.opened({**files, "drawn": []}), np.nonzero(marked)[0]


def prepare(row, group=None):
    return prepared_artefact.prepare(row, group, index=1, transform=None, seed=0)


def made(results, stages, flagged, **row):
    own = {stage: results[stage] for stage in stages}
    group = prepared_artefact.find_group(
        accepted(**row), own, flagged, root=None, transform=None, seed=0
    )
    return prepare(accepted(**row), group)


def test_the_flagged_group_and_the_same_cluster_give_the_same(results):
    opened, marked = results
    groups = made(opened, ("corpus", "attribution", "group_search"), [("1", "grouped")])
    clusters = made(
        opened, ("corpus", "attribution", "clustering"), {}, analysis="a", k="2", cluster="1"
    )
    for found in (groups, clusters):
        assert found.positives.tolist() == found.shown.tolist() == marked.tolist()
        assert found.artefact.mask[-4:, -4:].mean() > 0.7
        assert (found.masks == found.artefact.mask).all()
    assert (groups.artefact.template == clusters.artefact.template).all()
    assert "15 images" in prepared_artefact.describe(groups)


@pytest.mark.parametrize("kind", ["fixed", "free", "whole"])
def test_what_is_kept_is_read_again(results, tmp_path, kind):
    opened, marked = results
    found = made(opened, ("corpus", "attribution", "group_search"), [("1", "grouped")], kind=kind)
    path = tmp_path / "a.zarr.zip"
    store.write(
        path,
        prepared_artefact.arrays(found),
        RECIPE,
        inputs=opened,
        notes=prepared_artefact.notes(found),
    )
    again = prepared_artefact.from_result(store.read(path))
    assert again.masks.shape == (len(marked), 28, 28)
    images = np.random.default_rng(0).random((5, 1, 28, 28)).astype(np.float32)
    assert (again.artefact.insert(images) == found.artefact.insert(images)).all()
    assert (again.masks == found.masks).all()
    assert (again.index, again.artefact.kind) == (1, kind)


def test_pictures_need_no_images_of_the_class(tmp_path):
    picture = np.zeros((28, 28, 4), dtype=np.uint8)
    picture[2:5, 3:9] = [200, 200, 200, 255]
    Image.fromarray(picture).save(tmp_path / "t.png")
    found = prepare(accepted(template=str(tmp_path / "t.png")))
    assert found.artefact.mask.sum() == 18
    assert found.artefact.opacity is None
    assert found.artefact.template[0, 3, 4] == pytest.approx(200 / 255)
    assert len(found.positives) == len(found.shown) == 0
    assert found.masks.shape == (0, 28, 28)
    picture[2, 3, 3] = 51
    Image.fromarray(picture).save(tmp_path / "t.png")
    faint = prepare(accepted(template=str(tmp_path / "t.png"))).artefact
    assert faint.opacity[2, 3] == pytest.approx(0.2)
    altered = faint.insert(np.full((1, 1, 28, 28), 0.5, dtype=np.float32))[0, 0]
    assert altered[2, 3] == pytest.approx(0.5 + 0.2 * (200 / 255 - 0.5))


def test_a_drawn_mask_replaces_the_suggested_one(results, tmp_path):
    opened, _ = results
    mask = np.zeros((28, 28), dtype=np.uint8)
    mask[20:] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    stages = ("corpus", "attribution", "group_search")
    found = made(opened, stages, [("1", "grouped")], mask=str(tmp_path / "m.png"))
    assert (found.artefact.mask == (mask > 0)).all()


@pytest.mark.parametrize("kind", ["fixed", "whole"])
def test_a_template_is_seen_as_it_is_drawn(random, kind):
    picture = random.integers(0, 256, (32, 32, 3)).astype(np.uint8)
    template = drawn.as_input(Image.fromarray(picture), PHOTOS)
    if kind == "whole":
        template -= PHOTOS.normal(np.full((32, 32, 3), 128, dtype=np.uint8))
    assert (drawn.as_picture(template, kind, PHOTOS) == picture).all()
    grey = random.integers(0, 256, (28, 28)).astype(np.uint8)
    shown = drawn.as_picture(drawn.as_input(Image.fromarray(grey), None), "fixed", None)
    assert (shown == grey).all()


@pytest.mark.parametrize("kind", ["fixed", "whole"])
@pytest.mark.parametrize("channels", [1, 4])
def test_a_template_has_the_channels_of_the_network(random, kind, channels):
    grey = Transform(40, 32, (0.5,) * channels, (0.2,) * channels)
    picture = random.integers(0, 256, (32, 32, 3)).astype(np.uint8)
    expected = np.array(Image.fromarray(picture).convert("L")) if channels == 1 else picture
    template = drawn.as_input(Image.fromarray(picture), grey)
    assert template.shape == (channels, 32, 32)
    if kind == "whole":
        template -= drawn.as_input(Image.new("RGB", (32, 32), (128,) * 3), grey)
    assert (drawn.as_picture(template, kind, grey) == expected).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_are_prepared_for_the_channels_of_the_network(tmp_path, channels):
    picture = np.zeros((32, 32, 4), dtype=np.uint8)
    picture[2:5, 3:9] = [200, 200, 200, 255]
    Image.fromarray(picture).save(tmp_path / "t.png")
    transform = Transform(40, 32, (0.5,) * channels, (0.2,) * channels)
    row = accepted(template=str(tmp_path / "t.png"))
    found = prepared_artefact.prepare(row, None, index=1, transform=transform, seed=0)
    images = np.zeros((2, channels, 32, 32), dtype=np.float32)
    assert found.artefact.insert(images).shape == images.shape
    assert found.artefact.mask.sum() == 18


def test_a_template_of_the_whole_image_changes_nothing_where_it_is_neutral(tmp_path):
    picture = np.full((32, 32, 3), 128, dtype=np.uint8)
    picture[0] = 178
    Image.fromarray(picture).save(tmp_path / "t.png")
    mask, template, opacity = drawn.read_template(
        str(tmp_path / "t.png"), (3, 32, 32), kind="whole", transform=PHOTOS
    )
    assert mask.all()
    assert opacity is None
    assert not template[:, 1:].any()
    assert template[:, 0, 0] == pytest.approx(50 / 255 / np.array(PHOTOS.std), rel=1e-5)


def test_what_is_wrong_is_one_message(results, tmp_path):
    opened, _ = results
    stages = ("corpus", "attribution", "group_search")
    with pytest.raises(
        InputError, match="artefact 'mark': class 1 holds no finding; expected one of"
    ):
        made(opened, stages, [("8", "grouped")])
    with pytest.raises(InputError, match="no cluster 3 of 2; expected k from 2 to 3"):
        positives.of_cluster(opened["clustering"], k=2, cluster=3)
    path = tmp_path / "m.png"
    Image.fromarray(np.zeros((28, 28), dtype=np.uint8)).save(path)
    with pytest.raises(InputError, match=r"m.png: a mask of \(28, 28\) with 0 pixels; expected"):
        drawn.read_mask(str(path), (28, 28))
    with pytest.raises(InputError, match=r"m.png: a template of \(28, 28\).*expected \(14, 14\)"):
        drawn.read_template(str(path), (1, 14, 14), kind="fixed", transform=None)
    path.write_bytes(b"nothing")
    with pytest.raises(
        InputError, match=r"m.png: no image that can be read.*expected a picture of"
    ):
        drawn.read_mask(str(path), (28, 28))


def test_brightness_that_shares_no_pixels_lies_all_over_the_image(tmp_path, random):
    own = of_digits(Entry("1", "1", "1", 1), settings_of(**{**PLANTED, "planting": []}))
    noisy = random.integers(0, 200, (60, 28, 28))
    noisy[:20] += 30
    own.arrays["image"][:] = noisy
    maps = random.random((60, 28, 28)).astype(np.float32)
    for stage, arrays in (("corpus", own.arrays), ("attribution", {"heatmap": maps})):
        more = {"image": np.arange(60)} if stage == "attribution" else {}
        path = tmp_path / f"{stage}.zarr.zip"
        store.write(path, {**arrays, **more}, RECIPE, notes=own.notes if not more else {})
    in_group = np.arange(60) < 20
    dataset = ClassDataset(store.read(tmp_path / "corpus.zarr.zip"), None)
    attribution = store.read(tmp_path / "attribution.zarr.zip")
    group = positives.Group(dataset, attribution, in_group, transform=None)
    found = group.isolate("whole")
    assert found.kind == "whole"
    assert found.template.mean() == pytest.approx(30 / 255, abs=0.01)


def test_a_row_may_name_the_indicator_of_its_group(results):
    opened, _ = results
    stages = ("corpus", "attribution", "group_search")
    flagged = [("1", "content"), ("1", "grouped")]
    with pytest.raises(
        InputError, match=r"holds no finding by indicator 'repeated'; .* 1 \(content\)"
    ):
        made(opened, stages, flagged, indicator="repeated")


def test_a_neural_feature_gives_the_images_that_show_it_more(results, tmp_path):
    opened, marked = results
    shown = np.isin(np.arange(60), marked)
    seen = np.arange(60)[::-1][:-2]  # the network did not see the first two for its features
    strength = np.where(shown, 5, 1) + np.linspace(0, 0.5, 60)
    arrays = {
        **{"image": seen, "neuron": np.array([3]), "alpha": -strength[seen][:, None]},
        "activation": np.stack([np.zeros(58)] * 3 + [strength[seen]], axis=1).astype(np.float32),
    }
    store.write(tmp_path / "neurons.zarr.zip", arrays, RECIPE)
    given = {**opened, **store.opened({"neurons": str(tmp_path / "neurons.zarr.zip")})}
    stages = ("corpus", "attribution", "neurons")
    found = made(given, stages, [], feature="neuron3")
    assert found.positives.tolist() == [row for row in marked if row > 1]
    assert found.artefact.mask[-4:, -4:].mean() > 0.7
    other = positives.of_feature(given["neurons"], np.arange(60), "component1")
    assert np.flatnonzero(other).tolist() == [row for row in range(2, 60) if not shown[row]]
    with pytest.raises(
        InputError, match=r"no feature 'neuron1'; expected one of neuron3, component1"
    ):
        made(given, stages, [], feature="neuron1")


@pytest.mark.parametrize("seed", range(5))
def test_the_cut_of_a_feature_is_that_of_two_means(seed):
    random = np.random.default_rng(seed)
    values = np.round(random.normal(size=20) + 2 * (random.random(20) < 0.3), 1)
    parts = [(values < cut, values >= cut) for cut in np.unique(values)[1:]]
    within = [sum(values[part].var() * part.sum() for part in pair) for pair in parts]
    result = {"image": np.arange(20), "neuron": np.array([0]), "alpha": np.zeros((20, 0))}
    stored = store.Result("x", {}, {**result, "activation": values[:, None]})
    found = positives.of_feature(stored, np.arange(20), "neuron0")
    own = sum(values[part].var() * part.sum() for part in (found, ~found))
    assert own == pytest.approx(min(within))
    alike = store.Result("x", {}, {**result, "activation": np.ones((20, 1))})
    with pytest.raises(InputError, match="feature 'neuron0': all 20 images show it alike"):
        positives.of_feature(alike, np.arange(20), "neuron0")
