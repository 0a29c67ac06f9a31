#include "fuse/method/extract_lora.h"

#include "fuse/method/methods.h"

const ig_method ig_method_extract_lora = {
    .name = "extract_lora",
    .summary = "a LoRA adapter that makes the model of its base, as nearly as its rank allows",
    .base = IG_BASE_USE_REQUIRED,
    .least_inputs = 1,
    .most_inputs = 1,
    .product = IG_FUSION_PRODUCT_ADAPTER,
    .passes = 1,
    .parameters = {[IG_EXTRACT_LORA_RANK] = {"rank", IG_VALUE_INTEGER, false, false, 0, 1, 65536}}};
