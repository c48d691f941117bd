/*
 * Messages of members on their way in: changes, wraps, names, welcomes. Each is checked whole
 * before anything of the machine changes.
 */
#include "group/epoch_take.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "group/epoch_give.h"
#include "group/epoch_make.h"
#include "group/epoch_room.h"
#include "group/epoch_wait.h"

/* Whether a derived change is open to all who have its secret. Without its parents that is seen
 * when they come: before, nobody derives it. */
static bool shuts_nobody_out(const struct epoch *e, const struct epoch_msg_change *c,
                             const struct epoch_members *members)
{
    struct epoch_change *parents[EPOCH_MSG_PARENTS_MAX];

    return !epoch_graph_all(&e->graph, c->parents, parents) ||
           epoch_make_is_open(members, parents, c->parents.count);
}

/* The view of a change: NULL and AGAIN when the owner must give it, NULL and CRYPTO when the change
 * contradicts it. */
static struct epoch_members *view_of(struct epoch_take *f, const struct epoch_msg_change *c,
                                     int *rc)
{
    struct epoch_members *members = epoch_view_find(&f->e->views, c->log_heads);

    *rc = WAVU_ERR_AGAIN;
    if (members == NULL) {
        if (!f->has_asked) {
            f->has_asked = epoch_wait_ask(f, c->log_heads);
        }
        return NULL;
    }
    *rc = 0;
    if (!span_is_equal(span_of(members->hash, 32), span_of(c->members, 32)) ||
        !epoch_view_has(members, epoch_view_slot(&f->e->views, c->author))) {
        *rc = WAVU_ERR_CRYPTO;
        return NULL;
    }
    return members;
}

int epoch_take_check(const struct epoch *e, const struct epoch_msg *m,
                     const struct epoch_msg_change *c)
{
    if (!span_is_equal(span_of(c->group, 32), span_of(e->config.group, 32))) {
        return WAVU_ERR_CRYPTO;
    }
    return e->config.signer->verify(e->config.signer->context, m->signature.ptr, c->author,
                                    epoch_make_label, m->body);
}

/* A change signed by this device that it does not know: made in another life, unless it is an old
 * one, long forgotten. */
static void meet_oneself(struct epoch *e, const struct epoch_msg_change *c)
{
    if (c->sequence > e->sequence || epoch_graph_has(&e->graph, e->self, c->sequence)) {
        epoch_stop(e);
    }
}

/* Whether it counts as forgotten: one of its author's changes that was not older is. Its secret
 * never comes back, or chains of its epochs would begin anew and use keys twice. The names of what
 * was forgotten are kept for a while only; an author's sequence tells for ever, since an honest
 * one's changes come in their order. */
static bool is_spent(const struct epoch *e, const struct epoch_msg_change *c)
{
    int slot = epoch_view_slot(&e->views, c->author);

    return slot >= 0 && c->sequence <= e->views.devices[slot].forgotten;
}

static bool is_member(const struct epoch *e, const uint8_t device[32])
{
    return e->current != NULL && epoch_view_has(e->current, epoch_view_slot(&e->views, device));
}

/* The name of an authentic change that is not taken, for its children: another member may have
 * taken it, since it knows less or more of what lies around it. On a member's word about a member,
 * and in that one's share, or anybody could make us forget the names of others. */
static void remember_said(struct epoch_take *f, const struct epoch_msg_change *c,
                          const uint8_t id[32])
{
    struct epoch *e = f->e;

    if (is_member(e, f->from) && is_member(e, c->author)) {
        int slot = epoch_view_slot(&e->views, c->author);
        f->has_news = epoch_graph_remember_said(&e->graph, id, e->views.devices[slot].owner);
    }
}

/* The first parent that nobody here knows; NULL: none. */
static const uint8_t *unknown_parent(const struct epoch *e, const struct epoch_msg_change *c)
{
    for (size_t i = 0; i < c->parents.count; i++) {
        if (!epoch_graph_knows(&e->graph, c->parents.bytes + i * 32)) {
            return c->parents.bytes + i * 32;
        }
    }
    return NULL;
}

