"""Fuzzing: bytes that coverage guides, given to what reads files of people and of other runs.

usage: fuzz.py [--seconds S] [--target NAME] [--findings FOLDER]

Each target runs for so many seconds in a process of its own. Whatever a reader is given, it must return,
or raise the error that its callers show as one line. An input that raises anything else, or takes more
than 2 GB or 20 s, is written to the folder, and the status is 1. Keep a finding as a test.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow"))

ROOT = Path(__file__).parents[2]
PLACE = Path(tempfile.gettempdir()) / f"unhans-fuzz-{os.getpid()}"


def one_line(error):
    """Refuse a message that is not one that prints, or is empty."""
    text = str(error)
    if not text or not text.isprintable():
        raise AssertionError(f"a message of several lines or none: {text!r}")


def images():
    """Image files."""
    from PIL import Image

    from unhans.errors import InputError
    from unhans.images import decoding

    def target(content):
        path = PLACE / "image"
        path.write_bytes(content)
        try:
            decoding.read(path, max_pixels=100_000)
        except InputError as error:
            one_line(error)

    seeds = []
    for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
        file = io.BytesIO()
        Image.linear_gradient("L").resize((8, 6)).save(file, form)
        seeds.append(file.getvalue())
    return target, seeds


def tables():
    """Tables of labels, of accepted artefacts and of results."""
    from unhans.artefacts import accepted
    from unhans.errors import ConfigError, StoreError
    from unhans.images import label_table
    from unhans.io import digests, tsv

    def target(content):
        path = PLACE / "table.tsv"
        path.write_bytes(content)
        digests.beside(path).write_text(digests.line(path.name, content))
        for read in (
            lambda: label_table.read(PLACE, path.name, ["train"], "corpus.own"),
            lambda: accepted.read(str(path)),
            lambda: tsv.read_tsv(path),
        ):
            try:
                read()
            except (ConfigError, StoreError) as error:
                one_line(error)

    return target, [
        b"image\tclass\tsplit\na.png\tcat\ttrain\n",
        b"artefact,corpus,model,composite,class,mask\na,b,c,d,e,suggested\n",
        b'class\tname\ttau\tn\n007\t"a\tb"\tinf\t3\n',
    ]


def results():
    """Results of one class."""
    import numpy as np

    from unhans.errors import SetAsideError, StoreError
    from unhans.io import store

    path = PLACE / "3.zarr.zip"
    recipe = store.Recipe("distance", {"metric": "euclidean"}, "abc-1")

    def target(content):
        path.write_bytes(content)
        try:
            store.read(path)
        except SetAsideError:
            pass
        except StoreError as error:
            one_line(error)

    store.write(path, {"tau": np.ones(1), "labels": np.ones((3, 3), np.int32)}, recipe)
    seeds = [path.read_bytes()]
    store.write_set_aside(path, recipe, "too few")
    return target, [*seeds, path.read_bytes()]


def configs():
    """Configurations."""
    from unhans.config import loading
    from unhans.errors import ConfigError

    def target(content):
        path = PLACE / "config.yaml"
        path.write_bytes(content)
        try:
            values = loading.read_file(path)
        except ConfigError as error:
            return one_line(error)
        try:
            loading.load_over(ROOT / "config/config.yaml", values)
        except ConfigError as error:
            for line in str(error).split("\n"):
                one_line(line)

    return target, [path.read_bytes() for path in sorted((ROOT / "config").glob("*.yaml"))]


TARGETS = {made.__name__: made for made in (images, tables, results, configs)}


def fuzz(name, seconds, findings):
    """Run one target in this process; libFuzzer ends it."""
    import atheris

    PLACE.mkdir()
    with atheris.instrument_imports(include=["unhans"]):
        target, seeds = TARGETS[name]()
    corpus = PLACE / "seeds"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    options = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048", "-seed=1"]
    atheris.Setup(
        [name, *options, "-max_len=8192", f"-artifact_prefix={findings}/{name}-", str(corpus)],
        target,
    )
    atheris.Fuzz()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=60, help="of each target")
    parser.add_argument("--target", choices=TARGETS, help="this one alone, in this process")
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz"))
    asked = parser.parse_args()
    asked.findings.mkdir(parents=True, exist_ok=True)
    if asked.target:
        fuzz(asked.target, asked.seconds, asked.findings.resolve())
    failed = []
    for name in TARGETS:
        command = [sys.executable, __file__, "--target", name, "--seconds", str(asked.seconds)]
        done = subprocess.run([*command, "--findings", asked.findings])
        failed += [name] if done.returncode else []
    print(f"{len(TARGETS)} targets, {asked.seconds} s each: {', '.join(failed) or 'none'} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
