"""Measures of images: each by its definition, pixel by pixel, on tiny images."""

import math

import numpy as np
import pytest

from unhans.probes import colour, detail, layout
from unhans.probes.views import View


def image(random, height=17, width=16):
    return random.integers(0, 256, (height, width, 3)).astype(np.uint8)


def pixels(view):
    """Row, column, place from the middle (rows, columns) and colours from 0 to 1 of each pixel."""
    for i in range(view.height):
        for j in range(view.width):
            y, x = ((2 * k + 1) / n - 1 for k, n in ((i, view.height), (j, view.width)))
            yield i, j, y, x, view.pixels[i, j].astype(float) / 255


def luma(rgb):
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]


def test_colour_by_its_definition(random):
    view = View(image(random))
    found = colour.measure(view)
    rgb = [one for *_, one in pixels(view)]
    bright = np.array([luma(one) for one in rgb])
    red_green = [r - g for r, g, _ in rgb]
    yellow_blue = [(r + g) / 2 - b for r, g, b in rgb]
    saturation = [(max(one) - min(one)) / max(one) if max(one) else 0 for one in rgb]
    slow = {
        "red_green": np.mean(red_green),
        "yellow_blue": np.mean(yellow_blue),
        "red_green_spread": np.std(red_green),
        "yellow_blue_spread": np.std(yellow_blue),
        "saturation": np.mean(saturation),
        "saturation_spread": np.std(saturation),
        "grey_pixels": np.mean([255 * (max(one) - min(one)) <= 4.5 for one in rgb]),
        "brightness": bright.mean(),
        "brightness_median": np.median(bright),
        "dark_pixels": (bright < 0.05).mean(),
        "bright_pixels": (bright > 0.95).mean(),
        "contrast_spread": bright.std(),
        "contrast_range": np.quantile(bright, 0.95) - np.quantile(bright, 0.05),
    }
    parts = bright.reshape(17, 16)[:16].reshape(8, 2, 8, 2)  # parts of two pixels a side
    slow["contrast_local"] = np.mean([parts[i, :, j].std() for i in range(8) for j in range(8)])
    assert found == pytest.approx(slow, abs=1e-5)


def slopes(view):
    """Central differences, 0 on the rim, as (across, down) by pixel."""
    bright = np.array([luma(one) for *_, one in pixels(view)]).reshape(view.height, view.width)
    across, down = np.zeros_like(bright), np.zeros_like(bright)
    for i in range(view.height):
        for j in range(view.width):
            if 0 < j < view.width - 1:
                across[i, j] = (bright[i, j + 1] - bright[i, j - 1]) / 2
            if 0 < i < view.height - 1:
                down[i, j] = (bright[i + 1, j] - bright[i - 1, j]) / 2
    return bright, across, down


def test_framing_and_orientation_by_their_definitions(random):
    view = View(image(random))
    bright, across, down = slopes(view)
    energy = across**2 + down**2
    total = energy.sum()
    each = [(energy[i, j] / total, y, x) for i, j, y, x, _ in pixels(view)]
    x, y = sum(e * x for e, _, x in each), sum(e * y for e, y, _ in each)
    framing = layout.framing(view)
    assert framing["middle_edges"] == pytest.approx(
        sum(e for e, y, x in each if abs(x) <= 0.5 and abs(y) <= 0.5), rel=1e-4
    )
    assert framing["edge_radius"] == pytest.approx(
        math.sqrt(sum(e * (x**2 + y**2) for e, y, x in each)), rel=1e-4
    )
    assert framing["edge_spread"] == pytest.approx(
        math.sqrt(sum(e * ((a - x) ** 2 + (b - y) ** 2) for e, b, a in each)), rel=1e-4
    )
    found = layout.orientation(view)
    assert (found["centre_x"], found["centre_y"]) == pytest.approx((x, y), abs=1e-5)
    assert found["left_right"] == pytest.approx(
        bright[:, 8:].mean() - bright[:, :8].mean(), abs=1e-5
    )
    # The row in the middle is in neither half.
    assert found["top_bottom"] == pytest.approx(bright[9:].mean() - bright[:8].mean(), abs=1e-5)
    assert found["upright_edges"] == pytest.approx((across**2).sum() / total, rel=1e-4)


