"""Networks: trained here, or with weights that exist."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from unhans.choices import PRETRAINED
from unhans.config.fields import Section, Seed


class Trained(Section):
    """A small network, trained here on embedded digits."""

    architecture: Literal["small_vgg"] = Field(
        "small_vgg",
        description="small_vgg: four 3 x 3 convolutions, two poolings, two dense layers.",
    )
    epochs: int = Field(8, ge=1, description="Passes over the training images.")
    batch_size: int = Field(64, ge=1, description="Images per training step.")
    learning_rate: float = Field(2e-3, gt=0, description="Peak step size of Adam (one-cycle).")
    seed: Seed = Field(0, description="Seed of the initial weights and of the order of images.")


class Pretrained(Section):
    """A network that explains image files, with weights that exist."""

    architecture: Annotated[str, AfterValidator(lambda value: _known_network(value))] = Field(
        description="`efficientnet_lite0`, one of torchvision's (`vgg16`, `vgg16_bn`, `vgg19`, "
        "`resnet18`, `resnet50`, `densenet121`, `alexnet`, ...), or a function of your own, "
        "`package.module:function`.",
        json_schema_extra={"not": {"const": "small_vgg"}},  # which is `Trained`
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
    return "trained" if architecture == "small_vgg" else "pretrained"


def _known_network(name: str) -> str:
    if ":" not in name and name not in PRETRAINED:
        near = difflib.get_close_matches(name, ["small_vgg", *PRETRAINED], n=1, cutoff=0.5)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        known = ", ".join(["small_vgg", *PRETRAINED])
        raise ValueError(
            f"unknown network '{name}'{hint}; expected one of {known}, or package.module:function"
        )
    return name
