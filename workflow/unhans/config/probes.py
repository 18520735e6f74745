"""Probes: what the data give away of a whole class, and what a network uses of it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from unhans.config.fields import Listed, Section, Seed

INTERVENED = (
    *("framing", "border", "corners", "background", "colour", "brightness", "contrast"),
    *("sharpness", "noise", "compression", "orientation"),
)
"""Families of interventions."""


def _families(names: tuple[str, ...]) -> tuple[str, ...]:
    strangers = [name for name in names if name not in INTERVENED]
    if strangers:
        raise ValueError(f"'{strangers[0]}'; expected some of {', '.join(INTERVENED)}")
    return tuple(name for name in INTERVENED if name in names)


class Properties(Section):
    """Properties of each file and image, which no network is asked for."""

    seen: float = Field(
        0.875,
        gt=0,
        le=1,
        description="Side of the square in the middle that networks are given, as a share of the "
        "shorter side: 224 of 256 pixels. What a network sees is measured there; digits are seen whole.",
    )


class Predictability(Section):
    """Which properties tell a class, and how well all of them together do."""

    level: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="False discovery rate over all classes and properties.",
    )
    least: float = Field(
        0.75,
        ge=0.5,
        le=1,
        description="Area under the curve, class against all others, from which a property stands out.",
    )
    images: int = Field(
        20_000,
        ge=10,
        description="Images that the classes are predicted of by all properties together, of all classes "
        "as many; the areas under the curve are of all images.",
    )
    folds: int = Field(
        5,
        ge=2,
        le=1000,
        description="Parts of the cross-validation; fewer where a class has fewer training images.",
    )
    permutations: int = Field(
        99,
        ge=19,
        le=1_000_000,
        description="Permutations of the classes that the accuracy is compared with.",
    )
    pictures: int = Field(
        12, ge=0, le=1000, description="Classes and properties that are drawn, at most."
    )
    samples: int = Field(6, ge=1, le=100, description="Images that a picture shows at each end.")
    seed: Seed = Field(0, description="Seed of samples, folds and permutations.")


class Duplicates(Section):
    """Images that are there more than once."""

    bits: int = Field(
        8,
        ge=0,
        le=11,
        description="Images are compared pixel by pixel if their perceptual hashes of 64 bits differ in "
        "at most so many.",
    )
    likeness: float = Field(
        0.95,
        gt=0,
        le=1,
        description="Correlation of 32 x 32 grey pixels from which two images are near-duplicates.",
    )


class Interventions(Section):
    """Changes of whole images, and how the network answers to them, class against class."""

    images: int = Field(
        50,
        ge=2,
        description="Held-out images of each class; of fewer, all. Where none is known to be held out, "
        "any are taken, and the log says so.",
    )
    splits: Listed[str] = Field(
        (),
        description="Splits whose photographs are changed, where not those that are held out: of several "
        "held-out ones, those that are like the training images.",
    )
    families: Annotated[tuple[str, ...], AfterValidator(_families)] = Field(
        INTERVENED,
        min_length=1,
        description="Kinds of interventions: " + ", ".join(INTERVENED) + ".",
    )
    level: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="False discovery rate of what is called used, over classes, interventions and "
        "directions.",
    )
    least: float = Field(
        5,
        ge=0,
        le=100,
        description="Points of percent of the images by which an intervention must move more of them "
        "than its control.",
    )
    seed: Seed = Field(0, description="Seed that chooses the images.")
