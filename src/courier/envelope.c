/*
 * Envelopes to bytes and back, and their names. What may change on the way (age, hops, copies)
 * stands beside head and sealed content and is in none of the names.
 */
#include "courier/envelope.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

enum field { FIELD_HEAD = 1, FIELD_SEALED = 2, FIELD_AGE = 3, FIELD_HOPS = 4, FIELD_COPIES = 5 };

#define FIELDS_NEEDED (1u << FIELD_HEAD | 1u << FIELD_SEALED)
#define PAD_SMALLEST 64
#define PAD_STEP 1024
#define CONTENT_FIXED (2 * 16)

_Static_assert(ENVELOPE_CONTENT_MAX % PAD_STEP == 0, "the largest content is a padded one");
_Static_assert(ENVELOPE_HEAD_SIZE == 3 + 4 + ENVELOPE_TAG_SIZE + ENVELOPE_LOCK_SIZE, "the layout");

static const char label_name[] = "wavu envelope name 1";
static const char label_lock[] = "wavu envelope lock 1";
static const char label_tag[] = "wavu envelope tag 1";
static const char label_message[] = "wavu envelope message 1";

/* crypto.md's id(label, body) of a body in two pieces. */
static void id_of(uint8_t out[HASH_SHA256_SIZE], const char *label, struct span a, struct span b)
{
    const struct span text = span_from_text(label);
    const uint8_t len = (uint8_t)text.len;
    const struct span pieces[] = {span_of(&len, 1), text, a, b};
    hash_sha256_pieces(out, pieces, 4);
}

/* --- head --- */

void envelope_head_encode(uint8_t out[ENVELOPE_HEAD_SIZE], const struct envelope_head *head)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, ENVELOPE_HEAD_SIZE));
    wr_u8(&w, head->format);
    wr_u8(&w, head->class_number);
    wr_u8(&w, head->form);
    wr_u32be(&w, head->lifetime_s);
    wr_bytes(&w, span_of(head->tag, sizeof(head->tag)));
    wr_bytes(&w, span_of(head->lock, sizeof(head->lock)));
    CHECK(wr_finish(&w) == 0 && w.len == ENVELOPE_HEAD_SIZE);
}

static bool is_known(const struct envelope_head *head)
{
    return head->class_number >= ENVELOPE_SOS && head->class_number <= ENVELOPE_BULK &&
           (head->form == ENVELOPE_SESSION || head->form == ENVELOPE_BOX);
}

int envelope_head_decode(struct envelope_head *head, struct span bytes)
{
    struct rd r;
    memset(head, 0, sizeof(*head));
    rd_init(&r, bytes);
    head->format = rd_u8(&r);
    head->class_number = rd_u8(&r);
    head->form = rd_u8(&r);
    head->lifetime_s = rd_u32be(&r);
    rd_copy(&r, head->tag, sizeof(head->tag));
    rd_copy(&r, head->lock, sizeof(head->lock));
    if (r.failed || bytes.len > ENVELOPE_HEAD_MAX || head->format < ENVELOPE_FORMAT ||
        head->lifetime_s == 0 || head->lifetime_s > ENVELOPE_LIFETIME_S_MAX) {
        return WAVU_ERR_PROTO;
    }
    if (head->format == ENVELOPE_FORMAT) {
        return rd_left(&r) == 0 && is_known(head) ? 0 : WAVU_ERR_PROTO;
    }
    if (head->class_number < ENVELOPE_SOS || head->class_number > ENVELOPE_BULK) {
        head->class_number = ENVELOPE_BULK;
    }
    return 0;
}

/* --- envelope --- */

struct reading {
    struct envelope *e;
    uint32_t seen; /* fields, by bit */
    bool is_bad;
};

static uint64_t take_number(struct reading *r, const struct pb_field *f, uint64_t most)
{
    r->is_bad = r->is_bad || f->wire != PB_VARINT;
    return f->value < most ? f->value : most;
}

static void take_bytes(struct reading *r, const struct pb_field *f, struct span *out)
{
    r->is_bad = r->is_bad || f->wire != PB_BYTES;
    *out = f->bytes;
}

static void take(struct reading *r, const struct pb_field *f)
{
    struct envelope *e = r->e;
    if (f->number > FIELD_COPIES) {
        return; /* of later: what must go on stands in head or sealed */
    }
    const uint32_t bit = UINT32_C(1) << f->number;
    r->is_bad = r->is_bad || (r->seen & bit) != 0;
    r->seen |= bit;
    switch (f->number) {
    case FIELD_HEAD:
        take_bytes(r, f, &e->head_bytes);
        return;
    case FIELD_SEALED:
        take_bytes(r, f, &e->sealed);
        return;
    case FIELD_AGE:
        e->age_s = (uint32_t)take_number(r, f, UINT32_MAX);
        return;
    case FIELD_HOPS:
        e->hops = (uint8_t)take_number(r, f, ENVELOPE_HOPS_MAX);
        return;
    default:
        e->copies = (uint8_t)take_number(r, f, ENVELOPE_COPIES_MAX);
        return;
    }
}

