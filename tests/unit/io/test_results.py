"""results: those of a run, as tables and labelled arrays."""

import numpy as np
import pandas as pd
import pytest

from unhans import paths
from unhans.errors import InputError, SetAsideError, StoreError
from unhans.io import store, tsv
from unhans.io.results import open_results
from unhans.io.store import Recipe
from unhans.paths import Analysis

FIRST = Analysis("digits", "vgg", "lrp", "none", "euclidean", 10, 4)
SECOND = FIRST._replace(metric="hellinger", knn=5)


@pytest.fixture
def folder(tmp_path):
    rows = [
        {**analysis._asdict(), "class": name, "n": 6, "tau": tau, "rank": rank}
        for analysis in (FIRST, SECOND)
        for name, tau, rank in (("007", 2.5, 1), ("8", 0.5, 2))
    ]
    tsv.write_tsv(pd.DataFrame(rows), tmp_path / "ranking.tsv")

    def write(stage, depth, analysis, arrays, **notes):
        path = paths.result(str(tmp_path), stage, depth, analysis, "007")
        recipe = Recipe(stage, {}, "code")
        store.write(path, arrays, recipe, notes=notes)

    random = np.random.default_rng(0)
    explained = {
        "heatmap": random.normal(size=(6, 3, 4)).astype(np.float32),
        "image": np.array([0, 1, 2, 4, 5, 6]),
        "prediction": np.arange(6),
        "rank": np.zeros(6, dtype=np.int32),
        "split": np.array([0, 0, 1, 1, 0, 1]),
    }
    write("attribution", 3, FIRST, explained, splits=["train", "val"])
    for q, analysis in enumerate((FIRST, SECOND), start=2):
        spectrum = {"eigenvalue": np.arange(q) / 10, "embedding": random.normal(size=(6, q))}
        write("embedding", 7, analysis, spectrum)
        labels = random.integers(0, 2, (3, 6)).astype(np.int32)
        made = {"k": np.array([2, 3, 4]), "labels": labels, "nested": 1 - labels}
        write("clustering", 7, analysis, made)
    return tmp_path


def test_the_ranking_is_a_table_of_its_own(folder):
    results = open_results(folder)
    table = results.ranking()
    assert table["class"].tolist() == ["007", "8"] * 2
    assert table["tau"].tolist() == [2.5, 0.5] * 2
    table["tau"] = 0
    assert results.ranking()["tau"].max() == 2.5
    assert results.analyses() == [FIRST, SECOND]


def test_heatmaps_know_their_images(folder):
    maps = open_results(folder).heatmaps("007")
    assert maps.dims == ("image", "y", "x")
    assert maps.dtype == np.float32
    assert maps.coords["image"].values.tolist() == [0, 1, 2, 4, 5, 6]
    assert maps.sel(image=4).coords["split"].item() == "val"
    assert maps.attrs == {"corpus": "digits", "model": "vgg", "composite": "lrp", "class": "007"}


def test_spectra_and_clusters_are_those_of_the_analysis_that_fields_name(folder):
    results = open_results(folder)
    spectrum = results.spectra("007", metric="hellinger")
    assert spectrum["eigenvalue"].values.tolist() == [0.0, 0.1, 0.2]
    assert spectrum["embedding"].dims == ("image", "eigenpair")
    assert spectrum.attrs["metric"] == "hellinger"
    clusters = results.clusters("007", knn=10)
    assert clusters.dims == ("k", "image")
    assert clusters.sel(k=3).shape == (6,)
    assert clusters.attrs["q"] == 4
    drawn = results.clusters("007", knn=10, drawn=True)
    assert np.array_equal(drawn, 1 - clusters)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "2 analyses match no field; expected one of: digits/vgg/lrp/none/euclidean/knn10/q4;"),
        ({"metric": "wasserstein"}, "0 analyses match metric='wasserstein'"),
        ({"metrics": "euclidean"}, "unknown field 'metrics'; expected some of corpus"),
        ({"metric": ["euclidean"]}, r"^metric is \['euclidean'\]; expected a name or a number$"),
    ],
)
def test_fields_that_name_no_single_analysis_are_refused(folder, fields, message):
    with pytest.raises(InputError, match=message):
        open_results(folder).spectra("007", **fields)


