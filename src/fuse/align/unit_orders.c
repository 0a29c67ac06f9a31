#include "fuse/align/unit_orders.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "base/size.h"
#include "fuse/align/activation_matching.h"
#include "fuse/align/activation_pairs.h"
#include "fuse/align/order_turns.h"
#include "fuse/align/transport_maps.h"
#include "fuse/align/weight_gains.h"
#include "fuse/align/weight_matching.h"

static const double worst_shares = 1e-3;  // that transport may leave without a word

// ---- what is told -----------------------------------------------------------

static json_t *describe_moved(const size_t *moved) {
  json_t *out = json_object();
  bool fine = out != NULL;
  for (int i = 0; fine && i < IG_PERMUTATION_KINDS; i++)
    fine = json_object_set_new(out, ig_symmetries_kind_name((ig_permutation_kind)i),
                               json_integer((json_int_t)moved[i])) == 0;
  if (fine) return out;
  json_decref(out);
  return NULL;
}

static ig_status add_moved(json_t *found, const size_t *moved, json_t **out, ig_error *err) {
  json_t *described = describe_moved(moved);
  if (found && described && json_object_set(found, "moved", described) == 0) {
    json_decref(described);
    *out = found;
    return IG_OK;
  }
  json_decref(described);
  json_decref(found);
  return ig_fail_memory(err);
}

// ---- by weights -------------------------------------------------------------

// Two arrays of orders (places): those that are found, and those in which everything stays.
typedef struct order_pair {
  uint32_t *found, *unmoved;
} order_pair;

static ig_status put_by_weights(const ig_unit_orders_args *a, const order_pair *orders,
                                json_t **found, ig_error *err) {
  ig_weight_matching_result result;
  const ig_weight_matching matching = {.symmetries = a->symmetries,
                                       .to = a->to->values,
                                       .from = a->from->values,
                                       .seed = a->how->seed,
                                       .restarts = a->how->restarts,
                                       .kernels = a->kernels,
                                       .pool = a->pool,
                                       .interrupter = a->interrupter};
  IG_TRY(ig_weight_matching_find(&matching, orders->found, &result, err));
  IG_TRY(ig_symmetries_apply(a->symmetries, orders->found, a->from->values, err));
  ig_report(a->reporter, IG_LEVEL_INFO, "aligned %s to %s: similarity of weights %.4f, before %.4f",
            a->from_name, a->to_name, result.similarity_after, result.similarity_before);
  return add_moved(json_pack("{s:f, s:f, s:i}", "similarity_before", result.similarity_before,
                             "similarity_after", result.similarity_after, "try", result.best_try),
                   result.moved, found, err);
}

// ---- by activations ---------------------------------------------------------

// How much a model is like the other before it is put in order, and after.
typedef struct fit {
  double before, after;
} fit;

typedef struct activation_fit {
  fit correlation, similarity;  // of units; of weights
  double error;                 // of the transport
} activation_fit;

// The cosine of both models' weights as they are.
static double measure_similarity(const ig_unit_orders_args *a, const order_pair *orders) {
  const ig_weight_gains gains = {
      .symmetries = a->symmetries, .to = a->to->values, .from = a->from->values};
  return ig_weight_gains_similarity(&gains, orders->unmoved);
}

static ig_status tell_activations(const ig_unit_orders_args *a, const order_pair *orders,
                                  const activation_fit *fits, json_t **found, ig_error *err) {
  const fit *correlation = &fits->correlation, *similarity = &fits->similarity;
  size_t moved[IG_PERMUTATION_KINDS] = {0};
  ig_order_turns_count_moved(a->symmetries, orders->found, moved);
  ig_report(a->reporter, IG_LEVEL_INFO,
            "aligned %s to %s: correlation of units %.4f, before %.4f; similarity of weights %.4f, "
            "before %.4f",
            a->from_name, a->to_name, correlation->after, correlation->before, similarity->after,
            similarity->before);
  if (fits->error > worst_shares)
    ig_report(
        a->reporter, IG_LEVEL_WARNING,
        "%s: the shares of a unit sum to 1 within %.1g only, so many rounds they would take: a "
        "larger regularization takes fewer",
        a->from_name, fits->error);
  json_t *told = json_pack("{s:f, s:f, s:f, s:f}", "correlation_before", correlation->before,
                           "correlation_after", correlation->after, "similarity_before",
                           similarity->before, "similarity_after", similarity->after);
  if (told && a->how->method == IG_ALIGN_METHOD_TRANSPORT &&
      json_object_set_new(told, "transport_error", json_real(fits->error))) {
    json_decref(told);
    return ig_fail_memory(err);
  }
  return add_moved(told, moved, found, err);
}

// The most rows of a side of any pair.
static size_t longest_sequence(const ig_learning_data *data) {
  const ig_batch_bounds bounds = ig_learning_data_largest(data);
  return ig_size_larger(bounds.longest[IG_SIDE_SOURCE], bounds.longest[IG_SIDE_TARGET]);
}

