/* IPNS entries: those of the npm package ipns and of boxo, our own, and false ones. */
#include "discovery/kad_ipns.h"

#include "base/pb.h"
#include "crypto/keys.h"
#include "crypto/secret.h"
#include "discovery/kad_time.h"
#include "tests/base/unit.h"
#include "tests/support/vectors.h"

#define END "2100-01-01T00:00:00Z"

static struct ed25519_pair pair;
static struct peerid name;

static uint64_t number(struct span text)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return value;
}

static void entries_of_others_are_valid(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/ipns.txt");
    size_t count = 0;
    while (vectors_next(v)) {
        struct kad_ipns e;
        struct peerid id;
        uint64_t end_ms = 0;
        struct span key = vectors_span(v, "key"); /* "/ipns/" and the id */
        struct span_mut entry = vectors_bytes(v, "entry");
        assert_int_equal(peerid_decode(&id, span_slice(key, 6, key.len)), 0);
        assert_int_equal(kad_ipns_check(&e, &id, span_from_mut(entry)), 0);
        assert_true(span_is_equal(e.value, vectors_span(v, "value")));
        assert_true(span_is_equal(e.validity, vectors_text(v, "validity")));
        assert_true(e.sequence == number(vectors_text(v, "sequence")));
        assert_true(e.ttl_ns == number(vectors_text(v, "ttl")));
        assert_int_equal(kad_time_parse(e.validity, &end_ms), 0);
        assert_true(e.end_ms == end_ms);
        assert_int_equal(kad_ipns_check(&e, &name, span_from_mut(entry)), WAVU_ERR_CRYPTO);
        /* The signature of version 1 is nobody's business here; every other bit matters. */
        size_t missed = 0;
        for (size_t at = 0; at < entry.len; at += id.bytes[0] == 0 ? 1 : 7) {
            entry.ptr[at] ^= 1;
            missed += kad_ipns_check(&e, &id, span_from_mut(entry)) == 0;
            entry.ptr[at] ^= 1;
        }
        assert_true(missed <= (id.bytes[0] == 0 ? 73 : 512 / 7 + 1));
        count++;
    }
    assert_int_equal(count, 15);
    vectors_close(v);
}

/* An entry of version 2 alone has one form: ours has the same bytes as theirs. */
static void we_seal_as_others_do(void **state)
{
    (void)state;
    struct vectors *keys = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/ipns.txt");
    struct ed25519_pair own = {0};
    size_t compared = 0;
    while (vectors_next(keys)) {
        if (span_is_equal(vectors_text(keys, "type"), span_from_text("ed25519"))) {
            ed25519_from_seed(&own, vectors_span(keys, "private").ptr + 4); /* behind its head */
        }
    }
    while (vectors_next(v)) {
        uint8_t out[1024];
        struct wr w;
        struct span entry = vectors_span(v, "entry");
        bool is_ed25519 = span_is_equal(vectors_text(v, "type"), span_from_text("ed25519"));
        if (!is_ed25519 || entry.ptr[0] != (8U << 3 | PB_BYTES)) { /* version 1 comes first */
            continue;
        }
        const struct kad_ipns e = {.value = vectors_span(v, "value"),
                                   .validity = vectors_text(v, "validity"),
                                   .sequence = number(vectors_text(v, "sequence")),
                                   .ttl_ns = number(vectors_text(v, "ttl"))};
        wr_init(&w, span_mut_of(out, sizeof out));
        assert_int_equal(kad_ipns_seal(&w, &own, &e), 0);
        assert_true(span_is_equal(wr_span(&w), entry));
        compared++;
    }
    assert_int_equal(compared, 2);
    vectors_close(v);
    vectors_close(keys);
}

static void ours_are_read(void **state)
{
    (void)state;
    uint8_t out[KAD_IPNS_SIZE_MAX + 1];
    static uint8_t long_value[KAD_IPNS_SIZE_MAX];
    const uint64_t sequences[] = {0, 23, 24, 255, 256, 65535, 65536, UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
        struct kad_ipns e = {.value = UNIT_TEXT("/ipfs/x"),
                             .validity = UNIT_TEXT(END),
                             .sequence = sequences[i],
                             .ttl_ns = sequences[i] / 2};
        struct kad_ipns read;
        struct wr w;
        wr_init(&w, span_mut_of(out, sizeof out));
        assert_int_equal(kad_ipns_seal(&w, &pair, &e), 0);
        assert_int_equal(kad_ipns_check(&read, &name, wr_span(&w)), 0);
        assert_true(read.sequence == e.sequence && read.ttl_ns == e.ttl_ns);
        assert_true(span_is_equal(read.value, e.value));
        for (size_t at = 0; at < w.len; at++) { /* nothing of it is without a meaning */
            out[at] ^= 1;
            assert_int_not_equal(kad_ipns_check(&read, &name, wr_span(&w)), 0);
            out[at] ^= 1;
            assert_int_not_equal(kad_ipns_check(&read, &name, span_of(out, at)), 0);
        }
    }
    struct wr w;
    struct kad_ipns big = {.value = span_of(long_value, KAD_IPNS_SIZE_MAX - 100),
                           .validity = UNIT_TEXT(END)};
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(kad_ipns_seal(&w, &pair, &big), WAVU_ERR_LIMIT);
    big = (struct kad_ipns){.value = UNIT_TEXT("/ipfs/x"), .validity = UNIT_TEXT("tomorrow")};
    assert_int_equal(kad_ipns_seal(&w, &pair, &big), WAVU_ERR_INVALID);
    big.validity = UNIT_TEXT(END);
    wr_init(&w, span_mut_of(out, 50));
    assert_int_equal(kad_ipns_seal(&w, &pair, &big), WAVU_ERR_LIMIT);
    assert_int_equal(w.len, 0);
    struct kad_ipns read;
    assert_int_equal(kad_ipns_check(&read, &name, span_of(out, sizeof out)), WAVU_ERR_LIMIT);
}

