"""Rooms: who may import whom, by folder, and which packages stay in which room."""

from graphlib import CycleError, TopologicalSorter

import pytest
from _tree import LIBRARY, MODULES, file_of, imports, loaded_by, ours, room_of, tree

MAY_IMPORT = {
    "ground": set(),
    "io": set(),
    "config": set(),
    "images": set(),
    "networks": {"images"},
    "attribution": {"networks", "images"},
    "spray": set(),
    "features": {"attribution", "networks", "images"},
    "detection": {"spray"},
    "artefacts": {"attribution", "networks", "images"},
    "correction": {"artefacts", "attribution", "features", "networks", "images"},
    "probes": {"artefacts", "attribution", "networks", "images"},
    "reporting": {
        *("artefacts", "attribution", "detection", "features", "probes"),
        *("images", "networks", "spray"),
    },
    "paper": {"reporting", "artefacts", "images", "spray"},
    "benchmark": {"reporting", "spray", "config"},
    "pipeline": {
        *("config", "images", "networks", "attribution", "spray", "detection"),
        *("artefacts", "correction", "features", "probes", "reporting", "paper", "benchmark"),
    },
}
"""The rooms, from the ground up. All may import the ground, and all but the ground `io`."""

HEAVY = {
    "torch": {"networks", "attribution", "artefacts", "correction", "features", "probes"},
    "torchvision": {"networks", "attribution"},
    "zennit": {"networks", "attribution"},
    "safetensors": {"networks"},
    "PIL": {"images", "networks", "artefacts", "probes", "reporting"},
    "matplotlib": {"reporting", "paper", "benchmark"},
    "sklearn": {"spray", "correction", "probes", "paper", "benchmark"},
    "umap": {"spray"},
    "hdbscan": {"benchmark"},
    "ot": {"spray", "paper"},
    "numba": {"ground", "spray"},
    "xarray": {"io"},
    "h5py": {"io"},
    "zarr": {"io"},
    "snakemake": {"pipeline"},
}
"""Packages that are slow to load or that others should not know, and the rooms that may."""

ON_GPU = {"spray.transport.annealing_gpu", "spray.cosines_gpu"}
"""Modules that load torch in a room that has none, where a GPU is asked for."""


def test_every_folder_is_a_room_of_the_table():
    folders = {path.name for path in LIBRARY.iterdir() if (path / "__init__.py").exists()}
    assert folders == set(MAY_IMPORT) - {"ground"}


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_only_those_below_it(module):
    room = room_of(module)
    allowed = {room, "ground", *MAY_IMPORT[room]} | ({"io"} if room != "ground" else set())
    upward = {name for name in ours(file_of(module)) if room_of(name) not in allowed}
    assert not upward


def test_the_table_of_rooms_has_no_circle():
    TopologicalSorter(MAY_IMPORT).prepare()


def test_files_import_each_other_in_no_circle():
    # Imports within functions count: a circle that is broken at run time is a circle.
    graph = {module: ours(file_of(module)) - {module} for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {error.args[1]}")


@pytest.mark.parametrize("module", MODULES)
def test_heavy_packages_stay_in_their_rooms(module):
    roots = {name.split(".")[0] for name in imports(file_of(module))}
    if module in ON_GPU:
        roots -= {"torch"}
    strangers = {name for name in roots & set(HEAVY) if room_of(module) not in HEAVY[name]}
    assert not strangers


@pytest.mark.parametrize("package", [name for name in MODULES if (LIBRARY / name).is_dir()])
def test_packages_within_the_library_hold_nothing_but_their_purpose(package):
    # Else importing one module of a room would drag the room in.
    assert len(tree(file_of(package)).body) == 1


def test_a_run_is_planned_without_heavy_packages():
    heavy = {"pandas", "PIL", "scipy", "torch", "zarr"}
    assert not heavy & loaded_by("import unhans.pipeline.plan")
    light = "import unhans.images.class_index, unhans.pipeline.machine"
    assert not (heavy | {"numpy"}) & loaded_by(light)
