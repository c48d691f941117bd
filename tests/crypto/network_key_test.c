/*
 * Keys of networks: vectors, and that name and pre-shared key both count.
 */
#include "tests/base/unit.h"

#include "base/wr.h"
#include "crypto/network_key.h"
#include "wavu/err.h"

static void check(const char *name, const uint8_t *psk, const char *wanted)
{
    uint8_t key[NETWORK_KEY_SIZE];
    char text[2 * NETWORK_KEY_SIZE + 1] = "";
    struct wr w;
    assert_int_equal(network_key_derive(key, span_from_text(name), psk), 0);
    wr_init(&w, span_mut_of(text, sizeof text - 1));
    wr_hex(&w, span_of(key, sizeof key));
    assert_string_equal(text, wanted);
}

/* Made with Python's hmac by the header's formula. */
static void keys_are_as_written_down(void **state)
{
    (void)state;
    uint8_t psk[NETWORK_KEY_PSK_SIZE];
    for (size_t i = 0; i < sizeof psk; i++) {
        psk[i] = (uint8_t)i;
    }
    check("harbour", NULL, "3dd1fe739931ddaafa0f640811772297aec3725c454108bbb807ba50876864e3");
    check("", psk, "9b1de96bafe3c0f1de727b193008590ac64dfe22a6b4c0f516ad2471b4b30eb0");
    check("harbour", psk, "f221943b60ed6bdd7c86e830ff31ad4315b646b3679f5c7d8e2801c2d1709144");
}

static void what_is_no_name_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"Harbour", "har bour",
                                      "h\xc3\xa4"
                                      "fen",
                                      "a/b", "\n"};
    uint8_t key[NETWORK_KEY_SIZE] = {5};
    char longest[NETWORK_KEY_NAME_MAX + 2];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(network_key_derive(key, span_from_text(bad[i]), NULL), WAVU_ERR_INVALID);
    }
    memset(longest, 'a', sizeof longest);
    assert_int_equal(network_key_derive(key, span_of(longest, NETWORK_KEY_NAME_MAX + 1), NULL),
                     WAVU_ERR_INVALID);
    assert_int_equal(network_key_derive(key, span_empty(), NULL), WAVU_ERR_INVALID);
    assert_int_equal(key[0], 5); /* untouched */
    assert_int_equal(network_key_derive(key, span_of(longest, NETWORK_KEY_NAME_MAX), NULL), 0);
    assert_true(network_key_is_name(UNIT_TEXT("a.b-c_9")));
    assert_false(network_key_is_name(span_empty()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(keys_are_as_written_down),
        UNIT(what_is_no_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
