/*
 * The world of group tests. The log's evaluation here is as simple as can be: a set of operations
 * gives the devices that some of them add and none of them removes.
 */
#include "tests/support/group_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "tests/support/broadcasts.h"

static void null_sign(void *context, uint8_t signature[SIGNER_SIZE],
                      const struct ed25519_pair *pair, const char *label, struct span body)
{
    struct span pieces[3] = {span_of(pair->public_key, 32), span_from_text(label), body};

    (void)context;
    hash_sha256_pieces(signature, pieces, 3);
    memset(signature + HASH_SHA256_SIZE, 0, SIGNER_SIZE - HASH_SHA256_SIZE);
}

static int null_verify(void *context, const uint8_t signature[SIGNER_SIZE],
                       const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    struct ed25519_pair pair;
    uint8_t expected[SIGNER_SIZE];

    memcpy(pair.public_key, who, 32);
    null_sign(context, expected, &pair, label, body);
    return span_is_equal(span_of(expected, SIGNER_SIZE), span_of(signature, SIGNER_SIZE))
               ? 0
               : WAVU_ERR_CRYPTO;
}

static int null_verify_raw(void *context, const uint8_t signature[SIGNER_SIZE],
                           const uint8_t who[ED25519_PUBLIC_SIZE], struct span bytes)
{
    return null_verify(context, signature, who, "", bytes);
}

const struct signer group_world_null_signer = {
    .sign = null_sign, .verify = null_verify, .verify_raw = null_verify_raw};

static void start(struct group_world *w, uint64_t seed, size_t max)
{
    random_seeded_init(&w->seeded, seed);
    w->random = random_from_seeded(&w->seeded);
    w->now = 1000 * GROUP_WORLD_SECOND;
    w->node_max = max;
    w->nodes = mem_new_array(max, sizeof *w->nodes);
    w->log = mem_new_array(GROUP_WORLD_LOG_MAX, sizeof *w->log);
    random_fill(&w->random, w->group, 32);
    random_fill(&w->random, w->room, 32);
}

void group_world_init(struct group_world *w, uint64_t seed, const struct signer *signer)
{
    memset(w, 0, sizeof *w);
    w->signer = signer;
    w->aead = aead_new();
    w->has_own_aead = true;
    start(w, seed, GROUP_WORLD_NODES_MAX);
}

void group_world_init_small(struct group_world *w, size_t max, struct aead *aead)
{
    memset(w, 0, sizeof *w);
    w->signer = &group_world_null_signer;
    w->aead = aead;
    w->has_no_mlkem = true;
    start(w, 1, max);
}

void group_world_clear(struct group_world *w)
{
    for (size_t i = 0; i < w->node_count; i++) {
        if (w->nodes[i].is_up) {
            epoch_clear(&w->nodes[i].e);
        }
        buf_wipe(&w->nodes[i].durable);
    }
    for (size_t i = 0; i < w->item_count; i++) {
        mem_free(w->items[i]->bytes);
        mem_free(w->items[i]);
    }
    mem_free(w->items);
    mem_free(w->nodes);
    mem_free(w->log);
    if (w->has_own_aead) {
        aead_free(w->aead);
    }
}

static struct group_world_item *add_item(struct group_world *w, enum group_world_kind kind,
                                         size_t from, struct span bytes)
{
    struct group_world_item *item = mem_new(sizeof *item);

    if (w->item_count == w->item_cap) {
        w->item_cap = w->item_cap > 0 ? 2 * w->item_cap : 64;
        w->items = mem_resize(w->items, w->item_cap * sizeof(struct group_world_item *));
    }
    item->kind = kind;
    item->from = from;
    item->bytes = mem_new_raw(bytes.len + 1);
    if (bytes.len > 0) {
        memcpy(item->bytes, bytes.ptr, bytes.len);
    }
    item->len = bytes.len;
    item->has[from] = true;
    w->items[w->item_count++] = item;
    return item;
}

