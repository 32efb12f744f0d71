/** Job: loaded into a worker thread before its entry: every memory that a run starts in is compared with the image, byte for byte. Never: change it. */
import { appendFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { ImageShelf } from "../../../packages/host/src/worker/inside/image-shelf.ts";

const log = process.env["CHECKED_SHELF_LOG"];
if (!isMainThread && log !== undefined) {
  const expected = new Map<string, Buffer>();
  const { take } = ImageShelf.prototype;
  ImageShelf.prototype.take = function (this: ImageShelf, message, link) {
    const standby = take.call(this, message, link);
    const { input } = message;
    if (standby === null || input.engine !== "python" || input.start.kind !== "image") return standby;
    const { image } = input.start;
    let whole = expected.get(image.key);
    if (whole === undefined) {
      whole = Buffer.alloc(message.memories[0]!.minimumPages * 65_536);
      let read = 0;
      for (let run = 0; run < image.runs.length; run += 2) {
        const length = image.runs[run + 1]!;
        whole.set(new Uint8Array(image.memory, image.at + read, length), image.runs[run]!);
        read += length;
      }
      expected.set(image.key, whole);
    }
    const is = Buffer.from(standby.memory.buffer);
    const same = is.equals(whole);
    appendFileSync(log, same ? "same\n" : `differs from byte ${is.findIndex((byte, at) => byte !== whole[at])} on\n`);
    return standby;
  };
}
