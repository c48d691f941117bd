/*
 * Logs made to be slow. Who signs has one device; signing over and over from an early place in its
 * chain makes forks.
 */
#include "tests/support/members_hostile.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define PUPPETS 240 /* a line of them stays below MEMBERS_DEPTH_MAX */
#define STRETCH 200 /* revocations on one way through a chain, below MEMBERS_REVOCATIONS_MAX */
/* Operations that find room though they take nothing away. */
#define ORDINARY (MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE * (MEMBERS_RESERVE - 1))

struct puppet {
    struct members_author device;
    struct members_author early; /* to where its chain is forked again and again */
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    uint8_t made[MEMBERS_MSG_ID_SIZE]; /* the root's first operation: makes the device */
};

struct hostile {
    struct members_world *w;
    struct puppet puppets[PUPPETS];
    struct members_author root;        /* of puppet 1, at the beginning */
    struct members_author inviters[2]; /* of those who duel, at the beginning */
    uint32_t count;
    uint32_t revoke; /* what all co-sign */
    uint64_t said;
};

/* Let the person in slot `by` bring in the next puppet, in slot `who`. */
static void bring(struct hostile *h, int by, int who)
{
    struct members_world *w = h->w;
    struct members_world_person *p = &w->persons[who];
    struct puppet *puppet = &h->puppets[h->count++];
    memset(p, 0, sizeof *p);
    (void)members_world_invite(w, by, who);
    members_world_device(w, who);
    const struct members_op *join = members_world_by(w, who, members_world_msg(MEMBERS_MSG_JOIN));
    p->devices[0].has_join = true;
    memcpy(p->devices[0].join, join->id, sizeof join->id);
    memcpy(puppet->member, p->member, sizeof puppet->member);
    memcpy(puppet->made, p->devices[0].grant, sizeof puppet->made);
}

static void settle_in(struct hostile *h, uint32_t puppet, int slot)
{
    h->puppets[puppet].device = h->w->persons[slot].devices[0];
    h->puppets[puppet].early = h->w->persons[slot].devices[0];
}

/* `many` of them in a line; or half of them under each of two invitees of the founder, all of one
 * depth. */
static void gather(struct hostile *h, uint32_t many, bool is_line)
{
    bring(h, 0, 1);
    settle_in(h, 0, 1);
    if (!is_line) {
        bring(h, 0, 2);
        settle_in(h, 1, 2);
    }
    while (h->count < many) {
        uint32_t i = h->count;
        int by = is_line ? 1 + (int)((i - 1) % 2) : 1 + (int)(i % 2);
        int who = is_line ? 1 + (int)(i % 2) : 3;
        bring(h, by, who);
        settle_in(h, i, who);
        uint32_t inviter = is_line ? i - 1 : i % 2;
        settle_in(h, inviter, by);
    }
}

/* A REVOKE of that puppet which honours how it joined and whom it brought in. */
static struct members_msg against(const struct hostile *h, uint32_t target)
{
    const struct puppet *p = &h->puppets[target];
    struct members_msg m = members_world_msg(MEMBERS_MSG_REVOKE);
    m.target = span_of(p->member, sizeof p->member);
    m.cuts[m.cut_count++] = (struct members_msg_cut){1, span_of(p->made, sizeof p->made)};
    m.cuts[m.cut_count++] =
        (struct members_msg_cut){p->early.sequence, span_of(p->early.last, sizeof p->early.last)};
    return m;
}

/* Sign as that puppet, with the last operation here as parent: no two are alike. */
static void sign(struct hostile *h, uint32_t by, struct members_msg *m)
{
    struct members_author *a = &h->puppets[by].device;
    const struct members_op *op = NULL;
    uint8_t parent[MEMBERS_MSG_ID_SIZE];
    memcpy(parent, h->w->log.ops[h->w->log.op_count - 1]->id, sizeof parent);
    m->parents[0] = span_of(parent, sizeof parent);
    m->parent_count = 1;
    (void)members_world_forge(h->w, a, m, &op); /* what is not let in is not */
    if (a->sequence > h->puppets[by].early.sequence + STRETCH) {
        *a = h->puppets[by].early;
    }
}

static void say(struct hostile *h, uint32_t by)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 99;
    m.content = span_of(&h->said, sizeof h->said);
    h->said++;
    sign(h, by, &m);
}

/* Puppets revoke each other: the strides vary, so that all depths and branches meet. */
static void quarrel(struct hostile *h, uint32_t turn)
{
    uint32_t by = turn % h->count;
    uint32_t target = (by + 1 + turn / h->count * 7 % (h->count - 1)) % h->count;
    struct members_msg m = against(h, target);
    sign(h, by, &m);
}

static void fork(struct hostile *h, uint32_t turn)
{
    if (turn % 3 > 0) {
        say(h, 1);
        return;
    }
    struct members_msg m = against(h, 1);
    h->puppets[0].device = h->puppets[0].early;
    sign(h, 0, &m);
}

static void crowd(struct hostile *h, uint32_t turn)
{
    struct members_world *w = h->w;
    uint32_t by = (uint32_t)random_below(&w->random, h->count);
    uint32_t what = (uint32_t)random_below(&w->random, 8);
    const struct members_op *some = w->log.ops[random_below(&w->random, w->log.op_count)];
    struct members_msg m = members_world_msg(MEMBERS_MSG_COSIGN);
    if (what < 2) {
        m.target = span_of(some->id, sizeof some->id);
    } else if (what < 7) {
        m = against(h, (uint32_t)random_below(&w->random, h->count));
        m.is_subtree = what == 2;
        m.cut_count = what == 3 ? 1 : m.cut_count;
        if (some->sequence > 0 && what > 4) {
            m.target = span_of(w->log.ops[w->log.members[some->member].op]->id, sizeof some->id);
            m.cuts[0] = (struct members_msg_cut){some->sequence, span_of(some->id, 32)};
            m.cut_count = 1;
        }
    } else {
        say(h, by);
        return;
    }
    if (turn % 5 == 0) {
        h->puppets[by].device = h->puppets[by].early;
    }
    sign(h, by, &m);
}

