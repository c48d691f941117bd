/*
 * The plumtree machine: neighbours, the tree, and what is missing. Events leave through
 * plumtree_out.c, digests are plumtree_exchange.c's.
 *
 * A broadcast's way in: plumtree_feed -> take_gossip (seen? signed? within its rate?) -> accept
 * (mark, cache, deliver, pass on). A payload counts only by its origin's signature over origin,
 * generation and sequence; ids are made from these here and never believed from a message, so
 * nobody can take another's place in the ranges of what was seen.
 */
#include "overlay/plumtree.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "overlay/plumtree_core.h"

#define LINKS_CAP_MIN 8
#define MESSAGE_COST 64 /* bytes that the shortest message counts for */

_Static_assert(PLUMTREE_LINKS_MAX <= PLUMTREE_WANT_SLOTS, "wants are counted by link");
_Static_assert(PLUMTREE_CACHE_BYTES_MAX / PLUMTREE_CACHE_SHARE_MAX >
                   PLUMTREE_MSG_PAYLOAD_MAX + PLUMTREE_CACHE_COST,
               "one origin's share holds its largest broadcast");
_Static_assert((PLUMTREE_ORIGIN_RATE + PLUMTREE_COMMON_RATE) / PLUMTREE_TOKENS_EACH <
                       PLUMTREE_LINK_VERIFY_RATE * 3 / 4 &&
                   (PLUMTREE_ORIGIN_RATE + PLUMTREE_COMMON_RATE) * PLUMTREE_TOKEN_BYTES <
                       PLUMTREE_LINK_RATE,
               "one who floods does not fill a link");

static void set_default(uint64_t *value, uint64_t standard)
{
    *value = *value == 0 ? standard : *value;
}

static void set_defaults(struct plumtree_config *c)
{
    set_default(&c->ihave_timeout_ns, PLUMTREE_IHAVE_TIMEOUT_NS);
    set_default(&c->lazy_ns, PLUMTREE_LAZY_NS);
    set_default(&c->exchange_ns, PLUMTREE_EXCHANGE_NS);
    set_default(&c->cache_ns, PLUMTREE_CACHE_NS);
    c->cache_bytes = c->cache_bytes == 0 ? PLUMTREE_CACHE_BYTES_MAX : c->cache_bytes;
    c->origins_max = c->origins_max == 0 ? PLUMTREE_ORIGINS_MAX : c->origins_max;
    c->optimise_hops = c->optimise_hops == 0 ? PLUMTREE_OPTIMISE_HOPS : c->optimise_hops;
}

/* Who pays for what `origin` says: the member whose it is, or itself. */
static struct overlay_id payer_of(const struct plumtree *p, const struct overlay_id *origin)
{
    const struct plumtree_policy *policy = &p->config.policy;
    struct overlay_id member;
    return policy->whose != NULL && policy->whose(policy->context, origin, &member) ? member
                                                                                    : *origin;
}

static void forget(struct plumtree *p, struct plumtree_origin *o)
{
    plumtree_cache_drop_origin(&p->cache, o);
    plumtree_payer_drop(&p->payers, o->payer);
    plumtree_seen_remove(&p->seen, o);
}

/* Remember a life of an origin; what has no room beside it is forgotten, payloads and all. */
static struct plumtree_origin *add_origin(struct plumtree *p, uint64_t now,
                                          const struct overlay_id *id, uint64_t generation,
                                          bool is_stranger)
{
    const struct overlay_id member = payer_of(p, id);
    /* Before anything goes: who begins a new life has not said less for it. */
    struct plumtree_payer *payer = plumtree_payer_take(&p->payers, &member, now);
    struct plumtree_origin *victim = is_stranger ? plumtree_seen_stranger(&p->seen) : NULL;
    for (int i = 0; i < 2; i++) { /* of strangers, and whatever still has to go */
        victim = victim == NULL ? plumtree_seen_victim(&p->seen, id) : victim;
        if (victim != NULL) {
            forget(p, victim);
            victim = NULL;
        }
    }
    struct plumtree_origin *o = plumtree_seen_add(&p->seen, id, generation);
    plumtree_seen_set_stranger(&p->seen, o, is_stranger);
    o->payer = payer;
    return o;
}

