# SPDX-License-Identifier: Apache-2.0
"""The page in headless Chromium: what is drawn, found and zoomed, and that it asks nothing of the network."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hone.recording import Recording, rows
from hone.recording.foreign import read
from hone.recording.trees import joined
from hone.report.formats import Options, page, render
from tests.recording.made import known, known_calls
from tests.report import browser as chromium

pytestmark = pytest.mark.skipif(
    chromium.found() is None, reason="there is no Chromium here (Debian: the package chromium)"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Browser]:
    started = chromium.Browser(tmp_path_factory.mktemp("browser"))
    yield started
    started.close()


Opens = Callable[..., chromium.Tab]


@pytest.fixture
def opens(browser: chromium.Browser, tmp_path: Path) -> Iterator[Opens]:
    """Opens the page of a recording; at the end nothing may have gone wrong on it."""
    tabs: list[tuple[chromium.Tab, Path]] = []

    def show(recording: Recording, **options: Any) -> chromium.Tab:
        path = tmp_path / f"page{len(tabs)}.html"
        path.write_text("".join(map(str, render("html", recording, Options()))), encoding="utf-8")
        tabs.append((chromium.Tab(browser, path, **options), path))
        return tabs[-1][0]

    yield show
    for tab, path in tabs:
        assert tab.problems == []
        assert tab.requests in ([path.as_uri()], [])  # those of an earlier tab are forgotten
        tab.close()


NAMES = "page.flame.rows.map(row => row.map(box => page.flame.name(box.node)))"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 380])
def test_the_flame_graph_is_drawn(opens: Opens, dark: bool, width: int) -> None:
    tab = opens(known(), dark=dark, width=width)
    assert tab.run(NAMES) == [
        ["all, 160 ms"],
        ["main", 'odd;name "x" <&> 7'],
        ["Model.work"],
        ["Model.work"],
        ["<built-in method builtins.len>"],
    ]
    main = tab.run("page.flame.rows[1][0].width / page.flame.rows[0][0].width")
    assert main == pytest.approx(100 / 160, abs=1e-6)
    colours = tab.run(
        """(() => { const canvas = page.flame.canvas, context = canvas.getContext("2d");
        const found = new Set();
        const { data } = context.getImageData(0, 0, canvas.width, 90);
        for (let at = 0; at < data.length; at += 28) found.add(data.slice(at, at + 4).join());
        return found.size; })()"""
    )
    assert colours > 5
    assert tab.run("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    assert "1.04 times the time" in tab.run("element('facts').textContent")


def box(tab: chromium.Tab, row: int, at: int) -> tuple[float, float]:
    """Where a box of the flame graph is on the screen."""
    found = tab.run(
        f"(() => {{ const b = page.flame.rows[{row}][{at}], r = page.flame.canvas.getBoundingClientRect();"
        f"return [r.left + b.x + b.width / 2, r.top + {row} * ROW + ROW / 2]; }})()"
    )
    return found[0], found[1]


def test_a_click_zooms_and_escape_goes_back(opens: Opens) -> None:
    tab = opens(known())
    assert tab.run("element('reset').disabled")
    tab.click(*box(tab, 2, 0))
    assert tab.run(NAMES)[:3] == [["all, 160 ms"], ["main"], ["Model.work"]]
    assert tab.run("page.flame.rows[2][0].width == page.flame.box.clientWidth")
    assert "80.0 ms in all, 50.0 %; 20.0 ms of its own" in tab.run("element('chosen').textContent")
    assert "compiled: typed, 3 exits, compiled in 20.0 ms" in tab.run(
        "element('chosen').textContent"
    )
    tab.click(*box(tab, 1, 0))
    assert tab.run("page.flame.name(page.flame.zoom)") == "main"
    tab.run("page.flame.canvas.focus()")
    tab.key("Escape")
    assert tab.run("page.flame.zoom") == 0
    tab.key("ArrowDown")
    tab.key("ArrowRight")
    tab.key("Enter")
    assert tab.run("page.flame.name(page.flame.zoom)") == 'odd;name "x" <&> 7'
    tab.run("element('reset').click()")
    assert tab.run("page.flame.zoom") == 0


def test_what_is_under_the_mouse_is_told(opens: Opens) -> None:
    tab = opens(known())
    tab.mouse("mouseMoved", *box(tab, 1, 0))
    assert tab.run("element('tip').hidden") is False
    assert "100 ms in all, 62.5 %" in tab.run("element('tip').textContent")
    tab.mouse("mouseMoved", 2, 2)
    assert tab.run("element('tip').hidden")


def test_the_search_finds_functions_and_files(opens: Opens) -> None:
    tab = opens(known())
    tab.key("/")
    tab.type("model")
    assert tab.run("element('matched').textContent") == "50.0 %"
    assert tab.run("[...page.flame.found]") == [0, 1, 0, 0]
    tab.run("page.open('functions')")
    names = "[...document.querySelectorAll('#functions td.name')].map(cell => cell.textContent)"
    assert tab.run(names) == ["Model.work"]
    tab.run("element('search').value = ''; element('search').oninput()")
    tab.run("element('search').focus()")
    tab.type("b c.py")
    assert tab.run("element('matched').textContent") == "37.5 %"
    tab.run("element('search').value = '('; element('search').oninput()")  # no regular expression
    assert tab.run("element('matched').textContent") == "0.0 %"


def test_bottom_up(opens: Opens) -> None:
    tab = opens(known())
    tab.run("element('up').click()")
    found = tab.run(NAMES)
    assert found[0] == ["all, 160 ms"]
    assert found[1] == [
        'odd;name "x" <&> 7', "<built-in method builtins.len>", "Model.work", "main",
    ]  # fmt: skip
    totals = "[...page.flame.tree.children(0)].map(node => page.flame.tree.total[node] / 1e6)"
    assert tab.run(totals) == [60, 50, 30, 20]
    tab.run("element('search').value = 'model'; element('search').oninput()")
    assert tab.run("element('matched').textContent") == "50.0 %"
    tab.run("element('down').click()")
    assert tab.run(NAMES)[1][0] == "main"


def test_threads_and_memory(opens: Opens) -> None:
    tab = opens(known())
    labels = "[...page.thread.options].map(option => option.textContent)"
    assert tab.run(labels) == ["all 2", "MainThread", "io"]
    tab.run("page.thread.value = '1'; page.thread.onchange()")
    assert tab.run(NAMES) == [["all, 60.0 ms"], ['odd;name "x" <&> 7']]
    tab.run("page.metric.value = 'live'; page.metric.onchange()")
    assert tab.run("page.flame.name(0)") == "all, 1000 B"
    assert tab.run("element('thread-label').hidden")
    metrics = "[...page.metric.options].map(option => option.value)"
    assert tab.run(metrics) == [
        "time",
        "cpu",
        "gil",
        "bytes",
        "number",
        "peak",
        "live",
        "temporary",
        "copied",
    ]


def test_sources_have_their_heat(opens: Opens) -> None:
    tab = opens(known())
    tab.click(*box(tab, 2, 0))
    tab.run("document.querySelector('#chosen button').click()")
    assert tab.run("element('sources').hidden") is False
    assert tab.run("document.querySelector('#code .target').textContent").startswith("5")
    cells = "[...document.querySelectorAll('#code tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))"
    table = tab.run(cells)
    assert table[5] == ["6", "2", "20.0 ms", "80.0 ms", "    x"]
    assert table[6] == ["7", "1", "10.0 ms", "60.0 ms", "    y"]
    heat = "[...document.querySelectorAll('#code tr')].map(row => row.querySelector('.hot')?.style.getPropertyValue('--h') ?? '0').map(Number)"
    hot = tab.run(heat)[1:]
    assert hot[5] > hot[6] > 0 and hot[0] == 0


def test_the_table_is_sorted_by_its_heads(opens: Opens) -> None:
    tab = opens(known_calls())
    tab.run("page.open('functions')")
    names = "[...document.querySelectorAll('#functions td.name')].map(cell => cell.textContent)"
    assert tab.run(names)[0] == 'odd;name "x" <&> 7'
    tab.run("document.querySelectorAll('#functions th button')[2].click()")
    assert tab.run(names)[:2] == ["main", "Model.work"]
    tab.run("document.querySelectorAll('#functions th button')[3].click()")
    assert tab.run(names) == sorted(tab.run(names))
    assert (
        tab.run("document.querySelector('#functions th[aria-sort=ascending]').textContent")
        == "Function ▴"
    )


def test_the_timeline_shows_threads_and_events(opens: Opens) -> None:
    tab = opens(known())
    tab.run("page.open('timeline')")
    lanes = tab.run("page.timeline.lanes.map(lane => lane.label)")
    assert lanes == ["MainThread", "gc", "gc", "io", "io"]
    x, y = tab.run(
        "(() => { const r = page.timeline.canvas.getBoundingClientRect(); return [r.left, r.top]; })()"
    )
    tab.mouse("mouseMoved", x + 135, y + 30)
    assert "running 100.0 %" in tab.run("element('tip').textContent")
    tab.mouse("mousePressed", x + 200, y + 40, button="left", clickCount=1)
    tab.mouse("mouseMoved", x + 500, y + 40, button="left", buttons=1)
    tab.mouse("mouseReleased", x + 500, y + 40, button="left", clickCount=1)
    assert 0 < tab.run("page.timeline.from") < tab.run("page.timeline.to") < 100e6
    tab.run("element('whole').click()")
    assert tab.run("page.timeline.from") == 0


def test_the_timeline_shows_the_memory_held(opens: Opens) -> None:
    recording = known()
    recording.footprints = [
        rows.Footprint(0, 1_000_000),
        rows.Footprint(25_000_000, 4_000_000),
        rows.Footprint(50_000_000, 2_000_000),
    ]
    recording.meta.wall_seconds = 0.1
    tab = opens(recording)
    tab.run("page.open('timeline')")
    lane = "page.timeline.lanes[0]"
    assert tab.run(lane + ".label") == "memory held"
    filled = tab.run(
        "(() => {"
        "  const { canvas, lanes } = page.timeline, scale = devicePixelRatio;"
        "  const top = lanes[0].y * scale, height = lanes[0].height * scale;"
        "  const image = canvas.getContext('2d').getImageData(0, top, canvas.width, height);"
        "  const pixel = (x, y) => image.data.slice((y * image.width + x) * 4, (y * image.width + x) * 4 + 4).join();"
        "  return [0.2, 0.4, 0.9].map((part) => {"
        "    const x = Math.round(page.timeline.x(part * 100e6, canvas.clientWidth) * scale);"
        "    const column = Array.from({ length: height }, (_, y) => pixel(x, y));"
        "    return column.filter((colour) => colour === column.at(-1)).length / height;"
        "  });"
        "})()"
    )
    assert filled == pytest.approx([0.25, 1, 0.5], abs=0.06)
    x, y = tab.run(
        "(() => { const r = page.timeline.canvas.getBoundingClientRect(); return [r.left, r.top]; })()"
    )
    tab.mouse("mouseMoved", x + 135, y + 60)
    assert "977 KiB, the most in 25.0 ms" in tab.run("element('tip').textContent")


def test_calls_alone_give_a_graph_that_says_it_is_estimated(opens: Opens) -> None:
    tab = opens(known_calls())
    assert "estimated" in tab.run("element('legend').textContent")
    assert tab.run(NAMES)[1] == ["main", 'odd;name "x" <&> 7']


def test_an_empty_recording(opens: Opens) -> None:
    tab = opens(Recording())
    assert tab.run("element('functions').hidden") is False
    assert "No functions" in tab.run("element('functions').textContent")


HOSTILE = "</script><script>hacked()</script><img src=x onerror=hacked()><!--"


def test_names_are_no_markup(opens: Opens) -> None:
    made = known()
    made.meta.argv = [HOSTILE, "&amp;", "$title"]
    made.functions[0] = rows.Function(HOSTILE, 1, HOSTILE)
    made.events.extend([rows.Event(0, HOSTILE, 0, 5, HOSTILE)])
    made.sources.append(rows.Source(HOSTILE, HOSTILE))
    made.notes.append(HOSTILE)
    tab = opens(made)
    assert tab.run(NAMES)[1][0] == HOSTILE
    assert tab.run("document.querySelector('h1 code').textContent") == f"{HOSTILE} &amp; $title"
    tab.run("page.open('functions'); page.open('sources'); page.open('timeline')")
    assert tab.run("document.images.length") == 0


def test_the_page_may_not_ask_the_network(browser: chromium.Browser, tmp_path: Path) -> None:
    (tmp_path / "it.html").write_text("".join(map(str, render("html", known(), Options()))))
    tab = chromium.Tab(browser, tmp_path / "it.html")
    answer = tab.run("fetch('http://127.0.0.1:1/').then(() => 'sent', error => error.name)")
    assert answer == "TypeError"
    assert any("Content Security Policy" in problem for problem in tab.problems)
    tab.close()


def many(stacks: int) -> Recording:
    draw = random.Random(7)
    made = Recording()
    made.functions += [rows.Function(f"/src/{n % 40}.py", n, f"function_{n}") for n in range(3000)]
    made.threads.append(rows.Thread(1, "MainThread"))
    tree = made.stacks
    tree.append(rows.NONE, 0, 1)
    for number in range(1, stacks):
        # A recursion a thousand calls deep, then stacks of some twenty.
        parent = number - 1 if number < 1000 else draw.randrange(number)
        tree.append(parent, draw.randrange(3000), 1)
    made.samples.extend(
        rows.Sample(0, number, number * 1000, 1000 + draw.randrange(9000))
        for number in range(stacks)
    )
    return made


def test_a_hundred_thousand_stacks(opens: Opens) -> None:
    before = time.monotonic()
    tab = opens(many(100_000))
    assert tab.run("page.flame.tree.size") > 90_000
    assert time.monotonic() - before < 60  # 4 s on a quiet core of 2026
    start = "(() => { const t = performance.now(); "
    end = "; return performance.now() - t; })()"
    assert tab.run(f"{start}page.flame.layout(){end}") < 1000
    assert tab.run(f"{start}page.flame.mark(search('function_1')){end}") < 2000
    assert tab.run(f"{start}element('up').click(){end}") < 20_000
    assert tab.run("page.flame.tree.children(0).length") > 1000


def test_a_comparison_is_red_where_it_is_slower(browser: chromium.Browser, tmp_path: Path) -> None:
    slower = known()
    deep = len(slower.stacks) - 1
    slower.samples.extend([rows.Sample(1, deep, 70_000_000, 40_000_000)])
    recording, after, before = joined([slower], [known()])
    (tmp_path / "it.html").write_text(page.page(recording, {"time": after}, before))
    tab = chromium.Tab(browser, tmp_path / "it.html")
    odd = "page.flame.rows[1].find(box => page.flame.name(box.node).startsWith('odd')).node"
    main = "page.flame.rows[1].find(box => page.flame.name(box.node) == 'main').node"
    assert tab.run(f"page.flame.fill({odd}, false)").startswith("hsl(8 ")
    assert not tab.run(f"page.flame.fill({main}, false)").startswith("hsl")
    assert "before: 60.0 ms; more by 40.0 ms" in tab.run(f"page.flame.lines({odd}).join()")
    assert "more than before" in tab.run("element('legend').textContent")
    assert tab.problems == []
    tab.close()


def test_what_moved_stays_inside_its_caller(browser: chromium.Browser, tmp_path: Path) -> None:
    """The widths are those of the wider side: callees that changed places need more than their caller has."""
    one, other = (
        read(f"main;x {x}\nmain;y {y}\nother 60\n".encode(), "it") for x, y in ((50, 10), (10, 50))
    )
    recording, after, before = joined([one], [other])
    (tmp_path / "it.html").write_text(page.page(recording, {"time": after}, before))
    tab = chromium.Tab(browser, tmp_path / "it.html")
    edges = "row => row.map(box => [box.x, box.x + box.width])"
    _, outer, inner = tab.run(f"page.flame.rows.map({edges})")
    assert len(outer) == len(inner) == 2
    assert inner[-1][1] <= outer[0][1] + 1e-6 <= outer[1][0] + 1e-5
    tab.close()
