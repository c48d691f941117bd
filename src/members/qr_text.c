/*
 * Upper case and ':' keep a QR in its alphanumeric mode, 5.5 bits a character. base32 has one case,
 * so that a reader takes either, as keyboards and chats change it.
 */
#include "members/qr_text.h"

#include <string.h>

#include "base/check.h"
#include "base/multibase.h"
#include "crypto/secret.h"

static const char version[] = "1";

_Static_assert(QR_TEXT_BYTES_MAX <= MULTIBASE_INPUT_MAX, "base32 takes it");
_Static_assert((QR_TEXT_BYTES_MAX * 8 + 4) / 5 <= QR_TEXT_LETTERS_MAX, "its letters have room");

static uint8_t upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

void qr_text_write_letters(struct wr *w, struct span bytes)
{
    uint8_t text[QR_TEXT_LETTERS_MAX];
    struct wr letters;
    wr_init(&letters, span_mut_of(text, sizeof text));
    multibase_encode(&letters, MULTIBASE_BASE32, bytes);
    CHECK(wr_finish(&letters) == 0);
    for (size_t i = 0; i < letters.len; i++) {
        text[i] = upper(text[i]);
    }
    wr_bytes(w, wr_span(&letters));
    secret_wipe(text, sizeof text);
}

void qr_text_write(struct wr *w, const char *family, struct span bytes)
{
    wr_text(w, family);
    wr_text(w, version);
    wr_text(w, ":");
    qr_text_write_letters(w, bytes);
}

static struct span without_blanks(struct span text)
{
    size_t from = 0;
    size_t to = text.len;
    while (from < to && text.ptr[from] <= ' ') {
        from++;
    }
    while (to > from && text.ptr[to - 1] <= ' ') {
        to--;
    }
    return span_slice(text, from, to - from);
}

/* Go behind `prefix`, which is in upper case. */
static bool takes(struct span *text, const char *prefix)
{
    const size_t len = strlen(prefix);
    for (size_t i = 0; i < len; i++) {
        if (i >= text->len || upper(text->ptr[i]) != (uint8_t)prefix[i]) {
            return false;
        }
    }
    *text = span_slice(*text, len, text->len - len);
    return true;
}

bool qr_text_is(struct span text, const char *family)
{
    struct span rest = without_blanks(text);
    return takes(&rest, family);
}

/* Go behind the version: 0 when it is ours. */
static int take_version(struct span *text)
{
    const size_t len = span_find(*text, 0, ':');
    const struct span number = span_slice(*text, 0, len);
    if (len == 0 || len > QR_TEXT_DIGITS_MAX || len == text->len || number.ptr[0] == '0') {
        return WAVU_ERR_INVALID;
    }
    for (size_t i = 0; i < len; i++) {
        if (number.ptr[i] < '0' || number.ptr[i] > '9') {
            return WAVU_ERR_INVALID;
        }
    }
    *text = span_slice(*text, len + 1, text->len - len - 1);
    return span_is_equal(number, span_from_text(version)) ? 0 : WAVU_ERR_UNSUPPORTED;
}

int qr_text_parse(struct wr *out, const char *family, struct span text)
{
    struct span rest = without_blanks(text);
    if (!takes(&rest, family)) {
        return WAVU_ERR_INVALID;
    }
    const int rc = take_version(&rest);
    if (rc < 0) {
        return rc;
    }
    if (rest.len > QR_TEXT_LETTERS_MAX || multibase_decode(out, MULTIBASE_BASE32, rest) < 0 ||
        wr_finish(out) < 0) {
        return WAVU_ERR_INVALID;
    }
    return 0;
}
