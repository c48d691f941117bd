/*
 * Random schedules over members_world: its log is that of the replica where something happens.
 */
#include "tests/support/members_schedule.h"

#include <string.h>

#include "base/check.h"
#include "members/members_heads.h"
#include "members/members_sync.h"
#include "tests/support/members_oracle.h"
#include "tests/support/members_world.h"

#define REPLICAS_MAX 30
#define OPERATIONS_MAX 60 /* the oracle's 64, less what one more step may add */

/* A signature is verified once a schedule, however many replicas hear of it: what was found valid
 * is known again, byte for byte. So ten thousand schedules with real ones take minutes, not hours.
 */
#define MEMORY_ENTRIES 128
#define MEMORY_BODY_MAX 2048

struct memory {
    struct signer signer; /* this memory as a signer */
    const struct signer *real;
    struct {
        const char *label; /* NULL: free */
        uint8_t signature[SIGNER_SIZE];
        uint8_t who[ED25519_PUBLIC_SIZE];
        size_t len;
        uint8_t body[MEMORY_BODY_MAX];
    } entries[MEMORY_ENTRIES]; /* at the signature's first byte */
};

struct schedule {
    struct members_world w;
    struct members logs[REPLICAS_MAX]; /* that of `here` lies in w.log */
    uint32_t count;
    uint32_t here;
    uint32_t joined; /* persons */
    uint32_t home[MEMBERS_WORLD_PERSONS];
    uint32_t made; /* operations */
    bool is_feud;  /* all are at one place and do little but revoke each other */
    struct members_schedule_counts *counts;
};

static void memory_sign(void *context, uint8_t signature[SIGNER_SIZE],
                        const struct ed25519_pair *pair, const char *label, struct span body)
{
    const struct memory *m = context;
    m->real->sign(m->real->context, signature, pair, label, body);
}

static int memory_verify(void *context, const uint8_t signature[SIGNER_SIZE],
                         const uint8_t who[ED25519_PUBLIC_SIZE], const char *label,
                         struct span body)
{
    struct memory *m = context;
    size_t at = signature[0] % MEMORY_ENTRIES;
    if (m->entries[at].label == label &&
        memcmp(m->entries[at].signature, signature, SIGNER_SIZE) == 0 &&
        memcmp(m->entries[at].who, who, ED25519_PUBLIC_SIZE) == 0 &&
        span_is_equal(span_of(m->entries[at].body, m->entries[at].len), body)) {
        return 0;
    }
    int rc = m->real->verify(m->real->context, signature, who, label, body);
    if (rc == 0 && body.len <= MEMORY_BODY_MAX) {
        m->entries[at].label = label;
        memcpy(m->entries[at].signature, signature, SIGNER_SIZE);
        memcpy(m->entries[at].who, who, ED25519_PUBLIC_SIZE);
        memcpy(m->entries[at].body, body.ptr, body.len);
        m->entries[at].len = body.len;
    }
    return rc;
}

/* `signer`, or where its signatures are dear a memory before it, in `m`. */
static const struct signer *remembering(struct memory *m, const struct signer *signer)
{
    if (signer == &members_null_signer) {
        return signer;
    }
    for (int i = 0; i < MEMORY_ENTRIES; i++) {
        m->entries[i].label = NULL;
    }
    m->real = signer;
    m->signer = (struct signer){.sign = memory_sign, .verify = memory_verify, .context = m};
    return &m->signer;
}

/* 3 to 30, three times in four at most 8: most of what can go wrong shows on few, and costs less.
 */
static uint32_t draw_replicas(const struct random *random)
{
    bool is_many = random_below(random, 4) == 0;
    return 3 + (uint32_t)random_below(random, is_many ? REPLICAS_MAX - 2 : 6);
}

static uint32_t below(struct schedule *s, uint32_t bound)
{
    return (uint32_t)random_below(&s->w.random, bound);
}

