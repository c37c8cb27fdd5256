"""One self-contained HTML page: no script, no request to anywhere, every text escaped, light and dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from tilth.report.numbers import count

STYLE = """
:root{color-scheme:light dark;--ink:#1f2328;--dim:#59636e;--paper:#fff;--line:#d1d9e0;--soft:#f6f8fa}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9198a1;--paper:#0d1117;--line:#3d444d;--soft:#161b22}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1010px;padding:24px;font:15px/1.5 system-ui,sans-serif}
body{color:var(--ink);background:var(--paper)}
h1{font-size:26px;margin:0 0 4px}
h2{font-size:19px;margin:36px 0 10px;border-bottom:1px solid var(--line);padding-bottom:4px}
p{margin:6px 0;overflow-wrap:anywhere}.dim{color:var(--dim)}
dl{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}
dl div{flex:1 1 130px;border:1px solid var(--line);border-radius:6px;padding:8px 12px;background:var(--soft)}
dt{color:var(--dim);font-size:13px}dd{margin:0;font-size:20px;font-weight:600;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:4px 10px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
td{overflow-wrap:anywhere}
th{font-weight:600;white-space:nowrap}
td.number,th.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px}
pre{padding:10px 12px;overflow-x:auto;font-size:13px}
code{font-family:ui-monospace,monospace}
details{border-bottom:1px solid var(--line);padding:5px 0}
summary{cursor:pointer;display:flex;gap:8px;align-items:baseline}summary:before{content:"\\25b8";color:var(--dim)}
details[open]>summary:before{content:"\\25be"}summary::-webkit-details-marker{display:none}
details table{margin:6px 0 10px 18px;width:calc(100% - 18px);font-size:13px}
summary .number{margin-left:auto;white-space:nowrap;color:var(--dim);font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}svg{width:100%;height:auto;display:block;min-width:640px}
"""


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that is safe to put into a page: made here, from escaped text."""

    html: str


def page(title: str, parts: Sequence[Markup]) -> str:
    """The whole page as text."""
    body = "\n".join(part.html for part in parts)
    # The policy makes a browser refuse any request, should an escape ever be missing.
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def head(title: str, text: str = "") -> Markup:
    """The page's name, and a sentence under it."""
    return Markup(f"<h1>{escape(title)}</h1>" + (f'<p class="dim">{escape(text)}</p>' if text else ""))


def section(title: str, *parts: Markup) -> Markup:
    """A heading and what stands under it."""
    return Markup(
        f"<section><h2>{escape(title)}</h2>\n" + "\n".join(part.html for part in parts) + "</section>"
    )


def text(words: str) -> Markup:
    """A paragraph."""
    return Markup(f"<p>{escape(words)}</p>")


def code(lines: str) -> Markup:
    """A block of code."""
    return Markup(f"<pre><code>{escape(lines)}</code></pre>")


def drawing(svg: str) -> Markup:
    """A drawing of `tilth.report.svg`, which escapes its own texts."""
    return Markup(f'<div class="wide">{svg}</div>')


def figures(values: Mapping[str, str]) -> Markup:
    """Headline figures: name -> value."""
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in values.items()
    )
    return Markup(f"<dl>{cells}</dl>")


def table(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Rows that share their keys, numbers to the right; a word where there are none."""
    if not rows:
        return Markup('<p class="dim">None.</p>')
    names = list(rows[0])
    is_number = {name: all(isinstance(row.get(name), int | float | None) for row in rows) for name in names}
    line = "".join(f"<th{_kind(is_number[name])}>{escape(name)}</th>" for name in names)
    kinds = [(name, _kind(is_number[name])) for name in names]
    cells = [
        "".join(f"<td{kind}>{escape(_shown(row.get(name)))}</td>" for name, kind in kinds) for row in rows
    ]
    body = "".join(f"<tr>{one}</tr>" for one in cells)
    return Markup(
        f'<div class="wide"><table><thead><tr>{line}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def folded(summary: str, figure: str, content: Markup) -> Markup:
    """A line that opens to show more."""
    line = f'<span>{escape(summary)}</span><span class="number">{escape(figure)}</span>'
    return Markup(f"<details><summary>{line}</summary>{content.html}</details>")


def _kind(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
