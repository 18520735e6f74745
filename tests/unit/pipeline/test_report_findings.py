"""report_findings: the first page of the report, of what there is."""

from _plans import make

from unhans.pipeline import report_findings


def test_without_a_ranking_there_is_nothing_to_say(tmp_path):
    found = report_findings.gather(make(results=str(tmp_path)))
    assert found == {"explorer": "", "parts": []}


def test_the_explorer_is_named_where_it_is_there(tmp_path):
    page = tmp_path / "explorer/index.html"
    page.parent.mkdir()
    page.write_text("")
    found = report_findings.gather(make(results=str(tmp_path)))
    assert found["explorer"].replace("\\", "") == str(page)
