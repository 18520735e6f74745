"""Preview: outputs and transform of a network before a run, without a download."""

from pathlib import Path
from typing import NamedTuple

from unhans.choices import is_weight_file
from unhans.images.transform import IMAGENET, LITE0, Transform
from unhans.networks import pretrained, registry


class Preview(NamedTuple):
    """What a network will be.

    Parameters
    ----------
    outputs : int
        Its logits.
    transform : Transform or None
        From an image to its input.
    notes : tuple of str
        What was noticed when its weights were read.
    network : Network or None
        It; None where nothing was loaded.
    """

    outputs: int
    transform: Transform | None
    notes: tuple[str, ...] = ()
    network: registry.Network | None = None


def preview(architecture: str, weights: str | Path | None, classes: int) -> Preview:
    """Look at a network. Files of weights are read, those that are published are not downloaded.

    Parameters
    ----------
    architecture : str
        One of `registry.ARCHITECTURES`, or ``package.module:function``.
    weights : str or Path, optional
        A file, or the name of published weights.
    classes : int
        Outputs that a network without weights gets.

    Returns
    -------
    Preview

    Raises
    ------
    InputError
        The name of the architecture or of the weights is unknown.
    ConfigError
        A package is missing, or a function of the user's own fails.
    StoreError
        A file of weights is missing, damaged, holds code or fits another network.
    """
    if ":" not in architecture and architecture in registry.ARCHITECTURES:
        if weights is None:
            return Preview(classes, LITE0 if architecture == "efficientnet_lite0" else IMAGENET)
        if not is_weight_file(weights):
            return Preview(pretrained.OUTPUTS, pretrained.transform_of(architecture, weights))
    network = registry.load(architecture, weights, classes=classes)
    return Preview(network.classes, network.transform, network.notes, network)
