/** Job: the part of Node's `crypto` that programs ask for: hashes, HMAC, key derivation, randomness, comparison. Never: ciphers or keys of Node's kind (`subtle` has those). */
import { blake2b, blake2s } from "@noble/hashes/blake2.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { md5, ripemd160, sha1 } from "@noble/hashes/legacy.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import { sha224, sha256, sha384, sha512, sha512_256 } from "@noble/hashes/sha2.js";
import { sha3_224, sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import { Buffer } from "./buffer.ts";

const algorithms: Readonly<Record<string, typeof sha256>> = {
  md5,
  ripemd160,
  rmd160: ripemd160,
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
  "sha512-256": sha512_256,
  "sha3-224": sha3_224,
  "sha3-256": sha3_256,
  "sha3-384": sha3_384,
  "sha3-512": sha3_512,
  blake2b512: blake2b,
  blake2s256: blake2s,
} as unknown as Readonly<Record<string, typeof sha256>>;

type Data = string | ArrayBufferView | ArrayBuffer;
const bytesOf = (data: Data, encoding?: string): Uint8Array =>
  typeof data === "string"
    ? Buffer.from(data, (encoding ?? "utf8") as "utf8")
    : ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);

function algorithm(name: string): typeof sha256 {
  const found = algorithms[`${name}`.toLowerCase().replace(/^rsa-/, "").replace(/^sha-/, "sha")];
  if (found === undefined)
    throw Object.assign(new Error("Digest method not supported"), { code: "ERR_CRYPTO_INVALID_DIGEST" });
  return found;
}

interface State {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
  clone(): State;
}

class Digest {
  #state: State | null;
  constructor(state: State) {
    this.#state = state;
  }
  #open(): State {
    if (this.#state === null)
      throw Object.assign(new Error("Digest already called"), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    return this.#state;
  }
  update(data: Data, encoding?: string): this {
    this.#open().update(bytesOf(data, encoding));
    return this;
  }
  digest(encoding?: string): unknown {
    const bytes = Buffer.from(this.#open().digest());
    this.#state = null;
    return encoding === undefined || encoding === "buffer" ? bytes : bytes.toString(encoding as "hex");
  }
  copy(): Digest {
    return new Digest(this.#open().clone());
  }
}

function randomBytes(size: number, done?: (error: null, bytes: Uint8Array) => void): unknown {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  if (done === undefined) return bytes;
  queueMicrotask(() => done(null, bytes));
}

function randomInt(low: number, high?: number): number {
  const [from, to] = high === undefined ? [0, low] : [low, high];
  const range = to - from;
  if (!(range > 0) || range > 2 ** 48)
    throw new RangeError(
      `The value of "max" is out of range. It must be greater than the value of "min" (${from}). Received ${to}`,
    );
  // Whole multiples of the range only, so that no value is likelier than another.
  const limit = 2 ** 48 - (2 ** 48 % range);
  for (;;) {
    const value = (randomBytes(6) as { readUIntBE(at: number, size: number): number }).readUIntBE(0, 6);
    if (value < limit) return from + (value % range);
  }
}

export const nodeCrypto = {
  createHash: (name: string) => new Digest(algorithm(name).create() as unknown as State),
  createHmac: (name: string, key: Data) => new Digest(hmac.create(algorithm(name), bytesOf(key)) as unknown as State),
  hash: (name: string, data: Data, encoding = "hex") =>
    new Digest(algorithm(name).create() as unknown as State).update(data).digest(encoding),
  getHashes: () => Object.keys(algorithms),
  randomBytes,
  pseudoRandomBytes: randomBytes,
  randomFillSync: <T extends ArrayBufferView>(array: T): T => crypto.getRandomValues(array),
  randomInt,
  randomUUID: () => crypto.randomUUID(),
  getRandomValues: <T extends ArrayBufferView>(array: T): T => crypto.getRandomValues(array),
  timingSafeEqual: (a: ArrayBufferView, b: ArrayBufferView): boolean => {
    const [one, other] = [bytesOf(a), bytesOf(b)];
    if (one.length !== other.length)
      throw Object.assign(new RangeError("Input buffers must have the same byte length"), {
        code: "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
      });
    let difference = 0;
    one.forEach((byte, index) => {
      difference |= byte ^ other[index]!;
    });
    return difference === 0;
  },
  pbkdf2Sync: (password: Data, salt: Data, c: number, dkLen: number, digest: string) =>
    Buffer.from(pbkdf2(algorithm(digest), bytesOf(password), bytesOf(salt), { c, dkLen })),
  scryptSync: (password: Data, salt: Data, dkLen: number, { N = 16_384, r = 8, p = 1 } = {}) =>
    Buffer.from(scrypt(bytesOf(password), bytesOf(salt), { N, r, p, dkLen })),
  hkdfSync: (digest: string, key: Data, salt: Data, info: Data, length: number) =>
    hkdf(algorithm(digest), bytesOf(key), bytesOf(salt), bytesOf(info), length).slice().buffer,
  webcrypto: crypto,
  subtle: crypto.subtle,
  constants: {},
};
