// ig_inspect: what a model directory holds, from its headers alone; no weight is read.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "base/path.h"
#include "base/plain_text.h"
#include "base/allocate.h"
#include "io/json.h"
#include "io/lora.h"
#include "io/safetensors.h"
#include "model/arch/family.h"
#include "model/create/create.h"
#include "model/files/config_file.h"
#include "model/files/load.h"
#include "fuse/record/fusion_note.h"
#include "inspect/shortlist_note.h"
#include "text/tokenizer.h"
#include "model/files/weights.h"
#include "model/run/memory_plan.h"
#include "model/weight_type.h"

typedef struct model_summary {
  ig_config config;
  ig_safetensors *file;
  ig_lora_adapters *adapters;  // of MODEL+ADAPTER; NULL: none
  const char *adapter_names;   // theirs
  size_t parameters, bytes;
  ig_memory_plan_sizes sizes;
  ig_foreign foreign;  // what another program wrote; its tensors are `file`
  ig_memory_plan memory;
  json_t *fusion;     // what it was fused from; NULL: it was not
  json_t *shortlist;  // NULL: it has none
  json_t *codes;  // of languages, or the >>codes<< of its vocabulary; NULL: it has no vocabulary
                  // that could be read
} model_summary;

ig_inspect_options ig_inspect_options_default(void) {
  return (ig_inspect_options){.batch_tokens = 4096, .length = 64, .beam_size = 4};
}

static void count_stored(model_summary *s) {
  for (size_t i = 0; i < ig_safetensors_count(s->file); i++) {
    const ig_safetensor *t = ig_safetensors_get(s->file, i);
    s->parameters += t->elements;
    s->bytes += ig_safetensor_stored_bytes(t);
  }
}

// The value, unless a part of it failed for want of memory: NULL then.
static json_t *if_whole(json_t *json, int failed) {
  if (!failed) return json;
  json_decref(json);
  return NULL;
}

// {"F32": bytes, …}: every dtype met, with the bytes stored in it.
static json_t *bytes_by_dtype(const ig_safetensors *file) {
  json_t *json = json_object();
  int failed = !json;
  for (size_t i = 0; !failed && i < ig_safetensors_count(file); i++) {
    const ig_safetensor *t = ig_safetensors_get(file, i);
    const char *name = ig_dtype_name(ig_safetensor_stored_dtype(t));
    const size_t bytes = ig_safetensor_stored_bytes(t);
    failed = json_object_set_new(
        json, name,
        json_integer(json_integer_value(json_object_get(json, name)) + (json_int_t)bytes));
  }
  return if_whole(json, failed);
}

static json_t *list_ties(const ig_config *c) {
  json_t *json = json_array();
  int failed = !json;
  if (c->shared_embedding && ig_config_decodes(c))
    failed |= json_array_append_new(json, json_string("source and target embedding"));
  if (c->tied_output)
    failed |= json_array_append_new(json, json_string("target embedding and output layer"));
  return if_whole(json, failed);
}

static bool is_code(const char *piece) {
  const size_t length = piece ? strlen(piece) : 0;
  return length > 4 && memcmp(piece, ">>", 2) == 0 && strcmp(piece + length - 2, "<<") == 0;
}

// The codes by which a text says what it is to become, in the order of their ids.
static json_t *list_codes(const ig_tokenizer *t) {
  const int size = ig_tokenizer_source_size(t);
  json_t *codes = json_array();
  int failed = !codes;
  const ig_tokenizer_languages *languages = ig_tokenizer_languages_of(t);
  for (int i = 0; !failed && languages && languages->codes[i]; i++)
    failed = json_array_append_new(codes, json_string(languages->codes[i]));
  for (int id = 0; !failed && !languages && id < size; id++) {
    const char *piece = ig_tokenizer_piece(t, IG_SIDE_SOURCE, id);
    if (is_code(piece)) failed = json_array_append_new(codes, json_string(piece));
  }
  return if_whole(codes, failed);
}

