/*
 * Codec of the Exchange: { 1 bytes id, 2 PublicKey }, behind its length as a varint.
 */
#include "net/plaintext_msg.h"

#include "base/pb.h"
#include "base/rd.h"
#include "base/varint.h"

enum field { FIELD_ID = 1, FIELD_KEY = 2 };

int plaintext_msg_encode(struct wr *w, const struct identity_key *key)
{
    const struct span id = peerid_span(identity_key_peerid(key));
    const struct span public_key = identity_key_public(key);
    wr_varint(w, pb_bytes_size(FIELD_ID, id.len) + pb_bytes_size(FIELD_KEY, public_key.len));
    pb_write_bytes(w, FIELD_ID, id);
    pb_write_bytes(w, FIELD_KEY, public_key);
    return wr_finish(w);
}

/* The length of the whole, with its varint: 0 while that is not there. */
static int whole_size(struct span so_far, size_t *size)
{
    struct rd r;
    rd_init(&r, so_far);
    const uint64_t len = rd_varint(&r);
    *size = 0;
    if (r.failed) {
        return so_far.len >= 2 ? WAVU_ERR_PROTO : 0; /* two bytes say all that is allowed */
    }
    if (len > PLAINTEXT_MSG_MAX - r.at) {
        return WAVU_ERR_LIMIT;
    }
    *size = r.at + (size_t)len;
    return 0;
}

int plaintext_msg_collect(struct buf *so_far, struct span *in)
{
    size_t size = 0;
    int rc = whole_size(buf_span(so_far), &size);
    while (rc == 0 && size == 0 && in->len > 0) {
        rc = buf_append(so_far, span_slice(*in, 0, 1));
        *in = span_slice(*in, 1, in->len);
        rc = rc < 0 ? rc : whole_size(buf_span(so_far), &size);
    }
    if (rc < 0 || size == 0) {
        return rc;
    }
    const struct span part = span_slice(*in, 0, size - so_far->len);
    rc = buf_append(so_far, part);
    *in = span_slice(*in, part.len, in->len);
    return rc < 0 ? rc : so_far->len == size;
}

int plaintext_msg_decode(struct peerid *peer, struct span message)
{
    struct rd r;
    struct pb pb;
    struct pb_field field;
    struct span id = span_empty();
    struct span key = span_empty();
    struct keys_public parsed;
    *peer = (struct peerid){0};
    rd_init(&r, message);
    pb_init(&pb, rd_prefixed(&r, PLAINTEXT_MSG_MAX));
    if (rd_finish(&r) < 0) {
        return WAVU_ERR_PROTO;
    }
    while (pb_next(&pb, &field)) {
        if (field.number != FIELD_ID && field.number != FIELD_KEY) {
            continue;
        }
        if (field.wire != PB_BYTES) {
            return WAVU_ERR_PROTO;
        }
        *(field.number == FIELD_ID ? &id : &key) = field.bytes;
    }
    int rc = pb_finish(&pb);
    rc = rc < 0 ? rc : keys_public_decode(&parsed, key);
    if (rc < 0) {
        return rc;
    }
    struct peerid derived;
    peerid_from_key(&derived, key);
    if (!span_is_equal(id, peerid_span(&derived))) {
        return WAVU_ERR_PROTO;
    }
    *peer = derived;
    return 0;
}
