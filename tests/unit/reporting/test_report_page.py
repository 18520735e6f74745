"""report_page: the parts of the report's first page, which no name of a class breaks."""

from docutils.core import publish_parts
from jinja2 import Environment
from PIL import Image

from unhans.pipeline.console import ROOT
from unhans.reporting import report_page

RUDE = "*a*_ `b <javascript:x>`_ |c| \\ <script>alert(1)</script>\n.. raw:: html\n\n   x"
TEMPLATE = ROOT / "workflow/report/workflow.rst"


def overview(**values):
    row = {"class": "8", "indicator": "content", "finding": RUDE, "flagged": True, "status": "ok"}
    one = {"corpus": "mine", "model": "net", "composite": "flat", "network": "accuracy: 90.0%"}
    one |= {
        "findings": [row],
        "shortcuts": [{"sentence": "class 3: dark"}],
        "surroundings": [{"sentence": "class 4: its surroundings"}],
        "notes": ["Tested: 1."],
    }
    columns = {"name": ["a", "b", "c"], "tau": [1.0, 2.5, None], "rank": [2, 1, None]}
    ranked = {
        "corpus": "mine",
        "model": "net",
        "composite": "flat",
        "path": "x",
        "columns": columns,
    }
    return {"sets": [one | values], "analyses": [ranked, ranked | {"model": "other"}]}


def shown(**values):
    """HTML of the page, and what docutils complained of."""
    parts = report_page.parts(overview(**values), lambda one: values.get("folder", ROOT))
    found = {"parts": parts, "explorer": "results/explorer/index\\.html"}
    snakemake = type("Snakemake", (), {"config": {"found": found}})
    text = Environment().from_string(TEMPLATE.read_text(encoding="utf-8"))
    text = text.render(snakemake=snakemake, categories={})
    made = publish_parts(text, writer_name="html", settings_overrides={"report_level": 1})
    return made["html_body"]


def test_names_are_text_and_no_markup():
    page = shown()
    assert "system-message" not in page
    assert "<script" not in page
    text = "*a*_ `b &lt;javascript:x&gt;`_ |c| \\\\ &lt;script&gt;alert(1)&lt;/script&gt;"
    assert text in page


def test_findings_shortcuts_and_ranking_are_said():
    (part,) = report_page.parts(overview(), lambda one: ROOT)
    assert part["ranking"] == [report_page.plain("x: b (2.5), a (1)")]
    assert (part["tested"], part["more"], part["clearest"]) == (1, 0, [])
    page = shown()
    for text in ("What was found", "class 3: dark", "Tested: 1.", "results/explorer/index.html"):
        assert text in page


def test_where_nothing_was_found_it_says_so():
    row = {"class": "8", "indicator": "", "finding": "class 8: nothing", "flagged": False}
    page = shown(findings=[row | {"status": "ok"}], shortcuts=[], surroundings=[])
    assert "In none of 1 classes do some images stand out" in page
    assert "class 8: nothing" in page
    assert "Nothing that was looked for covers a whole class" in page
    assert "No findings are among the results" in shown(findings=[], shortcuts=None)


def test_pictures_of_findings_are_within_the_page(tmp_path):
    Image.effect_noise((200, 200), 90).save(tmp_path / "01_8-content.png")
    Image.new("L", (9, 9)).save(tmp_path / "02_18-content.png")
    page = shown(folder=tmp_path)
    assert page.count("data:image/png;base64,") == 1
    assert "system-message" not in page
