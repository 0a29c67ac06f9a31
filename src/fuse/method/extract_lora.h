// The parameter of the method extract_lora. What it computes is in fuse/run/adapter_product.c.
#ifndef IG_FUSE_METHOD_EXTRACT_LORA_H
#define IG_FUSE_METHOD_EXTRACT_LORA_H

enum { IG_EXTRACT_LORA_RANK };  // the rank's index
#endif