size_t group_world_make(struct group_world *w)
{
    struct group_world_node *n = &w->nodes[w->node_count];

    CHECK(w->node_count < w->node_max);
    ed25519_make(&n->device, &w->random);
    n->config = (struct epoch_config){.device = &n->device,
                                      .signer = w->signer,
                                      .random = &w->random,
                                      .aead = w->aead,
                                      .kind = w->node_count % 2 == 0 ? AEAD_CHACHA20_POLY1305
                                                                     : AEAD_AES256_GCM};
    memcpy(n->config.group, w->group, 32);
    epoch_init(&n->e, &n->config, w->now);
    if (w->has_no_mlkem) {
        memcpy(n->leaf, n->e.leaves[0].own.x25519.public_key, 32);
    } else {
        epoch_make_leaf(&n->e, n->leaf, n->mlkem);
    }
    CHECK(epoch_seal_room(&n->e, w->room) == 0);
    buf_init(&n->durable, EPOCH_STATE_SIZE_MAX);
    CHECK(epoch_state_save(&n->e, w->now, &n->durable) == 0);
    n->is_up = true;
    return w->node_count++;
}

/* A view being built. */
struct view {
    struct epoch_member members[GROUP_WORLD_NODES_MAX];
    uint8_t log_heads[EPOCH_MSG_LOG_HEADS_MAX * 32];
    struct epoch_view view;
};

static void insert_member(struct view *v, const struct group_world *w, size_t node)
{
    const struct group_world_node *n = &w->nodes[node];
    size_t at = v->view.count++;

    for (; at > 0 && span_compare(span_of(v->members[at - 1].device, 32),
                                  span_of(n->device.public_key, 32)) > 0;
         at--) {
        v->members[at] = v->members[at - 1];
    }
    memcpy(v->members[at].device, n->device.public_key, 32);
    v->members[at].leaf = n->leaf;
    v->members[at].mlkem = w->has_no_mlkem ? NULL : n->mlkem;
}

/* Who belongs by the operations `known`. */
static void evaluate(struct view *v, const struct group_world *w, const bool *known)
{
    bool is_in[GROUP_WORLD_NODES_MAX] = {false};

    for (int removals = 0; removals < 2; removals++) {
        for (size_t i = 0; i < w->log_count; i++) {
            if (known[i] && w->log[i].is_removal == (removals == 1)) {
                for (size_t k = 0; k < w->log[i].count; k++) {
                    is_in[w->log[i].who[k]] = removals == 0;
                }
            }
        }
    }
    v->view.members = v->members;
    v->view.count = 0;
    for (size_t i = 0; i < w->node_count; i++) {
        if (is_in[i]) {
            insert_member(v, w, i);
        }
    }
}

/* The operations of `known` that no other of them stands on, ascending. */
static void find_heads(struct view *v, const struct group_world *w, const bool *known)
{
    size_t count = 0;

    for (size_t i = 0; i < w->log_count; i++) {
        bool is_head = known[i];
        for (size_t k = 0; k < w->log_count && is_head; k++) {
            is_head = !(known[k] && w->log[k].behind[i]);
        }
        if (!is_head) {
            continue;
        }
        CHECK(count < EPOCH_MSG_LOG_HEADS_MAX);
        size_t at = count++;
        for (; at > 0 && span_compare(span_of(v->log_heads + (at - 1) * 32, 32),
                                      span_of(w->log[i].id, 32)) > 0;
             at--) {
            memcpy(v->log_heads + at * 32, v->log_heads + (at - 1) * 32, 32);
        }
        memcpy(v->log_heads + at * 32, w->log[i].id, 32);
    }
    v->view.log_heads = (struct epoch_msg_ids){.bytes = v->log_heads, .count = count};
}

static void tell_members(struct group_world *w, size_t node)
{
    static struct view v;
    struct group_world_node *n = &w->nodes[node];

    find_heads(&v, w, n->log);
    evaluate(&v, w, n->log);
    if (v.view.count > 0) {
        CHECK(epoch_members(&n->e, w->now, &v.view) == 0);
    }
}

