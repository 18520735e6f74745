"""eigengap: groups of a class by the gaps of its eigenvalues."""

import pytest

from unhans.errors import InputError
from unhans.spray.eigengap import eigengap


@pytest.mark.parametrize(
    ("eigenvalues", "groups"),
    [([0, 0.01, 0.5, 0.6], 2), ([0, 0.9, 0.91, 0.92, 1.2], 4), ([0, 0, 0], 2)],
)
def test_the_eigengap_counts_groups(eigenvalues, groups):
    assert eigengap(eigenvalues) == groups


def test_two_eigenvalues_have_no_gap_to_choose():
    with pytest.raises(InputError, match="q >= 3"):
        eigengap([0, 1])
