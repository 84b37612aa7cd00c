// What each thread did over time, and below it what happened there: collections, the GIL, I/O. Above
// them the memory that was held.

const CURVE = 90, LANE = 30, EVENT = 14, LEFT = 130, TOP = 22;

/**
 * What a lane shows: `events` (their numbers), else the activity of a `thread`, else the memory.
 * @typedef {{label: string, y: number, height: number, thread: number, events: number[] | null}} Lane
 */

class Timeline {
  constructor() {
    this.canvas = /** @type {HTMLCanvasElement} */ (element("lanes"));
    this.from = 0;
    this.to = this.end = Math.max(DATA.activity?.end ?? 0, DATA.footprint?.end ?? 0, ...largest(DATA.events.end), 1);
    this.peak = Math.max(1, ...largest(DATA.footprint?.bytes ?? []));
    this.dragged = NaN; // where the mouse went down, while it is down
    this.mouse = 0;
    this.height = 0;
    this.lanes = this.#lanes();
    this.#legend();
    this.#listen();
  }

  get empty() { return !this.lanes.length; }

  /** Of each thread its activity, then its events by kind; those that overlap get a lane more. @returns {Lane[]} */
  #lanes() {
    /** @type {Lane[]} */ const found = [];
    const { threads, kinds, thread, kind, start, end } = DATA.events;
    /** @type {Map<number, number[]>} */ const rows = new Map();
    for (let at = 0; at < thread.length; at++) {
      const key = thread[at] * kinds.length + kind[at];
      const row = rows.get(key);
      if (row) row.push(at);
      else rows.set(key, [at]);
    }
    const names = [...new Set([...(DATA.activity?.threads ?? []), ...threads])];
    let y = TOP;
    if (DATA.footprint) {
      found.push({ label: "memory held", y, height: CURVE, thread: -1, events: null });
      y += CURVE + 8;
    }
    for (const name of names) {
      const active = DATA.activity?.threads.indexOf(name) ?? -1;
      if (active >= 0) {
        found.push({ label: name, y, height: LANE, thread: active, events: null });
        y += LANE + 3;
      }
      const number = threads.indexOf(name);
      if (number < 0) continue;
      for (let at = 0; at < kinds.length; at++) {
        const events = (rows.get(number * kinds.length + at) ?? []).sort((a, b) => start[a] - start[b]);
        for (const lane of apart(events, start, end)) {
          found.push({ label: `${active >= 0 ? "" : name + " "}${kinds[at]}`, y, height: EVENT, thread: -1, events: lane });
          y += EVENT + 3;
        }
      }
      y += 5;
    }
    this.height = y + 4;
    return found;
  }

  #legend() {
    const words = DATA.activity?.states ?? [];
    element("states").replaceChildren(...words.map((word) => make("span", { class: "key", style: `--c: var(${STATES[word] ?? "--running"})` }, word)));
    if (DATA.events.left) element("states").append(`${DATA.events.left.toLocaleString("en")} shorter events are left out`);
  }

  draw() {
    const width = this.canvas.parentElement?.clientWidth ?? 0;
    if (!width || this.empty) return;
    const context = sized(this.canvas, width, this.height);
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    const ink = colour("--text"), faint = colour("--faint");
    this.#scale(context, width, faint, colour("--soft"));
    for (const lane of this.lanes) {
      context.fillStyle = lane.events ? faint : ink;
      context.textAlign = "right";
      context.fillText(lane.label, LEFT - 8, lane.y + lane.height / 2, LEFT - 12);
      context.textAlign = "left";
      if (lane.events) this.#events(context, lane, width, ink);
      else if (lane.thread >= 0) this.#activity(context, lane, width);
      else this.#footprint(context, lane, width, faint);
    }
    if (!Number.isNaN(this.dragged)) {
      context.fillStyle = "rgb(108 176 234 / 30%)";
      context.fillRect(Math.min(this.dragged, this.mouse), TOP, Math.abs((this.mouse) - this.dragged), this.height);
    }
  }

  /** @param {number} time @param {number} width */
  x(time, width) { return LEFT + (time - this.from) / (this.to - this.from) * (width - LEFT - 8); }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {string} ink @param {string} line */
  #scale(context, width, ink, line) {
    const step = 10 ** Math.floor(Math.log10(Math.max(this.to - this.from, 1) / 3));
    const wanted = Math.max(2, Math.floor((width - LEFT) / 90));
    const nice = [1, 2, 5, 10, 20, 50].map((factor) => factor * step).find((size) => (this.to - this.from) / size <= wanted) ?? step * 100;
    for (let time = Math.ceil(this.from / nice) * nice; time <= this.to; time += nice) {
      const x = this.x(time, width);
      context.fillStyle = line;
      context.fillRect(x, TOP - 4, 1, this.height);
      context.fillStyle = ink;
      if (x + 50 < width) context.fillText(amount(time, "nanoseconds"), x + 3, 10);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Lane} lane @param {number} width */
  #activity(context, lane, width) {
    const activity = DATA.activity;
    if (!activity) return;
    const size = activity.end / activity.bins;
    const first = Math.max(0, Math.floor(this.from / size)), last = Math.min(activity.bins - 1, Math.ceil(this.to / size));
    for (let bin = first; bin <= last; bin++) {
      const left = Math.max(LEFT, this.x(bin * size, width)), right = Math.min(width - 8, this.x((bin + 1) * size, width));
      let y = lane.y + lane.height;
      activity.states.forEach((state, at) => {
        const height = activity.shares[lane.thread][at][bin] * lane.height;
        context.fillStyle = colours()[state] ?? "#888";
        context.fillRect(left, y - height, Math.max(right - left, 0.5), height);
        y -= height;
      });
    }
  }

  /** Each stretch as high as the most that was held in it. @param {CanvasRenderingContext2D} context @param {Lane} lane @param {number} width @param {string} ink */
  #footprint(context, lane, width, ink) {
    const footprint = DATA.footprint;
    if (!footprint) return;
    const bottom = lane.y + lane.height, right = width - 8;
    /** @param {number} time */
    const x = (time) => Math.min(right, Math.max(LEFT, this.x(time, width)));
    context.beginPath();
    context.moveTo(x(footprint.start[0]), bottom);
    footprint.start.forEach((start, at) => {
      const y = bottom - footprint.bytes[at] / this.peak * lane.height;
      context.lineTo(x(start), y);
      context.lineTo(x(footprint.start[at + 1] ?? footprint.end), y);
    });
    context.lineTo(x(footprint.end), bottom);
    context.fillStyle = colours().memory;
    context.fill();
    context.fillStyle = ink;
    context.fillRect(LEFT, lane.y, right - LEFT, 0.5);
    context.fillText(amount(this.peak, "bytes"), LEFT + 3, lane.y + 7);
  }

  /** @param {CanvasRenderingContext2D} context @param {Lane} lane @param {number} width @param {string} ink */
  #events(context, lane, width, ink) {
    const { start, end, kind, name, names, kinds } = DATA.events;
    for (const at of lane.events ?? []) {
      if (end[at] < this.from || start[at] > this.to) continue;
      const left = Math.max(LEFT, this.x(start[at], width)), right = Math.min(width - 8, this.x(end[at], width));
      context.fillStyle = eventColour(kinds[kind[at]]);
      context.fillRect(left, lane.y, Math.max(right - left, 1), lane.height);
      if (right - left > 50) {
        context.fillStyle = ink;
        context.fillText(names[name[at]], left + 3, lane.y + lane.height / 2, right - left - 6);
      }
    }
  }

  /** @param {MouseEvent} event */
  #hover(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top, width = box.width;
    const lane = this.lanes.find((one) => y >= one.y && y < one.y + one.height);
    const time = this.from + (x - LEFT) / (width - LEFT - 8) * (this.to - this.from);
    const slack = (this.to - this.from) / width * 2;
    const { start, end, name, names, kind, kinds } = DATA.events;
    const at = lane?.events?.find((one) => time >= start[one] - slack && time <= end[one] + slack);
    if (at !== undefined) tip.show(event, names[name[at]] || kinds[kind[at]], [`${kinds[kind[at]]}, ${amount(end[at] - start[at], "nanoseconds")} from ${amount(start[at], "nanoseconds")} on`]);
    else if (lane && !lane.events && x >= LEFT) tip.show(event, lane.label, lane.thread >= 0 ? this.#shares(lane, time) : this.#held(time));
    else tip.hide();
  }

  /** @param {Lane} lane @param {number} time */
  #shares(lane, time) {
    const activity = DATA.activity;
    if (!activity) return [];
    const bin = Math.max(0, Math.min(activity.bins - 1, Math.floor(time / activity.end * activity.bins)));
    const parts = activity.states.map((state, at) => /** @type {[string, number]} */ ([state, activity.shares[lane.thread][at][bin]]));
    return [`at ${amount(Math.max(0, time), "nanoseconds")}`, ...parts.filter(([, share]) => share > 0.005).map(([state, share]) => `${state} ${percent(share, 1)}`)];
  }

  /** @param {number} time */
  #held(time) {
    const footprint = DATA.footprint;
    if (!footprint) return [];
    const at = Math.max(0, footprint.start.filter((start) => start <= time).length - 1);
    return [`at ${amount(Math.max(0, time), "nanoseconds")}`, `${amount(footprint.bytes[at], "bytes")}, the most in ${amount((footprint.start[at + 1] ?? footprint.end) - footprint.start[at], "nanoseconds")}`];
  }

  #listen() {
    new ResizeObserver(() => this.draw()).observe(/** @type {HTMLElement} */ (this.canvas.parentElement));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { KNOWN.value = null; this.draw(); });
    /** @param {MouseEvent} event */
    const position = (event) => event.clientX - this.canvas.getBoundingClientRect().left;
    this.canvas.addEventListener("mousedown", (event) => { this.dragged = this.mouse = position(event); });
    this.canvas.addEventListener("mousemove", (event) => {
      this.mouse = position(event);
      this.#hover(event);
      if (!Number.isNaN(this.dragged)) this.draw();
    });
    this.canvas.addEventListener("mouseleave", () => tip.hide());
    addEventListener("mouseup", () => {
      if (Number.isNaN(this.dragged)) return;
      const width = this.canvas.getBoundingClientRect().width, mouse = this.mouse;
      const times = [this.dragged, mouse].map((x) => this.from + (x - LEFT) / (width - LEFT - 8) * (this.to - this.from)).sort((a, b) => a - b);
      const far = Math.abs(mouse - this.dragged) > 4;
      this.dragged = NaN;
      if (far) this.zoom(Math.max(0, times[0]), Math.min(this.end, times[1]));
      else this.draw();
    });
    element("whole").onclick = () => this.zoom(0, this.end);
  }

  /** @param {number} from @param {number} to  in nanoseconds */
  zoom(from, to) {
    if (to - from < 10) return;
    this.from = from;
    this.to = to;
    /** @type {HTMLButtonElement} */ (element("whole")).disabled = from === 0 && to === this.end;
    this.draw();
  }
}

