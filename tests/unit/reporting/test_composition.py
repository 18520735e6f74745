"""composition: figures one below the other, each with its own pixels."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from unhans.errors import InputError
from unhans.reporting.figures import composition, style


def coloured(width, height, color):
    return Figure(figsize=(width, height), facecolor=color)


def test_figures_keep_their_pixels_and_the_rest_is_white():
    made = composition.stacked([coloured(2, 1, "#ff0000"), coloured(1, 2, "#0000ff")])
    dpi, between = style.DPI, composition.BETWEEN
    assert made.shape == (3 * dpi + between, 2 * dpi, 3)
    assert (made[:dpi] == [255, 0, 0]).all()
    assert (made[dpi : dpi + between] == 255).all()
    assert (made[dpi + between :, :dpi] == [0, 0, 255]).all()
    assert (made[dpi + between :, dpi:] == 255).all()


def test_nothing_is_no_picture(tmp_path):
    with pytest.raises(InputError, match="no figure to compose"):
        composition.stacked([])
    style.save_pixels(np.zeros((2, 2, 3), dtype=np.uint8), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size
