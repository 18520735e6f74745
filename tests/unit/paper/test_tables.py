"""tables: tables 1 to 4 from results, beside the paper's values, as TSV, Markdown and LaTeX."""

import numpy as np
import pandas as pd
import pytest

from unhans.images.class_index import imagenet
from unhans.io import tsv
from unhans.paper import layout, published
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
    first |= {"artefact": "watermark", "class": "n03417042"}
    rows = []
    for subset, start in (("A", 0.5), ("B", 0.7)):
        for epoch in (0, 10):
            accuracies = {"accuracy_clean": start + epoch / 100, "accuracy_attacked": start}
            rows.append({**first, "subset": subset, "epoch": epoch, **accuracies})
    return pd.DataFrame(rows)


def test_table_1_ranks_the_first_analysis_and_shows_the_papers_tau():
    table = paper.tau_table(ranking(), top=5, bottom=1)
    assert table["class"].tolist() == ["n03642806", "n02123045"]
    assert table["part"].tolist() == ["highest", "highest"]
    assert table["paper"].tolist() == pytest.approx([4.77, np.nan], nan_ok=True)
    assert table["difference"].tolist() == pytest.approx([-0.27, np.nan], nan_ok=True)
    assert len(paper.tau_table(ranking(), top=1, bottom=0)) == 1


def all_ranked():
    """Return a ranking of all classes of ImageNet in their order, the last one set aside."""
    rows = [
        {**ANALYSIS, "class": name, "name": shown, "n": 9, "tau": 2000.0 - place, "rank": place + 1}
        for place, (name, (_, shown)) in enumerate(imagenet().items())
    ]
    rows[-1] |= {"tau": np.nan, "rank": pd.NA}
    return pd.DataFrame(rows)


def test_table_1_holds_both_ends_and_every_class_that_the_paper_names():
    table = paper.tau_table(all_ranked(), top=7, bottom=7)
    assert table["part"].value_counts().to_dict() == {"other": 14, "highest": 7, "lowest": 7}
    assert table["rank"].is_monotonic_increasing
    assert table["rank"].tolist()[-7:] == list(range(993, 1000))
    named = table[table["paper"].notna()]
    assert set(named["class"]) == set(published.classes(1))
    assert (named["difference"] == named["tau"] - named["paper"]).all()
    markdown = layout.to_markdown("table1", layout.laid_out("table1", table)).splitlines()
    parts = [line.split(" | ")[1] for line in markdown[4:]]
    assert parts == ["highest"] * 7 + ["lowest"] * 7 + ["other"] * 14


def test_every_cell_of_the_paper_is_found_in_its_table_where_its_class_is_analysed():
    made = paper.make(all_ranked(), [], [], top=1, bottom=1)
    cells = pd.read_csv(published.PAPER, sep="\t", dtype={"class": str}, keep_default_na=False)
    assert cells.groupby("table").size().to_dict() == {1: 14, 2: 4, 3: 18, 4: 18}
    places = {"tau": "paper", "rank": "paper", "probability": "paper_probability"}
    places["samples"] = "paper_images"
    for cell in cells.to_dict("records"):
        table = made[f"table{cell['table']}"]
        rows = table[table["class"] == cell["class"]]
        if cell["table"] > 1:
            rows = rows[rows["bias"] == cell["bias"]]
        if cell["table"] == 2:
            trained, validated = cell["row"].split(" on ")
            rows = rows[(rows["trained"] == trained) & (rows["validated"] == validated)]
        assert rows[places.get(cell["row"], "paper")].tolist() == [cell["value"]], cell
        name = f"table{cell['table']}"
        lines = layout.to_markdown(name, layout.laid_out(name, table)).splitlines()
        own = [line for line in lines if f"| {cell['name']} | {cell['bias']}" in line]
        form = {"tau": "{:.2f}", "rank": "{:.2f}", "probability": "{:.4f}", "samples": "{:.0f}"}
        text = form.get(cell["row"], "{:.1%}").format(cell["value"]).replace("%", " %")
        assert any(f" | {text} | " in line for line in own), cell
        rows = layout.to_latex(name, layout.laid_out(name, table)).splitlines()
        latex = text.replace("%", "\\%")
        assert any(f"& {latex} &" in f"{row} &" for row in rows), cell


def in_corpus(table, name):
    return table.assign(corpus=name)