/* It is known to belong now, or no more: and to whom? */
static void set_stranger(struct plumtree *p, uint64_t now, struct plumtree_origin *o,
                         bool is_stranger)
{
    const struct overlay_id member = payer_of(p, &o->id);
    struct plumtree_payer *before = o->payer;
    plumtree_seen_set_stranger(&p->seen, o, is_stranger);
    o->payer = plumtree_payer_take(&p->payers, &member, now);
    plumtree_payer_drop(&p->payers, before);
}

void plumtree_init(struct plumtree *p, const struct plumtree_config *config)
{
    memset(p, 0, sizeof *p);
    p->config = *config;
    set_defaults(&p->config);
    CHECK(p->config.cache_bytes / PLUMTREE_CACHE_SHARE_MAX >= PLUMTREE_CACHE_COST);
    CHECK(p->config.origins_max >= PLUMTREE_SEEN_LIVES_MAX);
    plumtree_seen_init(&p->seen, config->random, p->config.origins_max);
    plumtree_payer_init(&p->payers, config->random);
    plumtree_cache_init(&p->cache, config->random, p->config.cache_bytes, p->config.cache_ns);
    plumtree_want_init(&p->want, config->random, p->config.ihave_timeout_ns);
    buf_init(&p->scratch, PLUMTREE_OFFERS_SIZE_MAX);
    budget_bucket_init(&p->common, PLUMTREE_COMMON_RATE, PLUMTREE_COMMON_BURST, 0);
    budget_bucket_init(&p->strangers, PLUMTREE_STRANGERS_RATE, PLUMTREE_STRANGERS_BURST, 0);
    p->announce_due_ns = TIMERS_NEVER;
    p->exchange_due_ns = TIMERS_NEVER;
    p->wave_due_ns = TIMERS_NEVER;
    p->calm = PLUMTREE_WAVE_EVERY - PLUMTREE_WAVE_FIRST;
}

void plumtree_clear(struct plumtree *p)
{
    plumtree_out_clear(p);
    plumtree_wave_clear(p);
    plumtree_want_clear(&p->want);
    plumtree_cache_clear(&p->cache);
    plumtree_seen_clear(&p->seen);
    plumtree_payer_clear(&p->payers);
    mem_free(p->announce);
    mem_free(p->links);
    p->announce = NULL;
    p->links = NULL;
    p->link_cap = 0;
}

/* The slot of a neighbour, or -1. */
static int slot_of(const struct plumtree *p, const struct overlay_id *who)
{
    uint64_t key = overlay_id_key(who);
    for (size_t i = 0; i < p->link_cap; i++) {
        if (p->link_keys[i] == key && p->links[i].is_used &&
            overlay_id_is_equal(&p->links[i].id, who)) {
            return (int)i;
        }
    }
    return -1;
}

/* A free slot, or -1 when all are taken. */
static int slot_new(struct plumtree *p)
{
    for (size_t i = 0; i < p->link_cap; i++) {
        if (!p->links[i].is_used) {
            return (int)i;
        }
    }
    if (p->link_cap == PLUMTREE_LINKS_MAX) {
        return -1;
    }
    size_t cap = p->link_cap == 0 ? LINKS_CAP_MIN : PLUMTREE_LINKS_MAX;
    p->links = mem_resize(p->links, cap * sizeof *p->links);
    memset(p->links + p->link_cap, 0, (cap - p->link_cap) * sizeof *p->links);
    for (size_t i = p->link_cap; i < cap; i++) {
        p->links[i].announced = p->announce_count;
    }
    int slot = (int)p->link_cap;
    p->link_cap = cap;
    return slot;
}