/* Give a view that was asked for, if the log has come so far. */
static bool give_view(struct group_world *w, size_t node, struct span heads)
{
    static struct view v;
    struct group_world_node *n = &w->nodes[node];
    bool known[GROUP_WORLD_LOG_MAX] = {false};

    for (size_t at = 0; at < heads.len; at += 32) {
        size_t i = 0;
        while (i < w->log_count &&
               !span_is_equal(span_of(w->log[i].id, 32), span_slice(heads, at, 32))) {
            i++;
        }
        if (i == w->log_count || !n->log[i]) {
            return false;
        }
        known[i] = true;
        for (size_t k = 0; k < w->log_count; k++) {
            known[k] = known[k] || w->log[i].behind[k];
        }
    }
    evaluate(&v, w, known);
    v.view.log_heads = (struct epoch_msg_ids){.bytes = heads.ptr, .count = heads.len / 32};
    CHECK(epoch_give_view(&n->e, w->now, &v.view) == 0);
    return true;
}

static void give_views(struct group_world *w, size_t node)
{
    struct group_world_node *n = &w->nodes[node];

    for (size_t i = 0; i < n->wanted_count;) {
        uint8_t heads[EPOCH_MSG_LOG_HEADS_MAX * 32];
        size_t len = n->wanted_len[i];
        memcpy(heads, n->wanted[i], len);
        if (give_view(w, node, span_of(heads, len))) {
            n->wanted_count--;
            memmove(n->wanted[i], n->wanted[i + 1], (n->wanted_count - i) * sizeof n->wanted[0]);
            memmove(&n->wanted_len[i], &n->wanted_len[i + 1],
                    (n->wanted_count - i) * sizeof n->wanted_len[0]);
        } else {
            i++;
        }
    }
}

static void want_view(struct group_world *w, size_t node, struct span heads)
{
    struct group_world_node *n = &w->nodes[node];

    if (n->wanted_count == 16) { /* it asks again when it must */
        n->wanted_count = 0;
    }
    memcpy(n->wanted[n->wanted_count], heads.ptr, heads.len);
    n->wanted_len[n->wanted_count++] = heads.len;
    give_views(w, node);
}

void group_world_log(struct group_world *w, size_t by, bool is_removal, size_t who)
{
    struct group_world_log *l = &w->log[w->log_count];
    struct group_world_node *n = &w->nodes[by];

    CHECK(w->log_count < GROUP_WORLD_LOG_MAX);
    random_fill(&w->random, l->id, 32);
    l->is_removal = is_removal;
    l->who[l->count++] = who;
    memcpy(l->behind, n->log, sizeof l->behind);
    n->log[w->log_count] = true;
    add_item(w, GROUP_WORLD_LOGGED, by, span_empty())->log = w->log_count++;
    tell_members(w, by);
    group_world_pump(w, by);
}

static void do_disk(struct group_world *w, size_t node, const struct epoch_event *event)
{
    struct group_world_node *n = &w->nodes[node];

    buf_wipe(&n->durable);
    CHECK(epoch_state_save(&n->e, w->now, &n->durable) == 0);
    epoch_saved(&n->e, w->now, event->ticket);
}

void group_world_disk(struct group_world *w, size_t node)
{
    struct group_world_node *n = &w->nodes[node];

    if (n->todo_count > 0) { /* the last has all that those before it were for */
        do_disk(w, node, &n->todo[n->todo_count - 1]);
    }
    n->todo_count = 0;
    group_world_pump(w, node);
}

static void handle(struct group_world *w, size_t node, const struct epoch_event *event)
{
    struct group_world_node *n = &w->nodes[node];

    n->events[event->kind]++;
    switch (event->kind) {
    case EPOCH_SAY:
        (void)add_item(w, GROUP_WORLD_SAID, node, event->bytes);
        return;
    case EPOCH_TELL:
        for (size_t i = 0; i < w->node_count; i++) {
            if (span_is_equal(span_of(w->nodes[i].device.public_key, 32), span_of(event->to, 32))) {
                add_item(w, GROUP_WORLD_TOLD, node, event->bytes)->to = i;
            }
        }
        return;
    case EPOCH_SAVE:
        if (w->has_slow_disk && n->todo_count < 16) {
            n->todo[n->todo_count++] = *event;
        } else {
            do_disk(w, node, event);
        }
        return;
    case EPOCH_VIEW:
        want_view(w, node, event->bytes);
        return;
    case EPOCH_OPENED:
    case EPOCH_MISSING:
    case EPOCH_DUE:
    case EPOCH_ROLLED_BACK:
        return;
    }
}

