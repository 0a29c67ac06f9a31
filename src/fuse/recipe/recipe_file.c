#include "fuse/recipe/recipe_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "fuse/recipe/mergekit_keys.h"

// A document as it is in the file.
typedef struct document {
  const ig_yaml_node *node;
  const char *name;         // or NULL
  ig_search_space *search;  // of a document that has one; its recipe takes it over
  bool entered, left;       // the search for an order has begun with it; has placed it
} document;

typedef struct document_list {
  document *items;
  size_t count;
  size_t *order;  // (count): indices, in the order in which they are carried out
  size_t ordered;
} document_list;

// ---- names ------------------------------------------------------------------

// A name must be fit for a directory. It must not have a "+", with which an adapter would begin.
static bool is_name(const char *name) {
  return *name && strlen(name) <= 100 && !strpbrk(name, "/+") && strcmp(name, ".") != 0 &&
         strcmp(name, "..") != 0;
}

static ig_status check_name(const document_list *all, size_t index, ig_error *err) {
  const document *d = &all->items[index];
  const ig_yaml_node *at = d->name ? ig_yaml_get(d->node, "name") : d->node;
  for (size_t i = 0; i < index; i++) {
    const char *other = all->items[i].name;
    if (!d->name && !other)
      return ig_yaml_fail(
          at, err,
          "a second recipe without a 'name': others could not use it, and there is one result");
    if (d->name && other && strcmp(d->name, other) == 0)
      return ig_yaml_fail(at, err, "two recipes are named '%.100s'", d->name);
  }
  if (!d->name) return IG_OK;
  if (!is_name(d->name))
    return ig_yaml_fail(
        at, err, "expected a name without '/' and '+', at most 100 bytes long, found '%.120s'",
        d->name);
  if (all->count > 1 && ig_file_exists(d->name))
    return ig_yaml_fail(
        at, err, "'%.100s' is also a file or directory here: another name is needed", d->name);
  return IG_OK;
}

static ig_status read_names(document_list *all, ig_error *err) {
  for (size_t i = 0; i < all->count; i++) {
    document *d = &all->items[i];
    if (d->node->kind != IG_YAML_MAP)
      return ig_yaml_fail(d->node, err, "expected a map with 'merge_method'");
    IG_TRY(ig_yaml_string(d->node, "name", NULL, &d->name, err));
    IG_TRY(check_name(all, i, err));
  }
  return IG_OK;
}

// ---- which needs which ------------------------------------------------------

// Whether a reference is this name alone, or the name with an adapter, "NAME+ADAPTER".
static bool is_reference_to(const char *reference, const char *name) {
  const size_t length = strlen(name);
  return strncmp(reference, name, length) == 0 &&
         (reference[length] == '\0' || reference[length] == '+');
}

// Whether a key in this tree that names a model has this name as its value.
static bool names_model(const ig_yaml_node *node, const char *name) {
  static const char *const keys[] = {"model", "base_model", "tokenizer_source", "source"};
  for (size_t i = 0; i < node->count; i++) {
    const ig_yaml_node *child = node->children[i];
    for (size_t k = 0; node->kind == IG_YAML_MAP && k < sizeof keys / sizeof *keys; k++)
      if (child->kind == IG_YAML_SCALAR && strcmp(node->keys[i], keys[k]) == 0 &&
          is_reference_to(child->scalar, name))
        return true;
    if (names_model(child, name)) return true;
  }
  return false;
}

static bool needs(const document *user, const document *used) {
  return used->name && names_model(user->node, used->name);
}

static bool is_needed(const document_list *all, size_t used) {
  for (size_t i = 0; i < all->count; i++)
    if (needs(&all->items[i], &all->items[used])) return true;
  return false;
}

// The document that makes the result: the one without a name, or else the one that no other needs.
static ig_status find_last(const document_list *all, size_t *last, ig_error *err) {
  const document *d = all->items;
  *last = all->count;
  for (size_t i = 0; i < all->count; i++)
    if (!d[i].name) *last = i;
  for (size_t i = 0; i < all->count && all->count > 1; i++) {
    if (i == *last || is_needed(all, i)) continue;
    if (*last < all->count) return ig_yaml_fail(d[i].node, err, "nothing uses '%.100s'", d[i].name);
    *last = i;
  }
  if (all->count == 1) *last = 0;
  return *last < all->count
             ? IG_OK
             : ig_yaml_fail(d[0].node, err, "each recipe needs another: there is no result");
}

// Puts a document into the order, after those that it needs.
static ig_status enter(document_list *all, size_t index, ig_error *err) {
  document *d = &all->items[index];
  if (d->left) return IG_OK;
  if (d->entered)
    return ig_yaml_fail(d->node, err, "'%.100s' needs itself, if only by way of others", d->name);
  d->entered = true;
  for (size_t i = 0; i < all->count; i++)
    if (needs(d, &all->items[i])) IG_TRY(enter(all, i, err));
  d->left = true;
  all->order[all->ordered++] = index;
  return IG_OK;
}