int plumtree_link_up(struct plumtree *p, uint64_t now, const struct overlay_id *who)
{
    if (slot_of(p, who) >= 0) {
        return WAVU_ERR_EXISTS;
    }
    int slot = slot_new(p);
    if (slot < 0) {
        return WAVU_ERR_LIMIT;
    }
    struct plumtree_link *link = &p->links[slot];
    p->link_keys[slot] = overlay_id_key(who);
    *link = (struct plumtree_link){.id = *who,
                                   .is_used = true,
                                   .is_eager = true,
                                   .announced = p->announce_count,
                                   .exchange_due_ns = TIMERS_NEVER};
    budget_bucket_init(&link->bytes, PLUMTREE_LINK_RATE, PLUMTREE_LINK_BURST, now);
    budget_bucket_init(&link->verify, PLUMTREE_LINK_VERIFY_RATE, PLUMTREE_LINK_VERIFY_BURST, now);
    budget_bucket_init(&link->broken, PLUMTREE_LINK_BROKEN_RATE, PLUMTREE_LINK_BROKEN_BURST, now);
    budget_bucket_init(&link->digests, PLUMTREE_LINK_DIGEST_RATE, PLUMTREE_LINK_DIGEST_BURST, now);
    budget_bucket_init(&link->serve, PLUMTREE_LINK_SERVE_RATE, PLUMTREE_LINK_SERVE_BURST, now);
    plumtree_exchange_begin(p, now, (uint8_t)slot);
    return 0;
}

void plumtree_link_rest(struct plumtree *p, const struct overlay_id *who)
{
    int slot = slot_of(p, who);
    if (slot >= 0 && p->seen.count > 0 && plumtree_eager_count(p) > 1) {
        p->links[slot].is_eager = false;
    }
}

static void set_eager(struct plumtree *p, uint8_t slot, bool is_eager)
{
    p->links[slot].is_eager = is_eager;
}

/* A payload is here now: to all eager links but the one it came by, its id to the others. A wave
 * (`wave_ns` not 0) makes all links eager and leaves then. */
static void pass_on(struct plumtree *p, uint64_t now, struct plumtree_payload *payload,
                    uint64_t wave_ns)
{
    plumtree_wave_count(p);
    if (wave_ns != 0) {
        plumtree_wave_begin(p, wave_ns, payload);
    }
    for (size_t i = 0; i < p->link_cap && wave_ns == 0; i++) {
        const struct plumtree_link *link = &p->links[i];
        if (link->is_used && link->is_eager && i != payload->from) {
            plumtree_out_gossip(p, (uint8_t)i, payload, payload->is_repair);
        }
    }
    plumtree_out_announce(p, now, payload);
    plumtree_exchange_news(p, now);
}

static uint32_t highest(const struct plumtree_origin *o)
{
    if (o->range_count == 0) {
        return 0;
    }
    const struct plumtree_msg_range *last = &o->ranges[o->range_count - 1];
    return last->first + last->count - 1;
}

/* Sign what is our own. `m` borrows `signature` from then on. */
static void sign_own(const struct plumtree *p, struct plumtree_msg *m,
                     uint8_t signature[OVERLAY_SIGN_SIZE])
{
    uint8_t head[PLUMTREE_MSG_HEAD_SIZE];
    uint8_t root[HASH_SHA256_SIZE];
    plumtree_msg_root(root, m);
    p->config.sign->sign(p->config.sign->context, signature,
                         plumtree_msg_head(span_mut_of(head, sizeof head), m, root),
                         plumtree_msg_rest(m));
    m->signature = span_of(signature, OVERLAY_SIGN_SIZE);
}

int plumtree_broadcast(struct plumtree *p, uint64_t now, struct span payload, uint32_t *sequence)
{
    return plumtree_broadcast_items(p, now, payload, 0, sequence);
}