// A directory may hold no tokenizer, or one that is not read here: then there are no codes.
static ig_status find_codes(const char *directory, model_summary *s, ig_error *err) {
  ig_tokenizer *tokenizer;
  const ig_status status = ig_load_tokenizer(directory, &tokenizer, NULL);
  if (status == IG_ERROR_MEMORY) return ig_fail_memory_in(directory, err);
  if (status != IG_OK) return IG_OK;
  s->codes = list_codes(tokenizer);
  ig_tokenizer_free(tokenizer);
  return s->codes ? IG_OK : ig_fail_memory_in(directory, err);
}

static json_t *tensor_json(const ig_safetensor *t) {
  json_t *shape = json_array();
  int failed = !shape;
  for (int d = 0; !failed && d < t->rank; d++)
    failed = json_array_append_new(shape, json_integer((json_int_t)t->shape[d]));
  shape = if_whole(shape, failed);
  return shape ? json_pack("{s:s, s:s, s:o}", "name", t->name, "dtype",
                           ig_dtype_name(ig_safetensor_stored_dtype(t)), "shape", shape)
               : NULL;
}

static json_t *tensor_list(const ig_safetensors *file) {
  json_t *list = json_array();
  int failed = !list;
  for (size_t i = 0; !failed && i < ig_safetensors_count(file); i++)
    failed = json_array_append_new(list, tensor_json(ig_safetensors_get(file, i)));
  return if_whole(list, failed);
}

// null: the model is not trained.
static json_t *training_json(const ig_memory_plan *m) {
  if (!m->trains) return json_null();
  return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "weights", (json_int_t)m->training.weights,
                   "gradients", (json_int_t)m->training.gradients, "moments",
                   (json_int_t)m->training.moments, "activations",
                   (json_int_t)m->training.activations, "activations_recompute",
                   (json_int_t)m->training.recomputed, "scratch", (json_int_t)m->training.scratch);
}

static json_t *memory_json(const model_summary *s) {
  const ig_memory_plan *m = &s->memory;
  const bool decodes = ig_config_decodes(&s->config);
  json_t *columns = decodes ? json_integer((json_int_t)m->running.columns) : NULL;
  if (decodes && !columns) return NULL;
  return json_pack("{s:i, s:i, s:i, s:o, s:{s:s, s:I, s:I, s:I, s:o*}}", "batch_tokens",
                   s->sizes.tokens, "length", s->sizes.length, "beam_size", s->sizes.beam_size,
                   "training", training_json(m), decodes ? "translation" : "encoding", "type",
                   ig_weight_type_name(m->running.type), "weights", (json_int_t)m->running.weights,
                   "worker", (json_int_t)m->running.state, "worker_of_all_threads",
                   (json_int_t)m->running.shared, "columns_of_a_shortlist", columns);
}

static json_t *notes_json(const ig_safetensors *file) {
  json_t *notes = json_object();
  int failed = !notes;
  for (size_t i = 0; !failed && i < ig_safetensors_file_count(file); i++)
    if (*ig_safetensors_note(file, i))
      failed = json_object_set_new(notes, ig_path_base_name(ig_safetensors_file(file, i)),
                                   json_string(ig_safetensors_note(file, i)));
  return if_whole(notes, failed);
}

// What the directory has and the model has not.
static json_t *losses_json(const ig_problems *losses) {
  json_t *list = json_array();
  int failed = !list;
  for (size_t i = 0; !failed && i < losses->count; i++)
    failed = json_array_append_new(list, json_string(losses->items[i].text));
  return if_whole(list, failed);
}

static json_t *as_json(const model_summary *s, const char *directory) {
  json_t *json = json_pack("{s:s, s:s}", "directory", directory, "family", s->config.family->name);
  int failed = json_object_set_new(json, "config", ig_family_write_config(&s->config));
  if (s->adapters)
    failed |= json_object_set_new(json, "adapter",
                                  json_pack("{s:s, s:I}", "directory", s->adapter_names, "weights",
                                            (json_int_t)ig_lora_count(s->adapters)));
  failed |= json_object_set_new(json, "stored_values", json_integer((json_int_t)s->parameters));
  failed |= json_object_set_new(json, "stored_bytes", json_integer((json_int_t)s->bytes));
  failed |= json_object_set_new(json, "fp32_bytes",
                                json_integer((json_int_t)(s->parameters * sizeof(float))));
  failed |= json_object_set_new(json, "dtypes", bytes_by_dtype(s->file));
  failed |= json_object_set_new(json, "tied", list_ties(&s->config));
  failed |= json_object_set_new(json, "memory", memory_json(s));
  if (s->shortlist) failed |= json_object_set(json, "shortlist", s->shortlist);
  if (json_array_size(s->codes) > 0) failed |= json_object_set(json, "codes", s->codes);
  if (s->fusion) failed |= json_object_set(json, "fusion", s->fusion);
  json_t *notes = notes_json(s->file);
  if (!notes || json_object_size(notes) > 0) failed |= json_object_set(json, "read", notes);
  json_decref(notes);
  if (s->foreign.notes.count)
    failed |= json_object_set_new(json, "notes", losses_json(&s->foreign.notes));
  failed |= json_object_set_new(json, "tensors", tensor_list(s->file));
  return if_whole(json, failed);
}

