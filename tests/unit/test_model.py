"""model and training: deterministic, and weights that load by hash alone."""

import pickle

import numpy as np
import pytest
import torch

from unhans import corpus, model, training
from unhans.errors import InputError, StoreError

SETTINGS = {"epochs": 2, "batch_size": 32, "learning_rate": 2e-3, "seed": 0}


@pytest.fixture(scope="module")
def digits():
    return corpus.build(per_class=40, validation=0.25, seed=0, planted=[])


def trained(digits, seed=0):
    network = model.build("small_vgg", 10, seed)
    settings = {**SETTINGS, "seed": seed}
    inputs = corpus.as_inputs(digits.images)
    record = training.train(network, inputs, digits.label, digits.validation, settings)
    return network, record


def test_training_learns_and_records_each_epoch(digits):
    network = model.build("small_vgg", 10, 0)
    inputs = corpus.as_inputs(digits.images)
    settings = {**SETTINGS, "epochs": 12}
    record = training.train(network, inputs, digits.label, digits.validation, settings)
    assert list(record["epoch"]) == list(range(1, 13))
    assert record["loss"].iloc[-1] < record["loss"].iloc[0] / 2
    assert record["accuracy_validation"].iloc[-1] > 0.7


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(digits, tmp_path):
    hashes = set()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        network, _ = trained(digits)
        hashes.add(model.save_weights(network, tmp_path / f"{threads}.safetensors"))
    other, _ = trained(digits, seed=1)
    assert len(hashes) == 1
    assert model.save_weights(other, tmp_path / "other.safetensors") not in hashes


def test_weights_come_back_and_are_checked(digits, tmp_path):
    path = tmp_path / "weights.safetensors"
    network = model.build("small_vgg", 10, 0).eval()
    digest = model.save_weights(network, path)
    inputs = corpus.as_inputs(digits.images[:20])
    loaded = model.load_weights(model.build("small_vgg", 10, 5), path, digest)
    np.testing.assert_array_equal(model.predict(loaded, inputs), model.predict(network, inputs))
    with pytest.raises(StoreError, match=r"weights\.safetensors: has sha256 .*expected 00"):
        model.load_weights(network, path, "00")
    with pytest.raises(StoreError, match="do not fit the network"):
        model.load_weights(model.build("small_vgg", 7, 0), path, digest)
    with pytest.raises(StoreError, match=r"gone\.safetensors: cannot be read"):
        model.load_weights(network, tmp_path / "gone.safetensors", digest)


def test_pickles_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    path = tmp_path / "weights.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    import hashlib

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(StoreError, match="do not fit"):
        model.load_weights(model.build("small_vgg", 10, 0), path, digest)


def test_predictions_do_not_hang_on_the_batch_size(digits):
    network = model.build("small_vgg", 10, 0)
    inputs = corpus.as_inputs(digits.images[:30])
    one = model.predict(network, inputs, batch_size=7)
    np.testing.assert_allclose(one, model.predict(network, inputs), rtol=1e-5, atol=1e-6)
    with pytest.raises(InputError, match="expected"):
        model.predict(network, inputs[0])


def test_rank_counts_the_classes_above():
    logits = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 0.0]], dtype=np.float32)
    np.testing.assert_array_equal(model.rank_of(logits, np.array([2, 0])), [2, 1])
    np.testing.assert_array_equal(model.rank_of(logits, 1), [3, 1])
