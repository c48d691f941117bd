/*
 * Bytes come in from members, structs with borrowed spans leave to the machine (epoch.c), and back.
 *
 * Each message is read whole and checked for shape before anybody acts on it; a known field that
 * comes twice, or as another type, is an error. All errors are one (crypto.md), but for what is
 * newer.
 */
#include "group/epoch_msg.h"

#include <string.h>

#include "base/check.h"

#define FORMAT 1
#define FIELDS_MAX 12

enum outer_field { OUTER_CHANGE = 1, OUTER_WRAP, OUTER_NAME, OUTER_ASK, OUTER_WELCOME, OUTER_LEAF };
enum signed_field { SIGNED_BODY = 1, SIGNED_SIGNATURE };
enum change_field {
    CHANGE_FORMAT = 1,
    CHANGE_GROUP,
    CHANGE_AUTHOR,
    CHANGE_SEQUENCE,
    CHANGE_KIND,
    CHANGE_PARENT,
    CHANGE_LOG_HEAD,
    CHANGE_MEMBERS,
    CHANGE_COMMITMENT,
    CHANGE_LEAF,
    CHANGE_MLKEM
};
enum wrap_field { WRAP_CHANGE = 1, WRAP_BASE, WRAP_AEAD, WRAP_CARRIED, WRAP_SEALED };
enum name_field { NAME_GROUP = 1, NAME_HEAD };
enum ask_field {
    ASK_FORMAT = 1,
    ASK_GROUP,
    ASK_DEVICE,
    ASK_NUMBER,
    ASK_KEY,
    ASK_SEQUENCE,
    ASK_WHOLE
};
enum leaf_field { LEAF_FORMAT = 1, LEAF_GROUP, LEAF_DEVICE, LEAF_LEAF, LEAF_MLKEM };
enum welcome_field {
    WELCOME_CHANGE = 1,
    WELCOME_ASKER,
    WELCOME_NUMBER,
    WELCOME_AEAD,
    WELCOME_CARRIED,
    WELCOME_SEALED,
    WELCOME_PAST
};

/* The single fields of one message by number, and where its repeated ids lie. */
struct fields {
    struct pb_field of[FIELDS_MAX];
    uint32_t seen;      /* a bit for each number */
    struct span ids[2]; /* from the first field of a repeated number to the end of its last */
    size_t id_counts[2];
};

/* What a message may hold, a bit for each number. */
struct shape {
    uint32_t numbers; /* varints; all other known ones are bytes */
    uint32_t known;
    uint32_t needed;
    uint32_t lists[2]; /* the numbers of repeated ids of 32 bytes; 0: none */
};

#define BIT(number) (UINT32_C(1) << (number))

static bool has(const struct fields *f, uint32_t number)
{
    return (f->seen & BIT(number)) != 0;
}

/* A list is one run of fields: [start, end) of the message. */
static bool take_id(struct fields *f, size_t list, const uint8_t *start, const struct pb_field *one)
{
    const uint8_t *end = one->bytes.ptr + one->bytes.len;

    if (one->bytes.len != EPOCH_MSG_ID_SIZE) {
        return false;
    }
    if (f->id_counts[list] == 0) {
        f->ids[list].ptr = start;
    } else if (f->ids[list].ptr + f->ids[list].len != start) {
        return false;
    }
    f->ids[list].len = (size_t)(end - f->ids[list].ptr);
    f->id_counts[list]++;
    return true;
}

static bool take_field(struct fields *f, const struct shape *shape, const struct pb_field *one,
                       const uint8_t *start)
{
    uint32_t bit = one->number < FIELDS_MAX ? BIT(one->number) : 0;
    bool is_number = (shape->numbers & bit) != 0;

    if ((shape->known & bit) == 0) {
        return true; /* unknown: skipped */
    }
    if (one->wire != (is_number ? PB_VARINT : PB_BYTES)) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        if (shape->lists[i] == one->number) {
            f->seen |= bit;
            return take_id(f, i, start, one);
        }
    }
    if ((f->seen & bit) != 0) {
        return false;
    }
    f->seen |= bit;
    f->of[one->number] = *one;
    return true;
}

