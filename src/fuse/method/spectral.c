// Methods on the singular values of differences from the base, d_i = x_i - base. They are for
// matrices; other tensors, and matrices with fewer rows or columns than there are models, become
// base + alpha mean(d_i). Singular values of zero have no vectors here (numeric/svd.h).
//   iso_c (Marczak et al., ICML 2025): D = sum_i d_i = U S V^T;  base + alpha mean(S) U V^T
//   tsv_m (Gargiulo et al., CVPR 2025): of each d_i the k = floor(r / models) largest singular
//     triplets are kept, r = min(rows, columns). All that are kept, side by side, make U, S and V.
//     U and V are replaced by the nearest matrices with orthonormal columns,
//     P = U (U^T U)^(-1/2);  base + alpha P_U S P_V^T
#include <math.h>
#include <string.h>

#include "fuse/method/methods.h"
#include "numeric/svd.h"

enum { ALPHA };
static const size_t HEADER = 64;  // bytes before the matrices, which keep them aligned

typedef struct spectral_state {
  size_t count;  // singular triplets that are kept
} spectral_state;

// The parts of the state: the singular triplets that are kept, and memory in which a matrix is
// decomposed.
typedef struct spectral_parts {
  spectral_state *state;
  double *left;    // (most_triplets, rows)
  double *right;   // (most_triplets, columns)
  double *values;  // (most_triplets)
  void *memory;    // for ig_svd_lay_out
} spectral_parts;

static size_t most_triplets(const ig_merge_tensor *m) {
  return m->rows < m->columns ? m->rows : m->columns;
}
static bool is_spectral(const ig_merge_tensor *m) {
  return m->rank == 2 && most_triplets(m) >= m->inputs;
}

// Bytes of the triplets.
static size_t triplets_size(const ig_merge_tensor *m) {
  return most_triplets(m) * (m->rows + m->columns + 1) * sizeof(double);
}

static spectral_parts spectral_parts_of(const ig_merge_tensor *m) {
  char *at = m->state;
  double *left = (double *)(void *)(at + HEADER), *right = left + most_triplets(m) * m->rows;
  return (spectral_parts){(spectral_state *)(void *)at, left, right,
                          right + most_triplets(m) * m->columns, at + HEADER + triplets_size(m)};
}

static size_t spectral_state_size(const ig_merge_tensor *m) {
  return is_spectral(m) ? HEADER + triplets_size(m) + ig_svd_size(m->rows, m->columns) : 0;
}

static bool iso_c_wants(const ig_merge_tensor *m, int pass) {
  (void)pass;
  return is_spectral(m);
}
static bool tsv_m_wants(const ig_merge_tensor *m, int pass) {
  return is_spectral(m) && (size_t)pass < m->inputs;
}

// ---- iso_c ------------------------------------------------------------------

// Adds up the differences of models first .. first + count - 1 in the matrix that is to be
// decomposed.
static void gather_differences(const ig_merge_tensor *m, const ig_merge_block *b, size_t first,
                               size_t count) {
  const ig_svd svd = ig_svd_lay_out(m->rows, m->columns, spectral_parts_of(m).memory);
  for (size_t row = 0; row < b->rows; row++)
    for (size_t column = 0; column < m->columns; column++) {
      const size_t i = row * m->columns + column;
      double sum = 0;
      for (size_t k = first; k < first + count; k++) sum += (double)b->x[k][i] - (double)b->base[i];
      *ig_svd_at(&svd, b->first_row + row, column) = sum;
    }
}

static void iso_c_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *b,
                         ig_gathered *to) {
  (void)pass;
  (void)to;
  gather_differences(m, b, 0, m->inputs);
}

static void iso_c_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)pass;
  (void)all;
  const spectral_parts p = spectral_parts_of(m);
  ig_svd svd = ig_svd_lay_out(m->rows, m->columns, p.memory);
  ig_svd_decompose(&svd, m->pool);
  double mean = 0;
  for (size_t i = 0; i < svd.count; i++) mean += svd.values[i];
  mean /= (double)svd.count;
  memcpy(p.left, svd.left, svd.rank * m->rows * sizeof(double));
  memcpy(p.right, svd.right, svd.rank * m->columns * sizeof(double));
  for (size_t i = 0; i < svd.rank; i++) p.values[i] = mean;
  p.state->count = svd.rank;
}

// ---- tsv_m ------------------------------------------------------------------

static void tsv_m_gather(const ig_merge_tensor *m, int pass, const ig_merge_block *b,
                         ig_gathered *to) {
  (void)to;
  gather_differences(m, b, (size_t)pass, 1);
}

