"""Classes: which classes of each corpus a run analyses, and which it needs."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from unhans.config.models import Config, trains_on
from unhans.images import class_index
from unhans.images.class_index import Catalogue, Entry


class Classes:
    """The classes of all corpora, read from folders and tables of labels when asked for.

    Parameters
    ----------
    config : Config
        The checked configuration.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._sections: Mapping[str, Any] = config.plain()["corpus"]

    def analysed(self, corpus: str) -> tuple[str, ...]:
        """Ids of the classes that are analysed.

        Parameters
        ----------
        corpus : str
            Name of the corpus.

        Returns
        -------
        tuple of str
            In the order of their indices.

        Raises
        ------
        ConfigError
            The classes cannot be read, or a pattern of ``classes`` matches none.
        """
        return tuple(entry.id for entry in self._chosen[corpus])

    def needed(self, corpus: str) -> tuple[str, ...]:
        """Ids of the classes whose images are needed: a network that is trained here sees all.

        Parameters
        ----------
        corpus : str
            Name of the corpus.

        Returns
        -------
        tuple of str
            All classes where a network is trained on the corpus, else those that are analysed.

        Raises
        ------
        ConfigError
            See `analysed`.
        """
        if trains_on(self._config, corpus):
            return tuple(entry.id for entry in self.entries(corpus))
        return self.analysed(corpus)

    def entries(self, corpus: str) -> tuple[Entry, ...]:
        """All classes of a corpus in the order of their indices.

        Parameters
        ----------
        corpus : str
            Name of the corpus.

        Returns
        -------
        tuple of Entry

        Raises
        ------
        ConfigError
            The classes cannot be read; see `images.class_index.read`.
        """
        return self.catalogues[corpus].entries

    def names(self, corpus: str) -> dict[str, str]:
        """Readable names of the classes that are analysed, by id.

        Parameters
        ----------
        corpus : str
            Name of the corpus.

        Returns
        -------
        dict of str to str

        Raises
        ------
        ConfigError
            See `analysed`.
        """
        return {entry.id: entry.name for entry in self._chosen[corpus]}

    def output_names(self, corpus: str) -> list[str]:
        """Names of the outputs of a network for a corpus, in their order.

        Parameters
        ----------
        corpus : str
            Name of the corpus.

        Returns
        -------
        list of str
            One for each output.
        """
        return list(self.catalogues[corpus].names)

    def outputs(self, corpus: str) -> dict[str, int]:
        """Index of the output of each class that a network for a corpus knows, by id.

        Parameters
        ----------
        corpus : str
            Name of the corpus.

        Returns
        -------
        dict of str to int
            Of ImageNet all 1,000 classes, whichever the corpus holds.

        Raises
        ------
        ConfigError
            See `entries`.
        """
        if self._sections[corpus]["source"] == "imagenet":
            return {name: index for name, (index, _) in class_index.imagenet().items()}
        return {entry.id: entry.index for entry in self.entries(corpus)}

    @cached_property
    def catalogues(self) -> dict[str, Catalogue]:
        """What was found of the classes of each corpus."""
        keys = ("source", "root", "splits", "table", "class_index")
        return {
            name: class_index.read(
                f"corpus.{name}", **{key: section[key] for key in keys if key in section}
            )
            for name, section in self._sections.items()
        }

    @cached_property
    def _chosen(self) -> dict[str, tuple[Entry, ...]]:
        return {
            name: self.catalogues[name].choose(section["classes"], f"corpus.{name}.classes")
            for name, section in self._sections.items()
        }
