/*
 * CPace against vectors of an independent computation (tests/support/vectors_cpace.py, which holds
 * the draft's own against itself), and what each input is bound to. With an argument: the vectors
 * of that file instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/cpace.h"
#include "crypto/secret.h"
#include "tests/support/vectors.h"

static const char *file = WAVU_TEST_DATA "/../vectors/cpace_ristretto255.txt";

/* Randomness that gives a stated scalar. */
static void fill_given(void *context, uint8_t *out, size_t len)
{
    const struct span *given = context;
    assert_int_equal(len, given->len);
    memcpy(out, given->ptr, len);
}

static void start_given(struct cpace *c, enum cpace_role role, const struct cpace_inputs *inputs,
                        struct span scalar)
{
    const struct random random = {.fill = fill_given, .context = &scalar};
    cpace_start(c, role, inputs, &random);
}

static int finish(struct cpace *c, const struct cpace *other, struct span session, struct span ours,
                  struct span theirs)
{
    const struct cpace_theirs t = {
        .session = session,
        .share = span_of(other->share, sizeof other->share),
        .our_data = ours,
        .their_data = theirs,
    };
    return cpace_finish(c, &t);
}

static void expect(struct vectors *v, const char *name, const uint8_t *got, size_t len)
{
    assert_int_equal(vectors_span(v, name).len, len);
    assert_memory_equal(vectors_span(v, name).ptr, got, len);
}

static void check_run(struct vectors *v)
{
    const struct cpace_inputs inputs = {.password = vectors_span(v, "prs"),
                                        .channel = vectors_span(v, "ci"),
                                        .session = vectors_span(v, "sid")};
    const struct span ada = vectors_span(v, "ada");
    const struct span adb = vectors_span(v, "adb");
    struct cpace a;
    struct cpace b;
    start_given(&a, CPACE_INITIATOR, &inputs, vectors_span(v, "ya"));
    start_given(&b, CPACE_RESPONDER, &inputs, vectors_span(v, "yb"));
    expect(v, "share_a", a.share, sizeof a.share);
    expect(v, "share_b", b.share, sizeof b.share);
    assert_int_equal(finish(&a, &b, inputs.session, ada, adb), 0);
    assert_int_equal(finish(&b, &a, inputs.session, adb, ada), 0);
    expect(v, "isk", a.key, sizeof a.key);
    expect(v, "isk", b.key, sizeof b.key);
    expect(v, "tag_a", a.our_tag, sizeof a.our_tag);
    expect(v, "tag_b", b.our_tag, sizeof b.our_tag);
    assert_int_equal(cpace_confirm(&a, span_of(b.our_tag, sizeof b.our_tag)), 0);
    assert_int_equal(cpace_confirm(&b, span_of(a.our_tag, sizeof a.our_tag)), 0);
}

static void check_bad(struct vectors *v)
{
    static const struct cpace none;
    const struct cpace_inputs inputs = {.password = span_from_text("apple")};
    const struct cpace_theirs t = {.share = vectors_span(v, "point")};
    struct random_seeded seeded;
    struct cpace c;
    random_seeded_init(&seeded, 1);
    const struct random random = random_from_seeded(&seeded);
    cpace_start(&c, CPACE_RESPONDER, &inputs, &random);
    assert_int_equal(cpace_finish(&c, &t), WAVU_ERR_CRYPTO);
    assert_memory_equal(&c, &none, sizeof c);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(file);
    size_t runs = 0;
    size_t bad = 0;
    while (vectors_next(v)) {
        if (span_is_equal(vectors_text(v, "kind"), span_from_text("run"))) {
            check_run(v);
            runs++;
        } else {
            check_bad(v);
            bad++;
        }
    }
    assert_true(runs >= 1);
    assert_true(bad >= 2);
    vectors_close(v);
}

struct side {
    const char *password;
    const char *channel;
    const char *session;
    const char *initiator;
    const char *responder;
};

