"""The page: escaped, self-contained, and the same for the same parts."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as some

from tilth.report import page


class Tags(HTMLParser):
    """Names of the tags, addresses in them, and the words between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str | None] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action", "style")]

    def handle_data(self, data: str) -> None:
        self.words += data


def everything(text: str) -> str:
    parts = [
        page.head(text, text),
        page.figures({text: text}),
        page.section(
            text, page.text(text), page.code(text), page.folded(text, text, page.table([{text: text}]))
        ),
    ]
    return page.page(text, parts)


@given(some.text(min_size=1))
def test_no_text_becomes_a_tag(text: str) -> None:
    assert Tags(everything(text)).names == Tags(everything("x")).names


def test_a_script_stays_words() -> None:
    made = Tags(everything("<script src=//example.org>"))
    assert "script" not in made.names
    assert "<script src=//example.org>" in made.words


def test_the_page_asks_nobody_for_anything() -> None:
    text = everything("x")
    assert Tags(text).addresses == []
    assert "default-src 'none'" in text
    assert "@import" not in text and "url(" not in text


def test_a_table_without_rows_says_so() -> None:
    assert "None." in page.table([]).html


def test_numbers_stand_to_the_right_and_have_commas() -> None:
    html = page.table([{"name": "a", "files": 1234}, {"name": "b", "files": None}]).html
    assert '<td class="number">1,234</td>' in html
    assert '<td class="number"></td>' in html
    assert "<td>a</td>" in html


def test_a_flag_is_no_number() -> None:
    assert ">True</td>" in page.table([{"is_vendor": True}]).html
