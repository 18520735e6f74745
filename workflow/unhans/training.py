"""Training: a small network fitted to a corpus, the same bytes for the same seed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.model import predict

Record = pd.DataFrame


def train(
    model: nn.Module,
    inputs: NDArray[np.float32],
    label: NDArray[np.int64],
    held_out: NDArray[np.bool_],
    settings: Mapping[str, Any],
) -> Record:
    """Fit a network in place by Adam with a one-cycle learning rate; cross-entropy loss.

    One thread: sums split among threads differ in their last digits, and with them the weights.

    Parameters
    ----------
    model : network with freshly drawn weights
    inputs : (n, c, h, w) float32
    label : (n,) class index
    held_out : (n,) images to test on, never to train on
    settings : ``epochs``, ``batch_size``, ``learning_rate``, ``seed``; with ``keep_statistics`` those of
        batch norms stay what they are

    Returns
    -------
    one row an epoch: epoch, loss, accuracy_train, accuracy_validation

    """
    with _deterministic():
        return _fit(model, inputs, label, held_out, settings)


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
    held_out: NDArray[np.bool_],
    settings: Mapping[str, Any],
) -> Record:
    order = torch.Generator().manual_seed(settings["seed"])
    training = np.nonzero(~held_out)[0]
    batch_size, epochs = settings["batch_size"], settings["epochs"]
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(trained, lr=settings["learning_rate"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        max_lr=settings["learning_rate"],
        total_steps=epochs * -(-len(training) // batch_size),
    )
    rows = []
    for epoch in tqdm(range(1, epochs + 1), desc="training", unit="epoch", mininterval=5):
        _set_to_training(model, settings.get("keep_statistics", False))
        losses = []
        for batch in _batches(training, batch_size, order):
            optimiser.zero_grad()
            outputs = model(torch.from_numpy(inputs[batch]))
            loss = nn.functional.cross_entropy(outputs, torch.from_numpy(label[batch]))
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        correct = predict(model, inputs).argmax(axis=1) == label
        rows.append((epoch, np.mean(losses), correct[~held_out].mean(), correct[held_out].mean()))
    columns = ["epoch", "loss", "accuracy_train", "accuracy_validation"]
    return pd.DataFrame(rows, columns=columns)


def _set_to_training(model: nn.Module, keep_statistics: bool) -> None:
    model.train()
    for layer in model.modules():
        if keep_statistics and isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.eval()


@contextmanager
def _deterministic() -> Iterator[None]:
    """One thread and deterministic kernels; what was set before comes back."""
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict)


def _batches(
    members: NDArray[np.int64], size: int, order: torch.Generator
) -> Iterator[NDArray[np.int64]]:
    shuffled = members[torch.randperm(len(members), generator=order).numpy()]
    for start in range(0, len(shuffled), size):
        yield shuffled[start : start + size]
