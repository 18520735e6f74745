"""POT, loaded without what our solvers do not need: ``from unhans.distance._pot import ot``.

POT looks for PyTorch, JAX, CuPy and TensorFlow, to compute in their arrays, and for scikit-learn and
NetworkX, for approximations that we do not use. It does without each that it cannot import. All of
them would cost a job several seconds and 300 MB.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

BACKENDS = ("PYTORCH", "JAX", "CUPY", "TENSORFLOW")
EXTRAS = ("sklearn", "networkx")


@contextmanager
def _out_of_sight(packages: tuple[str, ...]) -> Iterator[None]:
    """Let imports of packages that are not loaded yet fail."""
    hidden = [name for name in packages if name not in sys.modules]
    # None in the place of a module is Python's own sign for "not to be imported".
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


for _name in BACKENDS:
    os.environ.setdefault(f"POT_BACKEND_DISABLE_{_name}", "1")
with _out_of_sight(EXTRAS):
    import ot

__all__ = ["ot"]
