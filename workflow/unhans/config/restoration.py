"""Restoration: how denoisers are trained."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from unhans.config.fields import Listed, Name, Section, Seed, Swept


class Restoration(Section):
    """A denoiser of each network's images (`snakemake restorations`, and for artefacts of noise)."""

    sizes: Swept[Annotated[int, Field(ge=1, le=31)]] = Field(
        (1, 3, 5, 7, 9),
        description="Sides of the kernels in pixels, all odd. One makes it a kernel prediction network.",
    )
    width: float = Field(
        0.125, gt=0, le=4, description="Factor of the network's channels; 1 as published."
    )
    burst: int = Field(
        1,
        ge=1,
        le=8,
        description="Frames of a burst. Accepted artefacts need 1: images are single.",
    )
    blind: bool = Field(
        True, description="The noise is unknown. false: the network is given it for each pixel."
    )
    images: int = Field(200, ge=1, description="At most this many training images of each class.")
    leave_out: Listed[Name] = Field(
        (), description="Ids of classes that are not trained on: those whose images are noisy."
    )
    patch: int = Field(
        64, ge=16, le=4096, description="Side of the patches, of smaller images their side."
    )
    shift: int = Field(
        2, ge=0, le=1024, description="Pixels by which most frames are shifted at most."
    )
    far_shift: int = Field(
        16,
        ge=0,
        le=1024,
        description="Pixels by which a few frames are; at most a quarter of the patch's side.",
    )
    far_share: float = Field(0.2, ge=0, le=1, description="Share of these few frames.")
    compressed: float = Field(
        0.3, ge=0, le=1, description="Share of bursts that are compressed by JPEG, not noisy."
    )
    steps: int = Field(800, ge=4, le=10_000_000, description="Steps of training.")
    batch_size: int = Field(8, ge=1, le=4096, description="Bursts a step.")
    learning_rate: float = Field(
        0.002, gt=0, le=1000, description="Peak learning rate of a one-cycle schedule."
    )
    beta: float = Field(
        0,
        ge=0,
        le=1e9,
        description="First weight of the loss of single frames. 0: of the image alone, which is better "
        "where training is short; training then starts from the first frame, else from each frame. As "
        "published: 100.",
    )
    alpha: float = Field(
        0.99,
        gt=0,
        le=1,
        description="Factor of this weight from step to step. As published, for far more steps: 0.9998.",
    )
    device: Literal["cpu", "cuda"] = Field("cpu", description="Where it is trained.")
    seed: Seed = Field(0, description="Seed of weights, images and bursts.")

    @model_validator(mode="after")
    def _check_sizes(self) -> "Restoration":
        even = [size for size in self.sizes if size % 2 == 0]
        if even:
            raise ValueError(f"sizes: {even[0]} is even; expected odd sides of kernels")
        return self
