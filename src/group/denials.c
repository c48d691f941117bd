/*
 * A short list of members. In the store each word is an entry of the table "denials" under the
 * network's id and the member's; its value is the format, and 1 when it is doubted.
 */
#include "group/denials.h"

#include <string.h>

#define TABLE "denials"
#define FORMAT 1
#define VALUE_SIZE 2

static bool is_same(const uint8_t a[MEMBERS_MSG_ID_SIZE], const uint8_t b[MEMBERS_MSG_ID_SIZE])
{
    return span_is_equal(span_of(a, MEMBERS_MSG_ID_SIZE), span_of(b, MEMBERS_MSG_ID_SIZE));
}

static void drop(struct denials *d, size_t place)
{
    d->count--;
    memmove(&d->words[place], &d->words[place + 1], (d->count - place) * sizeof d->words[0]);
}

/* Somebody lets us in now: who said else so long ago that a revocation would be known everywhere is
 * contradicted. */
static bool doubt_old(struct denials *d, uint64_t now)
{
    bool is_new = false;

    for (size_t i = 0; i < d->count; i++) {
        struct denials_word *word = &d->words[i];
        bool is_old = now >= word->at_ns + DENIALS_SPREAD_NS;

        is_new = is_new || (is_old && !word->is_doubted);
        word->is_doubted = word->is_doubted || is_old;
    }
    return is_new;
}

static bool take_back(struct denials *d, const uint8_t *member)
{
    size_t before = d->count;

    for (size_t i = d->count; i > 0 && member != NULL; i--) {
        if (is_same(d->words[i - 1].member, member)) {
            drop(d, i - 1);
        }
    }
    return d->count < before;
}

bool denials_said(struct denials *d, uint64_t now, const uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    for (size_t i = 0; i < d->count; i++) {
        if (is_same(d->words[i].member, member)) {
            return d->linked > 0 && doubt_old(d, now); /* that it says it again is no news */
        }
    }
    if (d->count == DENIALS_MAX) {
        drop(d, 0);
    }
    for (size_t i = 0; i < d->count; i++) {
        d->words[i].is_doubted = false; /* it was not alone, or those who let us in have heard */
    }
    struct denials_word *word = &d->words[d->count++];
    *word = (struct denials_word){.at_ns = now};
    memcpy(word->member, member, sizeof word->member);
    return true;
}

bool denials_linked(struct denials *d, uint64_t now, const uint8_t *member, size_t linked)
{
    bool is_gone = take_back(d, member);

    d->linked = linked;
    return doubt_old(d, now) || is_gone;
}

bool denials_let_in(struct denials *d, uint64_t now, const uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    bool is_gone = take_back(d, member);

    return doubt_old(d, now) || is_gone;
}

/* Could it put that one out alone, by the network's policy? */
static bool may_alone(const struct network *n, uint32_t member, uint32_t self)
{
    switch (n->log.policy) {
    case MEMBERS_MSG_ANY:
        return true;
    case MEMBERS_MSG_INVITER:
    case MEMBERS_MSG_OPEN:
        return members_is_under(&n->log, self, member);
    case MEMBERS_MSG_TWO:
        return false;
    }
    return false;
}

/* How many belong beside `self`, as far as it matters. */
static size_t others(const struct network *n, uint32_t self)
{
    size_t count = 0;

    for (uint32_t i = 0; i < n->state.member_count && count < DENIALS_ENOUGH; i++) {
        count += i != self && n->state.members[i].status == MEMBERS_STATE_BELONGS ? 1 : 0;
    }
    return count;
}

bool denials_hold(const struct denials *d, const struct network *n,
                  const uint8_t self[MEMBERS_MSG_ID_SIZE])
{
    const uint32_t own = members_member_of(&n->log, self);
    const size_t beside = d->count > 0 && own != MEMBERS_NONE ? others(n, own) : 0;
    size_t said = 0;

    if (d->count == 0 || d->linked > 0 || own == MEMBERS_NONE) {
        return false;
    }
    for (size_t i = 0; i < d->count; i++) {
        const uint32_t place = members_member_of(&n->log, d->words[i].member);

        /* Who belongs no more itself says nothing here. */
        if (!d->words[i].is_doubted && place < n->state.member_count &&
            n->state.members[place].status == MEMBERS_STATE_BELONGS) {
            said += may_alone(n, place, own) ? DENIALS_ENOUGH : 1;
        }
    }
    return said >= DENIALS_ENOUGH || (said == 1 && beside <= 1);
}

void denials_clear(struct denials *d)
{
    memset(d, 0, sizeof *d);
}

/* ---- In the store ---- */

int denials_keep(const struct denials *d, struct store *s,
                 const uint8_t network[MEMBERS_MSG_ID_SIZE])
{
    uint8_t value[VALUE_SIZE] = {FORMAT};
    uint8_t key[2 * MEMBERS_MSG_ID_SIZE];
    int rc = store_delete_prefix(s, TABLE, span_of(network, MEMBERS_MSG_ID_SIZE));

    memcpy(key, network, MEMBERS_MSG_ID_SIZE);
    for (size_t i = 0; i < d->count && rc == 0; i++) {
        memcpy(key + MEMBERS_MSG_ID_SIZE, d->words[i].member, MEMBERS_MSG_ID_SIZE);
        value[1] = d->words[i].is_doubted ? 1 : 0;
        rc = store_put(s, TABLE, span_of(key, sizeof key), span_of(value, sizeof value));
    }
    return rc;
}

int denials_load(struct denials *d, uint64_t now, struct store *s,
                 const uint8_t network[MEMBERS_MSG_ID_SIZE])
{
    const struct span of = span_of(network, MEMBERS_MSG_ID_SIZE);
    struct buf key;
    struct buf value;
    int rc = 0;

    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (rc == 0) {
        rc = store_next(s, TABLE, of, &key, &value);
        /* Of another length or format: a newer wavu's, which means nothing here. */
        if (rc == 0 && key.len == 2 * MEMBERS_MSG_ID_SIZE && value.len == VALUE_SIZE &&
            value.ptr[0] == FORMAT && d->count < DENIALS_MAX) {
            struct denials_word *word = &d->words[d->count++];

            *word = (struct denials_word){.at_ns = now, .is_doubted = value.ptr[1] != 0};
            memcpy(word->member, key.ptr + MEMBERS_MSG_ID_SIZE, sizeof word->member);
        }
    }
    buf_clear(&key);
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}
