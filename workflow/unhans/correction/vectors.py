"""Vectors of a case: concept activation vectors of layers, each fitted once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.correction import cav, clarc, layers
from unhans.correction.case import Case

FITTED = 400
"""Most images that a vector is fitted to, with the artefact and without."""


class Method(NamedTuple):
    """A method of correction at one point of its grid.

    Parameters
    ----------
    method : str
        Its name.
    layer : str
        Name of the layer that is moved, if one is.
    estimator : str
        Of the vector.
    pooled : bool
        Whether the vector has one number a channel.

    """

    method: str
    layer: str = ""
    estimator: str = ""
    pooled: bool = False


class Vectors:
    """Vectors of a case, fitted to training images of other classes without and with the artefact.

    Parameters
    ----------
    case : Case
        Network, artefact and images.
    seed : int
        Of the support vector machine.

    """

    def __init__(self, case: Case, *, seed: int = 0) -> None:
        self._case, self._seed = case, seed
        training, held_out = case.data.training, case.data.foreign
        others = training.only(training.label != case.data.target).inputs
        # Images are sorted by class: every k-th of them covers all classes.
        self._plain = others[:: -(-len(others) // FITTED)], held_out.inputs
        self._fitted: dict[Method, tuple[cav.Vector, float]] = {}

    def of(self, method: Method) -> cav.Vector:
        """Give the vector of a method.

        Parameters
        ----------
        method : Method
            With a layer.

        Returns
        -------
        Vector

        """
        return self._fit(method)[0]

    def auc(self, method: Method) -> float:
        """Give the AUC of a method's vector on held-out images.

        Parameters
        ----------
        method : Method
            With a layer.

        Returns
        -------
        float

        """
        return self._fit(method)[1]

    def projection(self, method: Method) -> clarc.Projection:
        """Make the projection that moves activations as a method does.

        Parameters
        ----------
        method : Method
            With a layer.

        Returns
        -------
        Projection

        """
        vector = self.of(method)
        place = vector.marked if method.method.startswith("a_clarc") else vector.clean
        intercept = vector.intercept if method.method == "p_clarc_reactive" else None
        return clarc.Projection(vector.direction, place, method.pooled, intercept)

    def _fit(self, method: Method) -> tuple[cav.Vector, float]:
        key = method._replace(method="")
        if key not in self._fitted:
            fitted, held_out = (self._activations(method, images) for images in self._plain)
            vector = cav.fit_cav(*fitted, estimator=method.estimator, seed=self._seed)
            self._fitted[key] = vector, cav.separation(vector, *held_out)
        return self._fitted[key]

    def _activations(
        self, method: Method, images: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Activations of images as they are, and with the artefact."""
        module, attacked = self._case.network.module, self._case.artefact.insert(images)
        plain, marked = (
            layers.activations(module, method.layer, part, pooled=method.pooled)
            for part in (images, attacked)
        )
        return plain, marked