static int read_fields(struct fields *f, const struct shape *shape, struct span bytes)
{
    struct pb p;
    struct pb_field one;

    memset(f, 0, sizeof *f);
    pb_init(&p, bytes);
    for (size_t at = 0; pb_next(&p, &one); at = p.rd.at) {
        if (!take_field(f, shape, &one, bytes.ptr + at)) {
            return WAVU_ERR_CRYPTO;
        }
    }
    return pb_finish(&p) == 0 && (f->seen & shape->needed) == shape->needed ? 0 : WAVU_ERR_CRYPTO;
}

/* The bytes of field `number` when they are `size`; NULL otherwise. */
static const uint8_t *fixed(const struct fields *f, uint32_t number, size_t size)
{
    return has(f, number) && f->of[number].bytes.len == size ? f->of[number].bytes.ptr : NULL;
}

static bool copy(uint8_t *out, const struct fields *f, uint32_t number, size_t size)
{
    const uint8_t *bytes = fixed(f, number, size);

    if (bytes != NULL) {
        memcpy(out, bytes, size);
    }
    return bytes != NULL;
}

/* The next id of a run of fields that was checked. */
static const uint8_t *next_id(struct span run, size_t *at)
{
    struct pb p;
    struct pb_field one;

    if (*at >= run.len) {
        return NULL;
    }
    pb_init(&p, span_slice(run, *at, run.len));
    if (!pb_next(&p, &one)) {
        return NULL;
    }
    *at += p.rd.at;
    return one.bytes.ptr;
}

const uint8_t *epoch_msg_next_id(const struct epoch_msg *m, size_t *at)
{
    return next_id(m->ids, at);
}

/* Copy a run of ids; false when they do not ascend. */
static bool copy_ids(struct epoch_msg_ids *ids, uint8_t *room, struct span run, size_t count)
{
    size_t at = 0;
    const uint8_t *one = NULL;

    ids->bytes = room;
    ids->count = count;
    for (size_t i = 0; (one = next_id(run, &at)) != NULL; i++) {
        memcpy(room + i * EPOCH_MSG_ID_SIZE, one, EPOCH_MSG_ID_SIZE);
        if (i > 0 && span_compare(span_of(room + (i - 1) * EPOCH_MSG_ID_SIZE, EPOCH_MSG_ID_SIZE),
                                  span_of(one, EPOCH_MSG_ID_SIZE)) >= 0) {
            return false;
        }
    }
    return true;
}

/* 0 for our format; what is newer is told apart before anything else of it is looked at. */
static int check_format(struct span body)
{
    struct pb p;
    struct pb_field one;

    pb_init(&p, body);
    if (!pb_next(&p, &one) || one.number != 1 || one.wire != PB_VARINT || one.value == 0) {
        return WAVU_ERR_CRYPTO;
    }
    return one.value == FORMAT ? 0 : WAVU_ERR_UNSUPPORTED;
}

/* The fields that only one kind of change has. */
static bool read_kind(struct epoch_msg_change *c, const struct fields *f)
{
    const uint32_t only_seed = BIT(CHANGE_LEAF) | BIT(CHANGE_MLKEM);

    if (c->kind == EPOCH_MSG_DERIVED) {
        return (f->seen & only_seed) == 0 && c->parents.count > 0;
    }
    c->mlkem = fixed(f, CHANGE_MLKEM, MLKEM_PUBLIC_SIZE);
    return copy(c->leaf, f, CHANGE_LEAF, sizeof c->leaf) &&
           (c->mlkem != NULL || !has(f, CHANGE_MLKEM));
}

