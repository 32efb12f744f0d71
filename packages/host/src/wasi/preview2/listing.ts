/** Job: the resource directory-entry-stream: a listing as it was when it began. Never: read directories. */
import { Fault } from "../fault.ts";
import type { DirectoryEntry } from "../node.ts";
import type { Held } from "./held.ts";

/** Two characters each of a name, and the entry around it. */
const bytesOf = (entries: readonly DirectoryEntry[]) =>
  entries.reduce((sum, { name }) => sum + 2 * name.length + 64, 0);

export class Listing {
  readonly #held: Held;
  readonly #bytes: number;
  #entries: readonly DirectoryEntry[];
  #at = 0;

  constructor(entries: readonly DirectoryEntry[], held: Held) {
    this.#bytes = bytesOf(entries);
    if (!held.fits(this.#bytes)) throw new Fault("ENOMEM");
    held.take(this.#bytes);
    this.#held = held;
    this.#entries = entries;
  }

  next(): DirectoryEntry | null {
    const entry = this.#entries[this.#at];
    this.#at += 1;
    return entry ?? null;
  }

  drop(): void {
    this.#held.give(this.#bytes);
    this.#entries = [];
  }
}
