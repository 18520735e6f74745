"""findings_page: findings in sentences, a picture of each flagged class, and of no other."""

import re
from types import SimpleNamespace

import numpy as np
import pages
import pandas as pd
import pytest
from PIL import Image

from unhans.artefacts import candidate_response
from unhans.detection import findings, group_search, limits
from unhans.features import sensitivity
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store
from unhans.reporting import findings_page, group_responses, html_table, standing
from unhans.reporting.explained import ExplainedClasses
from unhans.reporting.figures import style

RECIPE = store.Recipe("group_search", {}, "x")
LINEAGE = {"group_search": {"parameters": {}, "code": "x"}}
PLANTED = {
    **{"per_class": 60, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "corner", "class": "1", "rate": 0.25, "seed": 0}],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("made")
    stages = {"corpus": [], "attribution": [], "group_search": []}
    for index in range(5):
        entry = Entry(str(index), str(index), f"no. {index}", index)
        own = of_digits(entry, settings_of(**PLANTED))
        images = own.arrays["image"].astype(np.float32)
        images[:, -4:, -4:] *= 4  # the network looks at the mark
        n = len(images)
        explained = {
            **{"heatmap": images, "image": np.arange(n), "prediction": np.full(n, index)},
            "rank": np.ones(n, dtype=int),
        }
        content = {
            "corpus": (dict(own.arrays), own.notes),
            "attribution": (explained, {}),
            "group_search": (
                group_search.arrays(group_search.find_groups(images, images=own.arrays["image"])),
                {"n": n, "pixels": 28},
            ),
        }
        for stage, (arrays, notes) in content.items():
            path = tmp_path / stage / f"{index}.zarr.zip"
            store.write(path, arrays, RECIPE, notes=notes)
            stages[stage].append(str(path))
    record = tmp_path / "model.zarr.zip"
    store.write(record, {}, RECIPE, notes={"names": ["a", "b", "c"], "transform": None})
    names = {str(index): f"no. {index}" for index in range(5)}
    return (
        stages,
        str(record),
        findings.collect(store.classes(stages["group_search"]), names, LINEAGE, 0.05),
    )


def inserted(class_id, change, indicator="grouped"):
    values = dict.fromkeys(candidate_response.COLUMNS, 0.0)
    values |= {"class": class_id, "images": 200, "probability_change": change, "kind": "fixed"}
    values |= {"indicator": indicator, "side": "group", "kept": True, "conclusion": "used"}
    values |= {
        "difference": change,
        "difference_low": change - 0.2,
        "difference_high": change + 0.2,
    }
    values |= {"probability_low": change - 0.1, "probability_high": change + 0.1}
    return pd.DataFrame([values])


def draw(made, found, described, folder):
    """Draw what the script draws, into a folder."""
    stages, record, _ = made
    classes = ExplainedClasses(
        {stage: store.classes(paths) for stage, paths in stages.items()}, store.read(record), None
    )
    style.save_all(findings_page.draw(found, described, classes), folder)


def flagged(found, class_id, *indicators, also=()):
    """Return findings by which a class alone is flagged, by some indicators; others stand out also."""
    own = found.indicators
    chosen = (own["class"] == class_id) & own["indicator"].isin(indicators)
    return findings.Findings(
        found.classes.assign(flagged=(found.classes["class"] == class_id) & chosen.any()),
        own.assign(
            flagged=chosen, also=(own["class"] == class_id) & own["indicator"].isin(list(also))
        ),
    )


def test_a_finding_says_how_many_where_and_what_it_does(made):
    found = flagged(made[2], "1", "grouped")
    described = findings_page.rows(found, inserted("1", 0.38)).set_index("class")
    text = described.loc["1", "finding"]
    assert text.startswith("class no. 1: 15 of 60 images form a group (p < ")
    assert "in the bottom right corner" in text
    assert text.endswith(
        "putting what they share into 200 images of other classes raises the class by 38.0 points "
        "(28.0 to 48.0; control 0.0), its rank by 0.0 (control 0.0). The network uses it: 38.0 points "
        "beyond the control (18.0 to 58.0, for all experiments at once)"
    )
    assert described.loc["1", "value"] > described.loc["1", "needed"]
    assert described.loc["1", "usual"].count(" to ") == 1
    assert described.loc["0", "finding"].startswith("class no. 0: nothing stands out; clearest: ")


def test_each_indicator_that_stands_out_has_its_own_sentence_and_response(made):
    found = flagged(made[2], "1", "grouped", "content")
    responses = pd.concat([inserted("1", 0.38), inserted("1", 0.07, "content")])
    own = findings_page.rows(found, responses)
    own = own[own["class"] == "1"].set_index("indicator")["finding"]
    assert "raises the class by 38.0 points" in own["grouped"]
    assert "by what they show" in own["content"]
    assert "raises the class by 7.0 points" in own["content"]


