"""Reporting: the ranking, pictures of the highest-ranked classes, and the explorer."""

from typing import Literal

from pydantic import Field

from unhans.config.fields import Section


class Ranking(Section):
    """The ranking of classes by tau."""

    small_classes: Literal["unranked", "capped"] = Field(
        "unranked",
        description="Classes of fewer than k_max + 4 q images, for which tau would say how small they "
        "are. unranked: they have a status and no rank. capped: tau of as many eigenvectors and "
        "clusters as they allow is ranked (columns q_used and k_used), and k-means makes no more "
        "clusters than there are images.",
    )


class Figures(Section):
    """A picture of each of the highest-ranked classes."""

    analyses: Literal["first", "all"] = Field(
        "first", description="Draw for the first analysis of the grid, or for all of them."
    )
    top: int = Field(3, ge=1, description="Classes drawn per analysis, from rank 1 on.")
    clusters: int = Field(2, ge=1, le=100, description="Clusters marked and sampled per class.")
    samples: int = Field(8, ge=1, le=100, description="Images shown per cluster.")


class Explorer(Section):
    """The run as pages for a browser (`snakemake -- explorer`)."""

    thumbnail: int = Field(
        80,
        ge=16,
        le=224,
        description="Most pixels along a side of an image. Smaller images are shown as they are.",
    )
