#include "io/safetensor.h"

#include <string.h>

#include "base/bf16.h"
#include "base/f16.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/finite.h"
#include "io/arranged.h"
#include "io/quantized.h"

// Bytes. What is converted, or searched for NaN, is then still in the nearest cache.
#define CHUNK 32768

// Bytes offset .. offset + size - 1 of the tensor's values.
static ig_status read_bytes(const ig_safetensor *t, size_t offset, void *out, size_t size,
                            ig_error *err) {
  if (t->quantized) return ig_quantized_read_bytes(t->quantized, offset, size, out, err);
  if (t->arranged) return ig_arranged_read(t->arranged, offset, out, size, err);
  return ig_file_read(t->source, t->file, t->begin + offset, out, size, err);
}

ig_status ig_safetensor_read_raw(const ig_safetensor *t, void *out, ig_error *err) {
  return read_bytes(t, 0, out, t->bytes, err);
}

ig_status ig_safetensor_read_bytes(const ig_safetensor *t, size_t offset, size_t bytes, void *out,
                                   ig_error *err) {
  return read_bytes(t, offset, out, bytes, err);
}

static void convert_values(ig_dtype dtype, size_t count, const unsigned char *from, float *to) {
  if (dtype == IG_DTYPE_F16) {
    ig_f16_to_floats(count, from, to);
  } else if (dtype == IG_DTYPE_BF16) {
    ig_bf16_to_floats(count, from, to);
  } else {
    for (size_t i = 0; i < count; ++i) {
      double value;
      memcpy(&value, from + 8 * i, sizeof value);
      to[i] = (float)value;
    }
  }
}

static ig_status fail_type(const ig_safetensor *t, ig_error *err) {
  return ig_fail(
      err, IG_ERROR_UNSUPPORTED, "%s: tensor %s: dtype %s, expected F32, F16, BF16 or F64%s%s%s",
      t->file, t->name, ig_dtype_name(t->dtype),
      t->dtype == IG_DTYPE_I8 ? "; there is no tensor " : "",
      t->dtype == IG_DTYPE_I8 ? t->name : "",
      t->dtype == IG_DTYPE_I8 ? IG_QUANTIZED_SCALE " that would say what its integers mean" : "");
}

// Values first .. first + count - 1.
static ig_status read_values(const ig_safetensor *t, size_t first, float *out, size_t count,
                             bool finite, ig_error *err) {
  if (t->dtype != IG_DTYPE_F32 && t->dtype != IG_DTYPE_F16 && t->dtype != IG_DTYPE_BF16 &&
      t->dtype != IG_DTYPE_F64)
    return fail_type(t, err);
  unsigned char bytes[CHUNK];
  const size_t size = ig_dtype_size(t->dtype), most = CHUNK / size;
  for (size_t done = 0; done < count;) {
    const size_t n = count - done < most ? count - done : most;
    const bool as_is = t->dtype == IG_DTYPE_F32;
    IG_TRY(
        read_bytes(t, (first + done) * size, as_is ? (void *)(out + done) : bytes, n * size, err));
    if (!as_is) convert_values(t->dtype, n, bytes, out + done);
    const size_t wrong = finite ? ig_finite_until(out + done, n) : n;
    if (wrong < n)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s: value %zu of %zu is %g, expected a finite number", t->file,
                     t->name, first + done + wrong + 1, t->elements, (double)out[done + wrong]);
    done += n;
  }
  return IG_OK;
}

static ig_status read_whole(const ig_safetensor *t, float *out, size_t count, bool finite,
                            ig_error *err) {
  if (count != t->elements)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: expected %zu values, found %zu", t->file,
                   t->name, count, t->elements);
  return read_values(t, 0, out, count, finite, err);
}

ig_status ig_safetensor_read_part(const ig_safetensor *tensor, size_t first, size_t count,
                                  float *out, ig_error *err) {
  return read_values(tensor, first, out, count, true, err);
}

ig_status ig_safetensor_read_float(const ig_safetensor *tensor, float *out, size_t count,
                                   ig_error *err) {
  return read_whole(tensor, out, count, false, err);
}

ig_status ig_safetensor_read_weights(const ig_safetensor *tensor, float *out, size_t count,
                                     ig_error *err) {
  return read_whole(tensor, out, count, true, err);
}

ig_status ig_safetensor_read_floats(const ig_safetensor *tensor, size_t first, size_t count,
                                    float *out, ig_error *err) {
  return read_values(tensor, first, out, count, false, err);
}

ig_dtype ig_safetensor_stored_dtype(const ig_safetensor *t) {
  return t->quantized ? t->quantized->stored.dtype : t->dtype;
}

size_t ig_safetensor_stored_bytes(const ig_safetensor *t) {
  return t->quantized ? t->quantized->stored.bytes + t->quantized->scale_bytes : t->bytes;
}
