"""unhansing: with the mark in all training images the network looks off it, without it does not."""

import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from unhans.artefacts import whole_change
from unhans.artefacts.accepted import Accepted
from unhans.artefacts.artefact import Artefact
from unhans.correction import data, evaluation, subsets, unhansing
from unhans.correction import snapshots as kept_snapshots
from unhans.correction.case import Case
from unhans.images import dataset
from unhans.images.changes.catalogue import Step
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.transform import LITE0
from unhans.io import store, tsv
from unhans.networks import small, training
from unhans.networks.registry import Network
from unhans.reporting.figures import style
from unhans.reporting.figures import unhansing as unhansing_figure

RECIPE = store.Recipe("test", {}, "x")
PLANTED = {
    **{"per_class": 80, "validation": 0.25, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "border", "class": "1", "rate": 0.8, "seed": 0}],
}
SETTINGS = unhansing.Settings(classes=3, images=60, reported=[0, 1, 3], samples=5, batch_size=20)
ACCEPTED = Accepted("mark", "digits", "small", "epsilon_plus_flat", "1")
MARK = np.ones((28, 28), dtype=bool)
MARK[1:-1, 1:-1] = False
NAMES = ["zero", "one", "two"]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    paths = {}
    for index, class_id in enumerate("012"):
        made = of_digits(Entry(class_id, class_id, class_id, index), settings_of(**PLANTED))
        paths[class_id] = str(folder / f"{class_id}.zarr.zip")
        store.write(paths[class_id], dict(made.arrays), RECIPE, notes=made.notes)
    corpora = store.classes(paths.values())
    marked = np.nonzero(dataset.ClassDataset(corpora["1"], None).artefact)[0]
    images = data.gather(
        "1", corpora, marked, root=None, transform=None, classes=3, images=60, seed=0
    )
    network = small.build("small_vgg", 3, 0)
    options = {"epochs": 12, "batch_size": 20, "learning_rate": 3e-3, "seed": 0}
    shown = images.training.only(np.arange(len(images.training)) % 20 != 0)
    training.fit(network, shown.inputs, shown.label, training.Schedule(**options))
    artefact = Artefact(MARK, MARK[None].astype(np.float32), 1.0)
    module = Network(network.eval(), list, None, 3, "0")
    return Case(module, artefact, images, ACCEPTED)


@pytest.fixture(scope="module")
def weights(case):
    """As they were before anything was trained on."""
    return copy.deepcopy(case.network.module.state_dict())


@pytest.fixture(scope="module")
def found(case, weights):
    return unhansing.tabulate(case, SETTINGS)


def kept(found, folder):
    """What the stage keeps for its pictures."""
    _, samples, snapshots = found
    path = folder / "mark.zarr.zip"
    notes = kept_snapshots.notes(samples, snapshots)
    store.write(path, kept_snapshots.arrays(samples, snapshots), RECIPE, notes=notes)
    return store.read(path)


@pytest.fixture
def table(found):
    return found[0]


def row(table, subset, epoch):
    return table.set_index(["subset", "epoch"]).loc[(subset, epoch)]


def test_a_row_is_of_a_subset_and_an_epoch(table):
    assert list(table.columns) == unhansing.COLUMNS
    assert list(zip(table["subset"], table["epoch"], strict=True)) == [
        (subset, epoch) for subset in "AB" for epoch in (0, 1, 3)
    ]
    assert set(table["artefact"]) == {"mark"}
    assert set(table["class"]) == {"1"}
    assert not table.isna().any().any()
    shares = ["accuracy_clean", "accuracy_attacked", "relevance", "relevance_own", "accuracy_own"]
    assert table["relevance_balance"].between(-1, 1).all()
    assert table[shares].stack().between(0, 1).all()
    assert (table["response_low"] <= table["response"]).all()
    assert (table["response"] <= table["response_high"]).all()
    for _, part in table.groupby("subset"):
        assert part["seconds"].iloc[0] == 0
        assert part["seconds"].is_monotonic_increasing


def test_both_start_from_the_network_as_it_was_which_stays_so(case, weights, table):
    first = [row(table, subset, 0) for subset in "AB"]
    pd.testing.assert_series_equal(*first, check_names=False)
    held_out = case.data.held_out
    plain = held_out.only(~held_out.marked)
    module = case.network.module
    attacked = case.artefact.insert(plain.inputs)
    assert first[0]["accuracy_clean"] == evaluation.accuracy(module, plain.inputs, plain.label)
    assert first[0]["accuracy_attacked"] == evaluation.accuracy(module, attacked, plain.label)
    assert first[0]["images"] == len(plain)
    after = module.state_dict()
    assert all(torch.equal(after[name], one) for name, one in weights.items())