int plumtree_broadcast_items(struct plumtree *p, uint64_t now, struct span payload, size_t items,
                             uint32_t *sequence)
{
    uint8_t signature[OVERLAY_SIGN_SIZE];
    struct plumtree_origin *self =
        plumtree_seen_find(&p->seen, &p->config.self, p->config.generation);
    CHECK(items * PLUMTREE_MSG_ITEM_SIZE <= payload.len);
    if (payload.len > PLUMTREE_MSG_PAYLOAD_MAX || items > PLUMTREE_MSG_ITEMS_MAX ||
        payload.len + PLUMTREE_CACHE_COST > p->cache.bytes_max) {
        return WAVU_ERR_LIMIT;
    }
    if (self == NULL) {
        self = add_origin(p, now, &p->config.self, p->config.generation, false);
    }
    self->is_pinned = true;
    uint32_t next = highest(self) + 1;
    if (next == UINT32_MAX) {
        return WAVU_ERR_EXHAUSTED;
    }
    int rc =
        plumtree_rate_say(&self->payer->rate, &p->common, plumtree_rate_price(payload.len), now);
    if (rc < 0) {
        return rc;
    }
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_GOSSIP,
                             .origin = p->config.self,
                             .generation = p->config.generation,
                             .sequence = next,
                             .payload = payload,
                             .items = items};
    sign_own(p, &m, signature);
    plumtree_seen_mark(&p->seen, self, next);
    uint64_t wave_ns = plumtree_wave_is_due(p, payload.len) ? now : 0;
    pass_on(p, now, plumtree_cache_put(&p->cache, now, self, &m), wave_ns);
    if (wave_ns != 0) {
        plumtree_wave_send(p);
    }
    if (sequence != NULL) {
        *sequence = next;
    }
    return 0;
}

size_t plumtree_eager_count(const struct plumtree *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->link_cap; i++) {
        count += p->links[i].is_used && p->links[i].is_eager;
    }
    return count;
}

bool plumtree_is_eager(const struct plumtree *p, const struct overlay_id *who)
{
    int slot = slot_of(p, who);
    return slot >= 0 && p->links[slot].is_eager;
}

static void send_graft(struct plumtree *p, uint8_t slot, const struct plumtree_msg_id *id,
                       bool is_tree)
{
    struct plumtree_out out = {.kind = PLUMTREE_OUT_GRAFT, .slot = slot, .is_tree = is_tree};
    if (id != NULL) {
        out.has_id = true;
        out.id = *id;
    }
    if (is_tree) {
        set_eager(p, slot, true);
    }
    p->stats.grafts++;
    plumtree_out_put(p, out);
}

/* The tree lost a branch here: the next broadcast comes and goes over all links, and what came
 * first is the new branch. Waiting for ids to be asked for would cost each such loss most of a
 * second, and make the tree deeper each time. */
static void mend(struct plumtree *p)
{
    for (size_t i = 0; i < p->link_cap; i++) {
        if (p->links[i].is_used && !p->links[i].is_eager) {
            send_graft(p, (uint8_t)i, NULL, true);
        }
    }
}

/* It is asked for no more, and did not come: that is not paid by the origin in whose name somebody
 * announced it. */
static void give_back(struct plumtree *p, struct plumtree_wanted *wanted)
{
    struct plumtree_origin *o =
        wanted->is_paid ? plumtree_seen_find_tag(&p->seen, &wanted->id) : NULL;
    if (o != NULL) {
        budget_bucket_add(o->is_stranger ? &p->strangers : &o->payer->rate,
                          PLUMTREE_TOKENS_EACH * UINT64_C(1000));
    }
    wanted->is_paid = false;
}

/* Nor what this link alone announced, and took with it. */
static void give_back_of(struct plumtree *p, uint8_t slot)
{
    struct plumtree_wanted *wanted = NULL;
    for (size_t at = 0; (wanted = map_next(&p->want.by_id, &at)) != NULL;) {
        if (wanted->slot_count == 1 && wanted->slots[0] == slot) {
            give_back(p, wanted);
        }
    }
}

void plumtree_link_down(struct plumtree *p, uint64_t now, const struct overlay_id *who)
{
    int slot = slot_of(p, who);
    (void)now;
    if (slot < 0) {
        return;
    }
    bool was_eager = p->links[slot].is_eager;
    plumtree_out_forget_slot(p, (uint8_t)slot);
    give_back_of(p, (uint8_t)slot);
    plumtree_want_forget_slot(&p->want, (uint8_t)slot);
    plumtree_cache_forget_slot(&p->cache, (uint8_t)slot);
    p->links[slot] = (struct plumtree_link){.announced = p->announce_count};
    plumtree_exchange_reckon(p);
    if (was_eager) {
        mend(p);
    }
}

