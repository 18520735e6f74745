"""Job outputs: the results of one job that it has to make, where others of them are current."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from unhans.io import store
from unhans.io.resumable import ResumableWriter
from unhans.io.store import Recipe, Result


@contextmanager
def writers(
    outputs: Mapping[str, str],
    recipe_of: Callable[[str], Recipe],
    inputs: Iterable[str],
    sources: Mapping[str, Result],
) -> Iterator[dict[str, ResumableWriter]]:
    """Open a writer of each output that is not current. The others stay, and become newer.

    Parameters
    ----------
    outputs : mapping of str to str
        Paths by the names that they have in the rule.
    recipe_of : callable
        From such a name to the recipe of the stage that it is a result of.
    inputs : iterable of str
        Files that the job reads.
    sources : mapping of str to Result
        What the outputs are made from, by role.

    Yields
    ------
    dict of str to ResumableWriter
        By the name of the output.
    """
    made, given = {}, list(inputs)
    with ExitStack() as stack:
        for name, path in outputs.items():
            recipe = recipe_of(name)
            if store.is_current(path, recipe, given):
                os.utime(path)
            else:
                made[name] = stack.enter_context(ResumableWriter(path, recipe, sources))
        yield made
