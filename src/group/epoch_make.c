/*
 * Wishes come from the owner, changes, wraps, asks and welcomes leave as events.
 *
 * What others will build on is durable before it leaves: its messages are held until the state with
 * it was saved. Wraps are made one by one as the owner takes them.
 */
#include "group/epoch_make.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "group/epoch_give.h"
#include "group/epoch_room.h"

const char epoch_make_label[] = "wavu epoch change 1";
const char epoch_make_label_wrap[] = "wavu epoch wrap 1";
const char epoch_make_label_welcome[] = "wavu epoch welcome 1";
static const char label_ask[] = "wavu epoch ask 1";

#define ASK_SIZE_MAX (HYBRID_PUBLIC_SIZE + 256)

void epoch_make_leaf(const struct epoch *e, uint8_t leaf[32], uint8_t mlkem[MLKEM_PUBLIC_SIZE])
{
    memcpy(leaf, e->leaves[0].own.x25519.public_key, X25519_SIZE);
    wrap_mlkem_public(mlkem, &e->leaves[0].own);
}

/* Put a fresh leaf before the others; the ML-KEM half is renewed only when it is full. */
static void renew_leaf(struct epoch *e, uint64_t now, bool is_full)
{
    struct epoch_leaf fresh = {.since = now};

    wrap_make(&fresh.own, is_full, e->config.random);
    if (!is_full) {
        fresh.own.has_mlkem = e->leaves[0].own.has_mlkem;
        memcpy(fresh.own.mlkem_seed, e->leaves[0].own.mlkem_seed, MLKEM_SEED_SIZE);
    }
    if (e->leaf_count == EPOCH_LEAVES_MAX) {
        wrap_forget(&e->leaves[--e->leaf_count].own);
    }
    memmove(&e->leaves[1], &e->leaves[0], e->leaf_count * sizeof e->leaves[0]);
    e->leaves[0] = fresh;
    e->leaf_count++;
    secret_wipe(&fresh, sizeof fresh);
}

/* Emit `w` to `to` (NULL: to all) when `ticket` is durable. */
static void emit(struct epoch *e, const uint8_t *to, struct span bytes, uint64_t ticket)
{
    struct epoch_out *out = epoch_emit(e, to != NULL ? EPOCH_TELL : EPOCH_SAY, bytes.len);

    memcpy(out->bytes, bytes.ptr, bytes.len);
    if (to != NULL) {
        memcpy(out->event.to, to, 32);
    }
    out->ticket = ticket;
}

/* One's own last change, when it is a head, is among the parents, or one would go on without what
 * it healed. Heads ascend: when it is not among the first, it takes the last place. */
static void name_own_last(const struct epoch *e, uint8_t *parents, size_t count)
{
    for (size_t i = count; i < e->graph.head_count; i++) {
        const struct epoch_change *c = e->graph.heads[i];
        if (c->author == e->self && c->sequence == e->sequence) {
            memcpy(parents + (count - 1) * 32, c->id, 32);
        }
    }
}

/* What all changes have in common: our name, the heads as parents, the view of now. */
static void begin_change(const struct epoch *e, struct epoch_msg_change *c)
{
    size_t count =
        e->graph.head_count < EPOCH_MSG_PARENTS_MAX ? e->graph.head_count : EPOCH_MSG_PARENTS_MAX;

    memset(c, 0, sizeof *c);
    memcpy(c->group, e->config.group, 32);
    memcpy(c->author, e->config.device->public_key, 32);
    c->sequence = e->sequence + 1;
    for (size_t i = 0; i < count; i++) {
        memcpy(c->room + i * 32, e->graph.heads[i]->id, 32);
    }
    name_own_last(e, c->room, count);
    c->parents = (struct epoch_msg_ids){.bytes = c->room, .count = count};
    c->log_heads =
        (struct epoch_msg_ids){.bytes = e->current->log_heads, .count = e->current->log_head_count};
    memcpy(c->members, e->current->hash, 32);
}

