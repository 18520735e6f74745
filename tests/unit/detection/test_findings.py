"""findings: scores by comparison of classes, false discoveries, places, and what is said."""

import weakref
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from unhans.detection import findings, group_search
from unhans.errors import StoreError
from unhans.io import store, tsv

RECIPE = store.Recipe("group_search", {}, "c-1")
LINEAGE = {"group_search": {"parameters": {}, "code": "c-1"}}


def arrays_of(maps, contents):
    """Return what the stage `group_search` stores."""
    return group_search.arrays(group_search.search(maps, contents, bins=7, smallest=0.015, seed=0))


@pytest.fixture
def results(tmp_path, random):
    """Ten classes: 3 has a mark in a corner, 5 shows something in the middle, 7 was set aside."""
    paths = []
    for number in range(10):
        path = tmp_path / f"{number}.zarr.zip"
        maps = random.gamma(2, size=(80, 14, 14)) * np.outer(*[np.hanning(14)] * 2)
        if number == 3:
            maps[:9, :2, :2] += 0.1 * maps[:9].sum(axis=(1, 2))[:, None, None]
        if number == 7:
            store.write_set_aside(path, RECIPE, "too few images", [])
        else:
            shown = random.random((80, 1, 7, 7))
            if number == 5:
                shown[:20, :, 3, 3] += 9
            store.write(path, arrays_of(maps, shown), RECIPE, notes={"n": 80})
        paths.append(str(path))
    return paths


def test_the_marked_class_is_flagged_and_described(results):
    table = findings.collect(store.classes(results), {"3": "three"}, LINEAGE, level=0.05)
    assert list(table.columns) == findings.COLUMNS
    last = table.iloc[-1]
    by_class = table.set_index("class", drop=False)
    first, shown = by_class.loc["3"], by_class.loc["5"]
    assert (first["class"], first["name"], first["flagged"]) == ("3", "three", True)
    assert (first["indicator"], first["images"], first["place"]) == (
        *("grouped", 9, "in the top left corner"),
    )
    assert first["relevance"] > 0.2 > first["relevance_elsewhere"]
    assert (shown["indicator"], shown["images"], shown["place"]) == (
        *("content", 20, "in the middle, centre"),
    )
    assert set(table.loc[table["flagged"], "class"]) == {"3", "5"}
    assert (last["class"], last["status"]) == ("7", "set aside: too few images")
    assert pd.isna(last["score"])
    assert pd.isna(last["p"])
    assert not last["flagged"]
    words = findings.describe(table)
    assert "class three: 9 of 80 images form a group (p < " in words
    assert "class 5: 20 of 80 images form a group (p < " in words
    assert "by what they show in the middle, centre; " in words
    assert "in the top left corner" in words


def test_a_clean_corpus_is_said_to_be_clean(results):
    table = findings.collect(store.classes(results[:3]), {}, LINEAGE, level=0.05)
    assert findings.describe(table) == "nothing stands out in 3 classes"
    row = table.iloc[0].to_dict()
    assert findings.describe_class(row) == f"class {row['name']}: nothing stands out"


def test_outliers_are_described_as_such():
    row = {
        **{
            "name": "5",
            "status": "ok",
            "flagged": True,
            "indicator": "scattered",
            "images": 20,
            "n": 100,
            "p": 0.004,
        },
        **{"place": "", "relevance": 0.3, "relevance_elsewhere": 0.05},
    }
    assert findings.describe_class(row) == (
        "class 5: 20 of 100 images have relevance at unusual places, each at its own (p < 0.01): "
        "30 % of it where the others have 5 %"
    )


def test_a_class_without_any_relevance_stands_for_nothing(results, tmp_path):
    path = tmp_path / "zero.zarr.zip"
    arrays = arrays_of(np.zeros((80, 14, 14)), np.zeros((80, 1, 7, 7)))
    store.write(path, arrays, RECIPE, notes={"n": 80})
    table = findings.collect(
        store.classes([*results, str(path)]), {}, LINEAGE, level=0.05
    ).set_index("class")
    assert not table.loc["zero", "flagged"]
    assert table.loc["zero", "place"] == "nowhere in particular"
    assert table.loc["3", "flagged"]


def test_a_class_that_was_set_aside_is_not_said_to_be_clean(results):
    table = findings.collect(store.classes(results), {}, LINEAGE, level=0.05)
    row = table[table["class"] == "7"].iloc[0].to_dict()
    assert findings.describe_class(row) == "class 7: set aside: too few images"


def test_without_any_class_that_can_be_judged_nothing_is_flagged(results):
    table = findings.collect(store.classes([results[7]]), {}, LINEAGE, level=0.05)
    assert not table["flagged"].any()
    assert table["p"].isna().all()


def test_a_stale_result_is_refused(results):
    with pytest.raises(StoreError, match="stale: its stage 'group_search' was made with code c-1"):
        findings.collect(
            store.classes(results),
            {},
            {"group_search": {"parameters": {}, "code": "c-2"}},
            level=0.05,
        )


