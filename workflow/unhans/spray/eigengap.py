"""Eigengap: into how many groups a class falls, by the eigenvalues of its Laplacian.

Source: von Luxburg 2007, "A tutorial on spectral clustering", arXiv:0711.0189, section 8.3.
"""

import numpy as np

from unhans.errors import InputError
from unhans.types import Array


def eigengap(eigenvalues: Array) -> int:
    """Count the groups by the largest gap between neighbouring eigenvalues of a Laplacian.

    The gap after the first eigenvalue, which is always 0, is left out: it would mean one group. Ties go
    to the smaller number.

    Parameters
    ----------
    eigenvalues : ndarray, shape (q,)
        Ascending, q at least 3.

    Returns
    -------
    int
        Number of eigenvalues before the gap, from 2 to q - 1.

    Raises
    ------
    InputError
        There are fewer than three eigenvalues.
    """
    values = np.asarray(eigenvalues, dtype=np.float64)
    if values.ndim != 1 or len(values) < 3:
        raise InputError(f"eigenvalues have shape {values.shape}; expected (q,) with q >= 3")
    return int(np.diff(values)[1:].argmax()) + 2
