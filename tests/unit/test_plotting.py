"""plotting: equal figures are equal files, hostile names are text, every odd input is drawn."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from unhans import plotting
from unhans.errors import InputError, StoreError
from unhans.isolation import Finding
from unhans.toy import toy

PNG = b"\x89PNG\r\n\x1a\n"


def class_of(n, findings, color=False, samples=4, name="8", random=None):
    random = random or np.random.default_rng(0)
    shape = (n, 12, 10, 3) if color else (n, 12, 10)
    return plotting.class_figure(
        points=random.normal(size=(n, 2)),
        findings=findings,
        images=random.integers(0, 256, size=shape).astype(np.uint8),
        heatmaps=random.normal(size=(n, 12, 10)),
        prediction=[name] * n,
        rank=np.arange(1, n + 1),
        title=f"class {name} — rank 1",
        samples=samples,
    )


def finding(members, score=0.03):
    return Finding(row=0, cluster=0, members=np.asarray(members), conductance=score)


def texts(figure):
    legends = [
        text for axes in figure.axes if axes.get_legend() for text in axes.get_legend().texts
    ]
    return [text.get_text() for text in [*figure.texts, *legends]]


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
    plotting.save(figure, path, dpi=50)
    return path.read_bytes()


FIGURES = {
    "class": lambda: class_of(30, [finding(range(12)), finding(range(15, 20))]),
    "toy": lambda: plotting.toy_figure(toy(size=25, knn=12)),
    "correlation": lambda: plotting.correlation_figure(["a", "b"], [[1, np.nan], [-0.001, 1]]),
    "ranking": lambda: plotting.ranking_figure(ranking(2)),
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
        plotting.save(Figure(), tmp_path / "results" / "figure.png")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_figure_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "figure.png"
    path.write_bytes(b"before")

    def full(self, target, **_):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(StoreError, match="No space left"):
        plotting.save(Figure(), path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_colour_map_is_black_at_zero_and_white_at_its_ends():
    colormap = plotting.relevance_colormap()
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
    plotting.show_heatmap(axes, heatmap)
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
    assert plotting._spread(np.arange(10), 3).tolist() == [1, 5, 8]
    assert plotting._spread(np.array([4, 7]), 5).tolist() == [4, 7]


HOSTILE = "$\\frac{$ </svg>\n\t\x00 a very long name of a class"


def test_hostile_names_are_shortened_text(tmp_path):
    figure = class_of(20, [finding(range(10))], name=HOSTILE)
    assert saved(figure, tmp_path / "class.png")
    shown = [text for text in texts(figure) if text.startswith("$\\frac{$ </svg")]
    assert len(shown) == 4
    assert all(len(text) < 25 and text.endswith("…") for text in shown)
    table = ranking(2, name=HOSTILE, planted=HOSTILE)
    assert saved(plotting.ranking_figure(table), tmp_path / "ranking.png")
    assert saved(plotting.correlation_figure([HOSTILE], [[1]]), tmp_path / "correlation.png")


@pytest.mark.parametrize("name", ["8", "m" * 30, "i" * 400, "\N{BLACK SQUARE}" * 20])
def test_nothing_on_a_class_figure_overlaps(name):
    figure = class_of(40, [finding(range(10)), finding(range(20, 36))], name=name)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    boxes += [axes.get_window_extent(renderer) for axes in figure.axes]
    boxes.append(figure.axes[0].get_legend().get_window_extent(renderer))
    for at, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y0 >= 0
        assert not box.count_overlaps(boxes[at + 1 :])


def test_lengths_that_differ_are_refused():
    with pytest.raises(InputError, match="expected as many of each"):
        plotting.class_figure(
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
    plotting.eigenvalue_panel(axes, [0, 0.1, 0.2, 0.9, 1.0])
    assert axes.get_title(loc="right") == "largest gap after 3"
    axes = Figure().subplots()
    plotting.eigenvalue_panel(axes, [0, 0.5])
    assert axes.get_title(loc="right") == ""


def test_a_matrix_of_another_size_is_refused():
    with pytest.raises(InputError, match=r"\(m, m\)"):
        plotting.correlation_figure(["a"], np.eye(2))


@pytest.mark.parametrize("m", [1, 5, 40])
def test_correlations_are_written_where_there_is_room(tmp_path, m):
    figure = plotting.correlation_figure([f"analysis {at}" for at in range(m)], np.eye(m))
    assert len(figure.axes[0].texts) == (m * m if m <= plotting.NUMBERED else 0)
    assert saved(figure, tmp_path / "figure.png")


def notes(axes):
    return [text.get_text() for text in axes.texts]


def test_a_ranking_shows_the_top_and_says_what_it_leaves_out():
    table = ranking(1, 40)
    table.loc[3, "tau"] = np.nan
    axes = plotting.ranking_figure(table, top=30).axes[0]
    assert len(axes.get_yticks()) == 30
    assert axes.get_xlabel() == "tau (top 30 of 39 classes, 1 set aside)"
    assert [label.get_text() for label in axes.get_yticklabels()][:4] == ["0", "1", "2", "4"]


def test_planted_classes_stand_out():
    planted = ["", "border", "", None, ""]
    figure = plotting.ranking_figure(ranking(1, planted=planted))
    assert notes(figure.axes[0])[:2] == ["2.00", "1.80  border"]
    assert "planted" in figure.get_suptitle()
    assert "planted" not in plotting.ranking_figure(ranking(1)).get_suptitle()


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
    figure = plotting.ranking_figure(ranking(1, tau=tau))
    assert len(notes(figure.axes[0])) == np.count_nonzero(~np.isnan(tau))
    assert saved(figure, tmp_path / "figure.png")


@pytest.mark.parametrize(("analyses", "panels"), [(1, 1), (4, 4), (5, 6), (30, 24)])
def test_each_analysis_has_a_panel_up_to_a_limit(analyses, panels):
    figure = plotting.ranking_figure(ranking(analyses, 2))
    assert len(figure.axes) == panels
    assert ("the first 24 of 30" in figure.get_suptitle()) == (analyses == 30)


def test_an_empty_ranking_is_refused():
    with pytest.raises(InputError, match="no rows"):
        plotting.ranking_figure(ranking(1).head(0))