/* Enter a change without its parents. When a later one of its author is known, that one stands
 * above it, as every author's do, so it is no head. */
static void enter_orphan(struct epoch_take *f, const struct epoch_msg_change *c,
                         struct epoch_members *members_taken, const uint8_t *missing)
{
    struct epoch *e = f->e;
    int author = epoch_view_slot(&e->views, c->author);
    bool is_below = epoch_graph_last(&e->graph, author) > c->sequence ||
                    e->views.devices[author].leaf_sequence > c->sequence;
    struct epoch_change *change = epoch_enter(e, f->now, c, members_taken, f->message);

    change->is_below = is_below;
    change->is_orphan = true;
    if (!is_below) {
        (void)epoch_hint_id(e, EPOCH_MISSING, missing);
    }
}

static int take_change(struct epoch_take *f)
{
    struct epoch *e = f->e;
    struct epoch_msg_change c;
    struct epoch_members *members = NULL;
    uint8_t id[32];
    int rc = epoch_msg_read_change(&c, f->m.body);

    if (rc < 0) {
        return rc;
    }
    signer_id(id, epoch_make_label, f->m.body);
    if (epoch_graph_knows(&e->graph, id)) {
        return 0;
    }
    rc = f->is_proved ? 0 : epoch_take_check(e, &f->m, &c);
    if (rc < 0) {
        return rc;
    }
    f->is_proved = true;
    if (span_is_equal(span_of(c.author, 32), span_of(e->config.device->public_key, 32))) {
        meet_oneself(e, &c);
        return WAVU_ERR_CRYPTO;
    }
    if (is_spent(e, &c)) {
        remember_said(f, &c, id);
        return 0;
    }
    /* A change can stand without its parents: nothing of theirs is in a seed. But what comes late
     * is waited for, or heads would be taken for two that stand above each other. */
    const uint8_t *missing = unknown_parent(e, &c);
    if (missing != NULL && (!is_member(e, c.author) || f->now - f->since < EPOCH_ORPHAN_NS)) {
        f->lacks_parent = is_member(e, c.author);
        return WAVU_ERR_AGAIN;
    }
    members = view_of(f, &c, &rc);
    if (members != NULL && c.kind == EPOCH_MSG_DERIVED && !shuts_nobody_out(e, &c, members)) {
        members = NULL;
        rc = WAVU_ERR_CRYPTO;
    }
    if (members == NULL) {
        if (rc == WAVU_ERR_CRYPTO) {
            remember_said(f, &c, id);
        }
        return rc;
    }
    members = epoch_view_ref(members); /* what is forgotten may have held it alone */
    rc = epoch_room_for_change(e, epoch_view_slot(&e->views, c.author), members->count);
    if (rc < 0) {
        epoch_view_drop(members);
        return rc;
    }
    if (missing != NULL) {
        enter_orphan(f, &c, members, missing);
    } else {
        (void)epoch_enter(e, f->now, &c, members, f->message);
    }
    f->has_news = true;
    return 0;
}

/* Where the wraps of the member whose device `author` is are counted that opened with nothing, or
 * NULL when there were too many. */
static struct epoch_device *bad_counter(struct epoch_take *f, int author)
{
    struct epoch_views *v = &f->e->views;
    struct epoch_device *counter = &v->devices[epoch_view_first(v, author)];

    if (f->now - counter->bad_since >= EPOCH_TAKE_BAD_NS) {
        counter->bad = 0;
        counter->bad_since = f->now;
    }
    return counter->bad < EPOCH_TAKE_BAD_MAX ? counter : NULL;
}