/* A change that was made: its body, and itself as a message. */
struct epoch_made {
    uint8_t id[32];
    uint8_t body[EPOCH_MSG_BODY_SIZE_MAX];
    size_t body_len;
    uint8_t signature[SIGNER_SIZE];
    uint8_t message[EPOCH_MSG_BODY_SIZE_MAX + 128];
    size_t message_len;
};

/* Sign `c`, enter it as ours, with `seed` as its secret. */
static struct epoch_change *finish_change(struct epoch *e, uint64_t now, struct epoch_made *made,
                                          const struct epoch_msg_change *c, const uint8_t seed[32])
{
    struct wr w;
    struct epoch_change *change = NULL;

    wr_init(&w, span_mut_of(made->body, sizeof made->body));
    epoch_msg_write_change_body(&w, c);
    CHECK(wr_finish(&w) == 0);
    made->body_len = w.len;
    e->config.signer->sign(e->config.signer->context, made->signature, e->config.device,
                           epoch_make_label, wr_span(&w));
    wr_init(&w, span_mut_of(made->message, sizeof made->message));
    epoch_msg_write_signed(&w, EPOCH_MSG_CHANGE, span_of(made->body, made->body_len),
                           made->signature);
    CHECK(wr_finish(&w) == 0);
    made->message_len = w.len;
    e->sequence = c->sequence;
    change = epoch_enter(e, now, c, epoch_view_ref(e->current), wr_span(&w));
    memcpy(made->id, change->id, sizeof made->id);
    epoch_install(e, now, change, seed);
    return change;
}

/* Whether one may make a change at all. */
static int may_make(const struct epoch *e)
{
    if (e->is_stopped || e->current == NULL || !epoch_view_has(e->current, e->self)) {
        return WAVU_ERR_DENIED;
    }
    if (e->pending.change != NULL) {
        return WAVU_ERR_AGAIN;
    }
    if (e->is_unsure) {
        return WAVU_ERR_DENIED;
    }
    if (e->out_bytes + (EPOCH_ASKS_MAX + 1) * EPOCH_MSG_SIZE_MAX > EPOCH_OUT_BYTES_MAX) {
        return WAVU_ERR_AGAIN; /* the owner has not taken what was made before */
    }
    return e->current->log_head_count <= EPOCH_MSG_LOG_HEADS_MAX ? 0 : WAVU_ERR_LIMIT;
}

int epoch_make_change(struct epoch *e, uint64_t now, bool is_full)
{
    struct epoch_msg_change c;
    struct epoch_made made;
    uint8_t mlkem[MLKEM_PUBLIC_SIZE];
    uint8_t seed[32];
    int rc = may_make(e);

    if (rc == 0) {
        rc = epoch_room_for_change(e, e->self, e->current->count);
    }
    if (rc < 0) {
        return rc;
    }
    now += e->offset;
    begin_change(e, &c);
    renew_leaf(e, now, is_full);
    c.kind = EPOCH_MSG_SEED;
    memcpy(c.leaf, e->leaves[0].own.x25519.public_key, 32);
    if (is_full) {
        wrap_mlkem_public(mlkem, &e->leaves[0].own);
        c.mlkem = mlkem;
    }
    random_fill(e->config.random, seed, sizeof seed);
    epoch_set_commit(c.commitment, seed);
    epoch_make_forget_ask(e); /* the change needs nobody's secret, and members answer it no more */
    e->pending.change = finish_change(e, now, &made, &c, seed);
    memcpy(e->pending.seed, seed, sizeof seed);
    e->pending.next = 0;
    e->pending.ticket = epoch_save(e);
    e->leaf_ticket = e->pending.ticket;
    emit(e, NULL, span_of(made.message, made.message_len), e->pending.ticket);
    e->is_due_told = false;
    secret_wipe(seed, sizeof seed);
    epoch_settle(e, now);
    return 0;
}

