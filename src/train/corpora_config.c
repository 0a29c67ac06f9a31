#include "train/corpora_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "train/text_config.h"
#include "train/train_keys.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// ---- files that hold pairs --------------------------------------------------

// The lists of files, while they are read. The configuration owns the arrays as soon as they are
// there, and frees them whatever fails.
typedef struct file_list {
  ig_corpus_files *files;
  size_t capacity[4];
} file_list;

static ig_status add_file(file_list *list, const char *source, const char *target,
                          const ig_pairs_form *form, const char *tag, ig_error *err) {
  ig_corpus_files *f = list->files;
  const size_t needed = f->count + 1;
  const char **sources = (const char **)f->source, **targets = (const char **)f->target,
             **tags = (const char **)f->tags;
  ig_pairs_form *forms = (ig_pairs_form *)f->forms;
  ig_status status =
      ig_allocate_more((void **)&sources, &list->capacity[0], needed, sizeof *sources, err);
  f->source = sources;
  if (status == IG_OK)
    status = ig_allocate_more((void **)&targets, &list->capacity[1], needed, sizeof *targets, err);
  f->target = targets;
  if (status == IG_OK)
    status = ig_allocate_more((void **)&forms, &list->capacity[2], needed, sizeof *forms, err);
  f->forms = forms;
  if (status == IG_OK)
    status = ig_allocate_more((void **)&tags, &list->capacity[3], needed, sizeof *tags, err);
  f->tags = tags;
  IG_TRY(status);
  sources[f->count] = source;
  targets[f->count] = target;
  forms[f->count] = *form;
  tags[f->count++] = tag;
  return IG_OK;
}

static ig_status add_text_files(const ig_yaml_node *map, const char *tag, file_list *list,
                                ig_error *err) {
  const char **source = NULL, **target = NULL;
  size_t sources = 0, targets = 0;
  ig_status status = ig_yaml_strings(map, "source", &source, &sources, err);
  if (status == IG_OK) status = ig_yaml_strings(map, "target", &target, &targets, err);
  if (status == IG_OK && (sources == 0 || sources != targets))
    status = ig_yaml_fail(
        map, err, "expected as many source files as target files, at least one; found %zu and %zu",
        sources, targets);
  for (size_t i = 0; status == IG_OK && i < sources; i++)
    status =
        add_file(list, source[i], target[i], &(ig_pairs_form){.kind = IG_PAIRS_FILES}, tag, err);
  free(source);
  free(target);
  return status;
}

// Files that hold both sides: those of `key`.
static ig_status add_joint_files(const ig_yaml_node *map, const char *key,
                                 const ig_pairs_form *form, const char *tag, file_list *list,
                                 ig_error *err) {
  const char **paths = NULL;
  size_t count = 0;
  ig_status status = ig_yaml_strings(map, key, &paths, &count, err);
  if (status == IG_OK && count == 0)
    status = ig_yaml_fail(ig_yaml_get(map, key), err, "expected a file, or a list of at least one");
  for (size_t i = 0; status == IG_OK && i < count; i++)
    status = add_file(list, paths[i], paths[i], form, tag, err);
  free(paths);
  return status;
}

static ig_status read_columns(const ig_yaml_node *map, ig_pairs_form *form, ig_error *err) {
  enum { MOST_COLUMNS = 1000 };
  double columns[2] = {1, 2};
  IG_TRY(ig_yaml_numbers(map, "columns", 2, columns, err));
  for (int side = 0; side < 2; side++) {
    const double column = columns[side];
    if (!(column >= 1 && column <= MOST_COLUMNS && column == floor(column)))
      return ig_yaml_fail(ig_yaml_get(map, "columns"), err,
                          "expected two numbers from 1 to %d, that of the source and that of the "
                          "target; found %g and %g",
                          MOST_COLUMNS, columns[0], columns[1]);
    form->column[side] = (int)column;
  }
  if (form->column[0] != form->column[1]) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(map, "columns"), err, "both sides are column %d",
                      form->column[0]);
}