// What is added to the stream at each position.
static ig_status make_sinusoids(const ig_unit_orders_args *a, float **out, ig_error *err) {
  const ig_config *c = &a->to->config;
  const size_t count = longest_sequence(a->data);
  *out = ig_allocate(count, (size_t)c->d_model * sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  ig_positions_sinusoids(c->positions.kind, c->positions.offset, (int)count, c->d_model, *out);
  return IG_OK;
}

static ig_status apply(const ig_unit_orders_args *a, const uint32_t *orders,
                       const ig_transport_maps *maps, ig_error *err) {
  const ig_nn nn = {.kernels = a->kernels, .pool = a->pool};
  return maps ? ig_transport_maps_apply(maps, orders, &nn, a->from->values, err)
              : ig_symmetries_apply(a->symmetries, orders, a->from->values, err);
}

// What the search by activations works with.
typedef struct matching_work {
  ig_activation_taps taps;
  float *sinusoids;         // (longest_sequence, columns of the stream), or NULL
  ig_transport_maps *maps;  // NULL without transport
} matching_work;

static ig_status match_activations(const ig_unit_orders_args *a, const matching_work *w,
                                   const order_pair *orders, json_t **found, ig_error *err) {
  const ig_activation_matching matching = {.symmetries = a->symmetries,
                                           .taps = &w->taps,
                                           .to = a->to->values,
                                           .from = a->from->values,
                                           .sinusoids = w->sinusoids,
                                           .sinusoid_count = longest_sequence(a->data),
                                           .position_penalty = a->how->position_penalty,
                                           .kernels = a->kernels,
                                           .pool = a->pool,
                                           .interrupter = a->interrupter};
  activation_fit fits = {0};
  fit *correlation = &fits.correlation;
  IG_TRY(ig_activation_matching_correlation(&matching, orders->unmoved, &correlation->before, err));
  fits.similarity.before = measure_similarity(a, orders);
  IG_TRY(ig_activation_matching_find(&matching, orders->found, w->maps, err));
  IG_TRY(ig_activation_matching_correlation(&matching, orders->found, &correlation->after, err));
  IG_TRY(apply(a, orders->found, w->maps, err));
  fits.similarity.after = measure_similarity(a, orders);
  fits.error = w->maps ? w->maps->error : 0;
  return tell_activations(a, orders, &fits, found, err);
}

static ig_status sum_and_match(const ig_unit_orders_args *a, const order_pair *orders,
                               ig_transport_maps *maps, json_t **found, ig_error *err) {
  const ig_activation_pairs pairs = {.models = {a->to, a->from},
                                     .data = a->data,
                                     .name = a->from_name,
                                     .pool = a->pool,
                                     .reporter = a->reporter,
                                     .interrupter = a->interrupter};
  matching_work w = {.maps = maps};
  ig_status status = ig_activation_taps_create(a->symmetries, &w.taps, err);
  if (status == IG_OK && a->symmetries->moves_sinusoids)
    status = make_sinusoids(a, &w.sinusoids, err);
  if (status == IG_OK) status = ig_activation_pairs_sum(&pairs, &w.taps, err);
  if (status == IG_OK) status = match_activations(a, &w, orders, found, err);
  free(w.sinusoids);
  ig_activation_taps_free(&w.taps);
  return status;
}

static ig_status put_by_activations(const ig_unit_orders_args *a, const order_pair *orders,
                                    json_t **found, ig_error *err) {
  ig_transport_maps maps = {.symmetries = a->symmetries, .regularization = a->how->regularization};
  if (a->how->method != IG_ALIGN_METHOD_TRANSPORT)
    return sum_and_match(a, orders, NULL, found, err);
  ig_status status = ig_transport_maps_create(&maps, err);
  if (status == IG_OK) status = sum_and_match(a, orders, &maps, found, err);
  ig_transport_maps_free(&maps);
  return status;
}

// ---- either -----------------------------------------------------------------

ig_status ig_unit_orders_list(const ig_recipe_align *how, const ig_model *model, const char *where,
                              ig_symmetries *out, ig_error *err) {
  if (how->position_penalty < 0) return ig_symmetries_list(model, where, out, err);
  IG_TRY(ig_symmetries_list_with_stream(model, where, out, err));
  if (out->moves_sinusoids) return IG_OK;
  return ig_fail(
      err, IG_ERROR_UNSUPPORTED, "align.position_penalty: has no effect on %s: %s", where,
      out->stream_stays ? out->stream_stays : "no sinusoids are added to its residual stream");
}

ig_status ig_unit_orders_put(const ig_unit_orders_args *a, json_t **found, ig_error *err) {
  const size_t places = a->symmetries->places;
  uint32_t *both = ig_allocate(places, 2 * sizeof *both, err);
  if (!both) return IG_ERROR_MEMORY;
  const order_pair orders = {.found = both, .unmoved = both + places};
  ig_symmetries_identity(a->symmetries, orders.unmoved);
  const ig_status status = a->how->method == IG_ALIGN_METHOD_WEIGHTS
                               ? put_by_weights(a, &orders, found, err)
                               : put_by_activations(a, &orders, found, err);
  free(both);
  return status;
}

// Sinusoids of the positions that a sentence may have.
static size_t sinusoids_memory(const ig_recipe_align *how, const ig_symmetries *s) {
  const size_t positions = how->max_length ? (size_t)how->max_length : 256;
  size_t columns = 0;
  for (size_t i = 0; s->moves_sinusoids && i < s->count; i++)
    if (s->permutations[i].kind == IG_PERMUTATION_STREAM) columns = s->permutations[i].count;
  return positions * columns * sizeof(float);
}

ig_status ig_unit_orders_memory(const ig_recipe_align *how, const ig_symmetries *s,
                                const ig_kernels *kernels, size_t *out, ig_error *err) {
  const size_t orders = 2 * s->places * sizeof(uint32_t);
  size_t taps;
  *out = orders + ig_weight_matching_memory(s, kernels);
  if (how->method == IG_ALIGN_METHOD_WEIGHTS) return IG_OK;
  IG_TRY(ig_activation_taps_memory(s, &taps, err));
  *out = orders + ig_activation_matching_memory(s, kernels) + taps + sinusoids_memory(how, s);
  if (how->method == IG_ALIGN_METHOD_TRANSPORT) *out += ig_transport_maps_memory(s, kernels);
  return IG_OK;
}
