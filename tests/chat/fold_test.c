/* Messages after edits, deletions and reactions: whose count, in which order, within limits. */
#include "chat/fold.h"

#include "tests/base/unit.h"

static const uint8_t alice[CONTENT_ID_SIZE] = {1};
static const uint8_t bob[CONTENT_ID_SIZE] = {2};
static const uint8_t target[CONTENT_ID_SIZE] = {3};

static struct content text(const char *words)
{
    return (struct content){.kind = CONTENT_TEXT, .text = span_from_text(words)};
}

static struct content about(enum content_kind kind, const char *words)
{
    return (struct content){.kind = kind, .text = span_from_text(words), .target = target};
}

static struct content reaction(const char *emoji)
{
    return (struct content){
        .kind = CONTENT_REACTION, .emoji = span_from_text(emoji), .target = target};
}

static void assert_text(const struct fold *f, const char *words)
{
    assert_true(span_is_equal(f->content.text, span_from_text(words)));
}

static void test_the_last_edit_counts(void **state)
{
    (void)state;
    static struct fold f;
    const struct content said = text("one");
    struct content first = about(CONTENT_EDIT, "two");
    const struct content second = about(CONTENT_EDIT, "three");

    first.mentions[0] = bob;
    first.mention_count = 1;
    fold_init(&f, alice, &said);
    assert_false(f.is_edited);
    fold_feed(&f, alice, &first);
    assert_text(&f, "two");
    assert_int_equal(f.content.mention_count, 1);
    fold_feed(&f, alice, &second);
    assert_text(&f, "three");
    assert_int_equal(f.content.mention_count, 0);
    assert_true(f.is_edited);
}

static void test_nobody_edits_for_others(void **state)
{
    (void)state;
    static struct fold f;
    const struct content said = text("one");
    const struct content edit = about(CONTENT_EDIT, "forged");
    const struct content gone = about(CONTENT_DELETE, "");

    fold_init(&f, alice, &said);
    fold_feed(&f, bob, &edit);
    fold_feed(&f, bob, &gone);
    fold_feed(&f, bob, &said);
    assert_text(&f, "one");
    assert_false(f.is_edited || f.is_deleted);
}

static void test_a_deletion_wins(void **state)
{
    (void)state;
    static struct fold f;
    const struct content said = text("one");
    const struct content edit = about(CONTENT_EDIT, "two");
    const struct content gone = about(CONTENT_DELETE, "");
    const struct content smile = reaction(":)");

    fold_init(&f, alice, &said);
    fold_feed(&f, bob, &smile);
    fold_feed(&f, alice, &gone);
    fold_feed(&f, alice, &edit);
    fold_feed(&f, bob, &smile);
    assert_true(f.is_deleted);
    assert_false(f.is_edited);
    assert_text(&f, "");
    assert_false(fold_has_reacted(&f, bob, span_from_text(":)")));
}

static void test_reactions_come_and_go(void **state)
{
    (void)state;
    static struct fold f;
    const struct content said = text("one");
    const struct content smile = reaction(":)");
    const struct content heart = reaction("<3");

    fold_init(&f, alice, &said);
    fold_feed(&f, bob, &smile);
    fold_feed(&f, alice, &smile);
    fold_feed(&f, bob, &heart);
    assert_int_equal(f.emoji_count, 2);
    assert_int_equal(f.emoji[0].count, 2);
    assert_true(fold_has_reacted(&f, bob, span_from_text("<3")));
    fold_feed(&f, bob, &smile); /* back */
    assert_int_equal(f.emoji[0].count, 1);
    assert_false(fold_has_reacted(&f, bob, span_from_text(":)")));
    assert_true(fold_has_reacted(&f, alice, span_from_text(":)")));
    assert_false(fold_has_reacted(&f, alice, span_from_text("?")));
}

static void test_reactions_are_bounded(void **state)
{
    (void)state;
    static struct fold f;
    const struct content said = text("one");
    uint8_t member[CONTENT_ID_SIZE] = {0};

    fold_init(&f, alice, &said);
    for (int i = 0; i <= FOLD_EMOJI_MAX; i++) {
        const char emoji[] = {'a', (char)('0' + i), '\0'};
        const struct content one = reaction(emoji);

        fold_feed(&f, bob, &one);
    }
    assert_int_equal(f.emoji_count, FOLD_EMOJI_MAX);
    assert_int_equal(f.reaction_count, FOLD_EMOJI_MAX);
    for (int i = 0; i < FOLD_REACTIONS_MAX + 5; i++) {
        const struct content one = reaction("a0");

        member[0] = 9;
        member[1] = (uint8_t)i;
        member[2] = (uint8_t)(i / 256);
        fold_feed(&f, member, &one);
    }
    assert_int_equal(f.reaction_count, FOLD_REACTIONS_MAX);
    assert_int_equal(f.emoji[0].count, FOLD_REACTIONS_MAX - FOLD_EMOJI_MAX + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_the_last_edit_counts),  UNIT(test_nobody_edits_for_others),
        UNIT(test_a_deletion_wins),       UNIT(test_reactions_come_and_go),
        UNIT(test_reactions_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
