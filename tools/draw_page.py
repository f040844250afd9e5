#!/usr/bin/env python3
"""Draws README's picture: what headless Chromium shows of a page by `selfattn attend --html`, as an SVG. Boxes, words
and arcs are read from the page as it is laid out. Its grid is set to one link, from "it" to "animal"; controls and what
stands below the grid are hidden before.

usage: tools/draw_page.py PROGRAM MODEL FILE
SPDX-License-Identifier: MIT"""
import html
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "program"))
import browser  # noqa: E402

SENTENCES = ["The animal didn't cross the road because it was tired.",
             "The animal didn't cross the road because it was too wide."]
WIDTH, HEIGHT = 1300, 400
HIDDEN = "header, #controls, .choice, .title, .measures, .map, .place, .link, .found, footer, .panel > h2:last-of-type"
DRAWN = "[...document.querySelectorAll('.cell span')].every((one) => one.textContent)"
# Every visible thing, in the order in which it is painted: [kind, ...].
READ = """(() => {
    const shapes = [];
    const round = (number) => Math.round(10 * number) / 10;
    const place = (box) => [box.x, box.y, box.width, box.height].map(round);
    const clear = (colour) => colour === 'rgba(0, 0, 0, 0)';
    const write = (box, text, style) => shapes.push(['text', ...place(box), text, style.color,
        parseFloat(style.fontSize), style.fontWeight]);
    function filled(canvas) { // in this grid a square is one pixel
        const [red, green, blue] = canvas.getContext('2d').getImageData(0, 0, 1, 1).data;
        shapes.push(['box', ...place(canvas.getBoundingClientRect()), `rgb(${red}, ${green}, ${blue})`, 'none', 0]);
    }
    function read(element) {
        const style = getComputedStyle(element), box = element.getBoundingClientRect();
        if ((!box.width || !box.height) && style.display !== 'contents') return;
        if (element.tagName === 'path') {
            const { a, d, e, f } = element.getScreenCTM();
            shapes.push(['path', element.getAttribute('d'), [a, 0, 0, d, e, f].map(round), style.stroke,
                round(parseFloat(style.strokeWidth)), round(parseFloat(style.strokeOpacity))]);
            return;
        }
        if (element.tagName === 'CANVAS') filled(element);
        else if (!clear(style.backgroundColor)) shapes.push(['box', ...place(box), style.backgroundColor, 'none', 0]);
        for (const child of element.childNodes) {
            if (child.nodeType === Node.TEXT_NODE && child.textContent.trim()) {
                const range = document.createRange();
                for (const [word] of [...child.textContent.matchAll(/\\S+/g)].map((m) => [m])) {
                    range.setStart(child, word.index);
                    range.setEnd(child, word.index + word[0].length);
                    write(range.getBoundingClientRect(), word[0], style);
                }
            } else if (child.nodeType === Node.ELEMENT_NODE) read(child);
        }
        if (element.dataset.weight) {
            const size = parseFloat(getComputedStyle(element, '::after').fontSize);
            write({ x: box.x, y: box.bottom, width: box.width, height: 1.2 * size }, element.dataset.weight,
                getComputedStyle(element, '::after'));
        }
        if (style.outlineStyle === 'solid') {
            const width = parseFloat(style.outlineWidth);
            shapes.push(['box', box.x - width / 2, box.y - width / 2, box.width + width, box.height + width, 'none',
                style.outlineColor, width]);
        } else if (element.classList.contains('cell')) {
            shapes.push(['box', ...place(box), 'none', style.borderTopColor, 1]);
        }
    }
    for (const panel of document.querySelectorAll('.panel')) read(panel);
    return [document.body.getBoundingClientRect().bottom, shapes];
})()"""


def number(value):
    return f"{value:.1f}".removesuffix(".0")


def box(x, y, width, height, fill, edge, thickness):
    stroke = f' stroke="{edge}" stroke-width="{thickness}"' if thickness else ""
    return (f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" rx="3" '
            f'fill="{fill}"{stroke}/>')


def text(x, y, width, height, words, colour, size, weight):
    return (f'<text x="{number(x + width / 2)}" y="{number(y + height / 2 + 0.36 * size)}" fill="{colour}" '
            f'font-size="{number(size)}"' + (f' font-weight="{weight}"' if weight != "400" else "") +
            f'>{html.escape(words, quote=False)}</text>')


def path(line, matrix, stroke, width, opacity):
    return (f'<path d="{line}" transform="matrix({" ".join(map(number, matrix))})" fill="none" stroke="{stroke}" '
            f'stroke-width="{number(width)}" stroke-opacity="{number(opacity)}" stroke-linecap="round"/>')


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, model, file = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        page = f"{folder}/page.html"
        subprocess.run([program, "attend", model, *SENTENCES, "--layer", "3", "--head", "1", "--word", "it", "--html",
                        page], check=True, capture_output=True)
        with browser.Browser(page, WIDTH, HEIGHT) as shown:
            shown.run(f"document.head.append(Object.assign(document.createElement('style'), "
                      f"{{ textContent: {json.dumps(HIDDEN + ' { display: none !important }')} }}))")
            shown.choose("#grid", "link")
            for _ in range(200):
                if shown.run(DRAWN):
                    break
                time.sleep(0.1)
            height, shapes = shown.run(READ)
    drawers = {"box": box, "text": text, "path": path}
    drawn = [drawers[kind](*rest) for kind, *rest in shapes]
    pathlib.Path(file).write_text("\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{number(height)}" '
        f'viewBox="0 0 {WIDTH} {number(height)}" font-family="system-ui, sans-serif" text-anchor="middle">',
        "<title>A page by selfattn: where words look</title>",
        f'<rect width="{WIDTH}" height="{number(height)}" fill="#ffffff"/>', '<g>', *drawn, "</g>", "</svg>", ""]),
        encoding="utf-8")


main()
