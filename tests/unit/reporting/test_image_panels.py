"""image_panels: colours of heatmaps and photographs, means of images."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from pictures import Files
from scipy import ndimage

from unhans.errors import InputError
from unhans.reporting.figures import image_panels


def test_the_colour_map_is_black_at_zero_and_white_at_its_ends():
    colormap = image_panels.relevance_colormap()
    np.testing.assert_allclose(colormap([0.0, 0.5, 1.0])[:, :3], [[1, 1, 1], [0, 0, 0], [1, 1, 1]])
    hot, cold = colormap(0.6), colormap(0.4)
    assert hot[0] > 0.5
    assert hot[2] == 0
    assert cold[2] > 0.5
    assert cold[0] == 0


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e-40, 1e30])
def test_heatmaps_are_symmetric_around_a_black_zero(scale):
    heatmap = scale * np.array([[0.0, -2.0], [1.0, 0.0]])
    axes = Figure().subplots()
    image_panels.show_heatmap(axes, heatmap)
    shown = axes.images[0]
    assert shown.get_clim() == (-1, 1)
    colors = shown.cmap(shown.norm(shown.get_array()))[..., :3]
    assert (colors[heatmap == 0] == 0).all()
    if scale:
        np.testing.assert_allclose(colors[0, 1], [1, 1, 1])
        assert colors[1, 0, 0] > 0.9
        assert colors[1, 0, 2] == 0


def test_the_mean_is_that_of_what_can_be_read():
    images = [np.full((2, 3, 3), 10), np.full((2, 3), 40, np.uint8), np.full((2, 3), 0.2)]
    mean, count = image_panels.mean_image(Files(images, [7]), [0, 1, 2])
    assert count == 3
    assert mean.shape == (2, 3, 3)
    assert (mean == round((10 + 40 + 51) / 3)).all()
    assert image_panels.mean_image(Files(images, [0]), [0]) == (None, 0)
    with pytest.raises(InputError, match="expected one size"):
        image_panels.mean_image([np.zeros((2, 3)), np.zeros((3, 2))], [0, 1])


def test_a_photograph_lies_under_its_heatmap():
    heatmap = np.array([[0.0, 2.0], [-1.0, 0.0]])
    image = np.full((2, 2, 3), 200, np.uint8)
    axes = Figure().subplots()
    image_panels.show_heatmap(axes, heatmap, image)
    shown = axes.images[0].get_array()
    zero = 255 * image_panels.UNDERLAY * 200 / 255
    assert np.abs(shown[0, 0] - zero).max() <= image_panels.UNDERLAY_STEP / 2
    assert (shown[0, 1] == 255).all()
    blue = 255 * np.array(image_panels.relevance_colormap()(0.25)[:3]) + zero / 4
    assert np.abs(shown[1, 0] - np.clip(blue, 0, 255)).max() <= image_panels.UNDERLAY_STEP / 2
    for plain in (None, image[..., 0]):
        axes = Figure().subplots()
        image_panels.show_heatmap(axes, heatmap, plain)
        assert axes.images[0].get_array().shape == (2, 2)


def test_a_grid_of_two_pixels_is_taken_out_of_large_heatmaps():
    rows, columns = np.indices((224, 224))
    smooth = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(224, 224)), 8)
    cleaned = image_panels._without_grid(smooth + np.abs(smooth).max() * (-1.0) ** (rows + columns))
    np.testing.assert_allclose(cleaned[2:-2, 2:-2], smooth[2:-2, 2:-2], atol=0.05 * smooth.max())
    spot = np.zeros((9, 9))
    spot[4, 4] = 1
    assert image_panels._without_grid(spot).sum() == 1
    axes = Figure().subplots()
    image_panels.show_heatmap(axes, spot, pixels=140)
    assert (axes.images[0].get_array() == spot).all()
