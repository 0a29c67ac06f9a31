#include "io/content_hash.h"

#include <nettle/sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/allocate.h"
#include "base/file.h"

enum { CHUNK = 1 << 20 };

const char *ig_content_hash_name(ig_hash_kind kind) {
  return kind == IG_HASH_SHA256 ? "sha256" : "xxh3-128";
}

static void print_digest(const uint8_t *digest, size_t size, char *text) {
  for (size_t i = 0; i < size; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void print_xxh3(XXH128_hash_t hash, char *text) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  print_digest(canonical.digest, sizeof canonical.digest, text);
}

void ig_content_hash_text(const void *data, size_t size, char text[IG_HASH_TEXT]) {
  print_xxh3(XXH3_128bits(data, size), text);
}

typedef struct hash_state {
  ig_hash_kind kind;
  XXH3_state_t *xxh3;
  struct sha256_ctx sha256;
} hash_state;

static ig_status hash_file_bytes(hash_state *h, const ig_file *file, const char *path, char *chunk,
                                 ig_error *err) {
  for (size_t at = 0; at < file->size; at += CHUNK) {
    const size_t size = file->size - at < CHUNK ? file->size - at : CHUNK;
    const ig_status status = ig_file_read(file, path, at, chunk, size, err);
    if (status != IG_OK) return status;
    if (h->kind == IG_HASH_SHA256)
      sha256_update(&h->sha256, size, (const uint8_t *)chunk);
    else
      XXH3_128bits_update(h->xxh3, chunk, size);
  }
  return IG_OK;
}

ig_status ig_content_hash_file(const char *path, ig_hash_kind kind, char text[IG_HASH_TEXT],
                               size_t *bytes, ig_error *err) {
  ig_file file = {0};
  hash_state h = {.kind = kind, .xxh3 = XXH3_createState()};
  char *chunk = ig_allocate(CHUNK, 1, err);
  ig_status status = h.xxh3 && chunk ? ig_file_open(&file, path, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) {
    XXH3_128bits_reset(h.xxh3);
    sha256_init(&h.sha256);
    *bytes = file.size;
    status = hash_file_bytes(&h, &file, path, chunk, err);
  }
  if (status == IG_OK && kind == IG_HASH_SHA256) {
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&h.sha256, sizeof digest, digest);
    print_digest(digest, sizeof digest, text);
  } else if (status == IG_OK) {
    print_xxh3(XXH3_128bits_digest(h.xxh3), text);
  }
  ig_file_close(&file);
  XXH3_freeState(h.xxh3);
  free(chunk);
  return status;
}
