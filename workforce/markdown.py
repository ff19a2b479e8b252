"""What people write in Markdown, as HTML that is safe to show. The one place where HTML is made of people's words.

CommonMark with tables. Raw HTML comes out as text; a picture would be fetched from anywhere and is left out; links go
to http, https, mailto or this site only, open apart and tell nothing of where they were followed."""

from collections.abc import Sequence
from typing import Any

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

_SCHEMES = ("http://", "https://", "mailto:", "/", "#")


class _Renderer(RendererHTML):
    def link_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
        tokens[index].attrSet("rel", "noopener noreferrer nofollow")
        tokens[index].attrSet("target", "_blank")
        return self.renderToken(tokens, index, options, env)


_markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table").disable("image")
_markdown.validateLink = lambda url: url.strip().lower().startswith(_SCHEMES)  # type: ignore[method-assign]  # stricter


def render_markdown(text: str) -> SafeString:
    # Safe because the parser escapes every character of the text; tests hold the known attacks against it.
    return SafeString(_markdown.render(text))
