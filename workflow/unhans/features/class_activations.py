"""Class activations: what a network computes of the images of a class, before its last linear layer."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.attribution import last_maps
from unhans.attribution.image_reader import ImageReader
from unhans.errors import StoreError
from unhans.images import sampling
from unhans.images.dataset import ClassDataset
from unhans.images.sampling import HeldOut
from unhans.io.store import Result
from unhans.networks import penultimate
from unhans.networks.inference import MOST, VALUES, device_of
from unhans.networks.penultimate import Ending
from unhans.networks.registry import Network


class Activations(NamedTuple):
    """What a network computes of the images of a class.

    Parameters
    ----------
    row : ndarray of int64, shape (n,)
        Of the class.
    trained : ndarray of bool, shape (n,)
        Images that the network may have been trained on.
    activation : ndarray of float32, shape (n, d)
        Penultimate activations.
    logit : ndarray of float32, shape (n,)
        Of the class.
    prediction : ndarray of int64, shape (n,)
        Output of the greatest logit.
    maps : ndarray of float32, shape (n, d, k, l)
        Of the last layer before the pooling.
    """

    row: NDArray[np.int64]
    trained: NDArray[np.bool_]
    activation: NDArray[np.float32]
    logit: NDArray[np.float32]
    prediction: NDArray[np.int64]
    maps: NDArray[np.float32]


def of_class(
    network: Network,
    dataset: ClassDataset,
    fine_tuned: HeldOut | None,
    workers: int = 1,
    kept: Mapping[str, Result] | None = None,
) -> tuple[Activations, Ending]:
    """Run a network on all images of a class, once, or read what was kept when they were explained.

    Parameters
    ----------
    network : Network
        On the device that it runs on.
    dataset : ClassDataset
        The class's images.
    fine_tuned : HeldOut or None
        See `sampling.not_trained_on`.
    workers : int
        That read image files; see `ImageReader`.
    kept : mapping of str to Result, optional
        Result of the stage ``activations``, under its name; empty where it was not made. Where it was set
        aside the network is run.

    Returns
    -------
    found : Activations
        Images that cannot be read are left out.
    ending : Ending
        Of the network.

    Raises
    ------
    InputError
        The network does not end in an average pooling and one linear layer, or no image can be read.
    StoreError
        What was kept is of another network.
    """
    dataset.require_some()
    if kept and kept["activations"].attributes["status"] == "ok":
        return _of_kept(kept["activations"], network, dataset, fine_tuned)
    return _of_pass(network, dataset, fine_tuned, workers)


def _of_pass(
    network: Network, dataset: ClassDataset, fine_tuned: HeldOut | None, workers: int
) -> tuple[Activations, Ending]:
    """Run the network on all images."""
    rows = dataset.readable
    size = MOST
    if device_of(network.module).type == "cpu":
        one = math.prod(dataset.input_shape(network.transform))
        size = max(1, min(MOST, VALUES // max(1, one)))
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    read_rows: list[NDArray[np.int64]] = []
    parts: list[penultimate.Seen] = []
    with ImageReader(dataset, network.transform, workers) as reader:
        ending = penultimate.find(network.module, sampling.first_input(dataset, network.transform))
        with penultimate.watched(network.module, ending) as see:
            for batch, read in zip(batches, reader.batches(batches), strict=True):
                good = [place for place in range(len(batch)) if place not in read.reasons]
                if good:
                    parts.append(see(read.images[good]))
                    read_rows.append(batch[good])
    row = np.concatenate(read_rows)
    trained = ~sampling.not_trained_on(dataset, fine_tuned)[np.isin(rows, row)]
    logits = np.concatenate([part.logits for part in parts])
    return (
        Activations(
            row,
            trained,
            np.concatenate([part.activation for part in parts]),
            logits[:, dataset.index],
            logits.argmax(axis=1).astype(np.int64),
            np.concatenate([part.maps for part in parts]),
        ),
        ending,
    )


def _of_kept(
    kept: Result, network: Network, dataset: ClassDataset, fine_tuned: HeldOut | None
) -> tuple[Activations, Ending]:
    """Read what was kept of a class's images; refuse what does not give the network's logits."""
    row, activation = np.asarray(kept["image"]), np.asarray(kept["activation"])
    logit = np.asarray(kept["logit"])
    ending = penultimate.find(network.module, sampling.first_input(dataset, network.transform))
    own = activation @ ending.weights[dataset.index] + ending.bias[dataset.index]
    if not last_maps.same(own, logit):
        raise StoreError(
            f"{kept.path}: its activations do not give the logits beside them; expected those of this "
            "network; delete the file to make it again"
        )
    trained = ~sampling.not_trained_on(dataset, fine_tuned)[np.isin(dataset.readable, row)]
    maps = last_maps.restored(kept["level"], kept["least"], kept["greatest"])
    prediction = np.asarray(kept["prediction"], dtype=np.int64)
    return Activations(row, trained, activation, logit, prediction, maps), ending
