// Every word that is typed has to occur; a hit in a heading counts more than one in the text below it.
"use strict";

function find(places, typed) {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (const place of words.length ? places : []) {
        const heading = place.heading.toLowerCase(), title = place.title.toLowerCase(), text = place.text.toLowerCase();
        let score = 0;
        for (const word of words) {
            const points = (heading === word ? 12 : 0) + (heading.includes(word) ? 6 : 0) +
                (title.includes(word) ? 2 : 0) + (text.includes(word) ? 1 : 0);
            score = points && score >= 0 ? score + points : -1;
        }
        if (score > 0) found.push({ place, score, word: words[0] });
    }
    return found.sort((a, b) => b.score - a.score).slice(0, 40);
}

function extract({ place, word }) {
    const at = place.text.toLowerCase().indexOf(word), from = Math.max(0, at - 60);
    return (from ? "…" : "") + place.text.slice(from, from + 160);
}

function show(list, article, typed) {
    const found = find(PLACES, typed);
    list.hidden = !typed.trim();
    article.hidden = !list.hidden;
    list.replaceChildren(...found.map((hit) => {
        const item = document.createElement("li"), link = document.createElement("a");
        link.href = hit.place.url;
        link.textContent = `${hit.place.heading} – ${hit.place.title}`;
        link.onclick = () => { list.hidden = true; article.hidden = false; };
        item.append(link, document.createElement("br"), extract(hit));
        return item;
    }));
    if (!list.hidden && !found.length) list.textContent = "Nothing has all these words.";
}

if (typeof document !== "undefined") {
    const field = document.getElementById("search");
    field.oninput = () => show(document.getElementById("found"), document.querySelector("article"), field.value);
} else {
    module.exports = { find, extract };
}
