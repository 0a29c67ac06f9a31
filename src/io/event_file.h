// Event files of TensorBoard, "events.out.tfevents.SECONDS.HOST.PROCESS.COUNT": numbers and texts
// of the steps of a training. A file is records of TensorFlow (TFRecord), each with checksums and
// in it a message `Event` (tensorflow/core/util/event.proto,
// tensorflow/core/framework/summary.proto). What a crash cuts off within a record, readers leave
// alone.
#ifndef IG_IO_EVENT_FILE_H
#define IG_IO_EVENT_FILE_H
#include "io/protobuf.h"

// How the names of all these files begin.
#define IG_EVENT_FILE_PREFIX "events.out.tfevents."

typedef struct ig_event_file ig_event_file;  // ig_event_file_close
// Makes a new file in the directory. Readers forget what earlier files in the directory have of the
// step purged_from and of later ones, for these are written again.
ig_status ig_event_file_create(const char *directory, uint64_t purged_from, ig_event_file **out,
                               ig_error *err);
void ig_event_file_close(ig_event_file *file);  // harmless on NULL

// Values of one step: a tag, such as "train/loss", and a number, or a text in Markdown. They are
// gathered in `summary`, which begins all zero.
void ig_event_file_add_number(ig_protobuf *summary, const char *tag, double value);
void ig_event_file_add_text(ig_protobuf *summary, const char *tag, const char *text);
// Writes them, and frees the summary.
ig_status ig_event_file_write(ig_event_file *file, uint64_t step, ig_protobuf *summary,
                              ig_error *err);
#endif