@pytest.mark.parametrize("conclusion", ["used", "not testable"])
def test_a_group_beside_a_flagged_one_is_a_finding_if_the_network_uses_it(made, conclusion):
    found = flagged(made[2], "1", "grouped", also=["content"])
    second = inserted("1", 0.07, "content").assign(conclusion=conclusion)
    described = findings_page.rows(found, pd.concat([inserted("1", 0.38), second]))
    row = described[described["class"] == "1"].set_index("indicator").loc["content"]
    assert row["finding"].startswith("class no. 1: less clearly, ")
    assert "raises the class by 7.0 points" in row["finding"]
    assert (row["flagged"], row["also"]) == (conclusion == "used", True)
    drawn = findings_page.pictured(described)
    assert (drawn["class"] == "1").tolist() == [True, True, *[False] * 4]  # one of each other class
    lines = findings_page.describe(found, described)
    assert len(lines.splitlines()) == (2 if conclusion == "used" else 1)


@pytest.mark.parametrize("conclusion", ["used", "unused"])
def test_a_class_that_is_not_flagged_is_a_finding_if_the_network_uses_its_group(made, conclusion):
    found = flagged(made[2], "1", "grouped")
    table = found.indicators
    table.loc[(table["class"] == "0") & (table["indicator"] == "content"), "also"] = True
    tried = inserted("0", 0.2, "content").assign(conclusion=conclusion, kind="style")
    responses = pd.concat([inserted("1", 0.38), tried])
    described = findings_page.rows(found, responses)
    (row,) = described[described["class"] == "0"].to_dict("records")
    assert row["flagged"] == (conclusion == "used")
    assert row["finding"].startswith(
        "class no. 0: less clearly, "
        if row["flagged"]
        else "class no. 0: nothing stands out; clearest: "
    )
    assert (row["indicator"] == "content") or not row["flagged"]
    lines = findings_page.describe(found, described).splitlines()
    assert len(lines) == (2 if row["flagged"] else 1)
    listed = standing.listed(table, responses)
    assert ("0" in set(listed["class"])) == row["flagged"]
    assert any("1 classes that are not flagged" in said for said in limits.describe(found))


def test_classes_that_an_experiment_calls_used_come_first(made):
    found = flagged(made[2], "1", "grouped")
    nearest = str(found.classes["class"].iloc[2])
    plain = findings_page.rows(found, inserted("1", 0.0).assign(conclusion="unused"))
    used = findings_page.rows(found, inserted(nearest, 0.3, "channels"))
    assert plain["class"].tolist() == found.classes["class"].astype(str).tolist()
    others = [name for name in plain["class"] if name != nearest]
    assert used["class"].tolist() == [nearest, *others]


def test_the_experiment_that_decides_is_told_and_the_others_are_named(made):
    kept = inserted("1", 0.3).assign(kind="appearance", side="others", conclusion="not testable")
    responses = pd.concat([inserted("1", 0.01).assign(kept=False), kept])
    described = findings_page.rows(flagged(made[2], "1", "grouped"), responses)
    text = described.set_index("class").loc["1", "finding"]
    assert (
        "applying what the other images differ by in colours, contrast and frequencies to" in text
    )
    assert ". Whether the network uses it is not testable: 30.0 points beyond" in text
    assert text.endswith("; other experiments: fixed 1.0")


def test_a_flagged_group_without_an_experiment_says_why(made):
    found, nothing = flagged(made[2], "1", "grouped"), inserted("1", 0.3).iloc[:0]
    own = found.indicators["flagged"].astype(bool)
    for images, reason in [
        (1, "cannot be isolated from one image, or against one"),
        (9, "fewer than two images of other classes can be changed"),
    ]:
        found.indicators.loc[own, "images"] = images
        described = findings_page.rows(found, nothing)
        said = described["finding"].str.endswith(reason)
        assert said.tolist() == described["flagged"].tolist()


def test_an_experiment_without_enough_images_has_no_number(made):
    kept = inserted("1", 0.3).assign(difference=np.nan, conclusion="not testable")
    other = inserted("1", 0.01).assign(kept=False, kind="style", difference=np.nan)
    described = findings_page.rows(flagged(made[2], "1", "grouped"), pd.concat([kept, other]))
    text = described.set_index("class").loc["1", "finding"]
    assert text.endswith(
        ": fewer than 10 images were changed; other experiments: style not measured"
    )


def test_a_fall_is_said_to_be_one(made):
    described = findings_page.rows(flagged(made[2], "1", "grouped"), inserted("1", -0.05))
    assert described["finding"].str.contains("lowers the class by 5.0 points").sum() == 1


def test_flagged_groups_are_drawn_then_the_clearest_others_and_what_was_there_goes(made, tmp_path):
    found = flagged(made[2], "1", "grouped", "scattered")
    folder = tmp_path / "findings"
    folder.mkdir()
    (folder / "09_old.png").write_text("of an earlier run")
    described = findings_page.rows(found, inserted("1", 0.38))
    draw(made, found, described, folder)
    names = sorted(path.name for path in folder.iterdir())
    assert {names[0][2:], names[1][2:]} == {"_1-grouped.png", "_1-scattered.png"}
    assert [name[:2] for name in names] == ["01", "02", "03", "04", "05", "06"]
    assert np.asarray(Image.open(folder / names[0])).std() > 10


