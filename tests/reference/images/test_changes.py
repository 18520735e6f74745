"""changes: each against its definition, a pixel at a time, and the size of each control."""

import io
import math

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from unhans.errors import InputError
from unhans.images.changes import colour, detail, framing, regions
from unhans.images.changes.catalogue import CHANGES, Donated, Step, changed
from unhans.images.changes.pixels import as_display, shuffled
from unhans.probes.families import FAMILIES
from unhans.probes.table import INTERVENTIONS, chosen, steps

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((2, 3, 12, 10), dtype=np.float32)


def linear(row, size):
    """Interpolate a row of values linearly, pixel centres at one half."""
    found = []
    for place in range(size):
        at = min(max((place + 0.5) * len(row) / size - 0.5, 0), len(row) - 1)
        low = min(int(at), len(row) - 2)
        found.append(row[low] * (low + 1 - at) + row[low + 1] * (at - low))
    return np.array(found)


def area(row, size):
    """Mean of the pixels that each of fewer pixels covers."""
    step, found = len(row) / size, []
    for place in range(size):
        start, end = place * step, (place + 1) * step
        parts = [max(0, min(end, at + 1) - max(start, at)) for at in range(len(row))]
        found.append(np.dot(parts, row) / step)
    return np.array(found)


def both(image, size, method):
    narrow = np.stack([method(row, size[1]) for row in image])
    return np.stack([method(column, size[0]) for column in narrow.T]).T


def by_hand(images, size, method):
    return np.array([[both(channel, size, method) for channel in image] for image in images])


def test_zoom_shows_the_middle_interpolated():
    # Half of 12 x 10 pixels is 6 x 5: rows 3 to 8, columns 2 to 6.
    expected = by_hand(IMAGES[:, :, 3:9, 2:7], (12, 10), linear)
    assert framing.zoomed(IMAGES, 0.5) == pytest.approx(expected, abs=1e-5)


def test_pad_makes_smaller_and_surrounds_by_mirror_images():
    small = by_hand(IMAGES, (6, 5), area)
    wide = np.concatenate([small[..., 1::-1], small, small[..., :1:-1]], axis=3)
    expected = np.concatenate([wide[:, :, 2::-1], wide, wide[:, :, :2:-1]], axis=2)
    assert framing.padded(IMAGES, 0.5) == pytest.approx(expected, abs=1e-5)


def test_resampled_is_smaller_and_large_again():
    expected = by_hand(by_hand(IMAGES, (6, 5), area), (12, 10), linear)
    assert framing.resampled(IMAGES, 0.5) == pytest.approx(expected, abs=1e-5)


def test_surrounded_leaves_the_middle():
    found = framing.surrounded(IMAGES, 0.5)
    assert np.array_equal(found[:, :, 3:9, 2:7], IMAGES[:, :, 3:9, 2:7])
    assert np.array_equal(found[:, :, 2], found[:, :, 3])
    assert np.array_equal(found[..., 7], found[..., 6])


@pytest.mark.parametrize(("where", "axis", "sign"), [("left", 3, -1), ("down", 2, 1)])
def test_shift_moves_pixels_and_mirrors_the_gap(where, axis, sign):
    found = np.moveaxis(framing.shifted(IMAGES, 0.2, where), axis, 0)
    given = np.moveaxis(IMAGES, axis, 0)
    whole = len(given)
    for place in range(whole):
        source = place - sign * 2
        if source < 0:
            source = -1 - source
        if source >= whole:
            source = 2 * whole - 1 - source
        assert np.array_equal(found[place], given[source])


def test_flips_exchange_sides():
    assert np.array_equal(framing.mirrored(IMAGES)[..., 0], IMAGES[..., 9])
    assert np.array_equal(framing.upside_down(IMAGES)[:, :, 0], IMAGES[:, :, 11])


SIZE = (12, 10)


