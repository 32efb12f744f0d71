/** Job: Node's `url`: the standard's classes, files, and the old `parse`, `format` and `resolve` on top of them. Never: a second parser. */
import { path } from "./path.ts";
import { process } from "./process.ts";
import { querystring } from "./querystring.ts";

const invalid = (text: string, code: string) => Object.assign(new TypeError(text), { code });

function fileURLToPath(given: string | URL): string {
  const url = given instanceof URL ? given : new URL(`${given as string}`);
  if (url.protocol !== "file:") throw invalid("The URL must be of scheme file", "ERR_INVALID_URL_SCHEME");
  if (/%2f/i.test(url.pathname))
    throw invalid("File URL path must not include encoded / characters", "ERR_INVALID_FILE_URL_PATH");
  return decodeURIComponent(url.pathname);
}

const pathToFileURL = (file: string): URL => {
  const whole = path.resolve(process.cwd(), file) as string;
  const kept = file.endsWith("/") && !whole.endsWith("/") ? `${whole}/` : whole;
  return new URL(
    `file://${kept
      .split("/")
      .map((part) => encodeURIComponent(part).replaceAll("%40", "@").replaceAll("%3A", ":"))
      .join("/")}`,
  );
};

/** The parts by the grammar of RFC 3986, appendix B, as the old API names them; nothing is checked. */
function parse(text: string, withQuery = false): Record<string, unknown> {
  const match = /^([a-z][a-z0-9+.-]*:)?(?:(\/\/)([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(`${text}`.trim())!;
  const [, protocol, slashes, authority, pathname = "", search, hash] = match;
  const at = authority?.lastIndexOf("@") ?? -1;
  const host = authority === undefined ? null : authority.slice(at + 1).toLowerCase();
  const port = host === null ? null : (/:(\d+)$/.exec(host)?.[1] ?? null);
  const name = pathname === "" && host !== null && /^https?:$/i.test(protocol ?? "") ? "/" : pathname;
  const query = search?.slice(1) ?? null;
  const found = {
    protocol: protocol?.toLowerCase() ?? null,
    slashes: slashes === undefined ? null : true,
    auth: at < 0 ? null : decodeURIComponent(authority!.slice(0, at)),
    host,
    port,
    hostname: host === null ? null : host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1"),
    hash: hash ?? null,
    search: search ?? null,
    query: withQuery ? querystring.parse(query ?? "") : query,
    pathname: name === "" ? null : name,
    path: name === "" && search === undefined ? null : `${name}${search ?? ""}`,
  };
  return { ...found, href: format(found) };
}

function format(given: unknown): string {
  if (typeof given === "string") return format(parse(given));
  if (given instanceof URL) return given.href;
  const parts = given as Readonly<Record<string, unknown>>;
  const text = (name: string) => (typeof parts[name] === "string" ? (parts[name] as string) : "");
  const scheme = text("protocol");
  const protocol = scheme === "" || scheme.endsWith(":") ? scheme : `${scheme}:`;
  const port = typeof parts["port"] === "number" ? `${parts["port"]}` : text("port");
  const host = text("host") || `${text("hostname")}${port && `:${port}`}`;
  const auth = text("auth") && `${encodeURIComponent(text("auth")).replaceAll("%3A", ":")}@`;
  const slashes = parts["slashes"] === true || (/^(https?|ftp|file):$/.test(protocol) && host !== "");
  const query = parts["query"];
  const search =
    text("search") ||
    (typeof query === "object" && query !== null ? querystring.stringify(query as Record<string, unknown>) : "");
  const asked = search === "" || search.startsWith("?") ? search : `?${search}`;
  const hash = text("hash");
  const name = text("pathname");
  const folder = host !== "" && name !== "" && !name.startsWith("/") ? `/${name}` : name;
  return `${protocol}${slashes ? "//" : ""}${auth}${host}${folder}${asked}${hash === "" || hash.startsWith("#") ? hash : `#${hash}`}`;
}

function resolve(from: string, to: string): string {
  const base = new URL("resolve://host/");
  const whole = new URL(to, new URL(from, base.href).href);
  return whole.protocol === base.protocol ? `${whole.pathname}${whole.search}${whole.hash}` : whole.href;
}

export const url = {
  URL,
  URLSearchParams,
  fileURLToPath,
  pathToFileURL,
  parse,
  format,
  resolve,
  domainToASCII: (text: string) => URL.parse(`http://${text}`)?.hostname ?? "",
  domainToUnicode: (text: string) => text,
  urlToHttpOptions: ({ protocol, hostname, port, pathname, search, hash, href }: URL) => ({
    protocol,
    hostname,
    ...(port === "" ? {} : { port: Number(port) }),
    path: `${pathname}${search}`,
    pathname,
    search,
    hash,
    href,
  }),
};