/* The seed of the derived change `c`, from the secrets of its parents. CRYPTO: it is not what its
 * author says. */
static int derive_seed(const struct epoch *e, const struct epoch_change *c,
                       struct epoch_change *const *parents, uint8_t seed[32])
{
    struct epoch_msg_change about = {.sequence = c->sequence};
    uint8_t commitment[32];

    memcpy(about.group, e->config.group, 32);
    memcpy(about.author, e->views.devices[c->author].id, 32);
    memcpy(about.members, c->members->hash, 32);
    epoch_set_derive(seed, &about, parents, c->parent_count);
    epoch_set_commit(commitment, seed);
    if (!secret_is_equal(commitment, c->commitment, sizeof commitment)) {
        secret_wipe(seed, 32);
        return WAVU_ERR_CRYPTO;
    }
    return 0;
}

/* Its seed once more, when the secrets of all parents are here. */
int epoch_make_seed_again(const struct epoch *e, const struct epoch_change *c, uint8_t seed[32])
{
    struct epoch_change *parents[EPOCH_MSG_PARENTS_MAX];
    struct epoch_msg_ids ids = {.bytes = c->parents, .count = c->parent_count};
    bool has_all = c->kind == EPOCH_MSG_DERIVED && epoch_graph_all(&e->graph, ids, parents);

    for (size_t i = 0; has_all && i < ids.count; i++) {
        has_all = parents[i]->has_secret;
    }
    return has_all ? derive_seed(e, c, parents, seed) : WAVU_ERR_NOT_FOUND;
}

bool epoch_make_is_derivable(const struct epoch *e, const struct epoch_change *c)
{
    uint8_t seed[32];
    bool is_derivable = epoch_make_seed_again(e, c, seed) == 0;

    secret_wipe(seed, sizeof seed);
    return is_derivable;
}

struct epoch_pair *epoch_make_pairs(struct epoch *e, struct epoch_change *c)
{
    uint8_t seed[32];

    if (c->pairs == NULL) {
        CHECK(epoch_make_seed_again(e, c, seed) == 0); /* or they had been made with its secret */
        epoch_set_pairs(c, &e->views, e->self, seed);
        secret_wipe(seed, sizeof seed);
    }
    return c->pairs;
}

bool epoch_make_pair_in(const struct epoch *e, const struct epoch_change *c, int index,
                        uint8_t secret[32])
{
    uint8_t seed[32];

    if (c->pairs != NULL) {
        memcpy(secret, c->pairs[index].in, 32);
        return c->pairs[index].has_in;
    }
    CHECK(epoch_make_seed_again(e, c, seed) == 0);
    epoch_set_pair_in(secret, c, &e->views, e->self, index, seed);
    secret_wipe(seed, sizeof seed);
    return true;
}

/* Whether there is a secret of `c` for a wrap for `slot` that was not used yet. */
static bool is_usable(const struct epoch_change *c, int slot)
{
    int index = c->has_secret ? epoch_view_index(c->members, slot) : -1;

    return index >= 0 && (c->pairs == NULL || c->pairs[index].has_out);
}

static bool is_parent(const struct epoch_change *c, const struct epoch_change *one)
{
    for (size_t i = 0; i < c->parent_count; i++) {
        if (span_is_equal(span_of(c->parents + i * 32, 32), span_of(one->id, 32))) {
            return true;
        }
    }
    return false;
}

/* How good a base `one` is for a wrap of `c` for `slot`. A seed change first: what a derived one's
 * pair secret closed can be opened again while the merge secrets are kept that it comes from. Then
 * a parent: who has it keeps it until we have passed it; the recipient's own it has for certain. */
static int base_rank(const struct epoch_change *c, const struct epoch_change *one, int slot)
{
    int seed = one->kind == EPOCH_MSG_SEED ? 4 : 0;

    return seed + (!is_parent(c, one) ? 1 : one->author == slot ? 3 : 2);
}

