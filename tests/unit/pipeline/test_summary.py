"""summary: the text that ends a run, and the ranking that a failed run leaves."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from unhans.artefacts import candidate_response
from unhans.config import loading
from unhans.detection.findings import INDICATOR_COLUMNS
from unhans.io import store, tsv
from unhans.paths import Analysis
from unhans.pipeline import plan, summary, targets
from unhans.pipeline.command_line import Typed
from unhans.probes import shortcuts
from unhans.reporting import ranking

A = Analysis("digits", "small_vgg", "epsilon_plus_flat", "none", "euclidean", 10, 32)
WORKFLOW = Path(__file__).parents[3] / "workflow"


def test_the_reason_of_a_failure_is_the_first_that_the_logs_tell(tmp_path):
    fine, broken, later = (tmp_path / name for name in ("a.log", "b.log", "c.log"))
    fine.write_text("all well\n")
    broken.write_text("Traceback\nunhans: error: x.zarr.zip: damaged\n")
    later.write_text("unhans: error: another\n")
    logs = [str(path) for path in (tmp_path / "none.log", fine, broken, later)]
    assert summary.failure(logs) == "failed: x.zarr.zip: damaged"
    assert summary.failure(logs[:2]) == ""


@pytest.fixture
def planned(tmp_path):
    """Plan for three digits whose separabilities are there, as the plan says they are made."""
    values = {"corpus": {"digits": {"classes": [1, 3, 8]}}, "model": {"small_vgg": {}}}
    made = plan.Plan(loading.load({**values, "results": str(tmp_path)}), WORKFLOW)
    (analysis,) = made.config.analyses()
    lineage = made.lineage(analysis)
    recipe = store.Recipe("separability", **lineage.pop("separability"))
    for place, (_, class_id) in enumerate(made.analysed_classes()):
        path = made.result("separability", analysis, class_id)
        arrays = {"tau": np.array([float(place)])}
        above = Path(made.result("clustering", analysis, class_id))
        above = store.Result(above, {"lineage": lineage}, {})
        store.write(
            path, arrays, recipe, inputs={"clusterings": above}, notes={"n": 50, "components": 2}
        )
    return made


def test_the_tau_of_another_class_is_not_ranked(planned, tmp_path):
    """A whole result, copied by hand to the place of another one."""
    (analysis, one), (_, other), _ = planned.analysed_classes()
    mine, theirs = (Path(planned.result("separability", analysis, name)) for name in (one, other))
    mine.write_bytes(theirs.read_bytes())
    said = summary.run_summary(planned, failed=True)
    assert f"class {one}: failed: {mine}: is of another class: it was made from " in said
    assert "1 of 3 rows have no tau" in said


def test_a_failed_run_leaves_a_ranking_of_what_there_is(planned, tmp_path):
    analysis, class_id = planned.analysed_classes()[1]
    Path(planned.result("separability", analysis, class_id)).unlink()
    log = Path(planned.logs(analysis, class_id)[-1])
    log.parent.mkdir(parents=True)
    log.write_text("unhans: error: no space\n")
    (tmp_path / "ranking.png").write_text("of an earlier run")
    said = summary.run_summary(planned, failed=True)
    assert "class 3: failed: no space" in said
    assert "1 of 3 rows have no tau" in said
    assert list(tsv.read_tsv(tmp_path / "ranking.tsv")["class"]) == ["8", "1", "3"]
    assert not (tmp_path / "ranking.png").exists()


def test_a_failure_of_an_earlier_run_is_not_that_of_this_one(planned, tmp_path):
    analysis, class_id = planned.analysed_classes()[1]
    Path(planned.result("separability", analysis, class_id)).unlink()
    log = Path(planned.logs(analysis, class_id)[-1])
    log.parent.mkdir(parents=True)
    log.write_text("unhans: error: no space\n")
    assert "no space" in summary.run_summary(planned, failed=True, since=planned.started)
    os.utime(log, (planned.started - 60, planned.started - 60))
    said = summary.run_summary(planned, failed=True, since=planned.started)
    assert "no space" not in said
    assert "class 3: not computed" in said


def test_a_class_that_was_not_reached_is_not_computed(planned, tmp_path):
    analysis, class_id = planned.analysed_classes()[1]
    Path(planned.result("separability", analysis, class_id)).unlink()
    summary.run_summary(planned, failed=True)
    table = tsv.read_tsv(tmp_path / "ranking.tsv")
    assert list(table["status"]) == ["ok", "ok", "not computed"]
    assert table["class"].iloc[-1] == class_id


def test_the_next_run_makes_the_ranking_of_a_failed_run_anew(planned, tmp_path):
    (tmp_path / "report.html").write_text("of an earlier run")
    said = summary.run_summary(planned, failed=True)
    results = map(Path, targets.separabilities(planned))
    assert 0 < (tmp_path / "ranking.tsv").stat().st_mtime < min(x.stat().st_mtime for x in results)
    assert "report.html" not in said


def test_the_commands_of_the_end_are_those_of_the_run(planned, tmp_path):
    settings = ranking.Settings(**planned.settings("ranking", None))
    results = store.by_path(targets.separabilities(planned))
    tsv.write_tsv(ranking.collect(results, settings, ranking.Beside()), tmp_path / "ranking.tsv")
    said = summary.run_summary(planned, typed=Typed()).splitlines()
    report = tmp_path / "report.html"
    assert said[-2:] == [
        "Explore it in a browser: snakemake --cores all -- explorer",
        f"All on one page: snakemake --report {report}",
    ]
    own = Typed(("unhans", "run", "my pets.yaml"), ("ranking", "correct"))
    assert summary.run_summary(planned, typed=own).splitlines()[-2:] == [
        "Explore it in a browser: unhans run 'my pets.yaml' -- explorer",
        f"All on one page: unhans run 'my pets.yaml' --report {report} -- ranking correct",
    ]
    for page in (report, tmp_path / "explorer/index.html"):
        page.parent.mkdir(exist_ok=True)
        page.write_text("")
    said = summary.run_summary(planned, typed=own).splitlines()
    assert said[-2:] == [f"  {report}", f"Explore it in a browser: unhans open {tmp_path}"]


@pytest.mark.parametrize("indicators", [1, 2])
@pytest.mark.parametrize("flagged", [0, 1, 5])
def test_the_findings_are_told_or_where_it_says_what_was_looked_for(
    planned, tmp_path, flagged, indicators
):
    settings = ranking.Settings(**planned.settings("ranking", None))
    results = store.by_path(targets.separabilities(planned))
    tsv.write_tsv(ranking.collect(results, settings, ranking.Beside()), tmp_path / "ranking.tsv")
    names = [str(place) for place in range(6)]
    rows = pd.DataFrame({"class": names, "name": names}).reindex(columns=INDICATOR_COLUMNS)
    rows = rows.assign(
        **{"n": 60, "indicator": "rim", "p": 1e-4, "images": 10, "others_place": "", "also": False},
        **{"points": 4.0, "points_elsewhere": 0.5, "tried": 60.0, "relevance": 0.1, "q": 1e-3},
        **{"relevance_elsewhere": 0.1, "errors": 0, "errors_elsewhere": 0, "errors_p": 1.0},
        flagged=np.arange(6) < flagged,
    )
    own = Path(targets.explained(planned, "findings.tsv")[0])
    own.parent.mkdir(parents=True, exist_ok=True)
    tsv.write_tsv(rows.assign(score=3.0, status="ok"), own)
    further = rows.assign(indicator="style").tail((indicators - 1) * len(rows))
    tsv.write_tsv(pd.concat([rows, further]), own.with_name("findings_indicators.tsv"))
    empty = pd.DataFrame(columns=candidate_response.COLUMNS)
    tsv.write_tsv(empty, own.with_name("candidate_response.tsv"))
    assert "findings.html" not in summary.run_summary(planned)  # not of these tables, or not made
    own.with_name("findings.html").write_text("")
    lines = summary.run_summary(planned).splitlines()
    told = [line for line in lines if ": 10 of 60 images raise the class" in line]
    assert len(told) == min(flagged, 3)
    assert len({line.split(":")[0] for line in told}) == len(told)
    more = [line for line in lines if line.endswith(" more, see findings.html")]
    left = flagged * indicators - len(told)
    assert more == ([f"and {left} more, see findings.html"] if left else [])
    nothing = "nothing stands out in 6 classes; findings.html says what was looked for"
    assert (nothing in lines) == (flagged == 0)
    os.utime(own.with_name("findings.html"), (1e9, 1e9))
    older = summary.run_summary(planned)
    assert nothing not in older
    assert ": 10 of 60 images" not in older
    assert nothing not in summary.run_summary(planned, failed=True)


def test_attributes_of_groups_are_told_where_they_are_of_this_ranking(planned, tmp_path):
    settings = ranking.Settings(**planned.settings("ranking", None))
    results = store.by_path(targets.separabilities(planned))
    own = {"class": "3", "source": "rim", "group": "1", "images": 9, "attribute": "site"}
    row = {**own, "value": "007", "share": 1.0, "share_elsewhere": 0.25, "q": 0.001}
    tsv.write_tsv(pd.DataFrame([row] * 4), tmp_path / "group_attributes.tsv")
    os.utime(tmp_path / "group_attributes.tsv", (1e9, 1e9))
    tsv.write_tsv(ranking.collect(results, settings, ranking.Beside()), tmp_path / "ranking.tsv")
    said = "class 3 (rim 1, 9 images): 100% have site = 007, of the others 25%"
    assert said not in summary.run_summary(planned)
    os.utime(tmp_path / "group_attributes.tsv")
    lines = summary.run_summary(planned).splitlines()
    assert lines.count(said) == 3
    assert "and 1 more, see group_attributes.tsv" in lines


def test_the_accuracy_of_each_network_stands_beside_the_ranking(planned, tmp_path):
    results = store.by_path(targets.separabilities(planned))
    settings = ranking.Settings(**planned.settings("ranking", None))
    table = ranking.collect(results, settings, ranking.Beside())
    tsv.write_tsv(table, tmp_path / "ranking.tsv")
    row = {"corpus": "digits", "model": "small_vgg", "class": "", "split": "train"}
    counts = {"explained": 10, "top1": 0.9, "top5": 1.0}
    path = tmp_path / "digits" / "small_vgg" / "accuracy.tsv"
    tsv.write_tsv(pd.DataFrame([{**row, **counts}]), path)
    assert "accuracy of small_vgg on digits: 90.0% of 10 train images" in summary.run_summary(
        planned
    )
    swapped = [(0, 1, 9), (0, 0, 1), (1, 0, 9), (1, 1, 1)]
    predicted = pd.DataFrame(swapped, columns=["output", "predicted", "images"])
    names = {"class": predicted["output"], "name": "x", "predicted_name": "y", "corpus": "digits"}
    predicted = predicted.assign(**names)
    tsv.write_tsv(predicted, path.with_name("confusion.tsv"))
    said = summary.run_summary(planned)
    assert "accuracy: 2 of 2 classes of digits seem to have the output of another" in said
    path.write_text("")
    said = summary.run_summary(planned)
    assert said.startswith(f"unhans: {path}: damaged or edited: its digest is not that of")


@pytest.mark.parametrize("rest", [90, 10])
def test_classes_that_their_surroundings_tell_stand_at_the_end(planned, tmp_path, rest):
    settings = ranking.Settings(**planned.settings("ranking", None))
    results = store.by_path(targets.separabilities(planned))
    tsv.write_tsv(ranking.collect(results, settings, ranking.Beside()), tmp_path / "ranking.tsv")
    probes = tmp_path / "digits" / "small_vgg" / "probes.tsv"
    tsv.write_tsv(pd.DataFrame(columns=shortcuts.COLUMNS), probes)
    assert "no property that tells a whole class" in summary.run_summary(planned)
    row = {"class": "3", "name": "3", "intervention": "only_rim", "strength": 0.6, "images": 50}
    rows = [{**row, "direction": "out", "before": 98.0, "after": rest}]
    rows += [{**row, "direction": "in", "before": 1.0, "after": 4.0}]
    tsv.write_tsv(pd.DataFrame(rows), probes.with_name("interventions.tsv"))
    said = summary.run_summary(planned)
    assert ("class 3: its surroundings alone are enough" in said) == (rest == 90)


def test_names_of_the_file_system_stay_on_their_line():
    row = {**A._asdict(), "class": "x", "name": "caf\udce9\n", "n": 5, "tau": 1.0, "rank": 1}
    table = pd.DataFrame([{**row, "status": "ok", "planted": ""}])
    (line,) = [line for line in summary._top(table) if "class" in line]
    assert "class caf\\udce9\\n " in line
    line.encode()


def test_a_class_that_is_ranked_by_another_output_says_so_at_the_top():
    row = {**A._asdict(), "class": "x", "name": "red", "n": 5, "tau": 1.0, "rank": 1}
    said = "output of another class: 0 of 5 images are taken for output 0"
    table = pd.DataFrame([{**row, "status": said, "planted": ""}])
    (line,) = [line for line in summary._top(table) if "class red" in line]
    assert line.endswith("n 5  output of another class")
