/*
 * Look-ups over the table, and those that keep the table true.
 */
#include "discovery/kad.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define SEEDS_PER_PATH 8 /* each path begins with so many at most; 2 k in all */

void kad_init(struct kad *k, const struct kad_config *config, uint64_t now)
{
    *k = (struct kad){.config = *config};
    kad_table_init(&k->table, &config->self, config->k, config->random, now);
    list_init(&k->searches);
}

static void kad_free(struct kad *k, struct kad_search *s)
{
    list_remove(&s->link);
    k->search_count--;
    kad_lookup_clear(&s->lookup);
    mem_free(s);
}

void kad_clear(struct kad *k)
{
    for (struct list *l; (l = list_next(&k->searches, &k->searches)) != NULL;) {
        kad_free(k, LIST_OF(l, struct kad_search, link));
    }
    kad_table_clear(&k->table);
}

struct kad_search *kad_search(const struct kad *k, uint32_t number)
{
    const struct list *head = &k->searches;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        struct kad_search *s = LIST_OF(l, struct kad_search, link);
        if (s->number == number) {
            return s;
        }
    }
    return NULL;
}

/* ---- Beginning ---- */

/* Begin with those nearest in the table. */
static void kad_seed(const struct kad *k, struct kad_search *s)
{
    const struct kad_entry *near[2 * KAD_TABLE_K_MAX];
    const struct peerid *ids[2 * KAD_TABLE_K_MAX];
    size_t max = (size_t)s->lookup.config.paths * SEEDS_PER_PATH;
    max = max < (size_t)2 * k->config.k ? max : (size_t)2 * k->config.k;
    max = max < k->config.k ? k->config.k : max;
    size_t count = kad_table_nearest(&k->table, &s->lookup.config.target, NULL, near, max);
    for (size_t i = 0; i < count; i++) {
        ids[i] = &near[i]->id;
    }
    kad_lookup_seed(&s->lookup, ids, count);
}

/* A path that begins with nobody finds nobody, and the others would stop too soon. */
static unsigned kad_paths(const struct kad *k, unsigned wanted)
{
    unsigned paths = wanted == 0 ? k->config.paths : wanted;
    return k->table.count < paths ? (unsigned)k->table.count : paths;
}

static struct kad_search *kad_begin(struct kad *k, enum kad_msg_type type, struct span key,
                                    const struct kad_lookup_config *config)
{
    struct kad_search *s = mem_new(sizeof *s);
    k->last_number = k->last_number == KAD_NUMBER_MAX ? 1 : k->last_number + 1;
    s->number = k->last_number;
    s->type = type;
    memcpy(s->key, key.ptr, key.len);
    s->key_len = key.len;
    kad_lookup_init(&s->lookup, config, &k->config.self);
    list_push_back(&k->searches, &s->link);
    k->search_count++;
    return s;
}

/* As configured, over so many paths. */
static struct kad_lookup_config kad_lookup_of(const struct kad *k, const struct kad_key *target,
                                              unsigned paths)
{
    return (struct kad_lookup_config){.target = *target,
                                      .k = k->config.k,
                                      .paths = kad_paths(k, paths),
                                      .alpha = k->config.alpha,
                                      .beta = k->config.beta};
}

/* May one begin? */
static int kad_may_find(const struct kad *k)
{
    if (k->search_count >= KAD_SEARCHES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    return k->table.count == 0 ? WAVU_ERR_NOT_FOUND : 0;
}

int kad_find(struct kad *k, enum kad_msg_type type, struct span key, unsigned paths, uint64_t now,
             uint32_t *search)
{
    struct kad_key target;
    int rc = kad_may_find(k);
    CHECK(key.len >= 1 && key.len <= KAD_MSG_KEY_MAX);
    if (rc < 0) {
        return rc;
    }
    kad_key_of(&target, key);
    kad_table_touch(&k->table, &target, now);
    struct kad_lookup_config config = kad_lookup_of(k, &target, paths);
    struct kad_search *s = kad_begin(k, type, key, &config);
    kad_seed(k, s);
    *search = s->number;
    return 0;
}

int kad_find_from(struct kad *k, enum kad_msg_type type, struct span key, const struct peerid *from,
                  size_t count, uint32_t *search)
{
    const struct peerid *ids[2 * KAD_TABLE_K_MAX];
    struct kad_key target;
    int rc = kad_may_find(k);
    CHECK(key.len >= 1 && key.len <= KAD_MSG_KEY_MAX && count >= 1);
    if (rc < 0) {
        return rc;
    }
    kad_key_of(&target, key);
    struct kad_lookup_config config = kad_lookup_of(k, &target, 1);
    count = count < 2 * KAD_TABLE_K_MAX ? count : 2 * KAD_TABLE_K_MAX;
    config.alpha = (unsigned)count;
    struct kad_search *s = kad_begin(k, type, key, &config);
    for (size_t i = 0; i < count; i++) {
        ids[i] = &from[i];
    }
    kad_lookup_seed(&s->lookup, ids, count);
    *search = s->number;
    return 0;
}

/* ---- Upkeep ---- */

static size_t kad_upkeeps(const struct kad *k)
{
    size_t count = 0;
    const struct list *head = &k->searches;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        count += LIST_OF(l, struct kad_search, link)->is_upkeep ? 1 : 0;
    }
    return count;
}