static double mebibytes(size_t bytes) { return (double)bytes / (1 << 20); }

static void print_training_memory(FILE *out, const ig_memory_plan *m) {
  const size_t fixed =
      m->training.weights + m->training.gradients + m->training.moments + m->training.scratch;
  fprintf(out,
          "    training    %.1f: weights %.1f, gradients %.1f, moments %.1f, activations %.1f, "
          "scratch %.1f\n",
          mebibytes(fixed + m->training.activations), mebibytes(m->training.weights),
          mebibytes(m->training.gradients), mebibytes(m->training.moments),
          mebibytes(m->training.activations), mebibytes(m->training.scratch));
  fprintf(out, "    recomputing %.1f: activations %.1f\n",
          mebibytes(fixed + m->training.recomputed), mebibytes(m->training.recomputed));
}

static void print_memory(FILE *out, const model_summary *s) {
  const ig_memory_plan *m = &s->memory;
  const bool decodes = ig_config_decodes(&s->config);
  const char *type = ig_weight_type_name(m->running.type);
  const double weights = mebibytes(m->running.weights), worker = mebibytes(m->running.state),
               both = mebibytes(m->running.weights + m->running.state);
  fprintf(out, "  memory of batches of %d tokens%s in sentences of %d, in MiB\n", s->sizes.tokens,
          decodes ? " a side" : "", s->sizes.length);
  if (m->trains) print_training_memory(out, m);
  if (decodes)
    fprintf(out, "    translating %.1f: weights %.1f (%s), and a worker of beam %d %.1f\n", both,
            weights, type, s->sizes.beam_size, worker);
  else
    fprintf(out, "    encoding    %.1f: weights %.1f (%s), and a worker %.1f\n", both, weights,
            type, worker);
}

// The names of all dtypes met, "F32, BF16". false: out of memory.
static bool list_dtypes(const ig_safetensors *file, char *names, size_t size) {
  json_t *types = bytes_by_dtype(file), *value;
  const char *name;
  names[0] = '\0';
  json_object_foreach(types, name, value) {
    const size_t used = strlen(names);
    snprintf(names + used, size - used, "%s%s", used ? ", " : "", name);
  }
  json_decref(types);
  return types != NULL;
}

static const char *describe_ties(const ig_config *c) {
  if (c->tied_output)
    return c->shared_embedding ? "source, target and output embedding"
                               : "target embedding and output";
  return c->shared_embedding ? "source and target embedding" : "nothing";
}

static void print_stack(FILE *out, const char *name, const ig_stack_shape *s) {
  fprintf(out, "  %-13s %d layers, %d heads", name, s->layers, s->self.heads);
  if (s->self.head_size) fprintf(out, " of %d", s->self.head_size);
  if (s->layers && s->groups) fprintf(out, ", in %d groups of common weights", s->groups);
  fprintf(out, ", feed-forward %d%s\n", s->feed_forward.inner,
          s->feed_forward.gated ? " with a gate" : "");
}

static const char *describe_head(const ig_config *c) {
  switch (c->head.kind) {
    case IG_HEAD_SPAN: return "where an answer begins and ends (question answering)";
    case IG_HEAD_CLASSES: return "classes of sequences";
    case IG_HEAD_TOKEN_CLASSES: return "classes of tokens";
    case IG_HEAD_MASKED_TOKENS: return c->tied_output ? "masked tokens, tied" : "masked tokens";
    default: return "none";
  }
}

