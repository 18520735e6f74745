"""Stages: one name runs through table, rule, script, config section and test; rules are complete."""

import ast
import re
import textwrap

import pytest
from _tree import ROOT, WORKFLOW, run, tree

from unhans.config.models import Config
from unhans.pipeline.stages import STAGES

RULES_WITHOUT_STAGES = {"common", "constraints"}
"""Files of rules that hold no stage."""

NO_SECTION = {
    *("accepted_response_figure", "unhansing_figure"),
    # Their images are those of interventions; the others have nothing to choose.
    *("movement", "probes", "property_accuracy", "probes_page"),
    *("accuracy", "comparison", "findings_page", "manifest", "prepared_artefact"),
    # Its clusters are those of the section figures.
    *("groups", "sheets", "group_attributes"),
    "estimate",
    *("ranking", "recall", "separability", "suggestions", "training"),
    *("fine_tuning", "concept_sample", "explorer_class"),
    *("salient", "features_page", "witnesses", "feature_groups"),
    *("ranking_figure", "comparison_figure", "toy_figure", "barycentre_figure"),
    *("detection_figure", "predictability_figure"),
    # Their section is that of the page.
    *("paper_clusters", "paper_artefacts", "paper_networks"),
    *("photo_marks_figure", "virelay", "issues", "croissant", "fiftyone"),
}
"""Stages that have nothing to configure, or share the section of another."""

LIGHT = [
    *("properties", "duplicates", "predictability_figure"),
    *("interventions", "probes", "property_accuracy", "probes_page"),
    *("corpus", "manifest", "accuracy", "preprocessing", "group_search", "findings", "distance"),
    *("affinity", "prepared_artefact", "suggestions", "tables"),
    *("embedding", "separability", "ranking", "figures", "barycentre"),
    *(
        "ranking_figure",
        "comparison_figure",
        "barycentre_figure",
        "virelay",
        "issues",
        "croissant",
        "fiftyone",
    ),
]
"""Stages whose jobs need neither torch nor scikit-learn."""


def rule_blocks():
    """Text of each rule with its loop, by the stage that its script is of."""
    blocks = {}
    for path in sorted((WORKFLOW / "rules").glob("*.smk")):
        if path.stem not in RULES_WITHOUT_STAGES:
            parts = re.split(r"\n\n\n", path.read_text().split('"""\n', 1)[1].strip("\n"))
            for part in parts:
                stage = re.search(r"scripts/(\w+)\.py", part)
                blocks[stage[1] if stage else part[:40]] = part
    return blocks


BLOCKS = rule_blocks()
OWN_JOB = [name for name, stage in STAGES.items() if not stage.made_by]
OF_CLASSES = sorted(name for name in OWN_JOB if STAGES[name].kind == "class")


def test_every_rule_and_every_script_is_of_a_stage_of_the_table():
    scripts = {path.stem for path in (WORKFLOW / "scripts").glob("*.py")}
    assert scripts == set(OWN_JOB) == set(BLOCKS)
    assert {stage.made_by for stage in STAGES.values() if stage.made_by} <= scripts


