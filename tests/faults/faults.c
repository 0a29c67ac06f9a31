// See faults.h. cmake/tests.cmake reads the names to wrap from the definitions in this file.
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>
#include <zlib.h>

static atomic_int armed;
static atomic_long target, calls, live;
static atomic_bool fired;
static const char *_Atomic where;

static int signal_there;            // comes in place of the fault; 0: none
static _Thread_local bool parsing;  // inside Jansson's parser

// ---- the ways to each call ------------------------------------------------------

enum { DEPTH = 24, OWN_FRAMES = 3, MOST_CALLS = 1 << 18, TRIED_EACH = 3 };
static atomic_bool remembers;
static pthread_mutex_t stacks_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
  uint64_t hash;
  int calls;
} stacks[2 * MOST_CALLS];             // by hash; hash 0: unused
static bool is_repeated[MOST_CALLS];  // by call

static uint64_t hash_stack(void) {
  void *frames[DEPTH];
  const int count = backtrace(frames, DEPTH);
  uint64_t hash = 14695981039346656037u;
  for (int i = OWN_FRAMES; i < count; i++) hash = (hash ^ (uintptr_t)frames[i]) * 1099511628211u;
  return hash | 1;
}

static void remember_stack(long call) {
  if (call >= MOST_CALLS) return;
  const uint64_t hash = hash_stack();
  size_t at = hash % (2 * MOST_CALLS);
  pthread_mutex_lock(&stacks_lock);
  while (stacks[at].hash != 0 && stacks[at].hash != hash) at = (at + 1) % (2 * MOST_CALLS);
  stacks[at].hash = hash;
  is_repeated[call] = ++stacks[at].calls > TRIED_EACH;
  pthread_mutex_unlock(&stacks_lock);
}

void faults_remember_stacks(bool on) {
  if (on) {
    memset(stacks, 0, sizeof stacks);
    memset(is_repeated, 0, sizeof is_repeated);
    hash_stack();  // its first call loads a library
  }
  atomic_store(&remembers, on);
}

bool faults_is_telling(long nth) { return nth >= MOST_CALLS || !is_repeated[nth]; }

// ---- the call that fails --------------------------------------------------------

// Is this call the one that fails?
static bool fails(fault_kind kind, const char *name) {
  if (parsing || atomic_load(&armed) != (int)kind) return false;
  const long call = atomic_fetch_add(&calls, 1) + 1;
  if (atomic_load(&remembers)) remember_stack(call);
  if (call != atomic_load(&target)) return false;
  if (signal_there) {
    raise(signal_there);
    return false;
  }
  atomic_store(&where, name);
  atomic_store(&fired, true);
  return true;
}

void faults_arm(fault_kind kind, long nth) {
  atomic_store(&armed, FAULT_NONE);
  atomic_store(&target, nth);
  atomic_store(&calls, 0);
  atomic_store(&fired, false);
  atomic_store(&where, "");
  atomic_store(&armed, (int)kind);
}

void faults_disarm(void) { atomic_store(&armed, FAULT_NONE); }
bool faults_fired(void) { return atomic_load(&fired); }
long faults_calls(void) { return atomic_load(&calls); }
long faults_live(void) { return atomic_load(&live); }
const char *faults_where(void) { return atomic_load(&where); }

static void *counted(void *made) {
  if (made) atomic_fetch_add(&live, 1);
  return made;
}

static bool no_memory(const char *name) {
  if (!fails(FAULT_MEMORY, name)) return false;
  errno = ENOMEM;
  return true;
}

// ---- memory -----------------------------------------------------------------

#define WRAP(type, name, ...)      \
  type __real_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__)

WRAP(void *, malloc, size_t size) {
  return no_memory("malloc") ? NULL : counted(__real_malloc(size));
}
WRAP(void *, calloc, size_t count, size_t size) {
  return no_memory("calloc") ? NULL : counted(__real_calloc(count, size));
}
WRAP(char *, strdup, const char *text) {
  return no_memory("strdup") ? NULL : counted(__real_strdup(text));
}
WRAP(char *, realpath, const char *path, char *out) {
  return no_memory("realpath") ? NULL : counted(__real_realpath(path, out));
}

WRAP(void *, realloc, void *old, size_t size) {
  if (no_memory("realloc")) return NULL;
  void *made = __real_realloc(old, size);
  return old ? made : counted(made);
}

WRAP(void, free, void *memory) {
  if (memory) atomic_fetch_sub(&live, 1);
  __real_free(memory);
}

