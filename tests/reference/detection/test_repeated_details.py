"""repeated_details: agreement pair by pair from its definition, and marks of few photographs."""

import numpy as np
import pytest

from unhans.detection import repeated_details


def scenes(random, n, side=56):
    """Images with soft shapes and grain, no two alike."""
    axis = np.arange(side)
    images = np.zeros((n, side, side))
    for image in images:
        for _ in range(12):
            row, column, width = [*random.uniform(0, side, 2).tolist(), random.uniform(2, 9)]
            image += random.normal(0, 60) * np.exp(
                -((axis - row) ** 2)[:, None] / width**2 - ((axis - column) ** 2)[None] / width**2
            )
    images += 128 + random.normal(0, 6, images.shape)
    return images.clip(0, 255)


def marked(random, images, count, strength=40):
    """The same letters, faint, at the same place of the first images."""
    mark = np.zeros(images.shape[1:])
    mark[38:54, 4:52] = np.kron(random.integers(0, 2, (8, 24)), np.ones((2, 2)))
    images[:count] += strength * mark
    return images.clip(0, 255).astype(np.uint8)


def shown(images):
    return np.stack([repeated_details.details(image.astype(np.uint8)) for image in images])


def agreement(one, other, bins):
    """By the definition, bin by bin."""
    side = len(one) // bins
    total, alike = 0.0, 0
    for row in range(bins):
        for column in range(bins):
            parts = []
            for image in (one, other):
                part = image[
                    row * side : (row + 1) * side, column * side : (column + 1) * side
                ].astype(float)
                part = part - part.mean()
                floor = repeated_details.LEVEL * side
                parts.append(part / max(np.sqrt((part**2).sum()), floor))
            correlation = (parts[0] * parts[1]).sum()
            total += max(0, correlation - repeated_details.AGREED)
            alike += correlation > repeated_details.ALIKE
    return 0 if alike > repeated_details.TWICE * bins**2 else total


@pytest.mark.parametrize("bins", [2, 3])
def test_agreements_are_those_of_the_definition(random, bins):
    images = marked(random, scenes(random, 12), 4)
    images[11] = images[10]  # one photograph twice
    details = shown(images)
    found = repeated_details.agreements(details, bins)
    for i in range(12):
        for j in range(12):
            expected = 0 if i == j else agreement(details[i], details[j], bins)
            assert found[i, j] == pytest.approx(expected, abs=1e-4)
    assert found[10, 11] == 0
    assert found[0, 1] > 0
    assert (found == found.T).all()


@pytest.mark.parametrize("count", [4, 8])
def test_a_mark_of_few_images_is_a_group_and_its_place_is_told(random, count):
    images = marked(random, scenes(random, 120), count)
    found = repeated_details.find(shown(images), 3)
    assert (np.nonzero(found.members)[0] == np.arange(count)).all()
    clean = repeated_details.find(shown(scenes(random, 120)), 3)
    assert found.indicator > 2 * clean.indicator
    assert found.where[2].sum() > 0.9 * found.where.sum()
    assert found.score[:count].min() > found.score[count:].max()


def test_fewer_images_than_a_group_are_none(random):
    images = marked(random, scenes(random, 120), 3)
    found = repeated_details.find(shown(images), 3)
    assert found.indicator == pytest.approx(
        repeated_details.find(shown(scenes(random, 120)), 3).indicator, abs=0.1
    )


def test_one_photograph_many_times_is_no_mark(random):
    images = scenes(random, 60)
    images[:8] = images[0]
    found = repeated_details.find(shown(images), 3)
    assert found.indicator < repeated_details.FLOOR + 0.1


@pytest.mark.parametrize("n", [1, 4, 5, 6])
def test_a_small_class_has_no_group_or_one_that_is_not_all(random, n):
    found = repeated_details.find(shown(marked(random, scenes(random, n), n)), 3)
    if n <= repeated_details.FEWEST:
        assert found is None
    else:
        assert 0 < found.members.sum() < n


def test_flat_images_agree_in_nothing():
    found = repeated_details.find(shown(np.full((9, 56, 56), 90)), 3)
    assert found.indicator == repeated_details.FLOOR
    assert not found.where.any()
    assert 0 < found.members.sum() < 9


def test_brightness_and_contrast_do_not_matter(random):
    image = scenes(random, 1)[0]
    own = repeated_details.details(image.astype(np.uint8)).astype(float)
    darker = repeated_details.details((image * 0.5 + 20).astype(np.uint8)).astype(float)
    assert np.corrcoef(own.ravel(), darker.ravel())[0, 1] > 0.8


@pytest.mark.parametrize(
    ("shape", "fits"), [((28, 28), False), ((112, 112, 3), True), ((224, 100, 3), False)]
)
def test_small_images_have_no_details(shape, fits):
    assert repeated_details.fits(shape, 7) is fits
