#include "model/arch/marian_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/name.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/path.h"

static ig_status join_if_there(const char *directory, const char *name, char **out, ig_error *err) {
  *out = NULL;
  if (!name || !ig_file_exists_in(directory, name)) return IG_OK;
  *out = ig_path_join(directory, name, err);
  return *out ? IG_OK : IG_ERROR_MEMORY;
}

// ---- the decoder's settings -------------------------------------------------

static ig_status load_decoder(const char *directory, ig_marian_files *f, ig_error *err) {
  static const char *const names[] = {"decoder.yml", "model.npz.decoder.yml", "config.yml"};
  char *path = NULL;
  for (size_t i = 0; !path && i < sizeof names / sizeof *names; i++)
    IG_TRY(join_if_there(directory, names[i], &path, err));
  const ig_status status = path ? ig_yaml_load(path, NULL, &f->decoder, err) : IG_OK;
  free(path);
  return status;
}

// The file name of item `index` of a list of the settings. Paths in it are those of the machine
// that the model comes from: only their last part counts. NULL: there is none.
static const char *listed_name(const ig_marian_files *f, const char *key, size_t index) {
  const ig_yaml_node *list = f->decoder ? ig_yaml_get(ig_yaml_root(f->decoder), key) : NULL;
  if (!list || list->kind != IG_YAML_SEQUENCE || index >= list->count) return NULL;
  const ig_yaml_node *item = list->children[index];
  return item->kind == IG_YAML_SCALAR ? ig_path_base_name(item->scalar) : NULL;
}

// ---- the model --------------------------------------------------------------

static ig_status check_one_model(const ig_marian_files *f, ig_error *err) {
  const char *second = listed_name(f, "models", 1);
  if (!second) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(ig_yaml_root(f->decoder), "models"), err,
                      "an ensemble (%s, %s, …): put each model into a directory of its own",
                      listed_name(f, "models", 0), second);
}

// An archive, but an optimizer's, or a file of items.
static bool is_model(const char *name) {
  return (ig_name_ends_with(name, ".npz") && !ig_name_ends_with(name, ".optimizer.npz")) ||
         (ig_name_ends_with(name, ".bin") && strncmp(name, "model", 5) == 0);
}

// The only one.
static ig_status find_only_archive(const char *directory, ig_marian_files *f, ig_error *err) {
  ig_listing listing;
  const char *found = NULL;
  ig_status status = ig_listing_read(directory, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++) {
    const char *name = listing.names[i];
    if (!is_model(name)) continue;
    if (found)
      status = ig_fail(err, IG_ERROR_UNSUPPORTED,
                       "%s: no model.npz, but %s and %s: leave one, or name it in decoder.yml",
                       directory, found, name);
    found = name;
  }
  if (status == IG_OK && found) status = join_if_there(directory, found, &f->model, err);
  ig_listing_free(&listing);
  return status;
}

static ig_status find_model(const char *directory, ig_marian_files *f, ig_error *err) {
  const char *listed = listed_name(f, "models", 0);
  if (listed && (ig_name_ends_with(listed, ".npz") || ig_name_ends_with(listed, ".bin")))
    IG_TRY(join_if_there(directory, listed, &f->model, err));
  if (!f->model) IG_TRY(join_if_there(directory, "model.npz", &f->model, err));
  return f->model ? IG_OK : find_only_archive(directory, f, err);
}

// ---- vocabularies -----------------------------------------------------------

static ig_status find_first(const char *directory, const char *const *names, char **out,
                            ig_error *err) {
  for (size_t i = 0; !*out && names[i]; i++) IG_TRY(join_if_there(directory, names[i], out, err));
  return IG_OK;
}

// A name that begins and ends so, with "." after the beginning: "vocab.deen.spm". Several such
// names: none is taken.
static ig_status find_between(const char *directory, const char *begin, const char *end, char **out,
                              ig_error *err) {
  ig_listing listing;
  const char *found = NULL;
  size_t count = 0;
  if (*out) return IG_OK;
  IG_TRY(ig_listing_read(directory, &listing, err));
  for (size_t i = 0; i < listing.count; i++) {
    const char *name = listing.names[i];
    if (strncmp(name, begin, strlen(begin)) != 0 || !ig_name_ends_with(name, end)) continue;
    found = name;
    count++;
  }
  const ig_status status = count == 1 ? join_if_there(directory, found, out, err) : IG_OK;
  ig_listing_free(&listing);
  return status;
}

