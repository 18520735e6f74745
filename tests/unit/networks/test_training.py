"""training: learns, and gives the same bytes for the same seed."""

import pandas as pd
import pytest
import torch

from unhans.images import digits
from unhans.networks import small, training, weights
from unhans.networks.inference import predict
from unhans.networks.training import Schedule

SETTINGS = {"epochs": 2, "batch_size": 32, "learning_rate": 2e-3, "seed": 0}


@pytest.fixture(scope="module")
def made():
    return digits.build(per_class=40, validation=0.25, seed=0, planted=[])


def trained(made, **settings):
    settings = {**SETTINGS, **settings}
    network = small.build("small_vgg", 10, settings["seed"])
    inputs = digits.as_inputs(made.images)
    return network, training.train(
        network, inputs, made.label, made.validation, Schedule(**settings)
    )


def test_training_learns_and_records_each_epoch(made):
    _, record = trained(made, epochs=12)
    assert list(record["epoch"]) == list(range(1, 13))
    assert record["loss"].iloc[-1] < record["loss"].iloc[0] / 2
    assert record["accuracy_validation"].iloc[-1] > 0.7


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(made, tmp_path):
    before = torch.get_num_threads()
    hashes = set()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        network, _ = trained(made)
        hashes.add(weights.save_weights(network, tmp_path / f"{threads}.safetensors"))
    torch.set_num_threads(before)
    other, _ = trained(made, seed=1)
    assert len(hashes) == 1
    assert weights.save_weights(other, tmp_path / "other.safetensors") not in hashes


def test_held_out_images_are_never_trained_on(made):
    network, _ = trained(made)
    images = made.images.copy()
    images[made.validation] = 0
    blanked = digits.Digits(**{**vars(made), "images": images})
    other, _ = trained(blanked)
    for one, two in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two)


def test_after_each_epoch_the_network_can_be_looked_at_and_is_trained_as_it_would_be(made):
    inputs, label = digits.as_inputs(made.images), made.label
    plain, watched = (small.build("small_vgg", 10, 0) for _ in range(2))
    training.fit(plain, inputs, label, Schedule(**SETTINGS))
    seen = []

    def look(epoch, loss):
        right = predict(watched, inputs).argmax(axis=1) == label
        torch.rand(3)
        seen.append((epoch, loss, right.mean()))

    training.fit(watched, inputs, label, Schedule(**SETTINGS), after_epoch=look)
    assert [epoch for epoch, *_ in seen] == [1, 2]
    assert seen[1][1] < seen[0][1]
    assert seen[1][2] != seen[0][2]
    for one, two in zip(plain.parameters(), watched.parameters(), strict=True):
        assert torch.equal(one, two)


def test_what_dropout_draws_is_drawn_from_the_seed_and_from_nothing_else(made):
    inputs, label = digits.as_inputs(made.images), made.label
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(3)
        network = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Dropout(), torch.nn.Linear(28 * 28, 10)
        )
        torch.rand(len(found))
        before = torch.get_rng_state()
        training.fit(network, inputs, label, Schedule(**{**SETTINGS, "seed": seed}))
        assert torch.equal(torch.get_rng_state(), before)
        found.append(network[2].weight)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_layers_with_a_rate_of_their_own_are_trained_by_it(made):
    inputs, label = digits.as_inputs(made.images), made.label
    networks = [small.build("small_vgg", 10, 0) for _ in range(3)]
    last = [network[-1] for network in networks]
    slow = {**SETTINGS, "learning_rate": 1e-12}
    schedules = [
        Schedule(**SETTINGS),
        Schedule(**SETTINGS, own_rates=[(last[1], 2e-3)]),
        Schedule(**slow, own_rates=[(last[2], 2e-3)]),
    ]
    for network, schedule in zip(networks, schedules, strict=True):
        training.fit(network, inputs, label, schedule)
    before = small.build("small_vgg", 10, 0).state_dict()
    for name, weight in networks[2].state_dict().items():
        torch.testing.assert_close(networks[0].state_dict()[name], networks[1].state_dict()[name])
        kept = torch.allclose(weight, before[name], atol=1e-6)
        assert kept != any(weight.data_ptr() == one.data_ptr() for one in last[2].parameters()), (
            name
        )


def test_the_last_accuracies_are_described():
    record = pd.DataFrame({"accuracy_train": [0.1, 0.95], "accuracy_validation": [0.2, 0.875]})
    text = training.describe(record)
    assert text == "accuracy: 95.0% of training images, 87.5% of held-out images"