void group_world_pump(struct group_world *w, size_t node)
{
    struct epoch_event event;

    while (w->nodes[node].is_up && epoch_next_event(&w->nodes[node].e, &event)) {
        handle(w, node, &event);
    }
}

/* Try to read an entry. True when it was read, or never will be. */
static bool open_entry(struct group_world *w, size_t node, struct group_world_item *item)
{
    static uint8_t room[ENTRY_CONTENT_MAX + 512];
    struct entry entry;
    struct epoch_seal where;
    struct entry_proof_named by;
    const struct epoch_seal_came came = {.bytes = span_of(item->bytes, item->len), .by = &by};

    broadcasts_name(&by, &item->entry, w->group);
    int rc = epoch_seal_open(&w->nodes[node].e, w->now, &came, span_mut_of(room, sizeof room),
                             &entry, &where);

    if (rc == 0) {
        CHECK(span_is_equal(entry.content, item->entry.content));
        CHECK(span_is_equal(span_of(entry.device, 32), span_of(item->entry.device, 32)));
        CHECK(entry.sequence == item->entry.sequence && !item->opened[node]);
        item->opened[node] = true;
    }
    return rc != WAVU_ERR_AGAIN;
}

/* Some device in the same part has it and could pass it on. */
static bool is_reachable(const struct group_world *w, size_t node,
                         const struct group_world_item *item)
{
    if (item->kind == GROUP_WORLD_TOLD) {
        return item->to == node && !item->is_lost &&
               w->nodes[item->from].part == w->nodes[node].part;
    }
    for (size_t i = 0; i < w->node_count; i++) {
        if (item->has[i] && w->nodes[i].is_up && w->nodes[i].part == w->nodes[node].part) {
            return true;
        }
    }
    return false;
}

/* An operation of the log comes only behind those it stands on. */
static bool log_is_whole(const struct group_world *w, size_t node, size_t log)
{
    for (size_t i = 0; i < w->log_count; i++) {
        if (w->log[log].behind[i] && !w->nodes[node].log[i]) {
            return false;
        }
    }
    return true;
}

static bool is_waiting(const struct epoch *e, const struct group_world_item *item)
{
    for (struct list *at = list_next(&e->waiting, &e->waiting); at != NULL;
         at = list_next(&e->waiting, at)) {
        struct epoch_waiting *one = LIST_OF(at, struct epoch_waiting, link);
        if (span_is_equal(span_of(one->bytes, one->len), span_of(item->bytes, item->len))) {
            return true;
        }
    }
    return false;
}

/* What waits is not acknowledged: what had to give way, or came to something, comes again. */
static void send_again(struct group_world *w, size_t node)
{
    for (size_t i = 0; i < w->item_count; i++) {
        struct group_world_item *item = w->items[i];
        if (item->waits[node] && !is_waiting(&w->nodes[node].e, item)) {
            item->waits[node] = false;
            item->has[node] = false;
        }
    }
}

/* Whether `other` belongs by what `node` knows. */
static bool is_member(const struct group_world *w, size_t node, size_t other)
{
    const struct epoch *e = &w->nodes[node].e;

    return epoch_view_has(e->current,
                          epoch_view_slot(&e->views, w->nodes[other].device.public_key));
}

/* Who hands it over: its author, or, when `node` knows that one as no member, a member that has it.
 */
static size_t hander(const struct group_world *w, size_t node, const struct group_world_item *item)
{
    const struct epoch *e = &w->nodes[node].e;
    bool is_known =
        item->kind != GROUP_WORLD_SAID || e->current == NULL || is_member(w, node, item->from);

    for (size_t i = 0; i < w->node_count && !is_known; i++) {
        if (item->has[i] && w->nodes[i].is_up && w->nodes[i].part == w->nodes[node].part &&
            is_member(w, node, i)) {
            return i;
        }
    }
    return item->from;
}

