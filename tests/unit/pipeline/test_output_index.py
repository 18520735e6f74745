"""Output index against Snakemake's own."""

import itertools

import pytest
from snakemake.io import IOFile
from snakemake.output_index import OutputIndex as Upstream

from unhans.pipeline.output_index import OutputIndex

PATTERNS = [
    ["r/{corpus}/{model}/distance/a.zarr.zip", "r/{corpus}/{model}/distance/b.zarr.zip"],
    ["r/{corpus}/{model}/affinity/a.zarr.zip"],
    ["r/{corpus}/distance/{class_id}.zarr.zip"],
    ["r/{corpus}/{file}"],
    ["r/ranking.tsv", "r/ranking.html"],
    ["{anything}.tsv"],
    ["r/{corpus}/figures"],
    ["alone"],
]


class Rule:
    """A rule as an index sees it."""

    def __init__(self, *patterns):
        self.outputs = [IOFile(pattern, rule=None) for pattern in patterns]

    def products(self):
        return self.outputs

    def is_producer(self, path):
        return any(output.match(path) for output in self.outputs)


@pytest.fixture(scope="module")
def both():
    rules = [Rule(*patterns) for patterns in PATTERNS]
    return OutputIndex(rules), Upstream(rules)


@pytest.mark.parametrize(
    "path",
    [
        *("r/c/m/distance/a.zarr.zip", "r/c/distance/a.zarr.zip", "r/c/m/affinity/a.zarr.zip"),
        *("r/ranking.tsv", "ranking.tsv", "r/c/figures", "r/c/figures/x", "alone", "r/alone"),
        *("r/c/m/distance/ba.zarr.zip", "s/c/m/distance/a.zarr.zip", "a.zarr.zip", "", "r/", "/"),
    ],
)
def test_it_finds_the_rules_that_snakemake_finds(both, path):
    ours, upstream = both
    assert ours.match(path) == upstream.match(path)
    assert ours.match_producers(path) == upstream.match_producers(path)


def test_any_path_of_such_pieces_finds_the_same(both):
    ours, upstream = both
    pieces = ("r", "c", "distance", "a.zarr.zip", "figures", "x.tsv")
    for length in range(1, 5):
        for path in map("/".join, itertools.product(pieces, repeat=length)):
            assert ours.match_producers(path) == upstream.match_producers(path)