static ig_status find_order(document_list *all, ig_error *err) {
  size_t last;
  IG_TRY(find_last(all, &last, err));
  IG_TRY(enter(all, last, err));
  for (size_t i = 0; i < all->count; i++) {
    if (all->items[i].left) continue;
    IG_TRY(enter(all, i, err));  // if it is part of a circle, this fails and says so
    return ig_yaml_fail(all->items[i].node, err, "the result does not use '%.100s'",
                        all->items[i].name);
  }
  return IG_OK;
}

// ---- reading ----------------------------------------------------------------

// Takes `search` out of each document, and puts middle values in the place of names.
static ig_status read_searches(document_list *all, const ig_yaml_node *root, ig_yaml *yaml,
                               ig_error *err) {
  for (size_t i = 0; i < all->count; i++) {
    document *d = &all->items[i];
    d->node = root->children[i];
    if (d->node->kind != IG_YAML_MAP) continue;
    IG_TRY(ig_search_space_read(d->node, &d->search, err));
    if (d->search) IG_TRY(ig_search_space_put_middle(d->search, yaml, err));
  }
  return IG_OK;
}

// Reads the document with the values at the ends of each range, or all that are listed, so that a
// search does not meet one late that the recipe cannot have.
static ig_status check_searched(const document *d, ig_yaml *yaml, ig_error *err) {
  for (size_t p = 0; p < d->search->count; p++) {
    const ig_search_parameter *parameter = &d->search->parameters[p];
    for (size_t i = 0; i < ig_search_space_checks(parameter); i++) {
      ig_recipe recipe;
      const double at = ig_search_space_check(parameter, i);
      IG_TRY(ig_search_space_put(d->search, yaml, p, at, err));
      IG_TRY(ig_recipe_read(d->node, &recipe, err));
      ig_recipe_free(&recipe);
    }
    IG_TRY(ig_search_space_put_middle(d->search, yaml, err));
  }
  return IG_OK;
}

static ig_status read_in_order(document_list *all, ig_recipe_file *out, ig_error *err) {
  for (size_t i = 0; i < all->count; i++) {
    document *d = &all->items[all->order[i]];
    if (d->search) IG_TRY(check_searched(d, out->yaml, err));
    IG_TRY(ig_recipe_read(d->node, &out->recipes[i], err));
    out->recipes[i].search = d->search;
    d->search = NULL;
    for (size_t k = 0; k < i; k++)
      if (needs(d, &all->items[all->order[k]])) out->recipes[i].builds = true;
  }
  return IG_OK;
}

static ig_status read_documents(const ig_yaml_node *root, document_list *all, ig_recipe_file *out,
                                ig_error *err) {
  out->name = root->file;
  out->recipes = ig_allocate(root->count, sizeof *out->recipes, err);
  if (!out->recipes) return IG_ERROR_MEMORY;
  out->count = root->count;
  all->items = ig_allocate(root->count, sizeof *all->items, err);
  all->order = ig_allocate(root->count, sizeof *all->order, err);
  if (!all->items || !all->order) return IG_ERROR_MEMORY;
  all->count = root->count;
  IG_TRY(read_searches(all, root, out->yaml, err));
  IG_TRY(ig_mergekit_keys_adapt(out->yaml, &out->notes, err));
  IG_TRY(read_names(all, err));
  IG_TRY(find_order(all, err));
  return read_in_order(all, out, err);
}

static ig_status read_file(ig_recipe_file *out, ig_error *err) {
  document_list all = {0};
  const ig_status status = read_documents(ig_yaml_root(out->yaml), &all, out, err);
  for (size_t i = 0; i < all.count; i++) ig_search_space_free(all.items[i].search);
  free(all.items);
  free(all.order);
  return status;
}

ig_status ig_recipe_file_load(const char *path, const ig_interrupter *interrupter,
                              ig_recipe_file *out, ig_error *err) {
  *out = (ig_recipe_file){0};
  IG_TRY(ig_yaml_load_documents(path, interrupter, &out->yaml, err));
  return read_file(out, err);
}

ig_status ig_recipe_file_parse(const char *text, size_t size, const char *name, ig_recipe_file *out,
                               ig_error *err) {
  *out = (ig_recipe_file){0};
  IG_TRY(ig_yaml_parse_documents(text, size, name, &out->yaml, err));
  return read_file(out, err);
}

void ig_recipe_file_free(ig_recipe_file *file) {
  for (size_t i = 0; i < file->count; i++) ig_recipe_free(&file->recipes[i]);
  free(file->recipes);
  ig_problems_free(&file->notes);
  ig_yaml_free(file->yaml);
  *file = (ig_recipe_file){0};
}
