/** Job: a wheel that holds a name and a version and nothing else, for what an engine has compiled in. Never: hold code. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** Writes `<folder>/<name>-<version>-py3-none-any.whl`. */
export function writeEmptyWheel(folder: string, name: string, version: string): void {
  const info = `${name}-${version}.dist-info`;
  const texts = new Map([
    [
      `${info}/METADATA`,
      `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\nSummary: compiled into the engine\n`,
    ],
    [`${info}/WHEEL`, "Wheel-Version: 1.0\nGenerator: capsule\nRoot-Is-Purelib: true\nTag: py3-none-any\n"],
  ]);
  const record = [...texts].map(([path, text]) => {
    const hash = createHash("sha256").update(text).digest("base64url");
    return `${path},sha256=${hash},${Buffer.byteLength(text)}\n`;
  });
  texts.set(`${info}/RECORD`, `${record.join("")}${info}/RECORD,,\n`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}-${version}-py3-none-any.whl`), zipOf(texts));
}

/** A zip archive of stored files (APPNOTE.TXT 4.3). */
export function zipOf(files: ReadonlyMap<string, string>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [path, text] of files) {
    const name = Buffer.from(path);
    const content = Buffer.from(text);
    /** What both headers say: version 2.0, no flags, stored, 1 January 1980, check and sizes. */
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), common, name, content]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002"), Buffer.from([20, 0]), common, place, name]));
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.size, 4);
  end.writeUInt16LE(files.size, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, central, Buffer.from("PK\u0005\u0006"), end]);
}
