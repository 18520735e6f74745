"""Table: the interventions, each with its strengths, its family and its controls.

A control changes as much as its intervention does and leaves alone what that is about. Each change is
computed once and may be the control of several interventions: two that are opposites control each other.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from unhans.errors import InputError
from unhans.images.changes import colour
from unhans.images.changes.catalogue import CHANGES, DIRECTIONS, Step
from unhans.probes.families import FAMILIES, Family


class Intervention(NamedTuple):
    """One row of the table.

    Parameters
    ----------
    name : str
        Of the intervention, and of its change unless that has another one.
    family : str
        One of `families.FAMILIES`.
    unit : str
        Of its strength.
    strengths : tuple of float
        The weakest first.
    controls : tuple of str
        Names of changes; at each strength that with the greatest response counts.
    by_all : bool
        All classes may go by what it changes, each by its own scene. For others, a class is said to lose
        its images only where it loses more than the other classes do: what harms all alike is damage.
    counts : bool
        It may be a finding. The middle of an image is where objects are: that a network needs it is none.
    change : str
        Name of its change; empty where that is the intervention's. A change that is two things at once,
        such as a rim that is black, is two interventions, each with controls of its own.

    """

    name: str
    family: Family
    unit: str
    strengths: tuple[float, ...]
    controls: tuple[str, ...]
    by_all: bool = False
    counts: bool = True
    change: str = ""

    @property
    def exchanges(self) -> bool:
        """Whether it puts parts of other images in."""
        return bool(CHANGES[self.change or self.name].donor)

    def step(self, strength: float) -> Step:
        """Give the step of a strength.

        Parameters
        ----------
        strength : float
            One of ``strengths``.

        Returns
        -------
        Step

        """
        return Step(self.change or self.name, strength)


SHOWN, SHARE, PIXELS, VALUE = "of each side", "of the pixels", "pixels of 224", "of black to white"
NYQUIST = "of half a cycle a pixel"

INTERVENTIONS: tuple[Intervention, ...] = (
    *(
        Intervention(*(name, "framing", SHOWN, (0.85, 0.7), ("resampled", "surrounded", opposite)))
        for name, opposite in (("zoom", "pad"), ("pad", "zoom"))
    ),
    *(
        Intervention(
            *(f"shift_{one}", "orientation", SHOWN, (0.1, 0.2)),
            tuple(f"shift_{other}" for other in DIRECTIONS if other != one),
        )
        for one in DIRECTIONS
    ),
    Intervention("flip", "orientation", "", (1,), ("upside_down",)),
    Intervention("rim_greyed", "border", SHOWN, (0.04, 0.08), ("ring_greyed",)),
    Intervention("rim_black", "border", SHOWN, (0.04, 0.08), ("ring_black",)),
    Intervention("rim_white", "border", SHOWN, (0.04, 0.08), ("ring_white",)),
    Intervention("rim_mirrored", "border", SHOWN, (0.04, 0.08), ("ring_flipped",)),
    # A network that goes by a dark frame may see one in a dark ring: the control is another shade.
    *(
        Intervention(
            *(name, "border", SHOWN, (0.04, 0.08)),
            tuple(f"rim_{other}" for other in ("black", "white", "greyed") if other != shade),
            change=f"rim_{shade}",
        )
        for name, shade in (("dark_rim", "black"), ("light_rim", "white"))
    ),
    Intervention("corners_greyed", "corners", SHARE, (0.06, 0.15), ("edges_greyed",)),
    Intervention("corners_black", "corners", SHARE, (0.06, 0.15), ("edges_black",)),
    # What lies there in other classes, whatever it is. Scenes lie at the middle of the edges as well.
    Intervention(
        *("corners_of_others", "corners", SHARE, (0.06, 0.15)),
        ("corners_of_own", "edges_of_others"),
        by_all=True,
    ),
    Intervention("only_middle", "background", SHARE, (0.4, 0.6), ("only_rim",), by_all=True),
    Intervention("only_rim", "background", SHARE, (0.4, 0.6), ("only_middle",), counts=False),
    Intervention(
        *("scene_of_others", "background", SHARE, (0.4, 0.6), ("scene_of_own",)),
        by_all=True,
    ),
    Intervention(
        *("background_blurred", "background", PIXELS, (6,), ("elsewhere_blurred",)),
        by_all=True,
    ),
    Intervention("grey", "colour", "of the colour", (0.5, 1), ("colour_as_brightness",)),
    *(
        Intervention(
            *(f"cast_{hue}", "colour", VALUE, (0.06, 0.12)),
            tuple(f"cast_{colour.HUES[(at + turn) % 6]}" for turn in (2, 3, 4)),
        )
        for at, hue in enumerate(colour.HUES)
    ),
    Intervention("brighter", "brightness", VALUE, (0.1, 0.2), ("darker",)),
    Intervention("darker", "brightness", VALUE, (0.1, 0.2), ("brighter",)),
    Intervention("more_contrast", "contrast", "", (0.25, 0.5), ("less_contrast",)),
    Intervention("less_contrast", "contrast", "", (0.25, 0.5), ("more_contrast",)),
    Intervention("blur", "sharpness", PIXELS, (1, 2), ("blur_shuffled",)),
    Intervention("sharpen", "sharpness", "times", (1, 2), ("sharpen_shuffled",)),
    Intervention(*("low_frequencies", "sharpness", NYQUIST, (0.5,), ("low_frequencies_shuffled",))),
    Intervention(
        *("high_frequencies", "sharpness", NYQUIST, (0.05,), ("high_frequencies_shuffled",))
    ),
    Intervention("noise", "noise", VALUE, (0.04, 0.08), ("smooth_noise", "more_detail")),
    Intervention("jpeg", "compression", "quality", (40, 15), ("jpeg_shuffled",)),
)
"""All interventions."""


CHANGE_OF = {one.name: one.change or one.name for one in INTERVENTIONS}
"""Name of the change of each intervention."""


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
    return tuple(
        one for one in INTERVENTIONS if one.family in families and possible[one.change or one.name]
    )


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
        step
        for one in interventions
        for strength in one.strengths
        for step in (one.step(strength), *(Step(name, strength) for name in one.controls))
    ]
    return list(dict.fromkeys(found))
