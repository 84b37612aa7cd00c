// The table of functions: sorted by its heads, filtered by the search.

const FEW = 200;

/** @typedef {{head: string, number: boolean, wide?: boolean, key: (row: Sums["rows"][number]) => number | string}} Head */

class FunctionTable {
  /** @param {(func: number) => void} onSource */
  constructor(onSource) {
    this.onSource = onSource;
    /** @type {Sums | null} */ this.sums = null;
    /** @type {Uint8Array | null} */ this.found = null;
    this.all = false;
    this.sort = 1;
    this.down = true;
  }

  /** @returns {Head[]} */
  heads() {
    const { name } = DATA.functions;
    return [
      { head: this.sums?.counted ? "Calls" : "Samples", number: true, key: (row) => row[3] },
      { head: "Own", number: true, key: (row) => row[1] },
      { head: "Cumulative", number: true, key: (row) => row[2] },
      { head: "Function", number: false, key: (row) => name[row[0]] },
      { head: "Where", number: false, wide: true, key: (row) => place(row[0]) },
      { head: "Compiled", number: false, wide: true, key: (row) => DATA.functions.tier[row[0]] },
    ];
  }

  /** @param {Sums} sums */
  show(sums) {
    this.sums = sums;
    this.sort = sums.owns ? 1 : 2;
    this.down = true;
    this.draw();
  }

  /** @param {Uint8Array | null} found */
  mark(found) {
    this.found = found;
    this.draw();
  }

  draw() {
    const sums = this.sums;
    if (!sums) return;
    const heads = this.heads(), { key, number } = heads[this.sort];
    const rows = sums.rows.filter((row) => !this.found || this.found[row[0]]);
    const sign = this.down === number ? -1 : 1;
    rows.sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0));
    const shown = this.all ? rows : rows.slice(0, FEW);
    const table = make("table", {},
      make("thead", {}, make("tr", {}, ...heads.map((head, at) => this.#head(head, at)))),
      make("tbody", {}, ...shown.map((row) => this.#row(row, sums))));
    const parts = [table];
    if (!rows.length) parts.push(make("p", {}, this.found ? "The search finds no function." : "No functions were recorded."));
    if (shown.length < rows.length) {
      const more = make("button", {}, `Show all ${rows.length.toLocaleString("en")}`);
      more.onclick = () => { this.all = true; this.draw(); };
      parts.push(more);
    }
    element("functions").replaceChildren(...parts);
  }

  /** @param {Head} head @param {number} at */
  #head(head, at) {
    const arrow = at === this.sort ? (this.down === head.number ? " ▾" : " ▴") : "";
    const button = make("button", {}, head.head + arrow);
    button.onclick = () => {
      this.down = at === this.sort ? !this.down : true;
      this.sort = at;
      this.draw();
    };
    const order = at === this.sort ? (this.down === head.number ? "descending" : "ascending") : "none";
    return make("th", { class: classes(head), "aria-sort": order }, button);
  }

  /** @param {Sums["rows"][number]} row @param {Sums} sums */
  #row(row, sums) {
    const [func, own, cumulative, calls, primitive] = row;
    const counted = calls ? calls.toLocaleString("en") + (primitive === calls ? "" : `/${primitive.toLocaleString("en")}`) : "";
    /** @param {number} value */
    const bar = (value) => make("td", { class: "n bar", style: `--w: ${(100 * value / (sums.whole || 1)).toFixed(1)}%`, title: percent(value, sums.whole) }, amount(value, sums.unit));
    const source = DATA.sources[String(DATA.functions.file[func])] !== undefined;
    const name = source ? make("button", { class: "link" }, DATA.functions.name[func]) : DATA.functions.name[func];
    if (name instanceof HTMLElement) name.onclick = () => this.onSource(func);
    return make("tr", {},
      make("td", { class: "n" }, counted),
      sums.owns ? bar(own) : make("td", {}),
      bar(cumulative),
      make("td", { class: "name" }, name),
      make("td", { class: "where" }, place(func)),
      make("td", { class: "wide" }, DATA.functions.tier[func]));
  }
}

/** @param {Head} head */
function classes(head) { return [head.number ? "n" : "", head.wide ? "wide" : ""].join(" ").trim(); }
