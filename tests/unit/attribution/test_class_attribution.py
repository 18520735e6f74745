"""class_attribution: a class of images becomes heatmaps, whatever is wrong with some of them."""

from contextlib import ExitStack
from itertools import count

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from unhans.attribution import class_attribution
from unhans.attribution.class_attribution import explain_class, prepare
from unhans.attribution.explainer import Explainer, explain
from unhans.errors import ConfigError, InputError, StoreError
from unhans.images import dataset
from unhans.images.class_index import Entry
from unhans.images.corpus import DigitSettings, of_digits, of_files, settings_of
from unhans.images.planting import Planting
from unhans.images.transform import Transform
from unhans.io import store
from unhans.io.resumable import ResumableWriter
from unhans.networks import small, weights
from unhans.networks.registry import Network

TINY = Transform(8, 6, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
FILES = {"source": "folder", "splits": ["train", "val"], "per_class": None}
FILES |= {"upright": True, "max_pixels": 10**6}
RECIPE = store.Recipe("attribution", {"composite": "epsilon_plus_flat"}, "x")
MACHINE = {"batch_size": 3, "workers": 1}


@pytest.fixture(scope="module")
def network():
    """Four classes of what `TINY` gives."""
    torch.manual_seed(0)
    module = nn.Sequential(
        *(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.Conv2d(5, 5, 3, padding=1), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(180, 4)),
    )
    return Network(module.eval(), list, TINY, 4, "0")


@pytest.fixture
def explainer(network):
    with Explainer(network, "epsilon_plus_flat") as opened:
        yield opened


def stored(folder, made, root):
    path = folder / "corpus.zarr.zip"
    store.write(path, made.arrays, store.Recipe("corpus", FILES, "x"), notes=made.notes)
    return dataset.ClassDataset(store.read(path), root)


def photographs(folder, narrow=(), images=10):
    """Make a class of images, the last three in another split, and a broken file."""
    random = np.random.default_rng(0)
    for number in range(images):
        path = folder / "images" / ("train" if number < 7 else "val") / "cat" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (10_000, 1, 3) if number in narrow else (9, 12, 3)
        Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8)).save(path)
    (folder / "images" / "train" / "cat" / "broken.png").write_text("")
    entry = Entry("cat", "cat", "cat", 2)
    return stored(
        folder, of_files(entry, settings_of(**FILES), folder / "images"), folder / "images"
    )


def explained(explainer, images, path, **machine):
    """Explain a class as the stage does; return the line that sums it up."""
    with ResumableWriter(path, RECIPE) as writer:
        return explain_class(explainer, images, {"heatmaps": writer}, **{**MACHINE, **machine})


def watched(explainer, monkeypatch, stop=None):
    """Note the sizes of the batches that are explained, and stop before one of them."""
    inner, sizes = explainer._explain, []

    def explain(batch, targets):
        if len(sizes) == stop:
            raise RuntimeError("stopped")
        sizes.append(len(batch))
        return inner(batch, targets)

    monkeypatch.setattr(explainer, "_explain", explain)
    return sizes


def test_a_class_is_explained_with_respect_to_its_label(network, explainer, tmp_path):
    images = photographs(tmp_path)
    summary = explained(explainer, images, tmp_path / "cat.zarr.zip")
    assert summary == (
        "attribution: 10 images by the fast engine on cpu; input: resize 8 (bilinear), crop 6, "
        "channels 3, mean 0.4, 0.5, 0.6, std 0.2, 0.25, 0.3"
    )
    result = store.read(tmp_path / "cat.zarr.zip")
    inputs = np.stack([images.input(row, TINY) for row in images.readable])
    whole = explain(network, inputs, np.full(10, 2), "epsilon_plus_flat")
    np.testing.assert_allclose(result["heatmap"], whole.heatmap, atol=1e-6)
    np.testing.assert_allclose(result["logit"], whole.logit, rtol=1e-5)
    np.testing.assert_array_equal(result["prediction"], whole.prediction)
    np.testing.assert_array_equal(result["rank"], whole.rank)


