"""Givers: the classes whose surroundings are put into the images of a class."""

from collections.abc import Sequence

GIVERS = 16
"""Most classes that give to a class: with a thousand classes, its job reads the images of these alone."""


def following(classes: Sequence[str], class_id: str) -> list[str]:
    """Find the classes that give to a class: those that follow it, the first ones after the last.

    Parameters
    ----------
    classes : sequence of str
        All classes, in their order.
    class_id : str
        One of them.

    Returns
    -------
    list of str
        At most `GIVERS`. Each class gives to as many classes as give to it.

    """
    place, count = classes.index(class_id), len(classes)
    return [classes[(place + turn) % count] for turn in range(1, min(GIVERS, count - 1) + 1)]
