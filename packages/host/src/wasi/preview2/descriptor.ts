/** Job: the resource descriptor: an open file or directory of the kernel's with as many users as handles and streams. Never: its WIT (see filesystem.ts). */
import { Fault } from "../fault.ts";
import type { OpenDirectory, OpenFile } from "../open.ts";

/** Closes what is open when its last user has left. */
export class Shared<Open extends OpenFile | OpenDirectory> {
  readonly open: Open;
  #users = 1;

  constructor(open: Open) {
    this.open = open;
  }
  share(): this {
    this.#users += 1;
    return this;
  }
  release(): void {
    this.#users -= 1;
    if (this.#users === 0) this.open.close();
  }
}

export const isFile = (shared: Shared<OpenFile | OpenDirectory>): shared is Shared<OpenFile> =>
  shared.open.kind === "file";
export const isDirectory = (shared: Shared<OpenFile | OpenDirectory>): shared is Shared<OpenDirectory> =>
  shared.open.kind === "directory";

export class Descriptor {
  readonly shared: Shared<OpenFile | OpenDirectory>;
  /**
   * Asked for and granted: what `get-flags` says of a directory. What may be changed below it is the mount's to say, as in
   * Wasmtime: programs that were built for preview1 never ask for `mutate-directory`.
   */
  readonly mutable: boolean;

  constructor(shared: Shared<OpenFile | OpenDirectory>, mutable: boolean) {
    this.shared = shared;
    this.mutable = mutable;
  }

  get open(): OpenFile | OpenDirectory {
    return this.shared.open;
  }

  get file(): Shared<OpenFile> {
    if (!isFile(this.shared)) throw new Fault("EISDIR");
    return this.shared;
  }

  get directory(): OpenDirectory {
    if (!isDirectory(this.shared)) throw new Fault("ENOTDIR");
    return this.shared.open;
  }

  drop(): void {
    this.shared.release();
  }
}