def test_every_heatmap_says_which_image_and_split_it_is_of(explainer, tmp_path):
    images = photographs(tmp_path)
    explained(explainer, images, tmp_path / "cat.zarr.zip")
    result = store.read(tmp_path / "cat.zarr.zip")
    np.testing.assert_array_equal(result["image"], images.readable)
    splits = [result.attributes["splits"][number] for number in result["split"]]
    assert splits == ["train"] * 7 + ["val"] * 3
    assert not result["artefact"].any()
    assert result.attributes["engine"] == "unhans"


def test_heatmaps_of_digits_carry_the_truth_of_what_was_planted(tmp_path):
    planted = (Planting("corner", "3", 0.25, 0),)
    settings = DigitSettings(per_class=20, validation=0.25, seed=0, planting=planted)
    made = of_digits(Entry("3", "3", "3", 3), settings)
    with Explainer(small.build("small_vgg", 10, 0), "epsilon_plus") as explainer:
        explained(explainer, stored(tmp_path, made, None), tmp_path / "3.zarr.zip")
    result = store.read(tmp_path / "3.zarr.zip")
    np.testing.assert_array_equal(result["artefact"], made.arrays["artefact"][result["image"]])
    assert result["artefact"].any()


def test_the_number_of_reading_processes_changes_no_byte(explainer, tmp_path):
    images = photographs(tmp_path, narrow=[4])
    contents = set()
    for attempt, workers in enumerate((1, 4, 4)):
        path = tmp_path / str(attempt) / "cat.zarr.zip"
        explained(explainer, images, path, workers=workers)
        contents.add(path.read_bytes())
    assert len(contents) == 1


@pytest.mark.parametrize("size", [1, 3, 10])
def test_an_image_that_the_transform_refuses_is_set_aside_alone(explainer, tmp_path, size):
    images = photographs(tmp_path, narrow=[0, 4, 9])
    summary = explained(explainer, images, tmp_path / "cat.zarr.zip", batch_size=size)
    assert summary.endswith("; 3 set aside: image of 1 x 10000 pixels is too narrow")
    result = store.read(tmp_path / "cat.zarr.zip")
    kept = [images.rows[row].image for row in result["image"]]
    assert kept == [f"{number}.png" for number in (1, 2, 3, 5, 6, 7, 8)]
    aside = {images.rows[int(row)].image for row in result.attributes["set_aside"]}
    assert aside == {"0.png", "4.png", "9.png"}


def test_an_image_without_relevance_to_compare_is_set_aside_alone(explainer, tmp_path, monkeypatch):
    inner, calls = explainer._explain, count()

    def explain(batch, targets):
        relevance, output = inner(batch, targets)
        if next(calls) == 1:
            relevance[0], relevance[2] = 0, float("nan")
        return relevance, output

    monkeypatch.setattr(explainer, "_explain", explain)
    images = photographs(tmp_path)
    summary = explained(explainer, images, tmp_path / "cat.zarr.zip")
    assert "1 set aside: relevance is zero everywhere" in summary
    result = store.read(tmp_path / "cat.zarr.zip")
    assert result.attributes["set_aside"] == {
        str(images.readable[3]): "relevance is zero everywhere",
        str(images.readable[5]): "relevance is NaN or infinite",
    }
    assert len(result["heatmap"]) == len(result["logit"]) == 8


def test_a_class_without_a_readable_image_is_refused(explainer, tmp_path):
    images = photographs(tmp_path, images=1)
    (tmp_path / "images" / "train" / "cat" / "0.png").write_text("")
    entry = Entry("cat", "cat", "cat", 2)
    made = of_files(entry, settings_of(**FILES), tmp_path / "images")
    images = stored(tmp_path, made, tmp_path / "images")
    with pytest.raises(InputError, match=r"none of 2 files is an image; the first, .*empty file"):
        explained(explainer, images, tmp_path / "cat.zarr.zip")


def test_a_class_of_which_no_image_can_be_explained_is_refused(explainer, tmp_path):
    images = photographs(tmp_path, narrow=range(10))
    with pytest.raises(InputError, match="no image can be explained; the first: image of 1 x 1000"):
        explained(explainer, images, tmp_path / "cat.zarr.zip")
    assert not list(tmp_path.glob("*cat.zarr.zip*"))