// Replaces vectors (count, length) by the nearest orthonormal ones: if the decomposition of their
// matrix is A B C^T, by A C^T. memory: for ig_svd_lay_out.
static void make_orthonormal(const ig_merge_tensor *m, double *vectors, size_t count, size_t length,
                             void *memory) {
  ig_svd svd = ig_svd_lay_out(count, length, memory);
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < length; k++) *ig_svd_at(&svd, i, k) = vectors[i * length + k];
  ig_svd_decompose(&svd, m->pool);
  memset(vectors, 0, count * length * sizeof *vectors);
  for (size_t r = 0; r < svd.rank; r++)
    for (size_t i = 0; i < count; i++) {
      const double factor = svd.left[r * count + i];
      for (size_t k = 0; k < length; k++)
        vectors[i * length + k] += factor * svd.right[r * length + k];
    }
}

static void tsv_m_end_pass(ig_merge_tensor *m, int pass, const ig_gathered *all) {
  (void)all;
  const spectral_parts p = spectral_parts_of(m);
  ig_svd svd = ig_svd_lay_out(m->rows, m->columns, p.memory);
  ig_svd_decompose(&svd, m->pool);
  const size_t share = most_triplets(m) / m->inputs, kept = svd.rank < share ? svd.rank : share,
               at = p.state->count;
  memcpy(p.left + at * m->rows, svd.left, kept * m->rows * sizeof(double));
  memcpy(p.right + at * m->columns, svd.right, kept * m->columns * sizeof(double));
  memcpy(p.values + at, svd.values, kept * sizeof(double));
  p.state->count += kept;
  if ((size_t)pass + 1 < m->inputs) return;
  make_orthonormal(m, p.left, p.state->count, m->rows, p.memory);
  make_orthonormal(m, p.right, p.state->count, m->columns, p.memory);
}

// ---- both -------------------------------------------------------------------

static void spectral_combine_mean(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  for (size_t i = 0; i < b->count; i++) {
    double sum = 0;
    for (size_t k = 0; k < m->inputs; k++) sum += (double)b->x[k][i] - (double)b->base[i];
    out[i] = (float)((double)b->base[i] + m->shared[ALPHA] * sum / (double)m->inputs);
  }
}

// Combines one row, some columns at a time: base + alpha times the sum over the triplets.
static void spectral_combine_row(const ig_merge_tensor *m, const spectral_parts *p, size_t row,
                                 const float *base, float *out) {
  enum { COLUMNS = 512 };
  double sums[COLUMNS];
  for (size_t first = 0; first < m->columns; first += COLUMNS) {
    const size_t count = m->columns - first < COLUMNS ? m->columns - first : COLUMNS;
    memset(sums, 0, count * sizeof *sums);
    for (size_t i = 0; i < p->state->count; i++) {
      const double factor = m->shared[ALPHA] * p->values[i] * p->left[i * m->rows + row],
                   *right = p->right + i * m->columns + first;
      for (size_t k = 0; k < count; k++) sums[k] += factor * right[k];
    }
    for (size_t k = 0; k < count; k++) out[first + k] = (float)((double)base[first + k] + sums[k]);
  }
}

static void spectral_combine(const ig_merge_tensor *m, const ig_merge_block *b, float *out) {
  if (!is_spectral(m)) {
    spectral_combine_mean(m, b, out);
    return;
  }
  const spectral_parts p = spectral_parts_of(m);
  for (size_t row = 0; row < b->rows; row++)
    spectral_combine_row(m, &p, b->first_row + row, b->base + row * m->columns,
                         out + row * m->columns);
}

#define SPECTRAL_METHOD(name_, summary_, passes_, wants_, gather_, end_)                \
  const ig_method ig_method_##name_ = {                                                 \
      .name = #name_,                                                                   \
      .summary = summary_,                                                              \
      .base = IG_BASE_USE_REQUIRED,                                                     \
      .least_inputs = 1,                                                                \
      .most_inputs = IG_METHOD_INPUTS,                                                  \
      .parameters = {{"alpha", IG_VALUE_NUMBER, false, false, 1, -INFINITY, INFINITY}}, \
      .passes = passes_,                                                                \
      .state_size = spectral_state_size,                                                \
      .wants = wants_,                                                                  \
      .gather = gather_,                                                                \
      .end_pass = end_,                                                                 \
      .combine = spectral_combine};

SPECTRAL_METHOD(iso_c, "the sum of differences with all its singular values made equal", 1,
                iso_c_wants, iso_c_gather, iso_c_end_pass)
SPECTRAL_METHOD(tsv_m,
                "the largest singular triplets of each difference, made orthogonal to one another",
                IG_METHOD_INPUTS, tsv_m_wants, tsv_m_gather, tsv_m_end_pass)
