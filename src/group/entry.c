/*
 * Room entries: drafts come from above, signed entries leave in stored or sealed form, and back.
 *
 * The signed body has a fixed layout and is made, never parsed, so both forms can leave out what
 * the other side knows.
 */
#include "group/entry.h"

#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"

#define FORMAT 1

static const char label_entry[] = "wavu entry 1";

enum field {
    FIELD_FORMAT = 1,
    FIELD_ROOM = 2,
    FIELD_DEVICE = 3,
    FIELD_SEQUENCE = 4,
    FIELD_PREVIOUS = 5,
    FIELD_PARENT = 6,
    FIELD_EXPIRY = 7,
    FIELD_CONTENT_HASH = 8,
    FIELD_SIGNATURE = 9,
    FIELD_SALT = 10,
    FIELD_CONTENT = 11,
    FIELD_BROADCAST = 12,
};

static void links_of(uint8_t links[ENTRY_ID_SIZE], const uint8_t previous[ENTRY_ID_SIZE],
                     const uint8_t (*parents)[ENTRY_ID_SIZE], size_t count)
{
    uint8_t all[(1 + ENTRY_PARENTS_MAX) * ENTRY_ID_SIZE];
    struct wr w;

    wr_init(&w, span_mut_of(all, sizeof all));
    wr_bytes(&w, span_of(previous, ENTRY_ID_SIZE));
    for (size_t i = 0; i < count; i++) {
        wr_bytes(&w, span_of(parents[i], ENTRY_ID_SIZE));
    }
    CHECK(wr_finish(&w) == 0);
    signer_id(links, "wavu entry links 1", wr_span(&w));
}

/* The hints that the parents of `e` give: of the first ones, zeros where there is none. */
static void hints_of(uint8_t hints[ENTRY_HINTS_MAX][ENTRY_HINT_SIZE],
                     const uint8_t (*parents)[ENTRY_ID_SIZE], size_t count)
{
    memset(hints, 0, (size_t)ENTRY_HINTS_MAX * ENTRY_HINT_SIZE);
    for (size_t i = 0; i < count && i < ENTRY_HINTS_MAX; i++) {
        memcpy(hints[i], parents[i], ENTRY_HINT_SIZE);
    }
}

/* Whether the links, their number and their hints are those of these entries. */
static bool links_fit(const struct entry *e, const uint8_t previous[ENTRY_ID_SIZE],
                      const uint8_t (*parents)[ENTRY_ID_SIZE], size_t count)
{
    uint8_t links[ENTRY_ID_SIZE];
    uint8_t hints[ENTRY_HINTS_MAX][ENTRY_HINT_SIZE];

    if (count > ENTRY_PARENTS_MAX || count != e->parent_count) {
        return false;
    }
    links_of(links, previous, parents, count);
    hints_of(hints, parents, count);
    return secret_is_equal(links, e->links, sizeof links) &&
           secret_is_equal(hints, e->hints, sizeof hints);
}

/* id("wavu entry content 1", salt | content), without copying the content. */
static void content_hash_of(uint8_t hash[HASH_SHA256_SIZE], const struct entry *e)
{
    static const char label[] = "wavu entry content 1";
    const uint8_t len = sizeof label - 1;
    struct span pieces[4] = {span_of(&len, 1), span_from_text(label),
                             span_of(e->salt, sizeof e->salt), e->content};

    hash_sha256_pieces(hash, pieces, 4);
}

static struct span body_of(uint8_t body[ENTRY_BODY_SIZE], const struct entry *e,
                           const uint8_t network[32])
{
    struct wr w;

    wr_init(&w, span_mut_of(body, ENTRY_BODY_SIZE));
    wr_u8(&w, FORMAT);
    wr_bytes(&w, span_of(network, 32));
    wr_bytes(&w, span_of(e->room, sizeof e->room));
    wr_bytes(&w, span_of(e->device, sizeof e->device));
    wr_u64be(&w, e->sequence);
    wr_bytes(&w, span_of(e->links, sizeof e->links));
    wr_u8(&w, e->parent_count);
    wr_bytes(&w, span_of(e->hints, sizeof e->hints));
    wr_u64be(&w, e->expiry);
    wr_bytes(&w, span_of(e->content_hash, sizeof e->content_hash));
    CHECK(wr_finish(&w) == 0 && w.len == ENTRY_BODY_SIZE);
    return wr_span(&w);
}