static void go(struct schedule *s, uint32_t replica)
{
    s->logs[s->here] = s->w.log;
    s->w.log = s->logs[replica];
    s->here = replica;
}

static struct members *log_of(struct schedule *s, uint32_t replica)
{
    return replica == s->here ? &s->w.log : &s->logs[replica];
}

/* Let `to` have the first `most` operations that it lacks of `from`'s. */
static void gossip(struct schedule *s, uint32_t from, uint32_t to, uint32_t most)
{
    uint8_t heads[OPERATIONS_MAX + 4][MEMBERS_MSG_ID_SIZE];
    struct members_sync sync;
    struct span bytes;
    enum members_fed fed = MEMBERS_KNOWN;
    if (from == to) {
        return;
    }
    size_t count = members_sync_heads(log_of(s, to), heads, OPERATIONS_MAX + 4);
    CHECK(count <= OPERATIONS_MAX + 4);
    (void)members_sync_begin(&sync, log_of(s, from), span_of(heads, count * sizeof heads[0]));
    while (most-- > 0 && members_sync_next(&sync, &bytes)) {
        CHECK(members_feed(log_of(s, to), bytes, from, &fed) == 0 && fed != MEMBERS_PENDING);
    }
    members_sync_end(&sync);
}

/* Somebody who joined, at home. */
static int somebody(struct schedule *s)
{
    int who = (int)below(s, s->joined);
    go(s, s->home[who]);
    return who;
}

/* Somebody else whose invitation is known here, or -1. */
static int acquaintance(struct schedule *s, int who)
{
    int other = (int)below(s, s->joined);
    bool is_known = other != who && members_find(&s->w.log, s->w.persons[other].member) != NULL;
    return is_known ? other : -1;
}

/* May its first device, which invites, sign on? Not behind a LEAVE. */
static bool signs_on(struct schedule *s, int who)
{
    const struct members_op *last = members_find(&s->w.log, s->w.persons[who].devices[0].last);
    return last == NULL || last->kind != MEMBERS_MSG_LEAVE;
}

static void settle_down(struct schedule *s, int who)
{
    s->made += 3;
    s->home[who] = s->is_feud ? 0 : below(s, s->count);
    gossip(s, s->here, s->home[who], UINT32_MAX);
}

static void invite(struct schedule *s)
{
    int by = somebody(s);
    if (s->joined == MEMBERS_WORLD_PERSONS || !signs_on(s, by)) {
        return;
    }
    int who = (int)s->joined++;
    members_world_join(&s->w, by, who);
    settle_down(s, who);
}

/* Somebody is a member twice, with one root and one device: put out or gone before, or not. */
static void invite_again(struct schedule *s)
{
    int by = somebody(s);
    int again = (int)below(s, s->joined);
    if (s->joined == MEMBERS_WORLD_PERSONS || !signs_on(s, by)) {
        return;
    }
    int who = (int)s->joined++;
    (void)members_world_join_again(&s->w, by, again, who);
    s->counts->back++;
    settle_down(s, who);
}

/* Sign it as a device of `who`, from time to time with a number that was used before. It may be
 * refused: then nothing happened. */
static void utter(struct schedule *s, int who, struct members_msg *m)
{
    struct members_world_person *p = &s->w.persons[who];
    struct members_author *a = &p->devices[below(s, p->device_count)];
    const struct members_op *op = NULL;
    struct members_author early = *a;
    if (below(s, 6) > 0 || a->sequence < 2) {
        s->made += members_world_forge(&s->w, a, m, &op) == 0 ? 1 : 0;
        return;
    }
    for (uint32_t back = below(s, 3); back > 0 && early.sequence > 0; back--) {
        const struct members_op *last = members_find(&s->w.log, early.last);
        early.sequence--;
        if (last->previous != MEMBERS_NONE) {
            memcpy(early.last, s->w.log.ops[last->previous]->id, sizeof early.last);
        }
    }
    if (members_world_forge(&s->w, &early, m, &op) == 0) {
        s->made++;
        *a = below(s, 2) == 0 ? early : *a; /* it goes on upon either branch */
    }
}

