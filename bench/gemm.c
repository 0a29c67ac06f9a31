// Times the matrix products of real models beside OpenBLAS and MKL, as CSV.
// Usage: gemm [--threads N] [--openblas LIBRARY] [--mkl LIBRARY] SHAPES.csv...
// A library that is not named is looked for under its usual names, and left out if it is not
// installed; none is linked, or needed to build. For each shape all of them take turns, ROUNDS
// times, and the fastest turn of each counts. A line of SHAPES.csv is operation,m,n,k
// (bench/shapes/).
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "ingot_measure.h"
#include "measure/matrix_product.h"

enum { ROUNDS = 5 };

// ---- the peers --------------------------------------------------------------
// The C interface of BLAS, and MKL's own for operands that were packed before.

enum {
  ROW_MAJOR = 101,     // CBLAS_LAYOUT
  NO_TRANSPOSE = 111,  // CBLAS_TRANSPOSE
  TRANSPOSE = 112,
  PACKED = 151,   // CBLAS_STORAGE
  B_MATRIX = 162  // CBLAS_IDENTIFIER
};

typedef void (*sgemm_function)(int layout, int transpose_a, int transpose_b, int m, int n, int k,
                               float alpha, const float *a, int lda, const float *b, int ldb,
                               float beta, float *c, int ldc);
typedef size_t (*pack_size_function)(int identifier, int m, int n, int k);
typedef void (*pack_function)(int layout, int identifier, int transpose, int m, int n, int k,
                              float alpha, const float *source, int ld, float *to);
typedef void (*compute_function)(int layout, int transpose_a, int transpose_b, int m, int n, int k,
                                 const float *a, int lda, const float *b, int ldb, float beta,
                                 float *c, int ldc);

typedef struct peer {
  const char *name;
  sgemm_function sgemm;
  pack_size_function pack_size;  // NULL: cannot pack
  pack_function pack;
  compute_function compute;
} peer;

// dlsym returns the address of a function as that of an object (POSIX.1-2008, dlsym: rationale).
#define FIND(library, name, out) (*(void **)&(out) = dlsym((library), (name)))

static void *open_library(const char *named, const char *const *usual) {
  void *library = named ? dlopen(named, RTLD_NOW | RTLD_LOCAL) : NULL;
  for (; !named && *usual && !library; usual++) library = dlopen(*usual, RTLD_NOW | RTLD_LOCAL);
  if (named && !library) {
    fprintf(stderr, "gemm: %s\n", dlerror());
    exit(1);
  }
  return library;
}

// Idle threads of both libraries spin for a while, which costs whoever is timed next. This makes it
// a short while.
static void quiet_waiting(void) {
  setenv("KMP_BLOCKTIME", "5", 0);
  setenv("OPENBLAS_THREAD_TIMEOUT", "20", 0);
}

static bool open_openblas(peer *p, const char *named, int threads) {
  void *library = open_library(named, (const char *const[]){"libopenblas.so.0", "libopenblas.so",
                                                            "libopenblas.dylib", NULL});
  if (!library) return false;
  void (*set_threads)(int) = NULL;
  *p = (peer){.name = "openblas"};
  if (!FIND(library, "cblas_sgemm", p->sgemm) ||
      !FIND(library, "openblas_set_num_threads", set_threads))
    return false;
  set_threads(threads);
  return true;
}

static bool open_mkl(peer *p, const char *named, int threads) {
  void *library = open_library(
      named, (const char *const[]){"libmkl_rt.so.3", "libmkl_rt.so.2", "libmkl_rt.so", NULL});
  if (!library) return false;
  void (*set_threads)(int) = NULL;
  *p = (peer){.name = "mkl"};
  if (!FIND(library, "cblas_sgemm", p->sgemm) || !FIND(library, "MKL_Set_Num_Threads", set_threads))
    return false;
  if (!FIND(library, "cblas_sgemm_pack_get_size", p->pack_size) ||
      !FIND(library, "cblas_sgemm_pack", p->pack) ||
      !FIND(library, "cblas_sgemm_compute", p->compute)) {
    p->pack_size = NULL;
  }
  set_threads(threads);
  return true;
}

