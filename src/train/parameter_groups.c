// From the names of parts and the heights of tensors to spans of values.
#include "train/parameter_groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/create/model_part.h"

// The parts that an option names, and the tensors (parameter_count) that they have.
typedef struct part_list {
  const char *const *names;
  size_t count;
  bool *marks;
  // No biases, or no norms, is what every model may have, as T5 has no biases.
  bool may_lack_kinds;
} part_list;

static ig_status find_part(const ig_model *m, const part_list *list, const char *name,
                           ig_model_part *out, ig_error *err) {
  IG_TRY(ig_fail_if_null(name, "a name", err));
  IG_TRY(ig_model_part_parse(m, name, out, err));
  const unsigned kinds = IG_MODEL_PLACE_BIASES | IG_MODEL_PLACE_NORMS;
  if (list->may_lack_kinds && !(out->places & ~kinds)) return IG_OK;
  return ig_model_part_check(out, name, m, err);
}

static ig_status mark_parts(const ig_model *m, const part_list *list, ig_error *err) {
  if (list->count) IG_TRY(ig_fail_if_null(list->names, "the names", err));
  for (size_t k = 0; k < list->count; k++) {
    ig_model_part part;
    IG_TRY(find_part(m, list, list->names[k], &part, err));
    for (size_t i = 0; i < m->parameter_count; i++)
      list->marks[i] |= ig_model_part_has(&part, &m->config, &m->parameters[i]);
  }
  return IG_OK;
}

static ig_status check_layer_decay(const ig_model *m, double decay, ig_error *err) {
  const ig_stack_shape *encoder = &m->config.encoder;
  if (!(decay > 0 && decay <= 1))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "layer_decay: expected a number above 0 and at most 1, found %g", decay);
  if (decay == 1 || ig_config_stored_layers(encoder) == encoder->layers) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "layer_decay: the model's %d layers share the weights of %d, so that a layer has "
                 "no rate of its own",
                 encoder->layers, ig_config_stored_layers(encoder));
}

// How far below the head a tensor stands. A layer at height h of a stack of n is n + 2 - h below
// it; a tensor of two stacks, or of one and the head, is where it is lowest.
static int depth_of(const ig_config *c, const ig_parameter *p) {
  const struct {
    const ig_stack_shape *shape;
    unsigned places;
  } stacks[] = {{&c->encoder, IG_MODEL_PLACE_ENCODER}, {&c->decoder, IG_MODEL_PLACE_DECODER}};
  const unsigned places = ig_model_part_places(c, p);
  int most = 0;
  for (int i = 0; i < 2; i++) {
    if (!(places & stacks[i].places)) continue;
    const int depth = stacks[i].shape->layers + 2 - ig_model_part_height(c, p, stacks[i].shape);
    if (depth > most) most = depth;
  }
  return most;
}

static bool continues(const ig_parameter_span *span, const ig_parameter_span *next) {
  return span->rate == next->rate && span->decayed == next->decayed && span->frozen == next->frozen;
}

// kept: by weight decay as they are (parameter_count); NULL: none is.
static void make_spans(const ig_model *m, double decay, const bool *kept,
                       ig_parameter_groups *groups) {
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (!p->trained) continue;
    const ig_parameter_span span = {.begin = p->offset,
                                    .end = p->offset + p->count,
                                    .rate = pow(decay, depth_of(&m->config, p)),
                                    .decayed = !kept || !kept[i],
                                    .frozen = groups->frozen[i]};
    ig_parameter_span *last = &groups->spans[groups->span_count];
    if (groups->span_count > 0 && continues(&last[-1], &span))
      last[-1].end = span.end;
    else
      groups->spans[groups->span_count++] = span;
    if (span.frozen) groups->frozen_values += p->count;
  }
}

static ig_status fill(const ig_model *m, const ig_group_options *o, bool *kept,
                      ig_parameter_groups *groups, ig_error *err) {
  const double decay = o->layer_decay == 0 ? 1 : o->layer_decay;
  const part_list freeze = {o->freeze, o->freeze_count, groups->frozen, false},
                  no_decay = {o->no_decay, o->no_decay_count, kept, true};
  IG_TRY(check_layer_decay(m, decay, err));
  ig_status status = mark_parts(m, &freeze, err);
  if (status != IG_OK) return ig_fail_in(err, status, "freeze");
  status = mark_parts(m, &no_decay, err);
  if (status != IG_OK) return ig_fail_in(err, status, "no_decay");
  make_spans(m, decay, kept, groups);
  if (groups->frozen_values < m->trained_count) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "freeze: nothing is left to train");
}

// Groups without spans, of so many tensors, none of which is marked.
static ig_status begin(size_t parameters, ig_parameter_groups *out, ig_error *err) {
  *out = (ig_parameter_groups){.spans = ig_allocate(parameters, sizeof *out->spans, err),
                               .frozen = ig_allocate(parameters, sizeof *out->frozen, err)};
  if (out->spans && out->frozen) return IG_OK;
  ig_parameter_groups_free(out);
  return IG_ERROR_MEMORY;
}

ig_status ig_parameter_groups_make(const ig_model *m, const ig_group_options *o,
                                   ig_parameter_groups *out, ig_error *err) {
  IG_TRY(begin(m->parameter_count, out, err));
  bool *kept = ig_allocate(m->parameter_count, sizeof *kept, err);
  const ig_status status = kept ? fill(m, o, kept, out, err) : IG_ERROR_MEMORY;
  free(kept);
  if (status != IG_OK) ig_parameter_groups_free(out);
  return status;
}

ig_status ig_parameter_groups_make_marked(const ig_model *m, const bool *frozen,
                                          ig_parameter_groups *out, ig_error *err) {
  IG_TRY(begin(m->parameter_count, out, err));
  memcpy(out->frozen, frozen, m->parameter_count * sizeof *frozen);
  make_spans(m, 1, NULL, out);
  return IG_OK;
}

ig_status ig_parameter_groups_make_flat(size_t values, ig_parameter_groups *out, ig_error *err) {
  IG_TRY(begin(1, out, err));
  out->spans[0] =
      (ig_parameter_span){.begin = 0, .end = values, .rate = 1, .decayed = true, .frozen = false};
  out->span_count = 1;
  return IG_OK;
}

void ig_parameter_groups_free(ig_parameter_groups *groups) {
  free(groups->spans);
  free(groups->frozen);
  *groups = (ig_parameter_groups){0};
}

size_t ig_parameter_groups_values(const ig_parameter_groups *groups) {
  return groups->span_count ? groups->spans[groups->span_count - 1].end : 0;
}

// The span that the value lies in.
static size_t find_span(const ig_parameter_groups *groups, size_t value) {
  size_t low = 0, high = groups->span_count;
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    if (groups->spans[middle].begin <= value)
      low = middle;
    else
      high = middle;
  }
  return low;
}

void ig_parameter_groups_walk(const ig_parameter_groups *groups, size_t begin, size_t end,
                              ig_parameter_visit *visit, void *context) {
  const size_t values = ig_parameter_groups_values(groups);
  if (end > values) end = values;
  for (size_t i = find_span(groups, begin); begin < end; i++) {
    const ig_parameter_span *span = &groups->spans[i];
    const size_t stop = span->end < end ? span->end : end;
    if (!span->frozen) visit(context, span, begin, stop);
    begin = stop;
  }
}
