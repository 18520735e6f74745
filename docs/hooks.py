"""Hooks of the docs site: pages from files outside of docs/, entries of the API, no foreign hosts.

Read by mkdocs (``mkdocs.yml``); needs nothing of the library.
"""

import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Files of the top folder that are pages of the site too."""

OUTSIDE = {"LICENSE", "CITATION.cff"}
"""Files that pages may link although the site does not hold them: the text stays, without the link."""

API = "reference/api.md"

LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")
NAME = re.compile(r"`uh\.(\w+)`")
FETCHED = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^\s>]*"
)
TYPE_AND_SHAPE = re.compile(r"<code>\((?P<type>.+), shape\((?P<shape>.*)\)\)</code>")
"""How a type line such as ``ndarray, shape (n, q)`` comes out, which Python reads as a tuple."""


def on_files(files: Any, config: Any) -> Any:
    """Add the files of the top folder as pages."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_within_docs(text)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Link files of the top folder to their pages, and write an entry for each name of the API."""
    path = page.file.src_uri
    markdown = _to_pages(markdown, PurePosixPath(path).parent)
    if path != API:
        return markdown
    names = list(dict.fromkeys(NAME.findall(markdown)))
    linked = NAME.sub(lambda match: f"[`uh.{match[1]}`][unhans.{match[1]}]", markdown)
    entries = "\n\n".join(f"::: unhans.{name}" for name in names)
    return f"{linked}\n\n## Entries\n\n{entries}\n"


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Write types with their shape as the docstrings do."""
    return TYPE_AND_SHAPE.sub(r"<code>\g<type>, shape (\g<shape>)</code>", html)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Refuse a page that would fetch anything from another host."""
    found = FETCHED.search(output)
    if found:
        raise PluginError(f"{page.file.src_uri}: fetches from another host: {found[0]}")
    return output


def _within_docs(text: str) -> str:
    """Text of a file of the top folder with its links as seen from docs/."""

    def seen(match: re.Match[str]) -> str:
        target = match["target"]
        if target in OUTSIDE:
            return match["text"]
        target = PAGES.get(target, target.removeprefix("docs/"))
        return f"[{match['text']}]({target}{match['anchor'] or ''})"

    return LINK.sub(seen, text)


def _to_pages(markdown: str, folder: PurePosixPath) -> str:
    """Links from docs/ to files of the top folder as links to their pages."""
    up = "../" * len(folder.parts)

    def seen(match: re.Match[str]) -> str:
        own = match["target"].removeprefix(f"../{up}")
        is_above = own != match["target"] and own in PAGES
        target = f"{up}{PAGES[own]}" if is_above else match["target"]
        return f"[{match['text']}]({target}{match['anchor'] or ''})"

    return LINK.sub(seen, markdown)
