/** Job: redirects by the fetch standard, as a table of status and method. */
import { expect, test } from "vitest";
import { nextRequest, redirectOf } from "../../packages/host/src/net/redirect.ts";

const from = new URL("https://a.example/");
const body = Buffer.from("x");
const headers = [
  ["content-type", "text/plain"],
  ["x-own", "1"],
  ["authorization", "s"],
  ["cookie", "s"],
  ["host", "a.example"],
  ["content-length", "1"],
] as const;
const next = (method: string, status: number, to = "https://a.example/next") => {
  const request = nextRequest({ method, url: from.href, headers, body }, status, from, new URL(to));
  return `${request.method} ${request.body === null ? "-" : "body"} ${request.headers.map(([name]) => name).join(" ")}`;
};

const kept = "body content-type x-own authorization cookie content-length";
const dropped = "- x-own authorization cookie";
test.each([
  ["GET", 301, `GET ${kept}`],
  ["HEAD", 302, `HEAD ${kept}`],
  ["POST", 301, `GET ${dropped}`],
  ["POST", 302, `GET ${dropped}`],
  ["PUT", 301, `PUT ${kept}`],
  ["PUT", 302, `PUT ${kept}`],
  ["POST", 303, `GET ${dropped}`],
  ["PUT", 303, `GET ${dropped}`],
  ["DELETE", 303, `GET ${dropped}`],
  ["HEAD", 303, `HEAD ${kept}`],
  ["GET", 303, `GET ${kept}`],
  ["POST", 307, `POST ${kept}`],
  ["POST", 308, `POST ${kept}`],
])("%s and %s", (method, status, expected) => expect(next(method, status)).toBe(expected));

test.each([
  ["https://b.example/", false],
  ["http://a.example/", false],
  ["https://a.example:444/", false],
  ["https://a.example:443/other", true],
])("credentials to %s stay: %s", (to, stay) =>
  expect(next("GET", 302, to).includes("authorization cookie")).toBe(stay),
);

test.each([
  [200, null],
  [300, null],
  [304, null],
  [301, "/x"],
  [302, "/x"],
  [303, "/x"],
  [305, null],
  [306, null],
  [307, "/x"],
  [308, "/x"],
])("%s redirects to %s", (status, to) => expect(redirectOf(status, [["location", "/x"]])).toBe(to));

test("a redirect without Location is an answer", () => expect(redirectOf(302, [])).toBeNull());
