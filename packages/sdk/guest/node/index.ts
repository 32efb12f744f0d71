/** Job: the table of Node's modules and of the sdk, by the names that programs import. Never: their code. */
import EventEmitter from "events";
import * as readable from "readable-stream";
import { StringDecoder } from "string_decoder";
import { task } from "../core/task.ts";
import { Console, console } from "../web/console.ts";
import { streams } from "../web/streams.ts";
import * as timers from "../web/timers.ts";
import { assert } from "./assert.ts";
import { bufferModule } from "./buffer.ts";
import { nodeCrypto } from "./crypto.ts";
import { fs, promises } from "./fs.ts";
import { os } from "./os.ts";
import { path } from "./path.ts";
import { process } from "./process.ts";
import { querystring } from "./querystring.ts";
import { timersPromises } from "./timers-promises.ts";
import { url } from "./url.ts";
import { types, util } from "./util.ts";

const stream = (readable as unknown as { default?: object }).default ?? readable;

export const modules: Record<string, unknown> = {
  "@capsule-run/sdk": { task },
  assert,
  "assert/strict": assert.strict,
  buffer: bufferModule,
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
