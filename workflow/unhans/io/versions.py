"""Versions of libraries, which stand in the attributes of every result."""

import sys

LIBRARIES = ("unhans", "numpy", "scipy", "sklearn", "torch", "umap", "zarr", "zennit")
"""Names of the modules whose versions count."""


def loaded_versions() -> dict[str, str]:
    """Look up the versions of the libraries that this process has loaded.

    Returns
    -------
    dict of str to str
        By name, ours first.

    """
    return {
        name: str(getattr(sys.modules[name], "__version__", "unknown"))
        for name in LIBRARIES
        if name in sys.modules
    }
