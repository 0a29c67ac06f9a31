#include "text/piece_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/little_endian.h"
#include "text/charsmap.h"

void ig_piece_model_free(ig_piece_model *model) {
  free(model->pieces);
  *model = (ig_piece_model){0};
}

// ---- protocol buffers -------------------------------------------------------

// A field of a message: a number, or bytes.
typedef struct message_field {
  unsigned number;
  uint64_t value;
  const unsigned char *bytes;  // NULL: a number
  size_t size;
} message_field;
typedef struct message_reading {
  const unsigned char *at, *end;
  bool damaged;
} message_reading;

static uint64_t read_varint(message_reading *r) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
    const unsigned char byte = *r->at++;
    value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  r->damaged = true;
  return 0;
}

static const unsigned char *take_bytes(message_reading *r, uint64_t size) {
  const unsigned char *bytes = r->at;
  if (size > (uint64_t)(r->end - r->at)) {
    r->damaged = true;
    return bytes;
  }
  r->at += size;
  return bytes;
}

static void read_number(message_reading *r, int size, message_field *field) {
  const unsigned char *bytes = take_bytes(r, (uint64_t)size);
  if (!r->damaged) field->value = ig_little_endian_read(bytes, size);
}

// False: the message ends here, or is damaged.
static bool next_field(message_reading *r, message_field *field) {
  if (r->damaged || r->at == r->end) return false;
  const uint64_t key = read_varint(r);
  *field = (message_field){.number = (unsigned)(key >> 3)};
  switch (key & 7) {
    case 0: field->value = read_varint(r); break;
    case 1: read_number(r, 8, field); break;
    case 2:
      field->size = (size_t)read_varint(r);
      field->bytes = take_bytes(r, field->size);
      break;
    case 5: read_number(r, 4, field); break;
    default: r->damaged = true;
  }
  return !r->damaged;
}

static message_reading reading_of(const message_field *field) {
  return (message_reading){field->bytes, field->bytes + field->size, false};
}

// ---- a model ----------------------------------------------------------------

static float float_of(uint64_t value) {
  const uint32_t bits = (uint32_t)value;
  float number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

// SentencePiece { piece = 1; score = 2; type = 3; }
static ig_status read_piece(ig_piece_model *m, const message_field *message, const char *where,
                            ig_error *err) {
  ig_model_piece piece = {.text = "", .type = IG_PIECE_TYPE_NORMAL};
  message_reading r = reading_of(message);
  message_field f;
  while (next_field(&r, &f)) {
    if (f.number == 1 && f.bytes) {
      piece.text = (const char *)f.bytes;
      piece.length = f.size;
    }
    if (f.number == 2) piece.score = float_of(f.value);
    if (f.number == 3) piece.type = (ig_piece_type)f.value;
  }
  if (r.damaged || !isfinite(piece.score))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: piece %zu is damaged", where, m->count);
  if (memchr(piece.text, 0, piece.length))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: piece %zu has a NUL in it", where, m->count);
  IG_TRY(ig_allocate_more((void **)&m->pieces, &m->capacity, m->count + 1, sizeof *m->pieces, err));
  m->pieces[m->count++] = piece;
  return IG_OK;
}

// TrainerSpec { model_type = 3; } of which 2 is BPE.
static bool read_trainer(ig_piece_model *m, const message_field *message) {
  message_reading r = reading_of(message);
  for (message_field f; next_field(&r, &f);)
    if (f.number == 3) m->is_bpe = f.value == 2;
  return !r.damaged;
}

// NormalizerSpec { precompiled_charsmap = 2; }
static bool read_normalizer(const message_field *message, const void **charsmap, size_t *size) {
  message_reading r = reading_of(message);
  for (message_field f; next_field(&r, &f);)
    if (f.number == 2 && f.bytes) {
      *charsmap = f.bytes;
      *size = f.size;
    }
  return !r.damaged;
}

// ModelProto { pieces = 1; trainer_spec = 2; normalizer_spec = 3; denormalizer_spec = 5; }
static bool read_specification(ig_piece_model *m, const message_field *f) {
  if (f->number == 2) return read_trainer(m, f);
  if (f->number == 3) return read_normalizer(f, &m->charsmap, &m->charsmap_size);
  if (f->number == 5) return read_normalizer(f, &m->output_charsmap, &m->output_charsmap_size);
  return true;
}

static ig_status fail_not_a_model(const char *where, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: damaged, or not a SentencePiece model", where);
}

ig_status ig_piece_model_read(ig_piece_model *m, const void *bytes, size_t size, const char *where,
                              ig_error *err) {
  message_reading r = {bytes, (const unsigned char *)bytes + size, false};
  bool sound = true;
  for (message_field f; next_field(&r, &f);) {
    if (!f.bytes) continue;
    if (f.number == 1) IG_TRY(read_piece(m, &f, where, err));
    sound = sound && read_specification(m, &f);
  }
  return sound && !r.damaged ? IG_OK : fail_not_a_model(where, err);
}

ig_status ig_piece_model_check(const void *bytes, size_t size, const char *where, ig_error *err) {
  message_reading r = {bytes, (const unsigned char *)bytes + size, false};
  ig_piece_model m = {0};
  bool sound = true;
  for (message_field f; next_field(&r, &f);)
    if (f.bytes) sound = sound && read_specification(&m, &f);
  if (!sound || r.damaged) return fail_not_a_model(where, err);
  IG_TRY(ig_charsmap_check(m.charsmap, m.charsmap_size, where, err));
  return ig_charsmap_check(m.output_charsmap, m.output_charsmap_size, where, err);
}
