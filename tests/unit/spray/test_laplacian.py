"""laplacian: the affinity is a square matrix."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.spray.laplacian import symmetric_normalized


def test_what_is_no_square_matrix_is_refused():
    with pytest.raises(InputError, match=r"affinity has shape \(3, 2\); expected \(n, n\)"):
        symmetric_normalized(np.ones((3, 2)))