def test_a_file_that_has_changed_is_a_fault_of_its_class(explainer, tmp_path):
    images = photographs(tmp_path)
    Image.new("RGB", (9, 9)).save(tmp_path / "images" / "train" / "cat" / "5.png")
    with pytest.raises(StoreError, match=r"5\.png: has changed since"):
        explained(explainer, images, tmp_path / "cat.zarr.zip")
    assert not (tmp_path / "cat.zarr.zip").exists()


@pytest.mark.parametrize("stop", [0, 1, 3])
def test_what_was_explained_before_a_job_was_stopped_is_not_explained_again(
    explainer, tmp_path, monkeypatch, stop
):
    images, path = photographs(tmp_path, narrow=[4]), tmp_path / "cat.zarr.zip"
    explained(explainer, images, tmp_path / "whole" / "cat.zarr.zip")
    with monkeypatch.context() as once:
        watched(explainer, once, stop)
        with pytest.raises(RuntimeError, match="stopped"):
            explained(explainer, images, path)
    sizes = watched(explainer, monkeypatch)
    summary = explained(explainer, images, path)
    assert sizes == [3, 3, 3, 1][stop:]
    assert (f"10 images, {3 * stop} of them before by" in summary) == (stop > 0)
    assert path.read_bytes() == (tmp_path / "whole" / "cat.zarr.zip").read_bytes()


def test_a_job_stopped_at_the_end_is_only_finished(explainer, tmp_path, monkeypatch):
    images, path = photographs(tmp_path), tmp_path / "cat.zarr.zip"

    def stopped(*_):
        raise RuntimeError("stopped")

    with monkeypatch.context() as once:
        once.setattr(ResumableWriter, "finish", stopped)
        with pytest.raises(RuntimeError, match="stopped"):
            explained(explainer, images, path)
    assert watched(explainer, monkeypatch, stop=0) == []
    assert "10 images, 10 of them before" in explained(explainer, images, path)
    assert len(store.read(path)["heatmap"]) == 10


def test_other_sizes_of_batches_go_on_where_a_job_was_stopped(explainer, tmp_path, monkeypatch):
    images, path = photographs(tmp_path), tmp_path / "cat.zarr.zip"
    with monkeypatch.context() as once:
        watched(explainer, once, stop=1)
        with pytest.raises(RuntimeError, match="stopped"):
            explained(explainer, images, path)
    sizes = watched(explainer, monkeypatch)
    explained(explainer, images, path, batch_size="auto")
    assert sizes == [7]
    np.testing.assert_array_equal(store.read(path)["image"], images.readable)


@pytest.fixture
def shared(monkeypatch):
    """Explainers that a job shares; here they are closed, as the end of a job does."""
    opened = {}
    monkeypatch.setattr(class_attribution, "_SHARED", opened)
    yield opened
    for explainer in reversed(opened.values()):
        explainer.__exit__(None, None, None)


def test_the_classes_of_a_job_share_an_explainer(tmp_path, shared):
    path, record = tmp_path / "weights.safetensors", tmp_path / "model.zarr.zip"
    made = of_digits(Entry("3", "3", "3", 3), DigitSettings(20, 0.25, 0, ()))
    digits, explainers = stored(tmp_path, made, None), []
    for seed, layers in ((0, ()), (0, ()), (1, ()), (1, "auto"), (1, "auto"), (1, ("0",))):
        sha256 = weights.save_weights(small.build("small_vgg", 10, seed), path)
        notes = {"architecture": "small_vgg", "classes": 10, "sha256": sha256}
        store.write(record, {"sha256": weights.as_array(sha256)}, RECIPE, notes=notes)
        options = {"composite": "epsilon_plus", "engine": "auto", "device": "cpu"}
        given = (store.read(record), str(path), digits)
        explainers.append(prepare(*given, **options, layers=layers))
    assert explainers[0] is explainers[1]
    assert explainers[3] is explainers[4]
    assert len({*map(id, explainers)}) == len(shared) == 4
    assert [one.layers for one in explainers[2:]] == [(), *2 * [("2", "5", "7")], ("0",)]
    with pytest.raises(ConfigError, match=r"attribution\.layers: the network has no layer 'x'"):
        prepare(*given, **options, layers=("x",))


