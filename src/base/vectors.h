// For functions outside the room of kernels whose loops compilers turn into vector instructions:
// such a function is compiled for several instruction sets, and the loader chooses the best one
// that the machine has. The results have the same bits, for nothing is reordered or contracted.
#ifndef IG_BASE_VECTORS_H
#define IG_BASE_VECTORS_H

// Sanitizers cannot have it: they instrument what the loader runs before they are ready. Nor can
// clang: its versions of static functions collide (14), or it refuses them when the function was
// called above its definition.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(INGOT_SANITIZED)
#define IG_VECTORS __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define IG_VECTORS
#endif

#endif
