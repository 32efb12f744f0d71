"""Job: the Python programs of the benchmark guest-speed, the same text natively and in a sandbox, each with an answer to check.
Never: measure what the other side does not do.

Natively: speed.py NAME ROUNDS prints what the task `main` returns. The ideas are pyperformance's; the programs are short.
"""

import json
import re
import sqlite3
import sys
import time
from collections import Counter, defaultdict, deque
from decimal import ROUND_HALF_EVEN, Decimal
from heapq import heappop, heappush

from capsule import task

#: Enough for everything.
COMPUTE = 10**14


def numbers(count, seed=42):
    """The same everywhere: no generator of the library's, whose speed is not the point."""
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        yield seed


# Floats in lists and tuples.
def nbody():
    mass = 39.47841760435743
    bodies = [
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], mass),
        ([4.84143144246472090, -1.16032004402742839, -0.103622044471123109], [0.606326392995832, 2.81198684491626, -0.02521836165988763], 0.0376936749096657),
        ([8.34336671824457987, 4.12479856412430479, -0.403523417114321381], [-1.01077434617879, 1.82566237123041, 0.00841576137658415], 0.0112863261319687),
        ([12.8943695621391310, -15.1111514016986312, -0.223307578892655734], [1.08279100644153, 0.868713018169608, -0.0108326374013636], 0.00172372405705971),
        ([15.3796971148509165, -25.9193146099879641, 0.179258772950371181], [0.979090732243897, 0.594698998647676, -0.0347559555040781], 0.00203368686992463),
    ]  # fmt: skip
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1 :]]
    for _ in range(2500):
        for (p1, v1, m1), (p2, v2, m2) in pairs:
            dx, dy, dz = p1[0] - p2[0], p1[1] - p2[1], p1[2] - p2[2]
            force = 0.01 * (dx * dx + dy * dy + dz * dz) ** -1.5
            b1, b2 = m1 * force, m2 * force
            v1[0] -= dx * b2
            v1[1] -= dy * b2
            v1[2] -= dz * b2
            v2[0] += dx * b1
            v2[1] += dy * b1
            v2[2] += dz * b1
        for place, speed, _ in bodies:
            place[0] += 0.01 * speed[0]
            place[1] += 0.01 * speed[1]
            place[2] += 0.01 * speed[2]
    return round(sum(sum(place) for place, _, _ in bodies), 6)


# Slices and small integers.
def fannkuch():
    n = 8
    count, perm1, most, checksum, r, k = list(range(1, n + 1)), list(range(n)), 0, 0, n, 0
    while True:
        while r != 1:
            count[r - 1] = r
            r -= 1
        if perm1[0]:
            perm, flips = perm1[:], 0
            while first := perm[0]:
                perm[: first + 1] = perm[first::-1]
                flips += 1
            most = max(most, flips)
            checksum += -flips if k & 1 else flips
        while True:
            if r == n:
                return [checksum, most]
            perm1.insert(r, perm1.pop(0))
            count[r] -= 1
            if count[r] > 0:
                break
            r += 1
        k += 1
        r = max(r, 1)


# Calls and generators.
def calls():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    def tree(depth):
        if depth:
            yield from tree(depth - 1)
            yield depth
            yield from tree(depth - 1)

    def compose(*functions):
        def run(value, /, *rest, **options):
            for function in functions:
                value = function(value, *rest, **options)
            return value

        return run

    both = compose(lambda x, y=1: x + y, lambda x, y=2: x * y, lambda x, y=0: x - y)
    return [fib(21), sum(tree(12)), sum(both(n, y=3) for n in range(15_000))]


# Objects that send each other messages: an operating system's tasks, after Richards.
class Packet:
    __slots__ = ("kind", "value", "to")

    def __init__(self, kind, value, to):
        self.kind, self.value, self.to = kind, value, to


class Worker:
    def __init__(self, name, system):
        self.name, self.system, self.queue, self.handled = name, system, deque(), 0

    def put(self, packet):
        self.queue.append(packet)

    def step(self):
        if self.queue:
            self.handled += 1
            self.handle(self.queue.popleft())

    def handle(self, packet):
        raise NotImplementedError


class Device(Worker):
    def handle(self, packet):
        packet.value = (packet.value * 17 + self.name) % 1009
        packet.to = packet.value % len(self.system.workers)
        self.system.send(packet)


class Handler(Worker):
    def __init__(self, name, system):
        super().__init__(name, system)
        self.seen = defaultdict(int)

    def handle(self, packet):
        self.seen[packet.kind] += packet.value
        packet.kind = "work" if packet.kind == "device" else "device"
        packet.to = (packet.to + 1 + packet.value) % len(self.system.workers)
        self.system.send(packet)


class System:
    def __init__(self):
        self.workers, self.sent = [], 0
        self.workers += [(Device if n % 2 else Handler)(n, self) for n in range(6)]

    def send(self, packet):
        self.sent += 1
        self.workers[packet.to].put(packet)

    def run(self, steps):
        for n in range(10):
            self.send(Packet("work" if n % 2 else "device", n * 31, n % 6))
        for _ in range(steps):
            for worker in self.workers:
                worker.step()
        return [self.sent, [worker.handled for worker in self.workers]]


def richards():
    return System().run(10_000)


# Floats in objects with operators: balls on a plane, as a ray tracer has them.
class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def unit(self):
        return self * (self.dot(self) ** -0.5)


