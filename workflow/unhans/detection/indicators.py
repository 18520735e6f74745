"""Indicators: the table of all indicators of an artefact. A row each; nothing else lists them.

To add one, write a module with a function from `Evidence` to `Found`, and a row here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from unhans.detection import (
    channels,
    content,
    grouped,
    recurring,
    repeated,
    scattered,
    transplanted,
)
from unhans.detection.evidence import Evidence, Found

LARGE = 112
"""Pixels along the shorter side from which images count as photographs: in smaller ones a bin is too
small for details (`repeated_details.SMALLEST_BIN`)."""


class Usual(NamedTuple):
    """Excess of an indicator in classes without an artefact; see `calibration.excess`.

    Parameters
    ----------
    mean, spread : float
        Mean and standard deviation over such classes. Those of ``window``, ``rim`` and ``style`` are of
        the eight classes of the demo without an artefact, and of 64 classes of photographs of the
        networks that they were developed on. Those of ``recurring`` and ``channels`` are of 18 classes
        of three such networks (0.38 and 0.15, 0.23 and 0.14), their spreads rounded up.

    """

    mean: float
    spread: float


class Indicator(NamedTuple):
    """What hints that a class holds an artefact, and its usual values.

    Parameters
    ----------
    name : str
        As columns and arrays are named.
    find : callable
        From `Evidence` to `Found`, or to None where the evidence lacks what the indicator needs.
    small : Usual or None
        In small images, of digits; None if it is not defined for them.
    large : Usual
        In photographs, of ImageNet classes.
    two_sided : bool
        Whether the other images may be those with the artefact: it separates two parts of a class.
    says : str
        What is said of a group after "9 of 80 images"; the fields of a row of findings, and ``chance``,
        ``inside`` and ``outside``, may stand in it.
    looks_for : str
        What it looks for, as the page of findings says it.
    note : str
        Text of a picture's legend before the gap of a group.
    anywhere : bool
        Whether what it finds may lie elsewhere in each image.
    whole : bool
        Whether its groups may differ as a whole, by light, colour or grain, and not by what lies at a
        place.

    """

    name: str
    find: Callable[[Evidence], Found | None]
    small: Usual | None
    large: Usual
    two_sided: bool
    says: str
    looks_for: str
    note: str
    anywhere: bool = False
    whole: bool = False

    def usual(self, pixels: float) -> Usual:
        """Choose what the indicator usually is in classes without an artefact.

        Parameters
        ----------
        pixels : float
            Shorter side of the images.

        Returns
        -------
        Usual

        """
        return self.large if self.small is None or pixels >= LARGE else self.small

    def describe(self, row: Mapping[str, Any], chance: str) -> str:
        """Describe a group that stands out by this indicator.

        Parameters
        ----------
        row : mapping of str to values
            A row of findings.
        chance : str
            How likely the finding is by chance.

        Returns
        -------
        str
            What follows "9 of 80 images".

        """
        inside, outside = (
            f"{100 * row[key]:.0f} %" for key in ("relevance", "relevance_elsewhere")
        )
        # A pair of some thousandths of a point is no 0 and 0.
        points = {
            key: f"{row[key]:.{2 if abs(row[key]) < 10 else 0}f}"
            for key in ("points", "points_elsewhere")
            if key in row
        }
        said = {**row, **points, "chance": chance, "inside": inside, "outside": outside}
        return self.says.format(**said)


INDICATORS: Mapping[str, Indicator] = {
    one.name: one
    for one in (
        Indicator(
            "grouped",
            grouped.find,
            small=Usual(0.6, 0.3),
            large=Usual(0.3, 0.3),
            two_sided=True,
            says=(
                "form a group ({chance}) with {inside} of their relevance {place}, where the others have "
                "{outside}"
            ),
            looks_for="relevance at one place that a part of the class shares",
            note="gap",
        ),
        Indicator(
            "content",
            content.find,
            small=Usual(0.8, 0.3),
            large=Usual(0.25, 0.3),
            two_sided=True,
            says=(
                "form a group ({chance}) by what they show {place}; {inside} of their relevance lies "
                "there, of the others' {outside}"
            ),
            looks_for="brightness that a part of the class shares",
            note="gap",
        ),
        Indicator(
            "scattered",
            scattered.find,
            small=Usual(0.25, 0.1),
            large=Usual(0.15, 0.06),
            two_sided=False,
            says=(
                "have relevance at unusual places, each at its own ({chance}): {inside} of it where the "
                "others have {outside}"
            ),
            looks_for="relevance at unusual places",
            note="relevance at unusual places",
        ),
        Indicator(
            "repeated",
            repeated.find,
            small=None,
            large=Usual(0.45, 0.35),
            two_sided=False,
            says=(
                "show the same details ({chance}) {place}; {inside} of their relevance lies there, of "
                "the others' {outside}"
            ),
            looks_for="the same details at the same place",
            note="same details",
        ),
        Indicator(
            "recurring",
            recurring.find,
            small=None,
            large=Usual(0.38, 0.2),
            two_sided=False,
            says="share a pattern that no other class has ({chance}), {place}",
            looks_for="a pattern that no other class has, at any place",
            note="same pattern",
            anywhere=True,
        ),
        Indicator(
            "channels",
            channels.find,
            small=None,
            large=Usual(0.23, 0.18),
            two_sided=True,
            says=(
                "are seen by other channels of hidden layers than the rest ({chance}); {inside} of their "
                "relevance lies {place}, where the others have {outside}"
            ),
            looks_for="channels of hidden layers that see a part of the class",
            note="seen by other channels",
            whole=True,
        ),
        Indicator(
            "window",
            partial(transplanted.find, "window"),
            small=Usual(-1.2, 0.7),
            large=Usual(-2.5, 0.7),
            two_sided=False,
            says=(
                "raise the class in images of others by the window with most relevance ({chance}): "
                "by {points} points, windows of the others by {points_elsewhere}; {tried:.0f} "
                "were tried"
            ),
            looks_for="a window that raises the class in other images",
            note="raised by the window",
        ),
        Indicator(
            "rim",
            partial(transplanted.find, "rim"),
            small=Usual(-4.3, 1.6),
            large=Usual(-2.45, 0.6),
            two_sided=False,
            says=(
                "raise the class in images of others by their rim ({chance}): by {points} points, "
                "rims of the others by {points_elsewhere}; {tried:.0f} were tried"
            ),
            looks_for="a rim that raises the class in other images",
            note="raised by the rim",
        ),
        Indicator(
            "style",
            partial(transplanted.find, "style"),
            small=Usual(-0.75, 0.45),
            large=Usual(-1.9, 0.6),
            two_sided=False,
            says=(
                "raise the class in images of others by their colours and texture ({chance}): by "
                "{points} points, those of the others by {points_elsewhere}; {tried:.0f} "
                "were tried"
            ),
            looks_for="colours and texture that raise the class in other images",
            note="raised by the style",
            whole=True,
        ),
    )
}
