"""findings: scores by comparison of classes, false discoveries, places, and what is said."""

import warnings
import weakref
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from unhans.detection import findings, group_search, limits, sentences
from unhans.detection.indicators import INDICATORS
from unhans.errors import InputError, StoreError
from unhans.io import store, tsv

RECIPE = store.Recipe("group_search", {}, "c-1")
LINEAGE = {"group_search": {"parameters": {}, "code": "c-1"}}


def arrays_of(maps, contents):
    """Return what the stage `group_search` stores."""
    return group_search.arrays(group_search.search(maps, contents, bins=7, smallest=0.015, seed=0))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Ten classes: 3 has a mark in a corner, 5 shows something in the middle, 7 was set aside."""
    folder, random = tmp_path_factory.mktemp("results"), np.random.default_rng(0)
    paths = []
    for number in range(10):
        path = folder / f"{number}.zarr.zip"
        maps = random.gamma(2, size=(80, 14, 14)) * np.outer(*[np.hanning(14)] * 2)
        if number == 3:
            maps[:9, :2, :2] += 0.1 * maps[:9].sum(axis=(1, 2))[:, None, None]
        if number == 7:
            store.write_set_aside(path, RECIPE, "too few images", [])
        else:
            shown = random.random((80, 1, 7, 7))
            if number == 5:
                shown[:20, :, 3, 3] += 9
            store.write(path, arrays_of(maps, shown), RECIPE, notes={"n": 80, "pixels": 14})
        paths.append(str(path))
    return paths


def test_the_marked_class_is_flagged_and_described(results):
    found = findings.collect(store.classes(results), {"3": "three"}, LINEAGE, level=0.05)
    table = found.classes
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
    words = sentences.describe(found.indicators)
    assert "class three: 9 of 80 images form a group (p < " in words
    assert "class 5: 20 of 80 images form a group (p < " in words
    assert "by what they show in the middle, centre; " in words
    assert "in the top left corner" in words


def test_a_clean_corpus_is_said_to_be_clean(results):
    table = findings.collect(store.classes(results[:3]), {}, LINEAGE, level=0.05).classes
    assert sentences.describe(table) == "nothing stands out in 3 classes"
    row = table.iloc[0].to_dict()
    assert sentences.describe_class(row) == f"class {row['name']}: nothing stands out"


def test_classes_that_were_set_aside_are_not_said_to_be_clean(results):
    table = findings.collect(store.classes([*results[:3], results[7]]), {}, LINEAGE, level=0.05)
    said = "nothing stands out in 3 classes (1 more set aside)"
    assert sentences.describe(table.classes) == said
    assert sentences.describe(table.indicators) == "nothing stands out in 3 classes"


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
    assert sentences.describe_class(row) == (
        "class 5: 20 of 100 images have relevance at unusual places, each at its own (p = 0.004): "
        "30 % of it where the others have 5 %"
    )


def test_a_class_of_equal_images_stands_for_nothing(results, tmp_path):
    path = tmp_path / "zero.zarr.zip"
    arrays = arrays_of(np.ones((80, 14, 14)), np.zeros((80, 1, 7, 7)))
    store.write(path, arrays, RECIPE, notes={"n": 80, "pixels": 14})
    table = findings.collect(
        store.classes([*results, str(path)]), {}, LINEAGE, level=0.05
    ).classes.set_index("class")
    assert not table.loc["zero", "flagged"]
    assert table.loc["zero", "place"] == "nowhere in particular"
    assert table.loc["3", "flagged"]


def test_structureless_classes_of_few_images_are_seldom_flagged(tmp_path):
    flagged = []
    for number in range(40):
        random, paths = np.random.default_rng(number), []
        for name in "ab":
            paths.append(str(tmp_path / f"{number}" / f"{name}.zarr.zip"))
            arrays = arrays_of(random.gamma(2, size=(8, 14, 14)), random.random((8, 1, 7, 7)))
            store.write(paths[-1], arrays, RECIPE, notes={"n": 8, "pixels": 14})
        found = findings.collect(store.classes(paths), {}, LINEAGE, level=0.05)
        flagged += found.classes["flagged"].tolist()
    assert np.mean(flagged) <= 0.05


def test_no_value_is_enough_in_classes_of_equal_images(tmp_path):
    path = tmp_path / "equal.zarr.zip"
    arrays = arrays_of(np.ones((80, 14, 14)), np.zeros((80, 1, 7, 7)))
    arrays["scattered_null"] = np.zeros(4)
    store.write(path, arrays, RECIPE, notes={"n": 80, "pixels": 14})
    found = findings.collect(store.classes([str(path)]), {}, LINEAGE, level=0.05)
    assert found.indicators["needed"].isna().all()
    assert not found.indicators["flagged"].any()
    assert limits.describe(found)[1].startswith("No class can be flagged")


def test_a_table_without_places_of_the_other_images_can_be_read_again(tmp_path):
    table = pd.DataFrame({"class": ["a"], "indicator": ["scattered"], "others_place": [""]})
    tsv.write_tsv(table, tmp_path / "table.tsv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert findings.two_sided_groups(tsv.read_tsv(tmp_path / "table.tsv")) == set()


def test_in_a_class_without_any_relevance_nothing_is_sought():
    with pytest.raises(InputError, match="relevance is positive in 0 of 80 images"):
        arrays_of(np.zeros((80, 14, 14)), np.zeros((80, 1, 7, 7)))


def test_a_class_that_was_set_aside_is_not_said_to_be_clean(results):
    table = findings.collect(store.classes(results), {}, LINEAGE, level=0.05).classes
    row = table[table["class"] == "7"].iloc[0].to_dict()
    assert sentences.describe_class(row) == "class 7: set aside: too few images"


def test_without_any_class_that_can_be_judged_nothing_is_flagged(results):
    table = findings.collect(store.classes([results[7]]), {}, LINEAGE, level=0.05).classes
    assert not table["flagged"].any()
    assert table["p"].isna().all()


def test_tables_without_any_class_that_was_judged_can_be_read_again(results, tmp_path):
    found = findings.collect(store.classes([results[7]]), {}, LINEAGE, level=0.05)
    for name, table in found._asdict().items():
        tsv.write_tsv(table, tmp_path / f"{name}.tsv")
    kept = findings.Findings(*(tsv.read_tsv(tmp_path / f"{name}.tsv") for name in found._fields))
    assert list(kept.indicators.columns) == findings.INDICATOR_COLUMNS
    assert findings.groups_to_test(kept.indicators) == []
    assert sentences.describe(kept.indicators).startswith("nothing stands out")


def test_a_stale_result_is_refused(results):
    with pytest.raises(StoreError, match="stale: its stage 'group_search' was made with code c-1"):
        findings.collect(
            store.classes(results),
            {},
            {"group_search": {"parameters": {}, "code": "c-2"}},
            level=0.05,
        )


def test_a_single_outlier_is_no_group_that_an_artefact_can_be_isolated_from(tmp_path):
    rows = {"class": ["a", "b", "c"], "flagged": [True] * 3, "indicator": ["scattered"] * 3}
    table = pd.DataFrame({**rows, "also": False, "images": [1, 2, 59], "n": [60, 60, 60]})
    tsv.write_tsv(table, tmp_path / "findings.tsv")
    assert findings.groups_to_test(tsv.read_tsv(tmp_path / "findings.tsv")) == [("b", "scattered")]
    assert findings.groups_to_test() == []


def test_of_a_flagged_class_new_groups_that_stand_out_by_themselves_are_tested_too():
    long = pd.DataFrame(
        {
            "class": ["a", "a", "a", "a", "b", "b"],
            "indicator": ["rim", "window", "channels", "grouped", "rim", "style"],
            "flagged": [True, False, False, False, False, False],
            "group": [1, 1, 2, 3, 1, 2],
            "within": [0.01, 0.02, 0.03, 0.2, 0.01, 0.02],
        }
    )
    # Not: the same group again, what does not stand out, and a class that nothing flags.
    assert findings._also(long, 0.05).tolist() == [False, False, True, False, False, False]
    table = long.assign(also=findings._also(long, 0.05), images=20, n=60)
    assert findings.groups_to_test(table) == [("a", "rim"), ("a", "channels")]
    assert findings.groups_beside(table) == {("a", "channels")}


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
    assert len(findings.collect(watched, {}, LINEAGE, level=0.05).classes) == len(results)
    assert len(watched.alive) == len(results)
    assert max(watched.alive) <= 1


def marked_class(random, marked, wrong=(), n=80):
    """Arrays of a class of which some images have relevance in a corner."""
    maps = random.gamma(2, size=(n, 14, 14)) * np.outer(*[np.hanning(14)] * 2)
    maps[marked, :2, :2] += 0.1 * maps[marked].sum(axis=(1, 2))[:, None, None]
    ranks = np.ones(n, dtype=int)
    ranks[list(wrong)] = 2
    found = group_search.search(maps, bins=7, smallest=0.015, seed=0)
    return group_search.arrays(found, ranks)


def collected(folder, classes):
    paths = [folder / f"{number}.zarr.zip" for number in range(len(classes))]
    for path, arrays in zip(paths, classes, strict=True):
        store.write(path, arrays, RECIPE, notes={"n": 80, "pixels": 14})
    return findings.collect(store.classes(map(str, paths)), {}, LINEAGE, level=0.05)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_strong_group_in_one_of_two_or_three_classes_is_flagged(tmp_path, random, classes):
    marked = [np.arange(9), *[np.arange(0)] * (classes - 1)]
    found = collected(tmp_path, [marked_class(random, own) for own in marked])
    assert set(found.classes.loc[found.classes["flagged"], "class"]) == {"0"}
    first = found.indicators.iloc[0]
    assert (first["class"], first["indicator"], first["images"]) == ("0", "grouped", 9)
    assert first["value"] > first["needed"] > first["unflagged_high"]


def test_what_two_of_three_classes_have_is_no_rule(tmp_path, random):
    marked = np.arange(9), np.arange(12), np.arange(0)
    found = collected(tmp_path, [marked_class(random, own) for own in marked])
    assert set(found.classes.loc[found.classes["flagged"], "class"]) == {"0", "1"}


def whole_class(random, style, seen):
    """Arrays of a class with a group by its style, and by channels that see the same images or others."""
    arrays = marked_class(random, np.arange(0))
    for name, value, members in (("style", style, np.arange(8)), ("channels", 0.01, seen)):
        for key in ("members", "score", "gap", "where"):
            arrays[f"{name}_{key}"] = arrays[f"grouped_{key}"].copy()
        arrays[name], arrays[f"{name}_null"] = np.array([value]), arrays["grouped_null"].copy()
        arrays[f"{name}_members"][0] = np.isin(np.arange(80), members)
    return arrays


def test_of_the_nearest_classes_groups_that_may_differ_as_a_whole_are_tried(tmp_path, random):
    seen = [np.arange(8), np.arange(40, 60), np.arange(9, 30)]
    classes = [whole_class(random, 0.3 - 0.1 * k, own) for k, own in enumerate(seen)]
    paths = [tmp_path / f"{number}.zarr.zip" for number in range(3)]
    for path, arrays in zip(paths, classes, strict=True):
        store.write(path, arrays, RECIPE, notes={"n": 80, "pixels": 14})
    results = store.classes(map(str, paths))

    def tried(nearest):
        table = findings.collect(results, {}, LINEAGE, level=1e-9, nearest=nearest).indicators
        assert not table["flagged"].any()
        assert findings.groups_nearest(table) == set(findings.groups_to_test(table))
        return findings.groups_nearest(table), table["class"].drop_duplicates().tolist()

    assert tried(0)[0] == set()
    found, order = tried(2)
    assert {class_id for class_id, _ in found} == set(order[:2])
    everything, _ = tried(10)
    own = {one: {name for class_id, name in everything if class_id == one} for one in "012"}
    assert len(own["0"]) == 1  # both indicators have the same images
    assert own["1"] == own["2"] == {"style", "channels"}


def test_beside_a_flagged_class_only_others_are_tried(tmp_path, random):
    classes = [marked_class(random, np.arange(9)), whole_class(random, 0.1, np.arange(20, 30))]
    paths = [tmp_path / f"{number}.zarr.zip" for number in range(2)]
    for path, arrays in zip(paths, classes, strict=True):
        store.write(path, arrays, RECIPE, notes={"n": 80, "pixels": 14})
    results = store.classes(map(str, paths))
    table = findings.collect(results, {}, LINEAGE, level=0.05, nearest=10).indicators
    assert set(table.loc[table["flagged"], "class"]) == {"0"}
    assert {class_id for class_id, _ in findings.groups_nearest(table)} == {"1"}


def test_a_class_is_flagged_if_and_only_if_one_of_its_indicators_is(results):
    found = findings.collect(store.classes(results), {}, LINEAGE, level=0.05)
    by_class = found.indicators.groupby("class")
    classes = found.classes[found.classes["status"] == "ok"].set_index("class")
    pd.testing.assert_series_equal(
        by_class["q"].min(), classes["q"].sort_index(), check_names=False, check_dtype=False
    )
    assert (by_class["flagged"].any() == classes["flagged"].sort_index()).all()
    assert list(found.indicators.columns) == findings.INDICATOR_COLUMNS


def test_a_value_is_needed_at_which_the_class_would_just_be_flagged(tmp_path, random):
    classes = [marked_class(random, np.arange(0)) for _ in range(3)]
    needed = collected(tmp_path, classes).indicators.set_index(["class", "indicator"])["needed"]
    for factor, flagged in ((0.99, False), (1.01, True)):
        classes[1]["grouped"] = np.array([factor * needed["1", "grouped"]])
        classes[1]["scattered"] = np.array([1e-6])
        found = collected(tmp_path, classes).classes.set_index("class")
        assert found.loc["1", "flagged"] == flagged


def test_groups_of_errors_are_called_that(tmp_path, random):
    arrays = marked_class(random, np.arange(9), wrong=range(8))
    found = collected(tmp_path, [arrays, marked_class(random, np.arange(0))])
    row = found.indicators.iloc[0].to_dict()
    assert row["errors"] == pytest.approx(8 / 9)
    assert (row["errors_elsewhere"], row["errors_p"] < 1e-6) == (0, True)
    assert "; 89 % of them are errors of the network, of the others 0 %" in (
        sentences.describe_class(row)
    )
    row["errors_p"] = 0.2
    assert "errors" not in sentences.describe_class(row)


def test_the_artefact_may_be_in_the_larger_part(tmp_path, random):
    found = collected(
        tmp_path,
        [marked_class(random, np.arange(60)), marked_class(random, np.arange(0))],
    )
    row = found.indicators[found.indicators["class"] == "0"].iloc[0].to_dict()
    assert row["others_place"] == "in the top left corner"
    assert row["others_relevance"] > row["others_relevance_elsewhere"]
    row["flagged"] = True
    assert "; or the artefact is in the other 60, with " in sentences.describe_class(row)


def test_groups_are_described_alike_before_and_after_a_table_is_stored(tmp_path, random):
    made = collected(tmp_path, [marked_class(random, np.arange(n)) for n in (60, 9, 0)]).indicators
    assert 0 < made["others_place"].isna().sum() < len(made)
    tsv.write_tsv(made, tmp_path / "indicators.tsv")
    before, after = (
        [sentences.describe_group(row) for row in table.to_dict("records")]
        for table in (made, tsv.read_tsv(tmp_path / "indicators.tsv"))
    )
    assert before == after
    assert "nan" not in " ".join(after)


def test_the_same_group_has_one_number(tmp_path, random):
    found = collected(tmp_path, [marked_class(random, np.arange(9))]).indicators
    arrays = marked_class(random, np.arange(9))
    arrays["scattered_members"] = arrays["grouped_members"][:1]
    same = collected(tmp_path, [arrays]).indicators
    assert same["group"].tolist() == [1, 1]
    assert set(found["group"]) <= {1, 2}


@pytest.mark.parametrize(
    ("points", "elsewhere", "said"),
    [
        (23.4, 1.5, "by 23 points, rims of the others by 1.50"),
        (0.042, 0.001, "by 0.04 points, rims of the others by 0.00"),
    ],
)
def test_few_points_are_not_rounded_to_none(points, elsewhere, said):
    row = dict.fromkeys(("relevance", "relevance_elsewhere"), 0.5)
    row |= {"points": points, "points_elsewhere": elsewhere, "tried": 200.0}
    assert said in INDICATORS["rim"].describe(row, "p < 0.001")
