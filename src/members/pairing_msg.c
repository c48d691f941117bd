/*
 * Fields may come once; which ones a kind has is a table. What is unknown is skipped.
 */
#include "members/pairing_msg.h"

#include <string.h>

#include "base/pb.h"

#define FIELDS 10 /* numbers 1 to 9 */

enum {
    MSG_KIND = 1,
    MSG_FORMAT = 2,
    MSG_NUMBER = 3,
    MSG_SHARE = 4,
    MSG_COMMITMENT = 5,
    MSG_TAG = 6,
    MSG_SEALED = 7,
    MSG_RIGHT = 8
};

enum {
    ID_FORMAT = 1,
    ID_ROLE = 2,
    ID_TRANSCRIPT = 3,
    ID_ROOT = 4,
    ID_DEVICE = 5,
    ID_CERTIFICATE = 6,
    ID_NAME = 7,
    ID_NETWORK = 8,
    ID_OPENING = 9
};

#define BIT(field) (1U << (field))

/* The fields of one message: each at most once, of the kind that its number has. */
struct fields {
    unsigned seen; /* BIT of each number that came */
    uint64_t value[FIELDS];
    struct span bytes[FIELDS];
};

static int read_fields(struct fields *f, struct span message, unsigned numbers, unsigned texts)
{
    struct pb p;
    struct pb_field field;
    memset(f, 0, sizeof *f);
    pb_init(&p, message);
    while (pb_next(&p, &field)) {
        if (field.number >= FIELDS || ((numbers | texts) & BIT(field.number)) == 0) {
            continue;
        }
        const bool is_number = (numbers & BIT(field.number)) != 0;
        if ((f->seen & BIT(field.number)) != 0 ||
            field.wire != (is_number ? PB_VARINT : PB_BYTES)) {
            return WAVU_ERR_PROTO;
        }
        f->seen |= BIT(field.number);
        f->value[field.number] = field.value;
        f->bytes[field.number] = field.bytes;
    }
    return pb_finish(&p);
}

/* The fields that a message of `kind` has, or 0 for no kind. */
static unsigned fields_of(uint64_t kind)
{
    static const unsigned table[] = {
        [PAIRING_MSG_HELLO] = BIT(MSG_FORMAT) | BIT(MSG_NUMBER) | BIT(MSG_SHARE),
        [PAIRING_MSG_SHARE] = BIT(MSG_SHARE) | BIT(MSG_COMMITMENT),
        [PAIRING_MSG_PROOF] = BIT(MSG_TAG) | BIT(MSG_SEALED),
        [PAIRING_MSG_CONFIRM] = BIT(MSG_TAG) | BIT(MSG_SEALED),
        [PAIRING_MSG_WELCOME] = BIT(MSG_SEALED),
        [PAIRING_MSG_ANSWER] = BIT(MSG_SEALED),
        [PAIRING_MSG_REFUSED] = BIT(MSG_FORMAT),
    };
    return kind < sizeof table / sizeof table[0] ? table[kind] : 0;
}

/* None, or one that may be shown. */
static bool is_name(struct span name)
{
    return name.len == 0 || name_check(name) == NAME_GOOD;
}

static bool is_size(const struct fields *f, unsigned field, size_t len)
{
    return (f->seen & BIT(field)) == 0 || f->bytes[field].len == len;
}

int pairing_msg_decode(struct pairing_msg *m, struct span bytes)
{
    struct fields f;
    if (bytes.len > PAIRING_MSG_SIZE_MAX ||
        read_fields(&f, bytes, BIT(MSG_KIND) | BIT(MSG_FORMAT) | BIT(MSG_NUMBER) | BIT(MSG_RIGHT),
                    BIT(MSG_SHARE) | BIT(MSG_COMMITMENT) | BIT(MSG_TAG) | BIT(MSG_SEALED)) < 0) {
        return WAVU_ERR_PROTO;
    }
    const unsigned wanted = fields_of(f.value[MSG_KIND]);
    if (f.value[MSG_KIND] == PAIRING_MSG_REFUSED) {
        f.seen &= ~BIT(MSG_RIGHT); /* the one field that may be there or not */
    }
    if (wanted == 0 || f.seen != (wanted | BIT(MSG_KIND)) || !is_size(&f, MSG_SHARE, 32) ||
        !is_size(&f, MSG_COMMITMENT, 32) || !is_size(&f, MSG_TAG, 32)) {
        return WAVU_ERR_PROTO;
    }
    *m = (struct pairing_msg){
        .kind = (enum pairing_msg_kind)f.value[MSG_KIND],
        .format = f.value[MSG_FORMAT],
        .number = f.value[MSG_NUMBER],
        .is_right = f.value[MSG_RIGHT] == 1,
        .share = f.bytes[MSG_SHARE],
        .commitment = f.bytes[MSG_COMMITMENT],
        .tag = f.bytes[MSG_TAG],
        .sealed = f.bytes[MSG_SEALED],
    };
    return 0;
}