static void say(struct schedule *s)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    int who = somebody(s);
    uint64_t words = random_u64(&s->w.random);
    m.kind = 50;
    m.content = span_of(&words, sizeof words);
    m.is_critical = below(s, 8) == 0;
    utter(s, who, &m);
}

/* Its devices say more than once that it came in, also behind another's LEAVE. */
static void join(struct schedule *s)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    struct members_world_person *p = &s->w.persons[somebody(s)];
    struct members_author *a = &p->devices[below(s, p->device_count)];
    const struct members_op *op = NULL;
    bool has_join = a->has_join;
    a->has_join = false;
    s->made += members_world_forge(&s->w, a, &m, &op) == 0 ? 1 : 0;
    a->has_join = has_join;
}

/* Cuts as they stand, or shorter, or left out. */
static void spoil_cuts(struct schedule *s, struct members_msg *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->cut_count; i++) {
        const struct members_op *op = members_find(&s->w.log, m->cuts[i].id.ptr);
        for (uint32_t back = below(s, 4); back > 0 && op != NULL; back--) {
            op = op->previous != MEMBERS_NONE ? s->w.log.ops[op->previous] : NULL;
        }
        if (op != NULL) {
            m->cuts[kept++] =
                (struct members_msg_cut){op->sequence, span_of(op->id, sizeof op->id)};
        }
    }
    m->cut_count = kept;
}

/* By its root, or any of its devices, also by one that was removed, beside what it signed before;
 * the others, a thief of the root among them, go on. */
static void leave(struct schedule *s)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_LEAVE);
    int who = somebody(s);
    struct members_world_person *p = &s->w.persons[who];
    struct members_author root = p->root;
    const struct members_op *op = NULL;
    if (below(s, 2) == 0) {
        utter(s, who, &m);
        return;
    }
    members_world_leave(&s->w, who, &root, &m);
    if (below(s, 2) == 0) {
        spoil_cuts(s, &m);
    }
    if (members_world_forge(&s->w, &root, &m, &op) == 0) {
        s->made++;
        s->counts->whole++;
        p->root.sequence = below(s, 2) == 0 ? root.sequence : p->root.sequence;
        memcpy(p->root.last, p->root.sequence == root.sequence ? root.last : p->root.last,
               sizeof root.last);
    }
}

static void revoke(struct schedule *s)
{
    int who = somebody(s);
    int target = acquaintance(s, who);
    if (target < 0) {
        return;
    }
    struct members_msg m = members_world_revoke(&s->w, target);
    m.is_subtree = below(s, 6) == 0;
    if (below(s, 2) == 0) {
        spoil_cuts(s, &m);
    }
    utter(s, who, &m);
}

/* A revocation known here, or NULL. */
static const struct members_op *some_revocation(struct schedule *s)
{
    uint32_t from = below(s, s->w.log.op_count);
    for (uint32_t i = 0; i < s->w.log.op_count; i++) {
        const struct members_op *op = s->w.log.ops[(from + i) % s->w.log.op_count];
        if (op->kind == MEMBERS_MSG_REVOKE || op->kind == MEMBERS_MSG_REMOVE ||
            op->kind == MEMBERS_MSG_SUCCEED || op->kind == MEMBERS_MSG_LEAVE) {
            return op;
        }
    }
    return NULL;
}

static void cosign(struct schedule *s)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_COSIGN);
    int who = somebody(s);
    const struct members_op *op = some_revocation(s);
    if (op != NULL) {
        m.target = span_of(op->id, sizeof op->id);
        utter(s, who, &m);
    }
}

/* The person that `op` revokes, or `otherwise`. */
static int target_of(const struct schedule *s, const struct members_op *op, int otherwise)
{
    for (uint32_t i = 0; op->kind == MEMBERS_MSG_REVOKE && i < s->joined; i++) {
        if (members_member_of(&s->w.log, s->w.persons[i].member) == op->target) {
            return (int)i;
        }
    }
    return otherwise;
}

