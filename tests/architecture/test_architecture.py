"""The tree holds what its plan promises: one name a stage, and who may import whom."""

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from unhans.config import Config
from unhans.plan import FOLDERS, NETWORKS

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "workflow"
LIBRARY = WORKFLOW / "unhans"

SHARED = {"common", "constraints"}
"""Files of rules that hold no rule."""

RULES = sorted(path.stem for path in (WORKFLOW / "rules").glob("*.smk") if path.stem not in SHARED)
MODULES = sorted(
    ".".join(path.relative_to(LIBRARY).with_suffix("").parts).removesuffix(".__init__")
    for path in LIBRARY.rglob("*.py")
    if path.parent != LIBRARY or path.stem != "__init__"
)

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

IMAGE_ROOM = {
    "acceptance",
    "alteration",
    "artefact",
    "catalogue",
    "corpus",
    "decoding",
    "digits",
    "imagefolder",
    "material",
    "planting",
    "stencil",
    "transform",
}
TORCH_ROOM = {
    "_torchvision",
    "ablation",
    "attribution",
    "clarc",
    "compensation",
    "effect",
    "insertion",
    "judgement",
    "lrp",
    "model",
    "network",
    "training",
    "unhansing",
}
ARRAY_ROOM = {
    "affinity",
    "audit",
    "barycentre",
    "cav",
    "class_scores",
    "clustering",
    "contrast",
    "embedding",
    "isolation",
    "laplacian",
    "lloyd",
    "mixing",
    "preprocessing",
    "projection",
    "repetition",
    "separability",
    "toy",
} | {module for module in MODULES if module.startswith("distance")}
FITTED = {"cav"}
"""Modules of the array room that the torch room hands activations to, too large to be kept."""

ON_GPU = {"distance.batched_annealing"}
"""Modules of other rooms that are imported only where a GPU is asked for."""

DRAWING_ROOM = {"drawing", "figures", "panels", "sheet", "suggestion", "verdicts"} | {
    module for module in MODULES if module.endswith("_figure")
}
STORE = {"parts", "store"}
FOUNDATION = {"atomic", "bootstrap", "checks", "compilation", "errors", "grid", "types"}
"""Modules that every room may import, and that import nothing of ours but each other."""

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


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def file_of(module):
    path = LIBRARY.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imports(path):
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def ours(path):
    names = {name.removeprefix("unhans.") for name in imports(path) if name.startswith("unhans.")}
    return names & set(MODULES)


@pytest.mark.parametrize("stage", RULES)
def test_one_name_runs_through_rule_script_module_config_and_test(stage):
    assert (WORKFLOW / "scripts" / f"{stage}.py").exists()
    assert stage in MODULES
    assert stage in NO_SECTION or stage in Config.model_fields
    tests = [ROOT / "tests" / kind / f"test_{stage}.py" for kind in ("unit", "reference")]
    assert any(test.exists() for test in tests)


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
    assert first.module == "unhans.job"


@pytest.mark.parametrize("module", MODULES)
def test_only_scripts_know_snakemake(module):
    assert not {name for name in imports(file_of(module)) if name.split(".")[0] == "snakemake"}


@pytest.mark.parametrize("module", sorted(FOUNDATION))
def test_the_foundation_imports_nothing_above_it(module):
    assert ours(file_of(module)) <= FOUNDATION


def test_the_config_imports_nothing_but_the_foundation():
    assert ours(file_of("config")) <= FOUNDATION


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_absolute_so_that_digests_see_them(module):
    nodes = [node for node in ast.walk(tree(file_of(module))) if isinstance(node, ast.ImportFrom)]
    assert not [node for node in nodes if node.level]


def test_the_rooms_meet_in_the_store_alone_but_torch_sees_images():
    for module in IMAGE_ROOM:
        assert ours(file_of(module)) <= IMAGE_ROOM | FOUNDATION | STORE, module
    for module in TORCH_ROOM:
        room = TORCH_ROOM | IMAGE_ROOM | FOUNDATION | STORE | FITTED
        assert ours(file_of(module)) <= room, module
    for module in ARRAY_ROOM:
        assert ours(file_of(module)) <= ARRAY_ROOM | FOUNDATION, module
    for module in STORE:
        assert ours(file_of(module)) <= FOUNDATION | STORE, module


@pytest.mark.parametrize(
    ("room", "packages"),
    [
        (TORCH_ROOM | ON_GPU, {"torch", "torchvision", "zennit", "safetensors"}),
        (IMAGE_ROOM | DRAWING_ROOM, {"PIL"}),
        (DRAWING_ROOM, {"matplotlib"}),
        (ARRAY_ROOM, {"sklearn", "umap", "hdbscan"}),
        (STORE, {"zarr"}),
    ],
    ids=["torch", "images", "drawing", "arrays", "store"],
)
def test_a_heavy_package_stays_in_its_room(room, packages):
    for module in set(MODULES) - room:
        roots = {name.split(".")[0] for name in imports(file_of(module))}
        assert not roots & packages, module


def loaded_by(code):
    """Packages that Python has loaded after some code."""
    code = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_run_is_planned_without_heavy_packages():
    heavy = {"pandas", "PIL", "scipy", "torch", "zarr"}
    assert not heavy & loaded_by("import unhans.plan")
    assert not (heavy | {"numpy"}) & loaded_by("import unhans.catalogue, unhans.surroundings")


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
        lines += [f"import unhans.distance.{name}" for name in names]
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
