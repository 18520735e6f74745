"""Attribution: how heatmaps are made."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from unhans.choices import CompositeName
from unhans.config.fields import AutoOrCount, Section, Swept, distinct

LayerName = Annotated[str, Field(min_length=1, max_length=200)]


class Attribution(Section):
    """Heatmaps by Layer-wise Relevance Propagation with respect to the true label."""

    composites: Swept[CompositeName] = Field(
        ("epsilon_plus_flat",),
        description="LRP rules by layer. epsilon_plus_flat is the paper's: epsilon in dense layers, "
        "alpha1-beta0 in convolutions, flat in the first layer. epsilon_gamma_flat has gamma (0.05) in "
        "convolutions: slower (zennit computes it), and its order of places is the better one in "
        "EfficientNet-Lite0 and SqueezeNet (docs/results/networks.md).",
    )
    engine: Literal["auto", "zennit"] = Field(
        "auto",
        description="auto: the fast engine where it covers composite and network (the log says "
        "so), zennit elsewhere; zennit: always.",
    )
    precision: Literal["float32", "tf32"] = Field(
        "float32",
        description="Products on a GPU when heatmaps are made: float32, or tf32, which rounds their "
        "factors to 10 bits (docs/reference/performance.md says how fast and how exact). All else is "
        "float32, and so is everything on a CPU. Another choice makes the heatmaps anew.",
    )
    layers: (
        Literal["auto", "photographs"] | Annotated[tuple[LayerName, ...], AfterValidator(distinct)]
    ) = Field(
        "photographs",
        description="Layers inside the network whose relevance is kept too, in the same pass, for "
        "findings in photographs and for representations that start from a layer: auto (three depths), "
        "photographs (auto for corpora of image files, none for digits), or names; [] for none. See "
        "docs/how-to/concepts.md. Three take 43 % of the space of the heatmaps. Other layers change no "
        "heatmap, and nothing that is made from heatmaps alone is recomputed.",
    )
    activations: bool = Field(
        False,
        description="Keep penultimate activations and last maps too, in the same pass: neural features "
        "(snakemake features) then need no pass of their own. Of networks that end in an average pooling "
        "and one linear layer; docs/how-to/features.md says what it saves and takes. Changes no heatmap.",
    )
    batch_size: AutoOrCount = Field(
        "auto",
        description="Images explained at once. auto: 8 on a CPU, on a GPU what its memory holds. "
        "Changes no result but for its last digits; nothing is recomputed.",
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="auto (a GPU if there is one), cpu, cuda or cuda:1. Nothing is recomputed.",
    )
    workers: int = Field(
        1,
        ge=1,
        le=1024,
        description="Threads that read image files while others are explained, from four on "
        "processes; as many as keep a GPU busy. Each is a core that the job asks for. Nothing is "
        "recomputed.",
    )
