/*
 * Right words that come too late: the run began while it might succeed, and meanwhile its source
 * had its tries or the code was closed or used. Properties of docs/protocol/pairing.md by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/pairing_world.h"

#define RUNS 3
#define RIGHT "7-apple-river-stone"
#define WRONG "7-apple-river-snow"

struct scene {
    struct pairing_world w;
    struct pairing_host h;
    struct pairing_host_news news;
    struct signer counting;
    unsigned verified;
    struct pairing_guest g[RUNS];
    uint32_t run[RUNS];
    struct buf proof[RUNS];
};

/* Counts what only a right tag leads to. */
static int count_verify(void *context, const uint8_t signature[SIGNER_SIZE],
                        const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    ++*(unsigned *)context;
    return signer_ed25519.verify(NULL, signature, who, label, body);
}

static void sign_alike(void *context, uint8_t signature[SIGNER_SIZE],
                       const struct ed25519_pair *pair, const char *label, struct span body)
{
    (void)context;
    signer_ed25519.sign(NULL, signature, pair, label, body);
}

static void begin(struct scene *s)
{
    memset(s, 0, sizeof *s);
    pairing_world_init(&s->w, 6);
    s->counting =
        (struct signer){.sign = sign_alike, .verify = count_verify, .context = &s->verified};
    s->w.alice.means.signer = &s->counting;
    assert_int_equal(pairing_host_init(&s->h, &s->w.alice.means, s->w.network), 0);
    assert_int_equal(pairing_host_open(&s->h, 1, &s->w.code), 0);
}

static void end(struct scene *s)
{
    for (size_t i = 0; i < RUNS; i++) {
        pairing_guest_clear(&s->g[i]);
        buf_clear(&s->proof[i]);
    }
    pairing_world_host_clear(&s->news);
    pairing_host_clear(&s->h);
    pairing_world_clear(&s->w);
}

/* Mallory begins run `i` from `from` and has the PROOF for `typed` ready. */
static void prepare(struct scene *s, size_t i, uint8_t from, const char *typed)
{
    const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {10, from};
    const struct code code = pairing_world_code(typed);
    const struct pairing_link to_alice = pairing_world_link(&s->w.alice, (uint8_t)i);
    const struct pairing_link to_mallory = pairing_world_link(&s->w.mallory, (uint8_t)i);
    struct pairing_guest_news news;
    memset(&news, 0, sizeof news);
    assert_int_equal(pairing_guest_init(&s->g[i], &s->w.mallory.means, &code), 0);
    assert_int_equal(pairing_guest_begin(&s->g[i], 1, &to_alice), 0);
    assert_int_equal(pairing_host_begin(&s->h, 1, &to_mallory, source, &s->run[i]), 0);
    pairing_world_guest(&news, &s->g[i]);
    assert_int_equal(pairing_host_feed(&s->h, 1, s->run[i], buf_span(&news.message)), 0);
    pairing_world_host(&s->news, &s->h);
    assert_int_equal(pairing_guest_feed(&s->g[i], 1, buf_span(&s->news.message[0])), 0);
    pairing_world_guest(&news, &s->g[i]);
    buf_init(&s->proof[i], PAIRING_MSG_SIZE_MAX);
    assert_int_equal(buf_append(&s->proof[i], buf_span(&news.message)), 0);
    pairing_world_guest_clear(&news);
}

static int prove(struct scene *s, size_t i)
{
    const int rc = pairing_host_feed(&s->h, 1, s->run[i], buf_span(&s->proof[i]));
    pairing_world_host(&s->news, &s->h);
    return rc;
}

/* Run 0 is refused, uncounted, and nothing was looked at behind its tag. */
static void expect_unseen(struct scene *s)
{
    s->verified = 0;
    assert_int_equal(prove(s, 0), WAVU_ERR_CRYPTO);
    assert_int_equal(s->news.tries + s->news.peers, 0);
    assert_int_equal(s->news.sent, 1); /* REFUSED */
    assert_int_equal(s->news.ends, 1);
    assert_int_equal(s->verified, 0);
}

/* No signature is verified, which would take a hundred times as long as to find wrong words wrong:
 * without this, a source has one more guess than are counted in each run that it kept open. */
static void test_late_words_are_not_looked_at(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        struct scene s;
        begin(&s);
        prepare(&s, 0, 1, RIGHT);
        switch (what) {
        case 0: /* the source fails twice */
            for (size_t i = 1; i <= 2; i++) {
                prepare(&s, i, 1, WRONG);
                assert_int_equal(prove(&s, i), WAVU_ERR_CRYPTO);
                assert_int_equal(s.news.tries, 1);
            }
            break;
        case 1:
            pairing_host_close(&s.h);
            break;
        case 2: /* the next code has the same words */
            pairing_host_close(&s.h);
            assert_int_equal(pairing_host_open(&s.h, 1, &s.w.code), 0);
            break;
        default: /* somebody else uses the code */
            prepare(&s, 1, 2, RIGHT);
            assert_int_equal(prove(&s, 1), 0);
            assert_int_equal(s.news.peers, 1);
            assert_int_equal(s.verified, 2);
            break;
        }
        pairing_world_host(&s.news, &s.h);
        expect_unseen(&s);
        end(&s);
    }
}

/* In time the same words open it: what is counted above is what happens here. */
static void test_words_in_time_are_looked_at(void **state)
{
    (void)state;
    struct scene s;
    begin(&s);
    prepare(&s, 0, 1, RIGHT);
    prepare(&s, 1, 1, WRONG);
    assert_int_equal(prove(&s, 1), WAVU_ERR_CRYPTO);
    assert_int_equal(s.news.tries, 1);
    assert_int_equal(s.verified, 0);
    assert_int_equal(prove(&s, 0), 0);
    assert_int_equal(s.news.peers, 1);
    assert_int_equal(s.verified, 2);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_words_are_not_looked_at),
        cmocka_unit_test(test_words_in_time_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