static ig_status add_tsv(const ig_yaml_node *map, const char *tag, file_list *list, ig_error *err) {
  ig_pairs_form form = {.kind = IG_PAIRS_TSV};
  IG_TRY(read_columns(map, &form, err));
  return add_joint_files(map, "tsv", &form, tag, list, err);
}

static ig_status add_tmx(const ig_yaml_node *map, const char *tag, file_list *list, ig_error *err) {
  static const char *const keys[] = {"source_language", "target_language"};
  ig_pairs_form form = {.kind = IG_PAIRS_TMX};
  for (int side = 0; side < 2; side++) {
    IG_TRY(ig_yaml_string(map, keys[side], NULL, &form.language[side], err));
    if (!form.language[side] || !*form.language[side])
      return ig_yaml_fail(map, err, "with tmx, expected %s: a code such as en", keys[side]);
  }
  return add_joint_files(map, "tmx", &form, tag, list, err);
}

// Fails on a key of the map that is of another way to hold pairs than its own.
static ig_status check_ways(const ig_yaml_node *map, const char *way, ig_error *err) {
  static const struct {
    const char *key, *way;
  } keys[] = {{"source", "source"},       {"target", "source"}, {"tsv", "tsv"},
              {"columns", "tsv"},         {"tmx", "tmx"},       {"source_language", "tmx"},
              {"target_language", "tmx"}, {"squad", "squad"},   {"text", "text"}};
  for (size_t i = 0; i < COUNT(keys); i++) {
    const ig_yaml_node *found = ig_yaml_get(map, keys[i].key);
    if (found && strcmp(keys[i].way, way) != 0)
      return ig_yaml_fail(found, err, "it does not go with %s",
                          strcmp(way, "source") == 0 ? "source and target" : way);
  }
  return IG_OK;
}

static ig_status add_pairs(const ig_yaml_node *map, const char *tag, file_list *list,
                           ig_error *err) {
  const char *way = ig_yaml_get(map, "tsv") ? "tsv" : ig_yaml_get(map, "tmx") ? "tmx" : "source";
  if (strcmp(way, "source") == 0 && !ig_yaml_get(map, "source") && !ig_yaml_get(map, "target"))
    return ig_yaml_fail(map, err, "expected source and target, tsv or tmx");
  IG_TRY(check_ways(map, way, err));
  if (strcmp(way, "tsv") == 0) return add_tsv(map, tag, list, err);
  if (strcmp(way, "tmx") == 0) return add_tmx(map, tag, list, err);
  return add_text_files(map, tag, list, err);
}

// ---- the corpora of data.train ----------------------------------------------

static ig_status read_tag(const ig_yaml_node *map, const char **out, ig_error *err) {
  static const char *const special[] = {"</s>", "<s>", "<unk>", "<pad>"};
  IG_TRY(ig_yaml_string(map, "tag", NULL, out, err));
  for (size_t i = 0; *out && i < COUNT(special); i++)
    if (strcmp(*out, special[i]) == 0)
      return ig_yaml_fail(ig_yaml_get(map, "tag"), err, "%s is a special token of the vocabulary",
                          *out);
  if (!*out || (**out && !strpbrk(*out, " \t\r\n"))) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(map, "tag"), err,
                      "expected text without white space, such as >>bt<<, found '%.60s'", *out);
}

static ig_status read_weight(const ig_yaml_node *map, double *out, ig_error *err) {
  IG_TRY(ig_yaml_number(map, "weight", 1, out, err));
  if (*out >= 1e-3 && *out <= 1000) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(map, "weight"), err,
                      "expected a number from 0.001 to 1000, found %g", *out);
}

