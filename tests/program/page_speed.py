"""Measures a page that selfattn page wrote, in headless Chromium: python3 page_speed.py page.html

Milliseconds, the median and the best of several: to open it, to read texts of so many words, and to hover over words,
or over patches of the picture that the page begins with: from the pointer's event until styles and layout are done, and
until a second frame has begun, which waits for the display.

SPDX-License-Identifier: MIT"""
import statistics
import sys
import time

import browser

TEXT = ("The animal did not cross the road because it was tired and the river behind the old bank was too wide for a "
        "small fox that had never learned to swim before winter came . ")
TYPE = """new Promise((done) => {
    const panel = document.querySelector('.panel'), words = panel.querySelector('.words');
    const field = panel.querySelector('textarea');
    const seen = new MutationObserver(() => { seen.disconnect(); done(performance.now() - began); });
    seen.observe(words, { childList: true });
    const began = performance.now();
    field.value = %r;
    field.dispatchEvent(new Event('input', { bubbles: true }));
})"""
HOVER = """(async () => {
    const words = [...document.querySelectorAll('.panel:first-child [role="option"]')].filter((one) => !one.hidden);
    const [work, frame] = [[], []];
    const next = () => new Promise(requestAnimationFrame);
    for (let i = 0; i < 60; i++) {
        const word = words[(i * 37) % words.length];
        await next();
        const began = performance.now();
        word.dispatchEvent(new PointerEvent('pointerover', { bubbles: true, pointerType: 'mouse' }));
        document.body.offsetHeight;
        work.push(performance.now() - began);
        await next();
        await next();
        frame.push(performance.now() - began);
    }
    return [work, frame];
})()"""


def line(name, times):
    print(f"{name:40} {statistics.median(times):7.1f} {min(times):7.1f}", flush=True)


def hover(page):
    for kind in ("head", "mean", "rollout"):
        page.choose("#kind", kind)
        page.run("new Promise((done) => setTimeout(done, 1500))")
        work, frame = page.run(HOVER)
        line(f"    hover, {kind}", work)
        line("        two frames", frame)
    page.choose("#kind", "head")


def main():
    began = time.time()
    with browser.Browser(sys.argv[1], width=1300, height=900) as page:
        while not page.texts("[role='option']"):
            time.sleep(0.01)
        line("browser started, page opened and read", [1000 * (time.time() - began)])
        if page.run("document.querySelector('#beside').checked"):
            page.click("#beside")
        if page.texts(".patch"):
            hover(page)
        else:
            for count in (14, 30, 126, 254, 508):
                words = (TEXT * 20).split()[:count]
                times = [page.run(TYPE % " ".join(words[:count - i % 2])) for i in range(8)]
                page.run("new Promise((done) => setTimeout(done, 1500))")
                line(f"{page.texts('#state')[0].split(' in')[0]}: read", times)
                hover(page)
    assert not page.errors, page.errors


if __name__ == "__main__":
    main()