def test_the_object_is_in_the_fewest_parts_that_hold_most_edges(random):
    edges = random.random((16, 16)).astype(np.float32) ** 4
    parts = sorted(edges.ravel().tolist(), reverse=True)
    needed = next(n for n in range(1, 257) if sum(parts[:n]) >= 0.8 * sum(parts))
    assert layout._object(edges) == pytest.approx(needed / 256, abs=1 / 256)


def test_rim_corners_and_background_by_their_definitions(random):
    view = View(image(random))
    every = list(pixels(view))

    def mean(values):
        return np.mean(list(values), axis=0)

    rim = [p for *_, y, x, p in every if max(abs(x), abs(y)) > 7 / 8]
    middle = [p for *_, y, x, p in every if max(abs(x), abs(y)) <= 0.5]
    found = layout.rim(view)
    bright = [np.array([luma(p) for p in part]) for part in (rim, middle)]
    assert found["rim_brightness"] == pytest.approx(bright[0].mean() - bright[1].mean(), abs=1e-5)
    ratio = (bright[0].std() + 0.01) / (bright[1].std() + 0.01)
    assert found["rim_contrast"] == pytest.approx(math.log10(ratio), abs=1e-5)
    assert found["rim_colour"] == pytest.approx(math.dist(mean(rim), mean(middle)), abs=1e-5)

    out = np.array([luma(p) for *_, y, x, p in every if x**2 + y**2 > 1])
    within = np.array([luma(p) for *_, y, x, p in every if x**2 + y**2 <= 1])
    corners = layout.corners(view)
    assert corners["corner_brightness"] == pytest.approx(out.mean() - within.mean(), abs=1e-5)
    dark = (out < 0.1).mean() - (within < 0.1).mean()
    assert corners["dark_corners"] == pytest.approx(dark, abs=1e-5)
    full = slopes(view)[0]
    four = [
        full[a, b].mean() for a in (slice(2), slice(-2, None)) for b in (slice(2), slice(-2, None))
    ]
    odd = max(abs(one - np.median(four)) for one in four)
    assert corners["odd_corner"] == pytest.approx(odd, abs=1e-5)

    ground = [(i, j, p) for i, j, y, x, p in every if max(abs(x), abs(y)) > 0.75]
    colours = mean(p for *_, p in ground)
    _, across, down = slopes(view)
    energy = np.mean([across[i, j] ** 2 + down[i, j] ** 2 for i, j, _ in ground])
    assert layout.background(view) == pytest.approx(
        {
            "background_brightness": np.mean([luma(p) for *_, p in ground]),
            "background_red_green": colours[0] - colours[1],
            "background_yellow_blue": (colours[0] + colours[1]) / 2 - colours[2],
            "background_contrast": np.std([luma(p) for *_, p in ground]),
            "background_detail": math.log10(1e-6 + energy),
        },
        abs=1e-4,
    )


@pytest.mark.parametrize("widths", [(0, 0, 0, 0), (3, 0, 2, 5), (0, 4, 0, 1), (2, 2, 2, 2)])
@pytest.mark.parametrize("shade", [0, 130, 255])
def test_borders_are_as_wide_as_they_were_drawn(random, widths, shade):
    top, bottom, left, right = widths
    drawn = random.integers(60, 110, (20, 25, 3)).astype(np.uint8)
    frame = np.ones((20, 25), dtype=bool)
    frame[top : 20 - bottom, left : 25 - right] = False
    drawn[frame] = np.clip(shade + random.integers(-1, 2, (frame.sum(), 1)), 0, 255)
    found = layout.borders(View(drawn))
    assert found == pytest.approx((top / 20, bottom / 20, left / 25, right / 25))
    inner = (20 - top - bottom) * (25 - left - right)
    assert layout._area(found) == pytest.approx(1 - inner / 500)


