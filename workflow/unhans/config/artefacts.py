"""Artefacts: responses of a network to them."""

from pydantic import Field

from unhans.config.fields import Section, Seed


class Hosts(Section):
    """Images of all classes that pieces of other classes' images are put into."""

    images: int = Field(
        6,
        ge=2,
        description="Images, one each of so many classes; of fewer classes more of each. The classes are "
        "chosen by a digest of their names, so that one more hardly ever changes the choice.",
    )
    seed: Seed = Field(0, description="Seed of the choice and of the draw.")


class Transplant(Section):
    """How a class rises when pieces of its images are put into images of others."""

    images: int = Field(
        200,
        ge=8,
        description="Images of each class that are tried; of fewer, all. An artefact of few "
        "images is found only if some of them are among these.",
    )
    hosts: int = Field(3, ge=1, description="Images of other classes that each piece is put into.")
    seed: Seed = Field(0, description="Seed of both draws.")


class PlantedResponse(Section):
    """How a network responds to planted artefacts that are put into images of other classes."""

    images: int = Field(
        200, ge=1, description="Images of other classes that the artefact is put into."
    )
    seed: Seed = Field(
        0, description="Seed that chooses the images and the places of random marks."
    )


class CandidateResponse(Section):
    """How a network responds to what a flagged group shares, put into images of other classes."""

    images: int = Field(
        200, ge=1, description="Images of other classes that the artefact is put into."
    )
    seed: Seed = Field(
        0, description="Seed that chooses the images and the places of random marks."
    )


class AcceptedResponse(Section):
    """How a network responds to an accepted artefact (`snakemake correct`)."""

    images: int = Field(
        500, ge=2, description="At most this many images of other classes get the artefact."
    )
    samples: int = Field(
        4, ge=1, le=100, description="Images that a picture shows for each perturbation."
    )
    seed: Seed = Field(
        0, description="Seed that chooses the images and the places of random patches."
    )
