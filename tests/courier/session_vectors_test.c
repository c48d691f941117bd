/*
 * Frozen vectors: a start and a talk of two devices, byte for byte, so that no change goes unseen.
 *
 * All randomness follows from names: draw number n of a party is the beginning of SHA-256("wavu
 * vectors" | name | n | 0) | SHA-256(... | n | 1) | ..., numbers of 32 bits big-endian. The draws
 * of a party, in order: the seed of its device, its agreement secret, its prekey's X25519 secret
 * and ML-KEM seed; then what its messages draw.
 *
 * `session_vectors_test --write` prints the file anew; tests/courier/session_python_test.py
 * computes it without this code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "courier/session.h"
#include "tests/support/vectors.h"

#define FILE_PATH WAVU_TEST_DATA "/../vectors/session.txt"
#define ROOM_MAX 4096

struct named {
    const char *name;
    uint32_t count; /* draws so far */
};

static void put_u32(uint8_t out[4], uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static void draw(void *context, uint8_t *out, size_t len)
{
    struct named *n = context;
    uint8_t numbers[8];
    uint8_t hash[HASH_SHA256_SIZE];
    put_u32(numbers, n->count++);
    for (size_t at = 0; at < len; at += sizeof(hash)) {
        put_u32(numbers + 4, (uint32_t)(at / sizeof(hash)));
        const struct span pieces[] = {span_from_text("wavu vectors"), span_from_text(n->name),
                                      span_of(numbers, sizeof(numbers))};
        hash_sha256_pieces(hash, pieces, 3);
        memcpy(out + at, hash, len - at < sizeof(hash) ? len - at : sizeof(hash));
    }
}

struct party {
    struct named named;
    struct random random;
    struct ed25519_pair device;
    struct prekeys prekeys;
    struct session session;
};

static struct aead *aead;
static struct party parties[2];

static void begin(void)
{
    static const char *const names[] = {"alice", "bob"};
    aead = aead_new();
    assert_non_null(aead);
    for (int i = 0; i < 2; i++) {
        struct party *p = &parties[i];
        p->named = (struct named){.name = names[i]};
        p->random = (struct random){.fill = draw, .context = &p->named};
        ed25519_make(&p->device, &p->random);
        struct prekeys_config config = {.device = &p->device,
                                        .signer = &signer_ed25519,
                                        .random = &p->random,
                                        .day = 700 + (uint32_t)i};
        memcpy(config.network, "a network of thirty-two letters.", sizeof(config.network));
        prekeys_init(&p->prekeys, &config, 0);
    }
    for (int i = 0; i < 2; i++) {
        struct session_config config = {
            .prekeys = &parties[i].prekeys, .aead = aead, .random = &parties[i].random};
        memcpy(config.peer, parties[1 - i].device.public_key, sizeof(config.peer));
        session_init(&parties[i].session, &config);
    }
}

static void end(void)
{
    for (int i = 0; i < 2; i++) {
        session_clear(&parties[i].session);
        prekeys_clear(&parties[i].prekeys);
    }
    aead_free(aead);
}

/* What is said: by whom, with which AEAD (its number on the wire), how much room, and when (hours).
 */
struct line {
    int from;
    int aead;
    size_t room;
    uint64_t hour;
    const char *text;
    bool is_heard;
};

static const struct line lines[] = {
    {0, 1, ROOM_MAX, 0, "hujambo", true},
    {0, 2, ROOM_MAX, 0, "the start comes with this one, too", true},
    {1, 1, ROOM_MAX, 1, "sijambo", true}, /* offers a whole key */
    {0, 1, ROOM_MAX, 1, "lost", false},   /* the answer is lost with it */
    {0, 1, 500, 1, "", true},             /* a pause */
    {1, 2, 300, 2, "a turn, and nothing else", true},
    {0, 1, 300, 2, "the answer comes in pieces", true},
    {0, 1, 1100, 2, "the rest of it", true},
    {1, 1, 300, 3, "with a new root, post-quantum", true},
    {0, 2, 300, 3, "which both have", true},
};

static size_t say(const struct line *l, uint8_t out[ROOM_MAX])
{
    struct session *s = &parties[l->from].session;
    struct wr w;
    if (session_wants_bundle(s)) {
        assert_int_equal(session_learn(s, l->hour * UINT64_C(3600000000000),
                                       prekeys_bundle(&parties[1 - l->from].prekeys)),
                         0);
    }
    s->config.kind = l->aead == 1 ? AEAD_CHACHA20_POLY1305 : AEAD_AES256_GCM;
    wr_init(&w, span_mut_of(out, ROOM_MAX));
    assert_int_equal(
        session_seal(s, l->hour * UINT64_C(3600000000000), span_from_text(l->text), l->room, &w),
        0);
    return w.len;
}

static void hear(const struct line *l, const uint8_t *message, size_t len)
{
    uint8_t copy[ROOM_MAX];
    struct span content;
    if (!l->is_heard) {
        return;
    }
    memcpy(copy, message, len);
    assert_int_equal(session_open(&parties[1 - l->from].session, l->hour * UINT64_C(3600000000000),
                                  span_mut_of(copy, len), &content),
                     0);
    assert_true(span_is_equal(content, span_from_text(l->text)));
}

static void test_frozen(void **state)
{
    (void)state;
    uint8_t message[ROOM_MAX];
    struct vectors *v = vectors_open(FILE_PATH);
    begin();
    for (int i = 0; i < 2; i++) {
        assert_true(vectors_next(v));
        assert_true(span_is_equal(vectors_text(v, "party"), span_from_text(parties[i].named.name)));
        assert_true(span_is_equal(vectors_span(v, "card"), prekeys_card(&parties[i].prekeys)));
        assert_true(span_is_equal(vectors_span(v, "bundle"), prekeys_bundle(&parties[i].prekeys)));
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const size_t len = say(&lines[i], message);
        assert_true(vectors_next(v));
        assert_true(span_is_equal(vectors_span(v, "message"), span_of(message, len)));
        hear(&lines[i], message, len);
    }
    assert_false(vectors_next(v));
    assert_int_equal(parties[0].session.slots[0].ratchet->pq.mixed, 1);
    assert_int_equal(parties[1].session.slots[0].ratchet->pq.mixed, 1);
    end();
    vectors_close(v);
}

/* --- writing --- */

static void print_hex(const char *name, struct span bytes)
{
    printf("%s = ", name);
    for (size_t i = 0; i < bytes.len; i++) {
        printf("%02x", (unsigned)bytes.ptr[i]);
    }
    printf("\n");
}

static void write_file(void)
{
    uint8_t message[ROOM_MAX];
    printf("# A start and a talk of two devices (docs/protocol/session.md), all from named draws: "
           "see\n"
           "# tests/courier/session_vectors_test.c, whose --write printed this.\n");
    begin();
    for (int i = 0; i < 2; i++) {
        const struct party *p = &parties[i];
        printf("\nparty = %s\n", p->named.name);
        print_hex("device", span_of(p->device.public_key, sizeof(p->device.public_key)));
        print_hex("card", prekeys_card(&p->prekeys));
        print_hex("bundle", prekeys_bundle(&p->prekeys));
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const struct line *l = &lines[i];
        const size_t len = say(l, message);
        printf("\nfrom = %s\naead = %d\nroom = %zu\nhour = %u\nheard = %d\ntext = %s\n",
               parties[l->from].named.name, l->aead, l->room, (unsigned)l->hour, l->is_heard,
               l->text);
        print_hex("message", span_of(message, len));
        hear(l, message, len);
    }
    end();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frozen),
    };
    if (argc > 1 && strcmp(argv[1], "--write") == 0) {
        write_file();
        return 0;
    }
    return cmocka_run_group_tests_name("courier/session_vectors", tests, NULL, NULL);
}
