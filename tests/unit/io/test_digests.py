"""digests: a file of a folder or of its own that is not as it was written is refused."""

import os
import subprocess

import pytest

from unhans.errors import StoreError
from unhans.io import atomic, digests, tsv

NAME = os.fsdecode(b"latin-\xfc.js")


@pytest.fixture
def tree(tmp_path):
    atomic.write_tree(
        tmp_path / "run/tree",
        [("index.html", b"tau 2.5"), (f"data/{NAME}", lambda path: path.write_bytes(b"x" * 9))],
    )
    return tmp_path / "run/tree"


def flipped(path, bit):
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def test_files_of_a_tree_fit_its_list_and_sha256sum_reads_it(tree):
    for name in ("index.html", f"data/{NAME}"):
        digests.check(tree / name, tree.parent)
    command = ["sha256sum", "--check", "--strict", digests.LIST]
    assert subprocess.run(command, cwd=tree, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", ["index.html", f"data/{NAME}"])
def test_no_bit_of_a_file_of_a_tree_is_flipped_unseen(tree, name):
    whole = (tree / name).read_bytes()
    for bit in range(8 * len(whole)):
        flipped(tree / name, bit)
        with pytest.raises(StoreError, match="damaged or edited"):
            digests.check(tree / name, tree.parent)
        (tree / name).write_bytes(whole)


def test_no_bit_of_the_list_is_flipped_and_no_end_of_it_cut_unseen(tree):
    place = tree / digests.LIST
    whole = place.read_bytes()
    files = [tree / "index.html", tree / "data" / NAME]

    def fails():
        named = [tree / name for name in digests.listed(tree)]
        missing = [path for path in named if not path.exists()]
        try:
            for path in files:
                digests.check(path, tree.parent)
        except StoreError:
            return True
        return bool(missing)

    assert not fails()
    for bit in range(8 * len(whole)):
        flipped(place, bit)
        assert fails(), bit
        place.write_bytes(whole)
    for end in range(len(whole)):
        place.write_bytes(whole[:end])
        assert fails(), end


def test_a_page_has_its_digest_beside_it(tmp_path):
    page = tmp_path / "ranking.html"
    tsv.write_text(page, "<p>tau 2.5</p>")
    digests.check(page, tmp_path)
    page.write_text("<p>tau 2.6</p>")
    with pytest.raises(StoreError, match=r"its digest is not that of \.ranking\.html\.sha256"):
        digests.check(page, tmp_path)
    assert digests.of(digests.beside(page)) == page


def test_of_a_file_without_a_digest_nothing_is_said(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "page.html").write_text("of before")
    digests.check(tmp_path / "a" / "page.html", tmp_path)