// As the students of browsers are called: srcvocab.enzh.spm and trgvocab.enzh.spm, or
// vocab.deen.spm.
static ig_status find_student_vocabulary(const char *directory, ig_marian_files *f, int side,
                                         ig_error *err) {
  IG_TRY(
      find_between(directory, side ? "trgvocab." : "srcvocab.", ".spm", &f->vocabulary[side], err));
  return find_between(directory, "vocab.", ".spm", &f->vocabulary[side], err);
}

// A lexical shortlist: lex.50.50.deen.s2t.bin, lex.s2t.gz.
static ig_status find_shortlist(const char *directory, ig_marian_files *f, ig_error *err) {
  IG_TRY(find_between(directory, "lex.", ".bin", &f->shortlist, err));
  return find_between(directory, "lex.", ".gz", &f->shortlist, err);
}

static bool is_pieces(const char *path) {
  return path && (ig_name_ends_with(path, ".spm") || ig_name_ends_with(path, ".model"));
}

static ig_status find_side(const char *directory, ig_marian_files *f, int side, ig_error *err) {
  static const char *const vocabularies[][6] = {
      {"vocab.spm", "source.vocab.yml", "vocab.src.yml", "vocab.yml", "vocab.json", NULL},
      {"vocab.spm", "target.vocab.yml", "vocab.trg.yml", "vocab.yml", "vocab.json", NULL}};
  static const char *const pieces[][3] = {{"source.spm", "spm.src.model", NULL},
                                          {"target.spm", "spm.trg.model", NULL}};
  const char *listed = listed_name(f, "vocabs", (size_t)side);
  IG_TRY(join_if_there(directory, listed, &f->vocabulary[side], err));
  IG_TRY(find_first(directory, vocabularies[side], &f->vocabulary[side], err));
  IG_TRY(find_student_vocabulary(directory, f, side, err));
  if (!is_pieces(f->vocabulary[side]))
    return find_first(directory, pieces[side], &f->pieces[side], err);
  const char *path = f->vocabulary[side];
  f->pieces[side] = ig_allocate_copy(path, strlen(path), err);
  return f->pieces[side] ? IG_OK : IG_ERROR_MEMORY;
}

// Without one the other files are not Marian's, whatever they are called.
static ig_status has_archive(const char *directory, bool *has, ig_error *err) {
  struct stat status;
  ig_listing listing;
  *has = false;
  if (stat(directory, &status) != 0 || !S_ISDIR(status.st_mode)) return IG_OK;
  IG_TRY(ig_listing_read(directory, &listing, err));
  for (size_t i = 0; i < listing.count && !*has; i++)
    *has =
        ig_name_ends_with(listing.names[i], ".npz") || ig_name_ends_with(listing.names[i], ".bin");
  ig_listing_free(&listing);
  return IG_OK;
}

ig_status ig_marian_files_find(const char *directory, ig_marian_files *out, ig_error *err) {
  bool has;
  *out = (ig_marian_files){0};
  IG_TRY(has_archive(directory, &has, err));
  if (!has) return IG_OK;
  IG_TRY(load_decoder(directory, out, err));
  IG_TRY(find_model(directory, out, err));
  if (!out->model) return IG_OK;
  IG_TRY(check_one_model(out, err));
  IG_TRY(find_shortlist(directory, out, err));
  IG_TRY(find_side(directory, out, 0, err));
  return find_side(directory, out, 1, err);
}

void ig_marian_files_free(ig_marian_files *files) {
  ig_yaml_free(files->decoder);
  free(files->model);
  free(files->shortlist);
  for (int side = 0; side < 2; side++) {
    free(files->vocabulary[side]);
    free(files->pieces[side]);
  }
  *files = (ig_marian_files){0};
}
