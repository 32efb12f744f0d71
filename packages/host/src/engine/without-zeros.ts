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
