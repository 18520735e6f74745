"""The paper's tables and figures."""

from pydantic import Field

from unhans.config.fields import Section, Seed


class Tables(Section):
    """The paper's tables for the configured corpora (`snakemake tables`)."""

    top: int = Field(20, ge=1, description="Classes of each corpus in table 1, of highest tau.")
    bottom: int = Field(7, ge=0, description="The same, of lowest tau.")


class Toy(Section):
    """The method on points in the plane (figure 2 of the paper)."""

    seed: Seed = Field(0, description="Seed of the points, the embedding and the clustering.")


class Barycentre(Section):
    """Four moved digits, averaged by many weights under three distances (figure 3 of the paper)."""

    digit: int = Field(3, ge=0, le=9, description="Which digit is moved.")
    image: int = Field(7, ge=0, lt=500, description="Its image, by number within the class.")
    seed: Seed = Field(0, description="Seed of the places and angles.")
    regularisation: float = Field(
        1e-3,
        gt=0,
        le=1e6,
        description="Weight of the entropy in the Wasserstein barycentre, in units of the squared "
        "side of the picture; the smaller, the sharper and the slower.",
    )
    mass_fraction: float = Field(
        0.99,
        gt=0,
        le=1,
        description="Fraction of each image's mass that the Gromov-Wasserstein barycentre is made of.",
    )
    grid: int = Field(
        5,
        ge=2,
        le=15,
        description="Places along a side of the grid of weighted means, the four images in its corners.",
    )


class Paper(Section):
    """The paper's figures for the configured corpora, on one page (`snakemake -- paper`)."""

    clusters: int = Field(
        1, ge=1, le=100, description="Clusters of each class in figures 4, 5 and 6."
    )
    samples: int = Field(
        6, ge=1, le=100, description="Images of each cluster, and of each artefact in figure 11."
    )
