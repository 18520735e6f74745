"""site: the folder holds all that the page asks for, in one value that states the tables."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import explored
import numpy as np
import pages
import pandas as pd
import pytest
from PIL import Image

from unhans.errors import StoreError
from unhans.io import atomic, digests, store
from unhans.paths import Location
from unhans.probes.shortcuts import SHORTCUT, UNUSED
from unhans.reporting.explorer import overview, site

STATUS = {"results/digits/small_vgg/epsilon_plus_flat/explorer_class/2.zarr.zip": "ok"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    made = explored.Explored(tmp_path_factory.mktemp("explored"))
    run = made.run()
    neurons, measured, witnesses = made.features()
    tables = replace(run.tables, witnesses=witnesses)
    run = replace(run, tables=tables, neurons=neurons, measured=measured)
    return run, dict(site.files(run))


def value_of(files):
    text = files["overview.js"].decode("ascii")
    return json.loads(text.removeprefix(f"{site.CALL}(").removesuffix(");\n"))


def test_every_class_has_its_data_and_its_images_and_every_picture_that_is_named_is_there(made):
    _, files = made
    (own,) = value_of(files)["sets"]
    for one in own["classes"]:
        location = Location(explored.ANALYSES[0].explanation, one["id"])
        assert {site.place_of(location, end) for end in (".js", ".png")} <= set(files)
    drawn = [finding for finding in own["findings"] if "strip" in finding]
    assert drawn
    assert all(finding["strip"] in files for finding in drawn)


def test_the_ranking_is_that_of_the_table(made):
    run, files = made
    ranked = value_of(files)["analyses"]
    assert [own["path"] for own in ranked] == [own.comparison for own in explored.ANALYSES]
    table = run.tables.ranking.iloc[: len(ranked[0]["columns"]["tau"])]
    for name in ("class", "name", "tau", "accuracy", "tau_null"):
        assert ranked[0]["columns"][name] == table[name].tolist()


def test_the_page_needs_nothing_from_elsewhere_and_sets_no_markup_from_data(made):
    _, files = made
    page = files["index.html"].decode()
    sources = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert {name for name in sources if not name.startswith("data:")} <= set(files)
    assert "default-src 'none'" in page
    code = files["app.js"].decode()
    markup = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.html\(|\beval\(|new Function"
    )
    assert not re.search(markup, code)
    addresses = set(re.findall(r"https?://[\w./]+", code + page + files["style.css"].decode()))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_library_of_others_is_whole_and_has_its_licence(made):
    _, files = made
    assert files["d3.min.js"].startswith(b"// https://d3js.org v7.9.0")
    assert b"Permission to use, copy, modify" in files["d3.LICENSE.txt"]


def test_hostile_names_are_text(tmp_path):
    names = ["</script><img src=x onerror=alert(1)>", pages.NAMES[1], "\u2028", "two"]
    files = dict(site.files(explored.Explored(tmp_path, names).run()))
    assert not set(files["overview.js"]) & set(b"<>&")
    assert [one["name"] for one in value_of(files)["sets"][0]["classes"]] == names


def test_a_class_that_was_set_aside_says_why_and_has_no_files(made, tmp_path):
    run, _ = made
    first, *rest = run.classes
    path = str(Path(tmp_path, *Path(first).parts[-5:]))
    store.write_set_aside(path, explored.recipe("explorer_class"), "too few images")
    files = dict(site.files(replace(run, classes=store.by_path([path, *rest]))))
    first, *others = value_of(files)["sets"][0]["classes"]
    expected = {"id": "0", "status": "too few images", "name": "zero", "speaking": []}
    assert first == expected
    assert {one["status"] for one in others} == {"ok"}
    assert not [name for name in files if name.startswith("data/") and Path(name).stem == "0"]


def test_masks_of_isolated_artefacts_are_beside_their_groups(made, tmp_path):
    run, files = made
    (own,) = value_of(files)["sets"]
    finding = next(one for one in own["findings"] if "strip" in one)
    groups = [[finding["class"], finding["indicator"]]]
    path = tmp_path / "digits" / "small_vgg" / "epsilon_plus_flat" / "artefacts.zarr.zip"
    mask = np.arange(784).reshape(1, 28, 28) % 3 == 0
    recipe = explored.recipe("candidate_response")
    store.write(path, {"mask": mask}, recipe, notes={"groups": groups})
    with_masks = site.Run(run.tables, run.classes, store.by_path([str(path)]))
    found = dict(site.files(with_masks))
    (own,) = value_of(found)["sets"]
    named = [one["mask"] for one in own["findings"] if "mask" in one]
    assert len(named) == 1

    from unhans.images import picture_files  # noqa: F401 - pictures are read by Pillow

    opacity = np.asarray(Image.open(io.BytesIO(found[named[0]])))[..., 1]
    np.testing.assert_array_equal(opacity == 0, mask[0])


def test_corrections_are_shown_with_their_tables_and_pictures(made):
    run, _ = made
    row = {"corpus": "digits", "model": "small_vgg", "composite": "epsilon_plus_flat"}
    row |= {"artefact": "mark", "class": "1", "method": "p_clarc", "response_before": 0.5}
    path = "results/digits/small_vgg/epsilon_plus_flat/correction/mark.tsv"
    tables = replace(run.tables, corrections={path: pd.DataFrame([row])})
    picture = "results/digits/small_vgg/epsilon_plus_flat/unhansing/mark/curve.png"
    files = dict(site.files(replace(run, tables=tables, pictures={picture: b"png"})))
    (shown,) = value_of(files)["corrections"]
    assert (shown["stage"], shown["artefact"], shown["class"]) == ("correction", "mark", "1")
    assert shown["columns"] == {"method": ["p_clarc"], "response_before": [0.5]}
    assert [files[name] for name in shown["pictures"]] == [b"png"]


def test_neural_features_are_beside_the_classes_that_have_them(made):
    _, files = made
    (own,) = value_of(files)["sets"]
    listed = {one["id"]: one for one in own["classes"]}
    assert listed["1"]["features"]["spurious"] == ["neuron7"]
    assert listed["2"]["features"] == {"reason": "no average pooling"}
    assert "features" not in listed["0"]
    assert [listed[name]["speaking"] for name in "013"] == [[], ["by_tau", "neurons"], []]
    scripts = [name for name in files if name.startswith("features/")]
    location = Location(explored.ANALYSES[0].explanation, "1")
    assert scripts == [site.place_of(location, ".js", "features")]
    assert files[scripts[0]].startswith(b"unhans.addFeatures(")


def test_shortcuts_of_whole_classes_are_said(made):
    run, _ = made
    row = {"class": "1", "name": "one", "family": "colour", "conclusion": UNUSED, "property": "x"}
    row |= {"property_direction": "higher", "auc": 0.9, "reason": "", "used_too": ""}
    used = {**row, "class": "2", "name": "two", "conclusion": SHORTCUT, "unit": "", "strength": 1.0}
    used |= {"intervention": "tint", "control_name": "noise", "direction": "in", "control": 1.0}
    used |= {"before": 3.0, "after": 40.0}
    table = pd.DataFrame([row, used])
    path = "results/digits/small_vgg/probes.tsv"
    (own,) = overview.collect(replace(run.tables, probes={path: table}), STATUS)["sets"]
    (shown,) = own["shortcuts"]
    assert shown["class"] == "2"
    assert "tint: the share of images of other classes" in shown["sentence"]
    assert own["surroundings"] == []
    (own,) = overview.collect(run.tables, STATUS)["sets"]
    assert own["shortcuts"] is None


def test_classes_that_their_surroundings_tell_are_said(made):
    run, _ = made
    both = {"intervention": "only_rim", "strength": 0.6, "images": 50, "class": "2", "name": "two"}
    rows = [{**both, "direction": "out", "before": 98, "after": 90}]
    rows += [{**both, "direction": "in", "before": 1, "after": 4}]
    tables = {"results/digits/small_vgg/interventions.tsv": pd.DataFrame(rows)}
    (own,) = overview.collect(replace(run.tables, interventions=tables), STATUS)["sets"]
    (shown,) = own["surroundings"]
    assert shown["class"] == "2"
    assert shown["sentence"].startswith("class two: its surroundings alone are enough")


def test_a_folder_is_made_anew_and_no_file_leaves_it(tmp_path):
    folder = tmp_path / "explorer"
    folder.mkdir()
    (folder / "old.js").write_text("of an earlier run")
    atomic.write_tree(folder, [("data/a/b.js", b"1"), ("index.html", b"2")])
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert names == [digests.LIST, "data/a/b.js", "index.html"]
    for name in ("../out.js", "/out.js"):
        with pytest.raises(StoreError, match="leads out of"):
            atomic.write_tree(folder, [(name, b"")])


def test_sets_without_findings_are_shown_all_the_same(made):
    run, _ = made
    bare = overview.Tables(run.tables.ranking, {}, {}, {}, {})
    status = dict.fromkeys(run.classes, "ok")
    (own,) = overview.collect(bare, status)["sets"]
    assert own["findings"] == []