/* Strike back at whoever signed a revocation: mostly its target does, who has heard of it. */
static void strike_back(struct schedule *s)
{
    int who = somebody(s);
    const struct members_op *op = some_revocation(s);
    if (op == NULL) {
        return;
    }
    if (below(s, 4) > 0) {
        who = target_of(s, op, who);
        gossip(s, s->here, s->home[who], UINT32_MAX);
        go(s, s->home[who]);
        op = members_find(&s->w.log, op->id);
    }
    struct members_msg m = members_world_msg(MEMBERS_MSG_REVOKE);
    members_world_run(&s->w);
    const struct members_member *target = &s->w.log.members[op->member];
    m.target = span_of(s->w.log.ops[target->op]->id, MEMBERS_MSG_ID_SIZE);
    if (members_state_cuts(&s->w.state, op->member, false, &m) == 0) {
        spoil_cuts(s, &m);
        utter(s, who, &m);
    }
}

static void root_signs(struct schedule *s)
{
    int who = somebody(s);
    struct members_world_person *p = &s->w.persons[who];
    const struct members_op *op = NULL;
    struct members_author before = p->root;
    const struct members_op *last = members_find(&s->w.log, p->root.last);
    uint32_t which = below(s, 3);
    if (p->root.sequence > 0 && last->kind == MEMBERS_MSG_LEAVE) {
        return; /* nothing is let in behind it */
    }
    if (which == 0 && p->device_count < MEMBERS_WORLD_DEVICES) {
        members_world_device(&s->w, who);
        s->made++;
    } else if (which == 1) {
        struct members_msg m = members_world_remove(&s->w, who, below(s, p->device_count));
        spoil_cuts(s, &m);
        s->made += members_world_forge(&s->w, &p->root, &m, &op) == 0 ? 1 : 0;
    } else if (which == 2) {
        struct members_msg m = members_world_msg(MEMBERS_MSG_SUCCEED);
        struct ed25519_pair next = members_null_pair(s->w.signer, ++s->w.keys);
        uint8_t consent[SIGNER_SIZE];
        members_write_consent(consent, &s->w.log, &next, true, p->member, p->root.pair.public_key);
        m.key = span_of(next.public_key, sizeof next.public_key);
        m.consent = span_of(consent, sizeof consent);
        if (members_world_forge(&s->w, &p->root, &m, &op) < 0) {
            return;
        }
        s->made++;
        if (below(s, 3) > 0) { /* else the old root goes on, as a thief would let it */
            p->root.pair = next;
            p->root.sequence = 0;
            p->root.has_grant = true;
            memcpy(p->root.grant, op->id, sizeof op->id);
            return;
        }
    }
    if (below(s, 4) == 0) {
        p->root = before; /* the next one forks */
    }
}

static void act(struct schedule *s)
{
    static void (*const acts[])(struct schedule *) = {
        invite, invite_again, say,         say,         revoke,     revoke, revoke, cosign,
        cosign, cosign,       strike_back, strike_back, root_signs, leave,  join,
    };
    static void (*const feud[])(struct schedule *) = {
        revoke, strike_back, strike_back, cosign, cosign, root_signs, leave,
    };
    if (s->is_feud) {
        feud[below(s, sizeof feud / sizeof feud[0])](s);
        return;
    }
    if (below(s, 3) == 0) {
        gossip(s, below(s, s->count), below(s, s->count), 1 + below(s, 12));
        return;
    }
    acts[below(s, sizeof acts / sizeof acts[0])](s);
}

/* What counts and what stands, whatever the order of places. */
static uint64_t digest(const struct members_state *state)
{
    const struct members_eval *e = &state->eval;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < e->count; i++) {
        uint64_t id[2];
        memcpy(id, state->log->ops[i]->id, sizeof id);
        sum += id[0] * (1 + (uint64_t)e->values[i]) + id[1] * (1 + (uint64_t)e->effects[i]);
    }
    return sum;
}

