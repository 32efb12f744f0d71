/*
 * Job: the floating-point exceptions that code raises by name (integer division by zero, overflow of a scalar), so that NumPy
 * warns of them as it does elsewhere. Never: those of the processor: WebAssembly's arithmetic raises none.
 */
static int raised;

int feraiseexcept(int exceptions) { raised |= exceptions; return 0; }
int feclearexcept(int exceptions) { raised &= ~exceptions; return 0; }
int fetestexcept(int exceptions) { return raised & exceptions; }
