"""Job: load the program and the modules beside it from the sources that the host gathered. Never: read another file."""

import base64
import importlib.machinery
import importlib.util
import linecache
import marshal
import os
import sys
import types

from . import _absent

_SOURCES = "/.capsule/program"

#: What `finish` must close: the modules of the program, in the order of their loading.
_loaded: "list[types.ModuleType]" = []


#: Code by file: what the discovery of this very program compiled, so that no run has to.
_known = {}

#: Code by file: what was compiled here.
_made = {}

#: Of text: more is compiled again in every run, rather than sent with every request.
_MOST_COMPILED = 1 << 20

#: The program's folder as a guest path; modules beside it lie there, for the user and among the gathered sources.
_folder = "/"


class _Loader(importlib.machinery.SourceFileLoader):
    """A module beside the program: named by the path that the user knows, read from the gathered sources."""

    def get_data(self, path):
        with open(_SOURCES + path, "rb") as file:
            return file.read()

    def path_stats(self, path):
        raise OSError("no byte code is looked for or written")

    def get_code(self, fullname):
        return _known.get(self.path[1:]) or super().get_code(fullname)

    def source_to_code(self, data, path, *, _optimize=-1):
        return _compile(data, path[1:])  # tracebacks say "helpers.py"

    def exec_module(self, module):
        _loaded.append(module)
        super().exec_module(module)


class _Finder:
    """Finds what lies beside the program, before the library: as sys.path[0] does for a script."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is None:
            places = (_folder,)
        else:
            places = path
        for place in places:
            spec = _Finder._find_in(name, f"{place.rstrip('/')}/{name.rpartition('.')[2]}")
            if spec is not None:
                return spec
        return None

    @staticmethod
    def _find_in(name, base):
        for file, is_package in ((f"{base}/__init__.py", True), (f"{base}.py", False)):
            if os.path.isfile(_SOURCES + file):
                return importlib.util.spec_from_file_location(
                    name, file, loader=_Loader(name, file), submodule_search_locations=[base] if is_package else None
                )
        if os.path.isdir(_SOURCES + base):
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [base]
            return spec
        return None


class _Absent:
    """The last to be asked for a module: says why it is not there and what to do."""

    def __init__(self, sentences):
        self._sentences = {**_absent.MODULES, **sentences}

    def find_spec(self, name, path=None, target=None):
        sentence = self._sentences.get(name)
        if sentence is None and "." not in name and name not in sys.stdlib_module_names:
            sentence = self._sentences.get("*")
        # Who only asks whether it is there (importlib.util.find_spec) is told that it is not.
        if sentence is None or sys._getframe(2).f_code.co_name != "_find_and_load_unlocked":
            return None
        raise ModuleNotFoundError(f"No module named {name!r}: {sentence}", name=name)


def install(folder, own_names, kept, absent, site):
    """Let `own_names`, the top-level modules beside the program, win over library modules that the image has loaded,
    except those (`kept`) that Python itself loads before any program starts. `site`: where installed packages lie."""
    global _folder
    _folder = sys.path[0] = "/" + folder
    finders = sys.meta_path
    finders.insert(finders.index(importlib.machinery.PathFinder), _Finder)
    finders.append(_Absent(absent))
    if site is not None:
        sys.path.append(_SOURCES + site)
        sys.dont_write_bytecode = True
    for own in own_names:
        if own not in kept and own in sys.modules:
            for name in [name for name in sys.modules if name == own or name.startswith(own + ".")]:
                del sys.modules[name]


def load(request, as_script: bool):
    """Compile the program, unless its discovery did; answer its module and the code of its top level.

    A script is `__main__`. A program with tasks is a module of its own name, so that `if __name__ == "__main__":` keeps
    meaning "started on the host".
    """
    file = request["file"]
    name = "__main__"
    if not as_script:
        name = file.rpartition("/")[2].removesuffix(".py")
        if not name.isidentifier() or name in sys.stdlib_module_names or name == "capsule":
            name = "program"
    module = types.ModuleType(name)
    module.__file__ = "/" + file
    module.__builtins__ = __builtins__
    sys.modules[name] = sys.modules["__main__"] = module
    _loaded.append(module)
    source = request["source"]
    try:
        text = importlib.util.decode_source(source := _read(file)) if source is None else source
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    except (SyntaxError, UnicodeDecodeError):
        pass  # compile says it better
    if request["compiled"] is not None:
        _known.update(marshal.loads(base64.b64decode(request["compiled"])))
    return module, _known.get(file) or _compile(source, file)


def _read(file):
    with open(f"{_SOURCES}/{file}", "rb") as source_file:
        return source_file.read()


def compiled():
    """What was compiled here, for the requests of later runs; None where it is too much."""
    text = base64.b64encode(marshal.dumps(_made)).decode()
    return text if len(text) <= _MOST_COMPILED else None


def _compile(source, file):
    """A syntax error makes CPython open `file` to show the line: it is to find it where the sources are, not in the user's
    folders, where that would be a refusal."""
    folder = os.getcwd()
    os.chdir(_SOURCES)
    try:
        code = compile(source, file, "exec", dont_inherit=True)
    finally:
        os.chdir(folder)
    _made[file] = code
    return code


def finish():
    """Drop the globals of the program's modules, as the interpreter does at its end: this closes forgotten files."""
    for module in reversed(_loaded):
        vars(module).clear()