# Hidden layers


@pytest.fixture
def layered(network):
    with Explainer(network, "epsilon_plus_flat", layers=("0", "2")) as opened:
        yield opened


def both(explainer, images, folder, names=("heatmaps", "concepts"), **machine):
    """Explain a class as the stage does where layers are kept; return the line that sums it up."""
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(ResumableWriter(folder / name / "cat.zarr.zip", RECIPE))
            for name in names
        }
        return explain_class(explainer, images, writers, **{**MACHINE, **machine})


def test_what_is_kept_of_layers_is_that_of_the_same_images(layered, explainer, tmp_path):
    images = photographs(tmp_path, narrow=[4])
    both(layered, images, tmp_path)
    explained(explainer, images, tmp_path / "alone" / "cat.zarr.zip")
    heatmaps, concepts = (
        store.read(tmp_path / name / "cat.zarr.zip") for name in ("heatmaps", "concepts")
    )
    alone = (tmp_path / "alone" / "cat.zarr.zip").read_bytes()
    assert heatmaps.path.read_bytes() == alone
    for name in ("image", "split", "artefact"):
        np.testing.assert_array_equal(heatmaps[name], concepts[name])
    layers = [{"name": "0", "size": [6, 6]}, {"name": "2", "size": [6, 6]}]
    assert concepts.attributes["layers"] == layers
    assert concepts.attributes["set_aside"] == heatmaps.attributes["set_aside"]
    inputs = np.stack([images.input(row, TINY) for row in heatmaps["image"]])
    whole = layered(inputs, np.full(9, 2)).hidden
    for number, layer in enumerate(whole.values()):
        np.testing.assert_allclose(concepts[f"relevance_{number}"], layer.relevance, atol=1e-5)
        np.testing.assert_array_equal(concepts[f"position_{number}"], layer.position)
        assert concepts[f"activation_{number}"].shape == (9, 32, 5)
        assert concepts[f"place_{number}"].shape == (9, 5)


@pytest.mark.parametrize("stop", [1, 3])
def test_a_stopped_job_goes_on_with_what_each_result_lacks(layered, tmp_path, monkeypatch, stop):
    images = photographs(tmp_path, narrow=[4])
    both(layered, images, tmp_path / "whole")
    both(layered, images, tmp_path / "other", names=["concepts"])
    assert "heatmaps" not in {path.name for path in (tmp_path / "other").iterdir()}
    inner, calls = ResumableWriter.append, count()

    def append(self, *given, **named):
        if next(calls) == 2 * stop + 1:  # between the two results of a batch
            raise RuntimeError("stopped")
        inner(self, *given, **named)

    with monkeypatch.context() as once:
        once.setattr(ResumableWriter, "append", append)
        with pytest.raises(RuntimeError, match="stopped"):
            both(layered, images, tmp_path)
    sizes = watched(layered, monkeypatch)
    both(layered, images, tmp_path, batch_size=2)
    assert sum(sizes) == 10 - 3 * stop
    for name in ("heatmaps", "concepts"):
        expected = (tmp_path / "whole" / name / "cat.zarr.zip").read_bytes()
        assert (tmp_path / name / "cat.zarr.zip").read_bytes() == expected
    expected = (tmp_path / "other" / "concepts" / "cat.zarr.zip").read_bytes()
    assert (tmp_path / "concepts" / "cat.zarr.zip").read_bytes() == expected


def test_where_no_image_can_be_explained_nothing_is_left_of_either_result(layered, tmp_path):
    images = photographs(tmp_path, narrow=range(10))
    with pytest.raises(InputError, match="no image can be explained"):
        both(layered, images, tmp_path)
    assert not list(tmp_path.glob("*/*cat.zarr.zip*"))


def test_a_layer_that_cannot_be_kept_is_a_fault_of_the_configuration(network, tmp_path):
    images = photographs(tmp_path)
    with Explainer(network, "epsilon_plus_flat", layers=("5",)) as dense:
        reason = r"^attribution\.layers: layer 5: its output has shape \(3, 4\); expected places"
        with pytest.raises(ConfigError, match=reason):
            both(dense, images, tmp_path)
