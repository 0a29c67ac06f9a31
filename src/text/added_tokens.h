// Tokens that are cut out of a text before its model sees it: special tokens, and those that
// were added to a vocabulary after its model was trained. As transformers 5.23 has them
// (tokenization_python.py, PythonBackend).
#ifndef IG_TEXT_ADDED_TOKENS_H
#define IG_TEXT_ADDED_TOKENS_H
#include "io/json.h"
#include "text/vocabulary.h"

typedef struct ig_added_token {
  char *text;  // owned
  size_t length;
  int id;                        // -1: none yet
  bool special;                  // decoding leaves it out
  bool strip_left, strip_right;  // white space before it, after it, goes with it
  bool single_word;  // it is cut out only where spaces or the ends of the text are around
  // It is looked for in the normalized text, as `normal` (owned; NULL: as its text). Of tokenizers
  // after Hugging Face's alone.
  bool normalized;
  char *normal;
  size_t normal_length;
  size_t next_alike;  // the number plus 1 of a later token that has the same `normal`; 0: none
} ig_added_token;

enum { IG_ADDED_LONG = 4 };
typedef struct ig_added_tokens {
  ig_added_token *list;  // (count)
  size_t count, capacity;
  // Tokens that the vocabulary lacks, or has with another id: their ids hold for pieces, too.
  ig_vocabulary own;
  // Numbers in the list, by the tokens' texts and, where they have one, by `normal`; and the
  // lengths of all of these, rising: there may be many thousands of tokens, and texts are looked
  // through for each of them.
  ig_vocabulary by_text, by_normal;
  size_t *lengths;  // (length_count)
  size_t length_count, length_capacity;
  size_t *by_id;  // (ordered): numbers, by the tokens' ids; 0 of them: ids are not settled
  size_t ordered, order_capacity;
  int limit;  // tokens with ids from this one on are text like any other
  // Bits for how tokens begin: the first two bytes of those shorter than IG_ADDED_LONG, and a hash
  // of the first bytes of the others.
  unsigned char begins[256 * 256 / 8], long_begins[256 * 256 / 8];
  bool has_flags;                   // some token strips, or is a single word
  bool has_normalized;              // some token is looked for in the normalized text
  bool (*is_space)(uint32_t code);  // what a token that strips takes along
} ig_added_tokens;  // start from {.limit = INT_MAX, .is_space = …}; ig_added_tokens_free

void ig_added_tokens_free(ig_added_tokens *tokens);
// A copy of the token, whose length need not be set. One that is there already keeps its id and its
// flags, and becomes special if either is. An empty one is an error.
ig_status ig_added_tokens_add(ig_added_tokens *tokens, const ig_added_token *token, ig_error *err);
// As add, but one that is there already gets the id and the flags of this one.
ig_status ig_added_tokens_replace(ig_added_tokens *tokens, const ig_added_token *token,
                                  ig_error *err);
// The tokens that files beside the vocabulary name: config is tokenizer_config.json, with the keys
// of special_tokens_map.json where that one counts; file is added_tokens.json, or NULL.
ig_status ig_added_tokens_read(ig_added_tokens *tokens, ig_json_object config, ig_json_object file,
                               ig_error *err);
// Puts the tokens in the order of their ids and forgets those, as Hugging Face tokenizers numbers
// tokens itself whatever the files say.
ig_status ig_added_tokens_forget_ids(ig_added_tokens *tokens, ig_error *err);
// Gives ids to tokens without one: that of the vocabulary, or the next after all others. Ids are
// settled then.
ig_status ig_added_tokens_number(ig_added_tokens *tokens, const ig_vocabulary *vocabulary,
                                 ig_error *err);
// Adds a token that there is not yet, with an id above all others, when ids are settled.
ig_status ig_added_tokens_append(ig_added_tokens *tokens, const ig_added_token *token, int id,
                                 ig_error *err);
// Sets what a normalized token, the number in the list, is looked for as.
ig_status ig_added_tokens_set_normal(ig_added_tokens *tokens, size_t number, const char *text,
                                     size_t length, ig_error *err);
// Whether this is one of those tokens, by how it is looked for.
typedef bool (*ig_added_token_filter)(const ig_added_token *token);
// The longest token at the start of text, of those that the filter takes (NULL: all); NULL: none.
const ig_added_token *ig_added_tokens_at(const ig_added_tokens *tokens, const char *text,
                                         size_t length, ig_added_token_filter filter);
// The token with this id; NULL: none. Ids are settled.
const ig_added_token *ig_added_tokens_of(const ig_added_tokens *tokens, int id);
// The id of a piece of this text, where it is not the vocabulary's; -1: it is.
int ig_added_tokens_find(const ig_added_tokens *tokens, const char *text, size_t length);
// One more than the largest id; 0: no tokens.
int ig_added_tokens_size(const ig_added_tokens *tokens);
// The number of tokens that the limit excludes. names: as many of them as fit, commas between them,
// and "..." for the others.
size_t ig_added_tokens_list_beyond(const ig_added_tokens *tokens, char *names, size_t size);

// A stretch of a text: a token, or what lies between two.
typedef struct ig_added_part {
  size_t begin, end;
  const ig_added_token *token;  // NULL: text
} ig_added_part;
// Cuts the text as Python's tokenizers; *parts (malloc'ed, for the caller to free) may hold empty
// stretches of text.
ig_status ig_added_tokens_cut(const ig_added_tokens *tokens, const char *text, size_t length,
                              ig_added_part **parts, size_t *count, ig_error *err);
// Cuts the text as Hugging Face tokenizers 0.23 (added_vocabulary.rs), at the tokens that are
// looked for in normalized text or at all others. A token takes the white space that it strips
// along, and a single word is not cut out beside a character of words. No stretch is empty.
typedef struct ig_added_parts {
  ig_added_part *list;
  size_t count, capacity;
} ig_added_parts;  // start from {0}; free(list)
ig_status ig_added_tokens_match(const ig_added_tokens *tokens, bool normalized, const char *text,
                                size_t length, ig_added_parts *out, ig_error *err);
#endif
