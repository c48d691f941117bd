/*
 * One namespace: the newest of a key wins in any order, a missing key is noticed, the bounds hold.
 */
#include "tests/base/unit.h"

#include "overlay/state_owner.h"

static const uint8_t zeros[STATE_MSG_VALUE_MAX];
static struct state_owner owner;

static int begin(void **state)
{
    memset(&owner, 0, sizeof owner);
    owner.bytes = STATE_OWNER_COST;
    return unit_count_memory(state);
}

static int end(void **state)
{
    struct state_entry *e;
    state_owner_check(&owner);
    while ((e = state_owner_take(&owner)) != NULL) {
        mem_free(e);
    }
    return unit_compare_memory(state);
}

static struct state_msg_entry entry(uint64_t version, const char *key, const uint8_t *set)
{
    return (struct state_msg_entry){.version = version,
                                    .key = span_from_text(key),
                                    .value = UNIT_TEXT("value"),
                                    .set = span_of(set, STATE_MSG_SET_SIZE),
                                    .signature = span_of(zeros, OVERLAY_SIGN_SIZE)};
}

static void put(uint64_t version, const char *key, const uint8_t *set)
{
    struct state_msg_entry e = entry(version, key, set);
    assert_true(state_owner_wants(&owner, &e));
    assert_true(state_owner_has_room(&owner, &e));
    mem_free(state_owner_put(&owner, &e));
    state_owner_settle(&owner);
    state_owner_check(&owner);
}

/* Write as the owner does. */
static void write_key(const char *key, uint8_t set[STATE_MSG_SET_SIZE])
{
    state_owner_set(&owner, span_from_text(key), owner.version + 1, set);
    put(owner.version + 1, key, set);
}

static void a_missing_key_is_noticed_until_it_comes(void **state)
{
    (void)state;
    uint8_t sets[3][STATE_MSG_SET_SIZE];
    write_key("a", sets[0]);
    write_key("b", sets[1]);
    write_key("a", sets[2]); /* version 3; version 1 is no more */
    assert_true(owner.is_whole && owner.count == 2);
    struct state_entry *e;
    while ((e = state_owner_take(&owner)) != NULL) {
        mem_free(e);
    }
    owner.version = 0;
    put(3, "a", sets[2]); /* somebody hides b */
    assert_false(owner.is_whole);
    struct state_msg_entry old = entry(1, "a", sets[0]);
    assert_false(state_owner_wants(&owner, &old));
    put(2, "b", sets[1]);
    assert_true(owner.is_whole && owner.version == 3);
    struct state_msg_entry strange = entry(1, "c", sets[0]);
    assert_false(state_owner_wants(&owner, &strange));
}

static void the_newest_of_a_key_wins_in_any_order(void **state)
{
    (void)state;
    put(5, "a", zeros);
    put(3, "b", zeros);
    put(9, "b", zeros);
    put(7, "c", zeros);
    assert_int_equal(owner.count, 3);
    assert_int_equal(owner.entries[0]->version, 5);
    assert_int_equal(owner.entries[2]->version, 9);
    assert_int_equal(state_owner_find(&owner, UNIT_TEXT("b"))->version, 9);
}

static void a_version_is_believed_once(void **state)
{
    (void)state;
    struct state_msg_entry twin = entry(5, "b", zeros);
    put(5, "a", zeros);
    assert_false(state_owner_wants(&owner, &twin));
    put(9, "c", zeros);
    assert_false(state_owner_wants(&owner, &twin));
    twin.version = 4;
    assert_true(state_owner_wants(&owner, &twin));
}

static void a_generation_replaces_the_one_before_when_it_is_whole(void **state)
{
    (void)state;
    uint8_t sets[2][STATE_MSG_SET_SIZE];
    write_key("a", sets[0]);
    write_key("b", sets[1]);
    state_owner_begin(&owner, 1);
    assert_true(owner.past_count == 2 && owner.version == 0 && !owner.is_whole);
    assert_non_null(state_owner_find(&owner, UNIT_TEXT("b"))); /* still shown */
    write_key("a", sets[0]);
    assert_true(owner.is_whole && owner.past_count == 1 && owner.count == 2);
    struct state_entry *past = state_owner_take(&owner);
    assert_true(past->is_past && span_is_equal(state_owner_key(past), UNIT_TEXT("b")));
    mem_free(past);
    assert_int_equal(owner.past_bytes, 0);
}

