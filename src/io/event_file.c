#include "io/event_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/little_endian.h"

// Fields of the messages, by their numbers.
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, EVENT_LOG = 7 };
enum { LOG_STATUS = 1, LOG_STATUS_START = 1 };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_NUMBER = 2, VALUE_TENSOR = 8, VALUE_METADATA = 9 };
enum { METADATA_PLUGIN = 1, METADATA_CLASS = 4, METADATA_CLASS_TENSOR = 2, PLUGIN_NAME = 1 };
enum { TENSOR_TYPE = 1, TENSOR_TYPE_STRING = 7, TENSOR_SHAPE = 2, TENSOR_STRINGS = 8 };
enum { SHAPE_DIMENSION = 2, DIMENSION_SIZE = 1 };

struct ig_event_file {
  FILE *file;
  char *path;
};

// ---- records -------------------------------------------------------------------

// CRC-32C (Castagnoli), bit by bit: records are few and short.
static uint32_t checksum(const uint8_t *bytes, size_t size) {
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
  }
  return ~crc;
}

// As TFRecord stores it, so that a record of records is no record by chance.
static uint32_t masked_checksum(const uint8_t *bytes, size_t size) {
  const uint32_t crc = checksum(bytes, size);
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

static ig_status write_record(ig_event_file *f, const ig_protobuf *event, ig_error *err) {
  unsigned char head[12], tail[4];
  ig_little_endian_write(head, event->size, 8);
  ig_little_endian_write(head + 8, masked_checksum(head, 8), 4);
  ig_little_endian_write(tail, masked_checksum(event->bytes, event->size), 4);
  if (fwrite(head, 1, sizeof head, f->file) == sizeof head &&
      fwrite(event->bytes, 1, event->size, f->file) == event->size &&
      fwrite(tail, 1, sizeof tail, f->file) == sizeof tail && fflush(f->file) == 0)
    return IG_OK;
  return ig_fail(err, IG_ERROR_IO, "%s: %s", f->path, strerror(errno));
}

// ---- events --------------------------------------------------------------------

static ig_protobuf begin_event(void) {
  struct timespec now = {0};
  ig_protobuf event = {0};
  clock_gettime(CLOCK_REALTIME, &now);
  ig_protobuf_put_double(&event, EVENT_WALL_TIME, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
  return event;
}

static ig_status end_event(ig_event_file *f, ig_protobuf *event, ig_error *err) {
  ig_status status = ig_protobuf_check(event, err);
  if (status == IG_OK) status = write_record(f, event, err);
  ig_protobuf_free(event);
  return status;
}

static ig_status write_start(ig_event_file *f, uint64_t purged_from, ig_error *err) {
  ig_protobuf event = begin_event(), log = {0};
  ig_protobuf_put_text(&event, EVENT_VERSION, "brain.Event:2");
  IG_TRY(end_event(f, &event, err));
  event = begin_event();
  ig_protobuf_put_integer(&event, EVENT_STEP, purged_from);
  ig_protobuf_put_integer(&log, LOG_STATUS, LOG_STATUS_START);
  ig_protobuf_put_message(&event, EVENT_LOG, &log);
  return end_event(f, &event, err);
}

// Readers take the files of a directory in the order of their names.
static char *new_path(const char *directory, ig_error *err) {
  char host[64] = "", name[160];
  struct timespec now = {0};
  clock_gettime(CLOCK_REALTIME, &now);
  if (gethostname(host, sizeof host - 1) != 0 || !*host || strchr(host, '/'))
    snprintf(host, sizeof host, "localhost");
  for (int count = 0;; count++) {
    snprintf(name, sizeof name, IG_EVENT_FILE_PREFIX "%010lld.%s.%ld.%d", (long long)now.tv_sec,
             host, (long)getpid(), count);
    char *path = ig_path_join(directory, name, err);
    if (!path || !ig_file_exists(path)) return path;
    free(path);
  }
}

ig_status ig_event_file_create(const char *directory, uint64_t purged_from, ig_event_file **out,
                               ig_error *err) {
  ig_event_file *f = ig_allocate(1, sizeof *f, err);
  *out = NULL;
  if (!f) return IG_ERROR_MEMORY;
  f->path = new_path(directory, err);
  ig_status status = f->path ? ig_file_open_to_append(f->path, &f->file, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = write_start(f, purged_from, err);
  if (status == IG_OK)
    *out = f;
  else
    ig_event_file_close(f);
  return status;
}

void ig_event_file_close(ig_event_file *f) {
  if (!f) return;
  if (f->file) fclose(f->file);
  free(f->path);
  free(f);
}

// ---- values --------------------------------------------------------------------

void ig_event_file_add_number(ig_protobuf *summary, const char *tag, double value) {
  ig_protobuf item = {0};
  ig_protobuf_put_text(&item, VALUE_TAG, tag);
  ig_protobuf_put_float(&item, VALUE_NUMBER, (float)value);
  ig_protobuf_put_message(summary, SUMMARY_VALUE, &item);
}

// The plugin of texts shows tensors of strings.
void ig_event_file_add_text(ig_protobuf *summary, const char *tag, const char *text) {
  ig_protobuf item = {0}, plugin = {0}, metadata = {0}, size = {0}, shape = {0}, tensor = {0};
  ig_protobuf_put_text(&plugin, PLUGIN_NAME, "text");
  ig_protobuf_put_message(&metadata, METADATA_PLUGIN, &plugin);
  ig_protobuf_put_integer(&metadata, METADATA_CLASS, METADATA_CLASS_TENSOR);
  ig_protobuf_put_integer(&size, DIMENSION_SIZE, 1);
  ig_protobuf_put_message(&shape, SHAPE_DIMENSION, &size);
  ig_protobuf_put_integer(&tensor, TENSOR_TYPE, TENSOR_TYPE_STRING);
  ig_protobuf_put_message(&tensor, TENSOR_SHAPE, &shape);
  ig_protobuf_put_text(&tensor, TENSOR_STRINGS, text);
  ig_protobuf_put_text(&item, VALUE_TAG, tag);
  ig_protobuf_put_message(&item, VALUE_TENSOR, &tensor);
  ig_protobuf_put_message(&item, VALUE_METADATA, &metadata);
  ig_protobuf_put_message(summary, SUMMARY_VALUE, &item);
}

ig_status ig_event_file_write(ig_event_file *f, uint64_t step, ig_protobuf *summary,
                              ig_error *err) {
  ig_protobuf event = begin_event();
  ig_protobuf_put_integer(&event, EVENT_STEP, step);
  ig_protobuf_put_message(&event, EVENT_SUMMARY, summary);
  return end_event(f, &event, err);
}
