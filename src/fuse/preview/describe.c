#include "fuse/preview/describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/plain_text.h"
#include "fuse/run/execute.h"
#include "fuse/run/dtype_set.h"
#include "fuse/run/fusion_product.h"
#include "fuse/search/statistics.h"

static double megabytes(size_t bytes) { return (double)bytes / 1e6; }

// ---- one stage --------------------------------------------------------------

static size_t bytes_of(const ig_fuse_model *m, ig_dtype_set *dtypes) {
  size_t bytes = 0;
  for (size_t i = 0; i < ig_safetensors_count(m->tensors); i++) {
    const ig_safetensor *t = ig_safetensors_get(m->tensors, i);
    bytes += t->bytes;
    dtypes->has[t->dtype] = true;
  }
  return bytes;
}

// Prints a line for each model, and returns the bytes of all their tensors.
static size_t print_models(FILE *out, const ig_fusion_plan *plan) {
  size_t all = 0;
  fprintf(out, "  models   ");
  for (size_t i = 0; i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    ig_dtype_set dtypes = {{false}};
    const size_t bytes = bytes_of(m, &dtypes);
    const bool donor = m == ig_fusion_plan_donor(plan);
    fputs(i ? "           " : "", out);
    ig_plain_text_print(out, m->reference);
    fprintf(out, ": %zu tensors, %.1f MB", ig_safetensors_count(m->tensors), megabytes(bytes));
    ig_dtype_set_print(&dtypes, out);
    fprintf(out, "%s%s\n", m->stage ? ", of another stage" : "",
            donor ? ", configuration and tokenizer too" : "");
    all += bytes;
  }
  return all;
}

static void print_alignment(FILE *out, const ig_fusion_plan *plan) {
  const ig_recipe_align *align = &plan->recipe->align;
  if (align->method == IG_ALIGN_METHOD_NONE) return;
  static const char *const by[] = {[IG_ALIGN_METHOD_WEIGHTS] = "weights",
                                   [IG_ALIGN_METHOD_ACTIVATIONS] = "activations",
                                   [IG_ALIGN_METHOD_TRANSPORT] = "transport"};
  fprintf(out, "  align    by %s, to the order of ", by[align->method]);
  ig_plain_text_print(out, ig_fusion_plan_donor(plan)->reference);
  if (align->method == IG_ALIGN_METHOD_TRANSPORT)
    fprintf(out, "; regularization %g", align->regularization);
  if (align->method == IG_ALIGN_METHOD_WEIGHTS)
    fprintf(out, "; seed %llu, restarts %d", (unsigned long long)align->seed, align->restarts);
  fputc('\n', out);
}

// bytes: of a model that it makes.
static void print_search(FILE *out, const ig_search_space *space, size_t bytes) {
  fprintf(out, "  search   at most %d evaluations of", space->evaluations);
  for (size_t i = 0; i < space->count; i++) {
    fputs(i ? ", " : " ", out);
    ig_plain_text_print(out, space->parameters[i].name);
  }
  fprintf(out,
          " by %s, each a model of %.1f MB that is removed when it is scored; the rest of this is "
          "with the middle of all values\n",
          space->method == IG_SEARCH_METHOD_GRID ? "grid" : "cma_es", megabytes(bytes));
}

static void print_statistics(FILE *out, const ig_fusion_plan *plan) {
  fprintf(out, "  gathers  statistics of the models first, files of at most %.1f MB%s\n",
          megabytes(ig_statistics_disk(plan)),
          ig_statistics_are_merged(plan)
              ? "; the activations of all pairs at once are not in the memory below"
              : "");
}

static void print_learning(FILE *out, const ig_fusion_plan *plan) {
  static const char *const of[] = {[IG_LEARNING_GRANULARITY_MODEL] = "model",
                                   [IG_LEARNING_GRANULARITY_PART] = "part",
                                   [IG_LEARNING_GRANULARITY_LAYER] = "layer",
                                   [IG_LEARNING_GRANULARITY_TENSOR] = "tensor",
                                   [IG_LEARNING_GRANULARITY_ROW] = "row"};
  const ig_learning *l = plan->recipe->learning;
  if (!l || l->data_count == 0) return;
  fprintf(out, "  learns   a coefficient a %s and model first, in at most %d steps of %d pairs",
          of[l->granularity], l->steps, l->batch_sentences);
  if (l->coefficients) {
    fputs("; they go into ", out);
    ig_plain_text_print(out, l->coefficients);
  }
  fputc('\n', out);
}

static void print_stage(FILE *out, const ig_stages *s, const ig_stage *stage) {
  const ig_method *method = stage->recipe->method;
  const bool named = s->count > 1 && stage->recipe->name;
  fputs(named ? "stage " : "", out);
  ig_plain_text_print(out, named ? stage->recipe->name : s->file);
  fprintf(out, ": %s, %s\n", method->name, method->summary);
  const ig_fusion_product *product = ig_fusion_product_of(stage->recipe);
  const size_t written = product->bytes(&stage->plan);
  if (stage->recipe->search) print_search(out, stage->recipe->search, written);
  const size_t inputs = print_models(out, &stage->plan);
  print_alignment(out, &stage->plan);
  if (stage->recipe->statistics) print_statistics(out, &stage->plan);
  print_learning(out, &stage->plan);
  fprintf(out, "  output   ");
  product->describe(&stage->plan, out);
  fputc('\n', out);
  fprintf(out, "  passes   ");
  if (method->passes)
    fprintf(out, "at most %d over large tensors, 1 over small ones\n", method->passes + 1);
  else
    fprintf(out, "1\n");
  fprintf(out, "  reads    at most %.1f MB: %.1f MB for the values, %.1f MB for hashes\n",
          megabytes(ig_execute_reads(&stage->plan) + inputs + written),
          megabytes(ig_execute_reads(&stage->plan)), megabytes(inputs + written));
  fprintf(out, "  writes   %.1f MB\n", megabytes(written));
}

// ---- the whole --------------------------------------------------------------

ig_status ig_describe_stages(const ig_stages *s, const ig_preflight_needs *needs, int threads,
                             char **out, ig_error *err) {
  size_t size = 0;
  FILE *text = open_memstream(out, &size);
  if (!text) return ig_fail_memory(err);
  const locale_t before = ig_number_locale_enter();
  for (size_t i = 0; i < s->count; i++) print_stage(text, s, &s->stage[i]);
  const int used = threads ? threads : ig_cpu_count();
  fprintf(text, "memory     %.1f MB of buffers, %d thread%s\n", megabytes(needs->memory), used,
          used == 1 ? "" : "s");
  fprintf(text, "disk       %.1f MB", megabytes(needs->needed));
  if (needs->directory) {
    fprintf(text, " of %.1f MB that are free at ", megabytes(needs->available));
    ig_plain_text_print(text, needs->directory);
  }
  fprintf(text, "\n");
  ig_number_locale_leave(before);
  if (fclose(text) == 0) return IG_OK;
  free(*out);
  *out = NULL;
  return ig_fail_memory(err);
}
