"""Bit flips and cuts of every kind of result of a finished run: none may change what a reader learns.

usage: bit_flips.py RESULTS [--flips N] [--seed S] [--no-cuts]

A kind is a stage of results, the name of a table, or weights. Of each kind as many single bits are
flipped, in files drawn at random; of results half of the bits lie in the directory of the zip. Each time
the file is read in full and one array at a time, and must say what it said before, or be refused by a
line that names it. Every table, and its digest, is cut at each of its bytes and must be refused. Prints a
table, and ends with status 1 where something passed.
"""

import argparse
import collections
import hashlib
import random
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from scipy import sparse

from unhans.correction.restoration import restorer
from unhans.errors import UnhansError
from unhans.io import digests, store, tsv
from unhans.networks import weights

RESULT, TABLE, WEIGHTS = ".zarr.zip", ".tsv", ".safetensors"


def kinds_of(results):
    """Files that are read as results, by kind."""
    kinds = collections.defaultdict(list)
    for path in sorted(results.rglob("*")):
        if not {"logs", "benchmarks"} & set(path.parts) and path.is_file():
            if path.name.endswith(RESULT):
                kinds[f"result: {store.read_attributes(path)['stage']}"].append(path)
            elif path.suffix == TABLE:
                kinds[f"table: {path.name}"].append(path)
            elif path.suffix == WEIGHTS:
                kinds["weights"].append(path)
    return kinds


def learnt(array):
    dense = array.toarray() if sparse.issparse(array) else array
    return (str(dense.dtype), dense.shape, hashlib.sha256(dense.tobytes()).hexdigest())


def of_result(path):
    attributes = store.read_attributes(path)
    if attributes["status"] != "ok":
        return attributes
    whole = store.read(path).arrays
    lazy = store.classes([path])[path.name.removesuffix(RESULT)]
    each = {name: learnt(lazy[name]) for name in lazy.arrays}
    return attributes, {name: learnt(array) for name, array in whole.items()}, each


def of_table(path):
    table = tsv.read_tsv(path)
    return list(table), [str(kind) for kind in table.dtypes], table.to_csv()


def of_weights(path):
    record = store.read(path.with_name(f"model{RESULT}"))
    load = restorer.load if path.parent.name == "restoration" else weights.load
    load(record, path)
    return record.attributes["sha256"]


READERS = {"result": of_result, "table": of_table, "weights": of_weights}


def content(kind, path):
    """What a reader learns of a file, or that it was refused."""
    try:
        return repr(READERS[kind.partition(":")[0]](path))
    except UnhansError as error:
        if "\n" in str(error) or path.name not in str(error):
            return f"not named: {error}"
        return "refused"


def beside(path, folder):
    """Copy a file, and what it is read with, to a folder in memory."""
    made = folder / path.parent.name / path.name
    made.parent.mkdir(exist_ok=True)
    for one in (path, digests.beside(path), path.with_name(f"model{RESULT}")):
        if one.exists():
            shutil.copy(one, made.with_name(one.name))
    return made


def places(path, rng):
    """Bits of a file to draw from: those of a zip's directory as often as all."""
    size = path.stat().st_size
    if not path.name.endswith(RESULT) or rng.random() < 0.5:
        return range(8 * size)
    with zipfile.ZipFile(path) as archive:
        return range(8 * archive.start_dir, 8 * size)


def flips(kinds, number, folder, rng):
    """Flip bits; yield the kind and how each ended."""
    whole = {}
    for trial in range(number):
        kind = sorted(kinds)[trial % len(kinds)]
        path = rng.choice(kinds[kind])
        if path not in whole:
            made = beside(path, folder)
            whole = {one: known for one, known in whole.items() if known[0] != made}
            whole[path] = made, content(kind, made)
            assert whole[path][1] != "refused", path
        made, expected = whole[path]
        bit = rng.choice(places(made, rng))
        flip(made, bit)
        ended = content(kind, made)
        flip(made, bit)
        if ended not in (expected, "refused"):
            print(f"{path}: bit {bit}: {ended[:300]}", flush=True)
        yield kind, ended if ended == "refused" else "same" if ended == expected else "LOST"


def flip(path, bit):
    with path.open("r+b") as file:
        file.seek(bit // 8)
        (byte,) = file.read(1)
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


def cuts(kinds, folder):
    """Cut each table, and its digest, at each byte; yield the kind and how each ended."""
    for kind in sorted(name for name in kinds if name.startswith("table")):
        for path in kinds[kind]:
            made = beside(path, folder)
            for one in (made, digests.beside(made)):
                content_of_one = one.read_bytes()
                for size in range(len(content_of_one) - 1, -1, -1):
                    with one.open("r+b") as file:
                        file.truncate(size)
                    yield f"{kind}, cut", "refused" if content(kind, made) == "refused" else "LOST"
                one.write_bytes(content_of_one)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-cuts", action="store_true", help="flips alone, for a second process")
    asked = parser.parse_args()
    kinds = kinds_of(asked.results)
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        rng = random.Random(asked.seed)
        ended = collections.Counter(flips(kinds, asked.flips, Path(folder), rng))
        ended.update([] if asked.no_cuts else cuts(kinds, Path(folder)))
    print("kind", "ended", "times", sep="\t")
    for row, times in sorted(ended.items()):
        print(*row, times, sep="\t")
    total = collections.Counter()
    for (kind, how), times in ended.items():
        total["cuts" if kind.endswith("cut") else "flips", how] += times
    print(
        f"{len(kinds)} kinds, {sum(map(len, kinds.values()))} files, seed {asked.seed}:",
        dict(total),
    )
    return 1 if any(how == "LOST" for _, how in ended) else 0


if __name__ == "__main__":
    sys.exit(main())
