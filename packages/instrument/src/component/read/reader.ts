/**
 * Job: read what components have and modules have not: bounded vectors, their names, and refusals that quote.
 * Never: know what a section is.
 */
import { Reader } from "../../binary/reader.ts";
import { InstrumentError } from "../../errors.ts";
import { longestName, mostItems } from "../limits.ts";
import { isExternName, isInterfaceName, isLabel } from "../names.ts";

/** Text of the input for a message: one line, ASCII, short. */
export function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short).replace(
    /[^ -~…]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export const hex = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`;

export class ComponentReader extends Reader {
  /** Shared by all readers of one binary. */
  readonly #items: { count: number };

  constructor(bytes: Uint8Array, position: number, end: number, items: { count: number } = { count: 0 }) {
    super(bytes, position, end);
    this.#items = items;
  }

  /** A reader of a part of the same binary. */
  part(start: number, end: number): ComponentReader {
    return new ComponentReader(this.bytes, start, end, this.#items);
  }

  invalid(message: string, at: number): never {
    throw new InstrumentError("invalid", message, at);
  }

  unsupported(message: string, at: number): never {
    throw new InstrumentError("unsupported", message, at);
  }

  limit(message: string, at: number): never {
    throw new InstrumentError("limit", message, at);
  }

  /** Where the integer at the position ends. */
  get integerEnd(): number {
    let end = this.position;
    while ((this.bytes[end] ?? 0) >= 0x80) end++;
    return end + 1;
  }

  vector<Item>(what: string, size: number, read: (index: number) => Item): Item[] {
    const at = this.position;
    const count = this.count(what, size);
    this.#items.count += count;
    if (this.#items.count > mostItems)
      this.limit(`the component declares more than ${mostItems} things: at most that many are read`, at);
    const items: Item[] = [];
    for (let i = 0; i < count; i++) items.push(read(i));
    return items;
  }

  /** Any UTF-8: the names of core modules. */
  coreName(): string {
    const at = this.position;
    const length = this.u32();
    if (length > longestName) this.limit(`a name has ${length} bytes, at most ${longestName} are read`, at);
    this.position = at;
    return this.name();
  }

  label(): string {
    const at = this.position;
    const name = this.coreName();
    if (!isLabel(name)) this.invalid(`${quoted(name)} is no label: use kebab-case, such as "get-JSON"`, at);
    return name;
  }

  externName(): string {
    const at = this.position;
    const name = this.coreName();
    if (/^(unlocked-dep|locked-dep|url|integrity|relative-url)=/.test(name) || name.startsWith("[async"))
      this.unsupported(`names such as ${quoted(name)} are not supported`, at);
    if (!isExternName(name))
      this.invalid(
        `${quoted(name)} is no name of an import or export: use "kebab-case", "[method]resource.name" or "namespace:package/interface@1.0.0"`,
        at,
      );
    return name;
  }

  /** The name of an import or export, with attributes that say more about it and identify nothing. */
  attributedName(): string {
    const at = this.position;
    const form = this.byte();
    if (form > 2) this.fail(`${hex(form)} is no form of a name`, at);
    const name = this.externName();
    if (form === 2) this.#attributes();
    return name;
  }

  #attributes(): void {
    const seen = new Set<number>();
    this.vector("attributes", 2, () => {
      const at = this.position;
      const kind = this.byte();
      if (seen.has(kind)) this.invalid(`attribute ${hex(kind)} is there twice`, at);
      seen.add(kind);
      const text = this.coreName();
      if (kind === 0 && !isInterfaceName(text)) this.invalid(`${quoted(text)} is no name of an interface`, at);
      if (kind === 1 && !/^[0-9A-Za-z.+-]*$/.test(text)) this.invalid(`${quoted(text)} is no version suffix`, at);
      if (kind > 2) this.unsupported(`attribute ${hex(kind)} is not known to this version`, at);
    });
  }
}
