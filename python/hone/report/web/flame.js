// The flame graph: drawn on a canvas as large as what is seen of it, so that neither a hundred thousand
// stacks nor a thousand levels make it slow. What is narrower than half a pixel is not visited.

const ROW = 19, LEAST = 0.5;

/** @typedef {CallTree | InvertedTree} Graph */
/** @typedef {{node: number, x: number, width: number, row: number}} Box */

class Flame {
  /** @param {(func: number) => void} onSource */
  constructor(onSource) {
    this.box = element("graph");
    this.canvas = /** @type {HTMLCanvasElement} */ (this.box.querySelector("canvas"));
    this.spacer = /** @type {HTMLElement} */ (this.box.querySelector(".spacer"));
    this.onSource = onSource;
    /** @type {Graph | null} */ this.tree = null;
    /** @type {Box[][]} */ this.rows = [];
    /** @type {Uint8Array | null} */ this.found = null;
    this.unit = "";
    this.zoom = 0;
    this.chosen = 0;
    this.hovered = -1;
    this.#listen();
  }

  /** @param {Graph} tree @param {string} unit */
  show(tree, unit) {
    this.tree = tree;
    this.unit = unit;
    this.zoom = this.chosen = 0;
    this.box.scrollTop = 0;
    this.box.style.height = "65vh";
    this.layout();
    // Low graphs leave no empty field; a zoom does not change the height.
    const rows = Math.max(this.rows.length, 8);
    if (this.rows.length) this.box.style.height = `min(65vh, ${rows * ROW + 4}px)`;
    this.describe();
  }

  /** @param {Uint8Array | null} found  by function */
  mark(found) {
    this.found = found;
    this.draw();
  }

  /** @param {number} node */
  zoomTo(node) {
    this.zoom = this.chosen = node;
    /** @type {HTMLButtonElement} */ (element("reset")).disabled = node === 0;
    this.layout();
    this.describe();
  }

  layout() {
    const tree = this.tree;
    if (!tree || !this.box.clientWidth) return;
    const width = this.box.clientWidth;
    this.rows = [];
    const path = tree.path(this.zoom);
    path.forEach((node, row) => this.#place({ node, x: 0, width, row }));
    /** @type {Box[]} */ const todo = [this.rows[path.length - 1][0]];
    while (todo.length) {
      const above = /** @type {Box} */ (todo.pop());
      const scale = above.width / (this.#room(above.node) || 1);
      let x = above.x;
      for (const node of tree.children(above.node)) {
        const width_ = tree.weight(node) * scale;
        if (width_ < LEAST) break; // they are in order: the others are narrower still
        const box = { node, x, width: width_, row: above.row + 1 };
        this.#place(box);
        todo.push(box);
        x += width_;
      }
    }
    this.spacer.style.height = `${this.rows.length * ROW + 2}px`;
    this.draw();
  }

  /** What a node's width is shared out among: in a comparison its children, each as wide as it was on
   *  its wider side, may need more than it has itself. @param {number} node */
  #room(node) {
    const tree = /** @type {Graph} */ (this.tree);
    if (!tree.before) return tree.weight(node);
    let sum = 0;
    for (const child of tree.children(node)) sum += tree.weight(child);
    return Math.max(tree.weight(node), sum);
  }

  /** @param {Box} box */
  #place(box) { (this.rows[box.row] ||= []).push(box); }

  draw() {
    const tree = this.tree;
    if (!tree || !this.box.clientWidth) return;
    const width = this.box.clientWidth, height = this.box.clientHeight;
    const context = sized(this.canvas, width, height);
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const ink = dark ? "#f2f4f6" : "#15181c", found = colour("--found"), page = colour("--page");
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    const first = Math.floor(this.box.scrollTop / ROW), shift = this.box.scrollTop;
    const last = Math.min(this.rows.length - 1, Math.ceil((shift + height) / ROW));
    for (let row = first; row <= last; row++)
      for (const box of this.rows[row]) {
        const y = row * ROW - shift;
        const matched = this.found && box.node && this.found[tree.func[box.node]];
        context.globalAlpha = this.found && !matched && box.node ? 0.45 : row < tree.path(this.zoom).length - 1 ? 0.6 : 1;
        context.fillStyle = matched ? found : this.fill(box.node, dark);
        context.fillRect(box.x, y, Math.max(box.width - (box.width > 3 ? 1 : 0), 0.5), ROW - 1);
        context.globalAlpha = 1;
        if (box.node === this.chosen || box.node === this.hovered) {
          context.strokeStyle = ink;
          context.lineWidth = box.node === this.chosen ? 1.5 : 1;
          context.strokeRect(box.x + 0.5, y + 0.5, Math.max(box.width - 2, 1), ROW - 2);
        }
        if (box.width > 26) this.#label(context, box, y, matched ? page : ink);
      }
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box @param {number} y @param {string} ink */
  #label(context, box, y, ink) {
    const x = Math.max(box.x, 0), room = box.width - 8;
    let text = this.name(box.node);
    // Six pixels a letter are near enough to leave out most of the measuring.
    if (text.length * 6 > room) {
      while (text.length > 1 && context.measureText(`${text}…`).width > room)
        text = text.slice(0, Math.min(text.length - 1, Math.ceil(room / 5)));
      if (text.length < 2) return;
      if (text !== this.name(box.node)) text += "…";
    }
    context.fillStyle = ink;
    context.fillText(text, x + 4, y + ROW / 2);
  }

  /** @param {number} node @param {boolean} dark */
  fill(node, dark) {
    const tree = /** @type {Graph} */ (this.tree);
    if (!node) return dark ? "#3a414a" : "#d5d9de";
    if (tree.before) return difference(tree, node, dark);
    const func = tree.func[node], file = DATA.functions.file[func];
    const kind = DATA.functions.kind[func];
    const light = (dark ? 34 : 76) + (func * 7) % 5 * 1.6;
    if (file < 0 || kind & NATIVE) return `hsl(215 6% ${light}%)`;
    const rank = DATA.files.rank[file];
    if (DATA.files.library[file]) return `hsl(${(200 + rank * 37) % 360} 20% ${light}%)`;
    return `hsl(${(22 + rank * 67) % 360} ${dark ? 48 : 68}% ${light}%)`;
  }

  /** @param {number} node */
  name(node) {
    const tree = /** @type {Graph} */ (this.tree);
    if (!node) return `all, ${amount(tree.total[0], this.unit)}`;
    const func = tree.func[node];
    const name = DATA.functions.name[func];
    return name === "<module>" && DATA.functions.file[func] >= 0 ? DATA.files.short[DATA.functions.file[func]] : name;
  }

  /** @param {number} node @returns {string[]} */
  lines(node) {
    const tree = /** @type {Graph} */ (this.tree), func = tree.func[node];
    const found = [];
    if (node && place(func)) found.push(place(func));
    const share = percent(tree.total[node], tree.total[0]);
    const own = tree instanceof CallTree ? `; ${amount(tree.own[node], this.unit)} of its own` : "";
    found.push(`${amount(tree.total[node], this.unit)} in all, ${share}${own}`);
    if (tree.before) {
      const change = tree.total[node] - tree.before[node];
      found.push(`before: ${amount(tree.before[node], this.unit)}; ${change < 0 ? "less" : "more"} by ${amount(Math.abs(change), this.unit)}`);
    }
    if (node && DATA.functions.kind[func] & COMPILED) found.push(`compiled: ${DATA.functions.tier[func] || "yes"}`);
    return found;
  }

  describe() {
    const tree = this.tree;
    if (!tree) return;
    const node = this.chosen, func = tree.func[node];
    const parts = /** @type {(Node | string)[]} */ ([make("strong", {}, this.name(node)), " ", this.lines(node).join(" · ")]);
    if (node && DATA.sources[String(DATA.functions.file[func])] !== undefined) {
      const link = make("button", { class: "link" }, "source");
      link.onclick = () => this.onSource(func);
      parts.push(" · ", link);
    }
    element("chosen").replaceChildren(...parts);
  }

  /** @param {MouseEvent} event */
  #at(event) {
    const rectangle = this.canvas.getBoundingClientRect();
    const x = event.clientX - rectangle.left;
    const row = this.rows[Math.floor((event.clientY - rectangle.top + this.box.scrollTop) / ROW)];
    return row?.find((box) => x >= box.x && x < box.x + box.width) ?? null;
  }

