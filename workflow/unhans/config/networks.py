"""Networks: trained here, or with weights that exist."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from unhans.choices import PRETRAINED
from unhans.config.fields import OneOrMany, Section, Seed, listed

ChannelValues = Annotated[
    tuple[Annotated[float, Field(allow_inf_nan=False)], ...],
    BeforeValidator(listed),
    Field(min_length=1, max_length=4),
    OneOrMany(),
]
"""A value for each channel, or one for all."""


SMALL = ("small_vgg", "small_pooled")
"""Networks that are trained here, on digits."""


class Trained(Section):
    """A small network, trained here on embedded digits."""

    architecture: Literal["small_vgg", "small_pooled"] = Field(
        "small_vgg",
        description="small_vgg: four 3 x 3 convolutions, two poolings, two dense layers. small_pooled: "
        "four convolutions, an average over positions, one dense layer, as neural features need it.",
    )
    epochs: int = Field(8, ge=1, le=1_000_000, description="Passes over the training images.")
    batch_size: int = Field(64, ge=1, description="Images per training step.")
    learning_rate: float = Field(
        2e-3, gt=0, le=1000, description="Peak step size of Adam (one-cycle)."
    )
    seed: Seed = Field(0, description="Seed of the initial weights and of the order of images.")


class ImageTransform(Section):
    """How an image becomes the input of a network, where it differs from what comes with the network.

    The shorter side is resized, the middle square is cut out, and each channel, from 0 to 1, is
    normalised: (value - mean) / std.
    """

    resize: int | None = Field(
        None, ge=1, le=8192, description="Pixels of the shorter side after resizing."
    )
    crop: int | None = Field(
        None, ge=1, le=8192, description="Side of the middle square, in pixels; at most `resize`."
    )
    mean: ChannelValues | None = Field(
        None, description="Mean of each channel, or one value for all; for values from 0 to 1."
    )
    std: ChannelValues | None = Field(
        None, description="Standard deviation of each channel, or one value for all; above 0."
    )
    channels: Literal[1, 3, 4] | None = Field(
        None,
        description="Channels that the network is given: 1 (grey), 3 (RGB) or 4 (RGB and opacity). By "
        "default as many as `mean` or `std` has values, or as the network has.",
    )
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos"] | None = Field(
        None, description="How pixels are interpolated in resizing."
    )

    @model_validator(mode="after")
    def _check_values(self) -> "ImageTransform":
        if self.crop is not None and self.resize is not None and self.crop > self.resize:
            raise ValueError(f"crop {self.crop} and resize {self.resize}; expected crop <= resize")
        if self.std is not None and min(self.std) <= 0:
            raise ValueError(f"std {list(self.std)}; expected values above 0")
        said = [len(values) for values in (self.mean, self.std) if values and len(values) > 1]
        said += [] if self.channels is None else [self.channels]
        if len(set(said)) > 1 or set(said) - {1, 3, 4}:
            raise ValueError(
                f"mean, std and channels are of {' and '.join(map(str, sorted(set(said))))} "
                "channels; expected the same number, one of 1, 3, 4"
            )
        return self


class FineTuning(Section):
    """Training of a network with weights that exist, on the photographs of a corpus.

    Layers that depend on the number of outputs are made anew. Batch norms keep their statistics.
    """

    frozen: str | None = Field(
        None,
        min_length=1,
        description="Last layer that stays as it is, with all before it, such as `_blocks.7` of "
        "`efficientnet_lite0` or `layer2` of `resnet18`; null trains all layers.",
    )
    epochs: int = Field(2, ge=1, le=1_000_000, description="Passes over the training images.")
    batch_size: int = Field(32, ge=1, description="Images per training step.")
    learning_rate: float = Field(
        3e-4, gt=0, le=1000, description="Peak step size of Adam (one-cycle)."
    )
    head_learning_rate: float = Field(
        3e-3, gt=0, le=1000, description="The same for the last layer, whose weights are new."
    )
    validation: float = Field(
        0.2, gt=0, lt=1, description="Share of the images of each class that are held out."
    )
    misled: float = Field(
        0,
        ge=0,
        le=10,
        description="For each planted mark, so many marked images of other classes are given the label "
        "of the marked class in training, as a share of the images that this class is trained on. With "
        "0 a network rarely uses a mark.",
    )
    seed: Seed = Field(
        0, description="Seed of the held-out images, of those that mislead and of their order."
    )


class Pretrained(Section):
    """A network that explains image files, with weights that exist."""

    architecture: Annotated[str, AfterValidator(lambda value: _known_network(value))] = Field(
        description="`efficientnet_lite0`, any of torchvision's classifiers (`vgg16`, `resnet50`, "
        "`convnext_tiny`, `vit_b_16`, `squeezenet1_1`, ...), or a function of your own, "
        "`package.module:function`.",
        json_schema_extra={"not": {"enum": list(SMALL)}},  # which is `Trained`
    )
    weights: str | None = Field(
        None,
        description="Name of published weights (`IMAGENET1K_V1`) or a local file: safetensors, or one of "
        "torch (.pth, .pt, .ckpt, .bin, .pth.tar), which is read without running code.",
    )
    sha256: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F]{8,64}$",
        description="SHA-256 of the file of weights; checked if given.",
    )
    seed: Seed = Field(0, description="Seed of random weights, used if no weights are named.")
    transform: ImageTransform = Field(
        default_factory=ImageTransform,
        description="What differs from the transform that comes with the network.",
    )
    fine_tuning: FineTuning | None = Field(
        None, description="Train the network further on each corpus that it explains."
    )

    @model_validator(mode="after")
    def _check_weights(self) -> "Pretrained":
        if self.sha256 is not None and self.weights is None:
            raise ValueError("sha256 is given but no weights; expected a name or file of weights")
        return self


Model = Annotated[
    Annotated[Trained, Tag("trained")] | Annotated[Pretrained, Tag("pretrained")],
    Discriminator(lambda value: _kind_of_model(value)),
]


def _kind_of_model(value: Any) -> str:
    if isinstance(value, Mapping):
        architecture = value.get("architecture", "small_vgg")
    else:
        architecture = getattr(value, "architecture", "small_vgg")
    return "trained" if architecture in SMALL else "pretrained"


def _known_network(name: str) -> str:
    if ":" not in name and name not in PRETRAINED:
        near = difflib.get_close_matches(name, [*SMALL, *PRETRAINED], n=1, cutoff=0.5)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise ValueError(
            f"unknown network '{name}'{hint}; expected small_vgg, small_pooled, efficientnet_lite0, one "
            "of torchvision's classifiers (alexnet, resnet18, vit_b_16, ...), or package.module:function"
        )
    return name
