"""Pages as a browser reads them: elements and their attributes, apart from the text."""

from html.parser import HTMLParser
from typing import Any

import hostile

NAMES = [
    *hostile.STRINGS,
    "</script><script>alert(1)</script>",
    "</title></style></textarea><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "`onclick=alert(1)`",
    "</td></tr></table><form action=//evil><input>",
    "<a href=javascript:alert(1)>here</a>",
    "javascript:alert(1)",
    "<!-- ",
    "--><script>alert(1)</script>",
    "<![CDATA[",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "<meta http-equiv=refresh content=0;url=//evil>",
    "<base href=//evil>",
    "</",
    "<",
    "&",
    "{% for x in y %}",
    "{{ config }}",
    "\u2028\u202e</b>",
    "\x00<script>",
    "<\u017fcript>",  # a long s, which some foldings make an s
]
"""Names that a person or a dataset can set, each of which breaks a page that does not escape."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, Any]] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kept = [(name, "" if name == "data-number" else value) for name, value in attrs]
        self.elements.append((tag, kept))

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", None))

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.elements.append(("declaration", decl))

    def unknown_decl(self, data: str) -> None:
        self.elements.append(("declaration", data))

    def handle_pi(self, data: str) -> None:
        self.elements.append(("instruction", data))

    def handle_data(self, data: str) -> None:
        inside = self.elements and self.elements[-1][0] in ("script", "style")
        (self.scripts if inside else self.texts).append(data)


def structure(page: str) -> tuple[list[tuple[str, Any]], list[str]]:
    """Elements, attributes, comments and scripts of a page; numbers for sorting are left out."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.elements, reader.scripts


def outline(page: str) -> tuple[list[tuple[str, Any]], list[str]]:
    """Structure of a page on which names are values of attributes too: which attributes there are."""
    elements, scripts = structure(page)
    return [
        (tag, [name for name, _ in kept] if isinstance(kept, list) else kept)
        for tag, kept in elements
    ], scripts


def text(page: str) -> str:
    """All text that a page shows."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return "".join(reader.texts)
