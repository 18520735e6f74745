"""networks_figure: the same images under several networks, and what each has on the artefact."""

from dataclasses import replace

import drawn_classes
import numpy as np
import pytest

from unhans.errors import InputError
from unhans.io import store
from unhans.paper import networks_figure

MASK = np.zeros((28, 28), dtype=bool)
MASK[:7] = True


def prepared(folder, **arrays):
    path = folder / "prepared.zarr.zip"
    kept = {"mask": MASK, "shown": np.array([3, 5, 8]), **arrays}
    store.write(path, kept, drawn_classes.RECIPE)
    return store.read(path)


def given(tmp_path, heatmaps, **arrays):
    """An artefact of class a, and networks with these heatmaps of its images."""
    classes = drawn_classes.write(tmp_path, "a")
    found = []
    for number, heatmap in enumerate(heatmaps):
        own = {**classes["a"]["attribution"].arrays, "heatmap": heatmap}
        path = tmp_path / f"{number}.zarr.zip"
        notes = {"splits": ["training", "validation"]}
        store.write(path, own, drawn_classes.RECIPE, notes=notes)
        found.append(store.read(path))
    return networks_figure.gather(
        [{"artefact": "mark", "class_id": "a"}],
        [f"network {number}" for number in range(len(found))],
        prepared=[prepared(tmp_path, **arrays)],
        corpora=[classes["a"]["corpus"]] * len(found),
        attributions=found,
        records=[classes.network] * len(found),
        root=None,
    )


def test_a_row_is_of_a_network_and_says_how_much_of_its_relevance_is_on_the_artefact(tmp_path):
    inside = np.broadcast_to(np.where(MASK, 1, -1), (30, 28, 28)).astype(np.float32)
    even = np.ones((30, 28, 28), dtype=np.float32)
    shown = given(tmp_path, [inside, even])
    drawn = networks_figure.draw(shown, samples=2)
    assert list(drawn) == ["mark"]
    assert drawn["mark"].texts[0].get_text().startswith("mark, class a: ")
    # Two images, and below them a row of two heatmaps for each of two networks.
    assert len(drawn["mark"].axes) == 2 + 2 * 2
    words = " ".join(text.get_text() for text in drawn["mark"].texts)
    assert "100.0% of the relevance" in words
    assert "25.0% of the relevance" in words
    table = networks_figure.table(shown)
    assert list(table.columns) == networks_figure.COLUMNS
    assert table["relevance"].tolist() == pytest.approx([1, 0.25])
    assert table["area"].tolist() == [0.25, 0.25]
    assert table["images"].tolist() == [3, 3]
    assert len(networks_figure.describe(shown).splitlines()) == 2


def test_a_free_artefact_has_a_place_of_its_own_in_each_image(tmp_path):
    masks = np.stack([np.roll(MASK, 7 * step, axis=0) for step in range(3)])
    heatmap = np.zeros((30, 28, 28), dtype=np.float32)
    heatmap[[3, 5, 8]] = masks
    shown = given(tmp_path, [heatmap, heatmap], masks=masks)
    assert networks_figure.in_mask(shown[0], "network 0") == pytest.approx((1, 0.25))


def test_images_that_a_network_did_not_explain_are_not_compared(tmp_path):
    shown = given(tmp_path, [np.ones((30, 28, 28), dtype=np.float32)] * 2)
    own = shown[0].networks["network 1"]["attribution"]
    own.arrays["image"][:6] = 100 + np.arange(6)
    assert shown[0].rows.tolist() == [8]


def test_heatmaps_of_another_size_are_drawn_without_a_number(tmp_path):
    shown = given(tmp_path, [np.ones((30, 28, 28), np.float32), np.ones((30, 14, 14), np.float32)])
    assert np.isnan(networks_figure.table(shown)["relevance"]).tolist() == [False, True]
    assert len(networks_figure.draw(shown, 1)["mark"].axes) == 3


def test_of_an_artefact_over_the_whole_image_no_share_is_told(tmp_path):
    heatmaps = [np.ones((30, 28, 28), np.float32)] * 2
    shown = given(tmp_path, heatmaps, mask=np.ones((28, 28), dtype=bool))
    assert networks_figure.table(shown)[["relevance", "area"]].isna().all(axis=None)
    drawn = networks_figure.draw(shown, 1)["mark"]
    assert not any("of the relevance" in text.get_text() for text in drawn.texts)
    assert "nan" not in networks_figure.describe(shown)


def test_without_an_image_that_shows_it_there_is_no_figure(tmp_path):
    heatmaps = [np.ones((30, 28, 28), dtype=np.float32)] * 2
    shown = given(tmp_path, heatmaps, shown=np.zeros(0, dtype=np.int64))
    with pytest.raises(InputError, match="no image is known to show mark"):
        networks_figure.draw(shown, 2)
    assert networks_figure.table(shown).empty


def test_an_artefact_of_a_class_that_is_set_aside_is_left_out(tmp_path):
    heatmaps = [np.ones((30, 28, 28), dtype=np.float32)] * 2
    first, second = given(tmp_path / "one", heatmaps)[0], given(tmp_path / "two", heatmaps)[0]
    path = tmp_path / "aside.zarr.zip"
    store.write_set_aside(path, drawn_classes.RECIPE, "no image can be read")
    found = store.by_path([path])[str(path)]
    network = replace(second.networks["network 1"], results={"attribution": found})
    second = replace(second, artefact="other", networks={**second.networks, "network 1": network})
    assert second.rows.tolist() == []
    assert list(networks_figure.draw([first, second], 1)) == ["mark"]
    assert set(networks_figure.table([first, second])["artefact"]) == {"mark"}
