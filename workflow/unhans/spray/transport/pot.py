"""POT: ``from unhans.spray.transport.pot import ot``. A job loads it without what unhans does not use.

POT looks for PyTorch, JAX, CuPy and TensorFlow, to compute in their arrays, and for scikit-learn and
NetworkX, for approximations. It works without each that it cannot import. All of them would cost a job
several seconds and 300 MB. A job therefore disables POT's backends (see `unhans.pipeline.job.prepare`);
where they are disabled, scikit-learn and NetworkX are not loaded for POT either. Anywhere else POT is
loaded as it always is, so that other code finds all of it.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

DISABLED = "POT_BACKEND_DISABLE_PYTORCH"
"""Environment variable that disables a backend of POT, and here the extras."""

EXTRAS = ("sklearn", "networkx")


@contextmanager
def _hidden(packages: tuple[str, ...]) -> Iterator[None]:
    """Let imports of packages that are not loaded yet fail."""
    absent = [name for name in packages if name not in sys.modules]
    # None in the place of a module is Python's own sign for "not to be imported".
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _hidden(EXTRAS if os.environ.get(DISABLED) else ()):
    import ot

__all__ = ["ot"]
