"""Files become headings and text: each format, and files that are made to do harm."""

import zlib

import pytest

from voiceassist.knowledge.reading import html, markdown, pdf, plain, process
from voiceassist.knowledge.reading.chunking import CHARACTERS, CHUNKS_MAX, WORDS, chunks
from voiceassist.knowledge.reading.types import TEXT_MAX, Section, Unreadable


def sections(reading):
    return [(" › ".join(each.headings), each.text) for each in reading.sections]


def a_pdf(content: bytes, *, extra: bytes = b"", pages: int = 1) -> bytes:
    """A PDF whose pages all show one content stream, compressed."""
    packed = zlib.compress(content)
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed),
        *[b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
          b"/Resources << /Font << /F1 3 0 R >> >> >>"] * pages,
    ]  # fmt: skip
    found, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(found))
        found += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count, start = len(objects) + 1, len(found)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF"
    first = b"xref\n0 %d\n0000000000 65535 f \n" % count
    return found + first + table + trailer % (count, extra, start)


def shown(*lines: str) -> bytes:
    moves = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
    return f"BT /F1 12 Tf 50 700 Td {moves}ET".encode()


def test_markdown_keeps_headings_and_drops_marks():
    text = b"""---
title: "Help"
---
# Orders
Read **this** and [that page](https://example.com/a).

Delivery
--------
- by *post*
- by `courier`

```
# no heading
```
## Sub of Orders
> quoted <b>bold</b>
"""
    read = markdown.read(text)
    assert read.title == "Help"
    assert sections(read) == [
        ("Orders", "Read this and that page."),
        ("Orders › Delivery", "- by post\n- by courier\n\n# no heading"),
        ("Orders › Sub of Orders", "quoted bold"),
    ]


def test_html_is_read_as_a_person_sees_it():
    page = b"""<html><head><title>Help &amp; more</title><style>p {}</style></head><body>
    <nav><a>Home</a></nav><h1>Hours</h1><p>Open <b>daily</b>.<br>Not on Sunday.</p>
    <script>alert("never")</script><table><tr><th>Day<td>From</tr><tr><td>Monday<td>10</tr></table>
    <h2>Holidays</h2><ul><li>New Year<li>Easter</ul><footer>Imprint</footer></body>"""
    read = html.read(page)
    assert read.title == "Help & more"
    assert sections(read) == [
        ("Hours", "Open daily.\nNot on Sunday.\n\nDay | From\n\nMonday | 10"),
        ("Hours › Holidays", "- New Year\n- Easter"),
    ]


def test_a_page_of_nothing_but_a_menu_is_read_all_the_same():
    assert sections(html.read(b"<nav>Hours: nine to five</nav>")) == [("", "Hours: nine to five")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("Café".encode(), "Café"),
        ("Café".encode("cp1252"), "Café"),
        ("Café".encode("utf-16"), "Café"),
        (b"a\0b\x07\r\nc", "ab\nc"),
    ],
)
def test_text_is_decoded_whatever_wrote_it(data, words):
    assert sections(plain.read(data)) == [("", words)]


def test_the_charset_that_a_page_names_counts():
    page = "<meta charset=iso-8859-5><p>Привет".encode("iso-8859-5")
    assert sections(html.read(page)) == [("", "Привет")]


def test_a_pdf_is_read_page_by_page():
    read = pdf.read(a_pdf(shown("The battery lasts", "for two hours.")))
    assert sections(read) == [("Page 1", "The battery lasts for two hours.")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no pdf at all", "damaged"),
        (a_pdf(shown("cut off"))[:200], "damaged"),
        (a_pdf(b""), "no text"),
        (a_pdf(shown("Hi"), pages=1_001), "1,000 pages"),
        (a_pdf(shown("x"), extra=b" /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 "
               b"/O <" + b"11" * 32 + b"> /U <" + b"22" * 32 + b"> >> /ID [<33> <33>]"),
         "password"),
    ],
)  # fmt: skip
def test_a_pdf_that_cannot_be_read_says_why(data, words):
    with pytest.raises(Unreadable, match=words):
        pdf.read(data)


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (a_pdf(b"0 " * 100_000_000), "pdf"),
        (b"<div>" * 1_900_000, "html"),
        (b"word " * (TEXT_MAX // 4), "plain"),
        (b"# a\n\nb\n\n" * (CHUNKS_MAX + 1), "markdown"),
        (b"", "plain"),
    ],
    ids=["pdf bomb", "deep html", "too long", "too many parts", "empty"],
)
def test_a_hostile_file_ends_as_a_sentence(data, form):
    with pytest.raises(Unreadable) as refused:
        process.read(data, form, seconds=2)
    assert str(refused.value).endswith(".")


def test_a_file_that_takes_for_ever_is_given_up():
    with pytest.raises(Unreadable, match="more time"):
        process.read(b"<![if" * 1_900_000, "html", seconds=0.05)


def test_the_process_that_reads_knows_no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "canary")
    seen = {}

    def run(command, **options):
        seen.update(options["env"])
        return type("Done", (), {"returncode": 0, "stdout": b'{"title": "", "parts": [["", "a"]]}'})

    monkeypatch.setattr(process.subprocess, "run", run)
    process.read(b"a", "plain")
    assert set(seen) <= {"PATH", "LANG"}


def test_parts_are_bounded_and_repeat_a_little_of_each_other():
    sentences = [f"This is sentence number {number} of it." for number in range(200)]
    found = chunks([Section(("A", "B"), " ".join(sentences))])
    assert {each.heading for each in found} == {"A › B"}
    assert all(len(each.text.split()) <= WORDS for each in found)
    for before, after in zip(found, found[1:], strict=False):
        assert after.text.split(".")[0] in before.text
    assert all(any(sentence in each.text for each in found) for sentence in sentences)


def test_a_word_without_end_is_cut():
    found = chunks([Section((), "x" * (CHARACTERS * 2 + 5))])
    assert [len(each.text) for each in found] == [CHARACTERS, CHARACTERS, 5]


def test_sections_stay_apart_however_short():
    found = chunks([Section(("A",), "One."), Section(("B",), "Two.")])
    assert [(each.heading, each.text) for each in found] == [("A", "One."), ("B", "Two.")]