/* Try a wrap as one of `c` with the base `base` (NULL: none). */
static int try_wrap(struct epoch_take *f, struct epoch_change *c, struct epoch_change *base)
{
    struct epoch *e = f->e;
    struct wrap_about about = {
        .label = epoch_make_label_wrap, .id = c->id, .recipient = e->config.device->public_key};
    uint8_t pair[32] = {0};
    int index = -1;
    uint8_t seed[32];
    uint8_t commitment[32];
    struct epoch_device *counter = bad_counter(f, c->author);

    if (counter == NULL) {
        return WAVU_ERR_LIMIT;
    }
    if (base != NULL) {
        index = epoch_view_index(base->members, c->author);
        if (index < 0 || !epoch_make_pair_in(e, base, index, pair)) {
            return WAVU_ERR_CRYPTO;
        }
        about.base = base->id;
        about.pair = pair;
    }
    const struct wrap_own *own[EPOCH_LEAVES_MAX];
    for (size_t i = 0; i < e->leaf_count; i++) {
        own[i] = &e->leaves[i].own;
    }
    int rc = wrap_open_any(seed, &f->m.sealed, own, e->leaf_count, &about, e->config.aead);
    epoch_set_commit(commitment, seed);
    if (rc == 0 && !secret_is_equal(commitment, c->commitment, sizeof commitment)) {
        rc = WAVU_ERR_CRYPTO;
    }
    if (rc == 0) {
        if (base != NULL) {
            (void)epoch_graph_take_in(&epoch_make_pairs(e, base)[index], pair);
        }
        epoch_install(e, f->now, c, seed);
        f->has_news = true;
    }
    counter->bad += rc < 0;
    secret_wipe(seed, sizeof seed);
    secret_wipe(pair, sizeof pair);
    return rc;
}

/* A wrap for `c`: with each change that its base may mean. */
static int take_wrap_of(struct epoch_take *f, struct epoch_change *c)
{
    struct epoch_change *base = NULL;
    bool is_early = true; /* no base that we have: its own wrap may be on the way */
    int rc = WAVU_ERR_CRYPTO;

    if (!f->m.has_base) {
        return try_wrap(f, c, NULL);
    }
    while (rc < 0 && (base = epoch_graph_hinted(&f->e->graph, base, f->m.base)) != NULL) {
        if (base->has_secret) {
            is_early = false;
            rc = try_wrap(f, c, base);
        }
    }
    c->is_unread = c->is_unread || is_early;
    return is_early ? WAVU_ERR_AGAIN : rc;
}

/* The answer of a member to an ask of ours, and of nobody else. */
static int take_given(struct epoch_take *f, struct epoch_change *c)
{
    if (!is_member(f->e, f->from)) {
        return WAVU_ERR_CRYPTO;
    }
    if (c->has_secret && !f->e->ask.is_open) {
        return 0; /* another's answer came first */
    }
    struct epoch_device *counter = bad_counter(f, epoch_view_slot(&f->e->views, f->from));
    if (counter == NULL) {
        return WAVU_ERR_LIMIT;
    }
    int rc = epoch_give_take(f, c);
    counter->bad += rc < 0;
    return rc;
}

static int take_wrap(struct epoch_take *f)
{
    struct epoch_change *c = NULL;
    int author = epoch_view_slot(&f->e->views, f->from);
    int rc = author >= 0 ? WAVU_ERR_AGAIN : WAVU_ERR_CRYPTO;
    bool is_here = false;

    while (rc < 0 && (c = epoch_graph_hinted(&f->e->graph, c, f->m.change)) != NULL) {
        if (!epoch_view_has(c->members, f->e->self)) {
            rc = WAVU_ERR_CRYPTO;
        } else if (c->author != author || c->kind != EPOCH_MSG_SEED) {
            rc = take_given(f, c);
        } else {
            rc = c->has_secret ? 0 : take_wrap_of(f, c);
        }
        is_here = true;
    }
    /* What was forgotten takes no secret any more: its wrap waits for nothing. */
    bool is_late = rc == WAVU_ERR_AGAIN && !is_here;
    return is_late && epoch_graph_was_hinted(&f->e->graph, f->m.change) ? 0 : rc;
}

