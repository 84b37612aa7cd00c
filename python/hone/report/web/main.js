// The views put together: tabs, what is shown of which thread, the search.

const METRIC_NAMES = /** @type {Record<string, string>} */ ({
  time: "time", cpu: "time on a CPU", gil: "time with the GIL", bytes: "memory asked for", number: "allocations", peak: "memory at the peak",
  live: "memory at the end", temporary: "short-lived memory", copied: "copied memory",
});

class Page {
  constructor() {
    this.flame = new Flame((func) => this.#source(func));
    this.table = new FunctionTable((func) => this.#source(func));
    this.sources = new Sources();
    this.timeline = new Timeline();
    this.metric = select("metric");
    this.thread = select("thread");
    this.up = false;
    /** @type {CallTree | null} */ this.whole = null;
    element("facts").textContent = DATA.facts;
    element("notes").replaceChildren(...DATA.notes.map((note) => make("li", {}, note)));
    this.#choices();
    this.#listen();
    this.refresh();
    this.#tabs();
  }

  get tree() { return DATA.trees[this.metric.value]; }

  #choices() {
    const metrics = Object.keys(DATA.sums);
    this.metric.replaceChildren(...metrics.map((name) => make("option", { value: name }, METRIC_NAMES[name] ?? name)));
    element("metric-label").hidden = metrics.length < 2;
  }

  /** Those of the tree that is shown. */
  #threads() {
    const threads = this.tree?.threads ?? [];
    const chosen = this.thread.selectedOptions[0]?.textContent;
    this.thread.replaceChildren(make("option", { value: "-1" }, `all ${threads.length}`),
      ...threads.map((thread, at) => make("option", { value: String(at) }, thread.name)));
    const same = threads.findIndex((thread) => thread.name === chosen);
    this.thread.value = String(same);
    element("thread-label").hidden = threads.length < 2 || element("flame").hidden;
  }

  #tabs() {
    const shown = /** @type {Record<string, boolean>} */ ({
      flame: Object.values(DATA.trees).some((tree) => tree.parent.length),
      functions: Object.values(DATA.sums).some((sums) => sums.rows.length),
      sources: Object.keys(DATA.sources).length > 0,
      timeline: !this.timeline.empty,
    });
    for (const name of Object.keys(shown)) {
      element(`tab-${name}`).hidden = !shown[name];
      element(`tab-${name}`).onclick = () => this.open(name);
    }
    const tabs = Object.keys(shown).filter((name) => shown[name]);
    element("tab-flame").parentElement?.addEventListener("keydown", (event) => {
      const at = tabs.findIndex((name) => document.activeElement === element(`tab-${name}`));
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (at < 0 || !step) return;
      const next = tabs[(at + step + tabs.length) % tabs.length];
      this.open(next);
      element(`tab-${next}`).focus();
    });
    this.open(tabs[0] ?? "functions");
  }

  /** @param {string} name */
  open(name) {
    for (const panel of document.querySelectorAll("[role=tabpanel]")) {
      const on = panel.id === name;
      /** @type {HTMLElement} */ (panel).hidden = !on;
      element(`tab-${panel.id}`).setAttribute("aria-selected", String(on));
      element(`tab-${panel.id}`).tabIndex = on ? 0 : -1;
    }
    element("thread-label").hidden = name !== "flame" || (this.tree?.threads.length ?? 0) < 2;
    if (name === "flame") this.flame.layout();
    if (name === "timeline") this.timeline.draw();
  }

  /** @param {number} func */
  #source(func) {
    this.open("sources");
    this.sources.go(func);
  }

  refresh() {
    this.#threads();
    this.#redraw();
    const sums = DATA.sums[this.metric.value];
    if (sums) this.table.show(sums);
    this.sources.show(this.metric.value, sums?.unit ?? "seconds");
    this.#search();
  }

  #redraw() {
    const data = this.tree;
    if (!data) return;
    const tree = CallTree.of(data, Number(this.thread.value));
    this.whole = tree;
    this.flame.show(this.up ? new InvertedTree(tree) : tree, data.unit);
    element("legend").replaceChildren(...this.#legend(data));
  }

  /** @param {TreeData} data */
  #legend(data) {
    if (data.before)
      return [make("span", { class: "key", style: "--c: hsl(8 80% 60%)" }, "more than before"), make("span", { class: "key", style: "--c: hsl(214 80% 60%)" }, "less")];
    return data.estimated ? ["estimated: callers and callees were recorded, no stacks"] : ["Colours are files, pale ones of libraries; grey is native code."];
  }

  #search() {
    const wanted = /** @type {HTMLInputElement} */ (element("search")).value;
    const found = search(wanted);
    this.flame.mark(found);
    this.table.mark(found);
    const tree = this.whole;
    element("matched").textContent = found && tree ? percent(tree.weightOf(found), tree.total[0]) : "";
  }

  #listen() {
    this.metric.onchange = () => this.refresh();
    this.thread.onchange = () => { this.#redraw(); this.#search(); };
    element("search").oninput = () => this.#search();
    for (const [id, up] of /** @type {[string, boolean][]} */ ([["down", false], ["up", true]]))
      element(id).onclick = () => {
        this.up = up;
        element("down").setAttribute("aria-pressed", String(!up));
        element("up").setAttribute("aria-pressed", String(up));
        this.#redraw();
        this.#search();
      };
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      element("search").focus();
      event.preventDefault();
    });
    const nav = /** @type {HTMLElement} */ (document.querySelector("nav"));
    new ResizeObserver(() => document.documentElement.style.setProperty("--nav", `${nav.offsetHeight}px`)).observe(nav);
  }
}

const page = new Page();
