"""Class transplant: a sample of a class's images as donors, and the hosts that they share."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from unhans.artefacts.transplant import PIECES, Hosts, Transplants, transplant
from unhans.images.dataset import ClassDataset
from unhans.images.sampling import some
from unhans.io.store import Result
from unhans.networks import cutting, weights
from unhans.networks.cutting import Cut
from unhans.networks.registry import Network

_SHARED: dict[tuple[str, ...], tuple[Network, Cut]] = {}
"""Networks that `prepare` has cut."""

TRIED = 3
"""Images that a network is tried on when it is cut."""


class Donors(NamedTuple):
    """What was tried of a class.

    Parameters
    ----------
    row : ndarray of int64, shape (m,)
        Places among the explained images of the class.
    found : Transplants
        Of these donors.
    hosts : ndarray of int64, shape (k,)
        Places among the images that were drawn.
    evidence : float
        Mean margin of the class in these donors, less that in the hosts: what whole images say.
    cut : str
        Where pieces were taken and put.

    """

    row: NDArray[np.int64]
    found: Transplants
    hosts: NDArray[np.int64]
    evidence: float
    cut: str


def prepare(
    record: Result, weights_file: str | Path, hosts: Result, device: str
) -> tuple[Network, Cut] | None:
    """Load a network and cut it; all classes of a job share it.

    Parameters
    ----------
    record : Result
        Of the stage that made the network.
    weights_file : str or Path
        Weights of the network.
    hosts : Result
        Of the stage ``hosts``: the network is tried on its images.
    device : str
        See `inference.device`.

    Returns
    -------
    tuple of (Network, Cut), or None
        The network on the device, in evaluation mode, and its two parts. None where there are no hosts:
        nothing can be tried.

    Raises
    ------
    ConfigError
        The machine has no such device.
    StoreError
        The weights are missing, or not those that the record names.

    """
    if not len(hosts["image"]):
        return None
    key = (str(record.path), str(record.attributes["fingerprint"]), str(weights_file), device)
    if key not in _SHARED:
        network = weights.shared(record, weights_file, device)
        module = network.module
        images = np.resize(hosts["image"], (TRIED, *hosts["image"].shape[1:]))
        place = next((one.device for one in module.parameters()), torch.device("cpu"))
        _SHARED[key] = network, cutting.cut(module, torch.from_numpy(images).to(place))
    return _SHARED[key]


def try_class(
    prepared: tuple[Network, Cut] | None,
    dataset: ClassDataset,
    explained: Result,
    drawn: Result,
    *,
    images: int,
    hosts: int,
    seed: int,
) -> Donors:
    """Put pieces of a class's images into images of other classes.

    Parameters
    ----------
    prepared : tuple or None
        From `prepare`.
    dataset : ClassDataset
        The class's images.
    explained : Result
        Of the stage ``attribution``, with ``heatmap`` and ``image``.
    drawn : Result
        Of the stage ``hosts``.
    images : int
        Most images of the class that are tried.
    hosts : int
        Most images of other classes that each piece is put into.
    seed : int
        Of both draws.

    Returns
    -------
    Donors
        Without rows, where no other class has an image.

    Raises
    ------
    InputError
        An image cannot be transformed.
    StoreError
        An image file has changed since it was listed.

    """
    random = np.random.default_rng([seed, dataset.index])
    others = some(random, np.flatnonzero(drawn["target"] != dataset.index), hosts)
    rows = some(random, np.arange(len(explained["heatmap"])), images)
    if prepared is None or not len(others):
        nothing = np.zeros((0, len(PIECES), 0), dtype=np.float32)
        margin, corner = np.zeros(0, dtype=np.float32), np.zeros((0, 2), dtype=np.int16)
        none = Transplants(nothing, nothing, margin, corner)
        return Donors(rows[:0], none, others[:0], 0.0, "")
    network, cut = prepared
    taken = Hosts(cut, drawn["image"][others], dataset.index)
    donors = (
        (dataset.input(int(explained["image"][row]), network.transform), explained["heatmap"][row])
        for row in rows
    )
    found = transplant(taken, donors, len(rows))
    evidence = float(found.margin.mean()) - float(taken.before[0].mean())
    return Donors(rows, found, others, evidence, str(cut))


def describe(tried: Donors) -> str:
    """Describe what was tried, and the largest rise by each piece.

    Parameters
    ----------
    tried : Donors
        Of a class.

    Returns
    -------
    str
        A line.

    """
    if not len(tried.row):
        return "transplant: no other class has an image to put pieces into"
    highest = tried.found.rise.mean(axis=2).max(axis=0)
    rises = ", ".join(
        f"{piece} {rise:+.1f}" for piece, rise in zip(PIECES, highest.tolist(), strict=True)
    )
    return (
        f"transplant: pieces of {len(tried.row)} images in {len(tried.hosts)} of other classes, "
        f"{tried.cut}; highest rise of the margin: {rises}"
    )