static ig_status add_corpus(const ig_yaml_node *map, ig_train_data *d, file_list *list,
                            ig_error *err) {
  ig_train_corpus *corpus = &d->corpora[d->corpus_count];
  *corpus = (ig_train_corpus){.first = list->files->count, .node = map};
  if (map->kind != IG_YAML_MAP)
    return ig_yaml_fail(map, err, "expected a map of source and target, of tsv or of tmx");
  IG_TRY(ig_train_keys_check(map, IG_TRAIN_PART_FILES, NULL, err));
  IG_TRY(read_weight(map, &corpus->weight, err));
  IG_TRY(read_tag(map, &corpus->tag, err));
  IG_TRY(add_pairs(map, corpus->tag, list, err));
  corpus->count = list->files->count - corpus->first;
  d->corpus_count++;
  return IG_OK;
}

// node: one map, or a list of them.
static ig_status add_corpora(const ig_yaml_node *node, ig_train_data *d, ig_error *err) {
  file_list list = {.files = &d->train};
  const bool several = node->kind == IG_YAML_SEQUENCE;
  d->corpora = ig_allocate(several ? node->count : 1, sizeof *d->corpora, err);
  if (!d->corpora) return IG_ERROR_MEMORY;
  if (!several) return add_corpus(node, d, &list, err);
  for (size_t i = 0; i < node->count; i++) IG_TRY(add_corpus(node->children[i], d, &list, err));
  return IG_OK;
}

// ---- data.train and data.valid ----------------------------------------------

// Questions into *questions, or plain text into *text; *found: the map is of one of them.
static ig_status read_others(const ig_yaml_node *map, const char **questions, ig_text_files *text,
                             bool *found, ig_error *err) {
  IG_TRY(ig_train_keys_check(map, IG_TRAIN_PART_FILES, NULL, err));
  IG_TRY(ig_yaml_string(map, "squad", NULL, questions, err));
  *found = *questions != NULL;
  if (*found)
    return map->count == 1
               ? IG_OK
               : ig_yaml_fail(map, err, "with squad, expected neither source nor target");
  IG_TRY(ig_text_config_read_files(map, text, err));
  *found = text->count > 0;
  return IG_OK;
}

static ig_status read_train(const ig_yaml_node *data, ig_train_data *d, ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(data, "train"), *map;
  bool found = false;
  if (node && node->kind == IG_YAML_SEQUENCE) return add_corpora(node, d, err);
  IG_TRY(ig_yaml_map(data, "train", &map, err));
  if (!map) return IG_OK;
  IG_TRY(read_others(map, &d->train_questions, &d->train_text, &found, err));
  return found ? IG_OK : add_corpora(map, d, err);
}

static ig_status read_valid(const ig_yaml_node *data, ig_train_data *d, ig_error *err) {
  const ig_yaml_node *map;
  bool found = false;
  IG_TRY(ig_yaml_map(data, "valid", &map, err));
  if (!map) return IG_OK;
  IG_TRY(read_others(map, &d->valid_questions, &d->valid_text, &found, err));
  if (found) return IG_OK;
  static const char *const of_train[] = {"weight", "tag"};
  for (size_t i = 0; i < COUNT(of_train); i++)
    if (ig_yaml_get(map, of_train[i]))
      return ig_yaml_fail(ig_yaml_get(map, of_train[i]), err, "it is of data.train alone");
  file_list list = {.files = &d->valid};
  return add_pairs(map, NULL, &list, err);
}

ig_status ig_corpora_config_read(const ig_yaml_node *data, ig_train_data *d, ig_error *err) {
  IG_TRY(read_train(data, d, err));
  return read_valid(data, d, err);
}

void ig_corpora_config_free(ig_train_data *d) {
  ig_corpus_files *files[] = {&d->train, &d->valid};
  for (size_t i = 0; i < COUNT(files); i++) {
    free((void *)files[i]->source);
    free((void *)files[i]->target);
    free((void *)files[i]->forms);
    free((void *)files[i]->tags);
  }
  free(d->corpora);
  free((void *)d->train_text.paths);
  free((void *)d->valid_text.paths);
}

// ---- filters ----------------------------------------------------------------