void pairing_msg_encode(struct wr *w, const struct pairing_msg *m)
{
    const unsigned fields = fields_of(m->kind);
    pb_write_varint(w, MSG_KIND, m->kind);
    if ((fields & BIT(MSG_FORMAT)) != 0) {
        pb_write_varint(w, MSG_FORMAT, m->format);
    }
    if ((fields & BIT(MSG_NUMBER)) != 0) {
        pb_write_varint(w, MSG_NUMBER, m->number);
    }
    if ((fields & BIT(MSG_SHARE)) != 0) {
        pb_write_bytes(w, MSG_SHARE, m->share);
    }
    if ((fields & BIT(MSG_COMMITMENT)) != 0) {
        pb_write_bytes(w, MSG_COMMITMENT, m->commitment);
    }
    if ((fields & BIT(MSG_TAG)) != 0) {
        pb_write_bytes(w, MSG_TAG, m->tag);
    }
    if ((fields & BIT(MSG_SEALED)) != 0) {
        pb_write_bytes(w, MSG_SEALED, m->sealed);
    }
    if (m->kind == PAIRING_MSG_REFUSED && m->is_right) {
        pb_write_varint(w, MSG_RIGHT, 1);
    }
}

int pairing_msg_identity_decode(struct pairing_msg_identity *m, struct span bytes)
{
    const unsigned both = BIT(ID_FORMAT) | BIT(ID_ROLE) | BIT(ID_TRANSCRIPT) | BIT(ID_ROOT) |
                          BIT(ID_DEVICE) | BIT(ID_CERTIFICATE) | BIT(ID_NAME);
    const unsigned inviter = BIT(ID_NETWORK) | BIT(ID_OPENING);
    const unsigned numbers = BIT(ID_FORMAT) | BIT(ID_ROLE);
    struct fields f;
    if (bytes.len > PAIRING_MSG_IDENTITY_MAX ||
        read_fields(&f, bytes, numbers, (both | inviter) & ~numbers) < 0) {
        return WAVU_ERR_PROTO;
    }
    if (f.value[ID_FORMAT] > PAIRING_MSG_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    const uint64_t role = f.value[ID_ROLE];
    if (f.value[ID_FORMAT] != PAIRING_MSG_FORMAT ||
        (role != PAIRING_MSG_JOINER && role != PAIRING_MSG_INVITER) ||
        f.seen != (role == PAIRING_MSG_INVITER ? both | inviter : both) ||
        !is_size(&f, ID_TRANSCRIPT, 32) || !is_size(&f, ID_ROOT, 32) ||
        !is_size(&f, ID_DEVICE, 32) || !is_size(&f, ID_CERTIFICATE, 64) ||
        !is_size(&f, ID_NETWORK, 32) || !is_size(&f, ID_OPENING, 32) ||
        f.bytes[ID_NAME].len > PAIRING_MSG_NAME_MAX) {
        return WAVU_ERR_PROTO;
    }
    if (!is_name(f.bytes[ID_NAME])) {
        return WAVU_ERR_INVALID;
    }
    *m = (struct pairing_msg_identity){
        .format = f.value[ID_FORMAT],
        .role = role,
        .transcript = f.bytes[ID_TRANSCRIPT],
        .root = f.bytes[ID_ROOT],
        .device = f.bytes[ID_DEVICE],
        .certificate = f.bytes[ID_CERTIFICATE],
        .name = f.bytes[ID_NAME],
        .network = f.bytes[ID_NETWORK],
        .opening = f.bytes[ID_OPENING],
    };
    return 0;
}

void pairing_msg_identity_encode(struct wr *w, const struct pairing_msg_identity *m)
{
    pb_write_varint(w, ID_FORMAT, m->format);
    pb_write_varint(w, ID_ROLE, m->role);
    pb_write_bytes(w, ID_TRANSCRIPT, m->transcript);
    pb_write_bytes(w, ID_ROOT, m->root);
    pb_write_bytes(w, ID_DEVICE, m->device);
    pb_write_bytes(w, ID_CERTIFICATE, m->certificate);
    pb_write_bytes(w, ID_NAME, m->name);
    if (m->role == PAIRING_MSG_INVITER) {
        pb_write_bytes(w, ID_NETWORK, m->network);
        pb_write_bytes(w, ID_OPENING, m->opening);
    }
}

int pairing_msg_signed_decode(struct span *body, struct span *signature, struct span bytes)
{
    struct fields f;
    if (read_fields(&f, bytes, 0, BIT(1) | BIT(2)) < 0 || f.seen != (BIT(1) | BIT(2)) ||
        !is_size(&f, 2, 64)) {
        return WAVU_ERR_PROTO;
    }
    *body = f.bytes[1];
    *signature = f.bytes[2];
    return 0;
}
