/*
 * The lowest roots of a component.
 */
#include "overlay/views_roots.h"

#include <string.h>

#include "base/check.h"

#define SECOND UINT64_C(1000000000)
#define SLACK 3 /* rounds that news may be late beyond a round a hop */

uint64_t views_roots_hash(const struct overlay_id *id)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    /* Ids are keys, so their bytes are random already; the mixing only keeps the order of ids from
     * showing in that of hashes, where tests use small ids. */
    for (size_t i = 0; i < OVERLAY_ID_SIZE; i++) {
        hash = (hash ^ id->bytes[i]) * UINT64_C(0x100000001b3);
    }
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 29;
}

static size_t place_of(const struct views_roots *r, uint64_t hash)
{
    size_t i = 0;
    while (i < r->count && r->items[i].hash < hash) {
        i++;
    }
    return i;
}

/* Insert at its place, the highest falls out. */
static void insert(struct views_roots *r, uint64_t heard_ns, const struct views_msg_root *root)
{
    size_t at = place_of(r, root->hash);
    if (at == VIEWS_ROOTS_MAX) {
        return;
    }
    size_t last = r->count < VIEWS_ROOTS_MAX ? r->count : VIEWS_ROOTS_MAX - 1;
    for (size_t i = last; i > at; i--) {
        r->items[i] = r->items[i - 1];
        r->heard_ns[i] = r->heard_ns[i - 1];
    }
    r->items[at] = *root;
    r->heard_ns[at] = heard_ns;
    r->count = (uint8_t)(last + 1);
}

void views_roots_init(struct views_roots *r, const struct overlay_id *self, uint32_t count,
                      uint64_t now)
{
    memset(r, 0, sizeof *r);
    r->self = views_roots_hash(self);
    r->self_count = count;
    insert(r, now, &(struct views_msg_root){.hash = r->self, .count = count});
}

void views_roots_renew(struct views_roots *r, uint64_t now, uint64_t life_ns)
{
    uint8_t kept = 0;
    r->self_count += r->self_count < UINT32_MAX;
    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].hash != r->self && now - r->heard_ns[i] < life_ns) {
            r->items[kept] = r->items[i];
            r->heard_ns[kept++] = r->heard_ns[i];
        }
    }
    r->count = kept;
    insert(r, now, &(struct views_msg_root){.hash = r->self, .count = r->self_count});
}

void views_roots_merge(struct views_roots *r, uint64_t now, const struct views_msg *m)
{
    for (size_t i = 0; i < m->root_count; i++) {
        struct views_msg_root root = m->roots[i];
        size_t at = place_of(r, root.hash);
        bool is_here = at < r->count && r->items[at].hash == root.hash;
        uint64_t age_ns = root.age_s * SECOND;
        uint64_t heard_ns = age_ns < now ? now - age_ns : 0;
        root.hops = (uint16_t)(root.hops + (root.hops < VIEWS_MSG_HOPS_MAX));
        if (root.hash == r->self || root.age_s == VIEWS_MSG_AGE_S_MAX) {
            continue; /* only we renew ours, and nobody the dead */
        }
        if (!is_here) {
            insert(r, heard_ns, &root);
        } else if (root.count > r->items[at].count) {
            r->items[at] = root;
            r->heard_ns[at] = heard_ns > r->heard_ns[at] ? heard_ns : r->heard_ns[at];
        }
    }
}

static uint32_t apart(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

bool views_roots_differ(const struct views_roots *r, const struct views_msg *m)
{
    size_t ours = 0;
    size_t theirs = 0;
    size_t seen = 0;
    size_t strange = 0;
    while (seen < VIEWS_ROOTS_MAX && (ours < r->count || theirs < m->root_count)) {
        const struct views_msg_root *a = ours < r->count ? &r->items[ours] : NULL;
        const struct views_msg_root *b = theirs < m->root_count ? &m->roots[theirs] : NULL;
        if (a != NULL && b != NULL && a->hash == b->hash) {
            uint32_t lag = (a->hops > b->hops ? a->hops : b->hops) + SLACK;
            strange += apart(a->count, b->count) > lag;
        } else {
            strange++;
        }
        bool is_ours = a != NULL && (b == NULL || a->hash <= b->hash);
        bool is_theirs = b != NULL && (a == NULL || b->hash <= a->hash);
        ours += is_ours;
        theirs += is_theirs;
        seen++;
    }
    return 2 * strange > seen;
}

void views_roots_put(const struct views_roots *r, uint64_t now, struct views_msg *m)
{
    m->root_count = r->count;
    memcpy(m->roots, r->items, r->count * sizeof r->items[0]);
    for (size_t i = 0; i < r->count; i++) { /* rounded up: no news grows younger on its way */
        uint64_t age_s = (now - r->heard_ns[i] + SECOND - 1) / SECOND;
        m->roots[i].age_s = age_s < VIEWS_MSG_AGE_S_MAX ? (uint16_t)age_s : VIEWS_MSG_AGE_S_MAX;
    }
}

static uint32_t list_of(const struct views_msg_root *items, size_t count)
{
    uint64_t list = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++) {
        list = (list ^ items[i].hash) * UINT64_C(0x100000001b3);
        list ^= list >> 29;
    }
    list >>= 32;
    return list == 0 ? 1 : (uint32_t)list;
}

uint32_t views_roots_list(const struct views_roots *r)
{
    return list_of(r->items, r->count);
}

uint32_t views_roots_list_of(const struct views_msg *m)
{
    return m->is_brief ? m->list : list_of(m->roots, m->root_count);
}

void views_roots_shorten(struct views_msg *m)
{
    m->list = list_of(m->roots, m->root_count);
    m->is_brief = true;
    for (size_t i = 0; i < m->root_count; i++) {
        m->roots[i].hash = 0;
    }
}

bool views_roots_complete(const struct views_roots *r, struct views_msg *m)
{
    if (!m->is_brief) {
        return true;
    }
    if (m->root_count != r->count || m->list != views_roots_list(r)) {
        return false;
    }
    for (size_t i = 0; i < r->count; i++) {
        m->roots[i].hash = r->items[i].hash;
    }
    m->is_brief = false;
    return true;
}

uint64_t views_roots_estimate(const struct views_roots *r)
{
    if (r->count < VIEWS_ROOTS_MAX) {
        return r->count;
    }
    /* k-1 nodes lie below the k-th of hashes that are uniform over 2^64. */
    double share = (double)r->items[r->count - 1].hash / 18446744073709551616.0;
    double nodes = share > 0 ? (VIEWS_ROOTS_MAX - 1) / share : 0;
    return nodes < 1e9 ? (uint64_t)nodes : 1000000000;
}

void views_roots_check(const struct views_roots *r)
{
    CHECK(r->count <= VIEWS_ROOTS_MAX && r->count > 0);
    for (size_t i = 1; i < r->count; i++) {
        CHECK(r->items[i - 1].hash < r->items[i].hash);
    }
}