static void send_prune(struct plumtree *p, uint8_t slot)
{
    set_eager(p, slot, false);
    p->stats.prunes++;
    plumtree_out_put(p, (struct plumtree_out){.kind = PLUMTREE_OUT_PRUNE, .slot = slot});
}

/* A payload came that is here already. The link that brought it first is the tree's, whatever a
 * cable doubles; and a copy that was asked for says nothing about the tree. */
static void take_duplicate(struct plumtree *p, uint64_t now, uint8_t slot,
                           const struct plumtree_origin *o, const struct plumtree_msg *m)
{
    struct plumtree_msg_id id = plumtree_seen_id(o, m->sequence);
    const struct plumtree_payload *first = plumtree_cache_get(&p->cache, &id);
    p->stats.duplicates++;
    if (m->is_repair || (first != NULL && first->from == slot) ||
        !plumtree_wave_lets(p, now, &id)) {
        return;
    }
    if (first != NULL && first->is_repair) {
        p->misses = 0; /* the tree does work, it was only slower than asking */
        return;
    }
    send_prune(p, slot);
}

/* A broadcast that is new, signed and within its rate. */
static void accept(struct plumtree *p, uint64_t now, uint8_t slot, struct plumtree_origin *o,
                   const struct plumtree_msg *m)
{
    struct plumtree_msg_id id = plumtree_seen_id(o, m->sequence);
    struct plumtree_wanted *wanted = plumtree_want_get(&p->want, &id);
    plumtree_seen_mark(&p->seen, o, m->sequence);
    struct plumtree_payload *payload = plumtree_cache_put(&p->cache, now, o, m);
    payload->from = slot;
    if (wanted != NULL) {
        plumtree_want_remove(&p->want, wanted);
    }
    if (!m->is_repair) {
        p->misses = 0;
        set_eager(p, slot, p->links[slot].is_eager || plumtree_wave_lets(p, now, &id));
    }
    p->hops_max = m->hops > p->hops_max ? m->hops : p->hops_max;
    p->stats.delivered++;
    p->stats.repaired += m->is_repair;
    plumtree_out_deliver(p, payload, m->is_repair);
    pass_on(p, now, payload, plumtree_wave_is_welcome(p, m) ? now + PLUMTREE_WAVE_HOLD_NS : 0);
}

/* True when the signature is the origin's. */
static bool is_signed(const struct plumtree *p, const struct plumtree_msg *m)
{
    uint8_t head[PLUMTREE_MSG_HEAD_SIZE];
    uint8_t root[HASH_SHA256_SIZE];
    plumtree_msg_root(root, m);
    return p->config.sign->verify(p->config.sign->context, m->signature.ptr, &m->origin,
                                  plumtree_msg_head(span_mut_of(head, sizeof head), m, root),
                                  plumtree_msg_rest(m)) == 0;
}

static bool is_stranger(const struct plumtree *p, const struct overlay_id *origin)
{
    const struct plumtree_policy *policy = &p->config.policy;
    return policy->belongs != NULL && !policy->belongs(policy->context, origin);
}

/* Pay for something of `o`: who is not known to belong shares with all such, and has no more. */
static int pay(struct plumtree *p, uint64_t now, struct plumtree_origin *o, uint32_t price)
{
    return o->is_stranger ? budget_bucket_take(&p->strangers, price, now)
                          : plumtree_rate_take(&o->payer->rate, &p->common, price, now);
}

/* What something said costs, and who pays: `own`, or when that is used up `common`. */
struct bill {
    struct budget_bucket *own; /* NULL: it is free */
    struct budget_bucket *common;
    uint32_t price;
    bool is_owed; /* it was asked for and is let in; paid as far as there is something left */
};

/* Of one more thing of `o`, or when that is NULL of the first of a life: that begins for nothing,
 * unless its member said something before. What was asked for has paid for the shortest when it was
 * asked for. */
