/* Job: operator new that throws; the one in zig's libc++, which is built without exceptions, ends the process. Never: count. */
#include <cstdlib>
#include <new>

void *operator new(std::size_t size)
{
    if (void *memory = std::malloc(size ? size : 1)) return memory;
    throw std::bad_alloc();
}

void *operator new[](std::size_t size) { return operator new(size); }