def test_regions_are_what_they_are_called():
    for y in range(12):
        for x in range(10):
            depth = min(y, x, 11 - y, 9 - x)
            assert regions.rim(SIZE, 0.2)[y, x] == (depth < 2)
            assert regions.surround(SIZE, 0.4)[y, x] == (depth < 1)
    far = [
        math.hypot((2 * y + 1) / 12 - 1, (2 * x + 1) / 10 - 1) for y in range(12) for x in range(10)
    ]
    corner = regions.corners(SIZE, 0.1).ravel()
    assert min(np.array(far)[corner]) >= max(np.array(far)[~corner])


@pytest.mark.parametrize("size", [(28, 28), (33, 64)])
def test_a_region_and_its_control_have_as_many_pixels_and_share_none(size):
    pairs = [
        (regions.rim, regions.ring, (0.04, 0.08)),
        (regions.corners, regions.edges, (0.06, 0.15)),
        (regions.surround, regions.middle, (0.4, 0.5)),
    ]
    for one, other, strengths in pairs:
        for strength in strengths:
            first, second = one(size, strength), other(size, strength)
            assert first.sum() == second.sum() > 0
            assert not (first & second).any()


def test_a_region_is_replaced_by_one_colour():
    found = regions.replaced(IMAGES, 0.2, regions.rim, "mean")
    mean = IMAGES.mean(axis=(2, 3))
    assert found[:, :, 0, 0] == pytest.approx(mean)
    assert np.array_equal(found[:, :, 2:-2, 2:-2], IMAGES[:, :, 2:-2, 2:-2])
    assert regions.replaced(IMAGES, 0.2, regions.rim, "white")[:, :, 1].min() == 1


def test_the_background_is_blurred_outside_of_the_relevant_pixels():
    images = RANDOM.random((1, 3, 40, 40), dtype=np.float32)
    relevance = np.zeros((1, 40, 40))
    relevance[0, 10:20, 10:20] = -1
    kept = regions.relevant(relevance)[0]
    assert kept[12:18, 12:18].all()
    assert kept.sum() == round(0.3 * 1600)
    blurred = detail.blurred(images, 6)
    found = regions.background_blurred(images, 6, relevance)
    assert np.array_equal(found[..., kept], images[..., kept])
    assert np.array_equal(found[..., ~kept], blurred[..., ~kept])
    moved = np.roll(kept, (20, 20), (0, 1))
    other = regions.elsewhere_blurred(images, 6, relevance)
    assert np.array_equal(other[..., moved], images[..., moved])
    assert np.array_equal(other[..., ~moved], blurred[..., ~moved])


def test_blur_is_scipys():
    images = RANDOM.random((1, 1, 64, 64), dtype=np.float32)
    # A length of 7 pixels in an image of 224 is 2 pixels of 64.
    expected = gaussian_filter(images[0, 0], 2, mode="reflect", truncate=4)
    assert detail.blurred(images, 7)[0, 0] == pytest.approx(expected, abs=1e-4)
    assert detail.sharpened(images, 2) == pytest.approx(
        images + 2 * (images - detail.blurred(images, 1.5)), abs=1e-6
    )


def waves(channel):
    """The discrete Fourier transform from its formula, with the frequency of each term."""
    height, width = channel.shape
    terms = {}
    for v in range(height):
        for u in range(width):
            angle = (
                2
                * np.pi
                * (v * np.arange(height)[:, None] / height + u * np.arange(width)[None] / width)
            )
            frequency = 2 * math.hypot(min(v, height - v) / height, min(u, width - u) / width)
            value = (channel * np.exp(-1j * angle)).sum()
            terms[v, u] = frequency, value, np.exp(1j * angle) / channel.size
    return terms.values()


@pytest.mark.parametrize("cutoff", [0.1, 0.4, 0.7])
def test_frequencies_are_those_of_the_fourier_transform(cutoff):
    images = RANDOM.random((1, 1, 8, 9), dtype=np.float32)
    terms = waves(images[0, 0])
    low = sum(value * wave / (1 + (f / cutoff) ** 8) for f, value, wave in terms).real
    assert detail.low_frequencies(images, cutoff)[0, 0] == pytest.approx(low, abs=1e-5)
    high = images[0, 0] - low + images.mean()
    assert detail.high_frequencies(images, cutoff)[0, 0] == pytest.approx(high, abs=1e-5)


