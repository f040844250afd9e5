// Things in a row that look at each other, words or patches: one points at them, goes from one to the next, keeps one.
// SPDX-License-Identifier: MIT
export class Places {
  spans = [];
  #element;
  #current = -1;

  /**
   * element: where they stand. on: { look(place), keep(place), leave(), resize() }, called with what the user does.
   * steps(): how many places up and down are away.
   */
  constructor(element, on, steps = () => 1) {
    this.#element = element;
    const at = (event) => this.spans.indexOf(event.target.closest('[role="option"]'));
    const call = (name) => (event) => { if (at(event) >= 0) on[name](at(event)); };
    element.addEventListener('pointerover', (event) => { if (event.pointerType === 'mouse') call('look')(event); });
    element.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse') on.leave(); });
    element.addEventListener('focusin', call('look'));
    element.addEventListener('click', call('keep'));
    element.addEventListener('keydown', (event) => this.#key(event, on, steps()));
  }

  #key(event, on, line) {
    const here = this.spans.indexOf(event.target);
    const steps = { ArrowRight: 1, ArrowDown: line, ArrowLeft: -1, ArrowUp: -line, Home: -Infinity, End: Infinity };
    if (event.key in steps) {
      const seen = this.spans.map((_, i) => i).filter((i) => !this.spans[i].hidden);
      const next = Math.max(0, Math.min(seen.length - 1, seen.indexOf(here) + steps[event.key]));
      this.spans[seen[next]].focus();
    } else if (event.key === 'Enter' || event.key === ' ') on.keep(here);
    else if (event.key === 'Escape') on.keep(-1);
    else return;
    event.preventDefault();
  }

  /** Makes one of each name. */
  make(names, className) {
    this.#current = -1;
    this.spans = names.map(() => {
      const span = document.createElement('span');
      span.className = className;
      span.tabIndex = -1;
      span.setAttribute('role', 'option');
      span.setAttribute('aria-selected', 'false');
      return span;
    });
  }

  /** Which are seen, and which is kept. */
  mark(isShown, kept) {
    this.spans.forEach((span, i) => {
      span.hidden = !isShown(i);
      span.classList.toggle('kept', i === kept);
      span.tabIndex = -1;
    });
    const first = kept >= 0 ? kept : this.spans.findIndex((span) => !span.hidden);
    if (first >= 0) this.spans[first].tabIndex = 0;
  }

  /** Marks the one that looks; -1: none. */
  point(place) {
    if (this.#current === place) return;
    for (const [i, looks] of [[this.#current, false], [place, true]]) {
      this.spans[i]?.classList.toggle('looks', looks);
      this.spans[i]?.setAttribute('aria-selected', String(looks));
    }
    this.#current = place;
  }
}
