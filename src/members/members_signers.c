/*
 * Two signers are a pair when they differ in branch and in root. Of several, two do exactly when
 * there is more than one branch and more than one root: were all pairs alike in one of the two,
 * all signers would be. So it is enough to tally branches and roots.
 */
#include "members/members_signers.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "members/members_admit.h"

/* A signer while it is sorted. */
struct sorted {
    const struct members *log;
    struct members_signers_one one;
};

static int by_number(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b ? 1 : 0;
}

static const struct members_member *member_of(const struct sorted *s)
{
    return &s->log->members[s->one.member];
}

static int by_branch(const void *a, const void *b)
{
    return by_number(member_of(a)->branch, member_of(b)->branch);
}

static int by_root(const void *a, const void *b)
{
    return span_compare(span_of(member_of(a)->root, MEMBERS_MSG_KEY_SIZE),
                        span_of(member_of(b)->root, MEMBERS_MSG_KEY_SIZE));
}

static int by_depth(const void *a, const void *b)
{
    int order = by_number(member_of(a)->depth, member_of(b)->depth);
    return order != 0
               ? order
               : by_number(((const struct sorted *)a)->one.op, ((const struct sorted *)b)->one.op);
}

/* Lay the tree of inviters out: inviters come before those they invited. */
static void lay_out(struct members_signers *s)
{
    const struct members *log = s->log;
    uint32_t *next = mem_new_array(log->member_count, sizeof *next);
    s->enter = mem_new_array(log->member_count, sizeof *s->enter);
    s->span = mem_new_array(log->member_count, sizeof *s->span);
    for (uint32_t m = log->member_count; m-- > 0;) {
        s->span[m]++;
        s->span[log->members[m].inviter] += m != MEMBERS_GENESIS ? s->span[m] : 0;
    }
    next[MEMBERS_GENESIS] = 1;
    for (uint32_t m = 1; m < log->member_count; m++) {
        s->enter[m] = next[log->members[m].inviter];
        next[log->members[m].inviter] += s->span[m];
        next[m] = s->enter[m] + 1;
    }
    s->work += log->op_count + log->member_count;
    mem_free(next);
}

/* Take the signature in, unless its member is the target or under it. */
static void take(const struct members_signers *s, struct sorted *list, uint32_t *count, uint32_t r,
                 uint32_t op)
{
    const struct members_op *revocation = s->log->ops[r];
    uint32_t member = s->log->ops[op]->member;
    uint32_t target =
        revocation->kind == MEMBERS_MSG_REVOKE ? revocation->target : revocation->member;
    bool is_within = s->enter[member] - s->enter[target] < s->span[target];
    if (member != target && (target == MEMBERS_GENESIS || !is_within)) {
        list[(*count)++] = (struct sorted){s->log, {.op = op, .member = member}};
    }
}

static void add(struct members_signers_tally *t, bool is_sure, uint32_t *kinds, uint32_t *sure)
{
    *kinds += t->may++ == 0 ? 1 : 0;
    *sure += is_sure && t->sure++ == 0 ? 1 : 0;
}

/* Sort the signers of `r`, number their branches and roots from `*tally` on, and tally them. */
static void enlist(struct members_signers *s, uint32_t r, struct sorted *list, uint32_t *tally)
{
    struct members_signers_of *of = &s->of[r];
    uint32_t count = of->end - of->from;
    qsort(list, count, sizeof *list, by_branch);
    for (uint32_t i = 0; i < count; i++) {
        *tally += i == 0 || by_branch(&list[i - 1], &list[i]) != 0 ? 1 : 0;
        list[i].one.branch = *tally - 1;
    }
    qsort(list, count, sizeof *list, by_root);
    for (uint32_t i = 0; i < count; i++) {
        *tally += i == 0 || by_root(&list[i - 1], &list[i]) != 0 ? 1 : 0;
        list[i].one.root = *tally - 1;
    }
    qsort(list, count, sizeof *list, by_depth);
    for (uint32_t i = 0; i < count; i++) {
        const struct members_signers_one *one = &list[i].one;
        s->all[of->from + i] = *one;
        s->ones[one->op] = of->from + i;
        add(&s->tallies[one->branch], one->op == r, &of->branches, &of->sure_branches);
        add(&s->tallies[one->root], one->op == r, &of->roots, &of->sure_roots);
    }
    of->nearest = of->from;
    of->uncontested = count;
    s->work += count;
}