// ---- one shape --------------------------------------------------------------

// How a peer sees the operands of a product.
typedef struct peer_call {
  const peer *peer;
  int m, n, k, transpose_a, transpose_b, lda, ldb;
  const float *a, *b;
  float *c;
  float *packed;  // NULL: this peer does not pack
} peer_call;

static peer_call peer_call_of(const peer *p, const ig_matrix_product_shape *s,
                              const ig_matrix_product *product) {
  const bool weight = s->kind == IG_MATRIX_PRODUCT_BACKWARD_WEIGHT,
             rows = s->kind == IG_MATRIX_PRODUCT_FORWARD || s->kind == IG_MATRIX_PRODUCT_PACKED;
  peer_call call = {.peer = p,
                    .m = (int)s->m,
                    .n = (int)s->n,
                    .k = (int)s->k,
                    .a = product->gemm.a,
                    .b = product->gemm.b,
                    .c = product->gemm.c};
  call.transpose_a = weight ? TRANSPOSE : NO_TRANSPOSE;
  call.transpose_b = rows ? TRANSPOSE : NO_TRANSPOSE;
  call.lda = weight ? call.m : call.k;
  call.ldb = rows ? call.k : call.n;
  if (s->kind == IG_MATRIX_PRODUCT_PACKED && p->pack_size) {
    const size_t bytes = p->pack_size(B_MATRIX, call.m, call.n, call.k);
    call.packed = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!call.packed) exit(1);
    p->pack(ROW_MAJOR, B_MATRIX, call.transpose_b, call.m, call.n, call.k, 1, call.b, call.ldb,
            call.packed);
  }
  return call;
}

static double peer_seconds(const peer_call *call, bool packed, int loops) {
  const peer *p = call->peer;
  const double begin = ig_clock_seconds();
  for (int i = 0; i < loops; i++) {
    if (packed) {
      p->compute(ROW_MAJOR, call->transpose_a, PACKED, call->m, call->n, call->k, call->a,
                 call->lda, call->packed, call->ldb, 0, call->c, call->n);
    } else {
      p->sgemm(ROW_MAJOR, call->transpose_a, call->transpose_b, call->m, call->n, call->k, 1,
               call->a, call->lda, call->b, call->ldb, 0, call->c, call->n);
    }
  }
  const double seconds = (ig_clock_seconds() - begin) / loops;
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);  // its threads sleep after that
  return seconds;
}

// The time with plain weights or with packed ones, whichever is faster.
static double peer_best(const peer_call *call, double operations) {
  const int loops = (int)(1e9 / operations) + 1;
  double best = peer_seconds(call, false, loops);
  if (call->packed) best = fmin(best, peer_seconds(call, true, loops));
  return best;
}

// Ends the program if our result and a peer's differ by more than sums of k terms may, so that only
// equal work is compared.
static void check_agreement(const peer_call *call, ig_nn *nn, ig_matrix_product *product) {
  const size_t size = product->gemm.m * product->gemm.n;
  ig_matrix_product_seconds(nn, product);
  float *ours = malloc(size * sizeof *ours);
  if (!ours) exit(1);
  memcpy(ours, product->gemm.c, size * sizeof *ours);
  for (int packed = 0; packed <= (call->packed != NULL); packed++) {
    memset(product->gemm.c, 0, size * sizeof *ours);
    peer_seconds(call, packed, 1);
    for (size_t i = 0; i < size; i++) {
      if (!(fabsf(ours[i] - product->gemm.c[i]) < 1e-4f * sqrtf((float)product->gemm.k))) {
        fprintf(stderr, "gemm: %s disagrees at %zu: %g and %g\n", call->peer->name, i,
                (double)product->gemm.c[i], (double)ours[i]);
        exit(1);
      }
    }
  }
  free(ours);
}