static struct bill bill_of(struct plumtree *p, const struct plumtree_origin *o,
                           const struct plumtree_msg *m, bool is_strange)
{
    struct bill b = {.price = plumtree_rate_price(m->payload.len)};
    if (is_strange) { /* also first words: or every name that somebody invents has one for nothing
                       */
        b.own = &p->strangers;
    } else if (o != NULL) {
        b.own = &o->payer->rate;
        b.common = &p->common;
    } else {
        const struct overlay_id member = payer_of(p, &m->origin);
        struct plumtree_payer *payer = plumtree_payer_find(&p->payers, &member);
        b.own = payer != NULL ? &payer->rate : NULL;
        b.common = &p->common;
    }
    if (o != NULL) {
        struct plumtree_msg_id id = plumtree_seen_id(o, m->sequence);
        const struct plumtree_wanted *wanted = plumtree_want_get(&p->want, &id);
        b.is_owed = wanted != NULL && wanted->is_asked;
        b.price -= b.is_owed ? PLUMTREE_TOKENS_EACH : 0;
    }
    return b;
}

static bool can_pay(const struct bill *b, uint64_t now)
{
    return b->own == NULL || b->is_owed || plumtree_rate_has(b->own, b->common, b->price, now);
}

static void pay_bill(const struct bill *b, uint64_t now)
{
    if (b->own == NULL) {
        return;
    }
    if (b->is_owed || b->common == NULL) {
        plumtree_rate_owe(b->own, b->price, now);
    } else {
        CHECK(plumtree_rate_take(b->own, b->common, b->price, now) == 0);
    }
}

static int take_gossip(struct plumtree *p, uint64_t now, uint8_t slot, const struct plumtree_msg *m)
{
    struct plumtree_origin *o = plumtree_seen_find(&p->seen, &m->origin, m->generation);
    if (m->hops == 0 || m->sequence == 0 || m->payload.len > PLUMTREE_MSG_PAYLOAD_MAX ||
        m->items > PLUMTREE_MSG_ITEMS_MAX || m->items * PLUMTREE_MSG_ITEM_SIZE > m->payload.len) {
        return WAVU_ERR_PROTO;
    }
    if (o != NULL && plumtree_seen_has(o, m->sequence)) {
        take_duplicate(p, now, slot, o, m);
        return 0;
    }
    if (o == NULL && plumtree_seen_is_stale(&p->seen, &m->origin, m->generation)) {
        p->stats.stale++;
        return 0;
    }
    bool is_strange = is_stranger(p, &m->origin);
    if (o != NULL && o->is_stranger != is_strange) {
        set_stranger(p, now, o, is_strange);
    }
    const struct bill bill = bill_of(p, o, m, is_strange);
    if (m->payload.len + PLUMTREE_CACHE_COST > p->cache.bytes_max ||
        budget_bucket_take(&p->links[slot].verify, 1, now) < 0 || !can_pay(&bill, now)) {
        p->stats.shed++;
        return WAVU_ERR_LIMIT;
    }
    if (!is_signed(p, m)) {
        p->stats.forged++;
        return WAVU_ERR_CRYPTO;
    }
    pay_bill(&bill, now); /* now it is the origin's own */
    if (o == NULL) {
        o = add_origin(p, now, &m->origin, m->generation, is_strange);
    }
    accept(p, now, slot, o, m);
    return 0;
}

/* A lazy link has what the tree has brought over many more links: take it into the tree, and the
 * long way out of it. */
static void consider_swap(struct plumtree *p, uint64_t now, uint8_t slot,
                          const struct plumtree_msg_id *id, uint32_t hops)
{
    if (now < p->swap_next_ns || p->hops_max < hops + 1 + p->config.optimise_hops) {
        return; /* nothing came so far: no need to look it up */
    }
    const struct plumtree_payload *first = plumtree_cache_get(&p->cache, id);
    if (first == NULL || first->is_repair || first->from == slot ||
        first->from == PLUMTREE_CACHE_NOBODY || first->hops < hops + 1 + p->config.optimise_hops ||
        !p->links[first->from].is_eager || p->links[slot].is_eager) {
        return;
    }
    p->swap_next_ns = now + PLUMTREE_OPTIMISE_NS;
    p->hops_max = 0;
    p->stats.swaps++;
    send_graft(p, slot, NULL, true);
    send_prune(p, first->from);
}