/* The change that a wrap of `c` for `slot` builds on, of equal ones the newest; NULL: none. When
 * the recipient made a parent that we could not open, the two of us have lost each other's track,
 * and only a wrap without base is sure to be read. */
static struct epoch_change *find_base(const struct epoch *e, const struct epoch_change *c, int slot)
{
    struct epoch_change *best = NULL;
    int rank = 0;

    for (struct list *at = e->graph.changes.prev; at != &e->graph.changes; at = at->prev) {
        struct epoch_change *one = LIST_OF(at, struct epoch_change, link);
        if (one->author == slot && !one->has_secret && is_parent(c, one)) {
            return NULL;
        }
        if (one != c && is_usable(one, slot) && base_rank(c, one, slot) > rank) {
            best = one;
            rank = base_rank(c, one, slot);
        }
    }
    return best;
}

/* Make and emit the wrap of the pending change for the device `slot`. */
static void wrap_for(struct epoch *e, int slot)
{
    const struct epoch_device *d = &e->views.devices[slot];
    struct epoch_change *c = e->pending.change;
    struct epoch_change *base = find_base(e, c, slot);
    struct wrap_leaf leaf = {.x25519 = d->leaf, .mlkem = d->mlkem};
    struct wrap_about about = {.label = epoch_make_label_wrap, .id = c->id, .recipient = d->id};
    struct wrap_tools tools = {
        .aead = e->config.aead, .kind = e->config.kind, .random = e->config.random};
    struct wrap_sealed sealed;
    uint8_t secret[32];
    uint8_t bytes[WRAP_CARRIED_SIZE_MAX + 256];
    struct wr w;

    if (base != NULL) {
        (void)epoch_graph_take_out(
            &epoch_make_pairs(e, base)[epoch_view_index(base->members, slot)], secret);
        about.base = base->id;
        about.pair = secret;
    }
    /* A leaf that is no key gets no wrap: its owner asks. */
    if (wrap_seal(&sealed, e->pending.seed, &leaf, c->is_full, &about, &tools) == 0) {
        wr_init(&w, span_mut_of(bytes, sizeof bytes));
        epoch_msg_write_wrap(&w, c->id, about.base, &sealed);
        CHECK(wr_finish(&w) == 0);
        emit(e, d->id, wr_span(&w), 0);
    }
    secret_wipe(secret, sizeof secret);
}

bool epoch_make_wrap(struct epoch *e)
{
    struct epoch_change *c = e->pending.change;

    if (c == NULL || e->pending.ticket > e->saved) {
        return false;
    }
    while (e->pending.next < c->members->count) {
        int slot = c->members->slots[e->pending.next++];
        size_t before = e->out_count;
        if (slot != e->self && e->views.devices[slot].has_leaf) {
            wrap_for(e, slot);
        }
        if (e->out_count > before) {
            return true;
        }
    }
    secret_wipe(&e->pending, sizeof e->pending);
    epoch_save_soon(e); /* the seed leaves the disk, too */
    return true;
}

void epoch_make_forget_ask(struct epoch *e)
{
    if (e->ask.is_open) {
        wrap_forget(&e->ask.key);
        e->ask.is_open = false;
        epoch_save_soon(e);
    }
}

/* Who has had no secret yet knows nothing of what the heads stand on, and takes nothing that builds
 * on it. And a head that was there already before an ask in vain may lie below what others have: an
 * answer with its past says so. */
static bool needs_past(const struct epoch *e)
{
    bool has_secret = false;
    bool is_vain = false;

    for (size_t i = 0; i < e->graph.count && !has_secret; i++) {
        has_secret = e->graph.by_id[i]->has_secret;
    }
    for (size_t i = 0; i < e->graph.head_count && e->ask.is_open && !is_vain; i++) {
        const struct epoch_change *c = e->graph.heads[i];

        is_vain = !c->has_secret && c->since < e->ask.since;
    }
    return !has_secret || is_vain;
}