/* A place is looked up by a key whose hash is not that place: nobody can be asked for a place. So a
 * request of upkeep names the nearest peer of that bucket, or ourselves: FIND_NODE of a peer that
 * is there fills its surroundings. */
static struct span kad_upkeep_key(const struct kad *k, const struct kad_key *target)
{
    const struct kad_entry *near[1];
    if (kad_key_prefix(target, &k->table.self) == KAD_KEY_BITS ||
        kad_table_nearest(&k->table, target, NULL, near, 1) == 0) {
        return peerid_span(&k->config.self);
    }
    return peerid_span(&near[0]->id);
}

static void kad_keep(struct kad *k, uint64_t now)
{
    struct kad_key target;
    while (k->table.count > 0 && k->search_count < KAD_SEARCHES_MAX &&
           kad_upkeeps(k) < KAD_UPKEEP_MAX && kad_table_refresh(&k->table, now, &target)) {
        struct span key = kad_upkeep_key(k, &target);
        kad_key_of(&target, key);
        struct kad_lookup_config config = kad_lookup_of(k, &target, 1);
        struct kad_search *s = kad_begin(k, KAD_MSG_FIND_NODE, key, &config);
        kad_seed(k, s);
        s->is_upkeep = true;
        if (kad_key_prefix(&target, &k->table.self) != KAD_KEY_BITS) {
            s->lookup.config.k = k->config.beta; /* who is there, not who is nearest */
        }
    }
}

/* ---- Asking ---- */

static bool kad_ask_alone(const struct kad *k, const struct peerid *peer, struct kad_ask *ask)
{
    *ask = (struct kad_ask){
        .search = 0, .peer = *peer, .type = KAD_MSG_FIND_NODE, .key = peerid_span(&k->config.self)};
    return true;
}

/* Whether somebody is there: first those that asked us, then those in doubt, one at a time. */
static bool kad_next_probe(struct kad *k, uint64_t now, struct kad_ask *ask)
{
    while (k->met_count > 0) {
        struct peerid peer = k->met[0];
        k->met_count--;
        memmove(&k->met[0], &k->met[1], k->met_count * sizeof k->met[0]);
        if (kad_table_wants(&k->table, &peer)) {
            return kad_ask_alone(k, &peer, ask);
        }
    }
    const struct kad_entry *e = k->probed.len == 0 ? kad_table_doubted(&k->table, now) : NULL;
    if (e == NULL) {
        return false;
    }
    k->probed = e->id;
    k->probed_ns = now;
    return kad_ask_alone(k, &e->id, ask);
}

bool kad_next_ask(struct kad *k, uint64_t now, struct kad_ask *ask)
{
    const struct list *head = &k->searches;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        struct kad_search *s = LIST_OF(l, struct kad_search, link);
        if (!s->is_done && kad_lookup_next(&s->lookup, now, &ask->peer)) {
            ask->search = s->number;
            ask->type = s->type;
            ask->key = span_of(s->key, s->key_len);
            ask->value = span_empty();
            return true;
        }
    }
    return kad_next_probe(k, now, ask);
}

void kad_wait(struct kad *k, uint32_t search, const struct peerid *peer, uint64_t until_ns)
{
    struct kad_search *s = kad_search(k, search);
    if (s != NULL) {
        kad_lookup_wait(&s->lookup, peer, until_ns);
    }
}

static void kad_probe_over(struct kad *k, const struct peerid *peer)
{
    if (peerid_is_equal(&k->probed, peer)) {
        k->probed.len = 0;
    }
}

int kad_answered(struct kad *k, uint32_t search, const struct peerid *peer, uint64_t group,
                 const struct kad_msg *m, uint64_t now)
{
    struct peerid ids[KAD_MSG_PEERS_MAX];
    struct kad_search *s = kad_search(k, search);
    /* Of a search that has ended nobody knows any more what it asked. */
    enum kad_msg_type type = s != NULL ? s->type : search != 0 ? m->type : KAD_MSG_FIND_NODE;
    size_t count = 0;
    kad_probe_over(k, peer);
    if (m->type != type || m->nearer_count > (size_t)2 * KAD_TABLE_K_MAX) {
        kad_failed(k, search, peer, now);
        kad_table_remove(&k->table, peer);
        return WAVU_ERR_PROTO;
    }
    (void)kad_table_put(&k->table, peer, group, now);
    for (size_t i = 0; i < m->nearer_count && s != NULL; i++) {
        struct kad_msg_peer p;
        if (kad_msg_peer_decode(&p, m->nearer[i]) == 0 && peerid_decode(&ids[count], p.id) == 0) {
            count++;
        }
    }
    if (s != NULL) {
        kad_lookup_answered(&s->lookup, peer, ids, count, now);
    }
    return 0;
}

