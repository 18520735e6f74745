"""accepted_response: an artefact changes the answer, its control does not, and removal undoes it."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from unhans.artefacts import accepted_response
from unhans.artefacts.accepted import Accepted
from unhans.artefacts.artefact import Artefact
from unhans.artefacts.prepared_artefact import PreparedArtefact
from unhans.artefacts.response import response
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store
from unhans.networks import small
from unhans.networks.registry import Network
from unhans.reporting.figures import response as response_figure
from unhans.reporting.figures import style

RECIPE = store.Recipe("test", {}, "x")
DIGITS = {
    **{"per_class": 40, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "corner", "class": "1", "rate": 0.25, "seed": 0}],
}
MASK = np.zeros((28, 28), dtype=bool)
MASK[-4:, -4:] = True
ACCEPTED = Accepted("mark", "digits", "small", "epsilon_plus_flat", "1")


class Cornered(nn.Module):
    """Rates class 1 the higher the brighter the lower right corner is."""

    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(4)
        self.last = nn.Linear(49, 3)
        with torch.no_grad():
            self.last.weight.zero_()
            self.last.weight[1, 48] = 8
            self.last.bias.copy_(torch.tensor([1.0, 0.0, 0.5]))

    def forward(self, x):
        return self.last(self.pool(x).flatten(1))


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    paths = {}
    for index, class_id in enumerate("012"):
        made = of_digits(Entry(class_id, class_id, class_id, index), settings_of(**DIGITS))
        paths[class_id] = str(folder / f"{class_id}.zarr.zip")
        store.write(paths[class_id], dict(made.arrays), RECIPE, notes=made.notes)
    return store.classes(paths.values())


def case(corpora, module, kind="fixed", known=True):
    rows = np.nonzero(corpora["1"]["artefact"])[0] if known else np.zeros(0, dtype=int)
    artefact = Artefact(MASK, np.ones((1, 28, 28), dtype=np.float32) * MASK, 1, kind)
    masks = np.broadcast_to(MASK, (len(rows), 28, 28))
    prepared = PreparedArtefact(artefact, 1, rows, rows, masks)
    network = Network(module.eval(), list, None, 3, "last")
    return accepted_response.prepare(
        ACCEPTED, prepared, network, corpora=corpora, root=None, images=40, seed=0
    )


def test_the_class_rises_with_the_artefact_and_falls_without_it(corpora):
    table, samples = accepted_response.measure(case(corpora, Cornered()), samples=2)
    assert list(table.columns) == accepted_response.COLUMNS
    rows = table.set_index("perturbation")
    assert list(rows.index) == [
        *("insertion", "control", "painted_out", "removal", "removal_control")
    ]
    # Positive where the class rises (table 3 of the paper): rank before - rank after.
    assert rows.loc["insertion", "rank_change"] > 1.9
    assert rows.loc["insertion", "probability_change"] > 0.8
    assert rows.loc["removal", "rank_change"] < -1.4
    assert rows.loc["removal", "probability_change"] < -0.4
    for name in ("control", "painted_out", "removal_control"):
        assert abs(rows.loc[name, "probability_change"]) < 0.1, name
    assert (rows["probability_low"] <= rows["probability_change"]).all()
    assert (rows["rank_change"] <= rows["rank_high"]).all()
    assert rows["area"].tolist() == pytest.approx([16 / 784] * 5)
    assert rows.loc["insertion", "images"] == 40
    assert rows.loc["removal", "images"] == 10
    assert samples.perturbations == [
        name for name in ("insertion", "control", "removal") for _ in range(2)
    ]
    assert samples.rank[0].tolist() == [3, 1]
    assert samples.probability[0, 1] > 0.9
    before, after = samples.heatmap[0]
    assert after[MASK].sum() > before[MASK].sum()
    assert {name: len(array) for name, array in samples.arrays().items()} == dict.fromkeys(
        ("picture", "heatmap", "probability", "rank"), 6
    )
    assert "insertion: rank +" in accepted_response.describe(table)


def test_without_images_that_show_it_nothing_is_removed(corpora):
    table, samples = accepted_response.measure(case(corpora, Cornered(), known=False))
    assert table["perturbation"].tolist() == ["insertion", "control", "painted_out"]
    assert set(samples.perturbations) == {"insertion", "control"}


def test_an_artefact_may_lie_all_over_the_image_or_anywhere(corpora):
    for kind in ("whole", "free"):
        table, _ = accepted_response.measure(case(corpora, Cornered(), kind))
        rows = table.set_index("perturbation")["probability_change"]
        assert abs(rows["painted_out"]) < 0.1
        assert rows["insertion"] > 0


def test_the_control_has_no_mean_effect_on_random_networks(corpora):
    """Over networks with random weights the control favours no class."""
    changes = []
    for seed in range(40):
        own = case(corpora, small.build("small_vgg", 3, seed))
        perturbed = dict(accepted_response.perturbations(own))["control"]
        changes.append(
            response(own.network.module, perturbed.before, perturbed.after, 1).probability.mean()
        )
    low, high = accepted_response.interval(changes)
    assert low < 0 < high


def test_samples_are_drawn_from_the_result_alone(corpora, tmp_path):
    own = case(corpora, Cornered())
    _, samples = accepted_response.measure(own)
    kept = tmp_path / "mark.zarr.zip"
    notes = {**ACCEPTED.columns(), "name": "one", "perturbations": samples.perturbations}
    store.write(kept, samples.arrays(), RECIPE, notes=notes)
    path = tmp_path / "mark.png"
    style.save(response_figure.response_figure(store.read(kept)), path)
    before = path.read_bytes()
    with Image.open(path) as picture:
        assert picture.width > 1500
    style.save(response_figure.response_figure(store.read(kept)), path)
    assert path.read_bytes() == before