WRAP(int, posix_memalign, void **out, size_t alignment, size_t size) {
  if (no_memory("posix_memalign")) return ENOMEM;
  const int failed = __real_posix_memalign(out, alignment, size);
  if (!failed) counted(*out);
  return failed;
}

WRAP(void *, mmap, void *at, size_t size, int protection, int flags, int file, off_t offset) {
  if (no_memory("mmap")) return MAP_FAILED;
  void *made = __real_mmap(at, size, protection, flags, file, offset);
  if (made != MAP_FAILED) counted(made);
  return made;
}

WRAP(int, munmap, void *at, size_t size) {
  atomic_fetch_sub(&live, 1);
  return __real_munmap(at, size);
}

WRAP(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
     void *context) {
  return fails(FAULT_MEMORY, "pthread_create")
             ? EAGAIN
             : __real_pthread_create(thread, attributes, run, context);
}

WRAP(DIR *, opendir, const char *path) {
  return no_memory("opendir") ? NULL : counted(__real_opendir(path));
}
// What was counted as a descriptor now counts as a directory.
WRAP(DIR *, fdopendir, int handle) {
  return no_memory("fdopendir") ? NULL : __real_fdopendir(handle);
}
WRAP(struct dirent *, readdir, DIR *directory) {
  return no_memory("readdir") ? NULL : __real_readdir(directory);
}
WRAP(int, closedir, DIR *directory) {
  atomic_fetch_sub(&live, 1);
  return __real_closedir(directory);
}

// Jansson's parser drops a letter for which it finds no memory and goes on; so the parser fails as
// a whole here.
static json_t *parse_failed(json_error_t *error) {
  if (error) *error = (json_error_t){.line = -1, .column = -1};
  return NULL;
}

WRAP(json_t *, json_loadb, const char *text, size_t size, size_t flags, json_error_t *error) {
  if (no_memory("json_loadb")) return parse_failed(error);
  parsing = true;
  json_t *value = __real_json_loadb(text, size, flags, error);
  parsing = false;
  return value;
}

WRAP(json_t *, json_loads, const char *text, size_t flags, json_error_t *error) {
  if (no_memory("json_loads")) return parse_failed(error);
  parsing = true;
  json_t *value = __real_json_loads(text, flags, error);
  parsing = false;
  return value;
}

__attribute__((constructor)) static void hook_jansson(void) {
  json_set_alloc_funcs(__wrap_malloc, __wrap_free);
}

// operator new, of the C++ shim. Those inside libsentencepiece are not reached: its protobuf aborts
// in a destructor when one of them throws.
_Noreturn void _ZSt17__throw_bad_allocv(void);  // std::__throw_bad_alloc()
static void fail_new(void) {
  if (fails(FAULT_MEMORY, "operator new")) _ZSt17__throw_bad_allocv();
}
// Its name says which type size_t is.
#if SIZE_MAX > UINT32_MAX
WRAP(void *, _Znwm, size_t size) {
  fail_new();
  return __real__Znwm(size);
}
#else
WRAP(void *, _Znwj, size_t size) {
  fail_new();
  return __real__Znwj(size);
}
#endif

// ---- writes -----------------------------------------------------------------

static bool no_write(const char *name, int reason) {
  if (!fails(FAULT_WRITE, name)) return false;
  errno = reason;
  return true;
}

WRAP(int, open, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if ((flags & O_ACCMODE) != O_RDONLY && no_write("open", EACCES)) return -1;
  const int handle = __real_open(path, flags, mode);
  if (handle >= 0) atomic_fetch_add(&live, 1);
  return handle;
}

// Only directories are opened so, to be read.
WRAP(int, openat, int at, const char *path, int flags, ...) {
  if (no_memory("openat")) return -1;
  const int handle = __real_openat(at, path, flags);
  if (handle >= 0) atomic_fetch_add(&live, 1);
  return handle;
}

WRAP(int, mkstemp, char *template) {
  if (no_write("mkstemp", EACCES)) return -1;
  const int handle = __real_mkstemp(template);
  if (handle >= 0) atomic_fetch_add(&live, 1);
  return handle;
}

WRAP(int, close, int handle) {
  atomic_fetch_sub(&live, 1);
  return __real_close(handle);
}

WRAP(FILE *, fopen, const char *path, const char *mode) {
  if (no_memory("fopen") || (*mode != 'r' && no_write("fopen", EROFS))) return NULL;
  return counted(__real_fopen(path, mode));
}

// What was counted as a descriptor now counts as a file.
WRAP(FILE *, fdopen, int handle, const char *mode) {
  return no_memory("fdopen") ? NULL : __real_fdopen(handle, mode);
}

