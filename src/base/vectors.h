// Loops over values that compilers make into vector instructions, outside the room of kernels: such
// a function is compiled for several instruction sets, and the loader takes the best one that the
// machine has. The bits are the same, for nothing is reordered or contracted.
#ifndef IG_BASE_VECTORS_H
#define IG_BASE_VECTORS_H

// Not with sanitizers, which instrument what the loader runs before they are ready, nor with clang,
// whose versions of static functions collide (14) or are refused where the function was called
// above its definition.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(INGOT_SANITIZED)
#define IG_VECTORS __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define IG_VECTORS
#endif

#endif
