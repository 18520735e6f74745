"""Transplants: pieces of a class's images put into images of other classes.

What an image holds of its class, such as half a trumpet, says little in another image. An artefact that a
network has learned to take for the class says the same anywhere: put into any image of another class,
it raises the class. This is measured by the *margin*, the logit of the class less the highest of the
others. Each image is therefore tried as a donor. Three pieces of it are put into the
same images of other classes, the *hosts*:

``window``
    the square with most positive relevance: a sticker, a logo, a second object, text;
``rim``
    the margin: letterboxes, frames, text along an edge;
``style``
    mean and standard deviation of each channel: tint, blur, noise, fog, compression.

The pieces are those of a map within the network (`networks.cutting`), which holds what is near a place
at that place, and the texture of an image in its channels. What follows the map is computed once for
each piece and host.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d
from tqdm import tqdm

from unhans.errors import InputError
from unhans.networks.cutting import Cut
from unhans.networks.inference import require_classes
from unhans.types import Array

PIECES = ("window", "rim", "style")
"""Pieces of a donor, in the order of the columns of `Transplants.rise`."""

WINDOW = 0.18
"""Side of the window, as a share of that of the map: 40 of 224 pixels, 5 of 28."""

RIM = 0.072
"""Width of the rim, as a share of the side of the map: 16 of 224 pixels, 2 of 28."""

FLAT = 1e-5
"""Standard deviation that is added to each channel of a host, so that flat channels can be divided."""


class Transplants(NamedTuple):
    """How a class rises when pieces of donors are put into hosts.

    Parameters
    ----------
    rise : ndarray of float32, shape (donors, pieces, hosts)
        Margin of the class in the host with the piece, less that without it.
    probability : ndarray of float32, shape (donors, pieces, hosts)
        The same of the class's probability.
    margin : ndarray of float32, shape (donors,)
        Of the class in the donors themselves.
    corner : ndarray of int16, shape (donors, 2)
        Row and column of the map where the window begins.

    """

    rise: NDArray[np.float32]
    probability: NDArray[np.float32]
    margin: NDArray[np.float32]
    corner: NDArray[np.int16]


class Hosts:
    """Images of other classes, ready to take pieces.

    Parameters
    ----------
    cut : Cut
        The network in two parts, in evaluation mode.
    images : ndarray of float32, shape (k, c, h, w)
        Inputs of the network.
    target : int
        Index of the class whose logit is watched.

    Raises
    ------
    InputError
        There are no images, or the network has no such class.

    """

    def __init__(self, cut: Cut, images: Array, target: int) -> None:
        if not len(images):
            raise InputError("there are no images of other classes; expected at least one")
        self.cut, self.target = cut, target
        self.device = next((one.device for one in cut.rest.parameters()), torch.device("cpu"))
        with torch.no_grad():
            self.maps: Tensor = self.features(images)
            logits = self.cut.rest(self.maps.clone())
        require_classes(np.asarray(target), logits.shape[1])
        if logits.shape[1] < 2:
            raise InputError("the network has one class; expected at least two to compare")
        self.before = self._answers(logits)
        """Margin and probability of the class in each host: (2, k)"""

    def _answers(self, logits: Tensor) -> Tensor:
        own, rest = logits[:, self.target], logits.clone()
        rest[:, self.target] = -torch.inf
        return torch.stack([own - rest.amax(dim=1), logits.softmax(dim=1)[:, self.target]])

    def features(self, images: Array) -> Tensor:
        """Compute the map of images.

        Parameters
        ----------
        images : ndarray of float32, shape (n, c, h, w)
            As the network takes them.

        Returns
        -------
        Tensor, shape (n, d, rows, columns)

        """
        given = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))
        found: Tensor = self.cut.trunk(given.to(self.device))
        return found

    @torch.no_grad()
    def rises(self, image: Array, heatmap: Array) -> tuple[Tensor, float, tuple[int, int]]:
        """Put the pieces of one donor into all hosts.

        Parameters
        ----------
        image : ndarray of float32, shape (c, h, w)
            The donor, as the network takes it.
        heatmap : ndarray of float, shape (h, w)
            Its relevance.

        Returns
        -------
        rise : Tensor, shape (2, pieces, k)
            Of margin and probability, see `Transplants`.
        margin : float
            Of the donor itself.
        corner : tuple of int
            Row and column of the map where the window begins.

        """
        donor = self.features(image[None])[0]
        size = (int(donor.shape[1]), int(donor.shape[2]))
        corner, side = window(heatmap, size)
        pieces = torch.cat(
            [
                with_region(self.maps, donor, square(size, corner, side)),
                with_region(self.maps, donor, margin(size)),
                with_style(self.maps, donor),
                donor[None],
            ]
        )
        answers = self._answers(self.cut.rest(pieces))
        after = answers[:, :-1].reshape(2, len(PIECES), -1)
        return (after - self.before[:, None]).cpu(), float(answers[0, -1]), corner


def transplant(
    hosts: Hosts, donors: Iterable[tuple[Array, Array]], count: int | None = None
) -> Transplants:
    """Put pieces of donors into hosts.

    Parameters
    ----------
    hosts : Hosts
        Images of other classes.
    donors : iterable of (ndarray, ndarray)
        Input (c, h, w) and heatmap (h, w) of each image of the class. One at a time is held in memory.
    count : int, optional
        Number of donors, for the progress bar.

    Returns
    -------
    Transplants

    Raises
    ------
    InputError
        There are no donors.

    """
    bar = tqdm(donors, total=count, desc="transplant", unit="image", delay=5, mininterval=5)
    found = [hosts.rises(*donor) for donor in bar]
    if not found:
        raise InputError("there are no explained images; expected at least one")
    rises, margins, corners = zip(*found, strict=True)
    rise, probability = torch.stack(rises, dim=1).float().numpy()
    return Transplants(
        rise,
        probability,
        np.array(margins, dtype=np.float32),
        np.array(corners, dtype=np.int16),
    )


def window(heatmap: Array, size: tuple[int, int]) -> tuple[tuple[int, int], int]:
    """Find the square of a map with most positive relevance.

    Parameters
    ----------
    heatmap : ndarray of float, shape (h, w)
        Relevance of the image.
    size : tuple of int
        Rows and columns of the map.

    Returns
    -------
    corner : tuple of int
        Row and column where the square begins; of equal squares the first.
    side : int
        `WINDOW` of the map's shorter side.

    """
    side = max(1, round(WINDOW * min(size)))
    positive = torch.from_numpy(np.maximum(np.asarray(heatmap, dtype=np.float64), 0))[None, None]
    summed = avg_pool2d(adaptive_avg_pool2d(positive, size), side, stride=1)[0, 0]
    row, column = divmod(int(summed.flatten().argmax()), summed.shape[1])
    return (row, column), side


def square(size: tuple[int, int], corner: tuple[int, int], side: int) -> Tensor:
    """Mark a square of a map.

    Parameters
    ----------
    size, corner : (int, int)
        Rows and columns of the map; row and column of the square's first corner.
    side : int
        Of the square.

    Returns
    -------
    Tensor of bool, shape (rows, columns)

    """
    region = torch.zeros(size, dtype=torch.bool)
    region[corner[0] : corner[0] + side, corner[1] : corner[1] + side] = True
    return region


def margin(size: tuple[int, int]) -> Tensor:
    """Mark the rim of a map, `RIM` of its shorter side wide.

    Parameters
    ----------
    size : (int, int)
        Rows and columns of the map.

    Returns
    -------
    Tensor of bool, shape (rows, columns)

    """
    width = max(1, round(RIM * min(size)))
    region = torch.ones(size, dtype=torch.bool)
    region[width:-width, width:-width] = False
    return region


def with_region(hosts: Tensor, donor: Tensor, region: Tensor) -> Tensor:
    """Put a region of a donor into hosts, at the same place.

    Parameters
    ----------
    hosts : Tensor, shape (k, d, rows, columns)
        Maps of the hosts; they stay as they are.
    donor : Tensor, shape (d, rows, columns)
        Map of the donor.
    region : Tensor of bool, shape (rows, columns)
        What is taken from the donor.

    Returns
    -------
    Tensor, shape (k, d, rows, columns)

    """
    return torch.where(region.to(hosts.device), donor, hosts)


def with_style(hosts: Tensor, donor: Tensor) -> Tensor:
    """Give hosts the mean and the standard deviation of each channel of a donor.

    Parameters
    ----------
    hosts, donor : Tensor
        See `with_region`.

    Returns
    -------
    Tensor, shape (k, d, rows, columns)

    References
    ----------
    Huang and Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance
    Normalization", arXiv:1703.06868, equation 8.

    """
    plane = (-2, -1)
    mean, spread = hosts.mean(plane, keepdim=True), hosts.std(plane, keepdim=True)
    own, wide = donor.mean(plane, keepdim=True), donor.std(plane, keepdim=True)
    return (hosts - mean) / (spread + FLAT) * wide + own
