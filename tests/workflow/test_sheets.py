"""Contact sheets of a finished run: one of every group of the table, made by their target, and once."""

import pytest
from PIL import Image

from unhans.io import result_tables
from unhans.reporting import sheets


@pytest.mark.long  # a copy of a run, a job and two plans
def test_every_group_of_the_table_has_its_sheets(checkout):
    assert checkout.planned() == {}  # a run does not ask for them
    assert checkout.planned("--", "sheets") == {"sheets": 1}
    checkout.run("--", "sheets")
    listed = result_tables.read_groups(checkout.results / "groups.tsv")
    of_groups = listed.drop_duplicates([*sheets.POINT, "class", "source", "group"])
    assert len(of_groups)
    folder = checkout.results / "sheets"
    page = (folder / "index.html").read_text()
    found = {str(path.relative_to(folder)) for path in folder.rglob("*.png")}
    for row in of_groups.to_dict("records"):
        start = sheets.place_of(row)
        own = sorted(name for name in found if name.startswith(f"{start}-"))
        assert own[0] == f"{start}-1.png"
        with Image.open(folder / own[0]) as sheet:
            assert sheet.width > 100
        assert sheets.row_of(row) in page
        found -= set(own)
    assert found == set()
    assert checkout.planned("--", "sheets") == {}