def test_a_group_leads_to_its_picture(made, tmp_path):
    found = flagged(made[2], "1", "grouped", "scattered")
    described = findings_page.rows(found, inserted("1", 0.38))
    draw(made, found, described, tmp_path / "findings")
    page = findings_page.to_html(found, findings_page.with_pictures(described), ["all dark"])
    names = {path.name for path in (tmp_path / "findings").iterdir()}
    assert names == set(re.findall(r'<a href="findings/([^"]*)">picture</a>', page))
    assert page.index(findings_page.COVERING) < page.index("all dark")


def test_a_clean_corpus_shows_its_clearest_groups_and_says_what_was_looked_for(made, tmp_path):
    found = flagged(made[2], "none")
    described = findings_page.rows(found, inserted("1", 0.38).iloc[:0])
    draw(made, found, described, tmp_path / "findings")
    assert len(list((tmp_path / "findings").iterdir())) == 5 < findings_page.UNFLAGGED
    said = findings_page.describe(found, described)
    assert said.startswith("nothing stands out in 5 classes\nTested: 5 classes of 60 images.")
    page = findings_page.to_html(found, described)
    assert "class no. 3: nothing stands out; clearest: " in page
    assert limits.WITHIN in page


@pytest.mark.parametrize(
    ("change", "points"), [(0.38, "38.0"), (-0.02, "2.0"), (1.234e-4, "0.012"), (0.0, "0.0")]
)
def test_small_changes_are_said_with_more_digits(change, points):
    row = inserted("1", change).iloc[0].to_dict()
    assert f"the class by {points} points" in group_responses._answer(row)


def page(made, name, status):
    """The page of findings in which every class has one name and one status."""
    found = flagged(made[2], "1", "grouped", "content")
    responses = pd.concat([inserted("1", 0.38), inserted("1", 0.07, "content")])
    named = findings_page.Findings(
        found.classes.assign(name=name, status=status), found.indicators.assign(name=name)
    )
    described = findings_page.rows(named, responses)
    described["class"] = name
    return findings_page.to_html(named, described)


@pytest.mark.parametrize("status", ["ok", "set aside: {}"])
def test_a_page_has_the_same_elements_and_scripts_whatever_classes_are_called(made, status):
    plain = pages.structure(page(made, "plain", status.format("plain")))
    for name in pages.NAMES:
        assert pages.structure(page(made, name, status.format(name))) == plain, name


def test_a_class_leads_to_the_page_of_its_neural_features(tmp_path):
    described = pd.DataFrame({"class": ["1", "2", "3"], "finding": ["x"] * 3, "status": ["ok"] * 3})
    rows = [
        {
            **dict.fromkeys(sensitivity.COLUMNS, 0.5),
            "feature": name,
            "label": label,
            "source": "person",
        }
        for name, label in (("neuron7", "background"), ("component1", "core"))
    ]
    table = sensitivity.as_array(rows, sensitivity.Scores(1, 1, 1, 1, 1))
    measured = {
        "1": store.Result(tmp_path, {"status": "ok"}, {"table": table}),
        "2": store.Result(tmp_path, {"status": "set aside", "reason": "no pooling"}, {}),
    }
    found = findings_page.with_features(described.copy(), measured)
    link, aside, nothing = found["neural features"]
    assert link == ("spurious: neuron7 (person)", "../features/1.html")
    assert (aside, nothing) == ("none: no pooling", "")
    assert list(found.columns)[-1] == "status"
    page = html_table.to_html(found, "t", "c")
    assert '<a href="../features/1.html">spurious: neuron7 (person)</a>' in page
    assert findings_page.with_features(described, {}) is described


def test_a_group_has_the_attributes_that_go_with_it():
    described = pd.DataFrame(
        {"class": ["1", "1", "2"], "indicator": ["rim", "grouped", ""], "status": ["ok"] * 3}
    )
    where = {"corpus": "scans", "model": "net", "composite": "plus"}
    row = {
        "class": "1",
        "source": "rim",
        "attribute": "site",
        "value": "<b>North</b>",
        "group": 1,
        **where,
    }
    compared = pd.DataFrame([{**row, "share": 1.0, "share_elsewhere": 0.25, "q": 0.001}])
    fields = SimpleNamespace(**where)
    found = findings_page.with_attributes(described, [compared], fields)
    words = "100% have site = <b>North</b>, of the others 25%"
    assert found["attributes"].tolist() == [words, "", ""]
    assert list(found.columns)[-1] == "status"
    page = html_table.to_html(found, "t", "c")
    assert "site = &lt;b&gt;North&lt;/b&gt;" in page
    assert findings_page.with_attributes(described, [], fields) is described
