// Models of the Hugging Face hub in its local cache, as huggingface_hub lays it out:
// models--ORG--NAME/refs/REVISION holds the name of a folder of models--ORG--NAME/snapshots.
// Nothing is ever downloaded.
#ifndef IG_IO_HUB_CACHE_H
#define IG_IO_HUB_CACHE_H
#include <stdbool.h>
#include <stddef.h>

#include "ingot/core.h"

// Whether the first bytes of a name may be one of the hub's: ORG/NAME or ORG/NAME@REVISION. A path
// of two levels looks the same.
bool ig_hub_cache_is_name(const char *name, size_t length);
// Finds the snapshot of such a name, malloc'ed; without a revision that of "main". The cache is
// $HF_HUB_CACHE, or $HF_HOME/hub, or huggingface/hub in $XDG_CACHE_HOME or ~/.cache. IG_ERROR_IO:
// there is none; the message says where it would be.
ig_status ig_hub_cache_find(const char *name, size_t length, char **out, ig_error *err);
#endif
