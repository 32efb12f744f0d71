"""Job: kernels of NumPy, timed by themselves; runs natively (python numpy-kernels.py KERNEL ROUNDS) and as a task.
Never: print more than the answer.
"""

import json
import sys
import time

import numpy as np

rng = np.random.default_rng(1)
a = rng.random((256, 256))
v = rng.random(1_000_000)
i = rng.integers(0, 1_000_000, 1_000_000)
small = rng.random(10)
words = np.array([f"word{n % 1000}" for n in range(20_000)])


def matmul():
    return float((a @ a)[3, 4])


def elementwise():
    return float((np.sin(v) * v + v**2 - 1).sum())


def arithmetic():
    return float((v * 2.5 + v - v / 3).sum())


def reductions():
    return float(v.sum() + v.std() + v.max() - np.median(v))


def sort():
    return int(np.sort(i)[1000])


def mask():
    return float(v[(v > 0.25) & (v < 0.75)].sum())


def gather():
    return float(v[i].sum())


def unique():
    return int(np.unique(i).size)


def solve():
    return float(np.linalg.solve(a, v[:256])[0])


def fft():
    return float(np.abs(np.fft.fft(v[: 1 << 17])).max())


def chance():
    return float(np.random.default_rng(2).normal(size=200_000)[7])


def strings():
    return int(np.unique(np.strings.upper(words)).size)


def small_arrays():
    total = 0.0
    for _ in range(5_000):
        total += float((small * 2 + 1).sum())
    return total


KERNELS = [
    matmul, elementwise, arithmetic, reductions, sort, mask, gather, unique, solve, fft, chance, strings, small_arrays,
]  # fmt: skip


def main(name, rounds):
    kernel = next(kernel for kernel in KERNELS if kernel.__name__ == name)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        answer = kernel()
        times.append((time.perf_counter() - began) * 1e3)
    return {"answer": f"{answer:.6g}", "ms": times}


try:
    from capsule import task
except ImportError:
    if __name__ == "__main__":
        print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
else:
    main = task(name="main", compute=10**14, ram="1GB")(main)
