"""The score of an issue from its definition, image by image, and compared."""

import numpy as np
import pytest

from unhans.reporting.export import issues


def slowly(scores, members):
    """Mean rank of each image among those on its side, counted."""
    found = []
    for own, member in zip(scores, members, strict=True):
        side = [other for other, like in zip(scores, members, strict=True) if like == member]
        above = sum(other > own for other in side)
        equal = sum(other == own for other in side)
        rank = above + (equal + 1) / 2
        found.append((0 if member else 0.5) + (rank - 0.5) / (2 * len(side)))
    return found


@pytest.mark.parametrize("n", [1, 2, 7, 60])
@pytest.mark.parametrize("ties", [False, True])
def test_it_is_its_definition(random, n, ties):
    for share in (0, 0.3, 1):
        scores = random.integers(0, 4, n) if ties else random.normal(size=n).astype(np.float32)
        members = random.random(n) < share
        found = issues.score(scores, members)
        np.testing.assert_allclose(found, slowly(scores, members), rtol=1e-12)
        assert ((found < 0.5) == members).all()
        assert found.min() >= 0
        assert found.max() <= 1
