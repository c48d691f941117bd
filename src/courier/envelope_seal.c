/*
 * Sealing and opening envelopes with a session.
 */
#include "courier/envelope_seal.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"

/* tags, lengths, age, hops and copies around head and sealed content */
#define FRAME_MAX (2 + 4 + 6 + 2 + 2)
/* sealed content beside what it seals: prelude, kind to tag, and units of an exchange */
#define SEALED_EXTRA (SESSION_START_PRELUDE_MAX + RATCHET_OVERHEAD + 2048)

_Static_assert(ENVELOPE_CONTENT_MAX <= RATCHET_CONTENT_MAX, "a session takes every content");
_Static_assert(ENVELOPE_CONTENT_MAX + SEALED_EXTRA + FRAME_MAX + ENVELOPE_HEAD_SIZE <=
                   ENVELOPE_SIZE_MAX,
               "every content fits an envelope");

static struct envelope_head head_of(const struct envelope_order *order)
{
    struct envelope_head head = {.format = ENVELOPE_FORMAT,
                                 .class_number = (uint8_t)order->class_number,
                                 .form = ENVELOPE_SESSION,
                                 .lifetime_s = order->lifetime_s};
    CHECK(head.lifetime_s > 0 && head.lifetime_s <= ENVELOPE_LIFETIME_S_MAX);
    envelope_tag(head.tag, &order->recipient);
    envelope_lock(head.lock, order->content.token);
    return head;
}

/* Seal the content into `sealed`, which has room for all of it. */
static int seal(struct session *session, uint64_t now, const struct envelope_order *order,
                struct wr *sealed)
{
    const size_t len = envelope_content_size(order->content.kind, order->content.body.len);
    const size_t around = ENVELOPE_HEAD_SIZE + FRAME_MAX;
    struct wr w;
    if (len > ENVELOPE_CONTENT_MAX || order->room < around) {
        return WAVU_ERR_LIMIT;
    }
    uint8_t *plain = mem_new_raw(len);
    wr_init(&w, span_mut_of(plain, len));
    envelope_content_encode(&w, &order->content);
    CHECK(wr_finish(&w) == 0 && w.len == len);
    size_t room = order->room - around;
    room = room < sealed->out.len ? room : sealed->out.len;
    const int rc = session_seal(session, now, wr_span(&w), room, sealed);
    secret_wipe(plain, len);
    mem_free(plain);
    return rc;
}

int envelope_seal_make(struct session *session, uint64_t now, const struct envelope_order *order,
                       struct buf *out)
{
    const size_t size = envelope_content_size(order->content.kind, order->content.body.len);
    const size_t most = size + SEALED_EXTRA;
    uint8_t head_bytes[ENVELOPE_HEAD_SIZE];
    struct wr sealed;
    struct wr w;
    if (size > ENVELOPE_CONTENT_MAX) {
        return WAVU_ERR_LIMIT;
    }
    int rc = buf_reserve(out, most + ENVELOPE_HEAD_SIZE + FRAME_MAX);
    if (rc != 0) {
        return rc;
    }
    const struct envelope_head head = head_of(order);
    envelope_head_encode(head_bytes, &head);
    uint8_t *bytes = mem_new_raw(most);
    wr_init(&sealed, span_mut_of(bytes, most));
    rc = seal(session, now, order, &sealed);
    if (rc == 0) {
        const struct envelope e = {.head_bytes = span_of(head_bytes, sizeof(head_bytes)),
                                   .sealed = wr_span(&sealed),
                                   .hops = ENVELOPE_HOPS,
                                   .copies = ENVELOPE_COPIES_MAX};
        wr_init(&w, span_mut_of(out->ptr + out->len, out->cap - out->len));
        envelope_encode(&w, &e);
        CHECK(wr_finish(&w) == 0 && w.len <= order->room);
        out->len += w.len;
    }
    mem_free(bytes);
    return rc;
}

int envelope_seal_open(struct session *session, uint64_t now, const struct envelope *e,
                       struct buf *out, struct envelope_content *content)
{
    struct span plain;
    if (e->head.format != ENVELOPE_FORMAT || e->head.form != ENVELOPE_SESSION) {
        return WAVU_ERR_UNSUPPORTED;
    }
    out->len = 0;
    int rc = buf_append(out, e->sealed);
    if (rc == 0) {
        rc = session_open(session, now, span_mut_of(out->ptr, out->len), &plain);
    }
    return rc != 0 ? rc : envelope_content_decode(content, plain);
}
