/*
 * Seeds come from wraps, welcomes and one's own changes; chains, and the one-way secrets that are
 * kept, are all that stays of them.
 */
#include "group/epoch_set.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define SECRETS_SIZE (3 * 32) /* root | merge | pair */

void epoch_set_commit(uint8_t commitment[32], const uint8_t seed[32])
{
    signer_id(commitment, "wavu epoch seed 1", span_of(seed, 32));
}

/* Those in the view of each head, into a fresh array. */
static uint16_t *members_of(struct epoch_change *const *heads, size_t count, size_t *found)
{
    struct epoch_members *sets[EPOCH_MSG_PARENTS_MAX];
    uint16_t *slots = mem_new_array(heads[0]->members->count, sizeof *slots);

    CHECK(count > 0 && count <= EPOCH_MSG_PARENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        sets[i] = heads[i]->members;
    }
    *found = epoch_view_common(slots, sets, count);
    return slots;
}

static void id_of(uint8_t id[32], const uint8_t group[32], struct epoch_change *const *heads,
                  size_t count, const uint8_t members[32])
{
    uint8_t all[(EPOCH_MSG_PARENTS_MAX + 2) * 32 + 4];
    struct wr w;

    wr_init(&w, span_mut_of(all, sizeof all));
    wr_bytes(&w, span_of(group, 32));
    wr_u32be(&w, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        wr_bytes(&w, span_of(heads[i]->id, 32));
    }
    wr_bytes(&w, span_of(members, 32));
    CHECK(wr_finish(&w) == 0);
    signer_id(id, "wavu epoch 1", wr_span(&w));
}

void epoch_set_id(uint8_t id[32], const struct epoch_views *views, const uint8_t group[32],
                  struct epoch_change *const *heads, size_t count)
{
    uint8_t hash[32];
    size_t found = 0;
    uint16_t *slots = members_of(heads, count, &found);

    epoch_view_hash(hash, views, slots, found);
    id_of(id, group, heads, count, hash);
    mem_free(slots);
}

struct epoch_set *epoch_set_new(const struct epoch_views *views, const uint8_t group[32],
                                struct epoch_change *const *heads, size_t count, int self)
{
    struct epoch_set *s = mem_new(sizeof *s);
    uint8_t hash[32];

    s->slots = members_of(heads, count, &s->count);
    s->own = -1;
    s->namer = -1;
    for (size_t i = 0; i < s->count; i++) {
        if (s->slots[i] == self) {
            s->own = (int)i;
        }
    }
    if (s->own < 0) {
        mem_free(s->slots);
        mem_free(s);
        return NULL;
    }
    epoch_view_hash(hash, views, s->slots, s->count);
    id_of(s->id, group, heads, count, hash);
    s->head_count = count;
    s->heads = mem_new_array(count, sizeof(struct epoch_change *));
    for (size_t i = 0; i < count; i++) {
        s->heads[i] = heads[i];
    }
    return s;
}

size_t epoch_set_chain_count(const struct epoch_set *s)
{
    return s->chains != NULL ? s->count : 0;
}

uint32_t epoch_set_next(const struct epoch_set *s, int index)
{
    return s->chains != NULL ? s->chains[index].next : 0;
}

size_t epoch_set_free(struct epoch_set *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < epoch_set_chain_count(s); i++) {
        kept += s->chains[i].skipped_count;
        chain_clear(&s->chains[i]);
    }
    list_remove(&s->link);
    secret_wipe(s->root, sizeof s->root);
    mem_free(s->heads);
    mem_free(s->slots);
    mem_free(s->chains);
    mem_free(s);
    return kept;
}

void epoch_set_fill(struct epoch_set *s, const uint8_t root[32])
{
    CHECK(s->chains == NULL);
    memcpy(s->root, root, sizeof s->root);
}

/* The chain of the member at `index`, at its beginning. */
static void begin_chain(struct chain *c, const struct epoch_set *s, const struct epoch_views *views,
                        size_t index)
{
    uint8_t key[CHAIN_KEY_SIZE];
    struct span context[2] = {span_of(s->id, 32), span_of(views->devices[s->slots[index]].id, 32)};

    kdf(span_mut_of(key, sizeof key), span_of(s->root, 32), "wavu epoch chain 1", context, 2);
    chain_init(c, key);
    secret_wipe(key, sizeof key);
}

struct chain *epoch_set_chains(struct epoch_set *s, const struct epoch_views *views)
{
    if (s->chains == NULL) {
        struct chain *chains = mem_new_array(s->count, sizeof *chains);

        for (size_t i = 0; i < s->count; i++) {
            begin_chain(&chains[i], s, views, i);
        }
        s->chains = chains;
        secret_wipe(s->root, sizeof s->root);
    }
    return s->chains;
}