def test_what_the_paper_measures_of_a_class_of_two_corpora_stands_there_once():
    both = pd.concat([in_corpus(all_ranked(), "imagenet"), in_corpus(all_ranked(), "artefacts")])
    made = paper.make(both, [], [in_corpus(unhansed(), "artefacts")], top=1, bottom=1)
    assert [len(made[f"table{number}"]) for number in (2, 3, 4)] == [4, 6, 6]
    assert made["table2"]["accuracy"].notna().all()
    first = in_corpus(responses(), "artefacts").assign(**{"class": "n04325704"})
    own = paper.make(both, [first.assign(artefact="mannequin_head")], [], 1, 1)["table3"]
    assert len(own) == 6
    assert set(own["corpus"]) == {"artefacts"}
    shown = layout.laid_out("table3", own)
    # In the order of the paper, whatever is measured.
    places = published.classes(3)
    assert shown.index.tolist()[:2] == [("stole", "rounded corners"), ("stole", "mannequin head")]
    assert [name for name, _ in shown.index] == sorted(
        (name for name, _ in shown.index),
        key=[imagenet()[place][1] for place in places].index,
    )


def test_rows_of_several_corpora_or_composites_say_which():
    one = responses()
    both = pd.concat([one, in_corpus(one, "second").assign(composite="gradient")])
    table = paper.response_table(3, both, {}, "insertion", "control")
    shown = layout.laid_out("table3", table)
    assert shown.index.names == ["corpus", "class", "bias"]
    assert shown.index.get_level_values(0).tolist() == ["imagenet", "second"]
    networks = ["vgg16, epsilon_plus_flat", "vgg16, gradient"]
    assert shown["network", ""].tolist() == networks
    trained = pd.concat([unhansed(), in_corpus(unhansed(), "second")])
    shown = layout.laid_out("table2", paper.cleaning_table(trained, {}))
    assert shown.index.names == ["corpus", "class", "artefact", "network"]
    assert len(shown) == 4


NASTY = r"a_b & 50% #1 $x$ ~t^2 \foo {z} <b>|`q` *s* [l](u) _e_ &lt;"


def test_names_are_shown_as_they_are_in_markdown_and_latex():
    table = paper.tau_table(all_ranked(), top=1, bottom=0).assign(name=NASTY)
    shown = layout.laid_out("table1", table)
    line = layout.to_markdown("table1", shown).splitlines()[4]
    cell = r"a_b \& 50% #1 \$x\$ \~t^2 \\foo {z} \<b\>\|\`q\` \*s\* \[l\](u) \_e\_ \&lt;"
    assert f" | {cell} | " in line
    latex = layout.to_latex("table1", shown)
    assert r"a\_b \& 50\% \#1 \$x\$ \textasciitilde t\textasciicircum 2 \textbackslash foo" in latex
    broken = layout.laid_out("table1", table.assign(name="two\n\nlines"))
    assert " | two lines | " in layout.to_markdown("table1", broken)
    long = layout.laid_out("table1", table.assign(name="x" * 200))
    assert "x" * 200 in layout.to_latex("table1", long)


def test_table_2_is_the_last_epoch_of_both_trainings_on_both_kinds_of_images():
    table = paper.cleaning_table(unhansed(), {"imagenet/n03417042": "garbage truck"})
    assert (table["epochs"] == 10).all()
    assert table[["trained", "validated"]].agg("".join, axis=1).tolist() == ["AA", "AB", "BA", "BB"]
    assert table["accuracy"].tolist() == pytest.approx([0.6, 0.5, 0.8, 0.7])
    assert table["paper"].tolist() == [0.982, 0.964, 0.998, 0.998]
    assert (table["name"] == "garbage truck").all()
    assert table["difference"].tolist() == pytest.approx([-0.382, -0.464, -0.198, -0.298])
    shown = layout.laid_out("table2", table)
    heads = ["", "ours", "paper", "difference", "ours", "paper", "difference"]
    assert shown.columns.get_level_values(1).tolist() == heads
    first = ["A", "60.0 %", "98.2 %", "-38.2", "50.0 %", "96.4 %", "-46.4"]
    assert shown.iloc[0].tolist() == first
    assert shown.index.tolist() == [("garbage truck", "watermark", "vgg16")] * 2


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


