"""Versions of libraries, which stand in the attributes of every result."""

import sys
from importlib import metadata

LIBRARIES = ("unhans", "numpy", "scipy", "sklearn", "torch", "umap", "zarr", "zennit")
"""Names of the modules whose versions count."""


def loaded_versions() -> dict[str, str]:
    """Look up the versions of the libraries that this process has loaded.

    Returns
    -------
    dict of str to str
        By name, ours first.

    """
    return {name: _version(name) for name in LIBRARIES if name in sys.modules}


def _version(name: str) -> str:
    said = getattr(sys.modules[name], "__version__", None)
    try:
        return str(said or metadata.version(name))  # zennit's module says none
    except metadata.PackageNotFoundError:
        return "unknown"
