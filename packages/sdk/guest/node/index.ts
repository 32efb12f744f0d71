/** Job: the table of Node's modules and of the sdk, by the names that programs import. Never: their code. */
import assert from "assert";
import * as bufferModule from "buffer";
import EventEmitter from "events";
import * as readable from "readable-stream";
import { StringDecoder } from "string_decoder";
import * as legacyUrl from "url";
import { task } from "../core/task.ts";
import { Blob, File } from "../web/blob.ts";
import { Console, console } from "../web/console.ts";
import { define } from "../web/define.ts";
import { streams } from "../web/streams.ts";
import * as timers from "../web/timers.ts";
import { nodeCrypto } from "./crypto.ts";
import { fs, promises } from "./fs.ts";
import { os } from "./os.ts";
import { path } from "./path.ts";
import { process } from "./process.ts";
import { querystring } from "./querystring.ts";
import { types, util } from "./util.ts";

const { Buffer } = bufferModule;
define(globalThis, { Buffer });

const timersPromises = {
  setTimeout: (delay?: number, value?: unknown) =>
    new Promise((resolve) => timers.setTimeout(() => resolve(value), delay)),
  setImmediate: (value?: unknown) => new Promise((resolve) => timers.setImmediate(() => resolve(value))),
  setInterval: async function* (delay?: number, value?: unknown) {
    for (;;) {
      await timersPromises.setTimeout(delay);
      yield value;
    }
  },
  scheduler: { wait: (delay: number) => timersPromises.setTimeout(delay) },
};

const url = {
  ...legacyUrl,
  URL,
  URLSearchParams,
  fileURLToPath: (given: string | URL) => decodeURIComponent(new URL(`${given as string}`).pathname),
  pathToFileURL: (file: string) =>
    new URL(`file://${path.resolve(process.cwd(), file).split("/").map(encodeURIComponent).join("/")}`),
};

const stream = (readable as unknown as { default?: object }).default ?? readable;

export const modules: Record<string, unknown> = {
  "@capsule-run/sdk": { task },
  assert,
  "assert/strict": assert.strict,
  buffer: { ...bufferModule, Blob, File, atob, btoa },
  console: Object.assign(console, { Console }),
  constants: fs.constants,
  crypto: nodeCrypto,
  events: EventEmitter,
  fs,
  "fs/promises": promises,
  os,
  path: Object.assign(path, { posix: path }),
  "path/posix": path,
  perf_hooks: { performance },
  process,
  punycode: { toASCII: (text: string) => new URL(`http://${text}`).hostname },
  querystring,
  stream,
  "stream/promises": (stream as { promises?: unknown }).promises,
  "stream/web": streams,
  string_decoder: { StringDecoder },
  timers,
  "timers/promises": timersPromises,
  url,
  util,
  "util/types": types,
};
