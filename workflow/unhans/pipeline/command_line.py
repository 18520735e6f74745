"""Command line: the one of Snakemake that ``unhans run`` stands for, and that by which a run was started.

Beside `compat` this is the other place that uses what Snakemake (9.27) does not document: the parsers of
``snakemake.cli``.
"""

import io
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from unhans.errors import ConfigError, near
from unhans.pipeline.named_targets import TARGETS

STARTED_BY = "UNHANS_RUN"
"""Variable of the environment that holds the configuration of ``unhans run``."""


class Typed(NamedTuple):
    """How a run was asked for.

    Parameters
    ----------
    command : tuple of str
        ``unhans run CONFIG`` or ``snakemake``, with the options that say what is run and where.
    targets : tuple of str
        That were asked for.
    directory : str
        Folder that the run works in, seen from where it was started; empty for the same.
    """

    command: tuple[str, ...] = ("snakemake",)
    targets: tuple[str, ...] = ()
    directory: str = ""


def of_run(snakefile: Path, config: str, words: Sequence[str]) -> list[str]:
    """Arguments of Snakemake that ``unhans run`` stands for.

    Parameters
    ----------
    snakefile : Path
        Of the workflow.
    config : str
        File of the configuration.
    words : sequence of str
        What follows it: targets, flags of Snakemake in any order, and more targets after ``--``.

    Returns
    -------
    list of str
        Without the program. Where nothing says how many cores are used, ``--cores all``.

    Raises
    ------
    ConfigError
        A flag is unknown to Snakemake, says what the configuration says, or a target has no rule.
    """
    end = words.index("--") if "--" in words else len(words)
    first = next((place for place in range(end) if words[place].startswith("-")), end)
    flags, among = _apart(words[first:end])
    targets = [*words[:first], *among, *words[end + 1 :]]
    for target in targets:
        if not {"/", "."} & set(target) and target not in TARGETS:
            meant = near(target, TARGETS)
            raise ConfigError(
                f"no target '{target}'{f' ({meant})' if meant else ''}; expected one of "
                f"{', '.join(TARGETS)}, or the path of a result"
            )
    options = ["--snakefile", str(snakefile), "--configfile", config]
    asked = _parsed([*options, *flags])
    if [str(file) for file in asked.configfile] != [config]:
        raise ConfigError(
            f"--configfile: unhans run reads {config}; expected none beside it (--config KEY=VALUE "
            "changes single keys, and snakemake itself takes several files)"
        )
    says = (asked.cores, asked.jobs, asked.executor)
    cores = ["--cores", "all"] if all(one is None for one in says) else []
    return [*options, *cores, *flags, *(["--", *targets] if targets else [])]


def typed(arguments: Sequence[str] | None = None) -> Typed:
    """Say how to ask the workflow that runs for more: by the same files, folder and values.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of Snakemake; those of this process by default.

    Returns
    -------
    Typed
    """
    started = os.environ.get(STARTED_BY)
    command = ["snakemake"] if started is None else ["unhans", "run", started]
    try:
        asked = _parsed(sys.argv[1:] if arguments is None else arguments)
    except ConfigError:  # Snakemake was called by a program
        return Typed(tuple(command))
    said: tuple[tuple[str, Sequence[Any]], ...] = (
        ("--snakefile", [asked.snakefile] if asked.snakefile and started is None else []),
        ("--configfile", asked.configfile if started is None else []),
        ("--directory", [asked.directory] if asked.directory else []),
        ("--config", asked.config or []),
    )
    for flag, values in said:
        command += [flag, *map(str, values)] if values else []
    return Typed(tuple(command), tuple(asked.targets), str(asked.directory or ""))


def _apart(flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take the targets out of flags, which Snakemake would not find in two places."""
    found = list(_parsed(flags).targets)
    for place in reversed(range(len(flags) - len(found) + 1)):
        end = place + len(found)
        rest = [*flags[:place], *flags[end:]]
        if list(flags[place:end]) == found and _has_no_target(rest):
            return rest, found
    raise ConfigError(
        f"targets {', '.join(found)} stand between flags; expected them before the first flag"
    )


def _has_no_target(flags: Sequence[str]) -> bool:
    try:
        return not _parsed(flags).targets
    except ConfigError:
        return False


def _parsed(arguments: Sequence[str]) -> Any:
    """Parse arguments as Snakemake does, with its profiles."""
    from snakemake.cli import parse_args

    said = io.StringIO()
    try:
        with redirect_stderr(said), redirect_stdout(said):
            return parse_args(list(arguments))[1]
    except SystemExit:
        last = (said.getvalue().strip().splitlines() or [""])[-1]
        raise ConfigError(f"snakemake: {last.partition('error: ')[2] or last}") from None
    except Exception as error:  # a value of a flag, a profile
        raise ConfigError(f"snakemake: {error}") from None