static void keys_and_bytes_are_bounded(void **state)
{
    (void)state;
    char key[] = "k00";
    uint8_t set[STATE_MSG_SET_SIZE];
    struct state_msg_entry big = entry(1000, "big", zeros);
    big.value = span_of(zeros, sizeof zeros);
    for (uint64_t i = 0; i < STATE_OWNER_KEYS_MAX; i++) {
        key[1] = (char)('0' + i / 10);
        key[2] = (char)('0' + i % 10);
        write_key(key, set);
    }
    assert_false(state_owner_has_room(&owner, &big));
    memcpy(key, "k00", 3);
    big.key = span_of(key, 3); /* in the place of another: bytes count */
    while (state_owner_has_room(&owner, &big)) {
        mem_free(state_owner_put(&owner, &big));
        big.version++;
        key[2]++;
    }
    assert_true(key[2] > '2' && key[2] < '8');
    assert_true(owner.bytes <= STATE_OWNER_COST + STATE_OWNER_BYTES_MAX);
    assert_true(owner.bytes + STATE_MSG_VALUE_MAX > STATE_OWNER_BYTES_MAX);
}

static void what_is_written_fits_the_budget(void **state)
{
    (void)state;
    uint8_t out[4096];
    uint8_t set[STATE_MSG_SET_SIZE];
    struct wr w;
    struct state_msg_entry e;
    struct pb cursor;
    write_key("a", set);
    write_key("b", set);
    write_key("c", set);
    size_t one = state_msg_entry_size(
        &(struct state_msg_entry){.version = 1,
                                  .key = UNIT_TEXT("a"),
                                  .value = UNIT_TEXT("value"),
                                  .set = span_of(zeros, STATE_MSG_SET_SIZE),
                                  .signature = span_of(zeros, OVERLAY_SIGN_SIZE)});
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(state_owner_write(&owner, 0, 1, &w), 1); /* one goes always */
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(state_owner_write(&owner, 0, 2 * one, &w), 2);
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(state_owner_write(&owner, 2, sizeof out, &w), 1);
    pb_init(&cursor, wr_span(&w));
    assert_true(state_msg_next_entry(&cursor, &e));
    assert_true(e.version == 3 && span_is_equal(e.key, UNIT_TEXT("c")));
}

static void what_is_signed_names_everything(void **state)
{
    (void)state;
    uint8_t first[OVERLAY_SIGN_HEAD_MAX];
    uint8_t other[OVERLAY_SIGN_HEAD_MAX];
    struct overlay_id id = {{1}};
    struct state_msg_entry e = entry(1, "a", zeros);
    struct span head = state_owner_head(span_mut_of(first, sizeof first), &id, 1, &e);
    static const uint8_t ones[STATE_MSG_SET_SIZE] = {1};
    struct state_msg_entry changed[4] = {e, e, e, e};
    changed[0].version = 2;
    changed[1].key = UNIT_TEXT("b");
    changed[2].is_deleted = true;
    changed[3].set = span_of(ones, sizeof ones);
    for (size_t i = 0; i < 4; i++) {
        assert_false(span_is_equal(
            head, state_owner_head(span_mut_of(other, sizeof other), &id, 1, &changed[i])));
    }
    assert_false(
        span_is_equal(head, state_owner_head(span_mut_of(other, sizeof other), &id, 2, &e)));
    e.key = span_of(zeros, STATE_MSG_KEY_MAX);
    head = state_owner_head(span_mut_of(first, sizeof first), &id, UINT64_MAX, &e);
    assert_int_equal(head.len, 143); /* the longest: OVERLAY_SIGN_HEAD_MAX has room */
}

#define OWNER_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OWNER_TEST(a_missing_key_is_noticed_until_it_comes),
        OWNER_TEST(the_newest_of_a_key_wins_in_any_order),
        OWNER_TEST(a_version_is_believed_once),
        OWNER_TEST(a_generation_replaces_the_one_before_when_it_is_whole),
        OWNER_TEST(keys_and_bytes_are_bounded),
        OWNER_TEST(what_is_written_fits_the_budget),
        OWNER_TEST(what_is_signed_names_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
