"""Figures: equal ones are equal files, hostile names are text, every odd input is drawn."""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from scipy import ndimage
from sklearn.datasets import load_sample_images

from unhans.errors import InputError, StoreError
from unhans.paper.toy import toy
from unhans.paper.toy_figure import toy_figure
from unhans.reporting.figures import correlation as correlation
from unhans.reporting.figures import image_panels, style
from unhans.reporting.figures.class_figure import MEAN_OF, _spread, class_figure
from unhans.reporting.figures.correlation import correlation_figure
from unhans.reporting.figures.eigenvalues import eigenvalue_figure, eigenvalue_panel
from unhans.reporting.figures.ranking import ranking_figure
from unhans.reporting.figures.splits import split_figure
from unhans.spray.conductance import Finding

PNG = b"\x89PNG\r\n\x1a\n"


def class_of(n, findings, color=False, samples=4, name="8", random=None):
    random = random or np.random.default_rng(0)
    shape = (n, 12, 10, 3) if color else (n, 12, 10)
    return class_figure(
        points=random.normal(size=(n, 2)),
        findings=findings,
        images=random.integers(0, 256, size=shape).astype(np.uint8),
        heatmaps=random.normal(size=(n, 12, 10)),
        prediction=[name] * n,
        rank=np.arange(1, n + 1),
        title=f"class {name} — rank 1",
        samples=samples,
    )


def class_of_photographs(n, findings, images=None, samples=4, name="garbage truck", side=224):
    random = np.random.default_rng(0)
    images = photographs(n, side) if images is None else images
    return class_figure(
        points=random.normal(size=(n, 2)),
        findings=findings,
        images=images,
        heatmaps=smooth_maps(n, side),
        prediction=[name] * n,
        rank=np.ones(n, dtype=int),
        title=f"class {name}: rank 1, tau 1.23 (n = {n})",
        samples=samples,
    )


@cache
def smooth_maps(n, side):
    noise = np.random.default_rng(0).normal(size=(n, side, side))
    return ndimage.gaussian_filter(noise, (0, 10, 10))


@cache
def photographs(n, side=224):
    """Parts of two real photographs."""
    sources = load_sample_images().images
    places = np.random.default_rng(0).integers(0, 427 - side, size=(n, 2))
    parts = [
        sources[at % 2][top : top + side, left : left + side]
        for at, (top, left) in enumerate(places)
    ]
    return np.array(parts)


def split_of(n, names, title="class 8", random=None):
    random = random or np.random.default_rng(0)
    return split_figure(
        random.normal(size=(n, 2)), random.integers(0, len(names), size=n), names, title
    )


def finding(members, score=0.03):
    return Finding(row=0, cluster=0, members=np.asarray(members), conductance=score)


def texts(figure):
    return [text.get_text() for text in figure.texts]


def ranking(analyses=1, classes=5, **columns):
    rows = [
        {
            **{"corpus": "digits", "model": "small_vgg", "composite": "epsilon_plus_flat"},
            **{"representation": f"pooled{at}", "metric": "euclidean", "knn": 10, "q": 32},
            **{"class": str(place), "name": str(place), "n": 50, "tau": 2 - place / classes},
            **{"rank": place + 1},
        }
        for at in range(analyses)
        for place in range(classes)
    ]
    return pd.DataFrame(rows).assign(**columns)


def saved(figure, path):
    style.save(figure, path, dpi=50)
    return path.read_bytes()