static ig_status fail_writing(const ig_yaml_node *node, const char *found, ig_error *err) {
  char list[512] = "";
  for (size_t i = 0; ig_writing_list(i); i++)
    strcat(strcat(list, i ? ", " : ""), ig_writing_list(i));
  return ig_yaml_fail(node, err, "expected one of %s; found '%.60s'", list, found);
}

static ig_status read_writings(const ig_yaml_node *filters, ig_pair_filters *out, ig_error *err) {
  static const char *const sides[] = {"source", "target"};
  const ig_yaml_node *map;
  IG_TRY(ig_yaml_map(filters, "script", &map, err));
  if (!map) return IG_OK;
  IG_TRY(ig_train_keys_check(map, IG_TRAIN_PART_SCRIPT, NULL, err));
  for (size_t side = 0; side < COUNT(sides); side++) {
    const char *name;
    IG_TRY(ig_yaml_string(map, sides[side], NULL, &name, err));
    out->writings[side] = name ? ig_writing_find(name) : NULL;
    if (name && !out->writings[side]) return fail_writing(ig_yaml_get(map, sides[side]), name, err);
  }
  return IG_OK;
}

static ig_status read_drop(const ig_yaml_node *filters, const char *key, bool *out, ig_error *err) {
  static const char *const names[] = {"keep", "drop"};
  const ig_yaml_words words = {names, COUNT(names), "keep or drop"};
  size_t choice;
  IG_TRY(ig_yaml_word(filters, key, &words, 0, &choice, err));
  *out = choice == 1;
  return IG_OK;
}

ig_status ig_corpora_config_read_filters(const ig_yaml_node *data, ig_train_data *d,
                                         ig_error *err) {
  const ig_yaml_node *map;
  ig_pair_filters *f = &d->filters;
  IG_TRY(ig_yaml_map(data, "filters", &map, err));
  if (!map) return IG_OK;
  if (d->train.count == 0)
    return ig_yaml_fail(map, err, "they are of pairs of sentences: source and target");
  IG_TRY(ig_train_keys_check(map, IG_TRAIN_PART_FILTERS, NULL, err));
  IG_TRY(ig_yaml_number(map, "max_ratio", 0, &f->max_ratio, err));
  if (ig_yaml_get(map, "max_ratio") && !(f->max_ratio >= 1 && f->max_ratio <= 1e6))
    return ig_yaml_fail(ig_yaml_get(map, "max_ratio"), err, "expected a number from 1, found %g",
                        f->max_ratio);
  IG_TRY(read_drop(map, "duplicates", &f->duplicates, err));
  IG_TRY(read_drop(map, "identical", &f->identical, err));
  return read_writings(map, f, err);
}

// ---- storage ----------------------------------------------------------------

static ig_status check_storage(const ig_yaml_node *data, const ig_train_data *d, ig_error *err) {
  const ig_yaml_node *storage = ig_yaml_get(data, "storage"),
                     *directory = ig_yaml_get(data, "storage_directory");
  if (directory && d->storage == IG_STORAGE_MEMORY)
    return ig_yaml_fail(directory, err, "it has no effect with storage: memory");
  if (d->train.count == 0 && (storage || directory))
    return ig_yaml_fail(storage ? storage : directory, err,
                        "it is of pairs of sentences: source and target");
  if (d->sampling_nbest && d->storage == IG_STORAGE_FILE)
    return ig_yaml_fail(storage, err,
                        "data.sampling needs the text in memory: expected storage: memory");
  return IG_OK;
}

ig_status ig_corpora_config_read_storage(const ig_yaml_node *data, ig_train_data *d,
                                         ig_error *err) {
  static const char *const names[] = {"auto", "memory", "file"};
  const ig_yaml_words words = {names, COUNT(names), "auto, memory or file"};
  size_t storage;
  IG_TRY(ig_yaml_word(data, "storage", &words, IG_STORAGE_AUTO, &storage, err));
  d->storage = (ig_storage)storage;
  IG_TRY(ig_yaml_string(data, "storage_directory", NULL, &d->storage_directory, err));
  return check_storage(data, d, err);
}