WRAP(FILE *, open_memstream, char **text, size_t *size) {
  if (no_memory("open_memstream")) return NULL;
  FILE *file = __real_open_memstream(text, size);
  if (file) atomic_fetch_add(&live, 2);  // the stream, and the text that outlives it
  return file;
}

WRAP(gzFile, gzdopen, int handle, const char *mode) {
  return no_memory("gzdopen") ? NULL : __real_gzdopen(handle, mode);
}
WRAP(int, gzclose, gzFile file) {
  atomic_fetch_sub(&live, 1);
  return __real_gzclose(file);
}

WRAP(int, fclose, FILE *file) {
  atomic_fetch_sub(&live, 1);
  // A stream in memory has no descriptor: its flags are -1, so it counts as written.
  const bool written = (fcntl(fileno(file), F_GETFL) & O_ACCMODE) != O_RDONLY;
  const int failed = __real_fclose(file);
  return written && no_write("fclose", EIO) ? EOF : failed;
}

// The disk is full: from now on all that this stream holds and gets goes to /dev/full, so that
// stdio itself meets the error, when it flushes.
WRAP(size_t, fwrite, const void *data, size_t size, size_t count, FILE *file) {
  if (fileno(file) >= 0 && no_write("fwrite", ENOSPC)) {
    const int full = __real_open("/dev/full", O_WRONLY);
    if (full < 0 || dup2(full, fileno(file)) < 0) abort();
    __real_close(full);
  }
  return __real_fwrite(data, size, count, file);
}

WRAP(int, fflush, FILE *file) { return no_write("fflush", ENOSPC) ? EOF : __real_fflush(file); }
WRAP(int, fsync, int handle) {  // the disk itself is not under test
  (void)handle;
  return no_write("fsync", EIO) ? -1 : 0;
}
WRAP(int, fdatasync, int handle) {
  (void)handle;
  return no_write("fdatasync", EIO) ? -1 : 0;
}
WRAP(ssize_t, pwrite, int handle, const void *data, size_t size, off_t at) {
  return no_write("pwrite", ENOSPC) ? -1 : __real_pwrite(handle, data, size, at);
}
WRAP(int, posix_fallocate, int handle, off_t at, off_t size) {
  return no_write("posix_fallocate", ENOSPC) ? ENOSPC : __real_posix_fallocate(handle, at, size);
}
WRAP(int, ftruncate, int handle, off_t size) {
  return no_write("ftruncate", EIO) ? -1 : __real_ftruncate(handle, size);
}
WRAP(int, rename, const char *from, const char *to) {
  return no_write("rename", EACCES) ? -1 : __real_rename(from, to);
}
WRAP(int, renameat2, int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  return no_write("renameat2", ENOSYS) ? -1 : __real_renameat2(from_at, from, to_at, to, flags);
}
WRAP(int, renameat, int from_at, const char *from, int to_at, const char *to) {
  return no_write("renameat", EACCES) ? -1 : __real_renameat(from_at, from, to_at, to);
}
WRAP(int, unlinkat, int at, const char *path, int flags) {
  return no_write("unlinkat", EACCES) ? -1 : __real_unlinkat(at, path, flags);
}
WRAP(int, rmdir, const char *path) { return no_write("rmdir", EACCES) ? -1 : __real_rmdir(path); }
WRAP(int, mkdir, const char *path, mode_t mode) {
  return no_write("mkdir", ENOSPC) ? -1 : __real_mkdir(path, mode);
}

// ---- whole commands ---------------------------------------------------------

// FAULT=memory:N or write:N arms from the start of the process; its end says on standard error
// whether the fault came. kill:N: the Nth write kills; term:N: SIGTERM
// comes there.
static bool told;

__attribute__((constructor)) static void arm_by_environment(void) {
  const char *text = getenv("FAULT");
  if (!text) return;
  told = true;
  signal_there = strncmp(text, "kill:", 5) == 0   ? SIGKILL
                 : strncmp(text, "term:", 5) == 0 ? SIGTERM
                                                  : 0;
  faults_arm(strncmp(text, "memory:", 7) == 0 ? FAULT_MEMORY : FAULT_WRITE,
             atol(strchr(text, ':') + 1));
}

__attribute__((destructor)) static void tell(void) {
  if (!told) return;
  faults_disarm();
  char line[128];
  const int length = snprintf(line, sizeof line, "fault: %s after %ld calls\n",
                              faults_fired() ? faults_where() : "none", faults_calls());
  if (write(STDERR_FILENO, line, (size_t)length) < 0) return;
}