/* ---- Data that is signed and no good ---- */

#define HEAD "\xa5\x63TTL\x01\x65Value\x41/\x68Sequence\x02\x68Validity\x54" END
#define TYPE "\x6cValidityType"

static int decoded(struct span data)
{
    struct kad_ipns e;
    return kad_ipns_decode_data(&e, data);
}

#define DECODED(text) decoded(UNIT_TEXT(text))

static void one_form_of_data_is_read(void **state)
{
    (void)state;
    assert_int_equal(DECODED(HEAD TYPE "\x00"), 0);
    assert_int_equal(DECODED(HEAD TYPE "\x01"), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(DECODED(HEAD TYPE "\x18\x00"), WAVU_ERR_PROTO); /* a longer head than needed */
    assert_int_equal(DECODED(HEAD TYPE "\x20"), WAVU_ERR_PROTO);     /* below zero */
    assert_int_equal(DECODED(HEAD TYPE "\x40"), WAVU_ERR_PROTO);     /* bytes */
    assert_int_equal(DECODED(HEAD TYPE "\x00\x00"), WAVU_ERR_PROTO); /* something behind */
    assert_int_equal(DECODED(HEAD TYPE), WAVU_ERR_PROTO);
    assert_int_equal(DECODED(HEAD), WAVU_ERR_PROTO);
    assert_int_equal(DECODED(""), WAVU_ERR_PROTO);
    assert_int_equal(DECODED("\xa0"), WAVU_ERR_PROTO);
    assert_int_equal(DECODED("\xbf\xff"), WAVU_ERR_PROTO); /* of no stated length */
    assert_int_equal(DECODED("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"), WAVU_ERR_PROTO);
    /* Not in order, or twice. */
    assert_int_equal(
        DECODED("\xa5\x65Value\x41/\x63TTL\x01\x68Sequence\x02\x68Validity\x54" END TYPE "\x00"),
        WAVU_ERR_PROTO);
    assert_int_equal(DECODED("\xa6\x63TTL\x01\x63TTL\x01\x65Value\x41/\x68Sequence\x02"
                             "\x68Validity\x54" END TYPE "\x00"),
                     WAVU_ERR_PROTO);
    /* No time. */
    assert_int_equal(
        DECODED("\xa5\x63TTL\x01\x65Value\x41/\x68Sequence\x02\x68Validity\x44soon" TYPE "\x00"),
        WAVU_ERR_PROTO);
}

#define WITH(item)                                                                                 \
    DECODED("\xa6\x63TTL\x01\x65"                                                                  \
            "Value\x41/\x65Zebra" item "\x68Sequence\x02\x68Validity\x54" END TYPE "\x00")

static void what_stands_beside_is_read_over(void **state)
{
    (void)state;
    assert_int_equal(WITH("\x00"), 0);
    assert_int_equal(WITH("\x39\x01\x00"), 0);
    assert_int_equal(WITH("\x63two"), 0);
    assert_int_equal(WITH("\x83\x01\xf6\x82\xf4\xf5"), 0);
    assert_int_equal(WITH("\xa2\x61"
                          "a\xa0\x61"
                          "b\x80"),
                     0);
    assert_int_equal(WITH("\xfb\x40\x09\x21\xfb\x54\x44\x2d\x18"), 0);
    assert_int_equal(WITH("\xd8\x2a\x42\x00\x01"), 0);  /* a link */
    assert_int_equal(WITH("\xc1\x00"), WAVU_ERR_PROTO); /* another tag */
    assert_int_equal(WITH("\xd8\x2a\x00"), WAVU_ERR_PROTO);
    assert_int_equal(WITH("\xf7"), WAVU_ERR_PROTO);         /* undefined */
    assert_int_equal(WITH("\xf9\x00\x00"), WAVU_ERR_PROTO); /* a half */
    assert_int_equal(WITH("\x9f\xff"), WAVU_ERR_PROTO);     /* of no stated length */
    assert_int_equal(WITH("\x1c"), WAVU_ERR_PROTO);         /* reserved */
    assert_int_equal(WITH("\xa2\x61"
                          "b\x00\x61"
                          "a\x00"),
                     WAVU_ERR_PROTO);                       /* not in order */
    assert_int_equal(WITH("\xa1\x01\x00"), WAVU_ERR_PROTO); /* a key that is no text */
    assert_int_equal(WITH("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), WAVU_ERR_PROTO);
    assert_int_equal(WITH("\x7b\xff\xff\xff\xff\xff\xff\xff\xff"), WAVU_ERR_PROTO);
    assert_int_equal(WITH("\x81\x81\x81\x81\x81\x81\x81\x00"), 0); /* eight levels */
    assert_int_equal(WITH("\x81\x81\x81\x81\x81\x81\x81\x81\x00"), WAVU_ERR_PROTO);
}

/* ---- Entries that lie ---- */

static int checked(const struct wr *w)
{
    struct kad_ipns e;
    return kad_ipns_check(&e, &name, wr_span(w));
}

static void what_version_1_says_must_be_the_same(void **state)
{
    (void)state;
    uint8_t sealed[512];
    uint8_t out[1024];
    struct wr s;
    struct kad_ipns e = {
        .value = UNIT_TEXT("/ipfs/x"), .validity = UNIT_TEXT(END), .sequence = 9, .ttl_ns = 8};
    wr_init(&s, span_mut_of(sealed, sizeof sealed));
    assert_int_equal(kad_ipns_seal(&s, &pair, &e), 0);
    for (unsigned wrong = 0; wrong < 7; wrong++) {
        struct wr w;
        wr_init(&w, span_mut_of(out, sizeof out));
        pb_write_text(&w, 1, wrong == 1 ? "/ipfs/y" : "/ipfs/x");
        pb_write_text(&w, 2, "whatever");
        pb_write_varint(&w, 3, wrong == 2 ? 1 : 0);
        pb_write_text(&w, 4, wrong == 3 ? "2101-01-01T00:00:00Z" : END);
        pb_write_varint(&w, 5, wrong == 4 ? 10 : 9);
        pb_write_varint(&w, 6, wrong == 5 ? 9 : 8);
        wr_bytes(&w, wr_span(&s));
        pb_write_text(&w, 77, "later");
        if (wrong == 6) {
            pb_write_varint(&w, 5, 9); /* twice */
        }
        assert_int_equal(checked(&w), wrong == 0 ? 0 : WAVU_ERR_PROTO);
    }
}

static void a_key_must_be_the_names(void **state)
{
    (void)state;
    uint8_t out[512];
    uint8_t key[KEYS_ED25519_PUBLIC_SIZE];
    struct ed25519_pair other;
    struct wr w;
    struct kad_ipns e = {.value = UNIT_TEXT("/ipfs/x"), .validity = UNIT_TEXT(END)};
    ed25519_from_seed(&other, (const uint8_t[ED25519_SEED_SIZE]){5});
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(kad_ipns_seal(&w, &other, &e), 0);
    assert_int_equal(checked(&w), WAVU_ERR_CRYPTO); /* another's signature */
    keys_ed25519_encode(key, other.public_key);
    pb_write_bytes(&w, 7, span_of(key, sizeof key));
    assert_int_equal(checked(&w), WAVU_ERR_CRYPTO); /* and another's key with it */
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(kad_ipns_seal(&w, &pair, &e), 0);
    size_t len = w.len;
    keys_ed25519_encode(key, pair.public_key);
    pb_write_bytes(&w, 7, span_of(key, sizeof key));
    assert_int_equal(checked(&w), 0);
    w.len = len;
    pb_write_text(&w, 7, "\x08\x09\x12\x01x"); /* a kind of keys that there is not */
    assert_int_equal(checked(&w), WAVU_ERR_UNSUPPORTED);
    /* A name of a hash brings no key. */
    struct peerid hashed = {.len = 34, .bytes = {0x12, 0x20}};
    struct kad_ipns read;
    assert_int_equal(kad_ipns_check(&read, &hashed, span_of(out, len)), WAVU_ERR_PROTO);
}

static int start(void **state)
{
    (void)state;
    const int rc = secret_start();
    ed25519_from_seed(&pair, (const uint8_t[ED25519_SEED_SIZE]){4});
    keys_peerid(&name, &pair);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_of_others_are_valid),
        cmocka_unit_test(we_seal_as_others_do),
        cmocka_unit_test(ours_are_read),
        cmocka_unit_test(one_form_of_data_is_read),
        cmocka_unit_test(what_stands_beside_is_read_over),
        cmocka_unit_test(what_version_1_says_must_be_the_same),
        cmocka_unit_test(a_key_must_be_the_names),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