  #listen() {
    this.box.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.layout()).observe(this.box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.canvas.addEventListener("mousemove", (event) => {
      const box = this.#at(event);
      if ((box?.node ?? -1) !== this.hovered) {
        this.hovered = box?.node ?? -1;
        this.draw();
      }
      if (box) tip.show(event, this.name(box.node), this.lines(box.node));
      else tip.hide();
    });
    this.canvas.addEventListener("mouseleave", () => {
      this.hovered = -1;
      tip.hide();
      this.draw();
    });
    this.canvas.addEventListener("click", (event) => {
      const box = this.#at(event);
      if (box) this.zoomTo(box.node);
    });
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    element("reset").onclick = () => this.zoomTo(0);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const tree = this.tree;
    if (!tree) return;
    const beside = tree.parent[this.chosen] < 0 ? [0] : [...tree.children(tree.parent[this.chosen])];
    const at = beside.indexOf(this.chosen);
    /** @type {Record<string, () => number>} */
    const moves = {
      ArrowDown: () => tree.children(this.chosen)[0] ?? this.chosen,
      ArrowUp: () => Math.max(0, tree.parent[this.chosen]),
      ArrowRight: () => beside[at + 1] ?? this.chosen,
      ArrowLeft: () => beside[at - 1] ?? this.chosen,
    };
    if (event.key in moves) {
      this.chosen = moves[event.key]();
      this.#reveal();
      this.describe();
      this.draw();
    } else if (event.key === "Enter") this.zoomTo(this.chosen);
    else if (event.key === "Escape") this.zoomTo(Math.max(0, tree.parent[this.zoom]));
    else return;
    event.preventDefault();
  }

  #reveal() {
    const row = this.rows.findIndex((boxes) => boxes.some((box) => box.node === this.chosen));
    if (row < 0) return;
    const top = row * ROW;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + ROW > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + ROW - this.box.clientHeight;
  }
}

/** Red for what takes more than before, blue for less; the stronger, the larger a share of the whole.
 *  @param {Graph} tree @param {number} node @param {boolean} dark */
function difference(tree, node, dark) {
  const before = /** @type {ArrayLike<number>} */ (tree.before);
  const whole = Math.max(tree.total[0], before[0]) || 1;
  const change = (tree.total[node] - before[node]) / whole;
  const strength = Math.min(1, Math.sqrt(Math.abs(change) / 0.25));
  if (strength < 0.06) return dark ? "#454c55" : "#dfe3e7";
  const light = dark ? 26 + 20 * strength : 90 - 28 * strength;
  return `hsl(${change > 0 ? 8 : 214} ${35 + 45 * strength}% ${light}%)`;
}