/* Feed `log` everything in a random order. */
static void hear_all(struct schedule *s, struct members *log, const struct members *all)
{
    uint32_t order[64];
    enum members_fed fed = MEMBERS_KNOWN;
    for (uint32_t i = 0; i < all->op_count; i++) {
        uint32_t k = below(s, i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (uint32_t i = 0; i < all->op_count; i++) {
        const struct members_op *op = all->ops[order[i]];
        if (op->place == MEMBERS_GENESIS) {
            continue;
        }
        CHECK(members_feed(log, span_of(op->bytes, op->len), 1, &fed) == 0);
        s->counts->fed++;
        s->counts->waited += fed == MEMBERS_PENDING ? 1 : 0;
    }
    CHECK(log->op_count == all->op_count && log->pending_count == 0 && log->refused == 0);
}

/* Nothing that counts is cut by what stands, unless it was a tie. */
static void check_honoured(struct schedule *s, const struct members_oracle *o)
{
    const struct members_eval *e = &s->w.state.eval;
    for (uint32_t x = 0; x < e->count; x++) {
        uint64_t bit = UINT64_C(1) << x;
        CHECK(((o->counts & bit) != 0) == (e->values[x] == MEMBERS_EVAL_COUNTS));
        CHECK(((o->stands & bit) != 0) == (e->effects[x] == MEMBERS_EVAL_STANDS));
        for (uint32_t r = 0; r < e->count; r++) {
            if ((o->stands >> r & 1) == 0 || (o->cuts[r] & bit) == 0) {
                continue;
            }
            CHECK((o->counts & bit) == 0 || ((o->by_knot & bit) != 0 && (o->by_knot >> r & 1)));
            s->counts->ties += (o->counts & bit) != 0 ? 1 : 0;
        }
    }
}

/* Who belongs, and which devices are live. */
static void check_state(struct schedule *s, const struct members_oracle *o)
{
    const struct members_state *state = &s->w.state;
    for (uint32_t i = 0; i < state->member_count; i++) {
        CHECK(members_oracle_status(o, i) == state->members[i].status);
        s->counts->left += state->members[i].status == MEMBERS_STATE_LEFT ? 1 : 0;
    }
    for (uint32_t i = 0; i < state->seat_count; i++) {
        CHECK(members_oracle_is_live(o, i) == (state->devices[i] == MEMBERS_STATE_LIVE));
    }
    CHECK(members_oracle_is_frozen(o) == state->is_frozen);
    s->counts->frozen += state->is_frozen ? 1 : 0;
}

static void count(struct schedule *s)
{
    const struct members_eval *e = &s->w.state.eval;
    struct members_schedule_counts *c = s->counts;
    c->schedules++;
    c->replicas += s->count;
    c->operations += e->count;
    c->knots += e->knots;
    for (uint32_t i = 0; i < e->count; i++) {
        const struct members_op *op = s->w.log.ops[i];
        bool is_revocation = op->kind == MEMBERS_MSG_REVOKE || op->kind == MEMBERS_MSG_REMOVE ||
                             op->kind == MEMBERS_MSG_SUCCEED || op->kind == MEMBERS_MSG_LEAVE;
        bool stands = e->effects[i] == MEMBERS_EVAL_STANDS;
        c->stands += stands ? 1 : 0;
        c->pairs += stands && !op->is_alone ? 1 : 0;
        c->falls += is_revocation && !stands ? 1 : 0;
        c->voids += e->values[i] == MEMBERS_EVAL_VOID ? 1 : 0;
    }
    for (uint32_t i = 0; i < s->w.log.seat_count; i++) {
        c->forks += s->w.log.seats[i]->is_forked ? 1 : 0;
    }
}

/* The log as of the heads that others are given evaluates as the whole one does. */
static void check_heads(struct schedule *s)
{
    uint8_t heads[64][MEMBERS_MSG_ID_SIZE];
    struct members view;
    struct members_eval e;
    uint32_t counting = 0;
    size_t count = members_heads(&s->w.state, heads, 64);
    CHECK(count > 0 && count <= 64);
    CHECK(members_sync_view(&s->w.log, &s->w.random, span_of(heads[0], count * sizeof heads[0]),
                            &view) == 0);
    members_eval_init(&e);
    members_eval_run(&e, &view);
    for (uint32_t i = 0; i < s->w.log.op_count; i++) {
        const struct members_op *op = members_find(&view, s->w.log.ops[i]->id);
        bool counts = members_eval_counts(&s->w.state.eval, i);
        CHECK(op != NULL || !counts);
        CHECK(op == NULL || members_eval_counts(&e, op->place) == counts);
        CHECK(op == NULL ||
              members_eval_stands(&e, op->place) == members_eval_stands(&s->w.state.eval, i));
        counting += counts ? 1 : 0;
    }
    CHECK(counting > 0);
    members_eval_clear(&e);
    members_clear(&view);
}

/* Everybody hears of everything; replica 0 is what the others are held against. */
static void converge(struct schedule *s)
{
    struct members_oracle oracle;
    uint8_t want[HASH_SHA256_SIZE];
    uint8_t have[HASH_SHA256_SIZE];
    go(s, 0);
    for (uint32_t i = 1; i < s->count; i++) {
        gossip(s, i, 0, UINT32_MAX);
    }
    members_world_run(&s->w);
    members_state_hash(&s->w.state, want);
    uint64_t sum = digest(&s->w.state);
    members_oracle_run(&oracle, &s->w.log);
    check_honoured(s, &oracle);
    check_state(s, &oracle);
    check_heads(s);
    count(s);
    struct members_state state;
    members_state_init(&state);
    for (uint32_t i = 1; i < s->count; i++) {
        hear_all(s, &s->logs[i], &s->w.log);
        members_state_run(&state, &s->logs[i]);
        members_state_hash(&state, have);
        CHECK(memcmp(want, have, sizeof want) == 0);
        CHECK(digest(&state) == sum);
    }
    members_state_clear(&state);
}

void members_schedule_run(const struct signer *signer, uint64_t seed,
                          struct members_schedule_counts *counts)
{
    struct schedule s;
    struct random_seeded seeded;
    struct memory memory;
    memset(&s, 0, sizeof s);
    signer = remembering(&memory, signer);
    random_seeded_init(&seeded, seed);
    struct random random = random_from_seeded(&seeded);
    s.counts = counts;
    s.count = draw_replicas(&random);
    members_world_open(&s.w, signer,
                       (enum members_msg_policy)(1 + random_below(&random, MEMBERS_MSG_OPEN)));
    random_seeded_init(&s.w.seeded, seed);
    s.w.random = random_from_seeded(&s.w.seeded);
    s.joined = 1;
    s.is_feud = seed % 4 == 0;
    for (uint32_t i = 1; i < s.count; i++) {
        const struct members_op *genesis = s.w.log.ops[MEMBERS_GENESIS];
        CHECK(members_init(&s.logs[i], signer, &random, span_of(genesis->bytes, genesis->len)) ==
              0);
        gossip(&s, 0, i, UINT32_MAX);
    }
    uint32_t first = 2 + below(&s, 6);
    for (uint32_t i = 0; i < first; i++) { /* those who know each other from the beginning */
        invite(&s);
        for (uint32_t k = 0; k < s.count && below(&s, 4) > 0; k++) {
            gossip(&s, s.here, k, UINT32_MAX);
        }
    }
    uint32_t steps = s.is_feud ? OPERATIONS_MAX : 4 + below(&s, 50);
    while (steps-- > 0 && s.made + 4 < OPERATIONS_MAX) {
        act(&s);
    }
    converge(&s);
    for (uint32_t i = 1; i < s.count; i++) {
        members_clear(&s.logs[i]);
    }
    members_world_close(&s.w);
}
