"""Training: a small network fitted to a corpus, the same bytes for the same seed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.networks.weights import predict

Record = pd.DataFrame


def train(
    model: nn.Module,
    inputs: NDArray[np.float32],
    label: NDArray[np.int64],
    held_out: NDArray[np.bool_],
    settings: Mapping[str, Any],
) -> Record:
    """Fit a network in place as `fit` does, and tell after each epoch how right it is.

    Parameters
    ----------
    model : network with freshly drawn weights
    inputs : (n, c, h, w) float32
    label : (n,) class index
    held_out : (n,) images to test on, never to train on
    settings : see `fit`

    Returns
    -------
    one row an epoch: epoch, loss, accuracy_train, accuracy_validation

    """
    rows = []

    def note(epoch: int, loss: float) -> None:
        correct = predict(model, inputs).argmax(axis=1) == label
        rows.append((epoch, loss, correct[~held_out].mean(), correct[held_out].mean()))

    fit(model, inputs[~held_out], label[~held_out], settings, note)
    columns = ["epoch", "loss", "accuracy_train", "accuracy_validation"]
    return pd.DataFrame(rows, columns=columns)


def fit(
    model: nn.Module,
    inputs: NDArray[np.float32],
    label: NDArray[np.int64],
    settings: Mapping[str, Any],
    after_epoch: Callable[[int, float], None] | None = None,
) -> None:
    """Fit a network in place by Adam with a one-cycle learning rate; cross-entropy loss.

    One thread: sums split among threads differ in their last digits, and with them the weights.

    Parameters
    ----------
    model : network; what it draws while it is trained (dropout) is drawn from the seed
    inputs : (n, c, h, w) float32
    label : (n,) class index
    settings : ``epochs``, ``batch_size``, ``learning_rate``, ``seed``; with ``keep_statistics`` those of
        batch norms stay what they are
    after_epoch : called with the number of each epoch, from 1, and its mean loss; it may set the network
        to evaluation and must leave its weights as they are

    """
    with _deterministic(settings["seed"]):
        _fit(model, inputs, label, settings, after_epoch)


def in_words(record: Record) -> str:
    """Say how accurate a network has become."""
    final = record.iloc[-1]
    return (
        f"accuracy: {final['accuracy_train']:.1%} of training images, "
        f"{final['accuracy_validation']:.1%} of held-out images"
    )


def _fit(
    model: nn.Module,
    inputs: NDArray[np.float32],
    label: NDArray[np.int64],
    settings: Mapping[str, Any],
    after_epoch: Callable[[int, float], None] | None,
) -> None:
    order = torch.Generator().manual_seed(settings["seed"])
    batch_size, epochs = settings["batch_size"], settings["epochs"]
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(trained, lr=settings["learning_rate"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        max_lr=settings["learning_rate"],
        total_steps=epochs * -(-len(label) // batch_size),
    )
    for epoch in tqdm(range(1, epochs + 1), desc="training", unit="epoch", mininterval=5):
        _set_to_training(model, settings.get("keep_statistics", False))
        losses = []
        for batch in _batches(len(label), batch_size, order):
            optimiser.zero_grad()
            outputs = model(torch.from_numpy(inputs[batch]))
            loss = nn.functional.cross_entropy(outputs, torch.from_numpy(label[batch]))
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        if after_epoch is not None:
            after_epoch(epoch, float(np.mean(losses)))


def _set_to_training(model: nn.Module, keep_statistics: bool) -> None:
    model.train()
    for layer in model.modules():
        if keep_statistics and isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.eval()


@contextmanager
def _deterministic(seed: int) -> Iterator[None]:
    """One thread, deterministic kernels, draws from a seed; what was set before comes back."""
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict)


def _batches(count: int, size: int, order: torch.Generator) -> Iterator[NDArray[np.int64]]:
    shuffled = torch.randperm(count, generator=order).numpy()
    for start in range(0, count, size):
        yield shuffled[start : start + size]
