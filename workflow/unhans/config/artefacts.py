"""Artefacts: responses of a network to them."""

from pydantic import Field

from unhans.config.fields import Section, Seed


class PlantedResponse(Section):
    """How a network responds to planted artefacts that are put into images of other classes."""

    images: int = Field(200, ge=1, description="Images of other classes to insert it into.")
    seed: Seed = Field(0, description="Chooses the images, and the places of random marks.")


class CandidateResponse(Section):
    """How a network responds to what a flagged group shares, put into images of other classes."""

    images: int = Field(200, ge=1, description="Images of other classes to insert it into.")
    seed: Seed = Field(0, description="Chooses the images, and the places of random marks.")


class AcceptedResponse(Section):
    """How a network responds to an accepted artefact (`snakemake correct`)."""

    images: int = Field(
        500, ge=2, description="Images of other classes that it is put into at most."
    )
    samples: int = Field(4, ge=1, description="Images a picture shows of each perturbation.")
    seed: Seed = Field(0, description="Chooses the images, and the places of random patches.")
