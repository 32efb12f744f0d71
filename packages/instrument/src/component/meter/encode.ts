/** Job: write sections, and parts of an output that is copied once at its end. Never: know what is in them. */
import { Writer } from "../../binary/writer.ts";

export function section(id: number, write: (out: Writer) => void): Uint8Array {
  const content = new Writer(256);
  write(content);
  const out = new Writer(content.length + 6);
  out.byte(id);
  out.unsigned(content.length);
  out.bytes(content.written);
  return out.take();
}

/** A section with one definition. */
export const single = (id: number, write: (out: Writer) => void): Uint8Array =>
  section(id, (out) => {
    out.byte(1);
    write(out);
  });

/** Parts of the output in order: a nested component's bytes are not copied once for each component around it. */
export class Parts {
  readonly all: Uint8Array[] = [];
  length = 0;

  add(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.all.push(part);
      this.length += part.length;
    }
  }

  section(id: number, content: Parts): void {
    const header = new Writer(8);
    header.byte(id);
    header.unsigned(content.length);
    this.add(header.take());
    for (const part of content.all) this.add(part);
  }

  joined(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.all) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}
