"""A real browser runs nothing that a name holds: the pages as Chromium shows them."""

import shutil
import subprocess

import pandas as pd
import pytest
from hostile import STRINGS

from unhans.reporting import html_table

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

SCRIPTS = [
    "<script>document.title='pwned'</script>",
    "</td></table><script>document.title='pwned'</script>",
    "<img src=x onerror=\"document.title='pwned'\">",
    '" onmouseover="document.title=\'pwned\'" autofocus onfocus="document.title=\'pwned\'" x="',
    "' onfocus='document.title=\"pwned\"' autofocus x='",
    "<svg/onload=document.title='pwned'>",
    "--><script>document.title='pwned'</script>",
    "</title><script>document.title='pwned'</script>",
    "</style><script>document.title='pwned'</script>",
    "{{ document.title='pwned' }}",
    "javascript:document.title='pwned'",
]


def shown(path):
    """The page after its scripts ran."""
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_browser_runs_scripts(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f"<title>plain</title>{SCRIPTS[0]}")
    assert "<title>pwned</title>" in shown(page)


def test_no_name_runs_in_a_table(tmp_path):
    names = [*SCRIPTS, *STRINGS]
    table = pd.DataFrame({"class": names, "name": names, "status": names, "confusion": names})
    page = tmp_path / "ranking.html"
    title = " ".join(SCRIPTS)
    text = html_table.to_html(table, title, title, names)
    page.write_bytes(text.encode("utf-8", "replace"))
    assert "<title>pwned" not in shown(page)
