/*
 * Values from text: what each takes, and that what it refuses changes nothing.
 */
#include "apps/wavu/settings_value.h"

#include "tests/base/unit.h"

static void numbers(void **state)
{
    uint64_t n = 7;
    double x = 7;
    (void)state;
    assert_null(settings_value_number("12", 1, 12, &n));
    assert_int_equal(n, 12);
    assert_string_equal(settings_value_number("13", 1, 12, &n), "a whole number");
    assert_non_null(settings_value_number("-1", 0, 12, &n));
    assert_non_null(settings_value_number("1 ", 0, 12, &n));
    assert_non_null(settings_value_number("99999999999999999999999", 0, UINT64_MAX, &n));
    assert_int_equal(n, 12);
    assert_null(settings_value_duration("2m", 1000, 600000, &n));
    assert_int_equal(n, 120000);
    assert_non_null(settings_value_duration("500ms", 1000, 600000, &n));
    assert_int_equal(n, 120000);
    assert_null(settings_value_real("8.5", 1, 100, &x));
    assert_true(x == 8.5);
    assert_string_equal(settings_value_real("0.5", 1, 100, &x), "a number");
    assert_non_null(settings_value_real("8,5", 1, 100, &x));
    assert_true(x == 8.5);
}

static void words(void **state)
{
    bool is_set = false;
    struct log_levels levels;
    char name[SETTINGS_NETWORK_MAX] = "";
    (void)state;
    assert_null(settings_value_word("true", "true", "false", &is_set));
    assert_true(is_set);
    assert_string_equal(settings_value_word("yes", "true", "false", &is_set), "true or false");
    assert_string_equal(settings_value_word("off", "low", "normal", &is_set), "normal or low");
    assert_string_equal(settings_value_word("xml", "json", "text", &is_set), "text or json");
    assert_true(is_set);
    log_levels_init(&levels, LOG_ERROR);
    assert_null(settings_value_levels("keep=debug", &levels)); /* the others as they begin */
    assert_int_equal(levels.all, LOG_WARN);
    assert_int_equal(log_levels_of(&levels, "keep"), LOG_DEBUG);
    assert_string_equal(settings_value_levels("loud", &levels), LOG_LEVELS_WANTED);
    assert_int_equal(log_levels_of(&levels, "keep"), LOG_DEBUG);
    assert_null(settings_value_name("harbour-2", name));
    assert_non_null(settings_value_name("Harbour", name));
    assert_non_null(settings_value_name("", name));
    assert_string_equal(name, "harbour-2");
}

static void keys_and_addresses(void **state)
{
    uint8_t key[2] = {1, 2};
    char address[SETTINGS_ADDRESS_MAX] = "";
    (void)state;
    assert_null(settings_value_hex("aB0f", key, 2));
    assert_int_equal(key[0], 0xab);
    assert_int_equal(key[1], 0x0f);
    assert_non_null(settings_value_hex("ab0g", key, 2));
    assert_non_null(settings_value_hex("ab0", key, 2));
    assert_non_null(settings_value_hex("cccgg", key, 2));
    assert_int_equal(key[0], 0xab);
    assert_null(settings_value_address("[::1]:9000", address));
    assert_non_null(settings_value_address("9000", address));
    assert_string_equal(address, "[::1]:9000");
    assert_null(settings_value_local("127.0.0.1:9464", address));
    assert_non_null(settings_value_local("0.0.0.0:9464", address));
    assert_string_equal(address, "127.0.0.1:9464");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(numbers),
        UNIT(words),
        UNIT(keys_and_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
