// What a tokenizer is made of: for the files text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_PARTS_H
#define IG_TEXT_TOKENIZER_PARTS_H
#include "text/added_tokens.h"
#include "text/charsmap.h"
#include "text/merges.h"
#include "text/sentencepiece.h"
#include "text/tokenizer.h"
#include "text/unigram.h"
#include "text/vocabulary.h"
#include "text/word_pieces.h"

typedef struct ig_tokenizer_side {
  ig_vocabulary *vocabulary;
  ig_sentencepiece *spm;  // NULL: words
  bool has_letters;       // single characters are pieces; those of a model of words are not
  union {
    struct {
      int eos_id, unk_id, pad_id;  // pad -1: none
    };
    int special_ids[IG_TOKENIZER_SPECIAL_COUNT];
  };
} ig_tokenizer_side;

enum { IG_TOKENIZER_BYTE_COUNT = 256 };

struct ig_tokenizer {
  const ig_tokenizer_description *description;
  const ig_foreign_files *foreign;  // NULL, but while it is loaded from such files
  bool shared;
  ig_vocabulary vocabularies[2];                   // the second only where not shared
  ig_sentencepiece *spms[2];                       // the second NULL: the source's for both
  ig_tokenizer_side source, target;                // borrow from the above
  char *special_text[IG_TOKENIZER_SPECIAL_COUNT];  // "</s>", "<unk>", "<pad>"
  size_t special_length[IG_TOKENIZER_SPECIAL_COUNT];
  ig_added_tokens added;            // the special tokens among them
  char *source_lang, *target_lang;  // NULL: unknown
  int model_max_length;
  bool cleans_up;       // decoded text, as ig_tokenizer_cleaning_apply; not where merges cut it
  bool cleans_merged;   // where merges cut it, too
  int language_ids[2];  // of source_lang and target_lang; 0: none
  bool ends_source;     // as that of the description's languages
  char *begin_text;     // the token before every text; NULL: none
  int begin_id;         // -1: none
  bool lists_added;     // tokenizer_config.json has the added tokens, and no other file counts
  char *json_bytes;     // (json_size) the tokenizer.json that it was made of; NULL: other files
  size_t json_size;
  // Of IG_TOKENIZER_SHIFTED alone.
  ig_charsmap charsmap;
  ig_unigram unigram;  // without nodes: the merges cut
  // Of IG_TOKENIZER_SHIFTED and IG_TOKENIZER_BYTES: of the special pieces with a count_key.
  int special_count;  // -1: the description's
  // Of IG_TOKENIZER_SHIFTED and IG_TOKENIZER_BYTE_LEVEL.
  ig_merges merges;
  // Of IG_TOKENIZER_BYTE_LEVEL alone.
  int byte_ids[256];  // of the symbols of bytes; -1: the vocabulary lacks it. Of STEPS: of <0x41>
  bool add_prefix_space;  // a stretch of text without a space before it gets one
  bool trims_spaces;      // places of tokens do not count the spaces at their ends
  // Of IG_TOKENIZER_STEPS and IG_TOKENIZER_WORD_PIECES, and of IG_TOKENIZER_SHIFTED that folds.
  // NULL: another kind.
  struct ig_tokenizer_steps *steps;
  bool lowers, keeps_accents;  // of IG_TOKENIZER_SHIFTED that folds
  ig_word_pieces word_pieces;  // without nodes: another model
  json_t *named;               // texts of the description's named tokens, by key; NULL: none
};

// The key of tokenizer_config.json that names the special token.
const char *ig_tokenizer_parts_special_key(const ig_tokenizer *tokenizer,
                                           ig_tokenizer_special which);
// Whether it does whatever its tokenizer.json says.
bool ig_tokenizer_parts_follows_file(const ig_tokenizer *tokenizer);

// A tokenizer without vocabularies and special tokens. The description is borrowed.
ig_status ig_tokenizer_parts_create(const ig_tokenizer_description *description, ig_tokenizer **out,
                                    ig_error *err);
ig_status ig_tokenizer_parts_set_special(ig_tokenizer *tokenizer, ig_tokenizer_special which,
                                         const char *text, ig_error *err);
// How many of these pieces there are, and the text of one of them, counted from 0.
int ig_tokenizer_parts_count(const ig_tokenizer *tokenizer, const ig_special_pieces *pieces);
enum { IG_TOKENIZER_PARTS_TEXT = 64 };
void ig_tokenizer_parts_write(const ig_tokenizer *tokenizer, const ig_special_pieces *pieces, int i,
                              char text[IG_TOKENIZER_PARTS_TEXT]);
// The token of a language.
void ig_tokenizer_parts_write_language(const ig_tokenizer *tokenizer, const char *code,
                                       char text[IG_TOKENIZER_PARTS_TEXT]);
// See ig_tokenizer_find_language.
ig_status ig_tokenizer_parts_find_language(const ig_tokenizer *tokenizer, const char *code, int *id,
                                           ig_error *err);
// The id of the first of these pieces, once the SentencePiece model exists.
int ig_tokenizer_parts_first_id(const ig_tokenizer *tokenizer, const ig_special_pieces *pieces);
// Whether its tokens are pieces of words, so that a character may lack one.
bool ig_tokenizer_parts_has_pieces(const ig_tokenizer *tokenizer);
// Hands the finished tokenizer over, or frees it; returns status.
ig_status ig_tokenizer_parts_deliver(ig_tokenizer *tokenizer, ig_status status, ig_tokenizer **out);
// The content of a file that the tokenizer is loaded from; NULL: it is one of the directory.
const json_t *ig_tokenizer_parts_made_file(const ig_tokenizer *tokenizer, const char *name);
// Calls the action with the path of a file in the directory.
typedef ig_status (*ig_tokenizer_file_action)(ig_tokenizer *tokenizer, int side, const char *path,
                                              ig_error *err);
ig_status ig_tokenizer_parts_on_file(ig_tokenizer *tokenizer, int side, const char *directory,
                                     const char *name, ig_tokenizer_file_action action,
                                     ig_error *err);
#endif
