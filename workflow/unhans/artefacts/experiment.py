"""Experiment: what the images of a group share, and its control, put into images of other classes."""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unhans.artefacts import controls, isolation, style
from unhans.artefacts.appearance import Appearance
from unhans.artefacts.artefact import Artefact
from unhans.artefacts.class_transplant import TRIED
from unhans.artefacts.pieces import Pieces
from unhans.artefacts.positives import Group
from unhans.artefacts.response import Response, changed
from unhans.artefacts.style import Style
from unhans.choices import Placement
from unhans.networks import cutting
from unhans.networks.cutting import Cut
from unhans.networks.inference import device_of, predict

APPEARANCE = "appearance"
"""Kind of an experiment that changes colours, contrast and frequencies; see `appearance`."""

STYLE = "style"
"""Kind of an experiment that changes the channels of a map within the network; see `style`."""

PIECES = "pieces"
"""Kind of an experiment that puts a piece of each image of the group into another image; see `pieces`."""

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
        What was looked for: a `choices.Placement`, `APPEARANCE`, `STYLE` or `PIECES`.
    found : Artefact, Appearance, Style or Pieces
        What was isolated, or cut out.
    change, control : Response
        Of images of other classes, to it and to its control.

    """

    side: str
    kind: str
    found: Artefact | Appearance | Style | Pieces
    change: Response
    control: Response

    @property
    def isolated(self) -> bool:
        """Whether something was isolated that the images share, and no mere speck.

        Pieces of several images need not have anything in common: they may show that a network uses
        them, and never that it does not.
        """
        if isinstance(self.found, Pieces):
            return False
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
            found: Artefact | Appearance | Pieces = look
            plain = look.control(self.images, self.seed)
        elif kind == PIECES:
            found = group.pieces(self.seed)
            plain = controls.of_pieces(found, group, self.images, self.seed)
        else:
            found = group.isolate(cast("Placement", kind))
            plain = controls.of_artefact(found, group, self.images, self.seed)
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
