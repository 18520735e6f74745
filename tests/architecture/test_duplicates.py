"""Duplicates: no code stands twice, in the library, its scripts and their tests."""

import ast
from collections import defaultdict

from _tree import ROOT, WORKFLOW, tree

MOST = 10
"""Lines in a row that may stand twice, without docstrings, imports, comments and closing brackets."""

PASSED_OVER = ast.Import | ast.ImportFrom


def is_text(node):
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant and isinstance(node.value.value, str)


def lines_of(path):
    """Numbers and texts of the lines of code of a file."""
    passed_over = {
        line
        for node in ast.walk(tree(path))
        if is_text(node) or isinstance(node, PASSED_OVER)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.partition("  # ")[0].strip()
        if number not in passed_over and text.strip(")]},") and not text.startswith("#"):
            yield number, text


def test_no_code_of_more_than_ten_lines_stands_twice():
    places = defaultdict(list)
    for path in [*WORKFLOW.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        lines = list(lines_of(path))
        for start in range(len(lines) - MOST):
            window = lines[start : start + MOST + 1]
            key = tuple(text for _, text in window)
            places[key].append(f"{path.relative_to(ROOT)}:{window[0][0]}")
    assert not [found for found in places.values() if len(found) > 1]
