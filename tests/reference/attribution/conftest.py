"""A network trained on few digits, for all that explains it."""

import pytest

from unhans.images import digits
from unhans.networks import small, training


@pytest.fixture(scope="session")
def samples():
    return digits.build(per_class=60, validation=0.25, seed=0, planted=[])


@pytest.fixture(scope="session")
def trained(samples):
    made = small.build("small_vgg", 10, 0)
    settings = {"epochs": 6, "batch_size": 32, "learning_rate": 2e-3, "seed": 0}
    inputs = digits.as_inputs(samples.images)
    schedule = training.Schedule(**settings)
    training.train(made, inputs, samples.label, samples.validation, schedule)
    return made.eval()