/* Whether two sides that were told these agree; both must say the same. */
static bool agree(const struct side *as_a, const struct side *as_b)
{
    struct random_seeded seeded;
    struct cpace a;
    struct cpace b;
    random_seeded_init(&seeded, 7);
    const struct random random = random_from_seeded(&seeded);
    const struct cpace_inputs in_a = {.password = span_from_text(as_a->password),
                                      .channel = span_from_text(as_a->channel),
                                      .session = span_from_text(as_a->session)};
    const struct cpace_inputs in_b = {.password = span_from_text(as_b->password),
                                      .channel = span_from_text(as_b->channel),
                                      .session = span_from_text(as_b->session)};
    cpace_start(&a, CPACE_INITIATOR, &in_a, &random);
    cpace_start(&b, CPACE_RESPONDER, &in_b, &random);
    struct cpace before = a;
    assert_int_equal(finish(&a, &b, in_a.session, span_from_text(as_a->initiator),
                            span_from_text(as_a->responder)),
                     0);
    assert_int_equal(finish(&b, &before, in_b.session, span_from_text(as_b->responder),
                            span_from_text(as_b->initiator)),
                     0);
    const bool equal = memcmp(a.key, b.key, sizeof a.key) == 0;
    const struct span from_a = span_of(a.our_tag, sizeof a.our_tag);
    const struct span from_b = span_of(b.our_tag, sizeof b.our_tag);
    assert_int_equal(cpace_confirm(&b, from_a), equal ? 0 : WAVU_ERR_CRYPTO);
    assert_int_equal(cpace_confirm(&a, from_b), equal ? 0 : WAVU_ERR_CRYPTO);
    assert_int_equal(cpace_confirm(&a, from_a), WAVU_ERR_CRYPTO); /* each side's tag is its own */
    assert_int_equal(cpace_confirm(&b, span_slice(from_a, 0, 31)), WAVU_ERR_CRYPTO);
    return equal;
}

static void test_everything_is_bound(void **state)
{
    (void)state;
    const struct side honest = {"apple-river", "channel", "session", "joiner", "inviter"};
    assert_true(agree(&honest, &honest));
    const struct side others[] = {
        {"apple-rive", "channel", "session", "joiner", "inviter"},
        {"apple-river", "channer", "session", "joiner", "inviter"},
        {"apple-river", "channels", "ession", "joiner", "inviter"}, /* bytes shifted over */
        {"apple-river", "channel", "sessio", "joiner", "inviter"},
        {"apple-river", "channel", "session", "jointer", "inviter"},
        {"apple-river", "channel", "session", "joiner", "inviters"},
        {"apple-river", "channel", "session", "inviter", "joiner"},
        {"apple-riverchannel", "", "session", "joiner", "inviter"},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(agree(&honest, &others[i]));
        assert_false(agree(&others[i], &honest));
    }
}

static void test_reflection_is_refused(void **state)
{
    (void)state;
    const struct cpace_inputs inputs = {.password = span_from_text("apple")};
    struct random_seeded seeded;
    struct cpace c;
    random_seeded_init(&seeded, 3);
    const struct random random = random_from_seeded(&seeded);
    cpace_start(&c, CPACE_INITIATOR, &inputs, &random);
    const struct cpace copy = c;
    assert_int_equal(finish(&c, &copy, span_empty(), span_empty(), span_empty()), WAVU_ERR_CRYPTO);

    cpace_start(&c, CPACE_INITIATOR, &inputs, &random);
    const struct cpace_theirs odd = {.share = span_of(copy.share, 31)};
    assert_int_equal(cpace_finish(&c, &odd), WAVU_ERR_CRYPTO);
}

static void test_secrets_are_wiped(void **state)
{
    (void)state;
    static const struct cpace none;
    static const uint8_t zeros[32];
    const struct cpace_inputs inputs = {.password = span_from_text("apple")};
    struct random_seeded seeded;
    struct cpace a;
    struct cpace b;
    random_seeded_init(&seeded, 4);
    const struct random random = random_from_seeded(&seeded);
    cpace_start(&a, CPACE_INITIATOR, &inputs, &random);
    cpace_start(&b, CPACE_RESPONDER, &inputs, &random);
    assert_memory_not_equal(a.secret, zeros, sizeof zeros);
    assert_int_equal(finish(&a, &b, span_empty(), span_empty(), span_empty()), 0);
    assert_memory_equal(a.secret, zeros, sizeof zeros);
    cpace_clear(&a);
    assert_memory_equal(&a, &none, sizeof a);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_everything_is_bound),
        cmocka_unit_test(test_reflection_is_refused),
        cmocka_unit_test(test_secrets_are_wiped),
    };
    if (argc > 1) {
        file = argv[1];
    }
    if (secret_start() != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
