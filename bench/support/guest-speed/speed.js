/** Job: the JavaScript programs of the benchmark guest-speed, the same text in Node and in a sandbox. Never: measure what the other side does not do. */
import { task } from "@capsule-run/sdk";

function nbody() {
  const bodies = Array.from({ length: 5 }, (_, n) => ({
    p: [n * 1.7, n * n * 0.3 - 1, 2 - n],
    v: [0.1 * n, 0.2 - 0.05 * n, 0.01 * n],
    m: 1 / (n + 1),
  }));
  for (let step = 0; step < 2500; step++) {
    for (let i = 0; i < 5; i++)
      for (let j = i + 1; j < 5; j++) {
        const [a, b] = [bodies[i], bodies[j]];
        const d = [a.p[0] - b.p[0], a.p[1] - b.p[1], a.p[2] - b.p[2]];
        const force = 0.001 * (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + 0.1) ** -1.5;
        for (let k = 0; k < 3; k++) {
          a.v[k] -= d[k] * b.m * force;
          b.v[k] += d[k] * a.m * force;
        }
      }
    for (const { p, v } of bodies) for (let k = 0; k < 3; k++) p[k] += 0.001 * v[k];
  }
  return bodies.map(({ p }) => p[0].toFixed(6)).join();
}

function calls() {
  const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
  return fib(22);
}

function objects() {
  const counts = new Map();
  let seed = 7;
  for (let n = 0; n < 20_000; n++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    const key = `w${seed % 3000}`;
    counts.set(key, { times: (counts.get(key)?.times ?? 0) + 1, last: n });
  }
  const sorted = [...counts].sort(([a, x], [b, y]) => y.times - x.times || (a < b ? -1 : 1));
  return JSON.stringify(sorted.slice(0, 3));
}

function json() {
  let data = Array.from({ length: 400 }, (_, id) => ({ id, name: `item ${id}`, tags: ["a", "é", "\n"], sub: { x: [id, null, true] } }));
  let text = "";
  for (let n = 0; n < 4; n++) {
    text = JSON.stringify(data, null, 1);
    data = JSON.parse(text);
  }
  return text.length;
}

function regex() {
  const lines = Array.from({ length: 600 }, (_, n) => `10.0.${n % 256}.${n % 7} - user${n} "GET /a/${n}?q=${"x".repeat(n % 20)} HTTP/1.1" 200 ${n * 13}`);
  const log = /(\d+(?:\.\d+){3}) - (\w+) "(GET|POST) (\/[^ ?]*)(?:\?(\S*))? HTTP\/[\d.]+" (\d{3}) (\d+)/;
  const total = lines.reduce((sum, line) => sum + Number(log.exec(line)?.[7] ?? 0), 0);
  return total + lines.join("\n").replace(/(\d+)\.(\d+)/g, "$2,$1").length;
}

function strings() {
  const parts = [];
  for (let n = 0; n < 12_000; n++) parts.push(`${String(n).padStart(6)}|${(n / 3).toFixed(3)}|${n.toString(16)}`);
  return parts.join("\n").split("|").map((part) => part.trim().toUpperCase()).join("").length;
}

const programs = { nbody, calls, objects, json, regex, strings };

export const main = task({ name: "main", compute: 1e14, ram: "256MB", timeout: "10m" }, (name, rounds) => {
  const ms = [];
  let answer;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    answer = programs[name]();
    ms.push(performance.now() - began);
  }
  return { answer: String(answer), ms };
});
