// Sources with a heat for each line.

const COLUMNS = ["n", "n wide", "n", "n wide", ""];

class Sources {
  constructor() {
    this.files = select("file");
    this.metric = "time";
    this.unit = "seconds";
    this.files.onchange = () => this.#draw(0);
  }

  /** @param {string} metric @param {string} unit */
  show(metric, unit) {
    this.metric = metric;
    this.unit = unit;
    const lines = DATA.lines[metric] ?? {};
    /** @param {string} file */
    const weight = (file) => (lines[file] ?? []).reduce((sum, line) => sum + line[2], 0);
    const files = Object.keys(DATA.sources).sort((a, b) => weight(b) - weight(a));
    const before = this.files.value;
    this.files.replaceChildren(...files.map((file) =>
      make("option", { value: file, title: DATA.files.path[Number(file)] }, DATA.files.short[Number(file)])));
    if (files.includes(before)) this.files.value = before;
    this.#draw(0);
  }

  /** @param {number} func */
  go(func) {
    this.files.value = String(DATA.functions.file[func]);
    this.#draw(DATA.functions.line[func]);
  }

  /** @param {number} target */
  #draw(target) {
    const file = this.files.value;
    const text = DATA.sources[file];
    if (text === undefined) {
      element("code").replaceChildren(make("p", {}, "No source is at hand for what was recorded."));
      return;
    }
    const sums = new Map((DATA.lines[this.metric]?.[file] ?? []).map((line) => [line[0], line]));
    const most = Math.max(1e-12, ...[...sums.values()].map((line) => line[2]));
    const rows = text.split("\n").map((source, at) => this.#row(at + 1, source, sums.get(at + 1), most, at + 1 === target));
    const head = make("tr", {}, ...["Line", "Hits", "Own", "With calls", ""].map((word, at) => make("th", { class: COLUMNS[at] }, word)));
    element("code").replaceChildren(make("div", { class: "scroll" }, make("table", { class: "code" }, make("thead", {}, head), make("tbody", {}, ...rows))));
    element("code").querySelector(".target")?.scrollIntoView({ block: "center" });
  }

  /** @param {number} number @param {string} source @param {LineSum | undefined} sums @param {number} most @param {boolean} target */
  #row(number, source, sums, most, target) {
    const unit = this.unit;
    const heat = sums ? Math.sqrt(sums[2] / most) * 0.55 : 0;
    /** @type {Record<string, string>} */
    const style = heat > 0.02 ? { class: "hot", style: `--h: ${heat.toFixed(3)}` } : {};
    return make("tr", target ? { class: "target" } : {},
      make("td", { class: COLUMNS[0] }, String(number)),
      make("td", { class: COLUMNS[1] }, sums && sums[1] ? sums[1].toLocaleString("en") : ""),
      make("td", { class: COLUMNS[2] }, sums && sums[2] ? amount(sums[2], unit) : ""),
      make("td", { class: COLUMNS[3] }, sums && sums[3] ? amount(sums[3], unit) : ""),
      make("td", style, source || " "));
  }
}
