"""model: weights that load by hash alone, records that bring a network back, and answers."""

import dataclasses
import hashlib
import pickle

import numpy as np
import pytest

from unhans.errors import InputError, StoreError
from unhans.images import digits
from unhans.images.transform import IMAGENET
from unhans.io import store
from unhans.networks import registry
from unhans.networks import weights as model


@pytest.fixture(scope="module")
def inputs():
    made = digits.build(per_class=10, validation=0.2, seed=0, planted=[])
    return digits.as_inputs(made.images)


def recorded(tmp_path, loaded, architecture):
    """Keep a network as the stages model and training do; return its record and weights."""
    weights, record = tmp_path / "weights.safetensors", tmp_path / "model.zarr.zip"
    sha256 = model.save_weights(loaded.module, weights)
    notes = model.notes(loaded, {"architecture": architecture}, sha256, ["a", "b"])
    arrays = {"sha256": model.as_array(sha256)}
    store.write(record, arrays, store.Recipe("model", {}, "x"), notes=notes)
    return record, weights


def test_weights_come_back_and_are_checked(inputs, tmp_path):
    path = tmp_path / "weights.safetensors"
    built = model.build("small_vgg", 10, 0).eval()
    digest = model.save_weights(built, path)
    loaded = model.load_weights(model.build("small_vgg", 10, 5), path, digest)
    np.testing.assert_array_equal(model.predict(loaded, inputs), model.predict(built, inputs))
    with pytest.raises(StoreError, match=r"weights\.safetensors: has sha256 .*expected 00"):
        model.load_weights(built, path, "00")
    with pytest.raises(StoreError, match="do not fit the network"):
        model.load_weights(model.build("small_vgg", 7, 0), path, digest)
    with pytest.raises(StoreError, match=r"gone\.safetensors: cannot be read"):
        model.load_weights(built, tmp_path / "gone.safetensors", digest)


def test_pickles_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    path = tmp_path / "weights.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(StoreError, match="do not fit"):
        model.load_weights(model.build("small_vgg", 10, 0), path, digest)


def test_predictions_do_not_hang_on_the_batch_size(inputs):
    built = model.build("small_vgg", 10, 0)
    one = model.predict(built, inputs, batch_size=7)
    np.testing.assert_allclose(one, model.predict(built, inputs), rtol=1e-5, atol=1e-6)
    with pytest.raises(InputError, match="expected"):
        model.predict(built, inputs[0])


def test_rank_counts_the_classes_above():
    logits = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 0.0]], dtype=np.float32)
    np.testing.assert_array_equal(model.rank_of(logits, np.array([2, 0])), [2, 1])
    np.testing.assert_array_equal(model.rank_of(logits, 1), [3, 1])


def test_a_network_for_digits_comes_back_by_its_record(inputs, tmp_path):
    built = model.build("small_vgg", 10, 3)
    made = registry.Network(built, list, None, 10, "0")
    loaded = model.load(*recorded(tmp_path, made, "small_vgg"))
    np.testing.assert_array_equal(
        model.predict(loaded.module, inputs), model.predict(built, inputs)
    )
    assert loaded.transform is None
    assert loaded.classes == 10


def test_a_network_for_photographs_comes_back_with_its_transform(tmp_path, random):
    made = registry.load("resnet18", seed=2, classes=7)
    other = dataclasses.replace(IMAGENET, resize=80, crop=64)
    kept = recorded(tmp_path, dataclasses.replace(made, transform=other), "resnet18")
    loaded = model.load(*kept)
    images = random.normal(size=(2, 3, 64, 64)).astype(np.float32)
    np.testing.assert_array_equal(
        model.predict(loaded.module, images), model.predict(made.module, images)
    )
    assert loaded.transform == other
    assert len(loaded.canonizers()) == len(made.canonizers()) > 0


def test_weights_that_the_record_does_not_name_are_refused(tmp_path):
    made = registry.load("resnet18", seed=2, classes=7)
    record, weights = recorded(tmp_path, made, "resnet18")
    model.save_weights(registry.load("resnet18", seed=3, classes=7).module, weights)
    with pytest.raises(StoreError, match=r"weights\.safetensors: has sha256"):
        model.load(record, weights)


def test_other_weights_give_another_record(tmp_path):
    prints = set()
    for seed in (0, 1):
        built = model.build("small_vgg", 10, seed)
        made = registry.Network(built, list, None, 10, "0")
        record, _ = recorded(tmp_path, made, "small_vgg")
        prints.add(store.read_attributes(record)["fingerprint"])
    assert len(prints) == 2
