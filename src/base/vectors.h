// Loops over values that compilers make into vector instructions, outside the room of kernels: such a function is compiled for several instruction sets, and the
// loader takes the best one that the machine has. The bits are the same, for nothing is reordered or contracted.
#ifndef IG_BASE_VECTORS_H
#define IG_BASE_VECTORS_H

// Sanitizers instrument what runs before they are ready to.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__has_attribute) && !defined(INGOT_SANITIZED)
#if __has_attribute(target_clones)
#define IG_VECTORS __attribute__((target_clones("default", "avx2", "avx512f")))
#endif
#endif
#ifndef IG_VECTORS
#define IG_VECTORS
#endif

#endif