def test_scores_are_robust_deviations_of_logarithms(random):
    values = np.exp(random.normal(2, 0.5, 400))
    values[:20] *= 50
    scores = findings.standardised(values, 0.5)
    expected = (np.log(values) - np.median(np.log(values))) / 0.5
    assert scores[20:] == pytest.approx(expected[20:], abs=0.4)
    assert scores[:20].min() > scores[20:].max()
    # A unit of measurement changes nothing.
    assert findings.standardised(7 * values, 0.5) == pytest.approx(scores)


def test_a_handful_of_classes_leans_on_the_known_spread():
    equal = findings.standardised([1.0, 1.0, 1.0, 2.0], 0.25)
    assert equal[3] == pytest.approx(np.log(2) / np.sqrt(10 * 0.25**2 / 14))
    assert np.isnan(findings.standardised([np.nan, 1.0], 0.25)[0])
    assert list(findings.standardised([0.0, 0.0], 0.25)) == [0, 0]
    assert list(findings.standardised([3.0], 0.25)) == [0]
    assert findings.standardised([0.0, 1.0, 1.0], 0.25)[0] == 0


def test_p_values_are_those_of_the_largest_of_three_numbers(random):
    p = findings.p_value(np.array([1.5]), 10, 3)[0]
    assert p == pytest.approx(1 - stats.t.cdf(1.5, 19) ** 3)
    drawn = random.standard_t(19, size=(100_000, 3)).max(axis=1)
    assert np.mean(findings.p_value(drawn, 10, 3) < 0.05) == pytest.approx(0.05, abs=0.004)
    # Many classes: the spread is known, and the distribution normal.
    assert findings.p_value(np.array([3.0]), 10_000, 3)[0] == pytest.approx(
        1 - stats.norm.cdf(3.0) ** 3, rel=0.01
    )
    assert 0 < findings.p_value(np.array([30.0]), 10_000, 3)[0] < 1e-100


def test_false_discoveries_are_controlled(random):
    p_values = random.random((2000, 10))
    p_values[3, 4] = np.nan
    flagged = np.array([findings.adjusted(row) <= 0.05 for row in p_values])
    assert flagged.any(axis=1).mean() == pytest.approx(0.05, abs=0.015)
    assert np.isnan(findings.adjusted(p_values[3])[4])
    assert np.isnan(findings.adjusted(np.array([np.nan]))).all()


def test_a_single_outlier_is_no_group_that_an_artefact_can_be_isolated_from(tmp_path):
    rows = {"class": ["a", "b", "c"], "flagged": [True] * 3, "indicator": ["scattered"] * 3}
    table = pd.DataFrame({**rows, "images": [1, 2, 59], "n": [60, 60, 60]})
    tsv.write_tsv(table, tmp_path / "findings.tsv")
    assert findings.flagged_groups(tsv.read_tsv(tmp_path / "findings.tsv")) == {"b": "scattered"}
    assert findings.flagged_groups() == {}


def test_the_results_of_one_class_are_in_memory_at_a_time(results):
    class Watched(Mapping):
        """Results by class, and how many of them were alive when the next was opened."""

        def __init__(self):
            self.results, self.opened, self.alive = store.classes(results), [], []

        def __getitem__(self, class_id):
            found = self.results[class_id]
            self.alive.append(sum(one() is not None for one in self.opened))
            self.opened.append(weakref.ref(found))
            return found

        def __iter__(self):
            return iter(self.results)

        def __len__(self):
            return len(self.results)

    watched = Watched()
    assert len(findings.collect(watched, {}, LINEAGE, level=0.05)) == len(results)
    assert len(watched.alive) == len(results)
    assert max(watched.alive) <= 1


def test_indicators_of_classes_of_like_size_are_compared_as_they_are(random):
    values = random.lognormal(size=5)
    np.testing.assert_array_equal(
        findings.for_size(values, [100, 110, 120, 149, 150], -0.3), values
    )
    values[2] = np.nan
    np.testing.assert_array_equal(
        findings.for_size(values, [100, 110, np.nan, 149, 150], -0.3), values
    )
    assert np.isnan(findings.for_size([np.nan], [np.nan], -0.3)).all()


@pytest.mark.parametrize("power", findings.POWERS.values())
def test_indicators_that_follow_the_size_of_classes_say_nothing_after_the_correction(power):
    sizes = np.array([40, 80, 160, 320, 640, 950])
    corrected = findings.for_size(sizes**power, sizes, power)
    np.testing.assert_allclose(corrected, 240**power)
    marked = findings.for_size(np.where(sizes == 320, 9, 1) * sizes**power, sizes, power)
    assert marked.argmax() == 3


def test_a_small_class_of_noise_does_not_score_for_being_small():
    from unhans.detection.group_search import find_groups

    sizes = [40, 400, 410, 420, 430]
    draws = np.random.default_rng(0)
    gaps = [find_groups(draws.gamma(2, size=(n, 14, 14))).indicators["grouped"] for n in sizes]
    spread = findings.INDICATORS["grouped"]
    plain = findings.standardised(gaps, spread)[0]
    corrected = findings.standardised(
        findings.for_size(gaps, sizes, findings.POWERS["grouped"]), spread
    )
    assert corrected[0] < plain - 1