/* A key and a number for the next ask, with a save that it waits for: members answer no number
 * twice, so a restart must not give one again. */
static void open_ask(struct epoch *e)
{
    e->ask.is_whole = needs_past(e);
    wrap_forget(&e->ask.key);
    wrap_make(&e->ask.key, true, e->config.random);
    e->ask.is_open = true;
    e->ask.was_given = false;
    e->ask.has_answer = false;
    e->ask.number++;
    e->ask.since = e->told_ns;
    e->ask.ticket = epoch_save(e);
}

/* An answer to the last one has come, or would have come by now. Until then it is said again in the
 * same words: with another key what is on its way could not be opened. */
static bool is_worn(const struct epoch *e)
{
    return e->ask.has_answer ||
           (e->ask.was_given && e->told_ns >= e->ask.since + EPOCH_ASK_WORN_NS);
}

int epoch_make_ask(struct epoch *e, struct wr *w)
{
    uint8_t key[HYBRID_PUBLIC_SIZE];
    uint8_t body[ASK_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct epoch_msg_ask ask = {.key = span_of(key, sizeof key), .sequence = e->sequence};
    struct wr b;

    if (e->is_stopped || !epoch_is_lacking(e)) {
        return WAVU_ERR_DENIED;
    }
    if (!e->ask.is_open || is_worn(e)) {
        open_ask(e);
    }
    if (e->ask.ticket > e->saved) {
        return WAVU_ERR_AGAIN;
    }
    e->ask.was_given = true;
    ask.number = e->ask.number;
    ask.is_whole = e->ask.is_whole;
    memcpy(key, e->ask.key.x25519.public_key, X25519_SIZE);
    wrap_mlkem_public(key + X25519_SIZE, &e->ask.key);
    memcpy(ask.group, e->config.group, 32);
    memcpy(ask.device, e->config.device->public_key, 32);
    wr_init(&b, span_mut_of(body, sizeof body));
    epoch_msg_write_ask_body(&b, &ask);
    CHECK(wr_finish(&b) == 0);
    e->config.signer->sign(e->config.signer->context, signature, e->config.device, label_ask,
                           wr_span(&b));
    epoch_msg_write_signed(w, EPOCH_MSG_ASK, wr_span(&b), signature);
    return wr_finish(w);
}

/* Whether `ask` is one of before: its number was answered, or its device has made a change since,
 * so its key is wiped there, and who stole that must not be given what healed. */
static bool is_stale(const struct epoch *e, const struct epoch_msg_ask *ask)
{
    int slot = epoch_view_slot(&e->views, ask->device);
    const struct epoch_device *d = &e->views.devices[slot];

    return ask->number <= d->answered || ask->sequence < d->forgotten ||
           ask->sequence < d->leaf_sequence || ask->sequence < epoch_graph_last(&e->graph, slot);
}

static int read_ask(const struct epoch *e, struct epoch_msg_ask *ask,
                    const struct epoch_make_asked *asked)
{
    struct epoch_msg m;
    int rc = epoch_msg_read(&m, asked->message);

    if (rc == 0) {
        rc = m.kind == EPOCH_MSG_ASK ? epoch_msg_read_ask(ask, m.body) : WAVU_ERR_CRYPTO;
    }
    if (rc == 0 && (!span_is_equal(span_of(ask->group, 32), span_of(e->config.group, 32)) ||
                    !span_is_equal(span_of(ask->device, 32), span_of(asked->from, 32)))) {
        rc = WAVU_ERR_CRYPTO;
    }
    if (rc == 0) {
        rc = e->config.signer->verify(e->config.signer->context, m.signature.ptr, ask->device,
                                      label_ask, m.body);
    }
    if (rc == 0 && !epoch_view_has(e->current, epoch_view_slot(&e->views, ask->device))) {
        rc = WAVU_ERR_DENIED;
    }
    return rc == 0 && is_stale(e, ask) ? WAVU_ERR_CRYPTO : rc;
}

int epoch_make_check_ask(const struct epoch *e, const struct epoch_make_asked *asked)
{
    struct epoch_msg_ask ask;

    return read_ask(e, &ask, asked);
}

/* All ids of the graph but that of `c` and of void ones that stand above it: who was put out can
 * build on it all the same. */
static size_t past_of(struct epoch *e, const struct epoch_change *c, uint8_t *ids)
{
    size_t count = 0;

    epoch_graph_mark_above(&e->graph, c->id);
    for (struct list *at = list_next(&e->graph.changes, &e->graph.changes); at != NULL;
         at = list_next(&e->graph.changes, at)) {
        const struct epoch_change *one = LIST_OF(at, struct epoch_change, link);
        if (!one->is_marked && count < EPOCH_MSG_PAST_MAX) {
            memcpy(ids + 32 * count++, one->id, 32);
        }
    }
    return count;
}

void epoch_make_past_hash(uint8_t hash[32], struct epoch_msg_ids past)
{
    signer_id(hash, "wavu epoch past 1", span_of(past.bytes, past.count * 32));
}

/* The welcome of one asker, held until `ticket` is durable. WAVU_ERR_CRYPTO when its key is none.
 */
static int welcome(struct epoch *e, const struct epoch_made *made, const struct epoch_change *c,
                   const struct epoch_msg_ask *ask, const uint8_t seed[32])
{
    uint8_t *ids = mem_new_raw((size_t)EPOCH_MSG_PAST_MAX * 32);
    struct epoch_msg_ids past = {.bytes = ids, .count = past_of(e, c, ids)};
    uint8_t beside[32];
    struct wrap_leaf leaf = {
        .x25519 = ask->key.ptr,
        .mlkem = ask->key.len == HYBRID_PUBLIC_SIZE ? ask->key.ptr + X25519_SIZE : NULL};
    struct wrap_about about = {
        .label = epoch_make_label_welcome, .id = c->id, .recipient = ask->device, .beside = beside};
    struct wrap_tools tools = {
        .aead = e->config.aead, .kind = e->config.kind, .random = e->config.random};
    struct epoch_msg m = {.kind = EPOCH_MSG_WELCOME,
                          .body = span_of(made->body, made->body_len),
                          .signature = span_of(made->signature, SIGNER_SIZE),
                          .number = ask->number};

    epoch_make_past_hash(beside, past);
    int rc = wrap_seal(&m.sealed, seed, &leaf, true, &about, &tools);
    if (rc == 0) {
        uint8_t *bytes = mem_new_raw(EPOCH_MSG_SIZE_MAX);
        struct wr w;

        memcpy(m.asker, ask->device, 32);
        wr_init(&w, span_mut_of(bytes, EPOCH_MSG_SIZE_MAX));
        epoch_msg_write_welcome(&w, &m, past);
        CHECK(wr_finish(&w) == 0);
        emit(e, ask->device, wr_span(&w), e->ticket);
        mem_free(bytes);
    }
    mem_free(ids);
    return rc;
}

/* The one head, when it is one's own derived change and all who ask are in its view: it is what
 * they lack, and another change would be one more that others may have to ask for. */
static struct epoch_change *head_again(const struct epoch *e, const struct epoch_msg_ask *asks,
                                       size_t count)
{
    struct epoch_change *head = e->graph.head_count == 1 ? e->graph.heads[0] : NULL;

    if (head == NULL || e->again == NULL ||
        !span_is_equal(span_of(head->id, 32), span_of(e->again->id, 32))) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (!epoch_view_has(head->members, epoch_view_slot(&e->views, asks[i].device))) {
            return NULL;
        }
    }
    return head;
}

