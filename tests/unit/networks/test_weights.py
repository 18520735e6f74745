"""weights: they load by hash alone, and a record brings a network back."""

import dataclasses
import hashlib
import pickle

import numpy as np
import pytest

from unhans.errors import StoreError
from unhans.images import digits
from unhans.images.transform import IMAGENET
from unhans.io import store
from unhans.networks import registry, small, weights
from unhans.networks.inference import predict


@pytest.fixture(scope="module")
def inputs():
    made = digits.build(per_class=10, validation=0.2, seed=0, planted=[])
    return digits.as_inputs(made.images)


def recorded(tmp_path, loaded, architecture):
    """Keep a network as the stages model and training do; return its record and weights."""
    path, record = tmp_path / "weights.safetensors", tmp_path / "model.zarr.zip"
    sha256 = weights.save_weights(loaded.module, path)
    notes = weights.notes(loaded, architecture, sha256, ["a", "b"], {})
    arrays = {"sha256": weights.as_array(sha256)}
    store.write(record, arrays, store.Recipe("model", {}, "x"), notes=notes)
    return store.read(record), path


def test_weights_come_back_and_are_checked(inputs, tmp_path):
    path = tmp_path / "weights.safetensors"
    built = small.build("small_vgg", 10, 0).eval()
    digest = weights.save_weights(built, path)
    loaded = weights.load_weights(small.build("small_vgg", 10, 5), path, digest)
    np.testing.assert_array_equal(predict(loaded, inputs), predict(built, inputs))
    with pytest.raises(StoreError, match=r"weights\.safetensors: has sha256 .*expected 00"):
        weights.load_weights(built, path, "00")
    with pytest.raises(StoreError, match="do not fit the network"):
        weights.load_weights(small.build("small_vgg", 7, 0), path, digest)
    with pytest.raises(StoreError, match=r"gone\.safetensors: cannot be read"):
        weights.load_weights(built, tmp_path / "gone.safetensors", digest)


def test_pickles_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    path = tmp_path / "weights.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(StoreError, match="do not fit"):
        weights.load_weights(small.build("small_vgg", 10, 0), path, digest)


def test_a_network_for_digits_comes_back_by_its_record(inputs, tmp_path):
    built = small.build("small_vgg", 10, 3)
    made = registry.Network(built, list, None, 10, "0")
    loaded = weights.load(*recorded(tmp_path, made, "small_vgg"))
    np.testing.assert_array_equal(predict(loaded.module, inputs), predict(built, inputs))
    assert loaded.transform is None
    assert loaded.classes == 10


def test_a_network_for_photographs_comes_back_with_its_transform(tmp_path, random):
    made = registry.load("resnet18", seed=2, classes=7)
    other = dataclasses.replace(IMAGENET, resize=80, crop=64)
    kept = recorded(tmp_path, dataclasses.replace(made, transform=other), "resnet18")
    loaded = weights.load(*kept)
    images = random.normal(size=(2, 3, 64, 64)).astype(np.float32)
    np.testing.assert_array_equal(predict(loaded.module, images), predict(made.module, images))
    assert loaded.transform == other
    assert len(loaded.canonizers()) == len(made.canonizers()) > 0


def test_weights_that_the_record_does_not_name_are_refused(tmp_path):
    made = registry.load("resnet18", seed=2, classes=7)
    record, path = recorded(tmp_path, made, "resnet18")
    weights.save_weights(registry.load("resnet18", seed=3, classes=7).module, path)
    with pytest.raises(StoreError, match=r"weights\.safetensors: has sha256"):
        weights.load(record, path)


def test_other_weights_give_another_record(tmp_path):
    prints = set()
    for seed in (0, 1):
        built = small.build("small_vgg", 10, seed)
        made = registry.Network(built, list, None, 10, "0")
        record, _ = recorded(tmp_path, made, "small_vgg")
        prints.add(record.attributes["fingerprint"])
    assert len(prints) == 2
