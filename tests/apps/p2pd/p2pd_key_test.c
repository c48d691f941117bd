/*
 * Key files of libp2p's programs. The key is that of libp2p's peer-ids specification.
 */
#include "apps/p2pd/p2pd_key.h"

#include <string.h>

#include "base/mem.h"
#include "base/rd.h"
#include "crypto/keys.h"
#include "crypto/peerid.h"
#include "tests/base/unit.h"

/* From the specification: the private key, protobuf, in hexadecimal. */
static const char published[] = "080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da6"
                                "0fee7d1ed1e8fae2c4a144b8be8fd4"
                                "b47bf3d3b34b871c3cacf6010f0e42d474fce27e";

static uint8_t file[128];

static size_t read_published(void)
{
    size_t len = strlen(published) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(published + 2 * i, "%2x", &byte), 1);
        file[i] = (uint8_t)byte;
    }
    return len;
}

/* Behind 64 bytes the public key once more, as go wrote it before 2019. */
static size_t make_legacy(void)
{
    size_t len = read_published();
    memcpy(file + len, file + len - 32, 32);
    file[3] = 96;
    return len + 32;
}

static void check_key(const struct p2pd_key *key)
{
    struct ed25519_pair pair;
    struct peerid id;
    char wanted[PEERID_TEXT_MAX];
    char text[WAVU_PEER_TEXT_MAX];
    ed25519_from_seed(&pair, key->seed);
    keys_peerid(&id, &pair);
    peerid_format(&id, wanted);
    p2pd_key_peer(key, text);
    assert_string_equal(text, wanted);
}

static void both_forms_of_ed25519_are_read(void **state)
{
    struct p2pd_key key;
    enum p2pd_key_kind kind = P2PD_KEY_RSA;
    (void)state;
    size_t len = read_published();
    assert_int_equal(p2pd_key_decode(&key, &kind, span_of(file, len)), 0);
    check_key(&key);
    len = make_legacy();
    assert_int_equal(p2pd_key_decode(&key, &kind, span_of(file, len)), 0);
    check_key(&key);
}

static void a_legacy_key_that_contradicts_itself_is_none(void **state)
{
    struct p2pd_key key;
    enum p2pd_key_kind kind = P2PD_KEY_RSA;
    (void)state;
    size_t len = make_legacy();
    file[len - 1] ^= 1;
    assert_int_equal(p2pd_key_decode(&key, &kind, span_of(file, len)), WAVU_ERR_INVALID);
}

static void other_kinds_are_told_apart(void **state)
{
    struct p2pd_key key;
    enum p2pd_key_kind kind = P2PD_KEY_ED25519;
    (void)state;
    size_t len = read_published();
    file[1] = 2;
    assert_int_equal(p2pd_key_decode(&key, &kind, span_of(file, len)), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(kind, P2PD_KEY_SECP256K1);
}

static void what_is_no_key_is_refused(void **state)
{
    struct p2pd_key key;
    enum p2pd_key_kind kind = P2PD_KEY_ED25519;
    (void)state;
    size_t len = read_published();
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(p2pd_key_decode(&key, &kind, span_of(file, cut)), WAVU_ERR_INVALID);
    }
    file[1] = 9;
    assert_int_equal(p2pd_key_decode(&key, &kind, span_of(file, len)), WAVU_ERR_INVALID);
    assert_int_equal(p2pd_key_decode(&key, &kind, UNIT_TEXT("-----BEGIN")), WAVU_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(both_forms_of_ed25519_are_read),
        UNIT(a_legacy_key_that_contradicts_itself_is_none),
        UNIT(other_kinds_are_told_apart),
        UNIT(what_is_no_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
