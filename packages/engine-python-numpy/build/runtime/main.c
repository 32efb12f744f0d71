/*
 * Job: the interpreter's main function, which knows NumPy's extension modules as built-in ones, by their full names; CPython's
 * importer finds them so. Never: import one.
 */
#include <Python.h>

#define MODULES(EACH) \
    EACH("numpy._core._multiarray_umath", _multiarray_umath) \
    EACH("numpy.linalg._umath_linalg", _umath_linalg) \
    EACH("numpy.linalg.lapack_lite", lapack_lite) \
    EACH("numpy.fft._pocketfft_umath", _pocketfft_umath) \
    EACH("numpy.random.bit_generator", bit_generator) \
    EACH("numpy.random.mtrand", mtrand) \
    EACH("numpy.random._generator", _generator) \
    EACH("numpy.random._common", _common) \
    EACH("numpy.random._bounded_integers", _bounded_integers) \
    EACH("numpy.random._pcg64", _pcg64) \
    EACH("numpy.random._mt19937", _mt19937) \
    EACH("numpy.random._philox", _philox) \
    EACH("numpy.random._sfc64", _sfc64) \
    EACH("numpy._core._multiarray_tests", _multiarray_tests) \
    EACH("numpy._core._umath_tests", _umath_tests) \
    EACH("numpy._core._rational_tests", _rational_tests) \
    EACH("numpy._core._struct_ufunc_tests", _struct_ufunc_tests) \
    EACH("numpy._core._operand_flag_tests", _operand_flag_tests)

#define DECLARE(name, module) PyMODINIT_FUNC PyInit_##module(void);
#define APPEND(name, module) \
    if (PyImport_AppendInittab(name, PyInit_##module) != 0) return 1;

MODULES(DECLARE)

int main(int argc, char **argv)
{
    MODULES(APPEND)
    return Py_BytesMain(argc, argv);
}
