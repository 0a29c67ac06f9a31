#include "fuse/record/fusion_note.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/plain_text.h"
#include "fuse/record/provenance.h"

ig_status ig_fusion_note_load(const char *directory, json_t **out, ig_error *err) {
  return ig_json_load_in_if_exists(directory, ig_provenance_name, out, err);
}

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "?";
}

static void print_text(FILE *out, const char *before, const json_t *object, const char *key) {
  fputs(before, out);
  ig_plain_text_print(out, text_of(object, key));
}

static void print_file(FILE *out, const char *label, const json_t *file) {
  const char *const hashes[] = {"xxh3-128", "sha256"};
  fprintf(out, "    %-11s", label);
  print_text(out, " ", file, "file");
  if (json_object_get(file, "stage")) print_text(out, " of stage ", file, "stage");
  for (size_t i = 0; i < 2; i++)
    if (json_object_get(file, hashes[i])) {
      fprintf(out, ", %s", hashes[i]);
      print_text(out, " ", file, hashes[i]);
    }
  fputc('\n', out);
}

static void print_files(FILE *out, const char *label, const json_t *list) {
  for (size_t i = 0; i < json_array_size(list); i++)
    print_file(out, i ? "" : label, json_array_get(list, i));
}

// A stage is a recipe's model, or a model in another order.
static void print_stage(FILE *out, const json_t *stage) {
  const json_t *aligned = json_object_get(stage, "aligned"),
               *found = json_object_get(stage, ig_provenance_found);
  if (aligned) {
    print_text(out, "    aligned ", aligned, "model");
    print_text(out, " to ", aligned, "to");
    if (json_object_get(found, "correlation_after"))
      fprintf(out, ", correlation of units %.4f, before %.4f",
              json_number_value(json_object_get(found, "correlation_after")),
              json_number_value(json_object_get(found, "correlation_before")));
    fprintf(out, ", similarity of weights %.4f, before %.4f\n",
            json_number_value(json_object_get(found, "similarity_after")),
            json_number_value(json_object_get(found, "similarity_before")));
    return;
  }
  print_text(out, "    stage ", json_object_get(stage, "recipe"), "name");
  print_text(out, ": by ", stage, "method");
  fputc('\n', out);
  print_files(out, "  from", json_object_get(stage, "inputs"));
}

void ig_fusion_note_print(FILE *out, const json_t *fusion) {
  if (!fusion) return;
  print_text(out, "  fused         by ", fusion, "method");
  if (json_object_get(fusion, "learned")) fputs(", with weights learned from held-out data", out);
  if (json_object_get(fusion, "searched")) fputs(", with values found by a search", out);
  fprintf(out, ", seed %lld", (long long)json_integer_value(json_object_get(fusion, "seed")));
  print_text(out, ", Ingot ", fusion, "ingot");
  fputc('\n', out);
  const json_t *stages = json_object_get(fusion, "stages");
  for (size_t i = 0; i < json_array_size(stages); i++) print_stage(out, json_array_get(stages, i));
  print_files(out, "from", json_object_get(fusion, "inputs"));
  print_files(out, "weights", json_object_get(fusion, "outputs"));
}
