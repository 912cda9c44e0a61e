"""The bid book on paper: printed by Chromium, at most 12 sheets of A4, and no element cut."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess

import pytest

from npl_sim.core.issues import Issue
from npl_sim.reports.bid_book.pages.document import MOST_PAGES, PAGES, write_book
from npl_sim.reports.heading import Heading
from tests.builders.bid_books import book, without_second

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this system")

MEASURE = """<script>
document.fonts.ready.then(() => {
  const cut = [];
  document.querySelectorAll('.page').forEach((page, i) => {
    const sheet = page.getBoundingClientRect();
    const foot = page.querySelector('.foot').getBoundingClientRect();
    if (foot.bottom > sheet.bottom + 1) cut.push(`page ${i + 1}: foot`);
    page.querySelectorAll('h1,p,td,th,svg,text,.sign div').forEach(e => {
      const box = e.getBoundingClientRect();
      const isFoot = e.closest('.foot');
      const over = box.right > sheet.right + 1 || box.left < sheet.left - 1
        || box.bottom > (isFoot ? sheet.bottom : foot.top) + 1;
      const long = e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0;
      if (box.width && (over || long)) cut.push(`page ${i + 1}: ${e.tagName} ${e.textContent}`);
    });
  });
  document.body.setAttribute('data-cut', JSON.stringify(cut));
});
</script>"""


def chromium(*options: str) -> str:
    base = (CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=4000")
    done = subprocess.run([*base, *options], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def cut_elements(path) -> list[str]:
    """Return the elements that leave their sheet or run into its foot."""
    probe = path.with_name("probe.html")
    text = path.read_text(encoding="utf-8").replace("</body>", f"{MEASURE}</body>")
    probe.write_text(text, encoding="utf-8")
    dumped = chromium("--dump-dom", f"file://{probe}")
    found = re.search(r'data-cut="([^"]*)"', dumped)
    assert found, "the page was not measured"
    return json.loads(html.unescape(found.group(1)))


@pytest.fixture(scope="module", params=["rich", "plain", "negative"])
def page(request, tmp_path_factory):
    case = without_second(book(request.param))
    return write_book(tmp_path_factory.mktemp("print") / "book.html", *case.all)


def test_each_page_is_one_sheet(page):
    pypdf = pytest.importorskip("pypdf")
    printed = page.with_suffix(".pdf")
    chromium("--no-pdf-header-footer", f"--print-to-pdf={printed}", f"file://{page}")
    sheets = pypdf.PdfReader(printed).pages
    assert len(sheets) == len(PAGES) <= MOST_PAGES
    for sheet in sheets:
        # A4 in points.
        assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == (595, 842)


def test_no_element_is_cut(page):
    assert cut_elements(page) == []


@pytest.mark.parametrize("more", ["word " * 2000, "<span style='white-space:nowrap'>" + "w" * 400])
def test_a_long_text_would_be_noticed(page, more):
    text = page.read_text(encoding="utf-8")
    long = page.with_name("long.html")
    long.write_text(text.replace('<p class="stand">', f'<p class="stand">{more}', 1))
    assert any(place.startswith("page 1") for place in cut_elements(long))


def test_the_fullest_decision_page_is_not_cut(tmp_path):
    """Errors, long messages without a space, and many overrides of the inputs."""
    case = without_second(book("rich"))
    origins = {
        ("policies", i, "litigation", "lawsuit", "win_probability"): (
            f"inputs.xlsx, sheet Assumptions, row {i} (Zhang Xiaoming, 2026-06-30, "
            + "q" * 40
            + ")"
        )
        for i in range(9)
    }
    issue = Issue("error", "tape", "x" * 400, effect=-0.2 * case.book.bid.price.value)
    heading = Heading(issues=(issue,), origins=origins)
    assert cut_elements(write_book(tmp_path / "book.html", *case.all, heading)) == []
