"""Markdown of people: what it may become, and what it never does."""

import re

import pytest

from workforce.markdown import render_markdown

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "![x](https://elsewhere.example/pixel.png)",
    '[x](https://a.example "onmouseover=alert(1)")',
    "`<b onclick=alert(1)>`",
    "```html\n<script>alert(1)</script>\n```",
    "[a]: javascript:alert(1)\n\n[x][a]",
    "<style>*{display:none}</style>",
    "<iframe src=//elsewhere.example></iframe>",
    "| <script> |\n| --- |\n| <b onload=x> |",
    '# "><script>alert(1)</script>',
]
ALLOWED = {"p", "a", "code", "pre", "h1", "em", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_of_peoples_words_becomes_markup(text: str) -> None:
    html = render_markdown(text)
    tags = re.findall(r"<\s*/?\s*([a-z0-9]+)([^>]*)>", html)
    assert {name for name, _ in tags} <= ALLOWED, html
    for _, attributes in tags:
        names = set(re.findall(r'([a-z]+)="', re.sub(r'"[^"]*"', '""', attributes)))
        assert names <= {"href", "rel", "target", "title", "class"}, html
    assert all(re.match(r"https?://|mailto:|/|#", link) for link in re.findall(r'href="([^"]*)"', html)), html


def test_headings_lists_tables_and_links_come_out() -> None:
    html = render_markdown(
        "# Cars\n\n- one\n- **two**\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n[page](https://a.example/x)"
    )
    for part in ("<h1>Cars</h1>", "<li>one</li>", "<strong>two</strong>", "<td>1</td>"):
        assert part in html
    assert 'href="https://a.example/x" rel="noopener noreferrer nofollow" target="_blank"' in html
