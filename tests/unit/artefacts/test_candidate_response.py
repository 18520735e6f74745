"""candidate_response: a mark in other classes raises its class where the network uses it."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from unhans.artefacts import candidate_response
from unhans.artefacts.pieces import Pieces
from unhans.choices import Placement
from unhans.detection import group_search
from unhans.detection.indicators import INDICATORS
from unhans.errors import InputError
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store
from unhans.networks.registry import Network

RECIPE = store.Recipe("test", {}, "x")
PLANTED = {
    **{"per_class": 40, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "corner", "class": "1", "rate": 0.25, "seed": 0}],
}


class Cornered(nn.Module):
    """Rates class 1 the higher the brighter the marked corner is, if it uses the corner."""

    def __init__(self, uses):
        super().__init__()
        self.uses = nn.Parameter(torch.tensor(float(uses)))

    def forward(self, x):
        corner = x[:, 0, -4:, -4:].mean(dim=(1, 2))
        logits = torch.zeros(len(x), 3)
        logits[:, 0] = 1
        logits[:, 1] = 8 * self.uses * corner
        return logits


@pytest.fixture
def sources(tmp_path):
    stages = {"corpus": [], "attribution": [], "group_search": []}
    for index, class_id in enumerate("012"):
        made = of_digits(Entry(class_id, class_id, class_id, index), settings_of(**PLANTED))
        images = made.arrays["image"].astype(np.float32)
        found = group_search.find_groups(images, images=made.arrays["image"])
        content = {
            "corpus": (dict(made.arrays), made.notes),
            "attribution": ({"heatmap": images, "image": np.arange(len(images))}, {}),
            "group_search": (group_search.arrays(found), {}),
        }
        for stage, (arrays, notes) in content.items():
            path = tmp_path / stage / f"{class_id}.zarr.zip"
            store.write(path, arrays, RECIPE, notes=notes)
            stages[stage].append(str(path))
    opened = {stage: store.classes(paths) for stage, paths in stages.items()}
    return candidate_response.Sources(**opened)


def tabulate(sources, uses, flagged=(("1", "grouped"),), two_sided=(), nearest=()):
    network = Network(Cornered(uses), list, None, 3, "0")
    return candidate_response.tabulate(
        *(list(flagged), sources, network),
        **{"root": None, "two_sided": two_sided, "nearest": nearest, "images": 30, "seed": 0},
    )


def test_a_mark_that_is_used_raises_its_class_and_the_control_does_not(sources):
    table, arrays = tabulate(sources, uses=1)
    row = table[table["kept"]].iloc[0]
    assert row["kind"] == "fixed"
    assert row["conclusion"] == "used"
    assert row["difference_low"] > 0.3
    assert table["kind"].tolist() == ["fixed", "free", "pieces"]
    assert table["suggested"].tolist() == [True, False, False]
    assert list(table.columns) == candidate_response.COLUMNS
    assert (row["class"], row["images"]) == ("1", 30)
    assert row["probability_low"] <= row["probability_change"] <= row["probability_high"]
    assert row["probability_change"] > 0.5
    assert row["rank_change"] > 0.9
    assert abs(row["control_probability_change"]) < 0.02
    mask, template = arrays["mask"][0], arrays["template"][0]
    assert mask[-4:, -4:].mean() > 0.7
    assert mask[:20].sum() == 0
    assert template.shape == (1, 28, 28)
    assert row["pixels"] == mask.sum()


def test_a_mark_that_is_not_used_changes_nothing(sources):
    table = tabulate(sources, uses=0)[0]
    row = table.iloc[0]
    assert row["conclusion"] == "unused"
    assert "used" not in table["conclusion"].tolist()
    assert row["probability_change"] == row["rank_change"] == 0
    assert row["probability_low"] == row["probability_high"] == 0


def test_both_sides_are_tried_where_the_artefact_may_be_in_the_other_images(sources):
    table, arrays = tabulate(sources, uses=1, two_sided={("1", "grouped")})
    assert table["side"].tolist() == 3 * ["group"] + 3 * ["others"]
    assert table["kept"].tolist() == [True] + 5 * [False]
    assert len(arrays["mask"]) == 1  # what is suggested is of the group


def test_a_group_of_a_class_that_is_not_flagged_is_tried_on_fewer_images(sources, monkeypatch):
    monkeypatch.setattr(candidate_response, "FEW", 12)
    groups = [("1", "grouped"), ("2", "content")]
    table, _ = tabulate(sources, uses=1, flagged=groups, nearest=groups[1:])
    assert table.groupby("class")["images"].unique().map(list).to_dict() == {"1": [30], "2": [12]}


def test_a_group_of_a_class_that_is_not_flagged_is_tried_as_a_whole_alone(sources):
    # The group that is no finding stands between the others.
    groups = [("1", "grouped"), ("2", "content"), ("1", "content")]
    alone, _ = tabulate(sources, uses=1, flagged=groups[:1])
    table, arrays = tabulate(sources, uses=1, flagged=groups, nearest=groups[1:])
    assert candidate_response.suggested(table) == [groups[0], groups[2]]
    assert len(arrays["mask"]) == len(arrays["template"]) == 2
    _, last = tabulate(sources, uses=1, flagged=groups[2:], nearest=groups[2:])
    np.testing.assert_array_equal(arrays["mask"][1], last["mask"][0])
    flagged, nearest = (
        table[table["indicator"] == "grouped"],
        table[table["indicator"] != "grouped"],
    )
    # Intervals are no wider for the others.
    pd.testing.assert_frame_equal(flagged.reset_index(drop=True), alone, check_dtype=False)
    assert set(nearest["kind"]) == set(candidate_response.WHOLE)
    assert nearest.groupby("class")["kept"].sum().tolist() == [1, 1]
    assert set(nearest.loc[nearest["kept"], "kind"]) <= set(candidate_response.STATISTICS)
    used = set(nearest.loc[nearest["conclusion"] == "used", "class"])
    assert used == set(nearest.loc[nearest["suggested"], "class"]) == {"1"}  # others are no finding


def test_every_indicator_says_what_is_looked_for():
    assert set(candidate_response.KINDS) == set(INDICATORS)
    suggested = [
        set(kinds) & set(get_args(Placement)) for kinds in candidate_response.KINDS.values()
    ]
    assert all(suggested)


def test_without_flagged_groups_the_table_is_empty(sources):
    table, arrays = tabulate(sources, uses=1, flagged=())
    assert list(table.columns) == candidate_response.COLUMNS
    assert (len(table), arrays) == (0, {})


@pytest.mark.parametrize("others", [0, 1])
def test_without_images_of_other_classes_no_experiment_is_made(sources, others, monkeypatch):
    def few(class_id, *_):
        if not others:
            raise InputError(f"class {class_id}: the other classes hold no image to change")
        return np.zeros((others, 1, 28, 28), dtype=np.float32)

    monkeypatch.setattr(candidate_response.sampling, "others", few)
    table, artefacts = tabulate(sources, uses=1, flagged=[("1", "grouped"), ("2", "content")])
    assert table.empty
    assert list(table.columns) == candidate_response.COLUMNS
    assert artefacts == {}
    assert candidate_response.suggested(table) == []


def test_images_of_a_group_are_not_kept_until_the_last(sources, monkeypatch):
    kept = []
    table = candidate_response._table

    def watched(flagged, found, families):
        kept.extend(made.experiment.found for tried in found for made in tried)
        return table(flagged, found, families)

    monkeypatch.setattr(candidate_response, "_table", watched)
    found, _ = tabulate(sources, uses=1)
    pieces = [one for one in kept if isinstance(one, Pieces)]
    assert len(pieces) == 1
    for array in (pieces[0].images, pieces[0].masks):
        assert array.size == 0
        assert array.base is None
    assert found.set_index("kind").loc["pieces", "pixels"] > 0


def test_the_same_seed_gives_the_same_table(sources):
    assert tabulate(sources, uses=1)[0].equals(tabulate(sources, uses=1)[0])


def test_artefacts_say_what_they_come_from(sources, tmp_path):
    _, arrays = tabulate(sources, uses=1)
    store.write(tmp_path / "a.zarr.zip", arrays, RECIPE, inputs=sources.origins(["1"]))
    kept = store.read_attributes(tmp_path / "a.zarr.zip")["inputs"]
    group_search_of_1 = sources.group_search["1"].attributes
    assert kept == {"group_search of 1": group_search_of_1["fingerprint"]}
