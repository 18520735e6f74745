"""paths: what is built is parsed back, and the rules' path variables name the same folders."""

import re

import pytest

from unhans import paths
from unhans.paths import Analysis

AT = Analysis("digits", "small_vgg", "epsilon_plus_flat", "none", "euclidean", 10, 32)
DEPTHS = range(len(Analysis._fields) + 1)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("results", ["results", "/data/all results", "../x/knn3"])
def test_a_result_is_parsed_back_to_its_point_of_the_grid_and_its_class(results, depth):
    path = paths.result(results, "some_stage", depth, AT, "n03417042")
    assert paths.parse(path, depth) == (tuple(map(str, AT[:depth])), "n03417042")
    assert paths.name_of(path) == "n03417042"


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_file_beside_the_stages_is_parsed_back_to_its_point_of_the_grid(depth):
    path = paths.beside("a/results", depth, AT, "findings.tsv")
    assert paths.parse_beside(path, depth) == tuple(map(str, AT[:depth]))
    assert path.startswith("a/results/")
    assert "//" not in path


def test_an_analysis_is_parsed_back_with_its_numbers():
    path = paths.result("results", "separability", 7, AT, "3")
    assert path == (
        "results/digits/small_vgg/epsilon_plus_flat/none/euclidean/knn10/q32/separability/3.zarr.zip"
    )
    assert paths.parse_analysis(path) == (AT, "3")


def test_the_parts_of_an_analysis_make_its_path():
    assert "/".join([*AT.explanation, AT.comparison]) == AT.path
    assert AT.network == ("digits", "small_vgg")


def test_a_name_may_begin_as_a_number_s_folder_does():
    odd = AT._replace(corpus="knn10", representation="q32")
    path = paths.result("results", "distance", 5, odd, "knn.zarr")
    assert paths.parse(path, 5) == (("knn10", *AT[1:3], "q32", "euclidean"), "knn.zarr")


def test_path_variables_name_the_same_folders():
    wildcards = Analysis._make(f"{{{name}}}" for name in Analysis._fields)
    filled = dict.fromkeys(paths.PATHVARS, "")
    for depth, (name, pattern) in enumerate(paths.PATHVARS.items(), start=1):
        filled[name] = re.sub(r"<(\w+)>", lambda match: filled[match[1]], pattern)
        assert filled[name] == paths.folder(wildcards, depth)


def test_results_are_sorted_by_class_in_the_order_given():
    found = paths.by_name(["r/b.zarr.zip", "r/a.zarr.zip"])
    assert list(found.items()) == [("b", "r/b.zarr.zip"), ("a", "r/a.zarr.zip")]


def test_logs_lie_in_the_folders_of_their_results():
    assert paths.log("r", 1, AT, "corpus", "3") == "r/logs/digits/corpus/3.log"
    assert paths.log("r", 0, AT, "ranking") == "r/logs/ranking.log"
