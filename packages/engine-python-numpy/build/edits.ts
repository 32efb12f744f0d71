/**
 * Job: what NumPy's source must be told of this target, and why; each edit finds its place or fails the build.
 * Never: change what NumPy does on a 64-bit machine; these edits make it do the same here.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError } from "../../engine-python/build/steps.ts";

interface Edit {
  readonly file: string;
  readonly replace: readonly (readonly [what: string, by: string, times?: number])[];
}

/** The processor's name. */
const target: readonly Edit[] = [
  {
    file: "numpy/_core/include/numpy/npy_cpu.h",
    replace: [["#elif defined(__EMSCRIPTEN__)", "#elif defined(__EMSCRIPTEN__) || defined(__wasm__)"]],
  },
];

/**
 * Without threads NumPy never lets go of the interpreter's lock, but this file does by hand, and then calls the interpreter:
 * it writes over its memory.
 */
const lock: readonly Edit[] = [
  {
    file: "numpy/_core/src/multiarray/unique.cpp",
    replace: [
      ["    PyThreadState *_save;\n    _save = PyEval_SaveThread();\n", ""],
      ["    auto grab_gil = finally([&]() { PyEval_RestoreThread(_save); });\n", ""],
    ],
  },
];

/**
 * The default integer has the size of a pointer, 32 bits here: a sum over a million rows would wrap, silently, and programs
 * would answer otherwise than where they were written. It has 64 bits here too; only indices keep the size of a pointer.
 */
const defaultInteger: readonly Edit[] = [
  {
    file: "numpy/_core/src/multiarray/descriptor.c",
    replace: [["PyArray_DescrFromType(NPY_INTP)", "PyArray_DescrFromType(NPY_LONGLONG)"]],
  },
  {
    file: "numpy/_core/src/multiarray/convert_datatype.c",
    replace: [["PyArray_DescrNewFromType(NPY_INTP)", "PyArray_DescrNewFromType(NPY_LONGLONG)"]],
  },
  {
    file: "numpy/_core/src/multiarray/ctors.c",
    replace: [["dtype = PyArray_DescrFromType(NPY_INTP);", "dtype = PyArray_DescrFromType(NPY_LONGLONG);"]],
  },
  {
    file: "numpy/_core/src/multiarray/abstractdtypes.c",
    replace: [
      ["PyArray_DescrFromType(NPY_INTP)", "PyArray_DescrFromType(NPY_LONGLONG)", 2],
      ["PyArray_IntpDType", "PyArray_LongLongDType", 2],
    ],
  },
  {
    file: "numpy/_core/src/umath/ufunc_object.c",
    replace: [
      ["typenum = NPY_INTP;", "typenum = NPY_LONGLONG;", 2],
      ["typenum = NPY_UINTP;", "typenum = NPY_ULONGLONG;"],
      ["PyArray_ITEMSIZE(arr) < sizeof(npy_intp)", "PyArray_ITEMSIZE(arr) < sizeof(npy_longlong)"],
      [
        "            descr = PyArray_DescrFromType(NPY_INTP);",
        "            descr = PyArray_DescrFromType(NPY_LONGLONG);",
      ],
    ],
  },
  { file: "numpy/_array_api_info.py", replace: [['"integral": dtype(intp)', '"integral": dtype(int64)']] },
  {
    file: "numpy/_core/_type_aliases.py",
    replace: [
      ['"int_": "intp"', '"int_": "int64"'],
      ['"uint": "uintp"', '"uint": "uint64"'],
    ],
  },
];

const narrowIndices = `/* Integers have 64 bits by default, indices 32: what asks for indices takes such integers. */
static inline PyObject *
npy_indices_from_any(PyObject *op, int min_depth, int max_depth)
{
    PyObject *wide = PyArray_ContiguousFromAny(op, NPY_LONGLONG, min_depth, max_depth);
    if (wide == NULL) {
        return NULL;
    }
    PyObject *indices = PyArray_FromArray((PyArrayObject *)wide,
            PyArray_DescrFromType(NPY_INTP), NPY_ARRAY_DEFAULT | NPY_ARRAY_FORCECAST);
    Py_DECREF(wide);
    return indices;
}

`;

/** put, choose, repeat and reduceat took no larger integers than indices; indexing itself and all others do. */
const indices: readonly Edit[] = [
  {
    file: "numpy/_core/include/numpy/ndarrayobject.h",
    replace: [["#define PyArray_EquivArrTypes(", `${narrowIndices}#define PyArray_EquivArrTypes(`]],
  },
  {
    file: "numpy/_core/src/multiarray/item_selection.c",
    replace: [
      [
        "PyArray_ContiguousFromAny(indices0,\n                                                         NPY_INTP, 0, 0)",
        "npy_indices_from_any(indices0, 0, 0)",
      ],
      ["PyArray_ContiguousFromAny(op, NPY_INTP, 0, 1)", "npy_indices_from_any(op, 0, 1)"],
      ["PyArray_FROM_OT((PyObject *)ip, NPY_INTP)", "npy_indices_from_any((PyObject *)ip, 0, 0)"],
    ],
  },
  {
    file: "numpy/_core/src/umath/ufunc_object.c",
    replace: [
      [
        `        PyArray_Descr *indtype = PyArray_DescrFromType(NPY_INTP);

        indices = (PyArrayObject *)PyArray_FromAny(indices_obj,
                indtype, 1, 1, NPY_ARRAY_CARRAY, NULL);
`,
        "        indices = (PyArrayObject *)npy_indices_from_any(indices_obj, 1, 1);\n",
      ],
    ],
  },
];

