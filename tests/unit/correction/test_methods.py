"""compensation: a network that learnt a mark is cured of it, in each way and by the table's measure."""

import numpy as np
import pytest
import torch

from unhans.artefacts.artefact import Artefact
from unhans.correction import data, methods
from unhans.correction.methods import Case, Way
from unhans.errors import InputError
from unhans.images import dataset
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store
from unhans.networks import small, training
from unhans.networks.registry import Network

RECIPE = store.Recipe("test", {}, "x")
PLANTED = {
    **{"per_class": 80, "validation": 0.25, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "border", "class": "1", "rate": 0.8, "seed": 0}],
}
SETTINGS = {
    **{"classes": 3, "images": 60, "seed": 0, "layers": "auto", "pooled": [False]},
    **{"methods": ["fine_tuning"], "estimators": ["mean_difference"]},
    **{"epochs": 3, "batch_size": 20, "learning_rate": 1e-3},
    "accepted": {
        **{"artefact": "mark", "corpus": "digits", "model": "small", "class_id": "1"},
        **{"composite": "epsilon_plus_flat", "mask": "suggested"},
    },
}
MARK = np.ones((28, 28), dtype=bool)
MARK[1:-1, 1:-1] = False


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    paths = {}
    for index, class_id in enumerate("012"):
        made = of_digits(Entry(class_id, class_id, class_id, index), settings_of(PLANTED))
        paths[class_id] = str(folder / f"{class_id}.zarr.zip")
        store.write(paths[class_id], dict(made.arrays), RECIPE, notes=made.notes)
    return paths


def gathered(corpora, **settings):
    own = dataset.ClassDataset(store.read(corpora["1"]), None)
    marked = np.nonzero(own.artefact)[0]
    return data.gather("1", corpora, marked, None, None, {**SETTINGS, **settings})


@pytest.fixture(scope="module")
def case(corpora):
    images = gathered(corpora)
    shown = images.training
    network = small.build("small_vgg", 3, 0)
    held_out = np.arange(len(shown)) % 20 == 0
    told = {"epochs": 12, "batch_size": 20, "learning_rate": 3e-3, "seed": 0}
    training.train(network, shown.inputs, shown.label, held_out, **told)
    template = MARK[None].astype(np.float32)
    return Case(
        Network(network.eval(), list, None, 3, "0"),
        Artefact(MARK, template, 1.0),
        images,
        "epsilon_plus_flat",
        SETTINGS,
    )


def test_material_is_of_the_class_and_others_and_keeps_its_splits(corpora):
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
        data.gather("1", {"1": corpora["1"]}, np.zeros(0), None, None, SETTINGS)


def test_every_way_that_is_configured_is_tried(case):
    told = {
        **case.settings,
        **{"methods": ["cleaning", "p_clarc", "a_clarc"], "estimators": ["svm", "ridge"]},
        **{"layers": ["4"], "pooled": [False, True]},
    }
    found = methods.ways(Case(*[*vars(case).values()][:4], told))
    assert found[:2] == [Way("none"), Way("cleaning")]
    assert len(found) == 2 + 2 * 4
    assert Way("a_clarc", "4", "ridge", True) in found


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


def test_the_network_answers_to_the_mark_and_is_cured_of_it(case):
    told = {
        **case.settings,
        "methods": ["fine_tuning", "cleaning_half", "p_clarc", "p_clarc_reactive", "a_clarc_half"],
    }
    weights = {name: one.clone() for name, one in case.network.module.state_dict().items()}
    table, best = methods.tabulate(Case(*[*vars(case).values()][:4], told))
    assert list(table.columns) == methods.COLUMNS
    assert (table["response_before"] == table["response_after"].iloc[0]).all()
    before = table.iloc[0]
    assert before["method"] == "none"
    assert before["response_after"] > 0.25, table.to_string()
    assert before["accuracy_attacked"] < before["accuracy_clean"] - 0.2, table.to_string()
    cured = table[table["method"].isin(["cleaning_half", "p_clarc", "p_clarc_reactive"])]
    assert (cured["response_after"].abs() < 0.2 * before["response_after"]).all()
    assert (cured["accuracy_attacked"] > before["accuracy_attacked"] + 0.1).all()
    assert (cured["accuracy_clean"] > before["accuracy_clean"] - 0.05).all()
    moved = table[table["layer"] != ""]
    assert (moved["vector_auc"] > 0.99).all()
    assert table["relevance"].between(0, 1).all()
    assert best.method == "p_clarc"
    after = case.network.module.state_dict()
    assert all(torch.equal(after[name], one) for name, one in weights.items())
    assert "p_clarc" in methods.in_words(table)


def test_the_best_projection_is_exported_and_without_one_nothing_is(case, tmp_path):
    methods.export(case, Way("p_clarc", "9", "mean_difference"), str(tmp_path / "a"))
    program = torch.export.load(tmp_path / "a" / "corrected.pt2").module()
    foreign = case.material.foreign
    attacked = torch.from_numpy(case.artefact.insert(foreign.inputs))
    right = (program(attacked).argmax(dim=1).numpy() == foreign.label).mean()
    assert right > 0.9
    methods.export(case, None, str(tmp_path / "b"))
    assert not list((tmp_path / "b").iterdir())
