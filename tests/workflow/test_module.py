"""The workflow is used from elsewhere: as a Snakemake module under a prefix, and with --directory."""

import re
import subprocess
import sys

import pytest
import yaml

MODULE = """
configfile: "config.yaml"


module unhans:
    snakefile:
        "{snakefile}"
    config:
        config


use rule * from unhans as unhans_*


rule all:
    default_target: True
    input:
        rules.unhans_all.input,
"""


def planned(checkout, folder, *arguments):
    """Jobs of a dry run in a folder, by rule."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "--quiet", "rules"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=checkout.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr
    return dict(re.findall(r"^(\w+) +(\d+)$", done.stdout, re.M))


@pytest.mark.parametrize(
    ("classes_per_job", "rule"), [(1, "unhans_distance"), (2, "unhans_distance_digits_000")]
)
def test_it_is_a_module_whose_rules_have_a_prefix(fresh, tmp_path, classes_per_job, rule):
    config = {**fresh.config, "execution": {"classes_per_job": classes_per_job}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    text = MODULE.format(snakefile=fresh.folder / "Snakefile")
    (tmp_path / "Snakefile").write_text(text)
    found = planned(fresh, tmp_path)
    assert rule in found
    assert all(name.startswith("unhans_") for name in found if name not in ("all", "total"))


def test_it_runs_in_another_directory_with_the_default_configuration(fresh, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    found = planned(fresh, fresh.folder, "--directory", str(tmp_path / "elsewhere"))
    assert found["attribution_digits_000"] == found["attribution_digits_001"] == "1"
    assert "correction" not in found
