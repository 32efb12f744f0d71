/** Job: what a side module asks for, from its `dylink.0` section (WebAssembly tool conventions, DynamicLinking). Never: link it. */

const memoryInfo = 1;

export function sideModuleNeeds(module: WebAssembly.Module): {
  readonly memoryBytes: number;
  readonly tableSize: number;
} {
  const section = WebAssembly.Module.customSections(module, "dylink.0")[0];
  if (section === undefined) throw new TypeError("not a side module: it has no dylink.0 section");
  const bytes = new Uint8Array(section);
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const kind = number();
    const end = number() + at;
    if (kind === memoryInfo) {
      const memoryBytes = number();
      number();
      return { memoryBytes, tableSize: number() };
    }
    at = end;
  }
  return { memoryBytes: 0, tableSize: 0 };
}
