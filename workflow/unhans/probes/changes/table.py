"""Changes: the table of interventions, each with its strengths, its family and its controls.

A control changes as much as its intervention does and leaves alone what that is about. Each change is
computed once and may be the control of several interventions: two that are opposites control each other.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.probes.changes import colour, detail, framing, regions
from unhans.probes.changes.pixels import Images, as_display, shuffled
from unhans.probes.families import FAMILIES, Family
from unhans.types import Array

Function = Callable[[Images, float], Images]


class Change(NamedTuple):
    """What is done to images.

    Parameters
    ----------
    function : callable
        From images and a strength to images of the same shape. With ``relevance`` it takes the heatmaps
        of the images as well.
    moves : bool
        It moves pixels, opacity among them; others leave opacity alone.
    colour : bool
        It is none of grey images.
    relevance : bool
        It needs heatmaps.

    """

    function: Callable[..., Images]
    moves: bool = False
    colour: bool = False
    relevance: bool = False


class Intervention(NamedTuple):
    """One row of the table.

    Parameters
    ----------
    name : str
        Of the intervention and of its change.
    family : str
        One of `families.FAMILIES`.
    unit : str
        Of its strength.
    strengths : tuple of float
        The weakest first.
    controls : tuple of str
        Names of changes; at each strength that with the greatest response counts.
    damage : bool
        What it does may harm all classes alike. A class is then said to lose its images only where it
        loses more than the others do.
    counts : bool
        It may be a finding. The middle of an image is where objects are: that a network needs it is none.

    """

    name: str
    family: Family
    unit: str
    strengths: tuple[float, ...]
    controls: tuple[str, ...]
    damage: bool = False
    counts: bool = True


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


def _replaced(region: Callable[[tuple[int, int], float], regions.Region], fill: str) -> Change:
    return Change(partial(regions.replaced, region=region, fill=cast(regions.Fill, fill)))


def _darker(images: Images, amount: float) -> Images:
    return colour.brighter(images, -amount)


def _flatter(images: Images, change: float) -> Images:
    return colour.contrasted(images, -change)


DIRECTIONS: tuple[framing.Direction, ...] = ("left", "right", "up", "down")

CASTS = {f"cast_{hue}": hue for hue in colour.HUES}
"""Hue of each cast."""

_DETAIL: Mapping[str, Function] = {
    "blur": detail.blurred,
    "sharpen": detail.sharpened,
    "jpeg": detail.compressed,
    "low_frequencies": detail.low_frequencies,
    "high_frequencies": detail.high_frequencies,
}

CHANGES: Mapping[str, Change] = {
    "zoom": Change(framing.zoomed, moves=True),
    "pad": Change(framing.padded, moves=True),
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
    "corners_greyed": _replaced(regions.corners, "mean"),
    "edges_greyed": _replaced(regions.edges, "mean"),
    "corners_black": _replaced(regions.corners, "black"),
    "edges_black": _replaced(regions.edges, "black"),
    "only_middle": _replaced(regions.surround, "mean"),
    "only_rim": _replaced(regions.middle, "mean"),
    "background_blurred": Change(regions.background_blurred, relevance=True),
    "elsewhere_blurred": Change(regions.elsewhere_blurred, relevance=True),
    "grey": Change(colour.grey, colour=True),
    "colour_as_brightness": Change(colour.colour_as_brightness, colour=True),
    **{name: Change(partial(colour.cast, hue=hue), colour=True) for name, hue in CASTS.items()},
    "brighter": Change(colour.brighter),
    "darker": Change(_darker),
    "more_contrast": Change(colour.contrasted),
    "less_contrast": Change(_flatter),
    "noise": Change(detail.noisy),
    "smooth_noise": Change(detail.smoothly_noisy),
    **{name: Change(function) for name, function in _DETAIL.items()},
    **{f"{name}_shuffled": Change(_shuffled(function)) for name, function in _DETAIL.items()},
}
"""All changes by name: interventions, and what is a control alone."""

SHOWN, SHARE, PIXELS, VALUE = "of each side", "of the pixels", "pixels of 224", "of black to white"
NYQUIST = "of half a cycle a pixel"

INTERVENTIONS: tuple[Intervention, ...] = (
    *(
        Intervention(
            *(name, "framing", SHOWN, (0.85, 0.7), ("resampled", "surrounded", opposite)),
            damage=True,
        )
        for name, opposite in (("zoom", "pad"), ("pad", "zoom"))
    ),
    *(
        Intervention(
            *(f"shift_{one}", "orientation", SHOWN, (0.1, 0.2)),
            tuple(f"shift_{other}" for other in DIRECTIONS if other != one),
            damage=True,
        )
        for one in DIRECTIONS
    ),
    Intervention("flip", "orientation", "", (1,), ("upside_down",), damage=True),
    Intervention("rim_greyed", "border", SHOWN, (0.04, 0.08), ("ring_greyed",)),
    Intervention("rim_black", "border", SHOWN, (0.04, 0.08), ("ring_black",)),
    Intervention("rim_white", "border", SHOWN, (0.04, 0.08), ("ring_white",)),
    Intervention("corners_greyed", "corners", SHARE, (0.06, 0.15), ("edges_greyed",)),
    Intervention("corners_black", "corners", SHARE, (0.06, 0.15), ("edges_black",)),
    Intervention("only_middle", "background", SHARE, (0.4, 0.6), ("only_rim",)),
    Intervention("only_rim", "background", SHARE, (0.4, 0.6), ("only_middle",), counts=False),
    Intervention("background_blurred", "background", PIXELS, (6,), ("elsewhere_blurred",)),
    Intervention("grey", "colour", "of the colour", (0.5, 1), ("colour_as_brightness",), True),
    *(
        Intervention(
            *(f"cast_{hue}", "colour", VALUE, (0.06, 0.12)),
            tuple(f"cast_{colour.HUES[(at + turn) % 6]}" for turn in (2, 3, 4)),
        )
        for at, hue in enumerate(colour.HUES)
    ),
    Intervention("brighter", "brightness", VALUE, (0.1, 0.2), ("darker",), damage=True),
    Intervention("darker", "brightness", VALUE, (0.1, 0.2), ("brighter",), damage=True),
    Intervention("more_contrast", "contrast", "", (0.25, 0.5), ("less_contrast",), damage=True),
    Intervention("less_contrast", "contrast", "", (0.25, 0.5), ("more_contrast",), damage=True),
    Intervention("blur", "sharpness", PIXELS, (1, 2), ("blur_shuffled",), damage=True),
    Intervention("sharpen", "sharpness", "times", (1, 2), ("sharpen_shuffled",), damage=True),
    Intervention(
        *("low_frequencies", "sharpness", NYQUIST, (0.5,), ("low_frequencies_shuffled",)),
        damage=True,
    ),
    Intervention(
        *("high_frequencies", "sharpness", NYQUIST, (0.05,), ("high_frequencies_shuffled",)),
        damage=True,
    ),
    Intervention("noise", "noise", VALUE, (0.04, 0.08), ("smooth_noise",), damage=True),
    Intervention("jpeg", "compression", "quality", (40, 15), ("jpeg_shuffled",), damage=True),
)
"""All interventions."""


def chosen(
    families: Collection[str], channels: int, relevance: bool = False
) -> tuple[Intervention, ...]:
    """Choose interventions.

    Parameters
    ----------
    families : collection of str
        Of `families.FAMILIES`.
    channels : int
        Of the images.
    relevance : bool
        There is a heatmap of each image.

    Returns
    -------
    tuple of Intervention
        Those of the families that such images allow.

    Raises
    ------
    InputError
        There is no such family.

    """
    strangers = sorted(set(families) - set(FAMILIES))
    if strangers:
        raise InputError(f"family '{strangers[0]}'; expected one of {', '.join(FAMILIES)}")
    possible = {
        name: (channels >= 3 or not change.colour) and (relevance or not change.relevance)
        for name, change in CHANGES.items()
    }
    return tuple(one for one in INTERVENTIONS if one.family in families and possible[one.name])


def steps(interventions: Sequence[Intervention]) -> list[Step]:
    """List the changes that interventions and their controls need, each once.

    Parameters
    ----------
    interventions : sequence of Intervention
        The interventions.

    Returns
    -------
    list of Step
        As many passes through the network are needed, and one more for the images as they are.

    """
    found = [
        Step(name, strength)
        for one in interventions
        for strength in one.strengths
        for name in (one.name, *one.controls)
    ]
    return list(dict.fromkeys(found))


def changed(images: Array, step: Step, relevance: NDArray[np.floating] | None = None) -> Images:
    """Change images.

    Parameters
    ----------
    images : ndarray, shape (n, c, h, w)
        uint8, or floats from 0 to 1; see `pixels.as_display`. They stay as they are.
    step : Step
        Name of a change, and its strength.
    relevance : ndarray of float, shape (n, h, w), optional
        Heatmaps, for the changes that need them.

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
    more = {"relevance": relevance} if change.relevance else {}
    if change.moves or given.shape[1] < 4:
        made = change.function(given, step.strength, **more)
    else:
        seen = change.function(np.ascontiguousarray(given[:, :3]), step.strength, **more)
        made = np.concatenate([seen, given[:, 3:]], axis=1)
    return np.asarray(np.clip(made, 0, 1), dtype=np.float32)
