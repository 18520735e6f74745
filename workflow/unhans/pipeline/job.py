"""Job: what every script does around its one call: one thread, a log, readable failures.

Importing this module changes nothing. A job prepares its process when it starts (see `prepare`), before
NumPy is imported: thread counts are read once, when NumPy's libraries load.
"""

import errno
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from unhans import paths
from unhans.pipeline import code_guard, job_files
from unhans.pipeline.job_files import Call, Files
from unhans.pipeline.log import Log

if TYPE_CHECKING:
    from unhans.io.resumable import ResumableWriter
    from unhans.io.store import Recipe, Result

    Writers = dict[str, ResumableWriter]

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)

BACKENDS = ("PYTORCH", "JAX", "CUPY", "TENSORFLOW")
"""Packages whose arrays POT computes with where it finds them; here it gets NumPy's alone."""

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of the errors of a full disk, and of a quota that is used up."""

FAILURE = "unhans: error: "
"""Starts the line of a log that says why a job failed."""


def prepare() -> None:
    """Set what holds for a whole process: one thread for each library, and POT without its backends.

    More threads than cores made k-means 40 times slower under load, and the number of threads changes
    the last digits of sums: one thread a job, classes side by side. Call it before NumPy is imported,
    since libraries read the variables when they load.
    """
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.environ.update({f"POT_BACKEND_DISABLE_{name}": "1" for name in BACKENDS})


class Job:
    """The work of one script: ``with Job(snakemake) as job:``.

    An `UnhansError` ends the job with its message alone, any other error leaves its traceback in the
    log. The rule's parameters ``stage``, ``settings`` and ``code`` (its digest) become the recipe that
    its results carry.

    Parameters
    ----------
    call : Call
        What Snakemake hands to the script; its ``params`` hold ``stage``, ``settings`` and
        ``code``.
    """

    def __init__(self, call: Call) -> None:
        prepare()
        from unhans.io.store import Recipe

        self.settings: dict[str, Any] = dict(call.params.settings)
        self.recipe = Recipe(str(call.params.stage), self.settings, str(call.params.code))
        self.also: dict[str, dict[str, Any]] = dict(getattr(call.params, "also", {}))
        """Settings of further stages whose results this job makes, by stage and name of the output"""
        self.params, self.wildcards = call.params, call.wildcards
        self.input = Files(**job_files.named(call.input))
        self.output = Files(**job_files.named(call.output))
        self._log = Path(call.log[0])

    def __enter__(self) -> "Job":
        self._file = Log(self._log)
        try:
            self._begin()
        except Exception as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def _begin(self) -> None:
        self._check_code()
        self.check_sources()

    def _end(self) -> Exception | None:
        """Say why nothing of what was made may be kept, and remove it."""
        fault = self._code_fault()
        if fault is not None:
            job_files.remove(vars(self.output).values())
        return fault

    def _code_fault(self) -> Exception | None:
        """Fault of code that is not that of the run, if it is not; see `code_guard.fault`."""
        return code_guard.fault(self.recipe.stage, self.wildcards, self.recipe.code)

    def _check_code(self) -> None:
        """Refuse code that is not that of the run; a `StoreError`."""
        fault = self._code_fault()
        if fault is not None:
            raise fault

    def check_sources(self) -> None:
        """Refuse inputs that were made from other results than those that are there, or otherwise.

        Raises
        ------
        StoreError
            See `provenance.check` and `sources.check`.
        """
        from unhans.io import provenance
        from unhans.pipeline import sources

        files = job_files.paths_of(vars(self.input).values())
        # A file that is not there is left to its reader.
        results = [one for one in files if one.endswith(paths.RESULT) and Path(one).exists()]
        provenance.check(results)
        sources.check(results, getattr(self.params, "above", {}))

    def recipe_of(self, output: str) -> "Recipe":
        """Recipe of the stage that an output is a result of.

        Parameters
        ----------
        output : str
            Name of the output.

        Returns
        -------
        Recipe
        """
        if output not in self.also:
            return self.recipe
        return replace(self.recipe, stage=output, parameters=self.also[output])

    def say(self, message: str) -> None:
        """Write a line to the log and to the terminal.

        Parameters
        ----------
        message : str
            The line, without its end.
        """
        self._file.write(f"{message}\n")
        print(message, file=sys.stderr, flush=True)

    def __exit__(
        self,
        _: type[BaseException] | None,
        error: BaseException | None,
        __: TracebackType | None,
    ) -> bool | None:
        try:
            fault = self._end() if error is None else error
            if isinstance(fault, Exception):
                self._explain(fault)
        finally:
            self._file.close()
        return None

    def _explain(self, error: Exception) -> None:
        from unhans.errors import UnhansError, one_line

        if isinstance(error, UnhansError):
            if error.__cause__ is not None:  # perhaps of code of the user's own
                traceback.print_exception(error.__cause__, file=self._file)
            self.say(f"{FAILURE}{one_line(error)}")
            raise SystemExit(1)
        if isinstance(error, MemoryError):
            self.say(f"{FAILURE}{self.recipe.stage}: out of memory; raise the rule's mem_mb")
            raise SystemExit(1)
        if isinstance(error, OSError) and error.errno in NO_SPACE:
            place = f" ({error.filename})" if error.filename else ""
            self.say(f"{FAILURE}{self.recipe.stage}: {error.strerror}{place}")
            raise SystemExit(1)
        traceback.print_exception(error, file=self._file)
        self.say(f"{FAILURE}{self.recipe.stage}: {type(error).__name__}: {one_line(error)}")


class ClassJob(Job):
    """The work of a script for one class, of those that `each_class` hands out.

    An `InputError` concerns the data of the class and sets it aside: the message is written in the
    place of its results, travels down to the ranking, and the other classes go on.

    Parameters
    ----------
    call : Call
        What Snakemake hands to the script.
    place : int
        Place of the class in the lists of files, from 0.
    count : int
        Number of classes of the job.
    """

    failed = False
    """The class has no result, and not for its data: the script fails in the end."""

    def __init__(self, call: Call, place: int, count: int) -> None:
        super().__init__(call)
        self.alone = count == 1
        for files in (self.input, self.output):
            for name, value in vars(files).items():
                setattr(files, name, job_files.nth(value, place, count))
        self._outputs = job_files.paths_of(vars(self.output).values())
        self._inputs = job_files.paths_of(vars(self.input).values())
        self.class_id = paths.name_of(self._outputs[0])
        # A chunk's classes have logs of their own beside the one that its rule names.
        self._log = Path(call.log[0]).with_name(f"{self.class_id}.log")

    def _begin(self) -> None:
        """Leave the checks to `each_class`: a class that is kept needs none."""

    def _end(self) -> None:
        """Leave the check of the code to `each_class`, which makes it once for several classes."""

    def is_current(self) -> bool:
        """Whether all that this job would make is there: same inputs, class, parameters and code.

        Returns
        -------
        bool
        """
        from unhans.io import store

        # What a rule says of each class: its index, the rows of its table.
        entry = getattr(self.params, "entries", {}).get(self.class_id, {})
        return all(
            store.is_current(path, recipe, self._inputs, entry)
            for path, recipe in self._recipes().items()
        )

    def writers(self, sources: "Mapping[str, Result]") -> "AbstractContextManager[Writers]":
        """Open a writer of each output that is not current; see `job_outputs.writers`.

        Parameters
        ----------
        sources : mapping of str to Result
            What the outputs are made from, by role.

        Returns
        -------
        context manager
            Gives a dict of writers by the name of the output.
        """
        from unhans.pipeline import job_outputs

        return job_outputs.writers(vars(self.output), self.recipe_of, self._inputs, sources)

    def _recipes(self) -> "dict[str, Recipe]":
        """Recipe of each output, by its path."""
        return {str(path): self.recipe_of(name) for name, path in vars(self.output).items()}

    def owns(self, log: str) -> bool:
        """Whether this is the log of this class alone, and not that of a chunk.

        Parameters
        ----------
        log : str
            Path of the log that the rule names.

        Returns
        -------
        bool
        """
        return self._log == Path(log)

    def keep(self) -> None:
        """Leave the results as they are, but newer than what they are made from."""
        for path in self._outputs:
            os.utime(path)
        with self:
            self._file.write(f"{self.recipe.stage}: {self.class_id} is up to date\n")

    def _explain(self, error: Exception) -> None:
        from unhans.errors import InputError, StoreError

        if isinstance(error, InputError):
            try:
                self._set_aside(error)
                return
            except StoreError as fault:  # its reason has no place, or an input is damaged
                error = fault
        for path in self._outputs:
            with suppress(OSError):
                Path(path).unlink()  # what an earlier run left is out of date
        try:
            super()._explain(error)
        except SystemExit:
            # The other classes of a chunk go on, but not without memory.
            if self.alone or isinstance(error, MemoryError):
                raise
        self.failed = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """Set the class aside, or let the other classes of a chunk go on after an error."""
        super().__exit__(kind, error, trace)
        return isinstance(error, Exception) and not (self.failed and self.alone)

    def _set_aside(self, error: Exception) -> None:
        from unhans.errors import SetAsideError, one_line
        from unhans.io.store import write_set_aside

        text = one_line(error)
        if isinstance(error, SetAsideError):
            reason = text  # passed on from the stage where it arose
        elif self._inputs:
            reason = f"{self.recipe.stage} of {self._inputs[0]}: {text}"
        else:
            reason = f"{self.recipe.stage}: {text}"
        self.say(f"unhans: class set aside: {reason}")
        for path, recipe in self._recipes().items():
            write_set_aside(path, recipe, reason, self._inputs)


def each_class(call: Call, renew: bool = False) -> Iterator[ClassJob]:
    """Hand out the classes of a script's job one after the other.

    A class whose results are current (made by this code with these parameters from inputs of this
    content) is left as it is, whatever the time stamps say: a class more in a chunk, or an input
    made again with the same content, costs a look.

    Parameters
    ----------
    call : Call
        What Snakemake hands to the script. Each list of files holds one file a class, or as many of
        each, in the same order.
    renew : bool
        Hand out current classes too, unless an output is missing. It is for a stage that reads files
        which are no results (images), and is run again to read them anew.

    Yields
    ------
    ClassJob
        Of each class whose results are not current, or of all.

    Raises
    ------
    SystemExit
        A class failed; the others are done.

    """
    renew = renew and all(Path(path).exists() for path in call.output)
    classes = job_files.n_classes(call)
    ended: dict[str, ClassJob | None] = {}
    made: list[ClassJob] = []
    for place in range(classes):
        job = ClassJob(call, place, classes)
        ended[job.class_id] = None
        if not renew and job.is_current():
            job.keep()
        else:
            ended[job.class_id] = job
            with job:
                if not made or made[0].failed:
                    job._check_code()
                job.check_sources()
            if not job.failed:
                yield job
                made.append(job)
                if len(made) == 1:
                    _take_back(made)  # its code is loaded now
        if place == classes - 1 and len(made) > 1:
            _take_back(made)
        if not job.owns(call.log[0]):
            words = {name: _ended(one) for name, one in ended.items()}
            job_files.write_log(call.log[0], words)
    if "failed" in map(_ended, ended.values()):
        raise SystemExit(1)


def _ended(job: ClassJob | None) -> str:
    return "up to date" if job is None else "failed" if job.failed else "done"


def _take_back(made: list[ClassJob]) -> None:
    """Remove the results of classes whose code was edited meanwhile, and say so; see `code_guard`."""
    for job in made if made[0]._code_fault() else []:
        with job:
            job._check_code()
