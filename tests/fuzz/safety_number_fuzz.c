/*
 * Safety numbers as cameras, chats and other people hand them over: one verdict, its error and its
 * sentence; only the two keys' own text is theirs, and a well-read text of others always warns.
 */
#include "members/safety_number.h"

#include <string.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t ours[SAFETY_NUMBER_ROOT_SIZE] = {1};
static const uint8_t theirs[SAFETY_NUMBER_ROOT_SIZE] = {2};

/* The text of ours and theirs, made once. */
static struct span good_text(void)
{
    static uint8_t text[SAFETY_NUMBER_QR_MAX];
    static struct wr w;
    if (w.len == 0) {
        wr_init(&w, span_mut_of(text, sizeof text));
        safety_number_write_qr(&w, ours, theirs);
        CHECK(wr_finish(&w) == 0);
    }
    return wr_span(&w);
}

/* Whether `text` is `good` but for case and blanks around it. */
static bool is_good(struct span text, struct span good)
{
    while (text.len > 0 && text.ptr[0] <= ' ') {
        text = span_slice(text, 1, text.len - 1);
    }
    while (text.len > 0 && text.ptr[text.len - 1] <= ' ') {
        text.len--;
    }
    for (size_t i = 0; i < text.len && i < good.len; i++) {
        const uint8_t c = text.ptr[i];
        if ((c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) != good.ptr[i]) {
            return false;
        }
    }
    return text.len == good.len;
}

static void check(struct span text)
{
    enum safety_number_verdict verdict = SAFETY_NUMBER_NEWER;
    const int rc = safety_number_check_qr(&verdict, text, ours, theirs);
    const char *sentence = safety_number_explain(verdict);
    CHECK((rc == 0) == (verdict == SAFETY_NUMBER_SAME));
    CHECK((rc == 0) == is_good(text, good_text()));
    CHECK((rc == WAVU_ERR_CRYPTO) == (strstr(sentence, "somebody stands between") != NULL));
    CHECK(rc == 0 || rc == WAVU_ERR_CRYPTO || rc == WAVU_ERR_INVALID || rc == WAVU_ERR_UNSUPPORTED);
    CHECK(sentence[strlen(sentence) - 1] == '.');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span good = good_text();
    uint8_t text[SAFETY_NUMBER_QR_MAX];
    check(span_of(data, size));
    /* The good one with bytes of the input laid over it somewhere. */
    if (size > 0) {
        const size_t at = data[0] % good.len;
        const size_t len = size - 1 < good.len - at ? size - 1 : good.len - at;
        memcpy(text, good.ptr, good.len);
        memcpy(text + at, data + 1, len);
        check(span_of(text, good.len));
    }
    return 0;
}
