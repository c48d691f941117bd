/*
 * Cards and bundles to bytes and back. A field that stands twice is refused: what was verified and
 * what is used must be the same.
 */
#include "courier/prekeys_msg.h"

#include <string.h>

#include "base/pb.h"

enum signed_field { SIGNED_BODY = 1, SIGNED_SIGNATURE = 2 };

enum body_field {
    BODY_FORMAT = 1,
    BODY_NETWORK = 2,
    BODY_DEVICE = 3,
    BODY_AGREEMENT = 4,
    BODY_NUMBER = 5,
    BODY_X25519 = 6,
    BODY_MLKEM = 7
};

#define CARD_FIELDS 0x1eu   /* 1 to 4 */
#define BUNDLE_FIELDS 0xfeu /* 1 to 7 */

const char *prekeys_msg_label(enum prekeys_msg_kind kind)
{
    return kind == PREKEYS_MSG_CARD ? "wavu session card 1" : "wavu session bundle 1";
}

struct reading {
    struct prekeys_msg *m;
    uint32_t seen; /* fields, by bit */
    bool is_bad;
    bool is_newer;
};

static void mark(struct reading *r, uint32_t number)
{
    const uint32_t bit = UINT32_C(1) << number;
    r->is_bad = r->is_bad || (r->seen & bit) != 0;
    r->seen |= bit;
}

static void take(struct reading *r, const struct pb_field *f, struct span *out, size_t len)
{
    r->is_bad = r->is_bad || f->wire != PB_BYTES || f->bytes.len != len;
    *out = f->bytes;
}

static uint32_t take_number(struct reading *r, const struct pb_field *f)
{
    r->is_bad = r->is_bad || f->wire != PB_VARINT || f->value > UINT32_MAX;
    return (uint32_t)f->value;
}

static void take_body(struct reading *r, const struct pb_field *f)
{
    if (f->number > BODY_MLKEM) {
        return; /* of later, and signed all the same */
    }
    mark(r, f->number);
    switch (f->number) {
    case BODY_FORMAT:
        r->is_newer = take_number(r, f) > PREKEYS_MSG_FORMAT;
        return;
    case BODY_NETWORK:
        take(r, f, &r->m->network, PREKEYS_MSG_NETWORK_SIZE);
        return;
    case BODY_DEVICE:
        take(r, f, &r->m->device, ED25519_PUBLIC_SIZE);
        return;
    case BODY_AGREEMENT:
        take(r, f, &r->m->agreement, X25519_SIZE);
        return;
    case BODY_NUMBER:
        r->m->number = take_number(r, f);
        return;
    case BODY_X25519:
        take(r, f, &r->m->x25519, X25519_SIZE);
        return;
    default:
        take(r, f, &r->m->mlkem, MLKEM_PUBLIC_SIZE);
        return;
    }
}

static int read_signed(struct prekeys_msg *m, struct span bytes)
{
    struct reading r = {.m = m};
    struct pb p;
    struct pb_field f;
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number == SIGNED_BODY) {
            mark(&r, f.number);
            m->body = f.bytes;
            r.is_bad = r.is_bad || f.wire != PB_BYTES;
        } else if (f.number == SIGNED_SIGNATURE) {
            mark(&r, f.number);
            take(&r, &f, &m->signature, SIGNER_SIZE);
        }
    }
    return pb_finish(&p) == 0 && !r.is_bad && r.seen == 6 ? 0 : WAVU_ERR_CRYPTO;
}

int prekeys_msg_decode(struct prekeys_msg *m, enum prekeys_msg_kind kind, struct span bytes)
{
    struct reading r = {.m = m};
    const uint32_t needed = kind == PREKEYS_MSG_CARD ? CARD_FIELDS : BUNDLE_FIELDS;
    const size_t most = kind == PREKEYS_MSG_CARD ? PREKEYS_MSG_CARD_MAX : PREKEYS_MSG_BUNDLE_MAX;
    struct pb p;
    struct pb_field f;
    memset(m, 0, sizeof(*m));
    if (bytes.len > most || read_signed(m, bytes) != 0) {
        return WAVU_ERR_CRYPTO;
    }
    pb_init(&p, m->body);
    while (!r.is_newer && pb_next(&p, &f)) {
        take_body(&r, &f);
    }
    if (r.is_newer && !r.is_bad) {
        return WAVU_ERR_UNSUPPORTED;
    }
    return pb_finish(&p) == 0 && !r.is_bad && (r.seen & needed) == needed ? 0 : WAVU_ERR_CRYPTO;
}

void prekeys_msg_encode_body(struct wr *w, enum prekeys_msg_kind kind, const struct prekeys_msg *m)
{
    pb_write_varint(w, BODY_FORMAT, PREKEYS_MSG_FORMAT);
    pb_write_bytes(w, BODY_NETWORK, m->network);
    pb_write_bytes(w, BODY_DEVICE, m->device);
    pb_write_bytes(w, BODY_AGREEMENT, m->agreement);
    if (kind == PREKEYS_MSG_BUNDLE) {
        pb_write_varint(w, BODY_NUMBER, m->number);
        pb_write_bytes(w, BODY_X25519, m->x25519);
        pb_write_bytes(w, BODY_MLKEM, m->mlkem);
    }
}

void prekeys_msg_encode(struct wr *w, const struct prekeys_msg *m)
{
    pb_write_bytes(w, SIGNED_BODY, m->body);
    pb_write_bytes(w, SIGNED_SIGNATURE, m->signature);
}
