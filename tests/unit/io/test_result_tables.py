"""result_tables: tables of a run, of all its corpora and networks."""

import warnings

import pandas as pd
import pytest

from unhans import paths
from unhans.errors import InputError, StoreError
from unhans.io import tsv
from unhans.io.results import open_results
from unhans.paths import Analysis

FIRST = Analysis("digits", "vgg", "lrp", "none", "euclidean", 10, 4)
GRID = [FIRST, FIRST._replace(metric="hellinger"), FIRST._replace(composite="flat")]
GRID += [FIRST._replace(corpus="photos", model="net")]


def write_ranking(folder, **columns):
    rows = [{**analysis._asdict(), "class": "007", **columns} for analysis in GRID]
    tsv.write_tsv(pd.DataFrame(rows), folder / "ranking.tsv")


@pytest.fixture
def folder(tmp_path):
    write_ranking(tmp_path, status="ok")

    def write(name, depth, analysis, **columns):
        table = pd.DataFrame(columns)
        tsv.write_tsv(table, paths.beside(str(tmp_path), depth, analysis, name))

    for place, analysis in enumerate(GRID):
        for name in ("findings.tsv", "findings_indicators.tsv"):
            write(name, 3, analysis, **{"class": ["007", "8"], "score": [place, 0]})
    for analysis in (GRID[0], GRID[3]):
        own = {"corpus": [analysis.corpus], "model": [analysis.model]}
        write("probes.tsv", 2, analysis, **own, **{"class": ["007"]})
        write("manifest.tsv", 1, analysis, image=["a"], path=["1/a.png"])
    return tmp_path


def test_tables_of_all_points_are_joined_each_once_and_name_their_point(folder):
    found = open_results(folder).findings()
    assert list(found.columns[:4]) == ["corpus", "model", "composite", "class"]
    assert found["composite"].tolist() == ["lrp", "lrp", "flat", "flat", "lrp", "lrp"]
    # Two analyses of one set of heatmaps share its table, which was written last by the second.
    assert found["score"].tolist() == [1, 0, 2, 0, 3, 0]
    assert found["class"].tolist() == ["007", "8"] * 3


def test_fields_choose_some(folder):
    results = open_results(folder)
    assert set(results.indicators(composite="flat")["composite"]) == {"flat"}
    assert results.probes(corpus="photos")["model"].tolist() == ["net"]
    assert list(results.probes().columns) == ["corpus", "model", "class"]
    assert results.manifest()["corpus"].tolist() == ["digits", "photos"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"corpus": "birds"}, r"^findings\.tsv: no analysis matches corpus='birds'; see analyses"),
        ({"knn": 10}, r"^unknown field 'knn'; expected some of corpus, model, composite$"),
        ({"corpus": ["digits"]}, r"^corpus is \['digits'\]; expected a name or a number$"),
    ],
)
def test_fields_that_choose_nothing_are_refused(folder, fields, message):
    with pytest.raises(InputError, match=message):
        open_results(folder).findings(**fields)


def test_a_table_that_is_not_there_is_named(folder):
    (folder / "digits/vgg/flat/findings.tsv").unlink()
    with pytest.raises(StoreError, match=r"digits/vgg/flat/findings\.tsv: no such table"):
        open_results(folder).findings()


@pytest.mark.parametrize("status", ["failed: no memory", "not computed"])
def test_a_partial_ranking_is_said(tmp_path, status):
    write_ranking(tmp_path, status="set aside: too few images")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_results(tmp_path)
    write_ranking(tmp_path, status=status)
    with pytest.warns(
        UserWarning, match=r"ranking\.tsv is partial: the run failed, and 4 of 4 rows"
    ):
        open_results(tmp_path)


def test_groups_are_read_by_their_point_and_their_names_stay_text(folder):
    rows = [
        {**dict(zip(("corpus", "model", "composite"), analysis[:3], strict=True)), "class": "007"}
        | {"source": "grouped", "group": "1", "indicator": "grouped", "analysis": "", "score": 2.5}
        for analysis in (GRID[0], GRID[2])
    ]
    table = pd.DataFrame(rows).assign(k=pd.NA, cluster=pd.NA)
    tsv.write_tsv(table, folder / "groups.tsv")
    results = open_results(folder)
    assert results.groups()["group"].tolist() == ["1", "1"]
    assert results.groups()["k"].isna().all()
    assert results.groups(composite="flat")["composite"].tolist() == ["flat"]
    assert len(results.groups(corpus="photos")) == 0
    attributes = table.assign(attribute="hospital", value=["007", "010"])
    tsv.write_tsv(attributes, folder / "group_attributes.tsv")
    assert results.group_attributes()["value"].tolist() == ["007", "010"]
    assert results.group_attributes()["group"].tolist() == ["1", "1"]
    assert results.group_attributes(composite="flat")["value"].tolist() == ["010"]
