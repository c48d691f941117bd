/*
 * What messages say of files: what decodes encodes again, and the second decoding is the same; the
 * name that comes of it is one.
 */
#include <string.h>

#include "base/check.h"
#include "base/utf8.h"
#include "sync/file_about.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t out[FILE_ABOUT_SIZE_MAX];
    char stored[FILE_NAME_SIZE_MAX + 1];
    struct file_about first;
    struct file_about second;
    struct wr w;

    file_name_make(stored, span_slice(span_of(data, len), 0, FILE_NAME_SIZE_MAX), 1);
    CHECK(file_name_is_good(span_from_text(stored)));
    if (file_about_decode(&first, span_of(data, len)) != 0) {
        return 0;
    }
    wr_init(&w, span_mut_of(out, sizeof out));
    file_about_encode(&w, &first);
    CHECK(wr_finish(&w) == 0);
    CHECK(file_about_decode(&second, wr_span(&w)) == 0);
    CHECK(memcmp(first.id, second.id, sizeof first.id) == 0 && first.size == second.size);
    CHECK(memcmp(first.key, second.key, sizeof first.key) == 0 && first.aead == second.aead);
    CHECK(span_is_equal(first.name, second.name) && span_is_equal(first.media, second.media));
    CHECK(span_is_equal(first.thumbnail, second.thumbnail));
    return 0;
}