/* Make a derived change over the heads, with `seed` as its secret; `e->again` holds it. */
static int make_derived(struct epoch *e, uint64_t now, uint8_t seed[32], struct epoch_change **out)
{
    struct epoch_msg_change c;
    int rc = epoch_room_for_change(e, e->self, e->current->count); /* somebody gives way to it */

    if (rc < 0) {
        return rc;
    }
    if (e->again == NULL) {
        e->again = mem_new(sizeof *e->again);
    }
    begin_change(e, &c);
    c.kind = EPOCH_MSG_DERIVED;
    epoch_set_derive(seed, &c, e->graph.heads, e->graph.head_count);
    epoch_set_commit(c.commitment, seed);
    *out = finish_change(e, now, e->again, &c, seed);
    emit(e, NULL, span_of(e->again->message, e->again->message_len), epoch_save(e));
    return 0;
}

/* Who can be given what is there already gets that; the others are left in `asks`, and how many
 * they are is returned. */
static size_t give(struct epoch *e, struct epoch_msg_ask *asks, size_t count)
{
    const uint64_t ticket = epoch_save(e); /* taken when this is done: with what it changes */
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        if (epoch_give(e, &asks[i], ticket)) {
            int slot = epoch_view_slot(&e->views, asks[i].device);
            e->views.devices[slot].answered = asks[i].number; /* durable before they leave */
        } else {
            asks[left++] = asks[i];
        }
    }
    return left;
}

