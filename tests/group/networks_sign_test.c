/*
 * What a node signs: that it leaves, by its person's root where that is here.
 */
#include "group/networks_core.h"

#include "tests/base/unit.h"
#include "tests/support/members_null.h"
#include "tests/support/networks_world.h"

static struct networks_world w;

static void run(uint64_t seconds)
{
    sim_run_for(w.net.sim, seconds * TIMERS_SECOND);
}

static void begin(uint64_t seed)
{
    networks_world_start(&w, seed, 3, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    networks_world_join(&w, 0, 2);
}

/* The last LEAVE in node 0's log. */
static const struct members_op *left(void)
{
    const struct members *log = &networks_world_one(&w, 0)->network.log;
    const struct members_op *found = NULL;

    for (uint32_t i = 0; i < log->op_count; i++) {
        found = log->ops[i]->kind == MEMBERS_MSG_LEAVE ? log->ops[i] : found;
    }
    assert_non_null(found);
    return found;
}

/* A thief has the whole home of who left, and a node that will listen: what it signs with the
 * device's key brings in nobody, and the root makes no other device. */
static void a_thief_of_a_home_that_left_invites_nobody(void **state)
{
    (void)state;
    struct members_author author;
    struct members_msg m = {.kind = MEMBERS_MSG_INVITE};
    const struct members_op *op = NULL;
    uint8_t consent[SIGNER_SIZE];
    const uint8_t puppet[MEMBERS_MSG_KEY_SIZE] = {7};
    begin(11);
    struct networks_one *thief = networks_world_one(&w, 2);
    struct networks_one *other = networks_world_one(&w, 0);
    struct members *log = &other->network.log;
    assert_int_equal(identity_device_author(&author, &thief->owner->device, &thief->network.state,
                                            thief->row.member),
                     0);
    author.sequence = thief->row.sequence;
    memcpy(author.last, thief->row.last, sizeof author.last);
    assert_int_equal(networks_leave(thief), 0);
    run(4);
    assert_int_equal(networks_world_members(&w, 0), 2);
    m.key = span_of(puppet, sizeof puppet);
    (void)!members_write(log, &author, &m, &op);
    networks_settle(other);
    for (uint32_t i = 0; i < other->network.state.member_count; i++) {
        const struct members_op *made = log->ops[log->members[i].op];

        assert_true(i == MEMBERS_GENESIS || made->seat == MEMBERS_NONE ||
                    memcmp(log->members[i].root, puppet, sizeof puppet) != 0 ||
                    other->network.state.members[i].status == MEMBERS_STATE_VOID);
    }
    const struct ed25519_pair another = members_null_pair(log->signer, 99);
    assert_int_equal(
        identity_author(&author, &thief->owner->person, &other->network.state, thief->row.member),
        0);
    members_write_consent(consent, log, &another, false, thief->row.member,
                          thief->owner->person.root.public_key);
    assert_int_equal(identity_certify(log, &author, another.public_key, consent, span_empty(), &op),
                     WAVU_ERR_CRYPTO);
    assert_true(left()->is_whole);
    networks_world_stop(&w);
}

/* Whose root is elsewhere leaves by its device; what nobody may sign now is not signed. */
static void who_has_no_root_leaves_by_its_device(void **state)
{
    (void)state;
    begin(12);
    struct networks_one *one = networks_world_one(&w, 2);
    one->owner->has_person = false;
    assert_int_equal(networks_leave(one), 0);
    assert_int_equal(networks_sign_leave(one), WAVU_ERR_DENIED);
    networks_sign_merge(one);
    run(4);
    assert_false(left()->is_whole);
    assert_int_equal(networks_world_members(&w, 0), 2);
    assert_int_equal(networks_world_members(&w, 1), 2);
    assert_false(networks_world_is_live(&w, 2));
    networks_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_thief_of_a_home_that_left_invites_nobody),
        UNIT(who_has_no_root_leaves_by_its_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
