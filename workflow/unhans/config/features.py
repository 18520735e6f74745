"""Features: neurons and components of the last layer, and noise where they are."""

from pydantic import Field

from unhans.config.fields import Section, Seed


class Neurons(Section):
    """Neurons and components of the last layer that a class rests on (`snakemake features`)."""

    top: int = Field(
        5, ge=1, le=50, description="Neurons, and principal components, of each class."
    )


class Sensitivity(Section):
    """Noise where a feature is in its images, and labels of features (`snakemake features`)."""

    images: int = Field(
        50,
        ge=2,
        description="Held-out images of each class whose accuracy is measured; of fewer, all.",
    )
    top: int = Field(
        20,
        ge=2,
        description="Held-out images that show a feature most; its response to noise is that of these.",
    )
    sigma: float = Field(
        0.25, gt=0, le=1, description="Standard deviation of the noise, of values from 0 to 1."
    )
    trials: int = Field(
        1,
        ge=1,
        le=1000,
        description="Draws of noise that accuracies and margins are means of; Moayeri et al. draw three, "
        "with a sigma of 0.125 to 0.75.",
    )
    ends: float = Field(
        0.1,
        gt=0,
        le=0.5,
        description="Share of the images at each end, by a feature, whose accuracies are compared.",
    )
    layer: str = Field(
        "auto",
        min_length=1,
        description="Layer whose maps say where in an image a feature is. auto: the last one that is at "
        "least twice as fine as the last map; last: the last map, as in Salient ImageNet; or a name.",
    )
    attack_steps: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Steps by which the image that shows a neuron most is changed to show it more; 0: "
        "none is changed.",
    )
    labels: str | None = Field(
        None,
        description="Table of a person's labels: corpus, model, class, feature, label, and optionally "
        "confidence and reasons; see docs/how-to/features.md.",
    )
    seed: Seed = Field(0, description="Seed that chooses the images, and of the noise.")
