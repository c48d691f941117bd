/*
 * When a running node locks: wished, or by time; and how it opens again.
 */
#include "apps/wavu/up_lock.h"

#include <string.h>

#include "apps/term/say.h"
#include "tests/base/unit.h"

static struct methods methods;
static struct up_lock lock;

static void start(uint64_t minutes)
{
    methods = (struct methods){.node = NULL};
    methods.vault.has_passphrase = true;
    methods.vault.asked_ns = wavu_os_now_ns();
    lock = (struct up_lock){.vault = &methods.vault, .auto_ns = minutes * UINT64_C(60000000000)};
}

static void wishes_come_first(void **state)
{
    (void)state;
    start(0);
    assert_int_equal(up_lock_next(&lock), UP_LOCK_NOTHING);
    assert_int_equal(up_lock_patience_ms(&lock), -1);
    methods.vault.wants_lock = true;
    assert_int_equal(up_lock_patience_ms(&lock), 0);
    assert_int_equal(up_lock_next(&lock), UP_LOCK_CLOSE);
    up_lock_close(&lock);
    assert_true(methods.vault.is_locked);
    assert_int_equal(up_lock_next(&lock), UP_LOCK_NOTHING);
    memcpy(methods.vault.typed, "kisima", 6);
    methods.vault.typed_len = 6;
    assert_int_equal(up_lock_next(&lock), UP_LOCK_OPEN);
    assert_string_equal(lock.typed.bytes, "kisima");
    up_lock_opened(&lock, SAY_DENIED);
    assert_true(methods.vault.is_locked);
    assert_string_equal(methods.vault.problem, "the passphrase is wrong");
    assert_int_equal(lock.typed.len, 0);
    assert_int_equal(methods.vault.typed[0], 0);
    up_lock_opened(&lock, 0);
    assert_false(methods.vault.is_locked);
    assert_null(methods.vault.problem);
    methods.vault.wants_stop = true;
    assert_int_equal(up_lock_next(&lock), UP_LOCK_STOP);
    up_lock_clear(&lock);
}

static void it_locks_by_itself(void **state)
{
    (void)state;
    start(10);
    assert_int_equal(up_lock_next(&lock), UP_LOCK_NOTHING);
    assert_in_range(up_lock_patience_ms(&lock), 590000, 600001);
    lock.auto_ns = 1; /* that has passed */
    assert_int_equal(up_lock_patience_ms(&lock), 0);
    assert_int_equal(up_lock_next(&lock), UP_LOCK_CLOSE);
    up_lock_close(&lock);
    assert_int_equal(up_lock_patience_ms(&lock), -1);
    assert_int_equal(up_lock_next(&lock), UP_LOCK_NOTHING);
    lock.auto_ns = UINT64_C(600000000000);
    up_lock_opened(&lock, 0);
    assert_int_equal(up_lock_next(&lock), UP_LOCK_NOTHING); /* its time begins anew */
    up_lock_after(&lock, 3);
    assert_in_range(up_lock_patience_ms(&lock), 170000, 180001);
    up_lock_after(&lock, 0);
    assert_int_equal(up_lock_patience_ms(&lock), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(wishes_come_first),
        UNIT(it_locks_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