int epoch_set_look(const struct epoch_set *s, const struct epoch_views *views, size_t index,
                   uint32_t generation, struct chain_peek *peek)
{
    struct chain first;

    if (s->chains != NULL) {
        return chain_look(&s->chains[index], generation, peek);
    }
    begin_chain(&first, s, views, index);
    int rc = chain_look(&first, generation, peek);
    chain_clear(&first);
    return rc;
}

int epoch_set_take(struct epoch_set *s, const struct epoch_views *views, size_t index, uint64_t now,
                   const struct chain_peek *peek)
{
    return chain_take(&epoch_set_chains(s, views)[index], now, peek);
}

/* Their merge secrets joined. */
static size_t join(uint8_t joined[EPOCH_MSG_PARENTS_MAX * 32], struct epoch_change *const *changes,
                   size_t count)
{
    CHECK(count > 0 && count <= EPOCH_MSG_PARENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        CHECK(changes[i]->has_secret);
        memcpy(joined + i * 32, changes[i]->merge, 32);
    }
    return count * 32;
}

void epoch_set_root(const struct epoch_set *s, uint8_t root[32])
{
    uint8_t joined[EPOCH_MSG_PARENTS_MAX * 32];
    size_t len = join(joined, s->heads, s->head_count);
    struct span context = span_of(s->id, 32);

    kdf(span_mut_of(root, 32), span_of(joined, len), "wavu epoch merge 1", &context, 1);
    secret_wipe(joined, sizeof joined);
}

void epoch_set_derive(uint8_t seed[32], const struct epoch_msg_change *c,
                      struct epoch_change *const *parents, size_t count)
{
    uint8_t bytes[3 * 32 + 8];
    struct wr w;
    uint8_t joined[EPOCH_MSG_PARENTS_MAX * 32];
    size_t len = join(joined, parents, count);
    struct span context;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_bytes(&w, span_of(c->group, 32));
    wr_bytes(&w, span_of(c->author, 32));
    wr_u64be(&w, c->sequence);
    wr_bytes(&w, span_of(c->members, 32));
    context = wr_span(&w);
    kdf(span_mut_of(seed, 32), span_of(joined, len), "wavu epoch derived 1", &context, 1);
    secret_wipe(joined, sizeof joined);
}

/* The secret for wraps from `a` to `b` that build on `c`. */
static void pair_of(uint8_t out[32], const uint8_t pair_root[32], const struct epoch_change *c,
                    const uint8_t a[32], const uint8_t b[32])
{
    struct span context[3] = {span_of(c->id, 32), span_of(a, 32), span_of(b, 32)};

    kdf(span_mut_of(out, 32), span_of(pair_root, 32), "wavu epoch pair 1", context, 3);
}

/* root | merge | pair */
static void cut(uint8_t out[SECRETS_SIZE], const struct epoch_change *c, const uint8_t seed[32])
{
    struct span context = span_of(c->id, 32);

    kdf(span_mut_of(out, SECRETS_SIZE), span_of(seed, 32), "wavu epoch secrets 1", &context, 1);
}

void epoch_set_merge(struct epoch_change *c, const uint8_t seed[32], uint8_t root[32])
{
    uint8_t out[SECRETS_SIZE];

    CHECK(!c->has_secret);
    cut(out, c, seed);
    memcpy(root, out, 32);
    memcpy(c->merge, out + 32, 32);
    c->has_secret = true;
    secret_wipe(out, sizeof out);
}

void epoch_set_pair_in(uint8_t secret[32], const struct epoch_change *c,
                       const struct epoch_views *views, int self, int index, const uint8_t seed[32])
{
    uint8_t out[SECRETS_SIZE];

    cut(out, c, seed);
    pair_of(secret, out + 64, c, views->devices[c->members->slots[index]].id,
            views->devices[self].id);
    secret_wipe(out, sizeof out);
}

void epoch_set_pairs(struct epoch_change *c, const struct epoch_views *views, int self,
                     const uint8_t seed[32])
{
    const uint8_t *own = views->devices[self].id;
    uint8_t out[SECRETS_SIZE];

    CHECK(c->pairs == NULL);
    cut(out, c, seed);
    c->pairs = mem_new_array(c->members->count, sizeof *c->pairs);
    for (size_t i = 0; i < c->members->count; i++) {
        const uint8_t *other = views->devices[c->members->slots[i]].id;
        if (c->members->slots[i] != self) {
            pair_of(c->pairs[i].in, out + 64, c, other, own);
            pair_of(c->pairs[i].out, out + 64, c, own, other);
            c->pairs[i].has_in = true;
            c->pairs[i].has_out = true;
        }
    }
    secret_wipe(out, sizeof out);
}

void epoch_set_secrets(struct epoch_change *c, const struct epoch_views *views, int self,
                       const uint8_t seed[32], uint8_t root[32])
{
    epoch_set_merge(c, seed, root);
    epoch_set_pairs(c, views, self, seed);
}
