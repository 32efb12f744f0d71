/**
 * Job: a union-find forest that remembers differences: which nodes are tied together, and how much more one owes than
 * another.
 * Never: know what the nodes are.
 *
 * Tarjan's disjoint sets with path compression and union by rank; each node keeps its difference from its parent.
 */
export class DebtForest {
  readonly #parent: Int32Array;
  /** Debt of a node less that of its parent. */
  readonly #difference: Float64Array;
  readonly #rank: Uint8Array;

  constructor(nodes: number) {
    this.#parent = new Int32Array(nodes);
    for (let i = 0; i < nodes; i++) this.#parent[i] = i;
    this.#difference = new Float64Array(nodes);
    this.#rank = new Uint8Array(nodes);
  }

  /** The root of a node's tree; afterwards the node is the root or its child. */
  #find(node: number): number {
    const parent = this.#parent;
    const difference = this.#difference;
    let root = node;
    let sum = 0;
    while (parent[root] !== root) {
      sum += difference[root]!;
      root = parent[root]!;
    }
    for (let at = node; at !== root && parent[at] !== root; ) {
      const next = parent[at]!;
      const rest = sum - difference[at]!;
      parent[at] = root;
      difference[at] = sum;
      sum = rest;
      at = next;
    }
    return root;
  }

  /** What a node owes more than the root of its tree. */
  debt(node: number): number {
    return this.#find(node) === node ? 0 : this.#difference[node]!;
  }

  /** Makes `to` owe `price` more than `from`; false where the two are tied already. */
  tie(from: number, to: number, price: number): boolean {
    const a = this.#find(from);
    const b = this.#find(to);
    if (a === b) return false;
    const gap = this.debt(from) + price - this.debt(to);
    const rank = this.#rank;
    if (rank[a]! < rank[b]!) {
      this.#parent[a] = b;
      this.#difference[a] = -gap;
    } else {
      this.#parent[b] = a;
      this.#difference[b] = gap;
      if (rank[a] === rank[b]) rank[a]!++;
    }
    return true;
  }
}
