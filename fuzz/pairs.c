// Files that hold pairs: the first byte says how (0 TSV, 1 TMX) and what becomes of bytes that are
// no text, the others are the file.
#include "input.h"

#include "io/pairs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  const char *path = write_input((const char *)data + 1, size - 1);
  const ig_pairs_input input = {.form = {.kind = data[0] & 1 ? IG_PAIRS_TMX : IG_PAIRS_TSV,
                                         .column = {1, 3},
                                         .language = {"en", "de"}},
                                .path = {path, path},
                                .side = IG_PAIRS_BOTH};
  const ig_lines_options options = {.bad_bytes =
                                        data[0] & 2 ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR};
  ig_error err = {0};
  ig_pairs *pairs;
  ig_pair pair = {0};
  if (ig_pairs_open(&input, &options, &pairs, &err) != IG_OK) return 0;
  do {
    if (ig_pairs_next(pairs, &pair, &err) != IG_OK) break;
    for (int side = 0; pair.text[0] && side < 2; side++)
      if (strlen(pair.text[side]) > pair.length[side]) abort();
  } while (pair.text[0]);
  ig_pairs_close(pairs);
  return 0;
}