bool group_world_deliver(struct group_world *w, size_t node, size_t i)
{
    struct group_world_item *item = w->items[i];
    struct group_world_node *n = &w->nodes[node];

    if (!n->is_up || item->has[node] || !is_reachable(w, node, item)) {
        return false;
    }
    if (item->kind == GROUP_WORLD_ENTRY) {
        item->has[node] = open_entry(w, node, item);
        return item->has[node];
    }
    if (item->kind == GROUP_WORLD_LOGGED) {
        if (!log_is_whole(w, node, item->log)) {
            return false;
        }
        item->has[node] = true;
        n->log[item->log] = true;
        tell_members(w, node);
        give_views(w, node);
    } else {
        const uint8_t *from = w->nodes[hander(w, node, item)].device.public_key;
        item->has[node] = true;
        int rc = epoch_feed(&n->e, w->now, from, span_of(item->bytes, item->len));
        CHECK(rc == 0 || rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_CRYPTO || rc == WAVU_ERR_LIMIT);
        item->has[node] = rc != WAVU_ERR_LIMIT;
        item->waits[node] = rc == WAVU_ERR_AGAIN;
    }
    group_world_pump(w, node);
    epoch_check(&n->e);
    bool has_come = item->has[node] && !(item->waits[node] && is_waiting(&n->e, item));
    send_again(w, node);
    return has_come;
}

void group_world_run(struct group_world *w)
{
    bool is_moving = true;

    while (is_moving) {
        is_moving = false;
        for (size_t node = 0; node < w->node_count; node++) {
            if (w->has_slow_disk) {
                group_world_disk(w, node);
            }
            for (size_t i = 0; i < w->item_count; i++) {
                is_moving = group_world_deliver(w, node, i) || is_moving;
            }
        }
    }
}

void group_world_begin(struct group_world *w, size_t count)
{
    struct group_world_log *l = &w->log[0];

    for (size_t i = 0; i < count; i++) {
        (void)group_world_make(w);
        l->who[l->count++] = i;
    }
    random_fill(&w->random, l->id, 32);
    w->nodes[0].log[0] = true;
    (void)add_item(w, GROUP_WORLD_LOGGED, 0, span_empty());
    w->log_count = 1;
    tell_members(w, 0);
    CHECK(epoch_make_change(&w->nodes[0].e, w->now, !w->has_no_mlkem) == 0);
    group_world_pump(w, 0);
    group_world_run(w);
}

size_t group_world_wrap_of_change(struct group_world *w, size_t node, bool is_full, size_t to)
{
    size_t len = 0;

    CHECK(epoch_make_change(&w->nodes[node].e, w->now, is_full) == 0);
    const size_t first = w->item_count;
    group_world_pump(w, node);
    for (size_t i = first; i < w->item_count; i++) {
        const struct group_world_item *item = w->items[i];
        len = item->kind == GROUP_WORLD_TOLD && item->to == to ? item->len : len;
    }
    group_world_run(w);
    return len;
}

void group_world_change_unheard(struct group_world *w, size_t node, bool is_full, size_t to)
{
    const size_t first = w->item_count;

    w->now += GROUP_WORLD_SECOND;
    CHECK(epoch_make_change(&w->nodes[node].e, w->now, is_full) == 0);
    group_world_pump(w, node);
    for (size_t i = first; i < w->item_count; i++) {
        struct group_world_item *item = w->items[i];
        item->is_lost = item->kind == GROUP_WORLD_TOLD && (to == GROUP_WORLD_ALL || item->to == to);
    }
    group_world_run(w);
}

static void note_members(const struct group_world *w, struct group_world_item *item, size_t node)
{
    const struct epoch *e = &w->nodes[node].e;
    const struct epoch_set *s = e->is_behind ? e->held : e->writing;

    memcpy(item->epoch, s->id, 32);
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; k < w->node_count; k++) {
            if (span_is_equal(span_of(e->views.devices[s->slots[i]].id, 32),
                              span_of(w->nodes[k].device.public_key, 32))) {
                item->is_for[k] = true;
            }
        }
    }
}

