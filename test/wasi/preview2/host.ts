/** Job: a component without a program: preview2's functions called directly, with short names. Never: expectations. */
import type { ComponentValue } from "../../../packages/host/src/component/value.ts";
import { type Preview2, type Preview2Services, preview2 } from "../../../packages/host/src/wasi/preview2.ts";
import { Guest, type GuestOptions } from "../guest.ts";
import { noServices } from "./services.ts";

export interface Answer {
  readonly tag: "ok" | "err";
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects is what it names
  readonly val?: any;
}

export class Host {
  readonly guest: Guest;
  readonly all: Preview2;

  constructor(options: GuestOptions = {}, services: Preview2Services = noServices) {
    this.guest = new Guest({ preopens: options.mounts === undefined ? [] : ["/"], ...options });
    this.all = preview2(this.guest.kernel, services);
  }

  /** `name`: "wasi:io/streams#[method]input-stream.read", or "streams input-stream.read" where that is clear. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  call(name: string, ...args: readonly ComponentValue[]): any {
    const [interfaceName, functionName] = name.includes("#") ? name.split("#") : this.#long(name);
    const act = this.all.get(interfaceName!)?.functions.get(functionName!);
    if (act === undefined) throw new TypeError(`there is no ${interfaceName}#${functionName}`);
    return act(...args);
  }

  #long(name: string): [string, string] {
    const [interfacePart, functionName] = name.split(" ") as [string, string];
    const interfaceName = [...this.all.keys()].find(
      (key) => key.endsWith(`/${interfacePart}`) || key === interfacePart,
    );
    return [interfaceName!, functionName.includes(".") ? `[method]${functionName}` : functionName];
  }

  method(object: object, name: string, ...args: readonly ComponentValue[]): Answer {
    const interfaceName = name.startsWith("descriptor.") ? "wasi:filesystem/types" : "wasi:io/streams";
    return this.call(`${interfaceName}#[method]${name}`, object, ...args);
  }

  drop(interfaceName: string, resource: string, object: object): void {
    this.all.get(interfaceName)!.resources.get(resource)!.drop(object);
  }

  get root(): object {
    return this.call("preopens get-directories")[0][0];
  }

  open(path: string, how: { create?: boolean; write?: boolean; directory?: boolean } = {}, from = this.root): Answer {
    return this.method(
      from,
      "descriptor.open-at",
      follow,
      path,
      { create: how.create ?? false, directory: how.directory ?? false, exclusive: false, truncate: false },
      { ...noFlags, read: true, write: how.write ?? false },
    );
  }
}

export const follow = { "symlink-follow": true };
export const noFlags = {
  read: false,
  write: false,
  "file-integrity-sync": false,
  "data-integrity-sync": false,
  "requested-write-sync": false,
  "mutate-directory": false,
};
export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (value: Uint8Array) => new TextDecoder().decode(value);
