#include "fuse/run/fusion_product.h"

const ig_fusion_product *ig_fusion_product_of(const ig_recipe *recipe) {
  static const ig_fusion_product *const products[] = {
      [IG_FUSION_PRODUCT_MODEL] = &ig_fusion_product_model,
      [IG_FUSION_PRODUCT_ADAPTER] = &ig_fusion_product_adapter,
  };
  return products[recipe->method->product];
}
