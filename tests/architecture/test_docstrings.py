"""Docstrings: every public function says what it takes, returns and raises, as numpydoc has it."""

import ast
import re
from itertools import pairwise

import pytest
from _tree import MODULES, file_of, tree

SHORT_FORMS = {"pipeline.plan"}
"""Modules that say in their docstring where their functions are described."""


def docs(node):
    return [line.strip() for line in (ast.get_docstring(node) or "").splitlines()]


def sections(lines):
    """Titles of a docstring: lines with a line of dashes below them."""
    return {title for title, line in pairwise(lines) if line and set(line) == {"-"}}


def named(lines):
    """Names before `` : ``, and those of ``*args`` and ``**options``."""
    heads = [line.partition(" : ")[0] for line in lines if " : " in line or line.startswith("*")]
    return {name.strip(" *") for head in heads for name in head.split(",")}


def arguments(function):
    listed = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    starred = [one for one in (function.args.vararg, function.args.kwarg) if one]
    names = {one.arg for one in [*listed, *starred]}
    return {name for name in names - {"self", "cls"} if not name.startswith("_")}


def own_nodes(function):
    """Nodes of a function, without those of functions within it."""
    waiting = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def errors(function):
    """Classes of errors that a function raises by name."""
    raised = [node.exc for node in own_nodes(function) if isinstance(node, ast.Raise)]
    called = [exc.func if isinstance(exc, ast.Call) else exc for exc in raised if exc is not None]
    return {node.id for node in called if isinstance(node, ast.Name) and node.id[0].isupper()}


def missing(function):
    """What a docstring lacks."""
    lines = docs(function)
    titles = sections(lines)
    found = [f"parameter {name}" for name in sorted(arguments(function) - named(lines))]
    if arguments(function) and "Parameters" not in titles:
        found.append("Parameters")
    returned = ast.unparse(function.returns) if function.returns else "None"
    if returned not in ("None", "NoReturn") and not titles & {"Returns", "Yields"}:
        found.append("Returns or Yields")
    if errors(function) and "Raises" not in titles:
        found.append("Raises")
    text = "\n".join(lines)
    return found + [f"error {name}" for name in sorted(errors(function)) if name not in text]


def classes():
    roots = [tree(file_of(module)) for module in MODULES]
    found = [node for root in roots for node in root.body if isinstance(node, ast.ClassDef)]
    return {node.name: node for node in found}


CLASSES = classes()


def above(node):
    """Classes of the library that a class is derived from."""
    bases = [CLASSES[ast.unparse(base)] for base in node.bases if ast.unparse(base) in CLASSES]
    return [one for base in bases for one in (base, *above(base))]


def methods(node):
    own = [one for one in node.body if isinstance(one, ast.FunctionDef)]
    return {one.name: one for one in own if not one.name.startswith("_")}


def described(module):
    """Public functions, and public methods that do not carry out one that a base class describes."""
    for node in tree(file_of(module)).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            inherited = {name for base in above(node) for name in methods(base)}
            for name, method in methods(node).items():
                decorated = " ".join(map(ast.unparse, method.decorator_list))
                if name not in inherited and "property" not in decorated:
                    yield f"{node.name}.{name}", method


@pytest.mark.parametrize("module", [name for name in MODULES if name not in SHORT_FORMS])
def test_public_functions_say_what_they_take_return_and_raise(module):
    found = {name: missing(function) for name, function in described(module)}
    assert not {name: lacks for name, lacks in found.items() if lacks}


SOURCE = re.compile(r"arXiv:\d|doi:10|[A-Z][a-z]+ (et al\. )?(19|20)\d\d|[Ee]quation")
"""What names a source: an arXiv number, a DOI, a name with a year, or an equation."""

OF_A_SOURCE = {
    "spray.affinity": "knn_affinity",
    "spray.laplacian": "symmetric_normalized",
    "spray.embedding": "spectral",
    "spray.eigengap": "eigengap",
    "spray.clustering": "kmeans",
    "spray.separability": "tau",
    "spray.conductance": "conductance",
}
"""The functions of Algorithm 1, and of what reads its clusters. Metrics are all checked."""

METRICS = [name for name in MODULES if name.startswith("spray.distance.")]


@pytest.mark.parametrize("module", [*OF_A_SOURCE, *METRICS])
def test_what_is_computed_has_a_source(module):
    root = tree(file_of(module))
    names = {OF_A_SOURCE[module]} if module in OF_A_SOURCE else {"pairwise", "compare"}
    found = [node for node in root.body if isinstance(node, ast.FunctionDef) and node.name in names]
    assert found
    for function in found:
        text = f"{ast.get_docstring(root)}\n{ast.get_docstring(function)}"
        assert SOURCE.search(text), f"{module}.{function.name}"
