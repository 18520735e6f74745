"""features_page: pages of features, with their images, on which nothing of a name is code."""

import html.parser
from types import SimpleNamespace

import numpy as np
import pages
import pytest

from unhans.features import sensitivity
from unhans.features.sensitivity import Scores
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store
from unhans.reporting import features_page

NAN = float("nan")
DIGITS = {"source": "digits", "per_class": 12, "validation": 0.25, "seed": 0, "blur": 0, "noise": 0}
HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture
def results(tmp_path):
    """Results of a class of hostile names, and of one that was set aside."""
    made = of_digits(Entry("3", "3", HOSTILE, 3), settings_of(**DIGITS, planting=[]))
    recipe = store.Recipe("corpus", {}, "x")
    files = {stage: tmp_path / stage for stage in ("corpus", "neurons", "sensitivity")}
    for name in "39":
        store.write(files["corpus"] / f"{name}.zarr.zip", made.arrays, recipe, notes=made.notes)
    random = np.random.default_rng(0)
    arrays = {
        "image": np.arange(12),
        "member": np.ones(12, dtype=bool),
        "activation": random.random((12, 4)).astype(np.float32),
        "neuron": np.array([2]),
        "alpha": random.normal(size=(12, 1)),
        "neuron_mask": random.random((1, 12, 3, 3)).astype(np.float16),
        "component_mask": random.random((1, 12, 3, 3)).astype(np.float16),
    }
    store.write(files["neurons"] / "3.zarr.zip", arrays, recipe)
    rows = [
        {
            **dict.fromkeys(sensitivity.COLUMNS, NAN),
            "feature": name,
            "label": label,
            "source": source,
        }
        for name, label, source in (("neuron2", "spurious", "person"), ("component1", "unsure", ""))
    ]
    table = sensitivity.as_array(rows, Scores(0.9, 0.5, 0.8, NAN, NAN))
    attack = np.zeros((1, 1, 28, 28), dtype=np.uint8)
    kept = {
        "mask_feature": np.zeros(5, dtype=np.int64),
        "mask_image": np.argsort(-arrays["activation"][:, 2])[:5],
        "mask": np.zeros((5, 6, 6), dtype=np.float16),
    }
    measured = {"table": table, "attack": attack, "spuriosity": np.arange(12.0), **kept}
    path = files["sensitivity"] / "3.zarr.zip"
    store.write(path, measured, recipe, notes={"layer": "<b>"})
    store.write_set_aside(files["sensitivity"] / "9.zarr.zip", recipe, "no <b>pooling</b>")
    read = {
        name: store.classes(sorted(map(str, folder.iterdir()))) for name, folder in files.items()
    }
    return SimpleNamespace(**read)


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def test_a_page_shows_both_ends_of_components_and_the_attack(results):
    network = (HOSTILE, "m")
    ((name, page),) = features_page.pages(
        results.corpus,
        results.neurons,
        results.sensitivity,
        root=None,
        transform=None,
        network=network,
    )
    tags = Tags(page.decode())
    assert name == "3.html"
    assert len(tags.of("img")) == 2 * 5 + 1 + 2 * 2 * 5 + 2 * 5
    assert len(tags.of("script")) == 1
    assert tags.of("body")[0]["data-corpus"] == HOSTILE
    assert {one["value"] for one in tags.of("input") if one["type"] == "radio"} == set(
        features_page.ANSWERS
    )
    assert all(one["src"].startswith("data:image/jpeg;base64,") for one in tags.of("img"))


def test_the_index_leads_to_the_pages_and_says_what_failed(results):
    page = features_page.index(results.corpus, results.sensitivity, ("d", "m"))
    tags = Tags(page)
    assert [one["href"] for one in tags.of("a")] == ["features/3.html"]
    assert not tags.of("script")
    assert not tags.of("b")
    assert "with noise on spurious features 50% (elsewhere 80%)" in page


def test_no_name_adds_an_element(results):
    def structures(name):
        network = (name, name)
        page = features_page.index(results.corpus, results.sensitivity, network)
        given = (results.corpus, results.neurons, results.sensitivity)
        ((_, own),) = features_page.pages(*given, root=None, transform=None, network=network)
        return pages.outline(page), pages.outline(own.decode())

    plain = structures("plain")
    for name in pages.NAMES:
        assert structures(name) == plain, name


def test_a_mask_colours_an_image():
    image = np.full((2, 2), 100, dtype=np.uint8)
    made = features_page.overlaid(image, np.array([[0, 1], [0, 0.5]]))
    assert made[0, 0].tolist() == [100, 100, 100]
    assert made[0, 1, 0] > 150
    assert features_page.overlaid(np.stack([image] * 3, -1), np.zeros((2, 2))).shape == (2, 2, 3)
