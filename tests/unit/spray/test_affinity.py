"""affinity: distances may be lists, and are a square matrix."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.spray.affinity import knn_affinity

DISTANCES = np.abs(np.subtract.outer([0.0, 1.0, 3.0], [0.0, 1.0, 3.0]))


def test_lists_are_taken():
    found = knn_affinity(DISTANCES.tolist(), 1)
    np.testing.assert_array_equal(found.toarray(), knn_affinity(DISTANCES, 1).toarray())


@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 3, 3)])
def test_what_is_no_square_matrix_is_refused(shape):
    with pytest.raises(InputError, match=r"distances have shape .*; expected \(n, n\)"):
        knn_affinity(np.zeros(shape), 1)
