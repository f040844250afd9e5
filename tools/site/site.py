#!/usr/bin/env python3
"""Writes the documentation as a folder of pages that need no server and no network: those of tools/pages.py by pandoc,
the headers by Doxygen, and a search over all of them.

usage: site.py FOLDER
SPDX-License-Identifier: MIT"""
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.append(str(HERE.parent))
from pages import pages as names_of_pages  # noqa: E402

# In the order of the list beside every page; the others of docs follow by name, then all others.
FIRST = ["README.md",
         *(f"docs/{name}.md" for name in ("concepts", "getting-started", "bindings", "masks-and-positions",
                                         "threads-and-blas", "mathematics", "numerics", "performance", "abi", "faq"))]
LINK = re.compile(r'(href|src)="([^"#?]+)([#?][^"]*)?"')
PARTS = re.compile(r'<h([1-3])[^>]*\bid="([^"]+)"[^>]*>(.*?)</h\1>', re.DOTALL)


def sources():
    def place(name):
        return FIRST.index(name) if name in FIRST else len(FIRST), not name.startswith("docs/"), name
    return sorted(names_of_pages(ROOT), key=place)


def page_of(name):
    """README.md is index.html, docs/faq.md faq.html, bindings/go/README.md bindings-go.html."""
    if name == "README.md":
        return "index.html"
    return re.sub(r"(/README)?\.md$", "", name.removeprefix("docs/")).replace("/", "-").lower() + ".html"


def plain(text):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def relink(body, name, pages, folder):
    """Links between sources become links between pages; what is no page, such as a picture or a header, is copied."""
    def change(match):
        attribute, target, rest = match[1], match[2], match[3] or ""
        if re.match(r"[a-z]+:", target):
            return match[0]
        path = (ROOT / name).parent.joinpath(target).resolve()
        inner = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ""
        if path.is_dir() and f"{inner}/README.md" in pages:
            inner += "/README.md"
        if inner in pages:
            return f'{attribute}="{page_of(inner)}{rest}"'
        if not path.is_file():
            if path.is_dir():
                return ""
            sys.exit(f"{name} links to {target}, which does not exist")
        to = folder / "files" / inner
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
        return f'{attribute}="files/{inner}{rest}"'
    return LINK.sub(change, body)


def parts(title, body, page):
    """Each heading with the text below it, for the search."""
    pieces, places = PARTS.split(body), []
    for at in range(1, len(pieces), 4):
        places.append({"title": title, "heading": plain(pieces[at + 2]), "url": f"{page}#{pieces[at + 1]}",
                       "text": plain(pieces[at + 3])})
    return places


def document(name, pages, folder, template):
    source = (ROOT / name).read_text(encoding="utf-8")
    body = subprocess.run(["pandoc", "--from=gfm+tex_math_dollars", "--to=html5", "--mathml", "--no-highlight"],
                          input=source, check=True, capture_output=True, text=True).stdout
    body = relink(body, name, pages, folder)
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.DOTALL)
    title = plain(heading[1]) if heading else name
    return page_of(name), title, body


def write_pages(folder):
    template = (HERE / "page.html").read_text(encoding="utf-8")
    names = sources()
    done = [document(name, set(names), folder, template) for name in names]
    places = []
    for page, title, body in done:
        links = "\n".join(f'<a href="{other}"{" class=here" if other == page else ""}>{html.escape(text)}</a>'
                          for other, text, _ in done)
        text = template.replace("@TITLE@", html.escape(title)).replace("@LINKS@", links).replace("@BODY@", body)
        (folder / page).write_text(text, encoding="utf-8")
        places += parts(title, body, page)
    return places


def write_headers(folder, work):
    """Doxygen's pages below api/; its tag file says where each function is."""
    settings = (HERE / "Doxyfile").read_text(encoding="utf-8")
    settings += f"\nINPUT = {ROOT}/include {ROOT}/mpi/selfattn_mpi.h {ROOT}/bindings/cpp/selfattn.hpp\n"
    settings += f"INPUT_FILTER = {HERE}/comments.sed\nOUTPUT_DIRECTORY = {folder}\n"
    settings += f"STRIP_FROM_PATH = {ROOT}\nGENERATE_TAGFILE = {work}/tags.xml\n"
    ran = subprocess.run(["doxygen", "-"], input=settings, capture_output=True, text=True)
    if ran.returncode or ran.stderr:
        sys.exit("doxygen: " + ran.stderr)
    places = []
    for compound in xml.etree.ElementTree.parse(work / "tags.xml").getroot():
        of = compound.findtext("name")
        for member in compound.iter("member"):
            name, file, anchor = (member.findtext(key) for key in ("name", "anchorfile", "anchor"))
            places.append({"title": of, "heading": name, "url": f"api/{file}#{anchor}",
                           "text": member.findtext("arglist") or ""})
    return places


def dead_links(folder):
    """Links within the folder that lead nowhere, and pictures or scripts from elsewhere."""
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*.html")}
    anchors = {path: set(re.findall(r'(?:id|name)="([^"]+)"', text)) for path, text in texts.items()}
    for path, text in texts.items():
        for attribute, target, rest in LINK.findall(text):
            if re.match(r"[a-z]+:|//", target):
                if attribute == "src" and not target.startswith("javascript:"):
                    yield f"{path.name}: {target} needs a network"
                continue
            to = (path.parent / target).resolve()
            if not to.exists() or (rest[:1] == "#" and to in anchors and rest[1:] not in anchors[to]):
                yield f"{path.name}: {target}{rest} leads nowhere"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1]).resolve()
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    places = write_pages(folder) + write_headers(folder, work)
    shutil.rmtree(work)
    for name in ("style.css", "search.js"):
        shutil.copyfile(HERE / name, folder / name)
    listed = json.dumps(places, ensure_ascii=False, separators=(",", ":"))
    (folder / "places.js").write_text(f"const PLACES = {listed};\n", encoding="utf-8")
    dead = sorted(set(dead_links(folder)))
    if dead:
        sys.exit("\n".join(dead))
    print(f"{folder}/index.html: {len(list(folder.glob('*.html')))} pages, {len(places)} places to search")


main()
