"""Detection: groups of images and findings."""

from pydantic import Field

from unhans.config.fields import Section, Seed


class GroupSearch(Section):
    """Groups of images of a class that stand out from its other images."""

    bins: int = Field(7, ge=3, description="Bins along each side that relevance is summed in.")
    smallest: float = Field(
        0.015,
        gt=0,
        le=0.25,
        description="Share of a class's images that a group has at least (and four images).",
    )
    seed: Seed = Field(0, description="Seed of the sample of 512 start images in larger classes.")


class Findings(Section):
    """Which classes stand out from the others of their corpus."""

    level: float = Field(
        0.05, gt=0, lt=1, description="Share of false ones among the classes that are flagged."
    )