def test_the_mark_in_all_images_corrects_and_training_alone_does_not(table):
    before, a, b = (row(table, *at) for at in (("A", 0), ("A", 3), ("B", 3)))
    assert before["response"] > 0.25, table.to_string()
    assert abs(b["response"]) < 0.2 * before["response"], table.to_string()
    assert a["response"] > 3 * abs(b["response"]), table.to_string()
    assert b["relevance_total"] < 0.8 * a["relevance_total"], table.to_string()
    assert b["accuracy_attacked"] > a["accuracy_attacked"] + 0.1, table.to_string()
    assert b["accuracy_clean"] > before["accuracy_clean"] - 0.1, table.to_string()
    assert b["rank_change"] < before["rank_change"]
    assert len(unhansing.describe(table).splitlines()) == 2


def test_the_same_again_is_the_same_to_the_byte(case, found, tmp_path):
    again = unhansing.tabulate(case, SETTINGS)
    one, two = (table.drop(columns="seconds") for table in (found[0], again[0]))
    assert one.to_csv() == two.to_csv()
    for first, second in zip(found[2], again[2], strict=True):
        assert (first.heatmap == second.heatmap).all()
    written = []
    for place, made in enumerate((found, again)):
        style.save_all(
            unhansing_figure.draw(made[0], kept(made, tmp_path), NAMES), str(tmp_path / str(place))
        )
        files = sorted((tmp_path / str(place)).iterdir())
        assert [path.name for path in files] == ["curve.png", "heatmaps.png"]
        written.append([path.read_bytes() for path in files])
    assert written[0] == written[1]


def test_samples_show_the_mark_and_stay_the_same(case, found):
    _, samples, snapshots = found
    assert samples.label[:3].tolist() == [1, 1, 1]
    assert len(set(samples.label[3:]) - {1}) == 2
    assert (samples.inputs[:, 0][:, MARK] > 0.5).all()
    assert samples.pictures.shape == (5, 28, 28)
    assert samples.area == MARK.mean()
    assert [(one.subset, one.epoch) for one in snapshots] == [
        (subset, epoch) for subset in "AB" for epoch in (0, 1, 3)
    ]
    assert (snapshots[0].heatmap == snapshots[3].heatmap).all()
    for one in snapshots:
        assert one.heatmap.shape == (5, 28, 28)
        assert ((one.probability >= 0) & (one.probability <= 1)).all()
    before, corrected = snapshots[0].probability[3:], snapshots[-1].probability[3:]
    assert (corrected < before).all()


def test_restored_images_are_a_third_subset_where_a_denoiser_takes_it_out(case, tmp_path):
    noise = whole_change.of(Step("noise", 0.3), (1, 28, 28), None)
    assert subsets.subsets_of(noise) == ("A", "B")
    own = replace(case, artefact=whole_change.with_restore(noise, lambda shown: shown))
    settings = replace(SETTINGS, reported=[0, 1])
    made = unhansing.tabulate(own, settings)
    last = made[0][made[0]["epoch"] == 1].set_index("subset")
    assert list(last.index) == ["A", "B", "R"]
    # Restoring left the images as they were, so that R is trained as A is.
    assert last.loc["R", "response"] == last.loc["A", "response"] != last.loc["B", "response"]
    figures = dict(unhansing_figure.draw(made[0], kept(made, tmp_path), NAMES))
    legend = figures["curve"].legends[0].get_texts()
    assert [text.get_text()[:12] for text in legend] == [
        "trained on A",
        "trained on B",
        "trained on R",
    ]


def test_where_no_image_is_known_to_show_the_mark_it_is_put_in(case):
    held_out = replace(case.data.held_out, marked=np.zeros(60, dtype=bool))
    own = replace(case, data=replace(case.data, held_out=held_out))
    evaluator = unhansing.Evaluator(own, 4)
    assert evaluator.samples.label[:2].tolist() == [1, 1]
    assert (evaluator.samples.inputs[:, 0][:, MARK] == 1).all()


def test_a_photograph_is_shown_as_people_see_it(case):
    random = np.random.default_rng(0)
    pictures = random.random((6, 3, 28, 28)).astype(np.float32)
    span = (LITE0.high - LITE0.low)[:, None, None]
    inputs = (pictures * span + LITE0.low[:, None, None]).astype(np.float32)
    nothing = Artefact(np.zeros((28, 28), dtype=bool), np.zeros((3, 28, 28), np.float32), 1.0)
    label, marked = np.array([0, 0, 1, 1, 2, 2]), np.zeros(6, dtype=bool)
    images = data.Images(inputs, label, marked)
    network = replace(case.network, transform=LITE0)
    own = Case(network, nothing, data.CorrectionData(1, images, images), ACCEPTED)
    samples = unhansing.Evaluator(own, 4).samples
    assert samples.label[:2].tolist() == [1, 1]
    expected = pictures[2:4].transpose(0, 2, 3, 1)
    assert samples.pictures[:2] == pytest.approx(expected, abs=1e-6)


