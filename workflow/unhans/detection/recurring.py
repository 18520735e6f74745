"""Recurring: images that share a pattern that no other class has, wherever it lies.

The pattern is sought at a hidden layer, among the positions that the network finds most relevant in each
image. Two images are alike by the one pattern that both have, less how well other classes have it
(`spray.distance.local_features`, with one difference: of the other classes, the one that has a pattern
best does not count, so that an artefact that two classes share is found in both). Images that share an
artefact are all alike, and a wide gap separates them from the others.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.detection import similar
from unhans.detection.concepts import Concepts
from unhans.detection.evidence import Evidence, Found
from unhans.spray import local_cosines
from unhans.types import Array

SPARED = 1
"""Other classes that may share the pattern; none where there is but one."""


def find(evidence: Evidence) -> Found | None:
    """Find images that share a pattern.

    Parameters
    ----------
    evidence : Evidence
        Of a class.

    Returns
    -------
    Found or None
        Groups by the widest gap of similarity, and how often the pattern of the first lies in each
        bin; None where no hidden layers were kept.

    """
    concepts = evidence.concepts
    if concepts is None:
        return None
    features, usual = patterns(concepts)
    alike = local_cosines.similarities(features, usual)
    alike = np.triu(alike, 1)
    found = similar.search(alike + alike.T, evidence.least, seed=evidence.seed)
    where = shared(concepts, features, usual, found[0].members, evidence.side)
    # A pure number: the other images of the class are its null.
    return Found(found, where, np.ones(1))


def patterns(concepts: Concepts) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Directions of the activations of each image, and how well other classes have them.

    Parameters
    ----------
    concepts : Concepts
        Of a class.

    Returns
    -------
    features : ndarray of float32, shape (n, k, c)
        Of unit norm, centred on the mean of the other classes.
    usual : ndarray of float32, shape (n, k)
        Best cosine of each with any position in an image of another class, of the class but `SPARED`
        where that is greatest.

    """
    others = concepts.other_activation
    centre = others.reshape(-1, others.shape[2]).mean(axis=0, dtype=np.float64)
    features = local_cosines.directions(concepts.activation, centre)
    known = local_cosines.directions(others, centre)
    classes = np.unique(concepts.other_class)
    best = np.stack(
        [local_cosines.best(features, _rows(known[concepts.other_class == one])) for one in classes]
    )
    spared = min(SPARED, len(classes) - 1)
    return features, np.sort(best, axis=0)[-1 - spared]


def shared(
    concepts: Concepts,
    features: NDArray[np.float32],
    usual: NDArray[np.float32],
    members: NDArray[np.bool_],
    side: int,
) -> NDArray[np.float64]:
    """Count where the pattern that some images share lies.

    Parameters
    ----------
    concepts : Concepts
        Of the class.
    features, usual : ndarray, ndarray
        From `patterns`.
    members : ndarray of bool, shape (n,)
        The images, two at least.
    side : int
        Bins along each side of the raster.

    Returns
    -------
    ndarray of float64, shape (side, side)
        Share of the images that have it in each bin.

    """
    place = local_cosines.shared_places(features[members], usual[members])
    position = concepts.position[members][np.arange(len(place)), place]
    rows, columns = concepts.size
    row = position // columns * side // rows
    column = position % columns * side // columns
    where = np.zeros((side, side))
    np.add.at(where, (row, column), 1 / len(place))
    return where


def _rows(known: Array) -> NDArray[np.float32]:
    return np.asarray(known.reshape(-1, known.shape[2]))
