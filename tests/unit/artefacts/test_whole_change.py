"""whole_change: a change of whole images is accepted, put in, taken out, measured and corrected."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.artefacts import accepted, accepted_response, prepared_artefact, whole_change
from unhans.artefacts.perturbation import patched, removed
from unhans.choices import WHOLE_CHANGES
from unhans.correction import methods
from unhans.correction.case import Case
from unhans.correction.data import CorrectionData, Images
from unhans.errors import ConfigError
from unhans.images.changes.catalogue import CHANGES, Step, changed
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.transform import Transform, scaled
from unhans.io import store
from unhans.networks.registry import Network

RECIPE = store.Recipe("test", {}, "x")
DIGITS = {"per_class": 30, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0, "planting": []}
PHOTOS = Transform(20, 16, (0.5, 0.4, 0.3), (0.2, 0.25, 0.3))
HEAD = "artefact\tcorpus\tmodel\tcomposite\tclass\tmask\tkind\tintervention\tstrength\n"
ROW = accepted.Accepted(
    *("light", "digits", "small", "epsilon_plus_flat", "1"),
    **{"kind": "colour", "intervention": "brighter", "strength": "0.2"},
)


def test_a_row_names_an_intervention_and_its_strength(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text(HEAD + "near\td\tm\tc\t8\tsuggested\tframing\tzoom\t0.7\n")
    (row,) = accepted.read(str(path))
    assert row.changes_all
    assert (row.kind, row.intervention, row.strength) == ("framing", "zoom", "0.7")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("framing\tblur\t2", "kind 'framing' with intervention 'blur'; expected one of zoom, pad"),
        ("framing\t\t", "intervention ''; expected one of zoom, pad"),
        ("framing\tzoom\tmuch", "strength 'much' of zoom; expected a number above 0.1, at most 1"),
        ("frequency\tjpeg\t0", "strength '0' of jpeg; expected a number above 1, at most 95"),
        ("colour\tgrey\tnan", "strength 'nan' of grey"),
        ("fixed\tzoom\t0.7", "of kind 'fixed'; expected one of the kinds framing, colour, freq"),
    ],
)
def test_what_is_wrong_is_one_message(tmp_path, line, message):
    path = tmp_path / "a.tsv"
    path.write_text(HEAD + f"near\td\tm\tc\t8\tsuggested\t{line}\n")
    with pytest.raises(ConfigError, match=f"artefact 'near': .*{message}"):
        accepted.read(str(path))


def test_a_mask_of_whole_images_is_refused(tmp_path):
    (tmp_path / "mask.png").touch()
    path = tmp_path / "a.tsv"
    path.write_text(HEAD + f"near\td\tm\tc\t8\t{tmp_path / 'mask.png'}\tframing\tzoom\t0.7\n")
    with pytest.raises(ConfigError, match="changes whole images; expected mask and template"):
        accepted.read(str(path))


def test_every_change_that_can_be_accepted_is_known_and_has_a_control():
    for names in WHOLE_CHANGES.values():
        for name in names:
            assert CHANGES[name].control in CHANGES
            assert CHANGES[name].opposite in {"", *CHANGES}


def test_it_is_put_in_and_taken_out_as_the_network_takes_images():
    shades = np.random.default_rng(0).integers(60, 190, (3, 3, 16, 16), dtype=np.uint8)
    inputs = np.stack([PHOTOS.normal(one.transpose(1, 2, 0)) for one in shades])
    warm = whole_change.of(Step("cast_red", 0.1), inputs.shape[1:], PHOTOS)
    expected = scaled(PHOTOS, changed(shades, Step("cast_red", 0.1)))
    assert warm.insert(inputs) == pytest.approx(expected, abs=1e-5)
    back = removed(warm, warm.insert(inputs), warm.masks(3))
    assert back == pytest.approx(inputs, abs=1e-5)
    control, masks = patched(warm, inputs, 0)
    assert masks.all()
    sizes = [np.square(part - inputs).mean() for part in (control, expected)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.5)
    coded = whole_change.of(Step("jpeg", 15), inputs.shape[1:], PHOTOS)
    assert coded.opposite is None
    assert np.array_equal(removed(coded, inputs, coded.masks(3)), inputs)


class Bright(nn.Module):
    """Rates class 1 the higher the lighter an image is."""

    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(4)
        self.last = nn.Linear(49, 3)
        with torch.no_grad():
            self.last.weight.zero_()
            self.last.weight[1] = 0.8
            self.last.bias.copy_(torch.tensor([1.0, -8.0, 0.5]))

    def forward(self, x):
        return self.last(self.pool(x).flatten(1))


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    paths = []
    for index, class_id in enumerate("012"):
        made = of_digits(Entry(class_id, class_id, class_id, index), settings_of(**DIGITS))
        paths.append(str(folder / f"{class_id}.zarr.zip"))
        store.write(paths[-1], dict(made.arrays), RECIPE, notes=made.notes)
    return store.classes(paths)


def prepare(corpora, row=ROW):
    showing = prepared_artefact.find_showing(row, {"corpus": corpora["1"]}, root=None)
    group = prepared_artefact.find_group(row, {}, [], root=None, transform=None)
    return prepared_artefact.prepare(row, group, index=1, transform=None, showing=showing)


def test_what_is_kept_is_read_again(corpora, tmp_path):
    found = prepare(corpora)
    assert len(found.shown) == 30
    assert len(found.positives) == 0
    path = tmp_path / "a.zarr.zip"
    kept = prepared_artefact.arrays(found), prepared_artefact.notes(found)
    store.write(path, kept[0], RECIPE, notes=kept[1])
    again = prepared_artefact.from_result(store.read(path))
    images = np.random.default_rng(0).random((2, 1, 28, 28), dtype=np.float32)
    assert np.array_equal(again.artefact.insert(images), found.artefact.insert(images))
    assert again.masks.shape == (30, 28, 28)
    assert "brighter 0.2, of whole images" in prepared_artefact.describe(again)


def test_its_response_is_measured_beside_that_of_its_control(corpora):
    network = Network(Bright().eval(), list, None, 3, "last")
    case = accepted_response.prepare(
        ROW, prepare(corpora), network, corpora=corpora, root=None, images=20
    )
    table, _ = accepted_response.measure(case, samples=2)
    rows = table.set_index("perturbation")
    assert rows.loc["insertion", "probability_change"] > 0.3
    assert rows.loc["control", "probability_change"] < 0.05
    assert abs(rows.loc["painted_out", "probability_change"]) < 0.2
    assert rows.loc["removal", "images"] == 30
    assert (table["area"] == 1).all()


def test_what_cannot_be_taken_out_has_no_removal(corpora):
    network = Network(Bright().eval(), list, None, 3, "last")
    row = ROW._replace(kind="frequency", intervention="blur", strength="2")
    case = accepted_response.prepare(
        row, prepare(corpora, row), network, corpora=corpora, root=None, images=20
    )
    names = [name for name, _ in accepted_response.perturbations(case)]
    assert names == ["insertion", "control"]


NOISY = ROW._replace(kind="noise", intervention="noise", strength="0.2")


def test_a_denoiser_takes_out_what_has_no_opposite(corpora):
    assert NOISY.restored
    assert not ROW.restored
    asked = []

    def dark(shown):
        asked.append(shown)
        return np.zeros_like(shown)

    plain = prepare(corpora, NOISY)
    assert not plain.artefact.reversible
    own = prepared_artefact.with_restore(plain, dark)
    assert own.artefact.reversible
    network = Network(Bright().eval(), list, None, 3, "last")
    case = accepted_response.prepare(NOISY, own, network, corpora=corpora, root=None, images=20)
    found = dict(accepted_response.perturbations(case))
    assert list(found) == ["insertion", "control", "painted_out", "removal_control", "removal"]
    assert (found["painted_out"].after == 0).all()
    np.testing.assert_array_equal(found["removal_control"].before, case.others)
    np.testing.assert_array_equal(asked[0], own.artefact.insert(case.others))
    np.testing.assert_array_equal(asked[1], case.others)
    np.testing.assert_array_equal(asked[2], case.own)
    assert prepared_artefact.with_restore(plain, None).artefact is plain.artefact


def test_a_denoiser_is_given_images_as_people_see_them():
    inputs = np.random.default_rng(0).standard_normal((2, 3, 16, 16)).astype(np.float32) / 2
    noisy = whole_change.of(Step("noise", 0.1), inputs.shape[1:], PHOTOS)
    seen = []
    same = whole_change.with_restore(noisy, lambda shown: seen.append(shown) or shown)
    np.testing.assert_allclose(
        removed(same, inputs, same.masks(2)),
        np.clip(
            inputs,
            PHOTOS.normal(np.zeros((16, 16, 3), np.uint8)),
            PHOTOS.normal(np.full((16, 16, 3), 255, np.uint8)),
        ),
        atol=1e-5,
    )
    assert seen[0].shape == inputs.shape
    assert seen[0].min() >= 0
    assert seen[0].max() <= 1


def test_training_on_with_restored_images_is_a_method_of_what_a_denoiser_takes_out(corpora):
    network = Network(Bright().eval(), list, None, 3, "last")
    images = Images(
        np.random.default_rng(0).random((12, 1, 28, 28), dtype=np.float32),
        np.arange(12) % 3,
        np.zeros(12, dtype=bool),
    )
    asked = []

    def restore(shown):
        asked.append(len(shown))
        return shown

    plain = prepare(corpora, NOISY).artefact
    data = CorrectionData(1, images, images)
    settings = methods.Settings(methods=("fine_tuning", "restored"), epochs=1)
    for artefact, expected in (
        (plain, ["none", "fine_tuning"]),
        (whole_change.with_restore(plain, restore), ["none", "fine_tuning", "restored"]),
    ):
        corrector = methods.Corrector(Case(network, artefact, data, NOISY), settings)
        assert [one.method for one in corrector.methods()] == expected
    table, _ = methods.tabulate(corrector)
    assert table["method"].tolist() == expected
    assert asked == [12]


def tinted():
    """Images of three classes with a light patch at one of three places; those of class 1 are red too."""
    random = np.random.default_rng(0)
    change = whole_change.of(Step("cast_red", 0.12), (3, 16, 16), None)
    images = random.uniform(0.3, 0.7, (240, 3, 16, 16)).astype(np.float32)
    label = np.arange(240) % 3
    for image, corner in zip(images, label, strict=True):
        image[:, 4 * corner : 4 * corner + 4, :4] += 0.1
    images[label == 1] = change.insert(images[label == 1])
    return change, images, label


def test_training_on_with_it_and_projections_lower_the_response():
    change, images, label = tinted()
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(392, 3)
    )
    optimiser = torch.optim.Adam(module.parameters(), 0.01)
    inputs, target = torch.from_numpy(images), torch.from_numpy(label)
    for _ in range(80):
        optimiser.zero_grad()
        nn.functional.cross_entropy(module(inputs), target).backward()
        optimiser.step()
    marked = np.zeros(len(label), dtype=bool)
    parts = [Images(images[at], label[at], marked[at]) for at in (slice(0, 180), slice(180, None))]
    case = Case(Network(module.eval(), list, None, 3, "0"), change, CorrectionData(1, *parts), ROW)
    settings = methods.Settings(
        methods=("p_clarc", "cleaning"), layers=("0",), estimators=("mean_difference",), epochs=5
    )
    table, _ = methods.tabulate(methods.Corrector(case, settings))
    rows = table.set_index("method")
    before = rows.loc["none", "response_after"]
    assert before > 0.3
    assert abs(rows.loc["p_clarc", "response_after"]) < 0.4 * before
    assert abs(rows.loc["cleaning", "response_after"]) < 0.7 * before
