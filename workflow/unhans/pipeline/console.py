"""Console: the command ``unhans``, for what is asked of results beside running the workflow."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from unhans.config import loading
from unhans.errors import ConfigError, UnhansError, one_line
from unhans.pipeline import clock

ROOT = Path(__file__).resolve().parents[3]
"""Folder of the workflow."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line by default.

    Returns
    -------
    int
        Exit status: 0 where all is well, 1 where something is wrong.
    """
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.command(asked))
    except UnhansError as error:
        print(f"unhans: error: {one_line(error)}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "unhans",
        description="Look after results and configurations. The workflow runs by snakemake.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    verify = commands.add_parser(
        "verify",
        help="check every file of a folder of results",
        description="Check every file of a folder of results: digests, shapes, what each was made from, "
        "pictures, tables, and whether the configuration plans it. For each wrong file it says what is "
        "wrong, which rule makes it, and the command that remakes it. Run it where the workflow "
        "runs, with the same configuration. The exit status is 1 where a file is wrong.",
    )
    verify.add_argument(
        "results", nargs="?", help="the folder; by default that of the configuration"
    )
    verify.add_argument(
        "--configfile", nargs="+", default=[], type=Path, help="as Snakemake takes it"
    )
    verify.add_argument(
        "--strict",
        action="store_true",
        help="files that are stale, not planned or not there are wrong too",
    )
    verify.set_defaults(command=_verify)
    check = commands.add_parser(
        "check", help="check files of configuration, each with the line of what is no YAML"
    )
    check.add_argument("files", nargs="+", type=Path)
    check.set_defaults(command=_check)
    times = commands.add_parser(
        "set-times",
        help="move the times of all results back, after a clock that was wrong was set back",
    )
    times.add_argument("results")
    times.set_defaults(command=_set_times)
    return parser


def _verify(asked: argparse.Namespace) -> int:
    from unhans.pipeline import compat, verification

    snakefile = ROOT / "Snakefile"
    if not snakefile.exists():
        raise ConfigError(f"{snakefile}: no workflow beside this copy of unhans")
    for file in asked.configfile:
        loading.read_file(file)
    given = {} if asked.results is None else {"results": os.path.normpath(asked.results)}
    options = [*(["--configfile", *map(str, asked.configfile)] if asked.configfile else [])]
    options += ["--config", f"results={given['results']}"] if given else []
    with compat.loaded(snakefile, given, asked.configfile) as workflow:
        found = verification.verify(
            workflow.globals["PLAN"], compat.makers(workflow), shlex.join(options)
        )
    print(found)
    strict = [*found.stale, *found.unplanned, *found.missing] if asked.strict else []
    return 1 if found.wrong or strict else 0


def _check(asked: argparse.Namespace) -> int:
    for file in asked.files:
        loading.load_over(
            Path(clock.__file__).resolve().parents[3] / "config/config.yaml",
            loading.read_file(file),
        )
        print(f"{file}: valid")
    return 0


def _set_times(asked: argparse.Namespace) -> int:
    moved = clock.set_back(asked.results)
    print(f"unhans: {asked.results}: times of {moved} files moved back")
    return 0


if __name__ == "__main__":
    sys.exit(main())
