// What a file is that is not regular.
#ifndef IG_BASE_FILE_KIND_H
#define IG_BASE_FILE_KIND_H

// "a pipe", for messages. mode: st_mode.
const char *ig_file_kind_name(unsigned mode);
#endif