/* Ask the first announcer. After PLUMTREE_MISSES_MAX broadcasts in a row that the tree did not
 * bring, or when there is no tree, the answer's link becomes part of it. */
static void ask(struct plumtree *p, uint64_t now, struct plumtree_wanted *wanted)
{
    struct plumtree_origin *o = plumtree_seen_find_tag(&p->seen, &wanted->id);
    if (o != NULL && o->is_stranger && !is_stranger(p, &o->id)) {
        set_stranger(p, now, o, false); /* it became known meanwhile */
    }
    if (o != NULL && !wanted->is_paid && pay(p, now, o, PLUMTREE_TOKENS_EACH) < 0) {
        plumtree_want_wait(&p->want, now, wanted);
        return;
    }
    wanted->is_paid = o != NULL;
    p->misses += !wanted->is_by_digest && !wanted->is_missed;
    wanted->is_missed = true;
    bool is_tree =
        !wanted->is_by_digest && (p->misses >= PLUMTREE_MISSES_MAX || plumtree_eager_count(p) == 0);
    uint8_t slot = wanted->slots[0];
    struct plumtree_msg_id id = wanted->id;
    plumtree_want_ask(&p->want, now, wanted);
    send_graft(p, slot, &id, is_tree);
}

static int take_have(struct plumtree *p, uint64_t now, uint8_t slot, const struct plumtree_msg *m)
{
    if (now < p->links[slot].muted_until_ns) {
        p->stats.shed++;
        return WAVU_ERR_LIMIT;
    }
    bool has_tree = plumtree_eager_count(p) > 0;
    for (size_t i = 0; i < plumtree_msg_id_count(m); i++) {
        struct plumtree_msg_id id = plumtree_msg_id_at(m, i);
        const struct plumtree_origin *o = plumtree_seen_find_tag(&p->seen, &id);
        if (o != NULL && plumtree_seen_has(o, plumtree_seen_sequence(&id))) {
            consider_swap(p, now, slot, &id, m->id_hops.ptr[i]);
            continue;
        }
        if (plumtree_want_add(&p->want, now, &id, slot, false) < 0) {
            p->stats.shed++;
            return WAVU_ERR_LIMIT;
        }
        struct plumtree_wanted *wanted = plumtree_want_get(&p->want, &id);
        if (!has_tree && !wanted->is_asked) {
            ask(p, now, wanted);
        }
    }
    return 0;
}

static int take_graft(struct plumtree *p, uint64_t now, uint8_t slot, const struct plumtree_msg *m)
{
    struct plumtree_link *link = &p->links[slot];
    if (m->is_tree) {
        set_eager(p, slot, true);
    }
    for (size_t i = 0; i < plumtree_msg_id_count(m); i++) {
        struct plumtree_msg_id id = plumtree_msg_id_at(m, i);
        struct plumtree_payload *payload = plumtree_cache_get(&p->cache, &id);
        if (payload == NULL) {
            p->stats.gone++;
            continue;
        }
        if (budget_bucket_take(&link->serve, payload->len + MESSAGE_COST, now) < 0) {
            p->stats.shed++;
            return WAVU_ERR_LIMIT;
        }
        plumtree_out_gossip(p, slot, payload, !m->is_tree);
    }
    return 0;
}

