"""artefact_figure: artefacts put into images, isolated, and un-Hansed."""

import drawn_classes
import numpy as np
import pandas as pd
import pytest

from unhans.correction import unhansing
from unhans.errors import InputError
from unhans.io import store
from unhans.paper import artefact_figure

MASK = np.zeros((28, 28), dtype=bool)
MASK[20:, :8] = True


def written(path, arrays, **notes):
    store.write(path, arrays, drawn_classes.RECIPE, notes=notes)
    return store.read(path)


def response(tmp_path, name, perturbations):
    n = len(perturbations)
    arrays = {
        "picture": np.zeros((n, 2, 28, 28), dtype=np.uint8),
        "heatmap": np.ones((n, 2, 28, 28), dtype=np.float32),
        "probability": np.full((n, 2), 0.5),
        "rank": np.ones((n, 2), dtype=int),
    }
    notes = {"perturbations": perturbations, "artefact": name, "class": "1", "name": "one"}
    return written(tmp_path / f"{name}.zarr.zip", arrays, **notes)


@pytest.fixture
def unhansed(tmp_path):
    """Four images, two of the artefact's class, before and after an epoch on either subset."""
    subsets, epochs = ["A", "A", "B", "B"], [0, 1, 0, 1]
    arrays = {
        "picture": np.random.default_rng(0).integers(0, 255, (4, 28, 28)).astype(np.uint8),
        "label": np.array([1, 1, 0, 2]),
        "epoch": np.array(epochs),
        "heatmap": np.ones((4, 4, 28, 28), dtype=np.float32),
        "probability": np.full((4, 4), 0.5),
    }
    found = written(tmp_path / "u.zarr.zip", arrays, subsets=subsets, target=1, area=0.1)
    numbers = dict.fromkeys(unhansing.COLUMNS, 0.5)
    table = pd.DataFrame(numbers, index=range(4)).astype(object)
    table = table.assign(
        subset=subsets, epoch=epochs, artefact="mark", model="small"
    ).infer_objects()
    return found, table


def prepared(tmp_path, template=None, kind="fixed"):
    template = np.ones((1, 28, 28), dtype=np.float32) if template is None else template
    arrays = {"mask": MASK, "template": template}
    return written(tmp_path / "p.zarr.zip", arrays, kind=kind)


def test_figure_7_shows_what_is_put_in_and_no_other_perturbation(tmp_path):
    samples = [
        response(tmp_path, "mark", ["insertion", "insertion", "control", "removal"]),
        response(tmp_path, "other", ["removal"]),
    ]
    drawn = artefact_figure.draw(7, samples, {}, [], "mark")
    assert list(drawn) == ["mark"]
    assert drawn["mark"].texts[0].get_text().startswith("mark of class 1 one: ")
    assert len(drawn["mark"].axes) == 2 * 4  # image and relevance, before and after
    with pytest.raises(InputError, match="no artefact was put into an image"):
        artefact_figure.insertions(samples[1:])


def test_figure_9_shows_the_artefact_alone(tmp_path, unhansed):
    found = {
        "unhansing": unhansed[0],
        "prepared_artefact": prepared(tmp_path),
        "model": drawn_classes.record(tmp_path),
    }
    figure = artefact_figure.draw(9, [], found, [unhansed[1]], "mark")["mark"]
    assert len(figure.axes) == 5
    alone = figure.axes[2].images[0].get_array()
    assert (alone[MASK] == 255).all()
    assert (alone[~MASK] == 128).all()


@pytest.mark.parametrize("number", [10, 12, 13, 14])
def test_the_others_show_both_subsets_by_epoch(number, tmp_path, unhansed):
    found = {"unhansing": unhansed[0], "model": drawn_classes.record(tmp_path)}
    drawn = artefact_figure.draw(number, [], found, [unhansed[1]], "mark")
    assert list(drawn) == ["heatmaps", "curve"]
    # Of four images: the image, its heatmap before, and after an epoch on A and on B.
    assert len(drawn["heatmaps"].axes) == 4 * 4


def test_the_title_says_where_relevance_turns_negative(unhansed):
    table = unhansed[1].assign(relevance_balance=[0.9, 0.8, 0.9, -0.4])
    figure = artefact_figure.trained_on(table, unhansed[0], ["zero", "one", "two"])["curve"]
    title = figure.get_suptitle().replace("\n", " ")
    assert title.endswith("relevance on the artefact turns negative on B from epoch 1")
    assert "negative" not in (
        artefact_figure.trained_on(*unhansed[::-1], ["zero", "one", "two"])["curve"].get_suptitle()
    )


def test_a_long_name_of_a_class_leaves_room_for_the_rest(unhansed):
    names = ["zero", "x" * 200, "two"]
    table = unhansed[1].assign(relevance_balance=[0.9, 0.8, 0.9, -0.4])
    drawn = artefact_figure.trained_on(table, unhansed[0], names)
    title = drawn["curve"].get_suptitle().replace("\n", " ")
    assert title.endswith("relevance on the artefact turns negative on B from epoch 1")
    assert "small;" in title
    texts = [text.get_text() for text in drawn["heatmaps"].texts]
    assert max(map(len, texts)) < 120
