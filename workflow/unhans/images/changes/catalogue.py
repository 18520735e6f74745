"""Catalogue: changes of whole images by name, each with a change of equal size to compare it with."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images.changes import colour, detail, framing, regions
from unhans.images.changes.pixels import Images, as_display, shuffled
from unhans.types import Array

Function = Callable[[Images, float], Images]


Donor = Literal["", "own", "other"]


class Donated(NamedTuple):
    """Another image for each of n images.

    Parameters
    ----------
    own, other : ndarray of float32, shape (n, c, h, w)
        Of its own class, and of another one.

    """

    own: Images
    other: Images


class Change(NamedTuple):
    """What is done to images.

    Parameters
    ----------
    function : callable
        From images and a strength to images of the same shape. With ``relevance`` it takes the heatmaps
        of the images as well, with ``donor`` an image for each.
    moves : bool
        It moves pixels, opacity among them; others leave opacity alone.
    colour : bool
        It is none of grey images.
    relevance : bool
        It needs heatmaps.
    donor : {"", "own", "other"}
        It needs another image for each: of its own class, or of another.
    control : str
        Name of a change of equal size that leaves alone what this one is about; empty where it is one.
    opposite : str
        Name of the change that takes it back, as far as that can be done; empty for none.

    """

    function: Callable[..., Images]
    moves: bool = False
    colour: bool = False
    relevance: bool = False
    donor: Donor = ""
    control: str = ""
    opposite: str = ""


class Step(NamedTuple):
    """A change of one strength: what one pass through the network answers.

    Parameters
    ----------
    change : str
        Its name.
    strength : float
        In the unit of its interventions.

    """

    change: str
    strength: float


def _shuffled(function: Function) -> Function:
    """Control of a change: the same differences in random order."""

    def control(images: Images, strength: float) -> Images:
        return shuffled(images, np.clip(function(images, strength), 0, 1))

    return control


def _exchanged(region: regions.Marker, donor: Donor) -> Change:
    return Change(partial(regions.exchanged, region=region), moves=True, donor=donor)


def _replaced(region: regions.Marker, fill: str) -> Change:
    return Change(partial(regions.replaced, region=region, fill=cast(regions.Fill, fill)))


def _darker(images: Images, amount: float) -> Images:
    return colour.brighter(images, -amount)


def _flatter(images: Images, change: float) -> Images:
    return colour.contrasted(images, -change)


DIRECTIONS: tuple[framing.Direction, ...] = ("left", "right", "up", "down")

CASTS = {f"cast_{hue}": hue for hue in colour.HUES}
"""Hue of each cast."""


def _cast(at: int) -> Change:
    """Cast of a hue; its control is a hue 120 degrees away, and the opposite hue takes it out."""
    names, hues = list(CASTS), list(CASTS.values())
    function = partial(colour.cast, hue=hues[at])
    return Change(function, colour=True, control=names[(at + 2) % 6], opposite=names[(at + 3) % 6])


_DETAIL: Mapping[str, Function] = {
    "blur": detail.blurred,
    "sharpen": detail.sharpened,
    "jpeg": detail.compressed,
    "low_frequencies": detail.low_frequencies,
    "high_frequencies": detail.high_frequencies,
}

CHANGES: Mapping[str, Change] = {
    "zoom": Change(framing.zoomed, moves=True, control="surrounded", opposite="pad"),
    "pad": Change(framing.padded, moves=True, control="surrounded", opposite="zoom"),
    "resampled": Change(framing.resampled, moves=True),
    "surrounded": Change(framing.surrounded, moves=True),
    **{f"shift_{one}": Change(partial(framing.shifted, direction=one), True) for one in DIRECTIONS},
    "flip": Change(lambda images, _: framing.mirrored(images), moves=True),
    "upside_down": Change(lambda images, _: framing.upside_down(images), moves=True),
    "rim_greyed": _replaced(regions.rim, "mean"),
    "ring_greyed": _replaced(regions.ring, "mean"),
    "rim_black": _replaced(regions.rim, "black"),
    "ring_black": _replaced(regions.ring, "black"),
    "rim_white": _replaced(regions.rim, "white"),
    "ring_white": _replaced(regions.ring, "white"),
    "rim_mirrored": Change(framing.rim_mirrored, moves=True),
    "ring_flipped": Change(regions.ring_flipped, moves=True),
    "corners_greyed": _replaced(regions.corners, "mean"),
    "edges_greyed": _replaced(regions.edges, "mean"),
    "corners_black": _replaced(regions.corners, "black"),
    "edges_black": _replaced(regions.edges, "black"),
    "only_middle": _replaced(regions.surround, "mean"),
    "only_rim": _replaced(regions.middle, "mean"),
    "background_blurred": Change(regions.background_blurred, relevance=True),
    "elsewhere_blurred": Change(regions.elsewhere_blurred, relevance=True),
    "scene_of_others": _exchanged(regions.surround, "other"),
    "scene_of_own": _exchanged(regions.surround, "own"),
    "corners_of_others": _exchanged(regions.corners, "other"),
    "corners_of_own": _exchanged(regions.corners, "own"),
    "edges_of_others": _exchanged(regions.edges, "other"),
    "grey": Change(colour.grey, colour=True, control="colour_as_brightness"),
    "colour_as_brightness": Change(colour.colour_as_brightness, colour=True),
    **{name: _cast(at) for at, name in enumerate(CASTS)},
    "brighter": Change(colour.brighter, control="darker", opposite="darker"),
    "darker": Change(_darker, control="brighter", opposite="brighter"),
    "more_contrast": Change(colour.contrasted),
    "less_contrast": Change(_flatter),
    "noise": Change(detail.noisy, control="smooth_noise"),
    "smooth_noise": Change(detail.smoothly_noisy),
    "more_detail": Change(detail.detailed),
    **{name: Change(one, control=f"{name}_shuffled") for name, one in _DETAIL.items()},
    **{f"{name}_shuffled": Change(_shuffled(function)) for name, function in _DETAIL.items()},
}
"""All changes by name: interventions, and what is a control alone."""


def changed(
    images: Array,
    step: Step,
    relevance: NDArray[np.floating] | None = None,
    donated: Donated | None = None,
) -> Images:
    """Change images.

    Parameters
    ----------
    images : ndarray, shape (n, c, h, w)
        uint8, or floats from 0 to 1; see `pixels.as_display`. They stay as they are.
    step : Step
        Name of a change, and its strength.
    relevance : ndarray of float, shape (n, h, w), optional
        Heatmaps, for the changes that need them.
    donated : Donated, optional
        Another image for each, for the changes that need one.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Values from 0 to 1.

    Raises
    ------
    InputError
        The images are none that can be changed, or the change is unknown or needs what is not given.

    """
    given = as_display(images)
    change = CHANGES.get(step.change)
    if change is None:
        raise InputError(f"change '{step.change}'; expected one of {', '.join(CHANGES)}")
    if change.colour and given.shape[1] == 1:
        raise InputError(f"change '{step.change}' of grey images; expected colour")
    if change.relevance and (relevance is None or len(relevance) != len(given)):
        raise InputError(f"change '{step.change}': expected a heatmap of each image")
    more: dict[str, Array | None] = {"relevance": relevance} if change.relevance else {}
    if change.donor:
        if donated is None or len(donated.own) != len(given):
            raise InputError(f"change '{step.change}': expected another image for each")
        more = {"donors": getattr(donated, change.donor)}
    if change.moves or given.shape[1] < 4:
        made = change.function(given, step.strength, **more)
    else:
        seen = change.function(np.ascontiguousarray(given[:, :3]), step.strength, **more)
        made = np.concatenate([seen, given[:, 3:]], axis=1)
    return np.asarray(np.clip(made, 0, 1), dtype=np.float32)
