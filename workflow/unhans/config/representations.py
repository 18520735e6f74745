"""Representations: which of them go with which layers and metrics."""

from collections.abc import Mapping, Sequence
from typing import Literal

from unhans.choices import Compared, metric_choice
from unhans.config.spray import Step

AUTOMATIC = 3
"""Layers that are chosen automatically, at most."""


def compared(steps: Sequence[Step]) -> Compared:
    """Name what a representation gives to a metric.

    Parameters
    ----------
    steps : sequence of Step
        Of the representation.

    Returns
    -------
    {"pixels", "channels", "activations"}
    """
    if not steps or not steps[0].starts_from_a_layer:
        return "pixels"
    return "channels" if steps[0].step == "layer" else "activations"


def starts_from_a_layer(steps: Sequence[Step]) -> bool:
    """Whether a representation is made of a layer inside the network, and not of heatmaps.

    Parameters
    ----------
    steps : sequence of Step
        Of the representation.

    Returns
    -------
    bool
    """
    return compared(steps) != "pixels"


def fits(steps: Sequence[Step], metric: str) -> bool:
    """Whether a metric compares what a representation gives.

    Parameters
    ----------
    steps : sequence of Step
        Of the representation.
    metric : str
        Name of the metric.

    Returns
    -------
    bool
    """
    return compared(steps) in metric_choice(metric).compares


def check(
    representations: Mapping[str, Sequence[Step]],
    layers: Literal["auto"] | Sequence[str],
    metrics: Sequence[str],
) -> None:
    """Refuse representations that cannot be made or compared, and metrics without a representation.

    Parameters
    ----------
    representations : mapping of str to sequence of Step
        ``preprocessing`` of the configuration.
    layers : "auto" or sequence of str
        ``attribution.layers`` of the configuration.
    metrics : sequence of str
        ``distance.metrics`` of the configuration.

    Raises
    ------
    ValueError
        One of them; the message names the key. Pydantic makes a ConfigError of it.
    """
    for name, steps in representations.items():
        fault = _fault(steps, layers)
        if fault:
            raise ValueError(f"preprocessing.{name}: {fault}")
        if not any(fits(steps, metric) for metric in metrics):
            raise ValueError(
                f"preprocessing.{name} gives {compared(steps)}, which none of distance.metrics "
                f"({', '.join(metrics)}) compares; expected one that does, see docs/how-to/concepts.md"
            )
    for metric in metrics:
        if not any(fits(steps, metric) for steps in representations.values()):
            raise ValueError(
                f"distance.metrics: {metric} compares {' or '.join(metric_choice(metric).compares)}; "
                "expected a representation in preprocessing that gives them"
            )


def _fault(steps: Sequence[Step], layers: Literal["auto"] | Sequence[str]) -> str | None:
    """Say what is wrong with the steps of a representation."""
    if any(step.starts_from_a_layer for step in steps[1:]):
        return "a layer takes the place of the heatmaps; expected it as the first step"
    if compared(steps) == "pixels":
        return None
    if compared(steps) == "activations" and len(steps) > 1:
        return f"activations are compared as they are; expected no step {steps[1].step} after them"
    if any(step.step == "sum_pool" for step in steps):
        return "channels have no places; expected no step sum_pool"
    layer = steps[0].layer
    if not layers:
        return f"layer {layer!r} is not kept; expected attribution.layers: auto, or names"
    number = AUTOMATIC if layers == "auto" else len(layers)
    if isinstance(layer, int) and layer >= number:
        return f"there is no layer {layer}; expected a place from 0 to {number - 1}"
    if isinstance(layer, str) and layers != "auto" and layer not in layers:
        return (
            f"layer {layer!r} is not kept; expected one of attribution.layers: {', '.join(layers)}"
        )
    return None