@pytest.mark.parametrize("name", ["knn", "q"])
@pytest.mark.parametrize("values", [["10", "many"], ["10", ""], ["10", "2.5"], ["10", "inf"]])
def test_a_ranking_whose_numbers_are_none_is_named_with_its_column(tmp_path, name, values):
    rows = [{**FIRST._asdict(), "class": "1", name: value} for value in values]
    tsv.write_tsv(pd.DataFrame(rows), tmp_path / "ranking.tsv")
    results = open_results(tmp_path)
    with pytest.raises(StoreError, match=rf"ranking\.tsv: column '{name}' is not numeric"):
        results.analyses()


def test_a_ranking_without_a_column_is_named_with_it(tmp_path):
    table = pd.DataFrame([{**FIRST._asdict(), "class": "1"}]).drop(columns="metric")
    tsv.write_tsv(table, tmp_path / "ranking.tsv")
    results = open_results(tmp_path)
    with pytest.raises(StoreError, match=r"ranking\.tsv: no column 'metric'; expected"):
        results.heatmaps("1")


def test_what_is_not_there_is_named(folder, tmp_path):
    with pytest.raises(StoreError, match=r"attribution/8\.zarr\.zip"):
        open_results(folder).heatmaps("8")
    with pytest.raises(StoreError, match=r"ranking\.tsv"):
        open_results(tmp_path / "nowhere")
    path = paths.result(str(folder), "attribution", 3, FIRST, "8")
    store.write_set_aside(path, Recipe("attribution", {}, "code"), "too few images")
    with pytest.raises(SetAsideError, match="too few images"):
        open_results(folder).heatmaps("8")


@pytest.mark.parametrize("class_id", [8, None, "", "../8", "a\nb", "a\0", ["8"]])
def test_a_class_is_named_by_its_id(folder, class_id):
    results = open_results(folder)
    for read in (results.heatmaps, results.spectra, results.clusters):
        with pytest.raises(
            InputError, match=r"^class_id is .*; expected the id of a class, as '3'$"
        ):
            read(class_id, metric="euclidean")


def test_a_class_that_is_not_there_is_refused_with_those_that_are(folder):
    table = tsv.read_tsv(folder / "ranking.tsv", ["class"])
    tsv.write_tsv(table.assign(name=["tench", "8"] * 2), folder / "ranking.tsv")
    results = open_results(folder)
    assert repr(results) == f"Results({str(folder)!r}): 2 classes, 4 rows"
    for read in (results.heatmaps, results.spectra, results.clusters):
        with pytest.raises(
            InputError, match=r"no class has the id 'tench'; expected one of '007' \(tench\), '8'$"
        ):
            read("tench", metric="euclidean")


def test_classes_of_other_corpora_are_not_offered(folder):
    table = tsv.read_tsv(folder / "ranking.tsv", ["class"])
    other = table.assign(corpus="photos", **{"class": "dog"})
    tsv.write_tsv(pd.concat([table, other]), folder / "ranking.tsv")
    with pytest.raises(InputError, match=r"no class has the id 'dog'; expected one of '007', '8'$"):
        open_results(folder).heatmaps("dog", corpus="digits")
    with pytest.raises(StoreError, match="no such result"):
        open_results(folder).heatmaps("dog", corpus="photos")


def test_a_ranking_without_rows_has_no_analyses(tmp_path):
    columns = [*FIRST._asdict(), "class", "tau"]
    tsv.write_tsv(pd.DataFrame(columns=columns), tmp_path / "ranking.tsv")
    assert open_results(tmp_path).analyses() == []
    with pytest.raises(InputError, match=r"^0 analyses match no field; expected one of: none$"):
        open_results(tmp_path).heatmaps("3")
