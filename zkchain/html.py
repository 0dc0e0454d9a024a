"""Pages that need nothing but a browser: no scripts, no network, and the same bytes for the same content.

Everything that is not `Markup` is escaped here, so that a name out of a foreign file stays a name.
"""

from collections.abc import Sequence
from html import escape
from typing import NewType

#: Text that is HTML already: made by this module or by `charts`.
Markup = NewType("Markup", str)

#: Nothing may be fetched or run, whatever a page holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --accent: #0b62c4; --limit: #b3261e }
@media (prefers-color-scheme: dark) { :root { --accent: #7db4ff; --limit: #ff8a80 } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 60rem }
h1, h2, h3 { line-height: 1.2 }
figure { margin: 1rem 0 }
svg { display: block; width: 100%; max-width: 36rem; height: auto; font: 12px system-ui, sans-serif }
.scroll { overflow-x: auto }
table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { padding: .2rem .7rem .2rem 0; border-bottom: 1px solid #8886; text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 6rem }
"""


def text(value: object) -> Markup:
    """Any value as text: markup and control characters in it are spelt out."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(value))
    return Markup(escape(shown))


def paragraph(words: str) -> Markup:
    """One paragraph of plain words."""
    return Markup(f"<p>{text(words)}</p>")


def table(caption: str, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    """A table; the first cell of a row names it. Numbers come as the words in which they are to be shown."""
    head = "".join(f'<th scope="col">{text(header)}</th>' for header in headers)
    body = "\n".join(_row(row) for row in rows)
    # Wide tables scroll by themselves, reachable by keyboard, so that the page keeps a phone's width.
    return Markup(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table>'
        f"<caption>{text(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _row(cells: Sequence[object]) -> str:
    first, *others = cells
    rest = "".join(f"<td>{text(cell)}</td>" for cell in others)
    return f'<tr><th scope="row">{text(first)}</th>{rest}</tr>'


def figure(picture: Markup, *beside: Markup) -> Markup:
    """A picture and what says the same in words, usually a table."""
    return Markup("<figure>" + "\n".join((picture, *beside)) + "</figure>")


def section(title: str, *parts: Markup, level: int = 2) -> Markup:
    """A titled part of a page; `level` is that of its heading."""
    return Markup(f"<section><h{level}>{text(title)}</h{level}>\n" + "\n".join(parts) + "</section>")


def page(title: str, sections: Sequence[Markup]) -> str:
    """A whole document."""
    body = "\n".join(sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{text(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
