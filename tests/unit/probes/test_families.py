"""families: each has its words, and the file's is the one that no network sees."""

from typing import get_args

from unhans.probes.families import FAMILIES, UNSEEN, Family


def test_each_family_is_described_in_the_order_of_the_type():
    assert tuple(FAMILIES) == get_args(Family)
    assert all(FAMILIES.values())
    assert set(UNSEEN) == {"file"}