/** By the words of page.py. @type {Record<string, string>} */
const STATES = { "running": "--running", "waiting": "--waiting", "waiting for the GIL": "--wants", "collecting garbage": "--collecting", "memory": "--accent" };
/** @type {{value: Record<string, string> | null}} */
const KNOWN = { value: null };

/** Asked for once: the style is slow to answer. */
function colours() { return (KNOWN.value ??= Object.fromEntries(Object.entries(STATES).map(([state, name]) => [state, colour(name)]))); }

/** @param {string} kind */
function eventColour(kind) {
  if (kind === "gc") return colours()["collecting garbage"];
  if (kind === "gil") return colours()["waiting for the GIL"];
  let sum = 0;
  for (const letter of kind) sum += letter.charCodeAt(0);
  return `hsl(${(sum * 53) % 360} 45% 55%)`;
}

/** Lanes in which nothing overlaps. @param {number[]} events  by start @param {number[]} start @param {number[]} end */
function apart(events, start, end) {
  /** @type {number[][]} */ const lanes = [];
  for (const at of events) {
    const free = lanes.find((lane) => end[lane[lane.length - 1]] <= start[at]);
    if (free) free.push(at);
    else if (lanes.length < 6) lanes.push([at]);
    else lanes[5].push(at);
  }
  return lanes;
}

/** The largest number, as a list of one or none: spreading a long list runs out of stack. @param {number[]} values */
function largest(values) { return values.length ? [values.reduce((a, b) => Math.max(a, b))] : []; }