int epoch_msg_read_change(struct epoch_msg_change *c, struct span body)
{
    static const struct shape shape = {
        .numbers = BIT(CHANGE_FORMAT) | BIT(CHANGE_SEQUENCE) | BIT(CHANGE_KIND),
        .known = BIT(CHANGE_MLKEM + 1) - 2,
        .needed = BIT(CHANGE_GROUP) | BIT(CHANGE_AUTHOR) | BIT(CHANGE_SEQUENCE) | BIT(CHANGE_KIND) |
                  BIT(CHANGE_MEMBERS) | BIT(CHANGE_COMMITMENT),
        .lists = {CHANGE_PARENT, CHANGE_LOG_HEAD}};
    struct fields f;
    int rc = check_format(body);

    memset(c, 0, sizeof *c);
    if (rc < 0 || body.len > EPOCH_MSG_BODY_SIZE_MAX) {
        return rc < 0 ? rc : WAVU_ERR_CRYPTO;
    }
    if (read_fields(&f, &shape, body) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    if (f.of[CHANGE_KIND].value != EPOCH_MSG_SEED && f.of[CHANGE_KIND].value != EPOCH_MSG_DERIVED) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (f.id_counts[0] > EPOCH_MSG_PARENTS_MAX || f.id_counts[1] > EPOCH_MSG_LOG_HEADS_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    c->kind = (enum epoch_msg_change_kind)f.of[CHANGE_KIND].value;
    c->sequence = f.of[CHANGE_SEQUENCE].value;
    bool is_good = copy(c->group, &f, CHANGE_GROUP, sizeof c->group) &&
                   copy(c->author, &f, CHANGE_AUTHOR, sizeof c->author) &&
                   copy(c->members, &f, CHANGE_MEMBERS, sizeof c->members) && c->sequence > 0 &&
                   copy(c->commitment, &f, CHANGE_COMMITMENT, sizeof c->commitment) &&
                   copy_ids(&c->parents, c->room, f.ids[0], f.id_counts[0]) &&
                   copy_ids(&c->log_heads, c->room + EPOCH_MSG_PARENTS_MAX * EPOCH_MSG_ID_SIZE,
                            f.ids[1], f.id_counts[1]) &&
                   read_kind(c, &f);
    return is_good ? 0 : WAVU_ERR_CRYPTO;
}

int epoch_msg_read_ask(struct epoch_msg_ask *a, struct span body)
{
    static const struct shape shape = {.numbers = BIT(ASK_FORMAT) | BIT(ASK_NUMBER) |
                                                  BIT(ASK_SEQUENCE) | BIT(ASK_WHOLE),
                                       .known = BIT(ASK_WHOLE + 1) - 2,
                                       .needed = BIT(ASK_SEQUENCE + 1) - 2};
    struct fields f;
    int rc = check_format(body);

    memset(a, 0, sizeof *a);
    if (rc < 0) {
        return rc;
    }
    if (read_fields(&f, &shape, body) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    a->number = f.of[ASK_NUMBER].value;
    a->key = f.of[ASK_KEY].bytes;
    a->sequence = f.of[ASK_SEQUENCE].value;
    a->is_whole = f.of[ASK_WHOLE].value != 0;
    bool is_good = copy(a->group, &f, ASK_GROUP, sizeof a->group) &&
                   copy(a->device, &f, ASK_DEVICE, sizeof a->device) &&
                   (a->key.len == X25519_SIZE || a->key.len == HYBRID_PUBLIC_SIZE);
    return is_good ? 0 : WAVU_ERR_CRYPTO;
}

int epoch_msg_read_leaf(struct epoch_msg_leaf *l, struct span body)
{
    static const struct shape shape = {.numbers = BIT(LEAF_FORMAT),
                                       .known = BIT(LEAF_MLKEM + 1) - 2,
                                       .needed = BIT(LEAF_MLKEM + 1) - 2};
    struct fields f;
    int rc = check_format(body);

    memset(l, 0, sizeof *l);
    if (rc < 0) {
        return rc;
    }
    if (read_fields(&f, &shape, body) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    l->mlkem = fixed(&f, LEAF_MLKEM, MLKEM_PUBLIC_SIZE);
    bool is_good = copy(l->group, &f, LEAF_GROUP, sizeof l->group) &&
                   copy(l->device, &f, LEAF_DEVICE, sizeof l->device) &&
                   copy(l->leaf, &f, LEAF_LEAF, sizeof l->leaf) && l->mlkem != NULL;
    return is_good ? 0 : WAVU_ERR_CRYPTO;
}

static int read_signed(struct epoch_msg *m, struct span bytes)
{
    static const struct shape shape = {.known = BIT(SIGNED_BODY) | BIT(SIGNED_SIGNATURE),
                                       .needed = BIT(SIGNED_BODY) | BIT(SIGNED_SIGNATURE)};
    struct fields f;

    if (read_fields(&f, &shape, bytes) < 0 || f.of[SIGNED_SIGNATURE].bytes.len != SIGNER_SIZE) {
        return WAVU_ERR_CRYPTO;
    }
    m->body = f.of[SIGNED_BODY].bytes;
    m->signature = f.of[SIGNED_SIGNATURE].bytes;
    return 0;
}

/* AEAD, ciphertext of the agreement, and the sealed secret, from fields one behind the other. */
static bool read_sealed(struct wrap_sealed *s, const struct fields *f, uint32_t first)
{
    struct span carried = f->of[first + 1].bytes;

    if (f->of[first].value > UINT8_MAX ||
        (carried.len != X25519_SIZE && carried.len != HYBRID_CIPHERTEXT_SIZE)) {
        return false;
    }
    s->aead = (uint8_t)f->of[first].value;
    s->carried_len = carried.len;
    memcpy(s->carried, carried.ptr, carried.len);
    return copy(s->sealed, f, first + 2, sizeof s->sealed);
}

static int read_wrap(struct epoch_msg *m, struct span bytes)
{
    static const struct shape shape = {.numbers = BIT(WRAP_AEAD),
                                       .known = BIT(WRAP_SEALED + 1) - 2,
                                       .needed = (BIT(WRAP_SEALED + 1) - 2) & ~BIT(WRAP_BASE)};
    struct fields f;

    if (read_fields(&f, &shape, bytes) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    m->has_base = has(&f, WRAP_BASE);
    bool is_good = copy(m->change, &f, WRAP_CHANGE, sizeof m->change) &&
                   (!m->has_base || copy(m->base, &f, WRAP_BASE, sizeof m->base)) &&
                   read_sealed(&m->sealed, &f, WRAP_AEAD);
    return is_good ? 0 : WAVU_ERR_CRYPTO;
}

static int read_name(struct epoch_msg *m, struct span bytes)
{
    static const struct shape shape = {.known = BIT(NAME_GROUP) | BIT(NAME_HEAD),
                                       .needed = BIT(NAME_GROUP) | BIT(NAME_HEAD),
                                       .lists = {NAME_HEAD}};
    struct fields f;
    struct epoch_msg_ids ids;
    uint8_t room[EPOCH_MSG_PARENTS_MAX * EPOCH_MSG_ID_SIZE];

    if (read_fields(&f, &shape, bytes) < 0 || !copy(m->group, &f, NAME_GROUP, sizeof m->group) ||
        f.id_counts[0] < 2) {
        return WAVU_ERR_CRYPTO;
    }
    if (f.id_counts[0] > EPOCH_MSG_PARENTS_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    m->ids = f.ids[0];
    m->id_count = f.id_counts[0];
    return copy_ids(&ids, room, m->ids, m->id_count) ? 0 : WAVU_ERR_CRYPTO;
}

static int read_welcome(struct epoch_msg *m, struct span bytes)
{
    static const struct shape shape = {.numbers = BIT(WELCOME_NUMBER) | BIT(WELCOME_AEAD),
                                       .known = BIT(WELCOME_PAST + 1) - 2,
                                       .needed = (BIT(WELCOME_PAST) - 2),
                                       .lists = {WELCOME_PAST}};
    struct fields f;

    if (read_fields(&f, &shape, bytes) < 0 || read_signed(m, f.of[WELCOME_CHANGE].bytes) < 0 ||
        !copy(m->asker, &f, WELCOME_ASKER, sizeof m->asker) ||
        !read_sealed(&m->sealed, &f, WELCOME_AEAD)) {
        return WAVU_ERR_CRYPTO;
    }
    m->number = f.of[WELCOME_NUMBER].value;
    m->ids = f.ids[0];
    m->id_count = f.id_counts[0];
    return m->id_count <= EPOCH_MSG_PAST_MAX ? 0 : WAVU_ERR_CRYPTO;
}

int epoch_msg_read(struct epoch_msg *m, struct span bytes)
{
    struct pb p;
    struct pb_field f;

    memset(m, 0, sizeof *m);
    if (bytes.len > EPOCH_MSG_SIZE_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    pb_init(&p, bytes);
    if (!pb_next(&p, &f) || rd_left(&p.rd) > 0) {
        return WAVU_ERR_CRYPTO; /* one field, and it is the message */
    }
    if (f.number > OUTER_LEAF) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (f.wire != PB_BYTES) {
        return WAVU_ERR_CRYPTO;
    }
    m->kind = (enum epoch_msg_kind)f.number;
    switch (m->kind) {
    case EPOCH_MSG_CHANGE:
    case EPOCH_MSG_ASK:
    case EPOCH_MSG_LEAF:
        if (bytes.len > EPOCH_MSG_CHANGE_SIZE_MAX) {
            return WAVU_ERR_CRYPTO;
        }
        return read_signed(m, f.bytes);
    case EPOCH_MSG_WRAP:
        return read_wrap(m, f.bytes);
    case EPOCH_MSG_NAME:
        return read_name(m, f.bytes);
    case EPOCH_MSG_WELCOME:
        return read_welcome(m, f.bytes);
    case EPOCH_MSG_NONE:
        break;
    }
    return WAVU_ERR_CRYPTO;
}

static void write_ids(struct wr *w, uint32_t number, struct epoch_msg_ids ids)
{
    for (size_t i = 0; i < ids.count; i++) {
        pb_write_bytes(w, number, span_of(ids.bytes + i * EPOCH_MSG_ID_SIZE, EPOCH_MSG_ID_SIZE));
    }
}

void epoch_msg_write_change_body(struct wr *w, const struct epoch_msg_change *c)
{
    pb_write_varint(w, CHANGE_FORMAT, FORMAT);
    pb_write_bytes(w, CHANGE_GROUP, span_of(c->group, sizeof c->group));
    pb_write_bytes(w, CHANGE_AUTHOR, span_of(c->author, sizeof c->author));
    pb_write_varint(w, CHANGE_SEQUENCE, c->sequence);
    pb_write_varint(w, CHANGE_KIND, c->kind);
    write_ids(w, CHANGE_PARENT, c->parents);
    write_ids(w, CHANGE_LOG_HEAD, c->log_heads);
    pb_write_bytes(w, CHANGE_MEMBERS, span_of(c->members, sizeof c->members));
    pb_write_bytes(w, CHANGE_COMMITMENT, span_of(c->commitment, sizeof c->commitment));
    if (c->kind == EPOCH_MSG_SEED) {
        pb_write_bytes(w, CHANGE_LEAF, span_of(c->leaf, sizeof c->leaf));
    }
    if (c->mlkem != NULL) {
        pb_write_bytes(w, CHANGE_MLKEM, span_of(c->mlkem, MLKEM_PUBLIC_SIZE));
    }
}

void epoch_msg_write_ask_body(struct wr *w, const struct epoch_msg_ask *a)
{
    pb_write_varint(w, ASK_FORMAT, FORMAT);
    pb_write_bytes(w, ASK_GROUP, span_of(a->group, sizeof a->group));
    pb_write_bytes(w, ASK_DEVICE, span_of(a->device, sizeof a->device));
    pb_write_varint(w, ASK_NUMBER, a->number);
    pb_write_bytes(w, ASK_KEY, a->key);
    pb_write_varint(w, ASK_SEQUENCE, a->sequence);
    if (a->is_whole) {
        pb_write_bool(w, ASK_WHOLE, true);
    }
}

void epoch_msg_write_leaf_body(struct wr *w, const struct epoch_msg_leaf *l)
{
    pb_write_varint(w, LEAF_FORMAT, FORMAT);
    pb_write_bytes(w, LEAF_GROUP, span_of(l->group, sizeof l->group));
    pb_write_bytes(w, LEAF_DEVICE, span_of(l->device, sizeof l->device));
    pb_write_bytes(w, LEAF_LEAF, span_of(l->leaf, sizeof l->leaf));
    pb_write_bytes(w, LEAF_MLKEM, span_of(l->mlkem, MLKEM_PUBLIC_SIZE));
}

static void put_signed(struct wr *w, uint32_t number, struct span body, const uint8_t *signature)
{
    pb_write_head(w, number,
                  pb_bytes_size(SIGNED_BODY, body.len) +
                      pb_bytes_size(SIGNED_SIGNATURE, SIGNER_SIZE));
    pb_write_bytes(w, SIGNED_BODY, body);
    pb_write_bytes(w, SIGNED_SIGNATURE, span_of(signature, SIGNER_SIZE));
}

void epoch_msg_write_signed(struct wr *w, enum epoch_msg_kind kind, struct span body,
                            const uint8_t signature[SIGNER_SIZE])
{
    CHECK(kind == EPOCH_MSG_CHANGE || kind == EPOCH_MSG_ASK || kind == EPOCH_MSG_LEAF);
    put_signed(w, kind, body, signature);
}

static void put_sealed(struct wr *w, uint32_t first, const struct wrap_sealed *s)
{
    pb_write_varint(w, first, s->aead);
    pb_write_bytes(w, first + 1, span_of(s->carried, s->carried_len));
    pb_write_bytes(w, first + 2, span_of(s->sealed, sizeof s->sealed));
}

static size_t sealed_size(const struct wrap_sealed *s)
{
    return 2 + pb_bytes_size(WRAP_CARRIED, s->carried_len) +
           pb_bytes_size(WRAP_SEALED, sizeof s->sealed); /* an AEAD's number takes two bytes */
}

void epoch_msg_write_wrap(struct wr *w, const uint8_t *change, const uint8_t *base,
                          const struct wrap_sealed *sealed)
{
    size_t hint = pb_bytes_size(WRAP_CHANGE, EPOCH_MSG_HINT_SIZE);

    pb_write_head(w, OUTER_WRAP, hint + (base != NULL ? hint : 0) + sealed_size(sealed));
    pb_write_bytes(w, WRAP_CHANGE, span_of(change, EPOCH_MSG_HINT_SIZE));
    if (base != NULL) {
        pb_write_bytes(w, WRAP_BASE, span_of(base, EPOCH_MSG_HINT_SIZE));
    }
    put_sealed(w, WRAP_AEAD, sealed);
}

void epoch_msg_write_name(struct wr *w, const uint8_t group[32], struct epoch_msg_ids heads)
{
    size_t one = pb_bytes_size(NAME_HEAD, EPOCH_MSG_ID_SIZE);

    pb_write_head(w, OUTER_NAME, (1 + heads.count) * one);
    pb_write_bytes(w, NAME_GROUP, span_of(group, 32));
    write_ids(w, NAME_HEAD, heads);
}

static void put_welcome(struct wr *w, const struct epoch_msg *m, struct epoch_msg_ids past)
{
    put_signed(w, WELCOME_CHANGE, m->body, m->signature.ptr);
    pb_write_bytes(w, WELCOME_ASKER, span_of(m->asker, sizeof m->asker));
    pb_write_varint(w, WELCOME_NUMBER, m->number);
    put_sealed(w, WELCOME_AEAD, &m->sealed);
    write_ids(w, WELCOME_PAST, past);
}

void epoch_msg_write_welcome(struct wr *w, const struct epoch_msg *m, struct epoch_msg_ids past)
{
    struct wr measure;

    wr_init(&measure, span_mut_of(NULL, 0));
    put_welcome(&measure, m, past);
    pb_write_head(w, OUTER_WELCOME, measure.len);
    put_welcome(w, m, past);
}
