"""Console: the command ``unhans``, for what people do around the workflow: run it, look, check."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unhans.config import loading
from unhans.errors import ConfigError, UnhansError, one_line, printed
from unhans.io import atomic
from unhans.pipeline import clock, opening
from unhans.pipeline.named_targets import TARGETS

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
        description="Run the workflow, look at its results, and look after results and configurations. "
        "Everything is possible with snakemake alone.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_init(commands)
    _add_run(commands)
    _add_open(commands)
    _add_verify(commands)
    _add_restore(commands)
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


def _add_init(commands: Any) -> None:
    init = commands.add_parser(
        "init",
        help="write a commented configuration for a folder of images and a network",
        description=_lines(
            "Look at a folder of images (FOLDER/<class>/* or FOLDER/<split>/<class>/*) and",
            "at a network, say what was found, and write a commented configuration. Every",
            "file is counted, some hundred are read. Images stay where they are.",
        ),
        epilog=_lines(
            "examples:",
            "  unhans init photos/pets --model resnet50 --weights pets.safetensors",
            "  unhans init imagenette --model resnet50 --weights IMAGENET1K_V1",
            "  unhans init pets --model my_package.networks:audit_me --output audit.yaml",
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    init.add_argument("folder", metavar="FOLDER", help="the images, in a folder for each class")
    init.add_argument(
        "--model",
        required=True,
        help="a network by name, or a function of your own, package.module:function",
    )
    init.add_argument("--weights", help="a file of weights, or the name of published ones")
    init.add_argument(
        "--class-index",
        metavar="FILE",
        help="table with the columns class and index, the network's output of each class",
    )
    init.add_argument(
        "--output", metavar="FILE", help="the configuration; by default FOLDER's name and .yaml"
    )
    init.add_argument("--force", action="store_true", help="replace a file that is there")
    init.set_defaults(command=_init)


def _add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="run the workflow on a configuration: plain Snakemake",
        usage="unhans run CONFIG [TARGET ...] [flags of snakemake]",
        description=_lines(
            "Run the workflow by Snakemake, from any folder. Flags are passed on; where",
            "none says how many cores are used, all are (--cores all). Results lie in the",
            "folder that the configuration names, below the one that this is run in. The",
            "command of Snakemake is printed; the exit status is Snakemake's.",
        ),
        epilog=_lines(
            "examples:",
            "  unhans run pets.yaml --dry-run          what would run, and why",
            "  unhans run pets.yaml all explorer       everything, and pages for a browser",
            "  unhans run pets.yaml ranking --cores 4",
            "  unhans run pets.yaml --report pets.html",
            "",
            "targets:",
            *(f"  {name:<22} {what}" for name, what in TARGETS.items()),
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("config", metavar="CONFIG", help="file of the configuration")
    run.add_argument(
        "words",
        metavar="TARGET",
        nargs=argparse.REMAINDER,
        help="targets, by name or path, and flags of snakemake",
    )
    run.set_defaults(command=_run)


def _add_open(commands: Any) -> None:
    show = commands.add_parser(
        "open",
        help="show the explorer of a run in a browser",
        description=_lines(
            "Print where the explorer of a run lies, and open it in a browser. It is a",
            "folder of files; no server is needed.",
        ),
        epilog=_lines(
            "examples:",
            "  unhans open                   the results in ./results",
            "  unhans open pets_results      a folder of results",
            "  unhans open pets.yaml         the results of a configuration",
            "  unhans open --no-browser      print the path alone",
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    show.add_argument(
        *("results",),
        metavar="RESULTS",
        nargs="?",
        default="results",
        help="folder of results, or a file of configuration; by default results",
    )
    show.add_argument("--no-browser", action="store_true", help="print the path alone")
    show.set_defaults(command=_open)


def _add_verify(commands: Any) -> None:
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


def _add_restore(commands: Any) -> None:
    restore = commands.add_parser(
        "restore",
        help="take noise and compression out of images, by a denoiser of a run",
        usage="unhans restore FRAME [FRAME ...] --output FILE [--denoiser FOLDER] [--noise READ SHOT]",
        description=_lines(
            "Make one clean image of the frames of a burst: the first frame, with the help",
            "of the others. A denoiser takes as many frames as it was trained for, most one.",
            "It is trained by: unhans run CONFIG restorations",
        ),
        epilog=_lines(
            "examples:",
            "  unhans restore night.jpg --output clean.png",
            "  unhans restore 1.png 2.png 3.png 4.png --output clean.png \\",
            "      --denoiser results/photos/resnet50/restoration --noise 0.01 0.003",
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    restore.add_argument("frames", metavar="FRAME", nargs="+", help="files of images of one size")
    restore.add_argument("--output", metavar="FILE", required=True, help="the clean image, a PNG")
    restore.add_argument(
        "--denoiser",
        metavar="FOLDER",
        default="results",
        help="the folder restoration of a network's results, or a folder that holds one; by default "
        "results",
    )
    restore.add_argument(
        "--noise",
        metavar=("READ", "SHOT"),
        nargs=2,
        type=float,
        help="of a denoiser for known noise: its standard deviation is sqrt(READ^2 + SHOT x) at a pixel "
        "of value x from 0 to 1",
    )
    restore.add_argument("--force", action="store_true", help="replace a file that is there")
    restore.set_defaults(command=_restore)


def _lines(*lines: str) -> str:
    return "\n".join(lines)


def _snakefile() -> Path:
    snakefile = ROOT / "Snakefile"
    if not snakefile.exists():
        raise ConfigError(
            f"{snakefile}: no workflow beside this copy of unhans; expected a checkout that is installed "
            "by pip install -e"
        )
    return snakefile


def _init(asked: argparse.Namespace) -> int:
    from unhans.pipeline import new_config, new_config_words

    output = new_config.output_of(asked.folder, asked.output, asked.force)
    given = new_config.Asked(asked.folder, asked.model, asked.weights, asked.class_index)
    made = new_config.make(given, output.name, workers=os.cpu_count() or 1)
    with atomic.replacing(output) as part:
        part.write_text(made.text, encoding="utf-8")
    print(new_config_words.describe(made))
    then = "give what is MISSING above in it, then" if made.missing else "next"
    print(
        f"\nwrote {output}; {then}: {shlex.join(['unhans', 'run', str(output), 'all', 'explorer'])}"
    )
    return 0


def _run(asked: argparse.Namespace) -> int:
    from unhans.pipeline import command_line

    loading.read_file(asked.config)
    arguments = command_line.of_run(_snakefile(), asked.config, asked.words)
    print(f"unhans: {shlex.join(['snakemake', *arguments])}", file=sys.stderr, flush=True)
    os.environ[command_line.STARTED_BY] = asked.config
    # -P: as of the program snakemake, the working folder is no place of modules.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "snakemake", *arguments])


def _open(asked: argparse.Namespace) -> int:
    page = opening.find(asked.results, ROOT / "config/config.yaml")
    print(page)
    if not asked.no_browser and not opening.show(page):
        print("unhans: no browser was found; open this file in one", file=sys.stderr)
    return 0


def _verify(asked: argparse.Namespace) -> int:
    from unhans.pipeline import compat, verification

    snakefile = _snakefile()
    for file in asked.configfile:
        loading.read_file(file)
    given = {} if asked.results is None else {"results": os.path.normpath(asked.results)}
    # The commands that remake are typed here, where there may be no Snakefile.
    options = [] if Path("Snakefile").exists() else ["--snakefile", str(snakefile)]
    options += ["--configfile", *map(str, asked.configfile)] if asked.configfile else []
    options += ["--config", f"results={given['results']}"] if given else []
    with compat.loaded(snakefile, given, asked.configfile) as workflow:
        found = verification.verify(
            workflow.globals["PLAN"], compat.makers(workflow), shlex.join(options)
        )
    if not asked.configfile:
        print(
            "compared with the default configuration, by which its commands would remake files; name "
            "that of the run: --configfile FILE"
        )
    print(found)
    strict = [*found.stale, *found.unplanned, *found.missing] if asked.strict else []
    return 1 if found.wrong or strict else 0


def _restore(asked: argparse.Namespace) -> int:
    from unhans.images import picture_files
    from unhans.pipeline import restoring

    output = restoring.output_of(asked.output, asked.force)
    denoiser = restoring.load(asked.denoiser)
    noise = restoring.noise_of(asked.noise, denoiser.network.architecture.blind)
    image, said = restoring.restore(denoiser, asked.frames, noise)
    picture_files.write_png(image, output)
    print(f"unhans: wrote {printed(str(output))}: {said}")
    return 0


def _check(asked: argparse.Namespace) -> int:
    for file in asked.files:
        loading.load_over(
            ROOT / "config/config.yaml",
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
