"""The tree holds what its plan promises: one name a stage, and who may import whom."""

import ast
import re
import textwrap

import pytest
from _tree import LIBRARY, MODULES, WORKFLOW, file_of, loaded_by, tree

from unhans.config.models import Config
from unhans.pipeline.plan import FOLDERS, NETWORKS

SHARED = {"common", "constraints"}
"""Files of rules that hold no rule."""

RULES = sorted(path.stem for path in (WORKFLOW / "rules").glob("*.smk") if path.stem not in SHARED)
CLASS_STAGES = set(FOLDERS) - set(NETWORKS)
"""Stages that come once a class."""

CORPUS_STAGES = {
    "accuracy",
    "compensation",
    "effect",
    "figures",
    "findings",
    "insertion",
    "manifest",
    "suggestion",
    "unhansing",
    "verdicts",
}
"""Stages that read results of all classes of one corpus."""

NO_SECTION = {
    *(
        "accuracy",
        "comparison",
        "insertion",
        "manifest",
        "ranking",
        "recall",
        "separability",
        "stencil",
        "suggestion",
        "training",
        "verdicts",
    ),
}
"""Stages that have nothing to configure, or share the section of another."""

LONGEST = 50
"""Lines of a function, its docstring aside: a screen."""


@pytest.mark.parametrize("stage", RULES)
def test_one_name_runs_through_rule_script_module_config_and_test(stage):
    assert (WORKFLOW / "scripts" / f"{stage}.py").exists()
    assert stage in NO_SECTION or stage in Config.model_fields


def test_every_script_belongs_to_a_rule():
    assert sorted(path.stem for path in (WORKFLOW / "scripts").glob("*.py")) == RULES


def test_names_of_stages_are_single_words():
    # A chunk's rule is called <stage>_<corpus>_<number>; its jobs find the stage by the first "_".
    assert not [stage for stage in RULES if not stage.isalpha()]
    assert set(RULES) > CLASS_STAGES


@pytest.mark.parametrize("stage", RULES)
def test_a_rule_block_is_complete_and_names_its_stage(stage):
    text = (WORKFLOW / "rules" / f"{stage}.smk").read_text()
    head = f"rule {stage}:\n"
    if stage in CLASS_STAGES | CORPUS_STAGES:
        loop, _, text = text.partition("\n\n")
        shares = r"shares\(\"" + stage if stage in CLASS_STAGES else r"wholes\(\"\w+"
        assert re.fullmatch(rf"for share in PLAN\.{shares}\"\):", loop)
        text, head = textwrap.dedent(text), f'rule:\n    name:\n        share.rule("{stage}")\n'
    assert text.startswith(head)
    assert len(re.findall(r"^rule\b", text, re.M)) == 1
    parts = ("output", "log", "benchmark", "params", "threads", "resources", "message", "script")
    for part in parts:
        assert re.search(rf"^    {part}:", text, re.M), f"{part} is missing"
    assert f'script:\n        "../scripts/{stage}.py"' in text
    assert f'PLAN.settings("{stage}"' in text
    assert f'PLAN.code("{stage}"' in text


@pytest.mark.parametrize("stage", sorted(CLASS_STAGES))
def test_a_rule_of_classes_names_the_result_of_each(stage):
    text = (WORKFLOW / "rules" / f"{stage}.smk").read_text()
    # `update` leaves results in place for the job to look at: what is current is kept.
    assert re.search(
        rf'update\(share\.each\("<results>/.+/{stage}/{{class_id}}\.zarr\.zip"\)\)', text
    )
    assert re.search(rf'f"<logs>/.+/{stage}/{{share\.label}}\.log"', text)
    assert re.search(rf'f"<benchmarks>/.+/{stage}/{{share\.label}}\.tsv"', text)
    assert "corpus=share.corpus" in text


@pytest.mark.parametrize("stage", RULES)
def test_scripts_hold_no_logic(stage):
    script = tree(WORKFLOW / "scripts" / f"{stage}.py")
    logic = (
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
        *(ast.For, ast.While, ast.If, ast.Try),
    )
    found = [node for node in ast.walk(script) if isinstance(node, logic)]
    loop = [node for node in script.body if isinstance(node, ast.For)]
    assert found == loop
    assert len(loop) == (stage in CLASS_STAGES)


@pytest.mark.parametrize("stage", RULES)
def test_the_whole_work_of_a_script_is_inside_its_job(stage):
    *above, work = tree(WORKFLOW / "scripts" / f"{stage}.py").body
    assert all(isinstance(node, ast.Expr | ast.ImportFrom) for node in above)
    if stage in CLASS_STAGES:
        head = r"for job in each_class\(snakemake(, renew=True)?\):\n    with job:\n"
        assert len(work.body) == 1
    else:
        head = r"with Job\(snakemake\) as job:\n"
    assert re.match(head, ast.unparse(work))


@pytest.mark.parametrize("stage", RULES)
def test_scripts_pin_threads_before_anything_heavy(stage):
    body = tree(WORKFLOW / "scripts" / f"{stage}.py").body
    first = next(node for node in body if isinstance(node, ast.Import | ast.ImportFrom))
    assert isinstance(first, ast.ImportFrom)
    assert first.module == "unhans.pipeline.job"


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_absolute_so_that_digests_see_them(module):
    nodes = [node for node in ast.walk(tree(file_of(module))) if isinstance(node, ast.ImportFrom)]
    assert not [node for node in nodes if node.level]


@pytest.mark.parametrize(
    "stage",
    [
        *("corpus", "manifest", "accuracy", "preprocessing", "contrast", "findings", "distance"),
        *("affinity", "stencil", "suggestion", "tables"),
        *("embedding", "separability", "ranking", "figures", "barycentre"),
    ],
)
def test_a_job_that_needs_no_torch_or_scikit_learn_does_not_load_them(stage):
    script = (WORKFLOW / "scripts" / f"{stage}.py").read_text()
    lines = [line.strip() for line in script.splitlines() if line.strip().startswith("from unhans")]
    if stage == "distance":
        names = ("euclidean", "hellinger", "wasserstein_certified", "sliced_wasserstein")
        lines += [f"import unhans.spray.distance.{name}" for name in names]
    lines = ["from unhans.pipeline import job", "job.prepare()", *lines]
    assert not {"torch", "sklearn", "umap", "numba"} & loaded_by("\n".join(lines))


@pytest.mark.parametrize("module", MODULES)
def test_functions_fit_on_a_screen(module):
    for node in ast.walk(tree(file_of(module))):
        if isinstance(node, ast.FunctionDef):
            first = node.body[0]
            has_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            start = first.end_lineno if has_doc else node.lineno
            assert node.end_lineno - start <= LONGEST, f"{module}.{node.name}"


@pytest.mark.parametrize("module", MODULES)
def test_what_is_public_is_documented(module):
    root = tree(file_of(module))
    assert ast.get_docstring(root), f"{module} says not what it is for"
    classes = [node for node in root.body if isinstance(node, ast.ClassDef)]
    for node in [*root.body, *(line for one in classes for line in one.body)]:
        public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if public:
            assert ast.get_docstring(node), f"{module}.{node.name}"


def test_nothing_unpickles():
    for path in [*LIBRARY.rglob("*.py"), *(WORKFLOW / "scripts").glob("*.py")]:
        text = path.read_text()
        assert "pickle" not in text
        assert "allow_pickle=True" not in text
        assert not re.search(r"torch\.load\((?!.*weights_only=True)", text)
