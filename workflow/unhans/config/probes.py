"""Probes: what the data give away of a whole class, and what a network uses of it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from unhans.config.fields import Section, Seed

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


class Interventions(Section):
    """Changes of whole images, and how the network answers to them, class against class."""

    images: int = Field(
        50,
        ge=2,
        description="Held-out images of each class; of fewer, all. Where none is known to be held out, "
        "any are taken, and the log says so.",
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