int epoch_make_welcome(struct epoch *e, uint64_t now, const struct epoch_make_asked *asks,
                       size_t count)
{
    struct epoch_msg_ask read[EPOCH_ASKS_MAX];
    struct epoch_change *change = NULL;
    uint8_t seed[32];
    int rc = count > 0 && count <= EPOCH_ASKS_MAX ? may_make(e) : WAVU_ERR_LIMIT;

    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = read_ask(e, &read[i], &asks[i]);
    }
    if (rc == 0 && e->bar != EPOCH_READY) {
        rc = WAVU_ERR_AGAIN;
    }
    if (rc < 0) {
        return rc;
    }
    now += e->offset;
    count = give(e, read, count);
    if (count == 0) {
        return 0;
    }
    change = head_again(e, read, count);
    if (change == NULL || epoch_make_seed_again(e, change, seed) < 0) {
        rc = make_derived(e, now, seed, &change); /* last: it changes much */
    } else {
        (void)epoch_save(e);
    }
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        int slot = epoch_view_slot(&e->views, read[i].device);
        e->views.devices[slot].answered = read[i].number; /* durable before the welcome leaves */
        int told = welcome(e, e->again, change, &read[i], seed);
        rc = rc < 0 ? rc : told;
    }
    secret_wipe(seed, sizeof seed);
    epoch_settle(e, now);
    return rc;
}

bool epoch_make_is_open(const struct epoch_members *members, struct epoch_change *const *parents,
                        size_t count)
{
    struct epoch_members *sets[EPOCH_MSG_PARENTS_MAX];
    bool is_good = true;

    for (size_t i = 0; i < count; i++) {
        sets[i] = parents[i]->members;
    }
    uint16_t *slots = mem_new_array(sets[0]->count, sizeof *slots);
    size_t common = epoch_view_common(slots, sets, count);
    for (size_t i = 0; i < common && is_good; i++) {
        is_good = epoch_view_has(members, slots[i]);
    }
    mem_free(slots);
    return is_good;
}

bool epoch_make_derived(struct epoch *e, uint64_t now, struct epoch_change *c,
                        struct epoch_change *const *parents)
{
    uint8_t seed[32];
    bool is_good = epoch_make_is_open(c->members, parents, c->parent_count) &&
                   derive_seed(e, c, parents, seed) == 0;

    if (is_good) {
        epoch_install(e, now, c, seed);
    }
    secret_wipe(seed, sizeof seed);
    return is_good;
}
