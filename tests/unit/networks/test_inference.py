"""inference: logits whatever the batch size, ranks and probabilities."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from unhans.attribution.explainer import Explainer
from unhans.errors import InputError
from unhans.images import digits
from unhans.networks import inference, small
from unhans.networks.inference import predict, probability, rank_of


@pytest.fixture(scope="module")
def inputs():
    made = digits.build(per_class=10, validation=0.2, seed=0, planted=[])
    return digits.as_inputs(made.images)


def test_predictions_do_not_depend_on_the_batch_size(inputs):
    built = small.build("small_vgg", 10, 0)
    one = predict(built, inputs, batch_size=7)
    np.testing.assert_allclose(one, predict(built, inputs), rtol=1e-5, atol=1e-6)
    with pytest.raises(InputError, match="expected"):
        predict(built, inputs[0])


def test_rank_counts_the_classes_above():
    logits = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 0.0]], dtype=np.float32)
    np.testing.assert_array_equal(rank_of(logits, np.array([2, 0])), [2, 1])
    np.testing.assert_array_equal(rank_of(logits, 1), [3, 1])


def test_probability_is_the_softmax_of_a_class():
    logits = np.array([[0.0, 0.0], [np.log(3), 0.0], [1e4, -1e4]], dtype=np.float32)
    np.testing.assert_allclose(probability(logits, 0), [0.5, 0.75, 1.0], rtol=1e-6)
    np.testing.assert_allclose(probability(logits, 1), [0.5, 0.25, 0.0], rtol=1e-6)


def test_large_images_are_computed_a_few_at_once(monkeypatch):
    seen = []

    class Counting(torch.nn.Module):
        def forward(self, x):
            seen.append(len(x))
            return x.mean(dim=(2, 3))

    monkeypatch.setattr(inference, "VALUES", 2 * 3 * 8 * 8)
    inputs = np.zeros((5, 3, 8, 8), dtype=np.float32)
    assert predict(Counting(), inputs).shape == (5, 3)
    assert predict(Counting(), inputs[:, :, :4, :4]).shape == (5, 3)
    assert predict(Counting(), np.zeros((3, 3, 99, 99), dtype=np.float32)).shape == (3, 3)
    assert seen == [2, 2, 1, 5, 1, 1, 1]


BACKENDS = (torch.backends.cudnn.conv, torch.backends.cudnn.rnn, torch.backends.cuda.matmul)


class Watching(nn.Module):
    """A network that notes how exactly a GPU would multiply while it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        self.seen |= {backend.fp32_precision for backend in BACKENDS}
        assert isinstance(torch.backends.cudnn.allow_tf32, bool)  # as torch.export asks
        return self.layers(inputs)


def test_a_gpu_multiplies_float32_unless_it_is_asked_for_tf32():
    before = [backend.fp32_precision for backend in BACKENDS]
    network, images = Watching(), np.ones((2, 1, 2, 2), dtype=np.float32)
    inference.predict(network, images)
    assert network.seen == {"ieee"}
    network.seen.clear()
    with Explainer(network, "epsilon_plus", precision="tf32", engine="zennit") as explain:
        explain(images, np.array([0, 1]))
    assert network.seen == {"tf32"}
    with pytest.raises(ZeroDivisionError), inference.evaluating(network):
        1 / 0  # noqa: B018 - an error within
    assert [backend.fp32_precision for backend in BACKENDS] == before
    assert isinstance(torch.backends.cudnn.allow_tf32, bool)  # the two ways to ask agree


def test_a_caller_who_set_parts_apart_finds_them_as_they_were():
    convolutions, recurrent, _ = BACKENDS
    before, allowed = convolutions.fp32_precision, torch.backends.cudnn.allow_tf32
    recurrent.fp32_precision = "tf32"
    convolutions.fp32_precision = "ieee"
    try:
        with pytest.raises(RuntimeError, match="different TF32 flags"):
            assert torch.backends.cudnn.allow_tf32
        with inference.precise("tf32"):
            assert {backend.fp32_precision for backend in BACKENDS} == {"tf32"}
            assert torch.backends.cudnn.allow_tf32
        assert (convolutions.fp32_precision, recurrent.fp32_precision) == ("ieee", "tf32")
    finally:
        torch.backends.cudnn.allow_tf32 = allowed
        convolutions.fp32_precision = recurrent.fp32_precision = before


def test_threads_side_by_side_leave_the_precision_as_it_was():
    before = [backend.fp32_precision for backend in BACKENDS]
    images = np.ones((2, 1, 2, 2), dtype=np.float32)
    networks = [Watching() for _ in range(40)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda network: inference.predict(network, images), networks))
    assert all(network.seen == {"ieee"} for network in networks)
    assert [backend.fp32_precision for backend in BACKENDS] == before
    assert isinstance(torch.backends.cudnn.allow_tf32, bool)


def test_the_precision_is_set_again_where_somebody_changed_it():
    with inference.precise():
        BACKENDS[1].fp32_precision = "tf32"
        with inference.precise():
            assert {backend.fp32_precision for backend in BACKENDS} == {"ieee"}


def test_the_precision_within_another_ends_with_it():
    with inference.precise("tf32"):
        with inference.precise():
            assert {backend.fp32_precision for backend in BACKENDS} == {"ieee"}
        assert {backend.fp32_precision for backend in BACKENDS} == {"tf32"}


def test_another_precision_is_refused():
    with pytest.raises(InputError, match="precision"):
        Explainer(Watching(), "epsilon_plus", precision="bfloat16")
