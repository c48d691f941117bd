/*
 * The membership log: what its operations weigh, how fast they are let in, and how long it takes to
 * say who belongs.
 *
 * In: operations in a log (argv[1], default 10,000). Out: one JSON line: bytes of an operation of
 * each kind (one parent, names as they come); microseconds to let one in, signature verified and
 * not; milliseconds to evaluate a log of that many operations, of an honest network, and of one
 * where 16 persons with 3 devices each do nothing but revoke each other; and the longest that any
 * full log of tests/support/members_hostile.h takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "crypto/secret.h"
#include "tests/support/members_hostile.h"

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

/* Say who belongs, the best of five. */
static double evaluate_ms(struct members_world *w)
{
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double from = now();
        members_world_run(w);
        double took = (now() - from) * 1e3;
        best = took < best ? took : best;
    }
    return best;
}

/* Members by the hundred who come, say something and lose devices; one in 20 is revoked. */
static double honest_ms(uint32_t operations)
{
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    for (int i = 0; w.log.op_count < operations; i++) {
        int who = 1 + i % 14;
        memset(&w.persons[who], 0, sizeof w.persons[who]);
        int by = w.persons[(who + 5) % 14 + 1].device_count > 0 ? (who + 5) % 14 + 1 : 0;
        by = w.persons[by].device_count > 0 &&
                     w.log.members[members_member_of(&w.log, w.persons[by].member)].depth < 200
                 ? by
                 : 0;
        struct members_world_person *p = &w.persons[who];
        (void)members_world_invite(&w, by, who);
        members_world_device(&w, who);
        const struct members_op *join =
            members_world_by(&w, who, members_world_msg(MEMBERS_MSG_JOIN));
        p->devices[0].has_join = true;
        memcpy(p->devices[0].join, join->id, sizeof join->id);
        members_world_device(&w, who);
        for (int k = 0; k < 5; k++) {
            (void)members_world_say(&w, who);
        }
        if (i % 20 == 19) {
            (void)members_world_sign(&w, &p->root, members_world_remove(&w, who, 1));
            (void)members_world_by(&w, 0, members_world_revoke(&w, who));
        }
    }
    double ms = evaluate_ms(&w);
    members_world_close(&w);
    return ms;
}

/* Everybody against everybody, nobody honouring anything: one knot of as many depths as persons. */
static double hostile_ms(uint32_t operations, uint32_t *knots)
{
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    w.is_loading = true; /* more than their accounts in the log let in */
    struct members_msg against[MEMBERS_WORLD_PERSONS];
    for (int i = 1; i < MEMBERS_WORLD_PERSONS; i++) {
        members_world_join(&w, i - 1, i);
    }
    for (int i = 0; i < MEMBERS_WORLD_PERSONS; i++) {
        while (w.persons[i].device_count < MEMBERS_WORLD_DEVICES) {
            members_world_device(&w, i);
        }
        against[i] = members_world_revoke(&w, i);
    }
    for (uint32_t i = 0; w.log.op_count < operations; i++) {
        uint32_t by = i % MEMBERS_WORLD_PERSONS;
        uint32_t who = (by + 1 + i / 97 % 15) % MEMBERS_WORLD_PERSONS;
        struct members_author *a = &w.persons[by].devices[i / 16 % MEMBERS_WORLD_DEVICES];
        const struct members_op *op = NULL;
        if (a->sequence < 250) {
            CHECK(members_world_forge(&w, a, &against[who], &op) == 0);
        } else {
            (void)members_world_say(&w, (int)by);
        }
    }
    double ms = evaluate_ms(&w);
    *knots = w.state.eval.knots;
    members_world_close(&w);
    return ms;
}

/* The slowest of the logs made to be slow, as large as is let in. `*steps` is the most that one
 * took for an operation or cut. */
static double full_ms(double *steps)
{
    double worst = 0;
    for (int kind = 0; kind < MEMBERS_HOSTILE_END; kind++) {
        struct members_world w;
        members_hostile_open(&w, (enum members_hostile)kind, MEMBERS_OPERATIONS_MAX);
        double ms = evaluate_ms(&w);
        double each = (double)w.state.eval.work / (double)members_hostile_size(&w.log);
        fprintf(stderr, "hostile log %d: %u operations, %.1f ms, %.1f steps each, %u knots\n", kind,
                w.log.op_count, ms, each, w.state.eval.knots);
        worst = ms > worst ? ms : worst;
        *steps = each > *steps ? each : *steps;
        members_world_close(&w);
    }
    return worst;
}