int group_world_write(struct group_world *w, size_t node)
{
    struct group_world_node *n = &w->nodes[node];
    uint8_t bytes[512];
    uint8_t content[48];
    struct entry entry = {.sequence = n->sequence + 1};
    struct wr wr;
    int rc = WAVU_ERR_AGAIN;

    random_fill(&w->random, content, sizeof content);
    memcpy(entry.room, w->room, 32);
    memcpy(entry.previous, n->previous, 32);
    entry.content = span_of(content, sizeof content);
    for (int i = 0; i < 2 && rc == WAVU_ERR_AGAIN; i++) {
        wr_init(&wr, span_mut_of(bytes, sizeof bytes));
        rc = epoch_seal_write(&n->e, &entry, &wr);
        group_world_pump(w, node);
    }
    if (rc == 0) {
        struct group_world_item *item = add_item(w, GROUP_WORLD_ENTRY, node, wr_span(&wr));
        item->entry = entry;
        /* The content lies behind the sealed bytes, in the same room. */
        item->bytes = mem_resize(item->bytes, item->len + sizeof content);
        memcpy(item->bytes + item->len, content, sizeof content);
        item->entry.content = span_of(item->bytes + item->len, sizeof content);
        item->opened[node] = true;
        note_members(w, item, node);
        entry_id(n->previous, &entry, w->group);
        n->sequence++;
    }
    return rc;
}

struct group_world_item *group_world_must_write(struct group_world *w, size_t node)
{
    int rc = group_world_write(w, node);

    if (rc == WAVU_ERR_DENIED || rc == WAVU_ERR_EXHAUSTED) {
        CHECK(epoch_make_change(&w->nodes[node].e, w->now, false) == 0);
        group_world_pump(w, node);
        rc = group_world_write(w, node);
    }
    CHECK(rc == 0);
    return w->items[w->item_count - 1];
}

int group_world_ask(struct group_world *w, size_t node, struct wr *out)
{
    int rc = epoch_make_ask(&w->nodes[node].e, out);

    if (rc == WAVU_ERR_AGAIN) {
        group_world_pump(w, node);
        group_world_disk(w, node);
        rc = epoch_make_ask(&w->nodes[node].e, out);
    }
    return rc;
}

struct epoch_make_asked group_world_asked(struct group_world *w, size_t node,
                                          uint8_t bytes[GROUP_WORLD_ASK_MAX])
{
    struct wr wr;

    wr_init(&wr, span_mut_of(bytes, GROUP_WORLD_ASK_MAX));
    CHECK(group_world_ask(w, node, &wr) == 0);
    return (struct epoch_make_asked){w->nodes[node].device.public_key, wr_span(&wr)};
}

int group_world_answer(struct group_world *w, size_t by, const struct epoch_make_asked *asked)
{
    int rc = epoch_make_welcome(&w->nodes[by].e, w->now, asked, 1);

    group_world_pump(w, by);
    return rc;
}

int group_world_welcome(struct group_world *w, size_t by, size_t newcomer)
{
    uint8_t ask[2048];
    struct wr wr;

    wr_init(&wr, span_mut_of(ask, sizeof ask));
    int rc = group_world_ask(w, newcomer, &wr);
    if (rc == 0) {
        struct epoch_make_asked asked = {w->nodes[newcomer].device.public_key, wr_span(&wr)};
        rc = epoch_make_welcome(&w->nodes[by].e, w->now, &asked, 1);
    }
    group_world_pump(w, by);
    return rc;
}

void group_world_crash(struct group_world *w, size_t node)
{
    struct group_world_node *n = &w->nodes[node];

    epoch_clear(&n->e);
    n->is_up = false;
    n->todo_count = 0;
    n->wanted_count = 0;
}

void group_world_restart(struct group_world *w, size_t node)
{
    struct group_world_node *n = &w->nodes[node];

    CHECK(epoch_state_load(&n->e, &n->config, w->now, buf_span(&n->durable)) == 0);
    n->is_up = true;
    CHECK(epoch_seal_room(&n->e, w->room) == 0);
    /* Messages are acknowledged when the state with them is durable: they come again. */
    for (size_t i = 0; i < w->item_count; i++) {
        struct group_world_item *item = w->items[i];
        if ((item->kind == GROUP_WORLD_SAID && item->from != node) ||
            (item->kind == GROUP_WORLD_TOLD && item->to == node)) {
            item->has[node] = false;
            item->waits[node] = false;
        }
    }
    tell_members(w, node);
    group_world_pump(w, node);
}

void group_world_steal(const struct group_world *w, size_t node, struct buf *out)
{
    buf_init(out, EPOCH_STATE_SIZE_MAX);
    CHECK(epoch_state_save(&w->nodes[node].e, w->now, out) == 0);
}