// Of a model without a decoder.
static void print_encoder(FILE *out, const ig_config *c) {
  fprintf(out, "  vocabulary    %d\n", c->vocab_size);
  fprintf(out, "  d_model       %d\n", c->d_model);
  print_stack(out, "encoder", &c->encoder);
  fprintf(out, "  positions     %d\n", c->positions.count);
  fprintf(out, "  head          %s\n", describe_head(c));
  fprintf(out, "  special ids   pad %d\n", c->pad_id);
}

// Of a model with both stacks.
static void print_both_stacks(FILE *out, const ig_config *c) {
  fprintf(out, "  vocabulary    %d source, %d target%s\n", c->vocab_size, c->target_vocab_size,
          c->shared_embedding ? ", one table" : "");
  fprintf(out, "  d_model       %d", c->d_model);
  if (c->embedding_size) fprintf(out, ", after embeddings of %d", c->embedding_size);
  fputc('\n', out);
  print_stack(out, "encoder", &c->encoder);
  print_stack(out, "decoder", &c->decoder);
  if (c->relative.buckets)
    fprintf(out, "  positions     relative, %d buckets up to a distance of %d\n",
            c->relative.buckets, c->relative.farthest);
  fprintf(out, "  tied          %s\n", describe_ties(c));
  fprintf(out, "  special ids   pad %d, end %d, start %d\n", c->pad_id, c->eos_id,
          c->decoder_start_id);
}

static void print_config(FILE *out, const ig_config *c) {
  fprintf(out, "  family        %s (%s), %s %snorm%s\n", c->family->name, c->family->architecture,
          c->encoder.pre_norm ? "pre" : "post", c->encoder.norm.rms ? "RMS " : "",
          c->encoder.final_norm ? ", final norms" : "");
  if (ig_config_decodes(c))
    print_both_stacks(out, c);
  else
    print_encoder(out, c);
}

static void print_codes(FILE *out, const json_t *codes) {
  size_t i;
  json_t *code;
  if (json_array_size(codes) == 0) return;
  fputs("  codes        ", out);
  json_array_foreach(codes, i, code) {
    fputc(' ', out);
    ig_plain_text_print(out, json_string_value(code));
  }
  fputc('\n', out);
}

// Tells what of the weight files is left out, such as the optimizer's state.
static void print_notes(FILE *out, const ig_safetensors *file) {
  for (size_t i = 0; i < ig_safetensors_file_count(file); i++)
    if (*ig_safetensors_note(file, i)) {
      fprintf(out, "  read          %s: ", ig_path_base_name(ig_safetensors_file(file, i)));
      ig_plain_text_print(out, ig_safetensors_note(file, i));
      fputc('\n', out);
    }
}

static void print_losses(FILE *out, const ig_problems *losses) {
  for (size_t i = 0; i < losses->count; i++) {
    fputs("  note          ", out);
    ig_plain_text_print(out, losses->items[i].text);
    fputc('\n', out);
  }
}