int plumtree_feed(struct plumtree *p, uint64_t now, const struct overlay_id *from,
                  const struct plumtree_msg *m)
{
    int slot = slot_of(p, from);
    if (slot < 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    size_t cost = m->payload.len + m->ids.len + m->offers.len + MESSAGE_COST;
    if (budget_bucket_take(&p->links[slot].bytes, (uint32_t)cost, now) < 0) {
        p->stats.shed++;
        return WAVU_ERR_LIMIT;
    }
    switch (m->kind) {
    case PLUMTREE_MSG_NONE:
        return 0;
    case PLUMTREE_MSG_GOSSIP:
        return take_gossip(p, now, (uint8_t)slot, m);
    case PLUMTREE_MSG_HAVE:
        return take_have(p, now, (uint8_t)slot, m);
    case PLUMTREE_MSG_GRAFT:
        return take_graft(p, now, (uint8_t)slot, m);
    case PLUMTREE_MSG_PRUNE:
        set_eager(p, (uint8_t)slot, false);
        return 0;
    case PLUMTREE_MSG_DIGEST:
        return plumtree_exchange_digest(p, now, (uint8_t)slot, m);
    case PLUMTREE_MSG_ACK:
        return plumtree_exchange_ack(p, now, (uint8_t)slot, m);
    }
    return WAVU_ERR_PROTO;
}

bool plumtree_next_event(struct plumtree *p, struct plumtree_event *event)
{
    return plumtree_out_next(p, event);
}

/* The link in `slot` did not give what it announced. */
static void note_broken(struct plumtree *p, uint64_t now, uint8_t slot)
{
    struct plumtree_link *link = &p->links[slot];
    p->stats.broken++;
    if (budget_bucket_take(&link->broken, 1, now) < 0) {
        link->muted_until_ns = now + PLUMTREE_LINK_MUTE_NS;
    }
}

void plumtree_load_ahead(const struct plumtree *p)
{
    for (size_t i = 0; i < p->link_cap; i++) {
        PREFETCH(&p->links[i]);
    }
    PREFETCH(p->out);
    if (p->announce != NULL) {
        PREFETCH(&p->announce[p->announce_count % PLUMTREE_ANNOUNCE_MAX]);
    }
    PREFETCH(p->seen.by_tag.slots);
    PREFETCH(p->seen.by_id.slots);
    PREFETCH(p->cache.by_age.prev);
}

uint64_t plumtree_deadline(const struct plumtree *p)
{
    uint64_t due = plumtree_cache_deadline(&p->cache);
    uint64_t others[] = {plumtree_want_deadline(&p->want), p->announce_due_ns, p->exchange_due_ns,
                         p->wave_due_ns};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        due = others[i] < due ? others[i] : due;
    }
    return due;
}

void plumtree_tick(struct plumtree *p, uint64_t now)
{
    struct plumtree_wanted *wanted;
    plumtree_cache_expire(&p->cache, now);
    if (p->wave_due_ns <= now) {
        plumtree_wave_send(p);
    }
    while ((wanted = plumtree_want_due(&p->want, now)) != NULL) {
        if (wanted->is_asked) {
            note_broken(p, now, wanted->slots[0]);
            if (wanted->slot_count == 1) {
                give_back(p, wanted);
            }
            if (!plumtree_want_fail(&p->want, wanted)) {
                continue;
            }
        }
        ask(p, now, wanted);
    }
    if (p->announce_due_ns <= now) {
        plumtree_out_flush(p);
    }
    if (p->exchange_due_ns <= now) {
        plumtree_exchange_tick(p, now);
    }
}

static void check_links(const struct plumtree *p)
{
    for (size_t i = 0; i < p->link_cap; i++) {
        const struct plumtree_link *link = &p->links[i];
        CHECK(link->announced <= p->announce_count);
        if (!link->is_used) {
            CHECK(p->want.charged[i] == 0 && link->announced == p->announce_count);
            continue;
        }
        CHECK(link->acked <= p->seen.position && link->offered <= p->seen.position);
        CHECK(link->exchange_due_ns >= p->exchange_due_ns);
        CHECK(slot_of(p, &link->id) == (int)i);
    }
}

void plumtree_check(const struct plumtree *p)
{
    plumtree_seen_check(&p->seen);
    plumtree_cache_check(&p->cache);
    plumtree_want_check(&p->want);
    CHECK(p->link_cap <= PLUMTREE_LINKS_MAX && p->out_first <= p->out_count);
    CHECK(p->out_count <= p->out_cap);
    CHECK((p->wave == NULL) == (p->wave_due_ns == TIMERS_NEVER));
    CHECK(p->calm <= PLUMTREE_WAVE_EVERY);
    check_links(p);
}
