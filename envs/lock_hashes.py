"""Write the hash of each file of a pinned release beside its pin, for pip's hash-checking mode.

usage: lock_hashes.py PINS [NAME ...] > LOCK

The index is the one that pip uses here. It says the hashes of all files of a release, those for other
machines and Pythons too. Releases named after the file of pins get none and are left out.
"""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version
from pip._internal.models.index import PyPI

PIN = re.compile(r"([\w.-]+)==(\S+)")


def main(pins, *left_out):
    """Print the lines of a file of pins with the hashes of each."""
    index = index_url()
    left_out = {canonicalize_name(name) for name in left_out}
    for line in Path(pins).read_text(encoding="utf-8").splitlines():
        pin = PIN.fullmatch(line)
        if pin is None:
            print(line)
        elif canonicalize_name(pin[1]) not in left_out:
            hashes = hashes_of(index, pin[1], Version(pin[2]))
            if not hashes:
                sys.exit(f"lock: the index has no file of {line} with a hash")
            print(f"{line} \\")
            print(" \\\n".join(f"    --hash=sha256:{digest}" for digest in hashes))


def index_url():
    """The first index that pip asks."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    said = subprocess.run(command, capture_output=True, text=True)
    return said.stdout.strip() or PyPI.simple_url


def hashes_of(index, name, version):
    """Digests of all wheels and source archives of a release that was not withdrawn."""
    request = urllib.request.Request(
        f"{index.rstrip('/')}/{canonicalize_name(name)}/",
        headers={"Accept": "application/vnd.pypi.simple.v1+json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        files = json.load(answer)["files"]
    return sorted(
        file["hashes"]["sha256"]
        for file in files
        if version_of(file["filename"]) == version and "sha256" in file["hashes"]
    )


def version_of(filename):
    """The version that a file is of, or None for one that pip does not install."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None


if __name__ == "__main__":
    main(*sys.argv[1:])