def test_figures_are_renewed_and_take_any_number_of_epochs(found, tmp_path):
    table, samples, snapshots = found
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "old.png").touch()
    names = ["a" * 60, "$x$ \n", "_"]
    style.save_all(unhansing_figure.draw(table, kept(found, tmp_path), names), str(folder))
    assert sorted(path.name for path in folder.iterdir()) == ["curve.png", "heatmaps.png"]
    many = [replace(snapshots[0], subset=own, epoch=at) for own in "AB" for at in range(12)]
    few = [snapshots[0], snapshots[2], snapshots[5]]
    wide, narrow = (
        unhansing_figure.heatmap_figure(kept((table, samples, own), tmp_path), NAMES, "any")
        for own in (many, few)
    )
    assert wide.get_size_inches()[0] > narrow.get_size_inches()[0]
    with Image.open(folder / "heatmaps.png") as image:
        assert image.width > 600


def test_pictures_drawn_from_the_written_table_are_the_same(found, tmp_path):
    tsv.write_tsv(found[0], tmp_path / "mark.tsv")
    written = []
    for place, table in enumerate((found[0], tsv.read_tsv(tmp_path / "mark.tsv"))):
        folder = tmp_path / str(place)
        style.save_all(unhansing_figure.draw(table, kept(found, tmp_path), NAMES), str(folder))
        written.append((folder / "curve.png").read_bytes())
    assert written[0] == written[1]


def test_relevance_is_measured_where_a_free_mark_was_put_in_each_image(case, monkeypatch):
    mark = np.zeros((28, 28), dtype=bool)
    mark[3:6, 3:6] = True
    free = Artefact(mark, np.full((1, 28, 28), 2, dtype=np.float32), 1.0, kind="free")
    seen = []

    def watched(network, composite, attacked, target, masks):
        seen.append(len(attacked))
        assert ((attacked[:, 0] == 2) == masks).all()
        return evaluation.MaskRelevance(0.0, 0.0, 0.0)

    monkeypatch.setattr(unhansing, "relevance", watched)
    own = replace(case, artefact=free)
    unhansing.Evaluator(own, 4).row(case.network.module)
    assert len(seen) == 2
    assert min(seen) > 0


def test_a_free_artefact_is_at_a_new_place_in_each_image_of_each_batch(case):
    mark = np.zeros((28, 28), dtype=bool)
    mark[3:5, 3:5] = True
    free = Artefact(mark, np.full((1, 28, 28), 2, dtype=np.float32), 1.0, kind="free")
    images = np.zeros((6, 1, 28, 28), dtype=np.float32)
    rows = np.arange(6)

    def places(subset):
        found = [subsets.inputs_of(subset, free, images)] * 2  # of two epochs
        return [np.argwhere(batch[:, 0] == 2)[::4] for batch in (one[rows] for one in found)]

    first, second = places("B")
    assert len(first) == len(second) == 6
    assert len({tuple(place) for place in first[:, 1:]}) > 3  # in each image
    assert (first != second).any()  # in each batch
    again = places("B")
    assert (again[0] == first).all()
    assert (again[1] == second).all()
    assert subsets.inputs_of("A", free, images) is images
    own = replace(case, artefact=free)
    table, _, _ = unhansing.tabulate(own, replace(SETTINGS, reported=[1]))
    assert table["response"].notna().all()


def test_of_a_pattern_over_the_whole_image_no_share_of_relevance_is_told(case, tmp_path):
    pattern = np.tile(np.float32([0, 0.3]), (28, 14))[None]
    whole = Artefact(np.ones((28, 28), dtype=bool), pattern, 1.0, kind="whole")
    made = unhansing.tabulate(replace(case, artefact=whole), replace(SETTINGS, reported=[1]))
    assert made[0][["relevance", "relevance_own"]].isna().all().all()
    assert made[0][["relevance_total", "relevance_balance", "accuracy_own"]].notna().all().all()
    assert "relevance in the mask" not in unhansing.describe(made[0])
    figures = dict(unhansing_figure.draw(made[0], kept(made, tmp_path), NAMES))
    titles = [axes.get_title(loc="left") for axes in figures["curve"].axes]
    assert "relevance on the artefact, from -1 to 1" in titles
    assert not any("share of positive relevance" in title for title in titles)


def test_its_own_class_is_judged_by_the_images_that_show_it(case, table):
    held_out = case.data.held_out
    shown = held_out.only(held_out.marked)
    before = row(table, "A", 0)
    assert before["images_own"] == len(shown) > 0
    module = case.network.module
    assert before["accuracy_own"] == evaluation.accuracy(module, shown.inputs, shown.label)
    none = replace(case.data, held_out=held_out.only(held_out.label != 1))
    own = unhansing.Evaluator(replace(case, data=none), 2)
    assert np.isnan(own.row(module)["accuracy_own"])
