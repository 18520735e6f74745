"""written_path: one image has one path within the root, and what leads out of it stays as it is."""

import pytest

from unhans.images import written_path


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("a/0.png", "a/0.png"),
        ("./a//0.png", "a/0.png"),
        (r"a\0.png", "a/0.png"),
        ("a/./0.png", "a/0.png"),
        ("../b/0.png", "../b/0.png"),
        ("/elsewhere/0.png", "/elsewhere/0.png"),
        ("a\0/0.png", "a\0/0.png"),
        ("", ""),
    ],
)
def test_a_path_is_that_within_the_root(tmp_path, written, found):
    assert written_path.within(tmp_path, written) == found


def test_absolute_paths_within_the_root_are_known_through_links(tmp_path):
    root, link = tmp_path / "root", tmp_path / "link"
    (root / "a").mkdir(parents=True)
    link.symlink_to(root)
    for base in (root, link):
        for top in (root, link):
            assert written_path.within(base, f"{top}/a/0.png") == "a/0.png"


def test_a_backslash_that_is_part_of_a_name_stays(tmp_path):
    (tmp_path / r"a\0.png").touch()
    assert written_path.within(tmp_path, r"a\0.png") == r"a\0.png"
