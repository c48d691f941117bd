/*
 * What the machine is told of a log that grows: who belongs now, and at heads that come later.
 */
#include "group/epochs_views.h"

#include "tests/base/unit.h"
#include "tests/support/members_world.h"

static struct members_world w;
static struct network n;
static struct epoch e;
static struct aead *aead;
static struct epochs_views views;

/* The log of the world as far as `upto`, in a network of its own. */
static void follow(uint32_t upto)
{
    for (uint32_t i = 1; i < upto; i++) {
        enum members_fed fed = MEMBERS_KNOWN;

        assert_int_equal(
            members_feed(&n.log, span_of(w.log.ops[i]->bytes, w.log.ops[i]->len), 1, &fed), 0);
    }
    (void)network_settle(&n);
}

static void begin(int persons)
{
    members_world_open(&w, &signer_ed25519, MEMBERS_MSG_ANY);
    for (int i = 1; i < persons; i++) {
        members_world_join(&w, 0, i);
    }
    const struct members_op *genesis = w.log.ops[MEMBERS_GENESIS];
    assert_int_equal(network_init(&n, w.signer, &w.random, span_of(genesis->bytes, genesis->len)),
                     0);
    aead = aead_new();
    struct epoch_config config = {.device = &w.persons[0].devices[0].pair,
                                  .signer = w.signer,
                                  .random = &w.random,
                                  .aead = aead,
                                  .kind = AEAD_CHACHA20_POLY1305};
    memcpy(config.group, members_network(&n.log), sizeof config.group);
    epoch_init(&e, &config, 1);
    views = (struct epochs_views){.at = 0};
}

static void end(void)
{
    epoch_clear(&e);
    aead_free(aead);
    network_clear(&n);
    members_world_close(&w);
}

static size_t wanted(void)
{
    size_t count = 0;

    for (size_t i = 0; i < EPOCHS_VIEWS_MAX; i++) {
        count += views.wanted[i].len > 0;
    }
    return count;
}

static void who_belongs_follows_the_log(void **state)
{
    (void)state;
    begin(4);
    follow(w.log.op_count);
    epochs_views_now(&e, &n, 1);
    assert_non_null(e.current);
    assert_int_equal(e.current->count, 4);
    members_world_by(&w, 0, members_world_revoke(&w, 3));
    follow(w.log.op_count);
    epochs_views_now(&e, &n, 2);
    assert_int_equal(e.current->count, 3);
    assert_true(epoch_bar(&e) == EPOCH_EMPTY); /* sure who belongs */
    end();
}

/* Heads that are not here are remembered once each, and found when the log has them. */
static void heads_that_come_later_are_found(void **state)
{
    (void)state;
    begin(4);
    const uint32_t last = w.log.op_count - 1;
    follow(last - 1);
    epochs_views_now(&e, &n, 1);
    for (int i = 0; i < 3; i++) {
        epochs_views_then(&views, &e, &n, 1, span_of(w.log.ops[last]->id, 32));
        assert_int_equal(wanted(), 1);
    }
    epochs_views_then(&views, &e, &n, 1, span_of(w.log.ops[1]->id, 32));
    assert_int_equal(wanted(), 1); /* that was here */
    epochs_views_grown(&views, &e, &n, 2);
    assert_int_equal(wanted(), 1);
    follow(w.log.op_count);
    epochs_views_grown(&views, &e, &n, 3);
    assert_int_equal(wanted(), 0);
    end();
}

/* Whoever names heads that nobody has: few are remembered, the newest. */
static void of_too_many_heads_the_oldest_go(void **state)
{
    (void)state;
    uint8_t id[32] = {0};
    begin(2);
    follow(w.log.op_count);
    for (size_t i = 0; i < EPOCHS_VIEWS_MAX + 3; i++) {
        id[0] = (uint8_t)(i + 1);
        epochs_views_then(&views, &e, &n, 1, span_of(id, sizeof id));
    }
    assert_int_equal(wanted(), EPOCHS_VIEWS_MAX);
    assert_int_equal(views.wanted[2].heads[0], EPOCHS_VIEWS_MAX + 3);
    assert_int_equal(views.wanted[3].heads[0], 4);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_belongs_follows_the_log),
        UNIT(heads_that_come_later_are_found),
        UNIT(of_too_many_heads_the_oldest_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