int entry_sign(struct entry *e, const uint8_t network[32], const struct signer *signer,
               const struct ed25519_pair *pair)
{
    uint8_t body[ENTRY_BODY_SIZE];

    if (e->sequence == 0 || e->sequence > ENTRY_NUMBER_MAX || e->expiry > ENTRY_NUMBER_MAX ||
        e->content.len > ENTRY_CONTENT_MAX || e->parent_count > ENTRY_PARENTS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    e->has_links = true;
    e->has_content = true;
    e->is_said = false;
    links_of(e->links, e->previous, (const uint8_t(*)[ENTRY_ID_SIZE])e->parents, e->parent_count);
    hints_of(e->hints, (const uint8_t(*)[ENTRY_ID_SIZE])e->parents, e->parent_count);
    content_hash_of(e->content_hash, e);
    signer->sign(signer->context, e->signature, pair, label_entry, body_of(body, e, network));
    return 0;
}

static bool has_good_numbers(const struct entry *e)
{
    return e->sequence > 0 && e->sequence <= ENTRY_NUMBER_MAX && e->expiry <= ENTRY_NUMBER_MAX &&
           e->parent_count <= ENTRY_PARENTS_MAX;
}

/* That its device signed a broadcast which names it. */
static int verify_said(const struct entry *e, const uint8_t network[32],
                       const struct signer *signer)
{
    struct entry_proof_named n = {.proof = e->said};

    memcpy(n.device, e->device, sizeof n.device);
    memcpy(n.signature, e->signature, sizeof n.signature);
    entry_id(n.id, e, network);
    return entry_proof_verify(&n, network, signer);
}

int entry_verify(const struct entry *e, const uint8_t network[32], const struct signer *signer)
{
    uint8_t hash[HASH_SHA256_SIZE];
    uint8_t body[ENTRY_BODY_SIZE];
    bool is_good = has_good_numbers(e);

    if (is_good && e->has_content) {
        content_hash_of(hash, e);
        is_good = secret_is_equal(hash, e->content_hash, sizeof hash);
    }
    if (is_good && e->has_links) {
        is_good =
            links_fit(e, e->previous, (const uint8_t(*)[ENTRY_ID_SIZE])e->parents, e->parent_count);
    }
    if (!is_good) {
        return WAVU_ERR_CRYPTO;
    }
    return e->is_said ? verify_said(e, network, signer)
                      : signer->verify(signer->context, e->signature, e->device, label_entry,
                                       body_of(body, e, network));
}

int entry_prove(struct entry *e, const uint8_t network[32], const struct entry_proof_named *by)
{
    uint8_t id[ENTRY_ID_SIZE];

    entry_hash_content(e);
    entry_id(id, e, network);
    if (!has_good_numbers(e) ||
        !span_is_equal(span_of(e->device, sizeof e->device), span_of(by->device, 32)) ||
        !span_is_equal(span_of(id, sizeof id), span_of(by->id, sizeof by->id))) {
        return WAVU_ERR_CRYPTO;
    }
    e->is_said = true;
    e->said = by->proof;
    memcpy(e->signature, by->signature, sizeof e->signature);
    return 0;
}

void entry_hash_content(struct entry *e)
{
    content_hash_of(e->content_hash, e);
}

int entry_check_links(const struct entry *e, const uint8_t previous[ENTRY_ID_SIZE],
                      const uint8_t (*parents)[ENTRY_ID_SIZE], size_t count)
{
    return links_fit(e, previous, parents, count) ? 0 : WAVU_ERR_CRYPTO;
}

void entry_id(uint8_t id[ENTRY_ID_SIZE], const struct entry *e, const uint8_t network[32])
{
    uint8_t body[ENTRY_BODY_SIZE];

    signer_id(id, label_entry, body_of(body, e, network));
}

void entry_drop_content(struct entry *e)
{
    secret_wipe(e->salt, sizeof e->salt);
    e->content = span_empty();
    e->has_content = false;
}

static void write_proof(struct wr *w, const struct entry_proof *p)
{
    uint8_t bytes[ENTRY_PROOF_SIZE_MAX];
    struct wr proof;

    wr_init(&proof, span_mut_of(bytes, sizeof bytes));
    entry_proof_write(&proof, p);
    CHECK(wr_finish(&proof) == 0);
    pb_write_bytes(w, FIELD_BROADCAST, wr_span(&proof));
}

int entry_write(struct wr *w, const struct entry *e)
{
    if (!e->has_links) {
        return WAVU_ERR_INVALID;
    }
    pb_write_varint(w, FIELD_FORMAT, FORMAT);
    pb_write_bytes(w, FIELD_ROOM, span_of(e->room, sizeof e->room));
    pb_write_bytes(w, FIELD_DEVICE, span_of(e->device, sizeof e->device));
    pb_write_varint(w, FIELD_SEQUENCE, e->sequence);
    pb_write_bytes(w, FIELD_PREVIOUS, span_of(e->previous, sizeof e->previous));
    for (size_t i = 0; i < e->parent_count; i++) {
        pb_write_bytes(w, FIELD_PARENT, span_of(e->parents[i], ENTRY_ID_SIZE));
    }
    if (e->expiry > 0) {
        pb_write_varint(w, FIELD_EXPIRY, e->expiry);
    }
    pb_write_bytes(w, FIELD_CONTENT_HASH, span_of(e->content_hash, sizeof e->content_hash));
    pb_write_bytes(w, FIELD_SIGNATURE, span_of(e->signature, sizeof e->signature));
    if (e->has_content) {
        pb_write_bytes(w, FIELD_SALT, span_of(e->salt, sizeof e->salt));
        pb_write_bytes(w, FIELD_CONTENT, e->content);
    }
    if (e->is_said) {
        write_proof(w, &e->said);
    }
    return 0;
}

/* What is being read: the entry, and which fields came (a bit for each number). */
struct reading {
    struct entry *e;
    uint32_t seen;
    uint64_t format;
    bool is_bad;
};

static void take_fixed(struct reading *r, uint8_t *out, size_t size, struct span bytes)
{
    if (bytes.len != size) {
        r->is_bad = true;
        return;
    }
    memcpy(out, bytes.ptr, size);
}

static void take_parent(struct reading *r, struct span bytes)
{
    if (r->e->parent_count == ENTRY_PARENTS_MAX) {
        r->is_bad = true;
        return;
    }
    take_fixed(r, r->e->parents[r->e->parent_count++], ENTRY_ID_SIZE, bytes);
}

static void take_bytes(struct reading *r, const struct pb_field *f)
{
    struct entry *e = r->e;

    switch (f->number) {
    case FIELD_ROOM:
        take_fixed(r, e->room, sizeof e->room, f->bytes);
        return;
    case FIELD_DEVICE:
        take_fixed(r, e->device, sizeof e->device, f->bytes);
        return;
    case FIELD_PREVIOUS:
        take_fixed(r, e->previous, sizeof e->previous, f->bytes);
        return;
    case FIELD_PARENT:
        take_parent(r, f->bytes);
        return;
    case FIELD_CONTENT_HASH:
        take_fixed(r, e->content_hash, sizeof e->content_hash, f->bytes);
        return;
    case FIELD_SIGNATURE:
        take_fixed(r, e->signature, sizeof e->signature, f->bytes);
        return;
    case FIELD_SALT:
        take_fixed(r, e->salt, sizeof e->salt, f->bytes);
        return;
    case FIELD_CONTENT:
        e->content = f->bytes;
        return;
    case FIELD_BROADCAST:
        e->is_said = true;
        r->is_bad = entry_proof_read(&e->said, f->bytes) < 0 || r->is_bad;
        return;
    default:
        return;
    }
}

static void take_number(struct reading *r, const struct pb_field *f)
{
    if (f->number == FIELD_FORMAT) {
        r->format = f->value;
    } else if (f->number == FIELD_SEQUENCE) {
        r->e->sequence = f->value;
    } else if (f->number == FIELD_EXPIRY) {
        r->e->expiry = f->value;
    }
}

/* A known field with the wire type of another one is an error; twice, too, but for parents. */
static void take_field(struct reading *r, const struct pb_field *f)
{
    bool is_number =
        f->number == FIELD_FORMAT || f->number == FIELD_SEQUENCE || f->number == FIELD_EXPIRY;
    uint32_t bit = 0;

    if (f->number == 0 || f->number > FIELD_BROADCAST) {
        return;
    }
    bit = UINT32_C(1) << f->number;
    if (f->wire != (is_number ? PB_VARINT : PB_BYTES) ||
        ((r->seen & bit) != 0 && f->number != FIELD_PARENT)) {
        r->is_bad = true;
        return;
    }
    r->seen |= bit;
    if (is_number) {
        take_number(r, f);
    } else {
        take_bytes(r, f);
    }
}

int entry_read(struct entry *e, struct span bytes)
{
    const uint32_t needed = UINT32_C(1) << FIELD_FORMAT | UINT32_C(1) << FIELD_ROOM |
                            UINT32_C(1) << FIELD_DEVICE | UINT32_C(1) << FIELD_SEQUENCE |
                            UINT32_C(1) << FIELD_CONTENT_HASH | UINT32_C(1) << FIELD_SIGNATURE;
    const uint32_t content = UINT32_C(1) << FIELD_SALT | UINT32_C(1) << FIELD_CONTENT;
    struct reading r = {.e = e};
    struct pb p;
    struct pb_field f;

    if (bytes.len > ENTRY_STORED_SIZE_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    memset(e, 0, sizeof *e);
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        take_field(&r, &f);
    }
    if (pb_finish(&p) == 0 && r.format > FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    e->has_links = true;
    e->has_content = (r.seen & content) == content;
    if (pb_finish(&p) != 0 || r.is_bad || r.format != FORMAT || (r.seen & needed) != needed ||
        (!e->has_content && (r.seen & content) != 0) || e->content.len > ENTRY_CONTENT_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    links_of(e->links, e->previous, (const uint8_t(*)[ENTRY_ID_SIZE])e->parents, e->parent_count);
    hints_of(e->hints, (const uint8_t(*)[ENTRY_ID_SIZE])e->parents, e->parent_count);
    return 0;
}

int entry_write_plain(struct wr *w, const struct entry *e)
{
    if (!e->has_content) {
        return WAVU_ERR_INVALID;
    }
    wr_bytes(w, span_of(e->room, ENTRY_ROOM_HINT_SIZE));
    wr_varint(w, e->sequence);
    wr_varint(w, e->expiry);
    wr_u8(w, e->parent_count);
    for (size_t i = 0; i < e->parent_count && i < ENTRY_HINTS_MAX; i++) {
        wr_bytes(w, span_of(e->hints[i], ENTRY_HINT_SIZE));
    }
    wr_bytes(w, span_of(e->links, sizeof e->links));
    wr_bytes(w, e->content);
    return 0;
}

int entry_read_plain(struct entry *e, uint8_t room_hint[ENTRY_ROOM_HINT_SIZE], struct span bytes)
{
    struct rd r;

    memset(e, 0, sizeof *e);
    rd_init(&r, bytes);
    rd_copy(&r, room_hint, ENTRY_ROOM_HINT_SIZE);
    e->sequence = rd_varint(&r);
    e->expiry = rd_varint(&r);
    e->parent_count = rd_u8(&r);
    for (size_t i = 0; i < e->parent_count && i < ENTRY_HINTS_MAX; i++) {
        rd_copy(&r, e->hints[i], ENTRY_HINT_SIZE);
    }
    rd_copy(&r, e->links, sizeof e->links);
    e->content = rd_bytes(&r, rd_left(&r));
    e->has_content = true;
    if (r.failed || e->parent_count > ENTRY_PARENTS_MAX || e->content.len > ENTRY_CONTENT_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    return 0;
}