@pytest.mark.parametrize("stage", OWN_JOB)
def test_one_name_runs_through_table_rule_script_config_and_test(stage):
    assert f'stage="{stage}"' in BLOCKS[stage]
    assert stage in NO_SECTION or stage in Config.model_fields
    imported = {
        f"{node.module}.{alias.name}" if node.module.count(".") else alias.name
        for node in ast.walk(tree(WORKFLOW / "scripts" / f"{stage}.py"))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    tested = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert any(f"test_{name.rsplit('.', 1)[-1]}" in tested for name in imported)


@pytest.mark.parametrize("stage", OWN_JOB)
def test_a_rule_block_is_complete_and_names_its_stage(stage):
    text, head = BLOCKS[stage], f"rule {stage}:\n"
    if text.startswith("for chunk in "):
        loop, _, text = text.partition("\n\n")
        assert re.fullmatch(r'for chunk in PLAN\.(chunks|whole_corpora)\("\w+"\):', loop)
        text, head = textwrap.dedent(text), f'rule:\n    name:\n        chunk.rule("{stage}")\n'
    assert text.startswith(head)
    assert len(re.findall(r"^rule\b", text, re.M)) == 1
    parts = ("output", "log", "benchmark", "params", "threads", "resources", "message", "script")
    for part in parts:
        assert re.search(rf"^    {part}:", text, re.M), f"{part} is missing"
    assert f'script:\n        "../scripts/{stage}.py"' in text
    assert f'PLAN.settings("{stage}"' in text
    assert f'PLAN.code("{stage}"' in text


READS_RESULTS = re.compile(
    r"made\(|made_of_all\(|images_of_all\(|of_classes\(|planted_classes\(|separabilities\(|audits\(|measured\("
    r"|first_attributions|every_needed|explored\.|partial\(|\.zarr\.zip"
)

OTHER_LINEAGE = {
    # It is a setting of its own, which the summary of a failed run reads too.
    "ranking",
    # Other images make no other network.
    "model",
    # Their results depend on the configuration alone; the benchmark's corpora are those of a grid.
    *("toy_figure", "barycentre_figure", "detection", "detection_photographs"),
}
"""Stages that read results and do not name the lineage that these must have"""


@pytest.mark.parametrize("stage", sorted(set(OWN_JOB) - set(OF_CLASSES) - OTHER_LINEAGE))
def test_a_rule_that_is_not_of_a_class_names_the_lineage_of_the_results_that_it_reads(stage):
    """Old or swapped results that fit each other went into tables and pages without a word."""
    inputs = re.split(r"^ *output:", BLOCKS[stage], flags=re.M)[0]
    assert ("above=PLAN.above" in BLOCKS[stage]) == bool(READS_RESULTS.search(inputs))


def test_what_a_page_shows_of_one_class_is_held_against_the_configuration_too():
    """An old projection that was put back was drawn in the explorer without a word."""
    assert "above=PLAN.above" in BLOCKS["explorer_class"]


@pytest.mark.parametrize("stage", OF_CLASSES)
def test_a_rule_of_classes_names_the_result_of_each(stage):
    text = BLOCKS[stage]
    assert text.startswith(f'for chunk in PLAN.chunks("{stage}"):')
    # `update` leaves results in place for the job to look at: what is current is kept.
    assert re.search(
        rf'update\(\s*chunk\.each\("<results>/.+/{stage}/{{class_id}}\.zarr\.zip"\)\s*\)', text
    )
    assert re.search(rf'f"<logs>/.+/{stage}/{{chunk\.label}}\.log"', text)
    assert re.search(rf'f"<benchmarks>/.+/{stage}/{{chunk\.label}}\.tsv"', text)
    assert "corpus=chunk.corpus" in text


@pytest.mark.parametrize("stage", OWN_JOB)
def test_scripts_hold_no_logic(stage):
    script = tree(WORKFLOW / "scripts" / f"{stage}.py")
    logic = (
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
        *(ast.For, ast.While, ast.If, ast.Try),
    )
    found = [node for node in ast.walk(script) if isinstance(node, logic)]
    loop = [node for node in script.body if isinstance(node, ast.For)]
    assert found == loop
    assert len(loop) == (stage in OF_CLASSES)


@pytest.mark.parametrize("stage", OWN_JOB)
def test_the_whole_work_of_a_script_is_inside_its_job(stage):
    *above, work = tree(WORKFLOW / "scripts" / f"{stage}.py").body
    assert all(isinstance(node, ast.Expr | ast.ImportFrom) for node in above)
    if stage in OF_CLASSES:
        head = r"for job in each_class\(snakemake(, renew=True)?\):\n    with job:\n"
        assert len(work.body) == 1
    else:
        head = r"with Job\(snakemake\) as job:\n"
    assert re.match(head, ast.unparse(work))


@pytest.mark.parametrize("stage", OWN_JOB)
def test_scripts_start_their_job_before_anything_heavy(stage):
    body = tree(WORKFLOW / "scripts" / f"{stage}.py").body
    first = next(node for node in body if isinstance(node, ast.Import | ast.ImportFrom))
    assert isinstance(first, ast.ImportFrom)
    assert first.module == "unhans.pipeline.job"


HEAVY = ("torch", "sklearn", "umap", "numba")


def test_a_job_that_needs_no_torch_or_scikit_learn_does_not_load_them():
    # All in one process: the first stage that loads one of them is the one to blame.
    lines = ["import sys", "from unhans.pipeline import job", "job.prepare()"]
    for stage in LIGHT:
        lines += [
            ast.unparse(node)
            for node in ast.walk(tree(WORKFLOW / "scripts" / f"{stage}.py"))
            if isinstance(node, ast.ImportFrom)
        ]
        if stage == "distance":
            names = ("euclidean", "hellinger", "wasserstein_certified", "sliced_wasserstein")
            lines += [f"import unhans.spray.distance.{name}" for name in names]
        lines += [f"print({stage!r}, *sys.modules.keys() & {set(HEAVY)})"]
    assert run("\n".join(lines)).splitlines() == LIGHT
