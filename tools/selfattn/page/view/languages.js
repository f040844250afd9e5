// Languages that a model is told: that of the text, and that which it is to write.
// SPDX-License-Identifier: MIT
const NOT_TOLD = -1;
const languageNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** A code and what it means: "deu_Latn" is also called "German (Latin)". */
function meaningOf(code) {
  const plain = code.replace(/^__|__$|^>>|<<$|^<2|>$/g, '').replace(/_XX$/, '').replaceAll('_', '-');
  try {
    const name = languageNames.of(plain);
    return name ? `${name}: ${code}` : code;
  } catch { // it is no tag of a language
    return code;
  }
}

export class Languages {
  #codes; // [code, token, whether the text has it in front] of each
  #replacesStart;
  #from = document.querySelector('#from');
  #to = document.querySelector('#to');

  /** given: what the page knows of the model's languages, or nothing. changed() is called when others are chosen. */
  constructor({ codes, source, target, replacesStart } = { codes: [] }, changed) {
    this.#codes = new Map(codes.map(([code, token, inText]) => [token, { code, inText }]));
    this.#replacesStart = replacesStart;
    this.#offer(this.#from, codes.filter(([, , inText]) => !inText), source, changed);
    this.#offer(this.#to, codes, target, changed);
  }

  #offer(select, codes, chosen, changed) {
    select.closest('label').hidden = !codes.length;
    const options = codes.map(([code, token]) => new Option(meaningOf(code), token));
    options.sort((one, other) => one.text.localeCompare(other.text));
    select.replaceChildren(new Option('not told', NOT_TOLD), ...options);
    select.value = chosen ?? NOT_TOLD;
    select.addEventListener('change', changed);
  }

  /** Tokens that stand around the text and in front of what is written. */
  get told() {
    const [around, told] = [this.#from, this.#to].map(({ value }) => Number(value));
    if (this.#codes.get(told)?.inText) return { around: told, told: NOT_TOLD };
    return { around, told, replacesStart: this.#replacesStart };
  }
}
