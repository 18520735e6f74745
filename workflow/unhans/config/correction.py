"""Correction: how networks are corrected of accepted artefacts."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from unhans.choices import EstimatorName, MethodName
from unhans.config.fields import Section, Seed, Swept


class Correction(Section):
    """Methods that correct a network of the accepted artefacts (`snakemake correct`)."""

    artefacts: str | None = Field(
        None,
        description="Table of accepted artefacts: artefact, corpus, model, composite, class, mask, and "
        "optionally template, kind, analysis, k, cluster, intervention, strength; see "
        "docs/how-to/correct.md. Rows of corpora, networks or composites that are not configured are "
        "passed over.",
    )
    methods: Swept[MethodName] = Field(
        (
            *("fine_tuning", "cleaning", "cleaning_half"),
            *("p_clarc", "p_clarc_reactive", "a_clarc", "a_clarc_half", "restored"),
            *("spufix", "spufix_inserted", "leace", "dfr", "rr_clarc"),
        ),
        description="Correction methods; see docs/how-to/correct.md.",
    )
    layers: Literal["auto"] | Swept[Annotated[str, Field(min_length=1)]] = Field(
        "auto",
        description="Names of the layers that are corrected. auto: among layers with map output, the one "
        "at two thirds of the depth and the last.",
    )
    estimators: Swept[EstimatorName] = Field(
        ("mean_difference", "svm"),
        description="Estimators of the artefact vector: mean_difference, ridge, svm.",
    )
    pooled: Swept[bool] = Field(
        (False,),
        description="true: one value per channel; false: one per channel and pixel.",
    )
    classes: int = Field(
        10, ge=2, description="Number of classes: the artefact's class and others drawn at random."
    )
    images: int = Field(500, ge=2, description="At most this many images per class and split.")
    epochs: int = Field(5, ge=1, le=1_000_000, description="Epochs of the further training.")
    batch_size: int = Field(50, ge=1, description="Images per training step.")
    learning_rate: float = Field(
        0.001, gt=0, le=1000, description="Peak learning rate of a one-cycle schedule."
    )
    penalty: float = Field(
        1000,
        ge=0,
        le=1e12,
        description="Weight of the squared gradient along the vector, of rr_clarc.",
    )
    seed: Seed = Field(0, description="Seed that draws and shuffles classes and images.")


class Unhansing(Section):
    """Training on with an accepted artefact in all images, and without (`snakemake correct`)."""

    reported: Swept[Annotated[int, Field(ge=0)]] = Field(
        (0, 1, 5, 10),
        description="Epochs after which the network is evaluated, ascending; the last is the length of "
        "training. The network before training (0) is always evaluated.",
    )
    classes: int = Field(
        5, ge=2, description="Number of classes: the artefact's class and others drawn at random."
    )
    images: int = Field(500, ge=2, description="At most this many images per class and split.")
    batch_size: int = Field(50, ge=1, description="Images per training step.")
    learning_rate: float = Field(
        0.001, gt=0, le=1000, description="Peak learning rate of a one-cycle schedule."
    )
    samples: int = Field(
        6,
        ge=2,
        le=100,
        description="Images that the figure shows, half of them of the artefact's class.",
    )
    seed: Seed = Field(0, description="Seed that draws and shuffles classes and images.")

    @model_validator(mode="after")
    def _check_order(self) -> "Unhansing":
        if list(self.reported) != sorted(self.reported) or not self.reported[-1]:
            epochs = ", ".join(map(str, self.reported))
            raise ValueError(f"reported = {epochs}; expected ascending epochs, the last above 0")
        return self
