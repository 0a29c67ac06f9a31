// Both 16-bit formats; include the one that is meant.
#include "base/bf16.h"
#include "base/f16.h"
