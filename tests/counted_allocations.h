// Counts what a test's code asks memory for. The linker sends the library's calls here
// (cmake/tests.cmake).
#ifndef IG_TESTS_COUNTED_ALLOCATIONS_H
#define IG_TESTS_COUNTED_ALLOCATIONS_H
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

static atomic_int allocations;
static atomic_size_t mapped_bytes;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);

void *__wrap_malloc(size_t size) {
  allocations++;
  return __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size) {
  allocations++;
  return __real_calloc(count, size);
}
void *__wrap_realloc(void *memory, size_t size) {
  allocations++;
  return __real_realloc(memory, size);
}
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  allocations++;
  mapped_bytes += length;
  return __real_mmap(address, length, protection, flags, file, offset);
}
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
  allocations++;
  return __real_posix_memalign(memory, alignment, size);
}
#endif