static double let_in_us(struct members *log, bool is_verified)
{
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    struct members twin;
    enum members_fed fed = MEMBERS_KNOWN;
    const struct members_op *genesis = log->ops[0];
    CHECK(members_init(&twin, log->signer, &random, span_of(genesis->bytes, genesis->len)) == 0);
    double from = now();
    for (uint32_t i = 1; i < log->op_count; i++) {
        struct span bytes = span_of(log->ops[i]->bytes, log->ops[i]->len);
        CHECK((is_verified ? members_feed(&twin, bytes, 0, &fed)
                           : members_feed_verified(&twin, bytes, &fed)) == 0);
    }
    double us = (now() - from) * 1e6 / (log->op_count - 1);
    members_clear(&twin);
    return us;
}

/* One of each kind, as they are written with one parent. */
static void sizes(struct members_world *w, uint32_t bytes[8])
{
    const struct members_op *op = NULL;
    struct identity next = {members_null_pair(w->signer, 77)};
    members_world_join(w, 0, 1);
    members_world_join(w, 1, 2);
    members_world_device(w, 1);
    for (uint32_t i = 1; i < w->log.op_count; i++) {
        bytes[w->log.ops[i]->kind] = w->log.ops[i]->len + 34; /* written without parents here */
    }
    struct members_msg m = members_world_revoke(w, 2);
    const struct members_op *revoke = NULL;
    CHECK(members_write(&w->log, &w->persons[0].devices[0], &m, &revoke) == 0);
    bytes[MEMBERS_MSG_REVOKE] = revoke->len;
    m = members_world_msg(MEMBERS_MSG_COSIGN);
    m.target = span_of(revoke->id, sizeof revoke->id);
    CHECK(members_write(&w->log, &w->persons[1].devices[0], &m, &op) == 0);
    bytes[MEMBERS_MSG_COSIGN] = op->len;
    m = members_world_remove(w, 1, 0);
    CHECK(members_write(&w->log, &w->persons[1].root, &m, &op) == 0);
    bytes[MEMBERS_MSG_REMOVE] = op->len;
    CHECK(identity_succeed(&w->log, &w->persons[1].root, &next, &op) == 0);
    bytes[MEMBERS_MSG_SUCCEED] = op->len;
}

int main(int argc, char **argv)
{
    uint32_t operations = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
    uint32_t bytes[8] = {0};
    uint32_t knots = 0;
    struct members_world w;
    CHECK(secret_start() == 0);
    members_world_open(&w, &signer_ed25519, MEMBERS_MSG_INVITER);
    sizes(&w, bytes);
    for (int i = 0; i < 500; i++) {
        (void)members_world_say(&w, 0);
    }
    double verified = let_in_us(&w.log, true);
    double trusted = let_in_us(&w.log, false);
    members_world_close(&w);
    double honest = honest_ms(operations);
    double hostile = hostile_ms(operations, &knots);
    double steps = 0;
    double full = full_ms(&steps);
    printf("{\"type\": \"members\", \"operations\": %u, \"inviteBytes\": %u, \"joinBytes\": %u, "
           "\"deviceBytes\": %u, \"removeBytes\": %u, \"revokeBytes\": %u, \"cosignBytes\": %u, "
           "\"succeedBytes\": %u, \"letInUs\": %.1f, \"letInTrustedUs\": %.1f, "
           "\"evaluateMs\": %.2f, \"evaluateHostileMs\": %.2f, \"knots\": %u, "
           "\"evaluateFullMs\": %.2f, \"evaluateFullSteps\": %.1f}\n",
           operations, bytes[MEMBERS_MSG_INVITE], bytes[MEMBERS_MSG_JOIN],
           bytes[MEMBERS_MSG_DEVICE], bytes[MEMBERS_MSG_REMOVE], bytes[MEMBERS_MSG_REVOKE],
           bytes[MEMBERS_MSG_COSIGN], bytes[MEMBERS_MSG_SUCCEED], verified, trusted, honest,
           hostile, knots, full, steps);
    return 0;
}