FIGURES = {
    "class": lambda: class_of(30, [finding(range(12)), finding(range(15, 20))]),
    "toy": lambda: toy_figure(toy(size=25, knn=12)),
    "correlation": lambda: correlation_figure(["a", "b"], [[1, np.nan], [-0.001, 1]]),
    "ranking": lambda: ranking_figure(ranking(2)),
    "eigenvalues": lambda: eigenvalue_figure(np.linspace(0, 1, 8), "class 8"),
    "photographs": lambda: class_of_photographs(20, [finding(range(12))]),
    "splits": lambda: split_of(30, ["train", "val"]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_equal_figures_are_equal_files_without_date_or_version(tmp_path, name):
    before = dict(matplotlib.rcParams)
    first = saved(FIGURES[name](), tmp_path / "one.png")
    assert first == saved(FIGURES[name](), tmp_path / "new" / "two.png")
    assert first.startswith(PNG)
    assert b"Software" not in first
    assert b"atplotlib" not in first
    assert dict(matplotlib.rcParams) == before


def test_a_place_that_is_no_folder_is_named_and_nothing_is_left(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StoreError, match=r"figure\.png: cannot be written"):
        style.save(Figure(), tmp_path / "results" / "figure.png")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_figure_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "figure.png"
    path.write_bytes(b"before")

    save = Image.Image.save

    def full(self, target, *arguments, **options):
        if not isinstance(target, Path):  # drawn in memory
            return save(self, target, *arguments, **options)
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(StoreError, match="No space left"):
        style.save(Figure(), path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


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


@pytest.mark.parametrize("color", [False, True])
def test_a_class_with_clusters(color):
    figure = class_of(40, [finding(range(10)), finding(range(20, 36), 0.0)], color)
    found = texts(figure)
    assert "A: 10 images (25.0 %), conductance 0.03" in found
    assert "B: 16 images (40.0 %), conductance 0" in found
    assert "rank 2" in found  # evenly spread: members 1, 3, 6, 8 of 10
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


def test_samples_are_spread_evenly():
    assert _spread(np.arange(10), 3).tolist() == [1, 5, 8]
    assert _spread(np.array([4, 7]), 5).tolist() == [4, 7]


HOSTILE = "$\\frac{$ </svg>\n\t\x00 a very long name of a class"


def test_hostile_names_are_shortened_text(tmp_path):
    figure = class_of(20, [finding(range(10))], name=HOSTILE)
    assert saved(figure, tmp_path / "class.png")
    shown = [text for text in texts(figure) if text.startswith("$\\frac{$ </svg")]
    assert len(shown) == 4
    assert not [text for text in texts(figure) if not text.isprintable()]
    table = ranking(2, name=HOSTILE, planted=HOSTILE)
    assert saved(ranking_figure(table), tmp_path / "ranking.png")
    assert saved(correlation_figure([HOSTILE], [[1]]), tmp_path / "correlation.png")
    assert saved(eigenvalue_figure(np.arange(5), HOSTILE), tmp_path / "eigenvalues.png")
    names = [HOSTILE, "_hidden?", "", "$x$"]
    figure = split_of(40, names, HOSTILE)
    assert saved(figure, tmp_path / "splits.png")
    assert {"_hidden?", "", "$x$"} <= {text.split(":")[0] for text in texts(figure)}


NAMES = ["8", "m" * 30, "i" * 400, "\N{BLACK SQUARE}" * 20, "dustcart, " * 6, "lorry " * 90]
TWO = [finding(range(10)), finding(range(20, 36))]
PAGES = {
    "class": lambda name: class_of(40, TWO, name=name),
    "none stands out": lambda name: class_of(40, [], name=name),
    "photographs": lambda name: class_of_photographs(40, TWO, name=name),
    "splits": lambda name: split_of(40, [name, name, "val"], name),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_on_a_page_overlaps(page, name):
    figure = PAGES[page](name)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    boxes += [axes.get_window_extent(renderer) for axes in figure.axes]
    for at, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y0 >= 0
        assert not box.count_overlaps(boxes[at + 1 :])


def test_a_long_title_is_broken_into_lines():
    figure = eigenvalue_figure(
        np.arange(8), "class garbage truck, dustcart, bin lorry: rank 1, " * 2
    )
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    assert figure._suptitle.get_window_extent(renderer).x1 <= figure.bbox.x1
    words = "garbage truck, dustcart and lorries"
    assert style.wrap(words, 9, 8) == [words]
    assert style.wrap(words, 1.4, 8) == ["garbage truck, dustcart", "and lorries"]
    first, second = style.wrap(words, 1, 8)
    assert first == "garbage truck,"
    assert second.endswith("…")
    assert style.wrap("", 1, 8) == [""]


@pytest.mark.parametrize("room", [0.01, 0.3, 1.0, 1.7, 3.0, 20.0])
def test_as_much_text_is_kept_as_fits(room):
    text = "garbage truck, dustcart and lorries"
    shown = style.fit(text, room, 8)
    if shown == text:
        assert style.text_width(text, 8) <= room
        return
    kept = shown.removesuffix("…")
    assert text.startswith(kept)
    assert style.text_width(shown, 8) <= room or shown == "…"
    longer = text[: len(kept) + 1].rstrip() if text[len(kept)] != " " else text[: len(kept) + 2]
    assert style.text_width(longer + "…", 8) > room


class Files:
    """Images read one at a time, some of them gone; counts what is read."""

    def __init__(self, images, gone=(), error=OSError):
        self.images, self.gone, self.error, self.read = images, set(gone), error, []

    def __len__(self):
        return len(self.images)

    def __getitem__(self, place):
        assert type(place) is int
        self.read.append(place)
        if place in self.gone:
            raise self.error("gone")
        return self.images[place]


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
    files = Files(photographs(20), [1, 2], error)
    figure = class_of_photographs(20, [finding(range(12))], files)  # shows 1, 4, 7, 10
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


def test_the_mean_is_that_of_what_can_be_read():
    images = [np.full((2, 3, 3), 10), np.full((2, 3), 40, np.uint8), np.full((2, 3), 0.2)]
    mean, count = image_panels.mean_image(Files(images, [7]), [0, 1, 2])
    assert count == 3
    assert mean.shape == (2, 3, 3)
    assert (mean == round((10 + 40 + 51) / 3)).all()
    assert image_panels.mean_image(Files(images, [0]), [0]) == (None, 0)
    with pytest.raises(InputError, match="expected one size"):
        image_panels.mean_image([np.zeros((2, 3)), np.zeros((3, 2))], [0, 1])


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
    expected = images[_spread(np.arange(24), 8)[0]].astype(int)
    assert np.abs(sample - expected)[inside].max() <= image_panels.PHOTO_STEP / 2


def test_many_images_are_drawn_smaller_and_digits_larger():
    def side(figure):
        return round(figure.axes[1].get_position().width * figure.get_figwidth() * style.DPI)

    four = [finding(range(at, at + 10)) for at in (0, 10, 20, 30)]
    assert side(class_of_photographs(40, four, samples=8)) == 158
    assert side(class_of_photographs(40, four[:1], samples=8)) == 224
    assert side(class_of_photographs(40, four, np.zeros((40, 28, 28)), side=28)) == 140


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


def test_the_smaller_split_is_drawn_on_top_and_counted():
    points = np.random.default_rng(0).normal(size=(60, 2))
    splits = np.repeat([0, 1, 2], [9, 50, 1])
    figure = split_figure(points, splits, ["val", "train", "test", "new"], "class 8")
    drawn = [len(part.get_offsets()) for part in figure.axes[0].collections]
    assert drawn == [50, 9, 1, 0]
    found = texts(figure)
    assert {"val: 9 images", "train: 50 images", "test: 1 image", "new: 0 images"} <= set(found)
    assert f"by chance: {100 * (9 * 8 + 50 * 49) / (60 * 59):.1f} %" in found
    assert any(text.startswith("own split among 10 nearest: ") for text in found)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_few_points_have_splits_too(tmp_path, n):
    figure = split_figure(np.eye(n, 2), np.zeros(n, dtype=int), ["train"], "class 8")
    assert (f"own split among {n - 1} nearest: 100.0 %" in texts(figure)) == (n > 1)
    assert saved(figure, tmp_path / "figure.png")


@pytest.mark.parametrize("splits", [[0, 1], [0, 1, 2], [-1, 0, 1], []])
def test_splits_that_do_not_fit_are_refused(splits):
    with pytest.raises(InputError, match="expected"):
        split_figure(np.zeros((3, 2)), np.array(splits, dtype=int), ["a", "b"], "")


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


def test_the_largest_gap_is_marked():
    axes = Figure().subplots()
    eigenvalue_panel(axes, [0, 0.1, 0.2, 0.9, 1.0])
    assert axes.get_title(loc="right") == "largest gap after 3"
    axes = Figure().subplots()
    eigenvalue_panel(axes, [0, 0.5])
    assert axes.get_title(loc="right") == ""


def test_a_matrix_of_another_size_is_refused():
    with pytest.raises(InputError, match=r"\(m, m\)"):
        correlation_figure(["a"], np.eye(2))


@pytest.mark.parametrize("m", [1, 5, 40])
def test_correlations_are_written_where_there_is_room(tmp_path, m):
    figure = correlation_figure([f"analysis {at}" for at in range(m)], np.eye(m))
    assert len(figure.axes[0].texts) == (m * m if m <= correlation.NUMBERED else 0)
    assert saved(figure, tmp_path / "figure.png")


def notes(axes):
    return [text.get_text() for text in axes.texts]


def test_a_ranking_shows_the_top_and_says_what_it_leaves_out():
    table = ranking(1, 40)
    table.loc[3, "tau"] = np.nan
    axes = ranking_figure(table, top=30).axes[0]
    assert len(axes.get_yticks()) == 30
    assert axes.get_xlabel() == "tau (top 30 of 39 classes, 1 set aside)"
    assert [label.get_text() for label in axes.get_yticklabels()][:4] == ["0", "1", "2", "4"]


def test_planted_classes_stand_out():
    planted = ["", "border", "", None, ""]
    figure = ranking_figure(ranking(1, planted=planted))
    assert notes(figure.axes[0])[:2] == ["2.00", "1.80  border"]
    assert "planted" in figure.get_suptitle()
    assert "planted" not in ranking_figure(ranking(1)).get_suptitle()


@pytest.mark.parametrize(
    "tau",
    [
        [np.inf, 1, 1, 0, np.nan],
        [np.inf] * 5,
        [np.nan] * 5,
        [0.0] * 5,
        [1e9, 1e3, 1, 1e-3, 1e-9],
    ],
)
def test_any_tau_is_drawn(tmp_path, tau):
    figure = ranking_figure(ranking(1, tau=tau))
    assert len(notes(figure.axes[0])) == np.count_nonzero(~np.isnan(tau))
    assert saved(figure, tmp_path / "figure.png")


@pytest.mark.parametrize(("analyses", "panels"), [(1, 1), (4, 4), (5, 6), (30, 24)])
def test_each_analysis_has_a_panel_up_to_a_limit(analyses, panels):
    figure = ranking_figure(ranking(analyses, 2))
    assert len(figure.axes) == panels
    assert ("the first 24 of 30" in figure.get_suptitle()) == (analyses == 30)


def test_an_empty_ranking_is_refused():
    with pytest.raises(InputError, match="no rows"):
        ranking_figure(ranking(1).head(0))
