"""Detection: groups of images and findings."""

from pydantic import Field

from unhans.config.fields import Section, Seed


class GroupSearch(Section):
    """Groups of images of a class that stand out from its other images."""

    bins: int = Field(
        7, ge=3, le=64, description="Relevance is summed in this many bins along each side."
    )
    smallest: float = Field(
        0.015,
        gt=0,
        le=0.25,
        description="Least size of a group, as a share of its class's images; never below four images.",
    )
    seed: Seed = Field(0, description="Seed of the sample of 512 start images in larger classes.")


class Findings(Section):
    """Which classes stand out from the others of their corpus."""

    level: float = Field(
        0.05, gt=0, lt=1, description="Expected share of false alarms among the flagged classes."
    )
    nearest: int = Field(
        10,
        ge=0,
        le=100_000,
        description="Classes that are not flagged, the highest scores first, of which experiments are "
        "made all the same, on groups that may differ as a whole (light, colour, grain): what the "
        "network is found to use there is a finding. 0 for none.",
    )