// A malloc'ed text; NULL: out of memory.
static char *as_text(const model_summary *s, const char *directory) {
  char names[128];
  char *text = NULL;
  size_t size = 0;
  if (!list_dtypes(s->file, names, sizeof names)) return NULL;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  ig_plain_text_print(out, directory);
  fputc('\n', out);
  print_config(out, &s->config);
  print_codes(out, s->codes);
  fprintf(out, "  stored        %zu tensors, %zu values, %zu bytes (%s)\n",
          ig_safetensors_count(s->file), s->parameters, s->bytes, names);
  if (s->adapters) {
    fputs("  adapter       ", out);
    ig_plain_text_print(out, s->adapter_names);
    fprintf(out, ": adds to %zu tensors\n", ig_lora_count(s->adapters));
  }
  print_notes(out, s->file);
  print_losses(out, &s->foreign.notes);
  ig_fusion_note_print(out, s->fusion);
  print_memory(out, s);
  if (s->shortlist)
    fprintf(out, "    with the shortlist, at most %.1f more for a worker's copied columns\n",
            mebibytes(s->memory.running.columns));
  ig_shortlist_note_print(out, s->shortlist);
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

// The summary as JSON text; NULL: out of memory. The caller frees it.
static char *as_json_text(const model_summary *s, const char *directory) {
  json_t *json = as_json(s, directory);
  char *text = ig_plain_text_in_json(ig_json_text(json, JSON_INDENT(2)));
  json_decref(json);
  return text;
}

static ig_status check_options(const ig_inspect_options *o, ig_error *err) {
  const struct {
    const char *name;
    int value;
  } counts[] = {
      {"batch_tokens", o->batch_tokens}, {"length", o->length}, {"beam_size", o->beam_size}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (counts[i].value < 1)
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: expected a number above 0, found %d",
                     counts[i].name, counts[i].value);
  if (o->threads < 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "threads: expected a number not below 0, found %d",
                   o->threads);
  return IG_OK;
}

// ---- fused models that Ingot cannot run ---------------------------------------

// A fused model of an unknown family, or an adapter.
typedef struct foreign_summary {
  model_summary stored;
  const char *why;  // it is no model that Ingot runs
} foreign_summary;

static ig_status open_foreign(const char *directory, ig_safetensors **out, ig_error *err) {
  char *path = ig_path_join(directory, "adapter_model.safetensors", err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status = ig_file_exists(path) ? ig_safetensors_open_file(path, out, err)
                                                : ig_safetensors_open(directory, out, err);
  free(path);
  return status;
}

static char *foreign_json(const foreign_summary *f, const char *directory) {
  const model_summary *s = &f->stored;
  json_t *json = json_pack("{s:s, s:n, s:s}", "directory", directory, "family", "reason", f->why);
  int failed = json_object_set_new(json, "stored_values", json_integer((json_int_t)s->parameters));
  failed |= json_object_set_new(json, "stored_bytes", json_integer((json_int_t)s->bytes));
  failed |= json_object_set_new(json, "dtypes", bytes_by_dtype(s->file));
  failed |= json_object_set(json, "fusion", s->fusion);
  failed |= json_object_set_new(json, "tensors", tensor_list(s->file));
  json = if_whole(json, failed);
  char *text = ig_plain_text_in_json(ig_json_text(json, JSON_INDENT(2)));
  json_decref(json);
  return text;
}

static char *foreign_text(const foreign_summary *f, const char *directory) {
  const model_summary *s = &f->stored;
  char names[256], *text = NULL;
  size_t size = 0;
  FILE *out = list_dtypes(s->file, names, sizeof names) ? open_memstream(&text, &size) : NULL;
  if (!out) return NULL;
  ig_plain_text_print(out, directory);
  fprintf(out, "\n  family        none that Ingot runs: %s\n", f->why);
  fprintf(out, "  stored        %zu tensors, %zu values, %zu bytes (%s)\n",
          ig_safetensors_count(s->file), s->parameters, s->bytes, names);
  ig_fusion_note_print(out, s->fusion);
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

// Shows what was fused even if its configuration cannot be read, for the reason in *err. If nothing
// was fused, the error stays.
static ig_status inspect_foreign(const char *directory, const ig_inspect_options *o,
                                 ig_status failed, char **out, ig_error *err) {
  ig_error reason = *err, unused;
  foreign_summary f = {.why = reason.message};
  if (failed == IG_ERROR_MEMORY ||
      ig_fusion_note_load(directory, &f.stored.fusion, &unused) != IG_OK || !f.stored.fusion)
    return failed;
  ig_status status = open_foreign(directory, &f.stored.file, err);
  if (status == IG_OK) {
    count_stored(&f.stored);
    const locale_t before = ig_number_locale_enter();
    *out = o->json ? foreign_json(&f, directory) : foreign_text(&f, directory);
    ig_number_locale_leave(before);
    if (!*out) status = ig_fail_memory_in(directory, err);
  }
  ig_safetensors_close(f.stored.file);
  json_decref(f.stored.fusion);
  return status;
}

// ---- all -----------------------------------------------------------------------

static ig_status summarize(const char *directory, const ig_inspect_options *o, char **out,
                           model_summary *s, ig_error *err) {
  IG_TRY(ig_fusion_note_load(directory, &s->fusion, err));
  IG_TRY(ig_shortlist_note_load(directory, &s->shortlist, err));
  IG_TRY(find_codes(directory, s, err));
  count_stored(s);
  const locale_t before = ig_number_locale_enter();
  *out = o->json ? as_json_text(s, directory) : as_text(s, directory);
  ig_number_locale_leave(before);
  return *out ? IG_OK : ig_fail_memory_in(directory, err);
}

// Tensors of another program are the summary's then.
static ig_status open_stored(const char *directory, model_summary *s, ig_error *err) {
  s->file = s->foreign.tensors;
  s->foreign.tensors = NULL;
  return s->file ? IG_OK : ig_safetensors_open_with_absent(directory, &s->file, err);
}

static ig_status open_adapters(const char *names, model_summary *s, ig_error *err) {
  if (!names) return IG_OK;
  s->adapter_names = names;
  IG_TRY(ig_lora_open(names, &s->adapters, err));
  return ig_lora_attach(s->adapters, s->file, &(ig_lora_layout){.some = false}, err);
}

// What is asked for: the model's own directory, and its adapters or NULL.
typedef struct inspected {
  const char *directory, *adapters;
  const ig_inspect_options *options;
  ig_weight_type type;  // that the memory plan is of
} inspected;

static ig_status plan_memory(const char *directory, model_summary *s, ig_error *err) {
  ig_model *listed;
  ig_stored_weights stored = {0};
  IG_TRY(ig_create_listed(&s->config, directory, &listed, err));
  stored.tensors = ig_allocate(listed->parameter_count, sizeof *stored.tensors, err);
  ig_status status = stored.tensors ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_weights_match(listed, directory, s->file, stored.tensors, err);
  s->sizes.stored = &stored;
  if (status == IG_OK) status = ig_memory_plan_of(&s->config, &s->sizes, &s->memory, err);
  s->sizes.stored = NULL;
  free(stored.tensors);
  ig_model_free(listed);
  return status;
}

static ig_status inspect_known(const inspected *of, model_summary *s, char **out, ig_error *err) {
  IG_TRY(ig_config_check(&s->config, of->directory, err));
  IG_TRY(open_stored(of->directory, s, err));
  IG_TRY(ig_weights_settle_ties(s->file, &s->config, err));
  IG_TRY(plan_memory(of->directory, s, err));
  IG_TRY(open_adapters(of->adapters, s, err));
  return summarize(of->directory, of->options, out, s, err);
}

static ig_status inspect_directory(const inspected *of, model_summary *s, char **out,
                                   ig_error *err) {
  ig_error why = {0};
  ig_status known = ig_foreign_open(of->directory, &s->foreign, &why);
  if (known == IG_OK) known = ig_config_file_read(of->directory, &s->foreign, &s->config, &why);
  if (err) *err = why;
  return known == IG_OK ? inspect_known(of, s, out, err)
                        : inspect_foreign(of->directory, of->options, known, out, err ? err : &why);
}

static ig_status inspect_named(const inspected *of, char **out, ig_error *err) {
  const ig_inspect_options *o = of->options;
  model_summary s = {.sizes = {.tokens = o->batch_tokens,
                               .length = o->length,
                               .beam_size = o->beam_size,
                               .threads = o->threads,
                               .type = of->type}};
  const ig_status status = inspect_directory(of, &s, out, err);
  json_decref(s.fusion);
  json_decref(s.shortlist);
  json_decref(s.codes);
  ig_lora_close(s.adapters);
  ig_safetensors_close(s.file);
  ig_foreign_close(&s.foreign);
  return status;
}

ig_status ig_inspect(const char *name, const ig_inspect_options *options, char **out,
                     ig_error *err) {
  const ig_inspect_options defaults = ig_inspect_options_default();
  const ig_inspect_options *o = options ? options : &defaults;
  const char *adapters;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(name, "directory", err));
  IG_TRY(check_options(o, err));
  ig_weight_type type;
  IG_TRY(ig_weight_type_of(o->type, &type, err));
  char *directory;
  IG_TRY(ig_model_name_find(name, &directory, &adapters, err));
  const ig_status status = inspect_named(&(inspected){directory, adapters, o, type}, out, err);
  free(directory);
  return status;
}