def raytrace():
    balls = [(Vector(n % 3 - 1.0, n // 3 - 1.0, 5.0 + n), 0.6 + n / 20) for n in range(9)]
    light, size, total = Vector(1, 1, -1).unit(), 40, 0.0
    for py in range(size):
        for px in range(size):
            ray = Vector(px / size - 0.5, py / size - 0.5, 1.0).unit()
            nearest = None
            for centre, radius in balls:
                along = centre.dot(ray)
                left = radius * radius - (centre - ray * along).dot(centre - ray * along)
                if left >= 0 and (nearest is None or along - left**0.5 < nearest[0]):
                    nearest = along - left**0.5, centre
            if nearest:
                total += max(0.0, (ray * nearest[0] - nearest[1]).unit().dot(light))
    return round(total, 6)


# Text to values and back, in C.
def json_text():
    data = [{"id": n, "name": f"item {n}", "tags": ["a", "é", "\n"] * 3, "price": n / 7, "sub": {"x": [n, None, True]}} for n in range(400)]
    for _ in range(4):
        text = json.dumps(data, indent=1)
        data = json.loads(text)
    return [len(text), data[-1]["price"]]


# The regular expression engine.
def regex():
    lines = [f"10.0.{n % 256}.{n % 7} - user{n} [0{n % 9}/Mar/2024:10:{n % 60:02}:00] \"GET /a/{n}?q={'x' * (n % 20)} HTTP/1.1\" 200 {n * 13}" for n in range(1200)]
    log = re.compile(r'(\d+(?:\.\d+){3}) - (\w+) \[([^\]]+)\] "(GET|POST) (/[^ ?]*)(?:\?(\S*))? HTTP/[\d.]+" (\d{3}) (\d+)')
    total = sum(int(found[8]) for line in lines if (found := log.match(line)))
    text = "\n".join(lines)
    words = len(re.findall(r"\b(?:user|Mar|GET)\w*\b", text))
    return [total, words, len(re.sub(r"(\d+)\.(\d+)", lambda found: found[2] + "," + found[1], text)), len(re.split(r"[\s/:]+", text))]


# Texts built from parts.
def strings():
    parts = []
    for n in range(12_000):
        parts.append(f"{n:>6,}|{n / 3:.3f}|{'abc'[n % 3] * 4:^8}|{n:#x}")
    text = "\n".join(parts)
    rows = [line.split("|") for line in text.splitlines()]
    words = " ".join(row[2].strip().upper() for row in rows).replace("AAAA", "a").translate({66: "b", 67: None})
    encoded = "".join(chr(97 + n % 26) for n in range(20_000)).encode()
    return [len(text), sum(float(row[1]) for row in rows) // 1, words.count("b"), len(words), encoded.find(b"zab", 10_000), encoded.hex()[-6:]]


# Sorting, heaps, counters.
def sorting():
    values = list(numbers(20_000))
    records = [{"key": value % 1000, "name": str(value), "value": value} for value in values]
    records.sort(key=lambda record: (record["key"], record["name"]))
    heap = []
    for value in values:
        heappush(heap, value)
    lowest = [heappop(heap) for _ in range(5000)]
    ranked = sorted(values, reverse=True)[:3] + sorted(map(str, values))[:3]
    return [records[0]["value"], records[-1]["value"], lowest[-1], ranked, Counter(value % 10 for value in values).most_common(2)]


# Dictionaries, sets, comprehensions.
def dicts():
    words = [f"w{value % 3000}" for value in numbers(30_000, 7)]
    counts, after = {}, defaultdict(set)
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    for one, two in zip(words, words[1:]):
        after[one].add(two)
    inverted = {count: [word for word, times in counts.items() if times == count][:2] for count in sorted(set(counts.values()))[:12]}
    common = {word for word in counts if len(after[word]) > 9} & {word for word in counts if word.endswith("7")}
    return [len(counts), len(inverted), len(common), sum(len(value) for value in after.values())]


# A database, in C.
def sqlite():
    db = sqlite3.connect(":memory:")
    db.execute("create table sale(id integer primary key, shop text, item integer, price real)")
    db.executemany("insert into sale(shop, item, price) values (?, ?, ?)", ((f"shop {v % 50}", v % 999, v % 10_000 / 100) for v in numbers(8000)))
    db.execute("create index by_item on sale(item)")
    top = db.execute("select shop, count(*), round(sum(price), 2) from sale group by shop order by 3 desc limit 3").fetchall()
    hits = sum(db.execute("select count(*) from sale where item = ?", (n,)).fetchone()[0] for n in range(0, 999, 3))
    pairs = db.execute("select count(*) from sale a join sale b on a.item = b.item and a.id < b.id").fetchone()[0]
    return [top, hits, pairs]


# Exact numbers: money, and the digits of pi.
def exact():
    total = Decimal(0)
    for value in numbers(9000):
        price = (Decimal(value % 100_000) / 100 * Decimal("1.0675")).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
        total += price
    digits, q, r, t, k, n, m = [], 1, 0, 1, 1, 3, 3
    while len(digits) < 250:
        if 4 * q + r - t < n * t:
            digits.append(n)
            q, r, n = 10 * q, 10 * (r - n * t), 10 * (3 * q + r) // t - 10 * n
        else:
            q, r, t, k, n, m = q * k, (2 * q + r) * m, t * m, k + 1, (q * (7 * k + 2) + r * m) // (t * m), m + 2
    return [str(total), "".join(map(str, digits[-10:]))]


PROGRAMS = {
    function.__name__: function
    for function in (nbody, fannkuch, calls, richards, raytrace, json_text, regex, strings, sorting, dicts, sqlite, exact)
}


@task(name="main", compute=COMPUTE, ram="256MB", timeout="10m")
def main(name, rounds):
    run, times = PROGRAMS[name], []
    for _ in range(int(rounds)):  # the reference's command passes texts
        begin = time.perf_counter()
        answer = run()
        times.append((time.perf_counter() - begin) * 1000)
    return {"answer": json.dumps(answer), "ms": times}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