void members_signers_init(struct members_signers *s, const struct members *log)
{
    uint32_t most = 0; /* COSIGNs, and an author each */
    memset(s, 0, sizeof *s);
    s->log = log;
    for (uint32_t i = 0; i < log->op_count; i++) {
        most += log->ops[i]->kind == MEMBERS_MSG_COSIGN ? 2 : 0;
    }
    lay_out(s);
    s->of = mem_new_array(log->op_count, sizeof *s->of);
    s->all = mem_new_array((size_t)most + 1, sizeof *s->all);
    s->tallies = mem_new_array(2 * (size_t)most + 1, sizeof *s->tallies);
    s->ones = mem_new_array(log->op_count, sizeof *s->ones);
    struct sorted *list = mem_new_array((size_t)most + 1, sizeof *list);
    uint32_t used = 0;
    uint32_t tally = 0;
    for (uint32_t i = 0; i < log->op_count; i++) {
        s->ones[i] = MEMBERS_NONE;
    }
    for (uint32_t i = 0; i < log->op_count; i++) {
        uint32_t count = 0;
        if (log->ops[i]->first_cosign == MEMBERS_NONE) {
            continue;
        }
        take(s, list, &count, i, i);
        for (uint32_t c = log->ops[i]->first_cosign; c != MEMBERS_NONE; c = log->ops[c]->next) {
            take(s, list, &count, i, c);
        }
        s->of[i].from = used;
        s->of[i].end = used += count;
        enlist(s, i, list, &tally);
    }
    mem_free(list);
}

void members_signers_clear(struct members_signers *s)
{
    mem_free(s->of);
    mem_free(s->all);
    mem_free(s->tallies);
    mem_free(s->ones);
    mem_free(s->enter);
    mem_free(s->span);
    memset(s, 0, sizeof *s);
}

void members_signers_lose(struct members_signers *s, uint32_t cosign)
{
    if (s->ones[cosign] == MEMBERS_NONE) {
        return;
    }
    struct members_signers_one *one = &s->all[s->ones[cosign]];
    struct members_signers_of *of = &s->of[s->log->ops[cosign]->target];
    one->is_lost = true;
    of->uncontested -= one->is_contested ? 0 : 1;
    of->branches -= --s->tallies[one->branch].may == 0 ? 1 : 0;
    of->roots -= --s->tallies[one->root].may == 0 ? 1 : 0;
    while (of->nearest < of->end && s->all[of->nearest].is_lost) {
        of->nearest++;
    }
}

void members_signers_gain(struct members_signers *s, uint32_t cosign)
{
    if (s->ones[cosign] == MEMBERS_NONE) {
        return;
    }
    const struct members_signers_one *one = &s->all[s->ones[cosign]];
    struct members_signers_of *of = &s->of[s->log->ops[cosign]->target];
    of->sure_branches += s->tallies[one->branch].sure++ == 0 ? 1 : 0;
    of->sure_roots += s->tallies[one->root].sure++ == 0 ? 1 : 0;
}

static bool is_pair(const struct members_signers_of *of)
{
    return of->branches > 1 && of->roots > 1;
}

bool members_signers_may(const struct members_signers *s, uint32_t r)
{
    return s->log->ops[r]->is_alone || is_pair(&s->of[r]);
}

bool members_signers_must(const struct members_signers *s, uint32_t r)
{
    return s->log->ops[r]->is_alone || (s->of[r].sure_branches > 1 && s->of[r].sure_roots > 1);
}

static uint32_t depth_of(const struct members_signers *s, uint32_t member)
{
    return s->log->members[member].depth;
}

uint32_t members_signers_depth(const struct members_signers *s, uint32_t r)
{
    const struct members_signers_of *of = &s->of[r];
    uint32_t own = depth_of(s, s->log->ops[r]->member);
    if (!is_pair(of)) {
        return own;
    }
    uint32_t nearest = depth_of(s, s->all[of->nearest].member);
    return s->log->ops[r]->is_alone && own < nearest ? own : nearest;
}

void members_signers_contest(struct members_signers *s, uint32_t r, const uint32_t *nearest)
{
    struct members_signers_of *of = &s->of[r];
    for (uint32_t i = of->from; i < of->end; i++) {
        struct members_signers_one *one = &s->all[i];
        if (!one->is_contested && nearest[one->op] < depth_of(s, one->member)) {
            one->is_contested = true;
            of->uncontested -= one->is_lost ? 0 : 1;
        }
    }
    s->work += of->end - of->from;
}

uint32_t members_signers_strength(const struct members_signers *s, uint32_t r)
{
    const struct members_signers_of *of = &s->of[r];
    if (is_pair(of) && of->uncontested > 0) {
        return 2 * MEMBERS_DEPTH_MAX + 1 - depth_of(s, s->all[of->nearest].member);
    }
    return MEMBERS_DEPTH_MAX - members_signers_depth(s, r);
}
