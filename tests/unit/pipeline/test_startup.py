"""startup: what would fail later is refused, and jobs get the machine settings."""

import os

import pytest
from _plans import (
    ROOT,
    make,
)

from unhans.errors import ConfigError
from unhans.pipeline import machine, plan, startup

HEAD = "artefact\tcorpus\tmodel\tcomposite\tclass\tmask\n"


def test_jobs_get_the_machine_settings_from_the_environment(images, tmp_path, monkeypatch):
    for name in (machine.VARIABLE, "PYTHONPATH"):
        monkeypatch.setenv(name, "")
    startup.export(images(attribution={"device": "cpu", "workers": 3}))
    assert machine.attribution() == {"device": "cpu", "batch_size": "auto", "workers": 3}
    assert machine.root("mine") == tmp_path / "images"
    assert os.environ["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)


def test_classes_and_functions_that_are_not_there_are_refused_beforehand(images):
    with pytest.raises(ConfigError, match="no class matches 'zebra'"):
        startup.check(images(corpus={"classes": ["zebra"]}))
    with pytest.raises(ConfigError, match="no module 'no_such_module_of_mine'"):
        startup.check(images(model={"architecture": "no_such_module_of_mine:make"}))


def test_tables_of_a_person_are_refused_beforehand(images, tmp_path):
    (tmp_path / "known.csv").write_text("file,hospital\n")
    known = {"table": str(tmp_path / "known.csv"), "columns": ["hospital"]}
    plan = images(corpus={"attributes": known})
    with pytest.raises(
        ConfigError, match=r"attributes\.table: .*known\.csv: lacks the column 'image'"
    ):
        startup.check_tables(plan)
    labels = tmp_path / "labels.tsv"
    labels.write_text("class\tlabel\n")
    with pytest.raises(ConfigError, match=r"sensitivity\.labels: .*lacks the column 'corpus'"):
        startup.check_tables(images(sensitivity={"labels": str(labels)}))
    startup.check_tables(images())


def test_a_file_of_weights_that_is_not_there_is_refused_until_its_network_is_made(images, tmp_path):
    named = {"weights": str(tmp_path / "w.pth")}
    plan = images(results=str(tmp_path / "results"), model=named)
    with pytest.raises(
        ConfigError, match=r"^model\.\w+\.weights: .*w\.pth: no such file; expected one"
    ):
        startup.check_tables(plan)
    (name,) = plan.config.model
    (tmp_path / "results/mine" / name).mkdir(parents=True)
    (tmp_path / "results/mine" / name / "model.zarr.zip").touch()
    startup.check_tables(plan)
    (tmp_path / "w.pth").touch()
    startup.check_tables(images(model=named))


def test_a_table_that_is_gone_is_only_said_once_the_images_were_read(images, tmp_path, capsys):
    known = {"table": str(tmp_path / "known.csv"), "columns": ["hospital"]}
    plan = images(results=str(tmp_path / "results"), corpus={"attributes": known})
    with pytest.raises(ConfigError, match=r"known\.csv"):
        startup.check_tables(plan)
    (tmp_path / "results/mine").mkdir(parents=True)
    (tmp_path / "results/mine/manifest.tsv").touch()
    startup.check_tables(plan)
    assert capsys.readouterr().err.startswith("unhans: corpus.mine.attributes.table: ")


def test_a_mark_in_a_class_that_is_not_there_is_refused_beforehand(images):
    star = {"kind": "star", "class": "zebra", "rate": 0.2}
    with pytest.raises(
        ConfigError, match=r"corpus\.mine\.planting: no class 'zebra'; expected one"
    ):
        startup.check(images(corpus={"planting": [star]}))


def test_a_root_that_is_missing_is_refused_beforehand(images, tmp_path):
    with pytest.raises(ConfigError, match=r"corpus\.mine\.root: .*gone: no such folder"):
        startup.check(images(root=tmp_path / "gone"))


def test_results_that_cannot_be_written_are_refused_beforehand(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"results: .*file is not a folder that can be written"):
        startup.check(make(results=str(tmp_path / "file" / "below")))
    startup.check(make(results=str(tmp_path / "new" / "deep")))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match="change 'results' in the config"):
        startup.check(make(results=str(tmp_path / "new")))


@pytest.mark.parametrize(
    ("results", "what"),
    [
        (".", "the working folder, lies there"),
        ("..", "the working folder, lies there"),
        ("a/../../", "the working folder, lies there"),
        ("link", "the working folder, lies there"),
        (".snakemake/x", "Snakemake's records lie there"),
        (str(ROOT / "rules"), "the workflow's code lies there"),
    ],
)
def test_results_have_a_folder_of_their_own(tmp_path, monkeypatch, results, what):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(".")
    with pytest.raises(ConfigError, match=f"results: .*{what}; expected a folder of its own"):
        startup.check(make(results=results))


def test_a_file_of_configuration_that_snakemake_reads_otherwise_is_refused_by_its_line(tmp_path):
    twice, code = tmp_path / "twice.yaml", tmp_path / "code.yaml"
    twice.write_text("affinity:\n  knn: 3\n  knn: 4\n")
    code.write_text("__use_yte__: true\n")
    with pytest.raises(ConfigError, match=r"twice\.yaml, line 3, column 3: .*'knn' is named twice"):
        startup.check_files([twice])
    with pytest.raises(ConfigError, match=r"code\.yaml: __use_yte__: expressions run code"):
        startup.check_files([code])


def test_another_copy_of_the_library_is_refused(tmp_path):
    other = plan.Plan(make().config, tmp_path)
    with pytest.raises(ConfigError, match=r"installed unhans is .*pip install -e"):
        startup.check(other)


def test_an_accepted_artefact_of_no_class_is_refused(tmp_path):
    table = tmp_path / "artefacts.tsv"
    table.write_text(HEAD + "a\tdigits\tsmall_vgg\tepsilon_plus_flat\tx\tsuggested\n")
    made = make(correction={"artefacts": str(table)})
    with pytest.raises(ConfigError, match="artefact 'a': corpus digits has no class 'x'"):
        startup.check(made)
