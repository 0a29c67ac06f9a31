#include "answer/squad_batch.h"

#include <string.h>

enum { BYTES_TOGETHER = 1 << 20 };

size_t ig_squad_batch_count(const ig_squad *squad, size_t first, size_t most) {
  size_t count = 0, bytes = 0;
  do {
    const ig_squad_question *q = &squad->questions[first + count++];
    bytes += strlen(q->context) + strlen(q->text);
  } while (first + count < squad->count && count < most && bytes < BYTES_TOGETHER);
  return count;
}
