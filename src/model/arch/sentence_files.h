// What sentence-transformers calls the file with the longest text of a model: by the family it was
// first written for.
#ifndef IG_MODEL_ARCH_SENTENCE_FILES_H
#define IG_MODEL_ARCH_SENTENCE_FILES_H

extern const char *const ig_sentence_files[];  // NULL-terminated, in the order of the search
#endif
