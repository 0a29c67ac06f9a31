#include "fuse/preview/same_vocabulary.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/name.h"
#include "fuse/input/tokenizer_union_check.h"
#include "fuse/input/vocabulary_files.h"

// Two models that are being compared.
typedef struct vocabulary_pair {
  const ig_fuse_model *model[2];
  ig_problems *problems, *notes;
  size_t compared;  // files that both have and that list all pieces
} vocabulary_pair;

static bool both_have(const vocabulary_pair *p, const char *name) {
  return ig_file_exists_in(p->model[0]->directory, name) &&
         ig_file_exists_in(p->model[1]->directory, name);
}

// Whether the rows of the two models could be matched by piece.
static bool can_match(const vocabulary_pair *p) {
  const char *a = p->model[0]->directory, *b = p->model[1]->directory;
  ig_pieces x, y;
  if (ig_pieces_load(a, &x, NULL) != IG_OK) return false;
  const bool loaded = ig_pieces_load(b, &y, NULL) == IG_OK;
  const bool fits =
      loaded && (x.tokenizer && y.tokenizer ? ig_tokenizer_union_check(&x, a, &y, b, NULL, NULL)
                                            : ig_pieces_fit(&x, a, &y, b, NULL)) == IG_OK;
  if (loaded) ig_pieces_free(&y);
  ig_pieces_free(&x);
  return fits;
}

static ig_status add_difference(const vocabulary_pair *p, const char *name, const char *difference,
                                ig_error *err) {
  return ig_problems_add(
      p->problems, NULL, err,
      "%s is not the same in %s and %s: %s: rows of embeddings would be of different pieces%s",
      name, p->model[0]->reference, p->model[1]->reference, difference,
      can_match(p) ? "; 'tokenizer_source: union' matches them" : "");
}

static ig_status compare_file(vocabulary_pair *p, const char *name, ig_error *err) {
  const char *const directories[2] = {p->model[0]->directory, p->model[1]->directory};
  char difference[IG_VOCABULARY_FILES_TEXT];
  ig_error why = {0};
  const ig_status status = ig_vocabulary_files_compare(directories, name, difference, &why);
  p->compared += !ig_vocabulary_files_lists_a_part(name);
  if (status != IG_OK) return ig_problems_judge(p->problems, status, &why, err);
  return *difference ? add_difference(p, name, difference, err) : IG_OK;
}

// Whether this file need not be compared, because another one that both have gives the ids.
// MarianMT's vocab.json does, and elsewhere tokenizer.json, which has the added tokens, too. A
// SentencePiece model beside a vocab.json only cuts text.
static bool is_decided_elsewhere(const vocabulary_pair *p, const char *name) {
  const bool of_sides = both_have(p, "vocab.json") && both_have(p, "source.spm");
  if (both_have(p, "tokenizer.json") && !of_sides) return strcmp(name, "tokenizer.json") != 0;
  return both_have(p, "vocab.json") && !ig_name_ends_with(name, ".json");
}

static ig_status compare_common(vocabulary_pair *p, const ig_listing *files, ig_error *err) {
  for (size_t i = 0; i < files->count; i++) {
    const char *name = files->names[i];
    if (ig_vocabulary_files_is_one(name) && ig_file_exists_in(p->model[1]->directory, name) &&
        !is_decided_elsewhere(p, name))
      IG_TRY(compare_file(p, name, err));
  }
  return IG_OK;
}

// Reads the pieces of a model from the file that gives the ids, if it is one whose ids are those of
// the rows.
static ig_status read_best(const char *directory, ig_vocabulary *out, ig_error *err) {
  static const char *const names[] = {"tokenizer.json", "vocab.json", "vocab.txt"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (ig_file_exists_in(directory, names[i]))
      return ig_vocabulary_files_read(directory, names[i], out, err);
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: no file gives the ids", directory);
}

// Compares models that have vocabularies, but none in a form that both have.
static ig_status compare_forms(vocabulary_pair *p, ig_error *err) {
  ig_vocabulary v[2] = {{0}, {0}};
  ig_error why = {0};
  char difference[IG_VOCABULARY_FILES_TEXT] = "";
  ig_status status = read_best(p->model[0]->directory, &v[0], &why);
  if (status == IG_OK) status = read_best(p->model[1]->directory, &v[1], &why);
  if (status == IG_OK) ig_vocabulary_files_same_pieces(&v[0], &v[1], true, difference);
  ig_vocabulary_free(&v[0]);
  ig_vocabulary_free(&v[1]);
  if (status == IG_ERROR_MEMORY) return ig_fail(err, status, "%s", why.message);
  if (*difference) return add_difference(p, "the vocabulary", difference, err);
  if (status == IG_OK) return IG_OK;
  return ig_problems_add(p->notes, NULL, err,
                         "%s and %s have vocabularies in different forms, which were not compared: "
                         "rows of embeddings are fused by their numbers",
                         p->model[0]->reference, p->model[1]->reference);
}

// Whether one of the files lists all pieces.
static bool lists_all(const ig_listing *files) {
  for (size_t i = 0; i < files->count; i++)
    if (ig_vocabulary_files_is_one(files->names[i]) &&
        !ig_vocabulary_files_lists_a_part(files->names[i]))
      return true;
  return false;
}

static ig_status compare_all(vocabulary_pair *p, ig_error *err) {
  ig_listing files = {0}, others = {0};
  ig_status status = ig_listing_read(p->model[0]->directory, &files, err);
  if (status == IG_OK) status = ig_listing_read(p->model[1]->directory, &others, err);
  if (status == IG_OK) status = compare_common(p, &files, err);
  if (status == IG_OK && !p->compared && lists_all(&files) && lists_all(&others))
    status = compare_forms(p, err);
  ig_listing_free(&files);
  ig_listing_free(&others);
  return status;
}

ig_status ig_same_vocabulary_check(const ig_fuse_model *a, const ig_fuse_model *b,
                                   ig_problems *problems, ig_problems *notes, ig_error *err) {
  vocabulary_pair pair = {.model = {a, b}, .problems = problems, .notes = notes};
  ig_error why = {0};
  const ig_status status = compare_all(&pair, &why);
  return ig_problems_judge(problems, status, &why, err);
}
