// The call tree: node 0 is the whole, parents come before their children.

class CallTree {
  /**
   * @param {number[]} parent @param {number[]} func  of node 1 and up
   * @param {Float64Array} own @param {Float64Array | null} before  with a 0 for node 0
   */
  constructor(parent, func, own, before) {
    const size = parent.length + 1;
    this.parent = new Int32Array(size);
    this.func = new Int32Array(size);
    this.parent[0] = this.func[0] = -1;
    for (let node = 1; node < size; node++) {
      this.parent[node] = parent[node - 1] + 1;
      this.func[node] = func[node - 1];
    }
    this.own = own;
    this.ownBefore = before;
    this.total = this.#summed(own);
    this.before = before && this.#summed(before);
    this.first = new Int32Array(size + 1);
    this.child = new Int32Array(size - 1);
    this.#order();
  }

  get size() { return this.parent.length; }

  /** @param {Float64Array} own */
  #summed(own) {
    const total = Float64Array.from(own);
    for (let node = this.size - 1; node > 0; node--) total[this.parent[node]] += total[node];
    return total;
  }

  /** What a node's width is: with a comparison, the wider of both, so that what vanished is seen. @param {number} node */
  weight(node) { return this.before ? Math.max(this.total[node], this.before[node]) : this.total[node]; }

  /** Children one after the other in `child`, from `first[node]` on, the heaviest first. */
  #order() {
    const size = this.size;
    for (let node = 1; node < size; node++) this.first[this.parent[node] + 1]++;
    for (let node = 0; node < size; node++) this.first[node + 1] += this.first[node];
    const next = this.first.slice();
    for (let node = 1; node < size; node++) this.child[next[this.parent[node]]++] = node;
    for (let node = 0; node < size; node++)
      if (this.first[node + 1] - this.first[node] > 1)
        this.child.subarray(this.first[node], this.first[node + 1])
          .sort((a, b) => this.weight(b) - this.weight(a) || a - b);
  }

  /** @param {number} node */
  children(node) { return this.child.subarray(this.first[node], this.first[node + 1]); }

  /** From the whole down to the node. @param {number} node */
  path(node) { return pathIn(this.parent, node); }

  /** The weight of all that is found, each part of it once. @param {Uint8Array} found  by function */
  weightOf(found) {
    let sum = 0;
    const inside = new Uint8Array(this.size);
    for (let node = 1; node < this.size; node++) {
      inside[node] = inside[this.parent[node]] || found[this.func[node]];
      if (inside[node] && !inside[this.parent[node]]) sum += this.total[node];
    }
    return sum;
  }

  /** @param {TreeData} data @param {number} thread  or −1 for all */
  static of(data, thread) {
    const size = data.parent.length + 1;
    /** @param {Weights[]} parts */
    const summed = (parts) => {
      const own = new Float64Array(size);
      for (const { nodes, own: values } of parts)
        for (let at = 0; at < nodes.length; at++) own[nodes[at] + 1] += values[at];
      return own;
    };
    const own = summed(thread < 0 ? data.threads : [data.threads[thread]]);
    return new CallTree(data.parent, data.func, own, data.before && summed([data.before]));
  }
}

/**
 * The same weights from the innermost functions up to their callers. Children are made when they are
 * asked for: all of them together may be as many as the stacks have frames, and most are too narrow to
 * be seen.
 */
class InvertedTree {
  /** @param {CallTree} tree */
  constructor(tree) {
    this.tree = tree;
    /** @type {number[]} */ this.parent = [-1];
    /** @type {number[]} */ this.func = [-1];
    /** @type {number[]} */ this.total = [tree.total[0]];
    /** @type {number[] | null} */ this.before = tree.before && [tree.before[0]];
    /** @type {(number[] | null)[]} */ this.known = [null];
    // By node its stacks: where each begins, and which of its frames the node stands for.
    const { own, ownBefore } = tree;
    /** @type {number[]} */ const leaves = [];
    for (let node = 1; node < tree.size; node++) if (own[node] || (ownBefore && ownBefore[node])) leaves.push(node);
    /** @type {number[][]} */ this.leaves = [leaves];
    /** @type {number[][]} */ this.frames = [leaves];
  }

  get size() { return this.parent.length; }

  /** @param {number} node */
  weight(node) { return this.before ? Math.max(this.total[node], this.before[node]) : this.total[node]; }

  /** @param {number} node @returns {number[]} */
  children(node) {
    const known = this.known[node];
    if (known) return known;
    const { tree } = this;
    /** @type {Map<number, number>} */ const by = new Map();
    const leaves = this.leaves[node], frames = this.frames[node];
    for (let at = 0; at < leaves.length; at++) {
      const frame = node ? tree.parent[frames[at]] : frames[at];
      if (frame <= 0) continue;
      let child = by.get(tree.func[frame]);
      if (child === undefined) by.set(tree.func[frame], child = this.#add(node, tree.func[frame]));
      this.leaves[child].push(leaves[at]);
      this.frames[child].push(frame);
      this.total[child] += tree.own[leaves[at]];
      if (this.before && tree.ownBefore) this.before[child] += tree.ownBefore[leaves[at]];
    }
    const found = [...by.values()].sort((a, b) => this.weight(b) - this.weight(a) || a - b);
    this.known[node] = found;
    return found;
  }

  /** @param {number} parent @param {number} func */
  #add(parent, func) {
    this.parent.push(parent);
    this.func.push(func);
    this.total.push(0);
    this.before?.push(0);
    this.known.push(null);
    this.leaves.push([]);
    return this.frames.push([]) - 1;
  }

  /** From the whole up to the node. @param {number} node */
  path(node) { return pathIn(this.parent, node); }
}

/** @param {ArrayLike<number>} parents @param {number} node */
function pathIn(parents, node) {
  const found = [];
  for (; node >= 0; node = parents[node]) found.push(node);
  return found.reverse();
}
