"""A class of digits with a planted corner, and a small network that ends in an average pooling."""

import pytest

from unhans.features import class_activations, class_features
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.networks import small, training, weights
from unhans.networks.training import Schedule

PLANTED = [{"kind": "corner", "class": "3", "rate": 0.4, "seed": 0}]
DIGITS = {"source": "digits", "per_class": 40, "validation": 0.25, "seed": 0, "blur": 0, "noise": 0}


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """Results of the stage ``corpus`` of three classes, by class."""
    folder = tmp_path_factory.mktemp("corpus")
    settings = settings_of(**DIGITS, planting=PLANTED)
    for index in (1, 3, 8):
        made = of_digits(Entry(str(index), str(index), str(index), index), settings)
        path = folder / f"{index}.zarr.zip"
        recipe = store.Recipe("corpus", {"planting": PLANTED}, "x")
        store.write(path, made.arrays, recipe, notes=made.notes)
    return store.read_all(sorted(map(str, folder.iterdir())))


@pytest.fixture(scope="session")
def network(digits):
    import numpy as np

    data = [ClassDataset(result, None) for result in digits.values()]
    inputs = np.concatenate(
        [np.stack([one.input(int(row), None) for row in one.readable]) for one in data]
    )
    label = np.concatenate([np.full(len(one.readable), one.index) for one in data])
    module = small.build("small_pooled", 10, 0)
    training.fit(
        module, inputs, label, Schedule(epochs=6, batch_size=20, learning_rate=0.004, seed=0)
    )
    return weights.of_small(module, 10)


@pytest.fixture(scope="session")
def planted(digits):
    return ClassDataset(digits["3"], None)


@pytest.fixture(scope="session")
def neurons(planted, network, tmp_path_factory):
    """What the stage ``neurons`` stores of the class with the corner."""
    seen, ending = class_activations.of_class(network, planted, None)
    found = class_features.features(seen, ending, planted.index, top=3)
    path = tmp_path_factory.mktemp("neurons") / "3.zarr.zip"
    arrays = class_features.arrays(seen, found, ending, planted.index)
    store.write(path, arrays, store.Recipe("neurons", {}, "x"), {"images": planted.result})
    return store.read(path)
