"""Experiment: what the images of a group share, and its control, put into images of other classes."""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import fft
from torch import Tensor, nn

from unhans.artefacts import isolation, style
from unhans.artefacts.appearance import Appearance
from unhans.artefacts.artefact import Artefact
from unhans.artefacts.class_transplant import TRIED
from unhans.artefacts.perturbation import patched
from unhans.artefacts.positives import Group
from unhans.artefacts.response import Response, changed
from unhans.artefacts.style import Style
from unhans.choices import Placement
from unhans.networks import cutting
from unhans.networks.cutting import Cut
from unhans.networks.inference import device_of, predict
from unhans.types import Array

APPEARANCE = "appearance"
"""Kind of an experiment that changes colours, contrast and frequencies; see `appearance`."""

STYLE = "style"
"""Kind of an experiment that changes the channels of a map within the network; see `style`."""

ISOLATED: Mapping[str, float] = {
    "fixed": isolation.AGREED,
    "free": 0.3,
    "whole": 0.2,
    "overlay": 0.3,
    APPEARANCE: 0.1,
    STYLE: 0.75,  # twice the size that chance gives
}
"""Consistency from which what was isolated is what the images of a group share, by kind."""


class Experiment(NamedTuple):
    """One experiment on a group.

    Parameters
    ----------
    side : {"group", "others"}
        The images that are taken to have the artefact: the group, or the others of the class.
    kind : str
        What was looked for: a `choices.Placement`, `APPEARANCE` or `STYLE`.
    found : Artefact, Appearance or Style
        What was isolated.
    change, control : Response
        Of images of other classes, to it and to its control.

    """

    side: str
    kind: str
    found: Artefact | Appearance | Style
    change: Response
    control: Response

    @property
    def isolated(self) -> bool:
        """Whether something was isolated that the images share, and no mere speck."""
        speck = False
        if isinstance(self.found, Artefact):
            pixels = int(self.found.mask.sum())
            speck = pixels == 0 or pixels < isolation.SPECK * self.found.mask.size
        return not speck and self.found.consistency >= ISOLATED[self.kind]


class Laboratory:
    """A network, and images of other classes that artefacts of a class are put into.

    Parameters
    ----------
    model : Module
        Its outputs are logits.
    images : ndarray of float32, shape (n, c, h, w)
        Images of other classes.
    target : int
        Index of the class's logit.
    seed : int
        Of what is random in controls.

    """

    def __init__(
        self, model: nn.Module, images: NDArray[np.float32], target: int, seed: int
    ) -> None:
        self.model, self.images, self.target, self.seed = model, images, target, seed
        self._before = predict(model, images)
        self._made: dict[tuple[str, str, bytes], Experiment] = {}

    def __call__(self, side: str, kind: str, group: Group) -> Experiment:
        """Isolate what a group shares, and put it and its control into the images.

        Two indicators may find the same group. An experiment on it is then made once.

        Parameters
        ----------
        side, kind : str
            See `Experiment`.
        group : Group
            Its positives are those images that are taken to have the artefact.

        Returns
        -------
        Experiment

        """
        key = (side, kind, group.rows.tobytes())
        if key not in self._made:
            self._made[key] = self._make(side, kind, group)
        return self._made[key]

    def _make(self, side: str, kind: str, group: Group) -> Experiment:
        if kind == STYLE:
            return self._style(side, group)
        if kind == APPEARANCE:
            look = group.appearance()
            found: Artefact | Appearance = look
            plain = look.control(self.images, self.seed)
        else:
            found = group.isolate(cast("Placement", kind))
            plain = control(found, group, self.images, self.seed)
        made = (predict(self.model, images) for images in (found.insert(self.images), plain))
        return Experiment(side, kind, found, *map(self._changed, made))

    def _style(self, side: str, group: Group) -> Experiment:
        cut, hosts = self._within
        inside, outside = (
            style.values(style.maps(cut, images)) for images in (group.positives, group.others)
        )
        found = style.difference(inside, outside)
        donors = np.random.default_rng(self.seed).integers(len(outside), size=len(hosts))
        made = (style.answers(cut, hosts, moves) for moves in (found.move, found.others[donors]))
        return Experiment(side, STYLE, found, *map(self._changed, made))

    @cached_property
    def _within(self) -> tuple[Cut, Tensor]:
        """The network in two parts, and the maps of the images."""
        tried = np.resize(self.images, (TRIED, *self.images.shape[1:]))
        found = cutting.cut(self.model, torch.from_numpy(tried).to(device_of(self.model)))
        return found, style.maps(found, self.images)

    def _changed(self, after: NDArray[np.float32]) -> Response:
        return changed(self._before, after, self.target)


def control(
    found: Artefact, group: Group, images: NDArray[np.float32], seed: int
) -> NDArray[np.float32]:
    """Put the control of an artefact into images.

    Of what is added to images it is the contrast of another image, of the same strength. Otherwise it is
    a cut-out of an image of the class outside the group, of the same form and at the same places: what
    this image has at the same pixels, or, for a free artefact, where it has most positive relevance.

    Parameters
    ----------
    found : Artefact
        That was isolated.
    group : Group
        Images of its class.
    images : ndarray of float32, shape (n, c, h, w)
        Images of other classes.
    seed : int
        Of what is random.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    if found.adds:
        return patched(found, images, seed)[0]
    random = np.random.default_rng(seed)
    donors = random.integers(len(group.others), size=len(images))
    masks, plain = found.masks(len(images)), group.others[donors]
    if found.kind == "free":
        places = most_relevant(group.other_heatmaps, found.mask)
        plain = np.stack(
            [
                np.roll(image, _first(mask) - places[donor], axis=(1, 2))
                for image, mask, donor in zip(plain, masks, donors, strict=True)
            ]
        )
    return np.where(masks[:, None], plain, images)


def most_relevant(heatmaps: Array, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Find where a mask holds most of the positive relevance of each image.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Of the images.
    mask : ndarray of bool, shape (h, w)
        It may be moved, and stays within the image.

    Returns
    -------
    ndarray of int, shape (n, 2)
        Row and column of the upper left corner of the mask's bounding box.

    """
    rows, columns = np.nonzero(mask)
    box = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    room = np.array(mask.shape) - box.shape + 1
    size = [fft.next_fast_len(length, real=True) for length in mask.shape]
    form = np.conj(fft.rfft2(box.astype(np.float64), size))
    places = []
    for heatmap in heatmaps:
        positive = np.maximum(np.asarray(heatmap, dtype=np.float64), 0)
        held = fft.irfft2(fft.rfft2(positive, size) * form, size)[: room[0], : room[1]]
        places.append(np.unravel_index(int(held.argmax()), held.shape))
    return np.array(places, dtype=np.int64)


def _first(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Upper left corner of the bounding box of a mask."""
    return np.array([int(along.min()) for along in np.nonzero(mask)], dtype=np.int64)
