"""Docs: links, paths, configuration keys, commands and modules that pages name exist."""

import ast
import importlib.util
import re
from functools import cache
from types import UnionType
from typing import get_args, get_origin

import pytest
import yaml
from _tree import LIBRARY, MODULES, ROOT, WORKFLOW
from pydantic import BaseModel
from test_rooms import MAY_IMPORT

from unhans.config import loading, models
from unhans.config.renamed import RENAMED
from unhans.pipeline.stages import STAGES

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")]
    if ".venv" not in path.parts
)
TODAY = [page for page in PAGES if page != "CHANGELOG.md"]
"""Pages that describe the present state; the changelog also names what was."""

README_LINES = 120

FOLDERS = "workflow|config|docs|tests|profiles|envs"
PATH = re.compile(rf"(?:{FOLDERS})/[\w./-]*\w")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


@cache
def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def code_of(page):
    """Spans of code in the text, and blocks of code."""
    text = text_of(page)
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", FENCE.sub("", text))
    return [*spans, *(block for _, block in FENCE.findall(text))]


def blocks_of(page, language):
    return [block for kind, block in FENCE.findall(text_of(page)) if kind == language]


@cache
def anchors_of(path):
    """Anchors of the headings of a page, as code hosts and the site make them."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.+?) *$", text, re.M)
    return {
        re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings
    }


def test_the_readme_is_read_in_three_minutes():
    assert len(text_of("README.md").splitlines()) <= README_LINES


@pytest.mark.parametrize("page", PAGES)
def test_links_and_anchors_lead_somewhere(page):
    for target, anchor in LINK.findall(FENCE.sub("", text_of(page))):
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), target
        assert not anchor or anchor in anchors_of(path), f"{target}#{anchor}"


@pytest.mark.parametrize("page", TODAY)
def test_paths_exist(page):
    for code in code_of(page):
        for start in re.finditer(rf"(?<![\w./-])(?:{FOLDERS})/", code):
            named = PATH.match(code, start.start())
            after = code[named.end() : named.end() + 1] if named else "*"
            if named and after not in {"*", "<", "{", "/"}:
                assert (ROOT / named[0]).exists(), named[0]


@pytest.mark.parametrize("page", TODAY)
def test_dotted_names_are_keys_of_the_configuration_or_modules(page):
    rooms = {module.split(".")[0] for module in MODULES}
    for code in code_of(page):
        name = code.removeprefix("unhans.")
        assert name not in RENAMED, f"{name} is now {RENAMED.get(name)}"
        parts = name.split(".")
        is_file = parts[-1] in {
            "tsv",
            "html",
            "png",
            "py",
            "yaml",
            "zarr",
            "smk",
            "zip",
            "h5",
            "json",
        }
        is_dotted = re.fullmatch(r"[a-z_]+(\.\w+)+", name) and not is_file
        if is_dotted and parts[0] in rooms | set(models.Config.model_fields):
            module, _, last = name.rpartition(".")
            is_ours = name in MODULES or (module in MODULES and has_name(module, last))
            assert is_ours or has_key(models.Config, parts), code


def has_name(module, name):
    path = LIBRARY.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return any(getattr(node, "name", None) == name for node in body)


def has_key(annotation, keys):
    """Whether a model, or one that a type is made of, has a field of this path."""
    if not keys:
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        return keys[0] in fields and has_key(fields[keys[0]].annotation, keys[1:])
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) in (dict, UnionType) or parts:
        # Named entries: the name may be left out, or stand in the path.
        return any(has_key(part, keys) or has_key(part, keys[1:]) for part in parts)
    return False


@pytest.mark.parametrize("page", TODAY)
def test_configurations_are_valid(page):
    for block in blocks_of(page, "yaml"):
        values = yaml.safe_load(block)
        if isinstance(values, dict) and set(values) & set(models.Config.model_fields):
            default = ROOT / "config/config.yaml"
            loading.load(loading.laid_over(yaml.safe_load(default.read_text()), values))


@pytest.mark.parametrize("page", PAGES)
def test_code_is_python_and_its_imports_exist(page):
    for block in blocks_of(page, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unhans"):
                assert importlib.util.find_spec(node.module), node.module
                own = node.module.removeprefix("unhans").removeprefix(".")
                for alias in node.names:
                    inner = f"{own}.{alias.name}".removeprefix(".")
                    assert inner in MODULES or has_name(own, alias.name), inner


@pytest.mark.parametrize("page", TODAY)
def test_commands_exist(page):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    rules = {"all", "screen", "correct", "restorations", "features", "verify", *STAGES}
    rules |= {"detection_benchmark"}
    for code in code_of(page):
        for named in re.findall(r"^ *make ([a-z-]+)", code, re.M):
            assert named in targets, named
        for line in re.findall(r"snakemake (.*)", code):
            for named in re.findall(r"(?:^| -- )([a-z_]+)(?=$| )", line.partition("#")[0].strip()):
                assert named in rules, named


def test_renamed_keys_stand_in_the_changelog():
    text = text_of("CHANGELOG.md")
    for old, new in RENAMED.items():
        for key in (old, *(name.partition(" (")[0] for name in new.split(" and "))):
            assert f"`{key}`" in text, key


def test_every_result_is_documented():
    page = text_of("docs/reference/results.md")
    rules = "".join(path.read_text() for path in (WORKFLOW / "rules").glob("*.smk"))
    for result in re.findall(r'"<results>/([^"]+)"', rules):
        folder, _, file = result.rpartition("/")
        own = folder.rpartition("/")[2] if file.startswith("{") else file.partition(".")[0]
        assert "{" in own or own in page, result


def test_the_library_page_has_the_table_of_rooms():
    row = re.compile(r"^\| `?(\w+)/?`? \|[^|]*\| ([^|]*?) *\|$", re.M)
    table = text_of("docs/reference/library.md").partition("## Who imports whom")[2]
    written = {room: set(re.findall(r"\w+", below)) for room, below in row.findall(table)}
    written.pop("room")
    assert written == MAY_IMPORT


def test_the_library_page_has_every_stage():
    text = text_of("docs/reference/library.md")
    assert not [stage for stage in STAGES if f"`{stage}`" not in text]
