"""artefact: what is free lies at another place in each image, whole."""

import numpy as np
import pytest

from unhans.artefacts.artefact import Artefact


@pytest.mark.parametrize("opacity", [False, True])
def test_what_is_free_is_put_whole_into_each_image_at_a_place_of_its_own(random, opacity):
    mask = np.zeros((12, 16), dtype=bool)
    mask[3:6, 9:14] = True
    template = random.random((2, 12, 16)).astype(np.float32)
    seen = mask * np.float32(0.5) if opacity else None
    mark = Artefact(mask, template, 1, "free", seen, seed=3)
    images = random.random((200, 2, 12, 16)).astype(np.float32)
    altered, masks = mark.insert(images), mark.masks(200)
    assert masks.shape == (200, 12, 16)
    corners = set()
    for before, after, where in zip(images, altered, masks, strict=True):
        rows, columns = np.nonzero(where)
        assert (rows.max() - rows.min(), columns.max() - columns.min()) == (2, 4)
        assert (after[:, ~where] == before[:, ~where]).all()
        expected = template[:, mask]
        if opacity:
            expected = (expected + before[:, where]) / 2
        assert after[:, where] == pytest.approx(expected, abs=1e-6)
        corners.add((rows.min(), columns.min()))
    assert {row for row, _ in corners} == set(range(10))
    assert {column for _, column in corners} == set(range(12))
    # The places of the first do not depend on how many follow.
    assert (mark.masks(7) == masks[:7]).all()
    assert (mark.insert(images[:7]) == altered[:7]).all()
    assert mark.insert(images[:0]).shape == (0, 2, 12, 16)
    assert mark.masks(0).shape == (0, 12, 16)
