/* What a device says it has: the newest first, the oldest goes, and whatever others say is read. */
#include "sync/file_here.h"

#include <string.h>

#include "tests/base/unit.h"

static void id_of(uint8_t id[FILE_SHAPE_ID_SIZE], unsigned number)
{
    memset(id, 0, FILE_SHAPE_ID_SIZE);
    id[0] = (uint8_t)number;
    id[FILE_HERE_PART - 1] = (uint8_t)(number >> 8);
    id[FILE_HERE_PART] = 9; /* is not said */
}

static struct span written(const struct file_here *h, uint8_t space[FILE_HERE_SIZE_MAX])
{
    struct wr w;

    wr_init(&w, span_mut_of(space, FILE_HERE_SIZE_MAX));
    file_here_write(&w, h);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void test_said_and_found(void **state)
{
    (void)state;
    static struct file_here h;
    static uint8_t space[FILE_HERE_SIZE_MAX];
    uint8_t id[FILE_SHAPE_ID_SIZE];

    memset(&h, 0, sizeof h);
    assert_int_equal(written(&h, space).len, 1);
    for (unsigned i = 0; i < FILE_HERE_MAX + 10; i++) {
        id_of(id, i);
        file_here_add(&h, id);
        file_here_add(&h, id); /* once is enough */
    }
    assert_int_equal(h.count, FILE_HERE_MAX);
    struct span value = written(&h, space);

    assert_int_equal(value.len, FILE_HERE_SIZE_MAX);
    for (unsigned i = 0; i < FILE_HERE_MAX + 20; i++) {
        id_of(id, i);
        assert_int_equal(file_here_has(value, id), i >= 10 && i < FILE_HERE_MAX + 10);
    }
    id_of(id, 50);
    assert_true(file_here_remove(&h, id));
    assert_false(file_here_remove(&h, id));
    assert_false(file_here_has(written(&h, space), id));
    id_of(id, 51);
    assert_true(file_here_has(written(&h, space), id));
    assert_int_equal(h.count, FILE_HERE_MAX - 1);
}

static void test_what_others_say(void **state)
{
    (void)state;
    static const uint8_t value[] = {1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t id[FILE_SHAPE_ID_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8};

    assert_true(file_here_has(span_of(value, sizeof value), id));
    assert_true(file_here_has(span_of(value, 9), id));
    assert_false(file_here_has(span_of(value, 8), id)); /* cut off */
    assert_false(file_here_has(span_of(value, 1), id));
    assert_false(file_here_has(span_empty(), id));
    id[7] = 9;
    assert_false(file_here_has(span_of(value, sizeof value), id));
    for (uint8_t i = 0; i < 8; i++) {
        id[i] = (uint8_t)(9 + i);
    }
    assert_false(file_here_has(span_of(value, sizeof value), id)); /* seven of eight bytes */
    uint8_t newer[9] = {2, 9, 10, 11, 12, 13, 14, 15, 16};

    assert_false(file_here_has(span_of(newer, sizeof newer), id)); /* of a newer wavu */
    newer[0] = 1;
    assert_true(file_here_has(span_of(newer, sizeof newer), id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(test_said_and_found), UNIT(test_what_others_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
