"""tables: tables 1 to 4 from results, beside the paper's values, as TSV, Markdown and LaTeX."""

import numpy as np
import pandas as pd
import pytest

from unhans.io import tsv
from unhans.paper import tables as paper

ANALYSIS = {
    **{"corpus": "imagenet", "model": "vgg16", "composite": "epsilon_plus_flat"},
    **{"representation": "none", "metric": "euclidean", "knn": 10, "q": 32},
}


def ranking():
    laptop, other = ("n03642806", "laptop"), ("n02123045", "tabby_cat|x")
    rows = [
        {**ANALYSIS, "class": laptop[0], "name": laptop[1], "n": 1300, "tau": 4.5, "rank": 1},
        {**ANALYSIS, "class": other[0], "name": other[1], "n": 900, "tau": 0.5, "rank": 2},
        {**ANALYSIS, "class": "n1", "name": "aside", "n": pd.NA, "tau": np.nan, "rank": pd.NA},
        {**ANALYSIS, "metric": "hellinger", "class": other[0], "name": "b", "tau": 9, "rank": 1},
    ]
    return pd.DataFrame(rows)


def responses():
    first = {name: ANALYSIS[name] for name in ("corpus", "model", "composite")}
    first |= {"artefact": "mark", "class": "n02123045", "images": 50, "area": 0.1}
    rows = []
    for place, name in enumerate(("insertion", "control", "removal", "removal_control")):
        values = {column: place + at / 10 for at, column in enumerate(paper.CHANGES)}
        rows.append({**first, "perturbation": name, **values})
    return pd.DataFrame(rows)


def unhansed():
    first = {name: ANALYSIS[name] for name in ("corpus", "model", "composite")}
    first |= {"artefact": "mark", "class": "n03417042"}
    rows = []
    for subset, start in (("A", 0.5), ("B", 0.7)):
        for epoch in (0, 10):
            accuracies = {"accuracy_clean": start + epoch / 100, "accuracy_attacked": start}
            rows.append({**first, "subset": subset, "epoch": epoch, **accuracies})
    return pd.DataFrame(rows)


def test_table_1_ranks_the_first_analysis_and_shows_the_papers_tau():
    table = paper.tau_table(ranking(), top=5)
    assert table["class"].tolist() == ["n03642806", "n02123045"]
    assert table["paper"].tolist() == pytest.approx([4.77, np.nan], nan_ok=True)
    assert len(paper.tau_table(ranking(), top=1)) == 1


def test_table_2_is_the_last_epoch_of_both_trainings_on_both_kinds_of_images():
    table = paper.cleaning_table(unhansed(), {"imagenet/n03417042": "garbage truck"})
    assert (table["epochs"] == 10).all()
    assert table[["trained", "validated"]].agg("".join, axis=1).tolist() == ["AA", "AB", "BA", "BB"]
    assert table["accuracy"].tolist() == pytest.approx([0.6, 0.5, 0.8, 0.7])
    assert table["paper"].tolist() == [0.982, 0.964, 0.998, 0.998]
    assert (table["name"] == "garbage truck").all()


@pytest.mark.parametrize(
    ("number", "done", "control", "place"),
    [(3, "insertion", "control", 0), (4, "removal", "removal_control", 2)],
)
def test_tables_3_and_4_hold_the_changes_beside_their_controls(number, done, control, place):
    names = paper.names_of(ranking())
    table = paper.response_table(number, responses(), names, done, control)
    row = table.iloc[0]
    assert len(table) == 1
    assert row["name"] == "tabby_cat|x"
    assert row["rank_change"] == place
    assert row["control_rank_change"] == place + 1
    assert row["control_probability_change"] == pytest.approx(place + 1.3)
    assert np.isnan(row["paper"])


def test_all_are_written_in_three_forms(tmp_path):
    made = paper.make(ranking(), [responses()], [unhansed()], top=5)
    outputs = [
        tmp_path / f"table{number}.{form}"
        for number in range(1, 5)
        for form in ("tsv", "md", "tex")
    ]
    tsv.write_each(paper.in_all_forms(made), outputs)
    tables = [path.name for path in tmp_path.iterdir() if path.suffix != ".sha256"]
    assert sorted(tables) == sorted(x.name for x in outputs)
    read = tsv.read_tsv(tmp_path / "table1.tsv")
    assert read["tau"].tolist() == [4.5, 0.5]
    markdown = (tmp_path / "table1.md").read_text().splitlines()
    assert markdown[0] == "| corpus | rank | class | name | n | tau | paper |"
    assert markdown[2] == "| imagenet | 1 | n03642806 | laptop | 1300 | 4.5 | 4.77 |"
    assert markdown[3].endswith(r"tabby_cat\|x | 900 | 0.5 |  |")
    latex = (tmp_path / "table1.tex").read_text()
    assert r"tabby\_cat" in latex
    assert r"\toprule" in latex
    assert "4 " in paper.describe(made, responses())


def test_without_accepted_artefacts_tables_2_to_4_are_empty(tmp_path):
    made = paper.make(ranking(), [], [], top=5)
    assert [len(table) for table in made.values()] == [2, 0, 0, 0]
    outputs = [tmp_path / f"table{n}.{form}" for n in (2, 3, 4) for form in ("tsv", "md", "tex")]
    tsv.write_each(paper.in_all_forms(made), outputs)
    assert all("class" in path.read_text() for path in outputs)
    nothing = paper.joined([], paper.CORRECTION)
    text = paper.describe(made, nothing)
    assert "no artefact of this configuration is accepted" in text
    assert "the table that correction.artefacts names" in text


def test_every_value_of_the_paper_names_a_class_of_imagenet():
    from unhans.images.class_index import imagenet

    known = pd.read_csv(paper.PAPER, sep="\t", dtype={"class": str})
    for row in known.to_dict("records"):
        assert imagenet()[row["class"]][1] == row["name"]
        assert row["table"] in (1, 2, 3, 4)
