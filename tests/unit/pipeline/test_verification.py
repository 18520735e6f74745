"""verification: each wrong file is named with its reason, its rule and the command that remakes it."""

import contextlib
import os
import re
import shlex
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from _plans import ROOT
from PIL import Image

from unhans.config import loading
from unhans.errors import ConfigError
from unhans.io import atomic, store, tsv
from unhans.pipeline import plan, verification
from unhans.pipeline.makers import Maker, Makers

CHAIN = ("corpus", "attribution", "affinity", "clustering", "separability")


def pattern(path):
    """The regular expression that Snakemake makes of a path with wildcards."""
    pieces = re.split(r"\{(\w+)\}", path)
    return (
        "".join(
            f"(?P<{piece}>[^/]+)" if place % 2 else re.escape(piece)
            for place, piece in enumerate(pieces)
        )
        + "$"
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Plan of a small run, and the folder that its files are in."""
    folder = tmp_path_factory.mktemp("run")
    with contextlib.chdir(folder):
        return written(), folder


@pytest.fixture
def run(whole, tmp_path, monkeypatch):
    """The plan, in a copy of the folder."""
    shutil.copytree(whole[1], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return whole[0]


def written():
    values = {
        "corpus": {"digits": {"classes": [3, 8]}},
        "model": {"small_vgg": {}},
        "preprocessing": {"none": []},
    }
    made = plan.Plan(loading.load(values), ROOT)
    (analysis,) = made.config.analyses()
    for class_id in ("3", "8"):
        write_chain(made, analysis, class_id)
    Path("results/digits/figures").mkdir()
    for name in ("results/ranking.png", "results/digits/figures/1.png"):
        Image.fromarray(np.arange(900, dtype=np.uint8).reshape(30, 30)).save(name)
    Path("results/ranking.html").write_text("<html><body>tau</body></html>\n")
    columns = verification.COLUMNS
    tsv.write_tsv(pd.DataFrame(columns=columns["ranking.tsv"]), "results/ranking.tsv")
    tsv.write_tsv(pd.DataFrame(columns=columns["manifest.tsv"]), "results/digits/manifest.tsv")
    for name in ("logs/a.log", "benchmarks/a.tsv"):
        Path("results", name).parent.mkdir(parents=True)
        Path("results", name).write_text("")
    return made


def write_chain(made, analysis, class_id):
    arrays = {
        "attribution": {
            "heatmap": np.zeros((20, 4, 4), np.float32),
            **dict.fromkeys(("image", "prediction", "rank", "split"), np.arange(20)),
        },
        "affinity": {"affinity": np.eye(20)},
        "clustering": {"k": np.arange(2, 5), "labels": np.zeros((3, 20), np.int32)},
        "separability": {"k": np.arange(2, 5), "fisher": np.zeros(3), "tau": np.ones(1)},
    }
    inputs = {}
    for stage in CHAIN:
        path = made.result(stage, analysis, class_id)
        recipe = store.Recipe(stage, made.settings(stage, analysis), made.code(stage, analysis))
        store.write(path, arrays.get(stage, {"image": np.arange(20)}), recipe, inputs)
        inputs = {"above": store.read(path)}


@pytest.fixture
def makers(run):
    any_analysis = plan.ANY
    rules = [
        Maker(stage, stage, ((pattern(run.result(stage, any_analysis, "{class_id}")), False),))
        for stage in CHAIN
    ]
    rules += [
        Maker("ranking", "ranking", ((pattern("results/ranking.tsv"), False),)),
        Maker(
            "ranking_figure",
            "ranking_figure",
            tuple((pattern(f"results/ranking.{end}"), False) for end in ("png", "html")),
        ),
        Maker("manifest", "manifest", ((pattern("results/{corpus}/manifest.tsv"), False),)),
        Maker("figures", "figures", ((pattern("results/{corpus}/figures"), True),)),
    ]
    return Makers(rules)


def path_of(run, stage, class_id="3"):
    return Path(run.result(stage, run.config.analyses()[0], class_id))


def flip(path, part=""):
    """Flip a bit in the middle of a file, or of a stored part; keep the time of the file."""
    times, content = path.stat(), bytearray(path.read_bytes())
    place = len(content) // 2
    if part:
        with zipfile.ZipFile(path) as parts:
            found = next(one for one in parts.infolist() if part in one.filename)
        place = found.header_offset + 30 + len(found.filename) + found.compress_size // 2
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_whole_run_passes_and_the_files_are_counted(run, makers):
    found = verification.verify(run, makers)
    assert (found.wrong, found.stale, found.unplanned, found.unfinished) == ([], [], [], [])
    assert (
        str(found)
        .splitlines()[-1]
        .startswith(
            "unhans: checked 10 results, 2 tables, 2 pictures, 1 pages, 0 files of weights, "
            "0 other files: "
            "0 wrong, 0 stale, 0 not planned, 0 unfinished, "
        )
    )
    assert verification.report(run, makers, "results/logs/verify.log")


@pytest.mark.parametrize("part", ["zarr.json", "/c/"])
@pytest.mark.parametrize("stage", CHAIN)
def test_bit_rot_under_a_kept_time_is_found_and_nothing_else_is_said(
    run, makers, stage, part, capsys
):
    path = path_of(run, stage)
    flip(path, part)
    (wrong,) = verification.verify(run, makers).wrong
    assert wrong.path == str(path)
    assert wrong.reason.startswith("damaged (")
    assert wrong.rule == stage
    assert wrong.remedy == f"rm -rf {path} && snakemake {path} --cores 1"
    assert not verification.report(run, makers, "results/logs/verify.log")
    assert "options of this run" in capsys.readouterr().out
    assert wrong.remedy in Path("results/logs/verify.log").read_text()


def test_a_result_that_another_run_put_back_is_found(run, makers):
    path = path_of(run, "affinity")
    old = path.read_bytes()
    found = store.read(path)
    recipe = store.Recipe(
        "affinity", run.settings("affinity", run.config.analyses()[0]), run.code("affinity")
    )
    above = {"above": store.read(path_of(run, "attribution"))}
    store.write(path, {"affinity": found["affinity"] * 2}, recipe, above)
    wrong = verification.verify(run, makers).wrong
    assert {(one.rule, one.reason[:24]) for one in wrong} == {
        ("clustering", "stale: it was made from ")
    }
    path.write_bytes(old)
    assert not verification.verify(run, makers).wrong


@pytest.mark.parametrize(
    ("name", "content", "reason", "rule"),
    [
        ("results/ranking.png", b"", "empty", "ranking_figure"),
        ("results/ranking.png", b"no picture", "no picture (", "ranking_figure"),
        ("results/ranking.html", b"", "empty", "ranking_figure"),
        ("results/ranking.html", b"<html><body>ta", "no whole page", "ranking_figure"),
        ("results/digits/manifest.tsv", b"\0\1garbage", "damaged or edited", "manifest"),
        ("results/digits/manifest.tsv", b"", "damaged or edited", "manifest"),
        ("results/.ranking.tsv.sha256", b"", "damaged or edited", "ranking"),
        ("results/digits/figures/1.png", b"", "empty", "figures"),
    ],
)
def test_files_of_every_kind_are_found(run, makers, name, content, reason, rule):
    Path(name).write_bytes(content)
    (wrong,) = verification.verify(run, makers).wrong
    assert wrong.reason.startswith(reason)
    assert wrong.rule == rule
    assert (
        f"snakemake {name if rule != 'figures' else 'results/digits/figures'}".replace(
            ".ranking.tsv.sha256", "ranking.tsv"
        )
        in wrong.remedy
    )


def test_a_table_that_is_gone_or_alone_is_found(run, makers):
    Path("results/ranking.tsv").unlink()
    Path("results/digits/.manifest.tsv.sha256").unlink()
    found = verification.verify(run, makers)
    assert {(one.path, one.reason[:13]) for one in found.wrong} == {
        ("results/ranking.tsv", "no such table"),
        ("results/digits/manifest.tsv", "without its d"),
    }
    assert "results/ranking.tsv" in found.missing
    assert "rm -rf results/ranking.tsv results/.ranking.tsv.sha256 &&" in str(found)


def test_a_changed_number_of_a_page_is_found(run, makers):
    page = Path("results/ranking.html")
    tsv.write_text(page, "<html>tau 2.5</html>")
    assert not verification.verify(run, makers).wrong
    page.write_text("<html>tau 2.6</html>")
    (wrong,) = verification.verify(run, makers).wrong
    assert wrong.reason.startswith("damaged or edited")
    assert wrong.remedy.startswith(
        f"rm -rf {page} results/.ranking.html.sha256 && snakemake {page}"
    )


@pytest.mark.parametrize("content", [b"tau 2.6", None])
def test_a_changed_or_removed_file_of_a_folder_is_found_and_the_folder_made_anew(
    run, makers, content
):
    folder = Path("results/digits/figures")
    atomic.write_tree(folder, [("index.html", b"<html></html>"), ("a/tau.js", b"tau 2.5")])
    assert not verification.verify(run, makers).wrong
    (folder / "a/tau.js").unlink()
    if content is not None:
        (folder / "a/tau.js").write_bytes(content)
    (wrong,) = verification.verify(run, makers).wrong
    assert (wrong.path, wrong.rule) == (f"{folder}/a/tau.js", "figures")
    assert wrong.remedy.startswith(f"rm -rf {folder} && snakemake {folder}")


def test_what_others_are_made_from_comes_first(run, makers):
    Path("results/ranking.png").write_bytes(b"")
    for name in ("results/ranking.tsv", "results/digits/manifest.tsv"):
        flip(Path(name))
    for stage in ("separability", "attribution"):
        flip(path_of(run, stage), "zarr.json")
    rules = [wrong.rule for wrong in verification.verify(run, makers).wrong]
    assert rules == ["manifest", "attribution", "separability", "ranking", "ranking_figure"]


def test_results_that_are_not_there_are_no_results_without_fault(run, makers):
    shutil.rmtree("results")
    with pytest.raises(ConfigError, match="results: no such folder"):
        verification.verify(run, makers)


def test_a_table_without_a_column_is_found(run, makers):
    tsv.write_tsv(pd.DataFrame({"class": ["3"]}), "results/ranking.tsv")
    (wrong,) = verification.verify(run, makers).wrong
    assert wrong.reason == "has no column 'corpus'"


def test_a_result_of_another_stage_is_found(run, makers):
    path_of(run, "corpus").write_bytes(path_of(run, "corpus", "8").read_bytes())
    path_of(run, "clustering").write_bytes(path_of(run, "separability").read_bytes())
    wrong = verification.verify(run, makers).wrong
    assert "is of stage 'separability'; expected 'clustering'" in [one.reason for one in wrong]


@pytest.mark.parametrize("stage", CHAIN[1:])
def test_the_result_of_another_class_is_found(run, makers, stage):
    path_of(run, stage).write_bytes(path_of(run, stage, "8").read_bytes())
    wrong = verification.verify(run, makers).wrong
    assert (stage, "is of another class: it was made from ") in [
        (one.rule, one.reason[:38]) for one in wrong
    ]


def test_what_the_configuration_does_not_plan_is_listed_and_checked_too(run, makers):
    other = Path(str(path_of(run, "affinity")).replace("knn10", "knn7"))
    third = path_of(run, "corpus", "99")
    alien = Path("results/digits/note's.txt")
    other.parent.mkdir(parents=True)
    for path in (other, third):
        path.write_bytes(path_of(run, "corpus").read_bytes())
    alien.write_text("text")
    found = verification.verify(run, makers)
    assert set(found.unplanned) == {str(other), str(third), str(alien)}
    assert [(one.path, one.rule) for one in found.wrong] == [(str(other), "affinity")]
    alien.write_text("")
    assert (str(alien), "empty") in [one[:2] for one in verification.verify(run, makers).wrong]


def test_settings_and_code_of_before_are_stale_and_not_wrong(run, makers):
    path = path_of(run, "separability")
    found = store.read(path)
    above = {"above": store.read(path_of(run, "clustering"))}
    store.write(path, found.arrays, store.Recipe("separability", {}, "old-3"), above)
    checked = verification.verify(run, makers)
    assert not checked.wrong
    (stale,) = checked.stale
    assert (stale.path, stale.rule) == (str(path), "separability")
    assert stale.reason.startswith("stale: its stage 'separability' was made with code old-3")
    assert stale.remedy == f"rm -rf {path} && snakemake {path} --cores 1"
    assert f"{path}: stale: " in str(checked)


@pytest.mark.parametrize("kept", [True, False])
def test_a_result_that_fits_a_source_made_anew_by_other_code_is_stale(run, makers, kept):
    """A killed job left it; Snakemake takes it for new, and the ranking refuses it."""
    (analysis,) = run.config.analyses()
    above = {"above": store.read(path_of(run, "attribution"))}
    path = path_of(run, "affinity")
    arrays = store.read(path).arrays
    own = store.Recipe("affinity", run.settings("affinity", analysis), run.code("affinity"))
    store.write(path, arrays, store.Recipe("affinity", own.parameters, "old-3"), above)
    for stage, source in (("clustering", "affinity"), ("separability", "clustering")):
        found = store.read(path_of(run, stage))
        recipe = store.Recipe(stage, run.settings(stage, analysis), run.code(stage, analysis))
        store.write(found.path, found.arrays, recipe, {"above": store.read(path_of(run, source))})
    store.write(path, arrays, own, above)  # the same numbers, and so the same fingerprint
    if not kept:
        path.unlink()  # the configuration tells what it would be
    checked = verification.verify(run, makers)
    assert not checked.wrong
    assert [one.rule for one in checked.stale] == ["clustering", "separability"]
    said = f"stale: its stage 'affinity' was made with code old-3, expected {own.code}"
    assert {one.reason for one in checked.stale} == {said}


def test_a_result_of_a_network_made_anew_is_stale(run, makers):
    """The stages of Algorithm 1 do not have its stage; the result that it was made from tells it."""
    (analysis,) = run.config.analyses()
    folder = Path("results/digits/small_vgg")
    for code in ("old-3", "new-3"):
        recipe = store.Recipe("training", {}, code)
        store.write(folder / "model.zarr.zip", {"x": np.ones(1)}, recipe)
        if code == "old-3":
            found = store.read(path_of(run, "attribution"))
            above = {"images": store.read(path_of(run, "corpus"))}
            above["model"] = store.read(folder / "model.zarr.zip")
            recipe = store.Recipe(
                "attribution", run.settings("attribution", analysis), run.code("attribution")
            )
            store.write(found.path, found.arrays, recipe, above)
    stale = {one.rule: one.reason for one in verification.verify(run, makers).stale}
    assert stale["attribution"].endswith("'training' was made with code old-3, expected new-3")
    assert stale["affinity"].endswith("'training' was made with code None, expected old-3")


def test_what_a_killed_job_left_is_listed(run, makers):
    path = path_of(run, "affinity")
    path.with_name(".3.zarr.zip.part").write_bytes(b"half")
    parts = path.with_name(".8.zarr.zip.parts")
    parts.mkdir()
    (parts / "00000000-00000032.npz").write_bytes(b"half")
    found = verification.verify(run, makers)
    assert len(found.unfinished) == 2
    assert not found.wrong


def test_weights_are_held_against_their_record(run, makers):
    folder = Path("results/digits/small_vgg")
    recipe = store.Recipe("training", {}, "a")
    store.write(folder / "model.zarr.zip", {"x": np.ones(1)}, recipe, notes={"sha256": "00"})
    (folder / "weights.safetensors").write_bytes(b"weights")
    (wrong,) = verification.verify(run, makers).wrong
    assert re.match(r"has sha256 \w+, expected 00 of .*model.zarr.zip", wrong.reason)
    assert wrong.rule is None
    assert "no rule makes it" in str(wrong)


def test_a_command_is_safe_for_a_shell(run, makers):
    makers._patterns.append(
        (re.compile(pattern("results/{name}.png")), False, Maker("r", None, ()))
    )
    name = "results/$(touch pwned) 'a';b.png"
    Path(name).write_bytes(b"")
    (wrong,) = verification.verify(run, makers, "--configfile c.yaml").wrong
    words = shlex.split(wrong.remedy)
    assert words == [
        *("rm", "-rf", name, "&&", "snakemake", name, "--cores", "1", "--configfile", "c.yaml")
    ]


def test_a_name_with_a_new_line_stays_on_one_line(run, makers):
    Path("results/a\nunhans: checked 0 wrong.png").write_bytes(b"")
    said = str(verification.verify(run, makers))
    assert "results/a\\nunhans: checked 0 wrong.png: empty" in said


def test_a_result_of_a_further_stage_is_held_against_that_stage(run):
    (analysis,) = run.config.analyses()
    outputs = tuple(
        (pattern(run.result(stage, plan.ANY, "{class_id}")), False)
        for stage in ("attribution", "concepts")
    )
    both = Makers([Maker("attribution", "attribution", outputs)])
    path = run.result("concepts", analysis, "3")
    settings, code = run.settings("concepts", analysis), run.code("concepts")
    arrays = dict.fromkeys(("image", "split", "artefact"), np.arange(20))
    store.write(path, arrays, store.Recipe("concepts", settings, code))
    assert both.of(path).stage == "concepts"
    assert both.of(run.result("attribution", analysis, "3")).stage == "attribution"
    found = verification.verify(run, both)
    assert not found.wrong
    assert path not in [one.path for one in found.stale]
    store.write(path, arrays, store.Recipe("concepts", settings | {"layers": ["2"]}, code))
    assert path in [one.path for one in verification.verify(run, both).stale]
    store.write(path, {"image": np.arange(3)}, store.Recipe("concepts", settings, code))
    (wrong,) = verification.verify(run, both).wrong
    assert "holds no array 'split'" in wrong.reason
    assert wrong.rule == "attribution"