/** The old generators give C's long, which has 64 bits where people run them; the numbers drawn are the same. */
const legacyRandom: readonly Edit[] = [
  { file: "numpy/random/meson.build", replace: [["['-DNP_RANDOM_LEGACY=1']", "[]"]] },
  {
    file: "numpy/random/mtrand.pyx",
    replace: [
      ["long n, long *mnix,", "int64_t n, int64_t *mnix,"],
      ["def multinomial(self, long n,", "def multinomial(self, int64_t n,"],
      ["cdef long ", "cdef int64_t ", 3],
      ["<long>", "<int64_t>", 2],
      ["<long*>", "<int64_t*>", 2],
      ["<long *>", "<int64_t *>"],
      ["np.long)", "np.int64)", 6],
      ["np.long, casting", "np.int64, casting"],
      ['np.dtype("long")', 'np.dtype("int64")'],
      ["x.astype('l', casting", "x.astype('q', casting"],
      ["PyArray_FROM_OTF(n, np.NPY_INTP,", "PyArray_FROM_OTF(n, np.NPY_INT64,"],
      ["_in = (<np.npy_intp*>np", "_in = (<int64_t*>np"],
      ["cdef np.npy_intp _in = 0", "cdef int64_t _in = 0"],
    ],
  },
];

/** WebAssembly checks the signature of every call; processors do not mind an argument that nobody takes. */
const signatures: readonly Edit[] = [
  {
    file: "numpy/_core/src/multiarray/array_converter.c",
    replace: [
      [
        "get_scalar_input(PyArrayArrayConverterObject *self)",
        "get_scalar_input(PyArrayArrayConverterObject *self, void *NPY_UNUSED(ignored))",
      ],
    ],
  },
  {
    file: "numpy/_core/src/multiarray/array_method.c",
    replace: [
      [
        "supports_unaligned(PyBoundArrayMethodObject *self)",
        "supports_unaligned(PyBoundArrayMethodObject *self, void *NPY_UNUSED(ignored))",
      ],
    ],
  },
  {
    file: "numpy/_core/src/multiarray/multiarraymodule.c",
    replace: [
      [
        "(PyCFunction)_get_castingimpl,\n        METH_VARARGS | METH_KEYWORDS,",
        "(PyCFunction)_get_castingimpl,\n        METH_VARARGS,",
      ],
    ],
  },
  {
    file: "numpy/_core/src/umath/_scaled_float_dtype.c",
    replace: [
      [
        "sfloat___reduce__(PyArray_SFloatDescr *self)",
        "sfloat___reduce__(PyArray_SFloatDescr *self, PyObject *NPY_UNUSED(args))",
      ],
    ],
  },
  {
    file: "numpy/_core/src/multiarray/_multiarray_tests.c.src",
    replace: [
      [
        "(PyCFunction)printf_float_g,\n        METH_VARARGS ,",
        "(PyCFunction)printf_float_g,\n        METH_VARARGS | METH_KEYWORDS,",
      ],
    ],
  },
];

/** tofile and fromfile work on a second descriptor of the file; WASI has no dup, so it is opened again by its name. */
const secondDescriptor: readonly Edit[] = [
  {
    file: "numpy/_core/include/numpy/npy_3kcompat.h",
    replace: [
      ["static inline FILE*\nnpy_PyFile_Dup2(", "#include <fcntl.h>\nstatic inline FILE*\nnpy_PyFile_Dup2("],
      [
        '    ret = PyObject_CallMethod(os, "dup", "i", fd);\n',
        `    PyObject *name = PyObject_GetAttrString(file, "name");
    if (name == NULL) {
        Py_DECREF(os);
        return NULL;
    }
    ret = PyObject_CallMethod(os, "open", "Oi", name, mode[0] == 'r' ? O_RDONLY : O_WRONLY);
    Py_DECREF(name);
`,
      ],
      // A second descriptor shares its place in the file with the first.
      [
        "    fd2 = (int)fd2_tmp;\n",
        "    fd2 = (int)fd2_tmp;\n    npy_lseek(fd2, npy_lseek(fd, 0, SEEK_CUR), SEEK_SET);\n",
      ],
    ],
  },
];

const all = [...target, ...lock, ...defaultInteger, ...indices, ...legacyRandom, ...signatures, ...secondDescriptor];

/** @throws BuildError where the source is another than these edits were made for */
export function editNumpy(folder: string): void {
  for (const { file, replace } of all) {
    const path = join(folder, file);
    let text = readFileSync(path, "utf8");
    for (const [what, by, times = 1] of replace) {
      const parts = text.split(what);
      if (parts.length !== times + 1)
        throw new BuildError(`${file} holds ${JSON.stringify(what)} ${parts.length - 1} times, not ${times}`);
      text = parts.join(by);
    }
    writeFileSync(path, text);
  }
}
