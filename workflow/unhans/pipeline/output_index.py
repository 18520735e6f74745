"""Output index: the rules whose outputs may be a file, found by the file's name.

A workflow in chunks has an output for each class and stage. Snakemake compares a file with each output
whose path begins as the file's does up to the first wildcard: with all of them, a millisecond a file.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any


class OutputIndex:
    """Finds the rules of a file; takes the place of ``snakemake.output_index.OutputIndex``.

    Parameters
    ----------
    rules : iterable of Rule
        ``products()`` of each is read, and of each product what is constant before its first and after
        its last wildcard.
    """

    def __init__(self, rules: Iterable[Any]) -> None:
        self._named: dict[str, list[tuple[str, str, Any]]] = defaultdict(list)
        self._others: list[tuple[str, str, Any]] = []
        for rule in rules:
            for product in rule.products():
                prefix, suffix = str(product.constant_prefix()), str(product.constant_suffix())
                _, separator, name = suffix.rpartition("/")
                group = self._named[name] if separator else self._others
                group.append((prefix, suffix, rule))

    def match(self, targetfile: str) -> set[Any]:
        """Find the rules one of whose outputs begins and ends as a file does.

        Parameters
        ----------
        targetfile : str
            Path of the file.

        Returns
        -------
        set of Rule
        """
        named = self._named.get(targetfile.rpartition("/")[2], ())
        return {
            rule
            for group in (named, self._others)
            for prefix, suffix, rule in group
            if targetfile.startswith(prefix) and targetfile.endswith(suffix)
        }

    def match_producers(self, targetfile: str) -> set[Any]:
        """Find the rules that make a file.

        Parameters
        ----------
        targetfile : str
            Path of the file.

        Returns
        -------
        set of Rule
        """
        return {rule for rule in self.match(targetfile) if rule.is_producer(targetfile)}
