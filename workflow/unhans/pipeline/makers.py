"""Makers: which rule of the workflow makes a file, and for which point of the grid."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import NamedTuple

from unhans import paths
from unhans.paths import Analysis
from unhans.pipeline.plan import Plan
from unhans.pipeline.stages import STAGES


class Maker(NamedTuple):
    """A rule, and the outputs that it makes."""

    rule: str
    stage: str | None
    """Name of its stage"""
    outputs: tuple[tuple[str, bool], ...]
    """Regular expression of each output's path, wildcards as groups, and whether it is a folder"""


class Made(NamedTuple):
    """A file as a rule makes it."""

    rule: str
    stage: str | None
    target: str
    """What to ask Snakemake for: the file, or the folder that the rule makes"""
    wildcards: Mapping[str, str]


class Makers:
    """Finds the rule of a file.

    Parameters
    ----------
    makers : iterable of Maker
        All rules with an output.
    """

    def __init__(self, makers: Iterable[Maker]) -> None:
        self._plain: dict[str, Maker] = {}
        self._patterns: list[tuple[re.Pattern[str], bool, Maker]] = []
        for maker in makers:
            for pattern, folder in maker.outputs:
                plain = re.sub(r"\\(.)", r"\1", pattern.removesuffix("$"))
                if re.escape(plain) + "$" == pattern and not folder:
                    self._plain[plain] = maker
                else:
                    self._patterns.append((re.compile(pattern), folder, maker))

    def of(self, path: str) -> Made | None:
        """Find the rule of a file.

        Parameters
        ----------
        path : str
            As the rules write it.

        Returns
        -------
        Made or None
            None where no rule makes it.
        """
        found = self._plain.get(path)
        if found is not None:
            return Made(found.rule, found.stage, path, {})
        above = [str(folder) for folder in PurePath(path).parents]
        for pattern, folder, maker in self._patterns:
            for target in above if folder else (path,):
                match = pattern.match(target)
                if match:
                    return Made(maker.rule, _stage(maker, path), target, match.groupdict())
        return None


def _stage(maker: Maker, path: str) -> str | None:
    """Stage of a file: that of its rule, or another one that the rule's job carries out as well."""
    folder = paths.stage_of(path)
    other = STAGES.get(folder)
    if other is None or other.made_by is None:
        return maker.stage
    return folder if other.made_by == maker.stage else maker.stage


def is_planned(plan: Plan, made: Made) -> bool:
    """Whether the configuration asks for the point of the grid that a file is of.

    Parameters
    ----------
    plan : Plan
        Of the run.
    made : Made
        The file.

    Returns
    -------
    bool
    """
    fields = {name: value for name, value in made.wildcards.items() if name in Analysis._fields}
    analyses = [
        analysis
        for analysis in plan.config.analyses()
        if all(str(getattr(analysis, name)) == value for name, value in fields.items())
    ]
    if fields and not analyses:
        return False
    class_id, artefact = made.wildcards.get("class_id"), made.wildcards.get("artefact")
    if class_id is not None and not any(
        class_id in plan.classes.needed(analysis.corpus) for analysis in analyses
    ):
        return False
    return artefact is None or artefact in [row.artefact for row in plan.context.accepted]
