"""Job: what every script does around its one call: one thread, a log, readable failures.

Import this before NumPy: thread counts are read once, when its libraries load.
"""

import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TextIO

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)

# More threads than cores made k-means 40 times slower under load, and the number of threads changes
# the last digits of sums: one thread a job, classes side by side.
os.environ.update(dict.fromkeys(THREADS, "1"))

FAILURE = "unhans: error: "
"""Starts the line of a log that says why a job failed."""


class Call(Protocol):
    """What a job reads of the object that Snakemake hands to a script."""

    input: Any
    output: Any
    params: Any
    log: Any
    rule: str


class Job:
    """The work of one script: ``with Job(snakemake) as job:``.

    An `UnhansError` ends the job with its message alone. One that concerns the data of a class
    (`InputError`) sets the class aside where the job's results belong to one class
    (``per_class=True``): the message is written in the place of its results, travels down to the
    ranking, and the other classes go on. Any other error leaves its traceback in the log.

    The rule's parameters ``settings`` (what the stage is told) and ``code`` (its digest) become the
    recipe that its results carry.
    """

    def __init__(self, call: Call, per_class: bool = True) -> None:
        from unhans.store import Recipe

        self.recipe = Recipe(call.rule, dict(call.params.settings), str(call.params.code))
        self.per_class = per_class
        self._inputs = [str(path) for path in call.input]
        self._outputs = [str(path) for path in call.output]
        self._log = Path(call.log[0])

    def __enter__(self) -> "Job":
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = self._log.open("w", encoding="utf-8")
        return self

    def say(self, message: str) -> None:
        """Write a line to the log and to the terminal."""
        print(message, file=self._file, flush=True)
        print(message, file=sys.stderr, flush=True)

    def __exit__(
        self,
        _: type[BaseException] | None,
        error: BaseException | None,
        __: TracebackType | None,
    ) -> bool:
        from unhans.errors import InputError, UnhansError

        try:
            if isinstance(error, InputError) and self.per_class:
                self._set_aside(error)
                return True
            if isinstance(error, UnhansError):
                self.say(f"{FAILURE}{error}")
                raise SystemExit(1)
            if isinstance(error, MemoryError):
                self.say(f"{FAILURE}{self.recipe.stage}: out of memory; raise the rule's mem_mb")
                raise SystemExit(1)
            if error is not None:
                traceback.print_exception(error, file=self._file)
                self.say(f"{FAILURE}{self.recipe.stage}: {type(error).__name__}: {error}")
            return False
        finally:
            self._file.close()

    def _set_aside(self, error: Exception) -> None:
        from unhans.errors import SetAsideError
        from unhans.store import write_set_aside

        if isinstance(error, SetAsideError):
            reason = str(error)  # passed on from the stage where it arose
        else:
            reason = f"{self.recipe.stage} of {self._inputs[0]}: {error}"
        self.say(f"unhans: class set aside: {reason}")
        for path in self._outputs:
            write_set_aside(path, self.recipe, reason, self._inputs)
