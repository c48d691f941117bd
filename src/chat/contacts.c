/*
 * A map of contacts, each written as a row of its own when it changes.
 *
 *   row: format 1 | flags 1 | unix ms 8 | first root 32 | length of name 1 | name
 */
#include "chat/contacts.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/name_looks.h"
#include "base/rd.h"

#define FORMAT 1
#define FLAG_VERIFIED 1
#define FLAG_CHANGED 2
#define FLAG_BLOCKED 4
#define FLAGS (FLAG_VERIFIED | FLAG_CHANGED | FLAG_BLOCKED)

static struct span key_of(const struct contacts_one *one)
{
    return span_of(one->key, sizeof one->key);
}

static bool is_same(const uint8_t *key, const uint8_t *other)
{
    return span_is_equal(span_of(key, CONTACTS_KEY_SIZE), span_of(other, CONTACTS_KEY_SIZE));
}

/* ---- Rows ---- */

static void write_row(struct wr *w, const struct contacts_one *one)
{
    uint8_t flags = one->mark == CONTACTS_VERIFIED  ? FLAG_VERIFIED
                    : one->mark == CONTACTS_CHANGED ? FLAG_CHANGED
                                                    : 0;

    wr_u8(w, FORMAT);
    wr_u8(w, flags | (one->is_blocked ? FLAG_BLOCKED : 0));
    wr_u64be(w, one->unix_ms);
    wr_bytes(w, span_of(one->first, sizeof one->first));
    wr_u8(w, (uint8_t)one->name_len);
    wr_bytes(w, span_of(one->name, one->name_len));
}

static int read_row(struct contacts_one *one, struct span key, struct span row)
{
    struct rd r;

    memset(one, 0, sizeof *one);
    rd_init(&r, row);
    uint8_t format = rd_u8(&r);
    uint8_t flags = rd_u8(&r);
    if (!r.failed && format > FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    one->unix_ms = rd_u64be(&r);
    rd_copy(&r, one->first, sizeof one->first);
    one->name_len = rd_u8(&r);
    struct span name = rd_bytes(&r, one->name_len);
    bool is_good = rd_finish(&r) == 0 && format == FORMAT && key.len == sizeof one->key &&
                   (flags & ~FLAGS) == 0 && (flags & 3) != 3 &&
                   (name.len == 0 || name_check(name) == NAME_GOOD);
    if (!is_good) {
        return WAVU_ERR_CORRUPT;
    }
    memcpy(one->key, key.ptr, sizeof one->key);
    if (name.len > 0) {
        memcpy(one->name, name.ptr, name.len);
    }
    one->mark = (flags & FLAG_VERIFIED) != 0  ? CONTACTS_VERIFIED
                : (flags & FLAG_CHANGED) != 0 ? CONTACTS_CHANGED
                                              : CONTACTS_UNVERIFIED;
    one->is_blocked = (flags & FLAG_BLOCKED) != 0;
    return 0;
}

/* ---- Looking ---- */

/* What its name looks like; empty without one. */
static struct span look_of(const struct contacts_one *one, uint8_t space[NAME_LOOKS_SIZE_MAX])
{
    struct wr w;

    wr_init(&w, span_mut_of(space, NAME_LOOKS_SIZE_MAX));
    (void)name_looks_write(&w, span_of(one->name, one->name_len));
    return wr_span(&w);
}

static void keep_look(const struct contacts *c, struct contacts_one *one)
{
    uint8_t space[NAME_LOOKS_SIZE_MAX];

    one->look = map_hash(c->ones.seed, look_of(one, space));
}

const struct contacts_one *contacts_get(const struct contacts *c,
                                        const uint8_t key[CONTACTS_KEY_SIZE])
{
    return map_get(&c->ones, span_of(key, CONTACTS_KEY_SIZE));
}

const struct contacts_one *contacts_next(const struct contacts *c, size_t *at)
{
    return map_next(&c->ones, at);
}

const struct contacts_one *contacts_by_look(const struct contacts *c, struct span look)
{
    uint64_t hash = map_hash(c->ones.seed, look);
    size_t at = 0;
    const struct contacts_one *one = NULL;

    while ((one = map_next(&c->ones, &at)) != NULL) {
        uint8_t space[NAME_LOOKS_SIZE_MAX];

        if (one->name_len > 0 && one->look == hash && span_is_equal(look_of(one, space), look)) {
            return one;
        }
    }
    return NULL;
}

/* ---- Life ---- */

int contacts_init(struct contacts *c, struct store *store, const struct random *random)
{
    struct buf key;
    struct buf value;
    int rc = 0;

    c->store = store;
    map_init(&c->ones, random);
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, CONTACTS_ROW_MAX);
    while (rc == 0 && (rc = store_next(store, CONTACTS_TABLE, span_empty(), &key, &value)) == 0) {
        struct contacts_one one;

        rc = c->ones.count == CONTACTS_MAX ? WAVU_ERR_CORRUPT
                                           : read_row(&one, buf_span(&key), buf_span(&value));
        if (rc == 0) {
            struct contacts_one *kept = mem_new(sizeof *kept);

            *kept = one;
            (void)map_put(&c->ones, key_of(kept), kept);
            keep_look(c, kept);
        }
    }
    buf_clear(&key);
    buf_clear(&value);
    if (rc == WAVU_ERR_NOT_FOUND) {
        return 0;
    }
    contacts_clear(c);
    return rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc; /* a row that is too long is none */
}