static void time_shape(ig_nn *nn, const char *set, const ig_matrix_product_shape *s,
                       const peer *peers, size_t peer_count, double peak) {
  ig_matrix_product product;
  ig_error err;
  if (ig_matrix_product_create(nn, s, &product, &err) != IG_OK) {
    fprintf(stderr, "gemm: %s\n", err.message);
    exit(1);
  }
  peer_call calls[2];
  double ours = INFINITY, theirs[2] = {INFINITY, INFINITY};
  for (size_t p = 0; p < peer_count; p++) {
    calls[p] = peer_call_of(&peers[p], s, &product);
    check_agreement(&calls[p], nn, &product);
  }
  const double operations = ig_matrix_product_operations(&product);
  for (int round = 0; round < ROUNDS; round++) {
    ours = fmin(ours, ig_matrix_product_seconds(nn, &product));
    for (size_t p = 0; p < peer_count; p++)
      theirs[p] = fmin(theirs[p], peer_best(&calls[p], operations));
  }
  printf("%s,%d,%s,%s,%zu,%zu,%zu,%.1f,%.4f", nn->kernels->name, ig_pool_threads(nn->pool), set,
         ig_matrix_product_kind_name(s->kind), s->m, s->n, s->k, operations / ours * 1e-9,
         operations / ours * 1e-9 / peak);
  for (size_t p = 0; p < peer_count; p++) {
    printf(",%.1f", operations / theirs[p] * 1e-9);
    free(calls[p].packed);
  }
  putchar('\n');
  fflush(stdout);
  ig_matrix_product_free(&product);
}

// ---- files of shapes --------------------------------------------------------

static bool read_shape(const char *line, ig_matrix_product_shape *s) {
  char kind[32];
  if (sscanf(line, "%31[a-z-],%zu,%zu,%zu", kind, &s->m, &s->n, &s->k) != 4) return false;
  for (int i = 0; i < IG_MATRIX_PRODUCT_KINDS; i++) {
    s->kind = (ig_matrix_product_kind)i;
    if (strcmp(kind, ig_matrix_product_kind_name(s->kind)) == 0)
      return s->m > 0 && s->n > 0 && s->k > 0;
  }
  return false;
}

static void time_file(ig_nn *nn, const char *path, const peer *peers, size_t peer_count,
                      double peak) {
  FILE *file = fopen(path, "r");
  char line[512], set[64];
  if (!file) {
    perror(path);
    exit(1);
  }
  const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  snprintf(set, sizeof set, "%.*s", (int)strcspn(name, "."), name);
  for (int number = 1; fgets(line, sizeof line, file); number++) {
    ig_matrix_product_shape s;
    if (line[0] == '#') continue;
    if (!read_shape(line, &s)) {
      fprintf(stderr, "%s:%d: expected operation,m,n,k\n", path, number);
      exit(1);
    }
    time_shape(nn, set, &s, peers, peer_count, peak);
  }
  fclose(file);
}

int main(int argc, char **argv) {
  const char *openblas = NULL, *mkl = NULL;
  int threads = 0, i = 1;
  for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
    if (strcmp(argv[i], "--threads") == 0) threads = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--openblas") == 0) openblas = argv[i + 1];
    if (strcmp(argv[i], "--mkl") == 0) mkl = argv[i + 1];
  }
  ig_nn nn = {.training = true};  // so that products of training may run on a matrix unit
  ig_error err;
  double peak;
  if (ig_kernels_select(&nn.kernels, &err) != IG_OK ||
      ig_pool_create(threads, &nn.pool, &err) != IG_OK ||
      ig_machine_peak(NULL, IG_PEAK_INFERENCE, threads, &peak, &err) != IG_OK) {
    fprintf(stderr, "gemm: %s\n", err.message);
    return 1;
  }
  quiet_waiting();
  peer peers[2];
  size_t peer_count = 0;
  if (open_openblas(&peers[peer_count], openblas, ig_pool_threads(nn.pool))) peer_count++;
  if (open_mkl(&peers[peer_count], mkl, ig_pool_threads(nn.pool))) peer_count++;
  printf("isa,threads,set,operation,m,n,k,ingot,share_of_peak");
  for (size_t p = 0; p < peer_count; p++) printf(",%s", peers[p].name);
  putchar('\n');
  for (; i < argc; i++) time_file(&nn, argv[i], peers, peer_count, peak);
  ig_pool_free(nn.pool);
  return 0;
}
