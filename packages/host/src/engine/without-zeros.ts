/** Job: an image of a memory without what is zero in it. Never: know whose memory it is. */

const machinePage = 4_096;

/** What of a memory is not zero, in whole pages of the machine: half of it is room, and costs nothing to leave out. */
export function withoutZeros(memory: Uint8Array): { readonly runs: number[]; readonly bytes: Uint8Array } {
  const words = new BigUint64Array(memory.buffer, memory.byteOffset, memory.byteLength / 8);
  const runs: number[] = [];
  const parts: Uint8Array[] = [];
  const isZero = (page: number) => {
    for (let word = (page * machinePage) / 8, end = word + machinePage / 8; word < end; word++)
      if (words[word] !== 0n) return false;
    return true;
  };
  const pages = memory.byteLength / machinePage;
  for (let page = 0; page < pages; page++) {
    if (isZero(page)) continue;
    const start = page;
    while (page < pages && !isZero(page)) page += 1;
    runs.push(start * machinePage, (page - start) * machinePage);
    parts.push(memory.subarray(start * machinePage, page * machinePage));
  }
  return { runs, bytes: Buffer.concat(parts) };
}

/** V8 copies out of shared memory by words of this size, and byte by byte where they do not begin at a multiple: four times as long. */
const word = 8;

/** `head` as one line of an entry of the cache, so long that what comes `following` bytes behind it can be copied by words. */
export function headLine(head: object, following = 0): Buffer {
  const text = JSON.stringify(head);
  const end = Buffer.byteLength(text) + 1 + following;
  return Buffer.from(`${text}${" ".repeat(-end & (word - 1))}\n`);
}

/** What of an entry of the cache lies behind `start`, as threads share it: in its place where they can, or a copy. */
export function sharedFrom(
  { buffer, byteOffset, byteLength }: Uint8Array,
  start: number,
): { readonly memory: SharedArrayBuffer; readonly at: number } {
  const at = byteOffset + start;
  if (buffer instanceof SharedArrayBuffer && at % word === 0) return { memory: buffer, at };
  const memory = new SharedArrayBuffer(byteLength - start);
  new Uint8Array(memory).set(new Uint8Array(buffer, at, byteLength - start));
  return { memory, at: 0 };
}
