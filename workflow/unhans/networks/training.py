"""Training: a small network fitted to a corpus, the same bytes for the same seed."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.networks.inference import predict

Record = pd.DataFrame
"""A row an epoch; see `train`."""


@dataclass(frozen=True)
class Schedule:
    """How a network is trained.

    Parameters
    ----------
    epochs : int
        Passes over the images.
    batch_size : int
        Images a step.
    learning_rate : float
        Highest rate of the cycle.
    seed : int
        Of the order of images and of what the network draws.
    keep_statistics : bool
        Keep the running statistics of batch norms as they are.
    own_rates : sequence of (Module, float)
        Layers with a highest learning rate of their own.
    device : str
        Where the network is trained, and stays. Another device gives other weights, in the last
        digits at first.

    """

    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    keep_statistics: bool = False
    own_rates: Sequence[tuple[nn.Module, float]] = ()
    device: str = "cpu"


def train(
    model: nn.Module,
    inputs: NDArray[np.float32],
    label: NDArray[np.int64],
    held_out: NDArray[np.bool_],
    schedule: Schedule,
) -> Record:
    """Fit a network in place as `fit` does, and measure its accuracy after each epoch.

    Parameters
    ----------
    model : Module
        Network with freshly drawn weights.
    inputs : ndarray of float32, shape (n, c, h, w)
        Images as the network takes them.
    label : ndarray of int, shape (n,)
        Indices of their classes.
    held_out : ndarray of bool, shape (n,)
        Images to test on, never to train on.
    schedule : Schedule
        How it is trained.

    Returns
    -------
    DataFrame
        A row an epoch: epoch, loss, accuracy_train, accuracy_validation.

    Raises
    ------
    InputError
        The inputs have another number of dimensions than four; see `inference.predict`.
    ValueError
        There is no image to train on, or no epoch: PyTorch's schedule has no step.

    """
    rows = []

    def note(epoch: int, loss: float) -> None:
        correct = predict(model, inputs).argmax(axis=1) == label
        rows.append((epoch, loss, correct[~held_out].mean(), correct[held_out].mean()))

    fit(model, inputs[~held_out], label[~held_out], schedule, after_epoch=note)
    columns = ["epoch", "loss", "accuracy_train", "accuracy_validation"]
    return pd.DataFrame(rows, columns=columns)


def fit(
    model: nn.Module,
    inputs: NDArray[np.float32],
    label: NDArray[np.int64],
    schedule: Schedule,
    after_epoch: Callable[[int, float], None] | None = None,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = nn.functional.cross_entropy,
) -> None:
    """Fit a network in place by Adam with a one-cycle learning rate.

    It uses one thread: sums split among threads differ in their last digits, and with them the
    weights.

    Parameters
    ----------
    model : Module
        The network. What it draws while it is trained (dropout) is drawn from the seed.
    inputs : ndarray of float32, shape (n, c, h, w)
        Images as the network takes them.
    label : ndarray of int, shape (n,)
        Indices of their classes.
    schedule : Schedule
        How it is trained.
    after_epoch : callable, optional
        Called with the number of each epoch, from 1, and its mean loss. It may set the network to
        evaluation, and must not change its weights.
    loss : callable
        From logits and classes of a batch; cross-entropy if not given.

    Raises
    ------
    ValueError
        There is no image, or no epoch: PyTorch's schedule has no step.

    """
    device, epochs = schedule.device, schedule.epochs
    model.to(device)
    with deterministic(schedule.seed, torch.device(device)):
        order = torch.Generator().manual_seed(schedule.seed)
        groups = _groups(model, schedule.learning_rate, schedule.own_rates)
        optimiser = torch.optim.Adam(groups)
        steps = epochs * -(-len(label) // schedule.batch_size)
        rates = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, max_lr=[group["lr"] for group in groups], total_steps=steps
        )
        for epoch in tqdm(range(1, epochs + 1), desc="training", unit="epoch", mininterval=5):
            _set_to_training(model, schedule.keep_statistics)
            losses = []
            for batch in _batches(len(label), schedule.batch_size, order):
                optimiser.zero_grad()
                outputs = model(torch.from_numpy(inputs[batch]).to(device))
                wanted = torch.from_numpy(label[batch]).to(device)
                found = loss(outputs, wanted)
                found.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                rates.step()
                losses.append(found.item())
            if after_epoch is not None:
                after_epoch(epoch, float(np.mean(losses)))


def describe(record: Record) -> str:
    """Describe the accuracy of a trained network.

    Parameters
    ----------
    record : DataFrame
        As `train` returns it.

    Returns
    -------
    str
        A line.

    """
    final = record.iloc[-1]
    return (
        f"accuracy: {final['accuracy_train']:.1%} of training images, "
        f"{final['accuracy_validation']:.1%} of held-out images"
    )


def _groups(
    model: nn.Module, rate: float, own_rates: Sequence[tuple[nn.Module, float]]
) -> list[dict[str, Any]]:
    """Weights that are trained, by their highest learning rate."""
    own = {id(weight) for layer, _ in own_rates for weight in layer.parameters()}
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    named = [([one for one in weights if id(one) not in own], rate)]
    named += [
        ([one for one in layer.parameters() if one.requires_grad], value)
        for layer, value in own_rates
    ]
    return [{"params": params, "lr": value} for params, value in named if params]


def _set_to_training(model: nn.Module, keep_statistics: bool) -> None:
    model.train()
    for layer in model.modules():
        if keep_statistics and isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.eval()


@contextmanager
def deterministic(seed: int, device: torch.device) -> Iterator[None]:
    """Use one thread, deterministic kernels and a seed, and restore the settings afterwards.

    Parameters
    ----------
    seed : int
        Of torch's generators within the ``with``.
    device : device
        Where a network is trained.

    Yields
    ------
    None

    """
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else cuBLAS refuses
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict)


def _batches(count: int, size: int, order: torch.Generator) -> Iterator[NDArray[np.int64]]:
    shuffled = torch.randperm(count, generator=order).numpy()
    for start in range(0, count, size):
        yield shuffled[start : start + size]