def test_an_artefact_is_the_papers_where_class_and_name_are():
    stole = "n04325704"
    first = {**responses().iloc[0].to_dict(), "class": stole, "rank_change": 60.0, "images": 2000}
    rows = [
        {**first, "artefact": "rounded_corners_vgg19", "model": "vgg19"},
        {**first, "artefact": "rounded_corners"},
        {**first, "artefact": "hat"},
    ]
    table = paper.response_table(
        3, pd.DataFrame(rows), {f"imagenet/{stole}": "stole"}, "insertion", "control"
    )
    assert table["bias"].tolist() == ["rounded corners", "rounded corners", "", "mannequin head"]
    expected = [58.14, 58.14, np.nan, 106.10]
    assert table["paper"].tolist() == pytest.approx(expected, nan_ok=True)
    assert table["difference"].tolist()[:2] == pytest.approx([1.86, 1.86])
    assert table["images"].tolist()[:3] == [2000] * 3
    assert pd.isna(table["rank_change"].iloc[3])
    line = layout.to_markdown("table3", layout.laid_out("table3", table)).splitlines()[5]
    cells = (
        "stole | rounded corners | vgg16 | 2000 | 2000 | 60.00 | 58.14 | +1.86 | 0.3000 | 0.0004"
    )
    assert line == f"| {cells} | +0.2996 |"
    assert published.bias_of(3, stole, "rounded_cornersx") == ""
    assert published.bias_of(3, "n02123045", "rounded_corners") == ""


def test_what_rounds_to_zero_has_no_minus():
    small = responses().assign(rank_change=-0.001, probability_change=-1e-6)
    table = paper.response_table(3, small, {}, "insertion", "control")
    shown = layout.laid_out("table3", table).iloc[0]
    assert (shown["rank", "ours"], shown["probability", "ours"]) == ("0.00", "0.0000")


def test_all_are_written_in_three_forms(tmp_path):
    made = paper.make(ranking(), [responses()], [unhansed()], top=5, bottom=5)
    outputs = [
        tmp_path / f"table{number}.{form}"
        for number in range(1, 5)
        for form in ("tsv", "md", "tex")
    ]
    tsv.write_each(layout.in_all_forms(made), outputs)
    tables = [path.name for path in tmp_path.iterdir() if path.suffix != ".sha256"]
    assert sorted(tables) == sorted(x.name for x in outputs)
    read = tsv.read_tsv(tmp_path / "table1.tsv")
    assert read["tau"].tolist() == [4.5, 0.5]
    markdown = (tmp_path / "table1.md").read_text().splitlines()
    assert markdown[0] == "Table 1. Classes of highest and of lowest tau."
    heads = "| corpus | part | class | rank | tau | tau (paper) | tau (difference) |"
    assert markdown[2] == heads
    assert markdown[4] == "| imagenet | highest | laptop | 1 | 4.50 | 4.77 | -0.27 |"
    assert markdown[5].endswith(r"tabby_cat\|x | 2 | 0.50 |  |  |")
    latex = (tmp_path / "table1.tex").read_text()
    assert r"tabby\_cat" in latex
    assert r"\toprule" in latex
    assert r"\multicolumn{3}{c}{tau}" in latex
    assert r"\caption{Classes of highest" in latex
    assert "98.2 \\%" in (tmp_path / "table2.tex").read_text()
    assert "4 " in paper.describe(made, responses())


def test_without_accepted_artefacts_tables_2_to_4_are_empty(tmp_path):
    made = paper.make(ranking(), [], [], top=5, bottom=5)
    assert [len(table) for table in made.values()] == [2, 0, 0, 0]
    outputs = [tmp_path / f"table{n}.{form}" for n in (2, 3, 4) for form in ("tsv", "md", "tex")]
    tsv.write_each(layout.in_all_forms(made), outputs)
    assert all("class" in path.read_text() for path in outputs)
    nothing = paper.joined([], paper.CORRECTION)
    text = paper.describe(made, nothing)
    assert "no artefact of this configuration is accepted" in text
    assert "the table that correction.artefacts names" in text


def test_every_value_of_the_paper_names_a_class_of_imagenet():
    known = pd.read_csv(published.PAPER, sep="\t", dtype={"class": str})
    for row in known.to_dict("records"):
        assert imagenet()[row["class"]][1] == row["name"]
