"""Pages are whole, escaped, and reach for nothing."""

from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from zkchain.charts import bar_chart, histogram, scatter
from zkchain.html import figure, page, paragraph, section, table, text

EVIL = "<script>alert('x')</script>\"&\x00\x1b\u202e"
PICTURES = [
    bar_chart(EVIL, EVIL, [(EVIL, 1.0), ("b", 0.0)], limit=0.5),
    bar_chart("empty", "nothing", []),
    bar_chart("zeros", "all 0", [("a", 0.0)]),
    histogram(EVIL, EVIL, [3, 0, 1], low=0.0, high=1.0, label=EVIL),
    histogram("empty", "nothing", [], low=0.0, high=1.0, label="x"),
    scatter(EVIL, EVIL, [(0.0, 1.0), (2.0, -3.0)], x_label=EVIL, y_label=EVIL),
    scatter("one", "a point", [(1.0, 1.0)], x_label="x", y_label="y"),
    scatter("empty", "nothing", [], x_label="x", y_label="y"),
]


class Tags(HTMLParser):
    """Collects what a browser would see."""

    void = frozenset({"meta", "link", "br", "img"})

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def whole():
    parts = [paragraph(EVIL), table(EVIL, [EVIL, "b"], [[EVIL, 1]]), *(figure(picture) for picture in PICTURES)]
    return page(EVIL, [section(EVIL, *parts)])


def read(html):
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags.seen


def test_a_page_is_well_formed_and_says_its_language_and_width():
    seen = read(whole())
    assert ("html", {"lang": "en"}) in seen
    assert any(tag == "meta" and attributes.get("name") == "viewport" for tag, attributes in seen)


def test_names_become_neither_tags_nor_attributes_nor_control_characters():
    html = whole()
    seen = read(html)
    assert {tag for tag, _ in seen}.isdisjoint({"script", "link", "img", "iframe", "object", "a"})
    assert not any(name.startswith("on") or name in ("src", "href") for _, attributes in seen for name in attributes)
    assert all(char.isprintable() or char == "\n" for char in html)


def test_a_page_may_fetch_and_run_nothing():
    policies = [attributes["content"] for _, attributes in read(whole()) if "http-equiv" in attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert "http" not in whole().replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_is_xml_with_a_title_and_a_description_and_stays_inside_its_frame(picture):
    root = ElementTree.fromstring(picture)
    name = "{http://www.w3.org/2000/svg}"
    assert [root[0].tag, root[1].tag] == [f"{name}title", f"{name}desc"]
    assert root.get("role") == "img"
    _, _, width, height = map(float, root.get("viewBox").split())
    for shape in root.iter(f"{name}rect"):
        assert 0 <= float(shape.get("x")) + float(shape.get("width")) <= width
        assert 0 <= float(shape.get("y")) + float(shape.get("height")) <= height
    for dot in root.iter(f"{name}circle"):
        assert 0 <= float(dot.get("cx")) <= width
        assert 0 <= float(dot.get("cy")) <= height


def test_the_longest_bar_fills_the_picture_and_the_others_are_in_proportion():
    root = ElementTree.fromstring(bar_chart("t", "d", [("a", 4.0), ("b", 1.0)]))
    assert [float(bar.get("width")) for bar in root.iter("{http://www.w3.org/2000/svg}rect")] == [360.0, 90.0]


def test_the_same_content_is_the_same_bytes():
    assert whole() == whole()


def test_a_table_names_its_columns_and_rows():
    html = table("sizes", ["model", "rows"], [["a", "5"]])
    assert '<th scope="col">rows</th>' in html
    assert '<th scope="row">a</th><td>5</td>' in html
    assert text(5) == "5"
