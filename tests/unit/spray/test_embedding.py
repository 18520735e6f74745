"""embedding: wrong arguments are refused."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.spray.embedding import spectral


@pytest.mark.parametrize("q", [0, -1])
def test_no_eigenpairs_are_refused(q):
    with pytest.raises(InputError, match=f"q is {q}; expected at least 1 eigenpair"):
        spectral(np.eye(3), q)


def test_what_is_no_square_matrix_is_refused():
    with pytest.raises(InputError, match=r"laplacian has shape \(3, 2\); expected \(n, n\)"):
        spectral(np.ones((3, 2)), 1)