/* Whether `namer` may name those: a member now, or then. */
static bool may_name(const struct epoch *e, int namer, struct epoch_change *const *heads,
                     size_t count)
{
    bool was_member = true;

    for (size_t i = 0; i < count && was_member; i++) {
        was_member = epoch_view_has(heads[i]->members, namer);
    }
    return was_member || (e->current != NULL && epoch_view_has(e->current, namer));
}

/* A name. Heads are an antichain, or a line of changes would have as many epochs as subsets. */
static int take_name(struct epoch_take *f)
{
    struct epoch *e = f->e;
    struct epoch_change *heads[EPOCH_MSG_PARENTS_MAX];
    size_t at = 0;
    const uint8_t *id = NULL;
    struct epoch_set *s = NULL;
    int namer = epoch_view_slot(&e->views, f->from);

    if (!span_is_equal(span_of(f->m.group, 32), span_of(e->config.group, 32))) {
        return WAVU_ERR_CRYPTO;
    }
    for (size_t i = 0; (id = epoch_msg_next_id(&f->m, &at)) != NULL; i++) {
        heads[i] = epoch_graph_find(&e->graph, id);
        if (heads[i] == NULL || !heads[i]->has_secret) {
            return heads[i] == NULL && epoch_graph_knows(&e->graph, id) ? 0 : WAVU_ERR_AGAIN;
        }
    }
    if (!may_name(e, namer, heads, f->m.id_count) ||
        !epoch_graph_is_antichain(&e->graph, heads, f->m.id_count)) {
        return WAVU_ERR_CRYPTO;
    }
    s = epoch_set_named(e, f->now, heads, f->m.id_count, namer);
    if (s != NULL && !s->is_named) {
        s->is_named = true;
        s->is_told = epoch_hint_id(e, EPOCH_OPENED, s->id);
    }
    return s != NULL ? 0 : WAVU_ERR_LIMIT;
}

/* What lies behind the change `id` of a welcome, by its author's word, becomes known: what lies
 * between may never come, so it is no head, whether that change is new or not. Itself and what is
 * known to stand above it are not behind it, or nothing would be left to write under. */
static void take_past(struct epoch_take *f, const uint8_t id[32])
{
    struct epoch_graph *g = &f->e->graph;
    const uint8_t *past = NULL;
    size_t at = 0;

    epoch_graph_mark_above(g, id);
    while ((past = epoch_msg_next_id(&f->m, &at)) != NULL) {
        struct epoch_change *here = epoch_graph_find(g, past);
        if (here != NULL) {
            here->is_below = here->is_below || !here->is_marked;
        } else if (!epoch_graph_knows(g, past) &&
                   !span_is_equal(span_of(past, 32), span_of(id, 32))) {
            epoch_graph_remember(g, past);
        }
    }
}

/* An author's changes stand above each other in their order, also when what lies between is not
 * here, and was forgotten by who answers: what the author of the welcome made before lies below. */
static void cover_earlier(struct epoch *e, const struct epoch_change *c)
{
    for (size_t i = 0; i < e->graph.count; i++) {
        struct epoch_change *one = e->graph.by_id[i];

        one->is_below = one->is_below || (one->author == c->author && one->sequence < c->sequence);
    }
}

/* The change of a welcome, entered if it is new. */
static struct epoch_change *enter_welcome(struct epoch_take *f, const struct epoch_msg_change *c,
                                          const uint8_t id[32], struct epoch_members *members)
{
    struct epoch *e = f->e;
    struct epoch_change *change = epoch_graph_find(&e->graph, id);

    if (change != NULL) {
        take_past(f, id);
        return change;
    }
    members = epoch_view_ref(members);
    if (epoch_room_for_change(e, epoch_view_slot(&e->views, c->author), members->count) < 0) {
        epoch_view_drop(members);
        return NULL;
    }
    take_past(f, id);
    return epoch_enter(e, f->now, c, members, f->message);
}

