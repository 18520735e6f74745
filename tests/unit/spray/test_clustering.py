"""clustering: wrong arguments of k-means are refused."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.spray.clustering import kmeans

POINTS = np.arange(5.0)[:, None]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_init": 0}, "n_init is 0; expected at least 1"),
        ({"ks": [0, 2]}, "k-means with k = 0; expected k of at least 1"),
        ({"ks": [-1]}, "k-means with k = -1; expected k of at least 1"),
        ({"ks": [2, 6]}, "k from 2 to 6 needs at least 6 images; there are 5"),
    ],
)
def test_numbers_out_of_range_are_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        kmeans(POINTS, **{"ks": [2], **wrong})
