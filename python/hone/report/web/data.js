// The page's data, as page.py writes it, and words that several views share. The files of this folder
// make up one script, in the order of page.py's SCRIPTS; tsc checks the types in their comments.

/**
 * @typedef {{name: string, nodes: number[], own: number[]}} Weights  own weights of some nodes
 * @typedef {{unit: string, estimated: boolean, parent: number[], func: number[], threads: Weights[],
 *   before: Weights | null}} TreeData
 * @typedef {{unit: string, counted: boolean, owns: boolean, whole: number,
 *   rows: [func: number, own: number, cumulative: number, calls: number, primitive: number][]}} Sums
 * @typedef {[line: number, hits: number, own: number, cumulative: number]} LineSum
 * @typedef {{threads: string[], kinds: string[], names: string[], thread: number[], kind: number[],
 *   name: number[], start: number[], end: number[], left: number}} Events
 * @typedef {{threads: string[], states: string[], end: number, bins: number,
 *   shares: number[][][]}} Activity  by thread, by state, by bin: the share of the bin's time
 * @typedef {{start: number[], bytes: number[], end: number}} Footprint  the most that was held in each
 *   stretch, up to the start of the next
 * @typedef {{
 *   title: string, facts: string, notes: string[],
 *   functions: {name: string[], file: number[], line: number[], kind: number[], tier: string[]},
 *   files: {path: string[], short: string[], library: number[], rank: number[]},
 *   trees: Record<string, TreeData>, sums: Record<string, Sums>,
 *   lines: Record<string, Record<string, LineSum[]>>, sources: Record<string, string>,
 *   events: Events, activity: Activity | null, footprint: Footprint | null}} Data
 */

const NATIVE = 1, COMPILED = 2;

/** @type {Data} */
const DATA = JSON.parse(element("data").textContent || "{}");

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** @param {string} id */
function select(id) { return /** @type {HTMLSelectElement} */ (element(id)); }

/**
 * @param {string} tag @param {Record<string, string>} attributes @param {...(Node | string)} inside
 * @returns {HTMLElement}
 */
function make(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

/** @param {number} value */
function threeDigits(value) { return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0); }

/** A quantity with its unit. @param {number} value @param {string} unit @returns {string} */
function amount(value, unit) {
  if (value < 0) return "−" + amount(-value, unit);
  if (unit === "nanoseconds") return amount(value / 1e9, "seconds");
  if (unit === "seconds") {
    for (const [scale, name] of /** @type {[number, string][]} */ ([[1, "s"], [1e-3, "ms"], [1e-6, "µs"]]))
      if (value >= scale) return `${threeDigits(value / scale)} ${name}`;
    return value ? `${Math.round(value * 1e9)} ns` : "0 s";
  }
  if (unit === "bytes") {
    for (const [power, name] of /** @type {[number, string][]} */ ([[40, "TiB"], [30, "GiB"], [20, "MiB"], [10, "KiB"]]))
      if (value >= 2 ** power) return `${threeDigits(value / 2 ** power)} ${name}`;
    return `${Math.round(value)} B`;
  }
  return `${Math.round(value).toLocaleString("en")} ${unit}`;
}

/** @param {number} value @param {number} whole */
function percent(value, whole) { return whole ? `${(100 * value / whole).toFixed(1)} %` : ""; }

/** Where a function is, short. @param {number} func */
function place(func) {
  const file = DATA.functions.file[func], line = DATA.functions.line[func];
  if (file < 0) return "";
  return DATA.files.short[file] + (line ? `:${line}` : "");
}

/** What the search means: a regular expression if it is one, else the text. @param {string} wanted */
function matcher(wanted) {
  if (!wanted) return null;
  try { return new RegExp(wanted, "i"); }
  catch { return new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i"); }
}

/** By function whether the search finds it. @param {string} wanted @returns {Uint8Array | null} */
function search(wanted) {
  const pattern = matcher(wanted);
  if (!pattern) return null;
  const { name, file } = DATA.functions;
  return Uint8Array.from(name, (text, at) =>
    pattern.test(text) || (file[at] >= 0 && pattern.test(DATA.files.path[file[at]])) ? 1 : 0);
}

const tip = {
  /** @param {MouseEvent} event @param {string} head @param {string[]} lines */
  show(event, head, lines) {
    const box = element("tip");
    box.replaceChildren(make("b", {}, head), ...lines.flatMap((line) => [line, make("br")]));
    box.hidden = false;
    const left = Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8);
    const below = event.clientY + 18;
    const top = below + box.offsetHeight > innerHeight ? event.clientY - box.offsetHeight - 10 : below;
    box.style.left = `${Math.max(4, left)}px`;
    box.style.top = `${Math.max(4, top)}px`;
  },
  hide() { element("tip").hidden = true; },
};

/** A colour of the style sheet. @param {string} name */
function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

/** A canvas of that size in CSS pixels, sharp on every screen. @param {HTMLCanvasElement} canvas
 *  @param {number} width @param {number} height */
function sized(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws no canvas");
  context.scale(ratio, ratio);
  return context;
}
