"""What Capsule programs import.

>>> from capsule import task
>>> @task(name="main", compute="LOW", ram="64MB")
... def main(name: str = "Capsule") -> str:
...     return f"Hello from {name}!"
"""

import sys

from . import http
from ._declare import task

__all__ = ["http", "run", "task"]


def run(*arguments, **options):
    """Run a program in a sandbox, from a host program: `envelope = await run(file="hello.py", args=["Ada"])`."""
    if sys.platform == "wasi":
        raise RuntimeError("capsule.run() starts sandboxes from a host program; inside a sandbox, call a task instead")
    from ._host import run

    return run(*arguments, **options)
