"""Output names: what the outputs of a network are called, and whether the classes of a corpus fit."""

from collections.abc import Sequence

from unhans.errors import InputError

SHOWN = 8
"""Classes that a message names."""


def fit(names: Sequence[str], outputs: int, complete: bool, corpus: str) -> list[str]:
    """Fit the names of a corpus's classes to the outputs of a network.

    Parameters
    ----------
    names : sequence of str
        By index, "" for one without a name.
    outputs : int
        Of the network.
    complete : bool
        The classes were counted, so that each output must be one of them. Those of a ``class_index``
        need only fit in.
    corpus : str
        Its name in the config, for the message.

    Returns
    -------
    list of str
        One for each output, "" for one without a name.

    Raises
    ------
    InputError
        There are more classes than outputs, or fewer where they were counted; the message names
        them.

    """
    if len(names) == outputs or (len(names) < outputs and not complete):
        return [*names, *[""] * (outputs - len(names))]
    named = [name for name in names if name]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    shown = ", ".join(map(repr, named[:SHOWN])) + more
    if complete:
        raise InputError(
            f"corpus.{corpus}: {len(names)} classes were counted ({shown}), and the network has "
            f"{outputs} outputs; expected as many, or corpus.{corpus}.class_index, a table with the "
            "index of each class"
        )
    raise InputError(
        f"corpus.{corpus}.class_index: the highest index is {len(names) - 1} ({names[-1]!r}), and the "
        f"network has {outputs} outputs; expected indices from 0 to {outputs - 1}"
    )