void contacts_clear(struct contacts *c)
{
    size_t at = 0;
    void *one = NULL;

    while ((one = map_next(&c->ones, &at)) != NULL) {
        mem_free(one);
    }
    map_clear(&c->ones);
}

/* ---- Wishes ---- */

/* Let the contact be as `wanted`, in the store and here. */
static int put(struct contacts *c, const struct contacts_one *wanted)
{
    struct contacts_one *one = map_get(&c->ones, key_of(wanted));
    bool is_empty =
        wanted->name_len == 0 && wanted->mark == CONTACTS_UNVERIFIED && !wanted->is_blocked;
    uint8_t space[CONTACTS_ROW_MAX];
    struct wr w;

    if (is_empty) {
        int rc = one == NULL ? 0 : store_delete(c->store, CONTACTS_TABLE, key_of(wanted));
        if (rc == 0 && one != NULL) {
            (void)map_remove(&c->ones, key_of(wanted));
            mem_free(one);
        }
        return rc;
    }
    if (one == NULL && c->ones.count >= CONTACTS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    wr_init(&w, span_mut_of(space, sizeof space));
    write_row(&w, wanted);
    CHECK(wr_finish(&w) == 0);
    int rc = store_put(c->store, CONTACTS_TABLE, key_of(wanted), wr_span(&w));
    if (rc < 0) {
        return rc;
    }
    if (one == NULL) {
        one = mem_new(sizeof *one);
        *one = *wanted;
        (void)map_put(&c->ones, key_of(one), one);
    }
    *one = *wanted;
    keep_look(c, one);
    return 0;
}

/* The contact as it is, or a new one of which nothing is said. */
static struct contacts_one known(const struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE])
{
    const struct contacts_one *one = contacts_get(c, key);
    struct contacts_one found = {.mark = CONTACTS_UNVERIFIED};

    if (one != NULL) {
        return *one;
    }
    memcpy(found.key, key, sizeof found.key);
    memcpy(found.first, key, sizeof found.first);
    return found;
}

int contacts_set_name(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE], struct span name)
{
    struct contacts_one one = known(c, key);
    uint8_t space[NAME_LOOKS_SIZE_MAX];

    if (name.len > 0 && name_check(name) != NAME_GOOD) {
        return WAVU_ERR_INVALID;
    }
    if (name.len > 0) {
        memcpy(one.name, name.ptr, name.len);
    }
    one.name_len = name.len;
    const struct contacts_one *other =
        name.len > 0 ? contacts_by_look(c, look_of(&one, space)) : NULL;
    if (other != NULL && !span_is_equal(key_of(other), key_of(&one))) {
        return WAVU_ERR_EXISTS;
    }
    return put(c, &one);
}

int contacts_verify(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE], uint64_t unix_ms)
{
    struct contacts_one one = known(c, key);

    one.mark = CONTACTS_VERIFIED;
    one.unix_ms = unix_ms;
    return put(c, &one);
}

int contacts_unverify(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE])
{
    struct contacts_one one = known(c, key);

    one.mark = CONTACTS_UNVERIFIED;
    one.unix_ms = 0;
    return put(c, &one);
}

int contacts_block(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE], bool is_blocked)
{
    struct contacts_one one = known(c, key);

    one.is_blocked = is_blocked;
    return put(c, &one);
}

/* ---- Successions ---- */

/* The contact that began with that root, and is not at `now` yet. */
static const struct contacts_one *follower(const struct contacts *c,
                                           const uint8_t first[CONTACTS_KEY_SIZE],
                                           const uint8_t now[CONTACTS_KEY_SIZE])
{
    size_t at = 0;
    const struct contacts_one *one = NULL;

    while ((one = map_next(&c->ones, &at)) != NULL) {
        if (is_same(one->first, first) && !is_same(one->key, now)) {
            return one;
        }
    }
    return NULL;
}

int contacts_succeed(struct contacts *c, const uint8_t first[CONTACTS_KEY_SIZE],
                     const uint8_t now[CONTACTS_KEY_SIZE], struct contacts_one *before)
{
    const struct contacts_one *one = follower(c, first, now);
    struct contacts_one gone;

    if (one == NULL || contacts_get(c, now) != NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    *before = *one;
    struct contacts_one next = *one;
    memcpy(next.key, now, sizeof next.key);
    next.mark = next.mark == CONTACTS_UNVERIFIED ? CONTACTS_UNVERIFIED : CONTACTS_CHANGED;
    int rc = put(c, &next);
    /* Who is blocked may still be somewhere under the key of before. */
    gone = (struct contacts_one){.mark = CONTACTS_UNVERIFIED, .is_blocked = before->is_blocked};
    memcpy(gone.key, before->key, sizeof gone.key);
    return rc < 0 ? rc : put(c, &gone);
}

int contacts_follow(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE],
                    const uint8_t first[CONTACTS_KEY_SIZE])
{
    const struct contacts_one *one = contacts_get(c, key);

    if (one == NULL || is_same(one->first, first)) {
        return 0;
    }
    struct contacts_one wanted = *one;
    memcpy(wanted.first, first, sizeof wanted.first);
    return put(c, &wanted);
}
