/* Networks in the store: what comes back after a restart, and after a crash between two commits. */
#include "group/network_keep.h"

#include "tests/base/unit.h"
#include "tests/store/disk.h"
#include "tests/support/members_world.h"

static struct members_world people;

static void open_people(void)
{
    members_world_open(&people, &signer_ed25519, MEMBERS_MSG_INVITER);
    for (int i = 1; i < 4; i++) {
        members_world_join(&people, i - 1, i);
    }
}

/* The first `count` operations of the people's log. */
static void begin(struct network *n, uint32_t count)
{
    const struct members_op *genesis = people.log.ops[MEMBERS_GENESIS];
    enum members_fed fed = MEMBERS_KNOWN;

    assert_int_equal(
        network_init(n, people.signer, &people.random, span_of(genesis->bytes, genesis->len)), 0);
    for (uint32_t i = 1; i < count; i++) {
        const struct members_op *op = people.log.ops[i];
        assert_int_equal(members_feed(&n->log, span_of(op->bytes, op->len), 1, &fed), 0);
    }
    (void)network_settle(n);
}

static void feed(struct network *n, uint32_t place)
{
    const struct members_op *op = people.log.ops[place];
    enum members_fed fed = MEMBERS_KNOWN;

    assert_int_equal(members_feed(&n->log, span_of(op->bytes, op->len), 1, &fed), 0);
    assert_int_equal(fed, MEMBERS_ADDED);
}

static struct network_keep_row row_of(struct disk *d, const struct network *n)
{
    struct network_keep_row row = {.sequence = 5, .last = {1, 2}, .member = {3}};

    memcpy(row.id, members_network(&n->log), sizeof row.id);
    assert_int_equal(network_keep_number(d->store, &row.number), 0);
    return row;
}

static int load(struct disk *d, struct network_keep_row *row, struct network *n)
{
    struct buf key;

    buf_init(&key, STORE_KEY_MAX);
    int rc = network_keep_next(d->store, &key, row);
    rc = rc < 0 ? rc : network_keep_load(d->store, row, people.signer, &people.random, n);
    buf_clear(&key);
    return rc;
}

static void test_all_comes_back(void **state)
{
    struct disk d;
    struct network n;
    struct network back;
    struct network_keep_row found;

    (void)state;
    open_people();
    disk_start(&d, 1, STORE_DISK);
    begin(&n, 4);
    struct network_keep_row row = row_of(&d, &n);
    assert_int_equal(network_keep_log(d.store, &row, &n.log), 0);
    assert_int_equal(network_keep_keys(d.store, &row, &n), 0);
    for (uint32_t i = 4; i < people.log.op_count; i++) {
        feed(&n, i); /* grows bit by bit */
        row.sequence = i;
        assert_int_equal(network_keep_log(d.store, &row, &n.log), 0);
    }
    assert_int_equal(store_flush(d.store), 0);
    disk_reopen(&d);
    assert_int_equal(load(&d, &found, &back), 0);
    assert_int_equal(found.sequence, people.log.op_count - 1);
    assert_int_equal(found.number, row.number);
    assert_int_equal(found.stored, people.log.op_count);
    assert_memory_equal(found.member, row.member, sizeof row.member);
    assert_memory_equal(found.last, row.last, sizeof row.last);
    (void)network_settle(&n);
    assert_memory_equal(n.hash, back.hash, sizeof n.hash);
    uint32_t number = 0;
    assert_int_equal(network_keep_number(d.store, &number), 0);
    assert_int_equal(number, row.number + 1); /* never given again */
    network_clear(&back);
    network_clear(&n);
    disk_stop(&d);
    members_world_close(&people);
}

static void test_forgotten_is_gone(void **state)
{
    struct disk d;
    struct network n;
    struct network_keep_row found;

    (void)state;
    open_people();
    disk_start(&d, 2, STORE_MEMORY);
    begin(&n, 8);
    struct network_keep_row row = row_of(&d, &n);
    assert_int_equal(network_keep_log(d.store, &row, &n.log), 0);
    assert_int_equal(network_keep_keys(d.store, &row, &n), 0);
    assert_int_equal(network_keep_forget(d.store, &row), 0);
    network_clear(&n);
    assert_int_equal(load(&d, &found, &n), WAVU_ERR_NOT_FOUND);
    disk_stop(&d);
    members_world_close(&people);
}

static void test_damage_is_found(void **state)
{
    struct disk d;
    struct network n;
    struct network_keep_row found;
    const uint8_t newer[NETWORK_KEEP_ROW_SIZE] = {2};

    (void)state;
    open_people();
    disk_start(&d, 3, STORE_MEMORY);
    begin(&n, 8);
    struct network_keep_row row = row_of(&d, &n);
    assert_int_equal(network_keep_log(d.store, &row, &n.log), 0);
    network_clear(&n);
    assert_int_equal(load(&d, &found, &n), WAVU_ERR_CORRUPT); /* no keys */
    assert_int_equal(store_put(d.store, "networks", span_of(row.id, 32), span_of(newer, 40)), 0);
    assert_int_equal(load(&d, &found, &n), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(store_put(d.store, "networks", span_of(row.id, 32), UNIT_TEXT("\1")), 0);
    assert_int_equal(load(&d, &found, &n), WAVU_ERR_CORRUPT);
    disk_stop(&d);
    members_world_close(&people);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_all_comes_back),
        UNIT(test_forgotten_is_gone),
        UNIT(test_damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
