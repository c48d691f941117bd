/*
 * Files of a stick: head, envelopes each behind its length, a length of nothing, a hash.
 */
#include "courier/stick_msg.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "base/wr.h"
#include "crypto/hash.h"

#define FORMAT 1
#define LENGTH_SIZE 4
#define END_SIZE (LENGTH_SIZE + STICK_MSG_CHECK_SIZE)
#define MAGIC "wavu stick"
#define MAGIC_SIZE (sizeof(MAGIC) - 1)

_Static_assert(MAGIC_SIZE + 2 == STICK_MSG_HEAD_SIZE, "a word and the format");
_Static_assert(ENVELOPE_SIZE_MAX + STICK_MSG_HEAD_SIZE + LENGTH_SIZE + END_SIZE <=
                   STICK_MSG_FILE_MAX,
               "each envelope finds room in an empty file");

static void append_length(struct buf *out, uint32_t len)
{
    uint8_t bytes[LENGTH_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    wr_u32be(&w, len);
    CHECK(buf_append(out, wr_span(&w)) == 0);
}

void stick_msg_begin(struct buf *out)
{
    static const uint8_t format[2] = {0, FORMAT};
    CHECK(out->len == 0 && buf_append(out, span_from_text(MAGIC)) == 0);
    CHECK(buf_append(out, span_of(format, sizeof(format))) == 0);
}

int stick_msg_add(struct buf *out, struct span envelope)
{
    if (envelope.len == 0 || envelope.len > ENVELOPE_SIZE_MAX ||
        out->len + LENGTH_SIZE + envelope.len + END_SIZE > STICK_MSG_FILE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    append_length(out, (uint32_t)envelope.len);
    CHECK(buf_append(out, envelope) == 0);
    return 0;
}

void stick_msg_end(struct buf *out)
{
    uint8_t hash[HASH_SHA256_SIZE];
    append_length(out, 0);
    hash_sha256(hash, buf_span(out));
    CHECK(buf_append(out, span_of(hash, sizeof(hash))) == 0);
}

/* The envelope at `*at`; its length is 0 at the end. False when the file is over before that. */
static bool next(struct span file, size_t *at, struct span *envelope)
{
    struct rd r;
    rd_init(&r, span_slice(file, *at, file.len));
    const uint32_t len = rd_u32be(&r);
    *envelope = rd_bytes(&r, len);
    *at += LENGTH_SIZE + envelope->len;
    return !r.failed && len <= ENVELOPE_SIZE_MAX;
}

int stick_msg_check(struct span file)
{
    uint8_t hash[HASH_SHA256_SIZE];
    struct span envelope = span_empty();
    struct rd r;
    size_t at = STICK_MSG_HEAD_SIZE;
    rd_init(&r, file);
    const bool is_one = span_is_equal(rd_bytes(&r, MAGIC_SIZE), span_from_text(MAGIC));
    const uint16_t format = rd_u16be(&r);
    if (!is_one || r.failed) {
        return WAVU_ERR_PROTO;
    }
    if (format != FORMAT) {
        return format > FORMAT ? WAVU_ERR_UNSUPPORTED : WAVU_ERR_PROTO;
    }
    if (file.len > STICK_MSG_FILE_MAX) {
        return WAVU_ERR_PROTO;
    }
    do {
        if (!next(file, &at, &envelope)) {
            return WAVU_ERR_PROTO;
        }
    } while (envelope.len > 0);
    if (file.len - at != STICK_MSG_CHECK_SIZE) {
        return WAVU_ERR_PROTO;
    }
    hash_sha256(hash, span_of(file.ptr, at));
    return span_is_equal(span_of(hash, sizeof(hash)), span_slice(file, at, STICK_MSG_CHECK_SIZE))
               ? 0
               : WAVU_ERR_PROTO;
}

bool stick_msg_next(struct span file, size_t *at, struct span *envelope)
{
    *at = *at == 0 ? STICK_MSG_HEAD_SIZE : *at;
    return next(file, at, envelope) && envelope->len > 0;
}
