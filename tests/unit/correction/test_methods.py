"""correction: a network that learnt a mark is corrected of it, by each method and the table's measure."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from unhans.artefacts.accepted import Accepted
from unhans.artefacts.artefact import Artefact
from unhans.correction import data, last_layer, methods
from unhans.correction.case import Case
from unhans.correction.vectors import Method
from unhans.errors import InputError
from unhans.images import dataset
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import atomic, digests, store
from unhans.networks import small, training
from unhans.networks.registry import Network

RECIPE = store.Recipe("test", {}, "x")
PLANTED = {
    **{"per_class": 80, "validation": 0.25, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "border", "class": "1", "rate": 0.8, "seed": 0}],
}
SETTINGS = methods.Settings(
    classes=3,
    images=60,
    methods=["fine_tuning"],
    estimators=["mean_difference"],
    epochs=3,
    batch_size=20,
)
ACCEPTED = Accepted("mark", "digits", "small", "epsilon_plus_flat", "1")
MARK = np.ones((28, 28), dtype=bool)
MARK[1:-1, 1:-1] = False


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    paths = {}
    for index, class_id in enumerate("012"):
        made = of_digits(Entry(class_id, class_id, class_id, index), settings_of(**PLANTED))
        paths[class_id] = str(folder / f"{class_id}.zarr.zip")
        store.write(paths[class_id], dict(made.arrays), RECIPE, notes=made.notes)
    return store.classes(paths.values())


def gather(corpora, positives=(), classes=3, images=60):
    rows = np.array(positives, dtype=np.int64)
    return data.gather(
        "1", corpora, rows, root=None, transform=None, classes=classes, images=images, seed=0
    )


def gathered(corpora, **settings):
    own = dataset.ClassDataset(corpora["1"], None)
    return gather(corpora, np.nonzero(own.artefact)[0], **settings)


@pytest.fixture(scope="module")
def case(corpora):
    images = gathered(corpora)
    shown = images.training
    network = small.build("small_vgg", 3, 0)
    held_out = np.arange(len(shown)) % 20 == 0
    options = {"epochs": 12, "batch_size": 20, "learning_rate": 3e-3, "seed": 0}
    schedule = training.Schedule(**options)
    training.train(network, shown.inputs, shown.label, held_out, schedule)
    template = MARK[None].astype(np.float32)
    return Case(
        Network(network.eval(), list, None, 3, "0"),
        Artefact(MARK, template, 1.0),
        images,
        ACCEPTED,
    )


def test_the_data_are_of_the_class_and_others_and_keep_their_splits(corpora):
    found = gathered(corpora)
    assert found.target == 1
    for part, count in ((found.training, 60), (found.held_out, 20)):
        assert np.bincount(part.label).tolist() == [count] * 3
        assert part.inputs.shape == (3 * count, 1, 28, 28)
    assert not found.training.marked[found.training.label != 1].any()
    assert 40 <= found.training.marked.sum() <= 56
    assert set(found.foreign.label) == {0, 2}
    fewer = gathered(corpora, classes=2, images=7)
    assert len(np.unique(fewer.training.label)) == 2
    assert (fewer.training.label == 1).sum() == 7
    again = gathered(corpora, classes=2, images=7)
    assert (again.training.inputs == fewer.training.inputs).all()


def test_a_class_alone_cannot_be_corrected(corpora):
    with pytest.raises(InputError, match="class 1 and 0 others hold no images to correct"):
        gather({"1": corpora["1"]})


def test_only_the_classes_that_are_drawn_are_opened(corpora):
    opened = []

    class Watched(dict):
        def __getitem__(self, name):
            opened.append(name)
            return super().__getitem__(name)

    gather(Watched(corpora), classes=2)
    assert len(opened) == 2
    assert opened[0] == "1"


def test_every_method_that_is_configured_is_tried(case):
    settings = replace(
        SETTINGS,
        methods=["cleaning", "p_clarc", "a_clarc"],
        estimators=["svm", "ridge"],
        layers=["4"],
        pooled=[False, True],
    )
    found = methods.Corrector(case, settings).methods()
    assert found[:2] == [Method("none"), Method("cleaning")]
    assert len(found) == 2 + 2 * 4
    assert Method("a_clarc", "4", "ridge", True) in found


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([*"0123456789"], ["6", "9"]),
        (["a"], ["a"]),
        (["a", "b"], ["b"]),
        ([], []),
    ],
)
def test_of_all_layers_two_are_chosen(layers, expected):
    assert methods.automatic(layers) == expected


def test_the_network_responds_to_the_mark_and_is_corrected_of_it(case):
    settings = replace(
        SETTINGS,
        methods=["fine_tuning", "cleaning_half", "p_clarc", "p_clarc_reactive", "a_clarc_half"],
    )
    weights = {name: one.clone() for name, one in case.network.module.state_dict().items()}
    table, best = methods.tabulate(methods.Corrector(case, settings))
    assert list(table.columns) == methods.COLUMNS
    assert (table["response_before"] == table["response_after"].iloc[0]).all()
    before = table.iloc[0]
    assert before["method"] == "none"
    assert before["response_after"] > 0.25, table.to_string()
    assert before["accuracy_attacked"] < before["accuracy_clean"] - 0.2, table.to_string()
    corrected = table[table["method"].isin(["cleaning_half", "p_clarc", "p_clarc_reactive"])]
    assert (corrected["response_after"].abs() < 0.2 * before["response_after"]).all()
    assert (corrected["accuracy_attacked"] > before["accuracy_attacked"] + 0.1).all()
    assert (corrected["accuracy_clean"] > before["accuracy_clean"] - 0.05).all()
    moved = table[table["layer"] != ""]
    assert (moved["vector_auc"] > 0.99).all()
    assert table["relevance"].between(0, 1).all()
    assert best.method == "p_clarc"
    after = case.network.module.state_dict()
    assert all(torch.equal(after[name], one) for name, one in weights.items())
    assert "p_clarc" in methods.describe(table)


def test_cures_of_the_last_layer_and_a_penalised_gradient_correct_the_network(case):
    names = ["spufix", "spufix_inserted", "leace", "dfr", "rr_clarc"]
    settings = replace(SETTINGS, methods=names, layers=["9"], penalty=1)
    weights = {name: one.clone() for name, one in case.network.module.state_dict().items()}
    table, _ = methods.tabulate(methods.Corrector(case, settings))
    found = table.set_index("method")
    before = found.loc["none", "response_after"]
    halved = found.loc[["spufix_inserted", "leace", "rr_clarc"], "response_after"] < 0.5 * before
    assert halved.all(), table.to_string()
    # Four of five images of the class show the mark: SpuFix blocks what exceeds their mean.
    assert found.loc["spufix", "response_after"] <= before + 1e-6
    assert found["accuracy_worst_group"].between(0, 1).all()
    assert (found["accuracy_worst_group"] <= found["accuracy_clean"]).all()
    blocked = ["spufix", "spufix_inserted"]
    assert found.loc[blocked, "relevance"].isna().all()
    assert found.drop(blocked)["relevance"].between(0, 1).all()
    after = case.network.module.state_dict()
    assert all(torch.equal(after[name], one) for name, one in weights.items())
    again, _ = methods.tabulate(methods.Corrector(case, settings))
    same = [column for column in methods.COLUMNS if column != "seconds"]
    assert again[same].equals(table[same])


def test_a_network_that_ends_otherwise_has_no_cure_of_its_last_layer(case):
    ending = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 28), torch.nn.Flatten()).eval()
    other = replace(case, network=replace(case.network, module=ending))
    settings = replace(SETTINGS, methods=[*last_layer.NAMES])
    assert methods.Corrector(other, settings).methods() == [Method("none")]


def test_the_best_projection_is_exported_and_without_one_nothing_is(case, tmp_path):
    corrector = methods.Corrector(case, SETTINGS)
    best = Method("p_clarc", "9", "mean_difference")
    atomic.write_folder(tmp_path / "a", methods.programs(corrector, best))
    program = torch.export.load(tmp_path / "a" / "corrected.pt2").module()
    foreign = case.data.foreign
    attacked = torch.from_numpy(case.artefact.insert(foreign.inputs))
    right = (program(attacked).argmax(dim=1).numpy() == foreign.label).mean()
    assert right > 0.9
    atomic.write_folder(tmp_path / "b", methods.programs(corrector, None))
    assert [file.name for file in (tmp_path / "b").iterdir()] == [digests.LIST]
