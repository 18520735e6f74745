"""Response: how a network's answer for a class changes when images are perturbed.

Planted, candidate and accepted artefacts are all measured by this one quantity.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from unhans.checks import require_finite, whole
from unhans.errors import InputError
from unhans.networks.inference import (
    evaluating,
    predict,
    probability,
    rank_of,
    require_classes,
)
from unhans.networks.probing import as_inputs, count_classes, require_module


class Response(NamedTuple):
    """Change of a class's rank and probability when images are perturbed, one value an image.

    Parameters
    ----------
    rank : ndarray of int, shape (n,)
        Rank before - rank after: positive where the class rises (the sign of the paper's table 3).
    probability : ndarray of float64, shape (n,)
        Probability after - probability before.

    """

    rank: NDArray[np.int64]
    probability: NDArray[np.float64]


def response(
    model: nn.Module,
    images: NDArray[np.float32],
    altered: NDArray[np.float32],
    target: int,
) -> Response:
    """Measure how a network's answer for one class changes when images are perturbed.

    Parameters
    ----------
    model : Module
        Network whose outputs are logits.
    images, altered : ndarray of float32, shape (n, c, h, w)
        Its inputs before and after the perturbation. Other floats and integers are converted.
    target : int
        Index of the class, that of an artefact that was added or removed.

    Returns
    -------
    Response
        For each image, how many ranks the class rises and by how much its probability grows; both are
        negative where the class falls.

    Raises
    ------
    InputError
        The network does not take the images, or gives no logits; or the shapes differ, there are no
        images, one holds values that are not finite, or the network has no such class.

    References
    ----------
    Anders et al. 2019, table 3, whose sign this is.

    Examples
    --------
    >>> import numpy as np, torch
    >>> import unhans as uh
    >>> network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2, bias=False))
    >>> _ = network[1].weight.data.copy_(torch.eye(2, 4))
    >>> images = np.array([[[[0.5, 0], [0, 0]]]], dtype=np.float32)
    >>> altered = images + np.array([[[[0, 1], [0, 0]]]], dtype=np.float32)
    >>> found = uh.response(network, images, altered, target=1)
    >>> found.rank, found.probability.round(3)
    (array([1]), array([0.245]))
    """
    require_module(model)
    images, altered = as_inputs(images), as_inputs(altered, "altered images")
    target = whole(target, "target")
    if images.shape != altered.shape:
        raise InputError(
            f"images have shape {images.shape}, altered images {altered.shape}; expected the same"
        )
    require_finite(images)
    require_finite(altered, "altered image")
    require_classes(np.asarray(target), count_classes(model, images))
    with evaluating(model):
        before, after = predict(model, images), predict(model, altered)
    return changed(before, after, target)


def changed(before: NDArray[np.float32], after: NDArray[np.float32], target: int) -> Response:
    """Compute the response of `response` from logits that are known.

    Parameters
    ----------
    before, after : ndarray of float32, shape (n, classes)
        Logits of the images before and after the perturbation.
    target : int
        Index of the class.

    Returns
    -------
    Response

    """
    return Response(
        rank_of(before, target) - rank_of(after, target),
        probability(after, target) - probability(before, target),
    )