int envelope_decode(struct envelope *e, struct span bytes)
{
    struct reading r = {.e = e};
    struct pb p;
    struct pb_field f;
    memset(e, 0, sizeof(*e));
    e->copies = 1;
    if (bytes.len > ENVELOPE_SIZE_MAX) {
        return WAVU_ERR_PROTO;
    }
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        take(&r, &f);
    }
    if (pb_finish(&p) != 0 || r.is_bad || (r.seen & FIELDS_NEEDED) != FIELDS_NEEDED ||
        e->sealed.len == 0 || e->copies == 0) {
        return WAVU_ERR_PROTO;
    }
    return envelope_head_decode(&e->head, e->head_bytes);
}

void envelope_encode(struct wr *w, const struct envelope *e)
{
    pb_write_bytes(w, FIELD_HEAD, e->head_bytes);
    pb_write_bytes(w, FIELD_SEALED, e->sealed);
    pb_write_varint(w, FIELD_AGE, e->age_s);
    pb_write_varint(w, FIELD_HOPS, e->hops);
    pb_write_varint(w, FIELD_COPIES, e->copies);
}

/* --- names --- */

void envelope_name(uint8_t name[ENVELOPE_NAME_SIZE], struct span head_bytes, struct span sealed)
{
    uint8_t id[HASH_SHA256_SIZE];
    id_of(id, label_name, head_bytes, sealed);
    memcpy(name, id, ENVELOPE_NAME_SIZE);
}

void envelope_tag(uint8_t tag[ENVELOPE_TAG_SIZE], const struct envelope_recipient *recipient)
{
    uint8_t out[HASH_SHA256_SIZE];
    uint8_t number[4];
    struct wr w;
    wr_init(&w, span_mut_of(number, sizeof(number)));
    wr_u32be(&w, recipient->number);
    const struct span context[] = {span_of(recipient->network, ENVELOPE_NETWORK_SIZE),
                                   span_of(recipient->device, ENVELOPE_DEVICE_SIZE), wr_span(&w)};
    kdf(span_mut_of(out, sizeof(out)), span_of(recipient->prekey, 32), label_tag, context, 3);
    memcpy(tag, out, ENVELOPE_TAG_SIZE);
}

void envelope_lock(uint8_t lock[ENVELOPE_LOCK_SIZE], const uint8_t token[ENVELOPE_TOKEN_SIZE])
{
    id_of(lock, label_lock, span_of(token, ENVELOPE_TOKEN_SIZE), span_empty());
}

bool envelope_is_opened(const uint8_t lock[ENVELOPE_LOCK_SIZE],
                        const uint8_t token[ENVELOPE_TOKEN_SIZE])
{
    uint8_t own[ENVELOPE_LOCK_SIZE];
    envelope_lock(own, token);
    return secret_is_equal(own, lock, sizeof(own));
}

void envelope_message_key(uint8_t key[ENVELOPE_ID_SIZE], const uint8_t device[ENVELOPE_DEVICE_SIZE],
                          const uint8_t message[ENVELOPE_ID_SIZE])
{
    uint8_t id[HASH_SHA256_SIZE];
    id_of(id, label_message, span_of(device, ENVELOPE_DEVICE_SIZE),
          span_of(message, ENVELOPE_ID_SIZE));
    memcpy(key, id, ENVELOPE_ID_SIZE);
}

/* --- content --- */

static size_t padded(size_t len)
{
    for (size_t size = PAD_SMALLEST; size < PAD_STEP; size *= 2) {
        if (len <= size) {
            return size;
        }
    }
    return (len + PAD_STEP - 1) / PAD_STEP * PAD_STEP;
}

static size_t bare_size(uint32_t kind, size_t len)
{
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    wr_varint(&w, kind);
    wr_varint(&w, len);
    return CONTENT_FIXED + w.len + len;
}

size_t envelope_content_size(uint32_t kind, size_t len)
{
    return padded(bare_size(kind, len));
}

void envelope_content_encode(struct wr *w, const struct envelope_content *content)
{
    const size_t bare = bare_size(content->kind, content->body.len);
    wr_bytes(w, span_of(content->token, sizeof(content->token)));
    wr_bytes(w, span_of(content->message, sizeof(content->message)));
    wr_varint(w, content->kind);
    wr_prefixed(w, content->body);
    for (size_t i = bare; i < padded(bare); i++) {
        wr_u8(w, 0);
    }
}

int envelope_content_decode(struct envelope_content *content, struct span bytes)
{
    struct rd r;
    uint8_t padding = 0;
    memset(content, 0, sizeof(*content));
    rd_init(&r, bytes);
    rd_copy(&r, content->token, sizeof(content->token));
    rd_copy(&r, content->message, sizeof(content->message));
    const uint64_t kind = rd_varint(&r);
    content->body = rd_prefixed(&r, ENVELOPE_BODY_MAX);
    const struct span rest = rd_bytes(&r, rd_left(&r));
    for (size_t i = 0; i < rest.len; i++) {
        padding |= rest.ptr[i];
    }
    content->kind = (uint32_t)kind;
    return r.failed || kind > ENVELOPE_KIND_MAX || padding != 0 ? WAVU_ERR_CRYPTO : 0;
}
