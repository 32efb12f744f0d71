"""Job: `run` for host programs: a program in its sandbox, through the capsule command. Never: run a task in this process."""

import asyncio
import json
import os
import tempfile


async def run(*, file, args=None, mounts=None, cwd=None, capsule_path="capsule"):
    """Run a program in a sandbox and answer its envelope: a dict with success, result, error and execution.

    file: the program, relative to `cwd`. args: a list of JSON values. mounts: "HOST[::GUEST][:ro|:rw]".
    capsule_path: the command, where it is not on the PATH. What the program prints goes to this process's standard error.

    >>> envelope = await run(file="hello.py", args=["Ada"])  # doctest: +SKIP
    """
    handle, path = tempfile.mkstemp(prefix="capsule-args-", suffix=".json")
    try:
        with open(handle, "w", encoding="utf-8") as arguments:
            json.dump(list(args or []), arguments, allow_nan=False)
        flags = [flag for mount in mounts or [] for flag in ("--mount", mount)]
        process = await asyncio.create_subprocess_exec(
            capsule_path, "run", "--json", "--args-file", path, *flags, os.fspath(file), stdout=asyncio.subprocess.PIPE, cwd=cwd
        )
        try:
            output, _ = await process.communicate()
        except BaseException:  # cancelled: the sandbox ends with the caller's interest in it
            process.terminate()
            raise
    except FileNotFoundError as error:
        if error.filename != capsule_path:
            raise
        raise FileNotFoundError(
            f"there is no command {capsule_path!r}: npm install -g @capsule-run/cli, or give capsule_path"
        ) from None
    finally:
        os.unlink(path)
    try:
        return json.loads(output)
    except ValueError:
        raise RuntimeError(f"{capsule_path} gave no envelope (exit status {process.returncode})") from None