/* Puppet 1 has ever more devices, each of which says something; all revoke it, and each revocation
 * spares some of them. */
static void chains(struct hostile *h, uint32_t turn)
{
    struct members_world *w = h->w;
    struct members_world_person *p = &w->persons[2];
    if (turn % 4 > 0 && w->log.op_count + 2 <= ORDINARY) {
        if (turn == 1) {
            h->root = p->root;
        }
        if (p->root.sequence == MEMBERS_DEVICES_MAX) {
            p->root = h->root;
        }
        memset(&p->devices[1], 0, sizeof p->devices[1]);
        p->device_count = 1;
        members_world_device(w, 2);
        struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
        m.kind = 99;
        (void)members_world_sign(w, &p->devices[1], m);
        return;
    }
    struct members_msg m = against(h, 1);
    uint32_t most = turn / 4 % 2 == 0 ? 9 : 99;
    for (uint32_t i = 1; m.cut_count < most && i <= w->log.op_count; i++) {
        const struct members_op *op = w->log.ops[random_below(&w->random, w->log.op_count)];
        if (op->kind > MEMBERS_MSG_SUCCEED) {
            m.cuts[m.cut_count++] = (struct members_msg_cut){op->sequence, span_of(op->id, 32)};
        }
    }
    sign(h, 2 + turn / 4 % (h->count - 2), &m);
}

static void voices(struct hostile *h, uint32_t turn)
{
    if (turn == 0) {
        struct members_msg m = against(h, h->count / 2);
        sign(h, 0, &m);
        h->revoke = h->w->log.op_count - 1;
    }
    if (turn % 4 == 0) {
        quarrel(h, turn / 4);
        return;
    }
    struct members_msg m = members_world_msg(MEMBERS_MSG_COSIGN);
    m.target = span_of(h->w->log.ops[h->revoke]->id, MEMBERS_MSG_ID_SIZE);
    sign(h, turn % h->count, &m);
}

/* The founder brings one in, and the end of the line another; they revoke each other. */
static void duel(struct hostile *h, uint32_t turn)
{
    struct members_world *w = h->w;
    struct members_msg m[2];
    const struct members_op *op = NULL;
    if (w->log.op_count + 6 > ORDINARY) {
        quarrel(h, turn);
        return;
    }
    for (int i = 0; i < 2; i++) {
        int by = i == 0 ? 0 : 1 + (PUPPETS - 1) % 2;
        struct members_author *inviter = &w->persons[by].devices[0];
        h->inviters[i] = turn == 0 ? *inviter : h->inviters[i];
        if (inviter->sequence == MEMBERS_SEQUENCE_MAX) {
            *inviter = h->inviters[i];
        }
        h->count = PUPPETS - 1;
        bring(h, by, 3 + i);
    }
    for (int i = 0; i < 2; i++) {
        const struct members_world_person *p = &w->persons[3 + i];
        m[i] = members_world_msg(MEMBERS_MSG_REVOKE);
        m[i].target = span_of(p->member, sizeof p->member);
        m[i].cuts[0] =
            (struct members_msg_cut){1, span_of(p->devices[0].grant, MEMBERS_MSG_ID_SIZE)};
        m[i].cuts[1] =
            (struct members_msg_cut){1, span_of(p->devices[0].join, MEMBERS_MSG_ID_SIZE)};
        m[i].cut_count = 2;
    }
    (void)members_world_forge(w, &w->persons[3].devices[0], &m[1], &op);
    (void)members_world_forge(w, &w->persons[4].devices[0], &m[0], &op);
}

void members_hostile_open(struct members_world *w, enum members_hostile kind, uint32_t operations)
{
    static const struct {
        void (*turn)(struct hostile *, uint32_t);
        uint32_t many;
        bool is_line;
    } kinds[MEMBERS_HOSTILE_END] = {
        [MEMBERS_HOSTILE_LINE] = {quarrel, PUPPETS, true},
        [MEMBERS_HOSTILE_RING] = {quarrel, 60, false},
        [MEMBERS_HOSTILE_FORKS] = {fork, 60, false},
        [MEMBERS_HOSTILE_CROWD] = {crowd, 60, false},
        [MEMBERS_HOSTILE_CHAINS] = {chains, 60, false},
        [MEMBERS_HOSTILE_VOICES] = {voices, PUPPETS, true},
        [MEMBERS_HOSTILE_DUELS] = {duel, PUPPETS, true},
    };
    struct hostile *h = mem_new(sizeof *h);
    h->w = w;
    members_world_open(w, &members_null_signer, MEMBERS_MSG_ANY);
    w->is_loading = true; /* whatever the log lets in of whom: evaluation does not rest on that */
    gather(h, kinds[kind].many, kinds[kind].is_line);
    /* A turn whose operation is not let in adds nothing: so the turns have an end, too. */
    for (uint32_t turn = 0; w->log.op_count < operations && turn < 2 * operations; turn++) {
        kinds[kind].turn(h, turn);
    }
    mem_free(h);
}

uint64_t members_hostile_size(const struct members *log)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < log->op_count; i++) {
        size += 1 + log->ops[i]->cut_count;
    }
    return size;
}