void kad_failed(struct kad *k, uint32_t search, const struct peerid *peer, uint64_t now)
{
    struct kad_search *s = kad_search(k, search);
    kad_probe_over(k, peer);
    if (s != NULL) {
        kad_lookup_failed(&s->lookup, peer);
    }
    kad_table_failed(&k->table, peer, now);
}

/* ---- Ending ---- */

bool kad_next_done(struct kad *k, uint32_t *search)
{
    struct list *head = &k->searches;
    for (struct list *l = list_next(head, head), *after; l != NULL; l = after) {
        struct kad_search *s = LIST_OF(l, struct kad_search, link);
        after = list_next(head, l);
        if (s->is_done || !kad_lookup_is_over(&s->lookup)) {
            continue;
        }
        if (s->is_upkeep) {
            kad_free(k, s);
            continue;
        }
        s->is_done = true;
        *search = s->number;
        return true;
    }
    return false;
}

void kad_stop(struct kad *k, uint32_t search)
{
    struct kad_search *s = kad_search(k, search);
    if (s != NULL) {
        kad_lookup_stop(&s->lookup);
    }
}

size_t kad_result(const struct kad *k, uint32_t search, struct peerid *out, size_t max)
{
    const struct kad_candidate *found[KAD_TABLE_K_MAX];
    const struct kad_search *s = kad_search(k, search);
    size_t count = s == NULL ? 0
                             : kad_lookup_result(&s->lookup, found,
                                                 max < KAD_TABLE_K_MAX ? max : KAD_TABLE_K_MAX);
    for (size_t i = 0; i < count; i++) {
        out[i] = found[i]->id;
    }
    return count;
}

void kad_end(struct kad *k, uint32_t search)
{
    struct kad_search *s = kad_search(k, search);
    if (s != NULL) {
        kad_free(k, s);
    }
}

/* ---- The table from outside ---- */

void kad_reached(struct kad *k, const struct peerid *peer, uint64_t group, uint64_t now)
{
    (void)kad_table_put(&k->table, peer, group, now);
}

void kad_met(struct kad *k, const struct peerid *peer)
{
    if (k->met_count == KAD_MET_MAX || !kad_table_wants(&k->table, peer)) {
        return;
    }
    for (unsigned i = 0; i < k->met_count; i++) {
        if (peerid_is_equal(&k->met[i], peer)) {
            return;
        }
    }
    k->met[k->met_count++] = *peer;
}

void kad_left(struct kad *k, const struct peerid *peer)
{
    kad_table_remove(&k->table, peer);
}

size_t kad_named(const struct kad *k, const struct peerid *asker, struct span key,
                 struct peerid *out, size_t max)
{
    const struct kad_entry *near[KAD_TABLE_K_MAX];
    struct kad_key target;
    kad_key_of(&target, key);
    max = max < k->config.k ? max : k->config.k;
    size_t count = kad_table_nearest(&k->table, &target, asker, near, max);
    for (size_t i = 0; i < count; i++) {
        out[i] = near[i]->id;
    }
    return count;
}

void kad_settle(struct kad *k, uint64_t due_ns)
{
    kad_table_due(&k->table, due_ns);
}

uint64_t kad_deadline(const struct kad *k)
{
    bool may_keep =
        k->table.count > 0 && k->search_count < KAD_SEARCHES_MAX && kad_upkeeps(k) < KAD_UPKEEP_MAX;
    uint64_t first = may_keep ? kad_table_deadline(&k->table) : UINT64_MAX;
    const struct list *head = &k->searches;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        uint64_t due = kad_lookup_deadline(&LIST_OF(l, struct kad_search, link)->lookup);
        first = due < first ? due : first;
    }
    return first;
}

void kad_tick(struct kad *k, uint64_t now)
{
    const struct list *head = &k->searches;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        kad_lookup_tick(&LIST_OF(l, struct kad_search, link)->lookup, now);
    }
    if (k->probed.len > 0 && now >= k->probed_ns + KAD_LOOKUP_PATIENCE_MOST_NS) {
        struct peerid silent = k->probed;
        kad_failed(k, 0, &silent, now);
    }
    kad_keep(k, now);
}

void kad_check(const struct kad *k)
{
    size_t count = 0;
    const struct list *head = &k->searches;
    kad_table_check(&k->table);
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        kad_lookup_check(&LIST_OF(l, struct kad_search, link)->lookup);
        count++;
    }
    CHECK(count == k->search_count && count <= KAD_SEARCHES_MAX);
}