def test_sharpness_and_noise_by_their_definitions(random):
    bright = random.random((13, 10)).astype(np.float32)
    wide = np.pad(bright.astype(float), 1, mode="edge")
    bent = [
        wide[i - 1, j] + wide[i + 1, j] + wide[i, j - 1] + wide[i, j + 1] - 4 * wide[i, j]
        for i in range(1, 14)
        for j in range(1, 11)
    ]
    assert detail.sharpness(bright) == pytest.approx(
        np.log10(1 + np.var(np.multiply(255, bent))), rel=1e-4
    )
    details = [
        abs(bright[i, j] - bright[i, j + 1] - bright[i + 1, j] + bright[i + 1, j + 1]) / 2
        for i in range(0, 12, 2)
        for j in range(0, 10, 2)
    ]
    assert detail.noise(bright) == pytest.approx(255 * np.median(details) / 0.6745, rel=1e-4)


@pytest.mark.parametrize("level", [2.0, 10.0])
def test_noise_is_that_which_was_added(random, level):
    ground = np.outer(np.linspace(0.3, 0.7, 100), np.ones(100))
    noisy = (ground + random.normal(0, level / 255, (100, 100))).astype(np.float32)
    assert detail.noise(noisy) == pytest.approx(level, rel=0.1)


@pytest.mark.parametrize("size", [(8, 8), (9, 12), (16, 7)])
def test_the_spectrum_by_its_definition(random, size):
    bright = random.random(size).astype(np.float32)
    height, width = size
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    own = (bright - bright.mean()) * window
    power = {}
    for u in range(-(height // 2), (height + 1) // 2):
        for v in range(-(width // 2), (width + 1) // 2):
            wave = np.exp(
                -2j
                * np.pi
                * (u * np.arange(height)[:, None] / height + v * np.arange(width)[None] / width)
            )
            power[math.hypot(u / height, v / width), u, v] = abs((own * wave).sum()) ** 2 * (
                (u, v) != (0, 0)
            )
    total = sum(power.values())
    fine = sum(value for (frequency, *_), value in power.items() if frequency >= 0.25)
    coarse = sum(value for (frequency, *_), value in power.items() if frequency < 1 / 16)
    assert detail.spectrum(bright) == pytest.approx(
        (fine / total, coarse / total), rel=1e-3, abs=1e-6
    )


def test_blocks_are_found_by_steps_on_a_grid(random):
    bright = random.random((40, 33)).astype(np.float32)
    parts = []
    for rows in (bright, bright.T):
        steps = [np.abs(rows[:, j + 1] - rows[:, j]).mean() for j in range(rows.shape[1] - 1)]
        ratios = [
            np.mean(steps[start::8]) / np.mean([s for k, s in enumerate(steps) if k % 8 != start])
            for start in range(8)
        ]
        parts.append(max(ratios))
    assert detail.blockiness(bright) == pytest.approx(np.mean(parts), rel=1e-4)
    blocks = np.kron(random.random((6, 6)), np.ones((8, 8))) + random.normal(0, 0.01, (48, 48))
    smooth = random.normal(0.5, 0.1, (48, 48))
    found = [detail.blockiness(one.astype(np.float32)) for one in (blocks, blocks[3:, 5:], smooth)]
    assert found[0] > 5 < found[1]
    assert found[2] < 1.5


def test_print_looks_like_letters_and_noise_does_not(random):
    import cv2

    page = np.full((224, 224, 3), 120, dtype=np.uint8)
    plain = detail.text(View(page))
    for row in range(30, 200, 30):
        cv2.putText(
            page, "PORTABLE AP ERECT 12", (8, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255,) * 3
        )
    print_, noise = detail.text(View(page)), detail.text(View(image(random, 224, 224)))
    assert plain == 0
    assert print_ > 0.1
    assert noise < 0.02
