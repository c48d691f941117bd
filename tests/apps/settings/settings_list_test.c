/*
 * Lists of the settings: compared, shown, written.
 */
#include "apps/settings/settings_list.h"

#include "tests/base/unit.h"

static struct settings_list list;
static struct settings_list other;

static void fill(size_t count)
{
    list = (struct settings_list){.count = count};
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(list.items[i], sizeof list.items[i], "/some/where/module-%zu.so", i);
    }
}

static void a_list_is_shown_up_to_its_room(void **state)
{
    char out[SETTINGS_LIST_SHOWN_MAX];
    (void)state;
    fill(0);
    settings_list_show(&list, out);
    assert_string_equal(out, "[]");
    fill(2);
    settings_list_show(&list, out);
    assert_string_equal(out, "[\"/some/where/module-0.so\", \"/some/where/module-1.so\"]");
    fill(SETTINGS_LIST_MAX);
    settings_list_show(&list, out);
    assert_string_equal(out + strlen(out) - 6, ", ...]");
}

static void all_of_it_is_written(void **state)
{
    struct buf out;
    (void)state;
    fill(SETTINGS_LIST_MAX);
    buf_init(&out, 4096);
    assert_int_equal(settings_list_write(&list, &out), 0);
    assert_memory_equal(out.ptr + out.len - 27, "\"/some/where/module-31.so\"]", 27);
    buf_clear(&out);
    buf_init(&out, 100);
    assert_int_equal(settings_list_write(&list, &out), WAVU_ERR_LIMIT);
    buf_clear(&out);
}

static void lists_are_compared_in_their_order(void **state)
{
    (void)state;
    fill(2);
    other = list;
    assert_false(settings_list_differ(&list, &other));
    memcpy(other.items[0], list.items[1], sizeof other.items[0]);
    memcpy(other.items[1], list.items[0], sizeof other.items[1]);
    assert_true(settings_list_differ(&list, &other));
    other = list;
    other.count = 1;
    assert_true(settings_list_differ(&list, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_list_is_shown_up_to_its_room),
        UNIT(all_of_it_is_written),
        UNIT(lists_are_compared_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
