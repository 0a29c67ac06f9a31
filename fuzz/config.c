// A JSON text as the config.json of every family and as a generation_config.json; what is accepted
// is written and read again.
#include "input.h"

#include "decode/decode_options.h"
#include "io/json.h"
#include "model/arch/family.h"
#include "model/config.h"
#include "model/model.h"

static void as_config(const json_t *json) {
  for (const ig_family *const *family = ig_family_list(); *family; family++) {
    ig_config config, again;
    ig_error err = {0};
    if (ig_family_read_config(*family, json, "config.json", &config, &err) != IG_OK ||
        ig_config_check(&config, "config.json", &err) != IG_OK)
      continue;
    json_t *written = ig_family_write_config(&config);
    if (!written || ig_family_read_config(*family, written, "written", &again, &err) != IG_OK ||
        ig_config_check(&again, "written", &err) != IG_OK)
      abort();
    json_decref(written);
  }
}

static void as_generation_config(char *text) {
  static const ig_torch_options options = {20, 8, 2, 1, 1, 8, 0, false, NULL};
  ig_config *config = NULL;
  if (ig_config_torch(&options, &config, NULL) != IG_OK) abort();
  const ig_model model = {.config = *config, .generation_config = text};
  ig_decode_options decode;
  ig_error err = {0};
  if (ig_decode_options_load(&model, &decode, &err) == IG_OK)
    ig_decode_options_check(&decode, &err);
  ig_decode_options_free(&decode);
  ig_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  json_t *json = NULL;
  ig_error err = {0};
  if (ig_json_parse((const char *)data, size, "config.json", &json, &err) == IG_OK &&
      json_is_object(json))
    as_config(json);
  json_decref(json);
  char *text = malloc(size + 1);
  if (!text) abort();
  memcpy(text, data, size);
  text[size] = '\0';
  as_generation_config(text);
  free(text);
  return 0;
}
