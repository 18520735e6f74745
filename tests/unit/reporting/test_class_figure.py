"""class_figure: every odd input is drawn, and only the images shown are read."""

import numpy as np
import pytest
from pictures import (
    Files,
    class_of,
    class_of_photographs,
    finding,
    notes,
    photographs,
    saved,
    smooth_maps,
    texts,
)
from PIL import Image

from unhans.errors import InputError
from unhans.reporting import hot_region
from unhans.reporting.figures import image_panels, style
from unhans.reporting.figures.class_figure import MEAN_OF, MarkedGroup, class_figure


@pytest.mark.parametrize("color", [False, True])
def test_a_class_with_clusters(color):
    figure = class_of(40, [finding(range(10)), finding(range(20, 36), 0.0)], color)
    found = texts(figure)
    assert "A: 10 images (25.0 %), conductance 0.03" in found
    assert "B: 16 images (40.0 %), conductance 0" in found
    assert sum(text.startswith("rank ") for text in found) == 8
    assert len(figure.axes) == 1 + 2 * 2 * (1 + 4)


def test_a_class_without_findings_says_so(tmp_path):
    figure = class_of(40, [])
    assert "40 images: no cluster stands out" in texts(figure)
    assert saved(figure, tmp_path / "figure.png")


@pytest.mark.parametrize(("n", "samples"), [(1, 1), (1, 8), (3, 8), (40, 1), (40, 0)])
def test_few_images_or_samples(tmp_path, n, samples):
    figure = class_of(n, [finding(range(min(n, 12)))], samples=samples)
    assert len(figure.axes) == 1 + 2 * (1 + min(n, samples))
    assert saved(figure, tmp_path / "figure.png")


def test_many_clusters_have_letters_and_colours(tmp_path):
    figure = class_of(60, [finding([at, at + 1]) for at in range(28)], samples=1)
    assert any(text.startswith("A2: ") for text in texts(figure))
    assert saved(figure, tmp_path / "figure.png")


def test_a_cluster_is_named_as_the_table_of_accepted_artefacts_names_it():
    marked = MarkedGroup(np.arange(12), "conductance 0.03", "k=8 cluster=2", "none/l2/knn10/q32")
    found = texts(class_of(40, [marked]))
    assert "analysis none/l2/knn10/q32" in found
    assert "A: k=8 cluster=2, 12 images (30.0 %), conductance 0.03" in found
    assert "analysis none/l2/knn10/q32 k=8 cluster=2" in found
    found = texts(class_of(40, [marked], samples=0))
    assert "analysis none/l2/knn10/q32 k=8 cluster=2" not in found  # a block without room
    group = MarkedGroup(np.arange(12), "gap 3.0", "indicator=grouped")
    found = texts(class_of(40, [group]))
    assert "A: indicator=grouped, 12 images (30.0 %), gap 3.0" in found
    assert not [text for text in found if text.startswith("analysis")]


def test_samples_are_those_with_most_relevance_where_the_mean_heatmap_is_hot():
    heatmaps = np.ones((40, 12, 10))
    heatmaps[[5, 9], 0, 0] = 500
    heatmaps[:12, 0, 0] += 50
    figure = class_figure(
        points=np.zeros((40, 2)),
        findings=[finding(range(12))],
        images=np.zeros((40, 12, 10), np.uint8),
        heatmaps=heatmaps,
        prediction=[f"class {at}" for at in range(40)],
        rank=np.ones(40, dtype=int),
        title="",
        samples=4,
    )
    shown = [text for text in texts(figure) if text.startswith("class")]
    assert shown[:2] == ["class 5", "class 9"]
    assert len(shown) == 4


def test_no_image_is_read_but_those_shown_and_a_part_for_the_mean():
    small = np.full((300, 12, 10, 3), 200, np.uint8)
    files = Files(small)
    figure = class_of_photographs(300, [finding(range(50, 290))], files, side=12)
    assert len(files.read) == MEAN_OF + 4
    assert min(files.read) >= 50
    assert max(files.read) < 290
    assert f"(image: of {MEAN_OF})" in texts(figure)
    files = Files(small)
    figure = class_of_photographs(300, [finding(range(MEAN_OF))], files, side=12)
    assert sorted(set(files.read)) == list(range(MEAN_OF))
    assert not [text for text in texts(figure) if text.startswith("(image")]
    files = Files(small)
    class_of_photographs(300, [], files, side=12)
    assert files.read == []


@pytest.mark.parametrize("error", [OSError, InputError])
def test_an_image_that_cannot_be_read_leaves_a_grey_panel(tmp_path, error):
    share = hot_region.shares(hot_region.pool(smooth_maps(20, 224)))
    sample = int(hot_region.samples(share, np.arange(12), 4)[0])
    other = next(at for at in range(12) if at not in hot_region.samples(share, np.arange(12), 4))
    files = Files(photographs(20), [sample, other], error)
    figure = class_of_photographs(20, [finding(range(12))], files)
    assert "(image: of 10)" in texts(figure)
    empty = [axes for axes in figure.axes[1:] if not axes.images]
    assert [notes(axes) for axes in empty] == [["cannot be read"]]
    assert saved(figure, tmp_path / "figure.png")
    none = class_of_photographs(20, [finding(range(12))], Files(photographs(20), range(20), error))
    assert "(image: of 0)" in texts(none)
    assert sum(not axes.images for axes in none.axes[1:]) == 5


def test_other_faults_of_a_reader_are_not_hidden():
    files = Files(photographs(20), [1], KeyError)
    with pytest.raises(KeyError, match="gone"):
        class_of_photographs(20, [finding(range(12))], files)
    with pytest.raises(InputError, match=r"shape \(4, 12, 10\)"):
        class_of_photographs(20, [finding(range(12))], np.zeros((20, 4, 12, 10), np.uint8))


def test_photographs_are_drawn_pixel_by_pixel_in_a_file_of_at_most_2_mb(tmp_path):
    images = photographs(80)
    figure = class_of_photographs(
        80, [finding(range(24)), finding(range(40, 72))], images, samples=8
    )
    style.save(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size <= 2_000_000
    with Image.open(tmp_path / "figure.png") as opened:
        drawn = np.asarray(opened).astype(int)
    box = figure.axes[3].get_position()  # of the first sample: after the plane and the two means
    left = round(box.x0 * drawn.shape[1])
    top = round((1 - box.y1) * drawn.shape[0])
    sample = drawn[top : top + 224, left : left + 224]
    inside = np.s_[2:-2, 2:-2]
    share = hot_region.shares(hot_region.pool(smooth_maps(80, 224)))
    expected = images[hot_region.samples(share, np.arange(24), 8)[0]].astype(int)
    assert np.abs(sample - expected)[inside].max() <= image_panels.PHOTO_STEP / 2


def test_many_images_are_drawn_smaller_and_digits_larger():
    def side(figure):
        return round(figure.axes[1].get_position().width * figure.get_figwidth() * style.DPI)

    four = [finding(range(at, at + 10)) for at in (0, 10, 20, 30)]
    assert side(class_of_photographs(40, four, samples=8)) == 158
    assert side(class_of_photographs(40, four[:1], samples=8)) == 224
    assert side(class_of_photographs(40, four, np.zeros((40, 28, 28)), side=28)) == 140


def test_lengths_that_differ_are_refused():
    with pytest.raises(InputError, match="expected as many of each"):
        class_figure(
            points=np.zeros((3, 2)),
            findings=[],
            images=np.zeros((2, 4, 4)),
            heatmaps=np.zeros((3, 4, 4)),
            prediction=["1"] * 3,
            rank=np.ones(3, dtype=int),
            title="",
        )