def test_jpeg_is_pillows():
    saved = io.BytesIO()
    shades = np.rint(IMAGES[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    Image.fromarray(shades).save(saved, "JPEG", quality=15)
    expected = np.asarray(Image.open(saved)).transpose(2, 0, 1) / 255
    assert detail.compressed(IMAGES, 15)[0] == pytest.approx(expected, abs=1e-6)
    assert detail.compressed(IMAGES[:, :1], 15).shape == (2, 1, 12, 10)


@pytest.mark.parametrize(
    ("hue", "signs"), [("red", "+--"), ("yellow", "++-"), ("cyan", "-++"), ("blue", "--+")]
)
def test_a_cast_has_its_hue_and_size(hue, signs):
    change = (colour.cast(IMAGES, 0.1, hue) - IMAGES)[0, :, 0, 0]
    assert "".join("+" if value > 0 else "-" for value in change) == signs
    assert change.mean() == pytest.approx(0, abs=1e-6)
    assert np.sqrt(np.square(change).mean()) == pytest.approx(0.1, rel=1e-5)
    assert colour.nearest_hue(change) == hue


def test_grey_takes_out_colour_and_its_control_leaves_it():
    grey = colour.grey(IMAGES, 1)
    for y in range(12):
        r, g, b = IMAGES[0, :, y, 0]
        assert grey[0, :, y, 0] == pytest.approx([0.299 * r + 0.587 * g + 0.114 * b] * 3, abs=1e-6)
    control = colour.colour_as_brightness(IMAGES, 1) - IMAGES
    assert control[:, 0] == pytest.approx(control[:, 1], abs=1e-6)
    sizes = [np.sqrt(np.square(part).mean(axis=(1, 2, 3))) for part in (grey - IMAGES, control)]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-4)


def test_brightness_and_contrast_are_sums_and_products():
    assert colour.brighter(IMAGES, 0.1) == pytest.approx(IMAGES + 0.1, abs=1e-6)
    mean = IMAGES.mean(axis=(2, 3), keepdims=True)
    assert colour.contrasted(IMAGES, 0.5) == pytest.approx(mean + 1.5 * (IMAGES - mean), abs=1e-6)


def test_noise_has_its_size_and_so_has_smooth_noise():
    images = np.full((1, 3, 64, 64), 0.5, dtype=np.float32)
    fine = np.random.default_rng(0).random((1, 3, 64, 64), dtype=np.float32)
    added = detail.detailed(fine, 0.05) - fine
    assert np.sqrt(np.square(added).mean()) == pytest.approx(0.05, rel=0.03)
    noise, smooth = (one(images, 0.05) - images for one in (detail.noisy, detail.smoothly_noisy))
    assert noise.std() == pytest.approx(0.05, rel=0.03)
    assert np.sqrt(np.square(smooth).mean()) == pytest.approx(
        np.sqrt(np.square(noise).mean()), rel=1e-3
    )
    steps_of = [np.abs(np.diff(part, axis=3)).mean() for part in (noise, smooth)]
    assert steps_of[1] < steps_of[0] / 2


def test_a_shuffled_change_has_the_same_values_elsewhere():
    altered = detail.blurred(IMAGES, 4)
    found = shuffled(IMAGES, altered) - IMAGES
    for mixed, change in zip(
        found.reshape(2, 3, -1), (altered - IMAGES).reshape(2, 3, -1), strict=True
    ):
        for one, other in zip(mixed, change, strict=True):
            assert np.sort(one) == pytest.approx(np.sort(other), abs=1e-6)
    assert np.abs(found - (altered - IMAGES)).max() > 0.05


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_change_is_pure_and_keeps_shape_and_range(channels):
    random = np.random.default_rng(1)
    images = random.random((3, channels, 16, 20), dtype=np.float32)
    kept = images.copy()
    relevance = random.random((3, 16, 20))
    given = Donated(*random.random((2, *images.shape), dtype=np.float32))
    for step in steps(chosen(FAMILIES, channels, relevance=True)):
        found = changed(images, step, relevance, given)
        assert found.shape == images.shape
        assert found.dtype == np.float32
        assert 0 <= found.min() <= found.max() <= 1
        assert np.array_equal(images, kept)
        assert np.array_equal(found, changed(images, step, relevance, given))
        alone = changed(images[1:2], step, relevance[1:2], Donated(*(one[1:2] for one in given)))
        assert np.array_equal(found[1:2], alone), step
        if channels == 4 and not CHANGES[step.change].moves:
            assert np.array_equal(found[:, 3], images[:, 3])


def test_bytes_and_floats_are_the_same_images():
    shades = RANDOM.integers(0, 256, (2, 3, 16, 16), dtype=np.uint8)
    for step in steps(chosen(FAMILIES, 3)):
        donated = Donated(as_display(shades), as_display(shades))
        found = [changed(one, step, donated=donated) for one in (shades, shades / 255.0)]
        assert np.array_equal(*found)


def test_images_that_cannot_be_changed_are_refused():
    holed = IMAGES.copy()
    holed[1, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match="image 1 holds NaN"):
        changed(holed, Step("zoom", 0.85))
    with pytest.raises(InputError, match="values from 0 to 2; expected 0 to 1"):
        as_display(np.array([0.0, 2.0] * 32).reshape(1, 1, 8, 8))
    with pytest.raises(InputError, match=r"shape \(2, 2, 8, 8\); expected"):
        as_display(np.zeros((2, 2, 8, 8)))
    with pytest.raises(InputError, match="type int64; expected uint8"):
        as_display(np.zeros((2, 3, 8, 8), dtype=np.int64))
    with pytest.raises(InputError, match="'grey' of grey images"):
        changed(IMAGES[:, :1], Step("grey", 1))
    with pytest.raises(InputError, match="expected a heatmap of each image"):
        changed(IMAGES, Step("background_blurred", 6))
    with pytest.raises(InputError, match="change 'smell'; expected one of zoom"):
        changed(IMAGES, Step("smell", 1))


def own_change(one):
    return one.change or one.name


def test_a_mirrored_rim_shows_what_lies_within_it():
    found = framing.rim_mirrored(IMAGES, 0.1)
    height, width = IMAGES.shape[2:]
    down, across = (round((side - round(0.8 * side)) / 2) for side in (height, width))
    inner = IMAGES[:, :, down : height - down, across : width - across]
    assert (found[:, :, down : height - down, across : width - across] == inner).all()
    # Each pixel outside is the one as far within the edge of what is left.
    assert (found[:, :, down - 1, across:-across] == inner[:, :, 0]).all()
    assert (found[:, :, down:-down, -across] == inner[:, :, :, -1]).all()


def test_a_flipped_ring_exchanges_left_and_right_in_as_many_pixels_as_a_rim_has():
    size = IMAGES.shape[2:]
    found = regions.ring_flipped(IMAGES, 0.08)
    inside = regions.ring(size, 0.08)
    assert inside.sum() == regions.rim(size, 0.08).sum()
    for y, x in np.ndindex(size):
        expected = IMAGES[:, :, y, size[1] - 1 - x] if inside[y, x] else IMAGES[:, :, y, x]
        assert (found[:, :, y, x] == expected).all()


def test_the_table_is_complete():
    names = [one.name for one in INTERVENTIONS]
    assert len(set(names)) == len(names)
    for one in INTERVENTIONS:
        assert {own_change(one), *one.controls} <= set(CHANGES)
        assert own_change(one) not in one.controls
        assert one.family in FAMILIES
    used = {name for one in INTERVENTIONS for name in (own_change(one), *one.controls)}
    assert used == set(CHANGES)
    needed = {
        (name, s)
        for one in INTERVENTIONS
        for s in one.strengths
        for name in (own_change(one), *one.controls)
    }
    assert len(steps(INTERVENTIONS)) == len(needed)