static void hash_past(uint8_t hash[32], const struct epoch_msg *m)
{
    uint8_t *ids = mem_new_raw(m->id_count * 32 + 1);
    struct epoch_msg_ids past = {.bytes = ids, .count = 0};
    const uint8_t *id = NULL;

    for (size_t at = 0; (id = epoch_msg_next_id(m, &at)) != NULL; past.count++) {
        memcpy(ids + past.count * 32, id, 32);
    }
    epoch_make_past_hash(hash, past);
    mem_free(ids);
}

/* Open the seed of a welcome; it must be what the author committed to, and its past as sealed. */
static int open_welcome(const struct epoch *e, const struct epoch_msg *m, const uint8_t id[32],
                        const struct epoch_msg_change *c, uint8_t seed[32])
{
    uint8_t beside[32];
    struct wrap_about about = {.label = epoch_make_label_welcome,
                               .id = id,
                               .recipient = e->config.device->public_key,
                               .beside = beside};
    uint8_t commitment[32];

    hash_past(beside, m);
    int rc = wrap_open(seed, &m->sealed, &e->ask.key, &about, e->config.aead);
    epoch_set_commit(commitment, seed);
    if (rc == 0 && !secret_is_equal(commitment, c->commitment, sizeof commitment)) {
        secret_wipe(seed, 32);
        rc = WAVU_ERR_CRYPTO;
    }
    return rc;
}

static int take_welcome(struct epoch_take *f)
{
    struct epoch *e = f->e;
    struct epoch_msg_change c;
    struct epoch_members *members = NULL;
    struct epoch_change *change = NULL;
    uint8_t id[32];
    uint8_t seed[32];
    int rc = epoch_msg_read_change(&c, f->m.body);

    if (rc < 0) {
        return rc;
    }
    if (!e->ask.is_open || f->m.number != e->ask.number || c.kind != EPOCH_MSG_DERIVED ||
        !span_is_equal(span_of(f->m.asker, 32), span_of(e->config.device->public_key, 32)) ||
        epoch_take_check(e, &f->m, &c) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    members = view_of(f, &c, &rc);
    if (members == NULL || !epoch_view_has(members, e->self)) {
        return rc < 0 ? rc : WAVU_ERR_CRYPTO;
    }
    signer_id(id, epoch_make_label, f->m.body);
    /* Its past is the author's word, so from nobody else; and not from who belongs no more. */
    if (!span_is_equal(span_of(f->from, 32), span_of(c.author, 32)) ||
        (e->current != NULL && !epoch_view_has(e->current, epoch_view_slot(&e->views, c.author))) ||
        (epoch_graph_find(&e->graph, id) == NULL &&
         (epoch_graph_knows(&e->graph, id) || is_spent(e, &c)))) {
        return WAVU_ERR_CRYPTO; /* a forgotten one would begin its chains anew */
    }
    rc = open_welcome(e, &f->m, id, &c, seed);
    if (rc == 0) {
        change = enter_welcome(f, &c, id, members);
        rc = change != NULL ? 0 : WAVU_ERR_LIMIT;
    }
    if (rc == 0) {
        cover_earlier(e, change);
        if (!change->has_secret) {
            epoch_install(e, f->now, change, seed);
        }
        e->ask.has_answer = true; /* its key goes when nothing is missing any more */
        f->has_news = true;
    }
    secret_wipe(seed, sizeof seed);
    return rc;
}

int epoch_take_message(struct epoch_take *f)
{
    int rc = epoch_msg_read(&f->m, f->message);

    if (rc < 0) {
        return rc;
    }
    switch (f->m.kind) {
    case EPOCH_MSG_CHANGE:
        return take_change(f);
    case EPOCH_MSG_WRAP:
        return take_wrap(f);
    case EPOCH_MSG_NAME:
        return take_name(f);
    case EPOCH_MSG_WELCOME:
        return take_welcome(f);
    case EPOCH_MSG_ASK:
    case EPOCH_MSG_LEAF: /* epoch_leaf.h */
    case EPOCH_MSG_NONE:
        break;
    }
    return WAVU_ERR_UNSUPPORTED;
}
