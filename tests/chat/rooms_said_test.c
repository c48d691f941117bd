/*
 * Entries that a broadcast proves: who hears it keeps the proof and hands it on, what it does not
 * name is nobody's, and two proofs of one entry are one entry.
 */
#include "chat/rooms_many.h"

#include "chat/rooms_core.h"
#include "tests/chat/rooms_world.h"

static int say_now(size_t i, const char *text, uint64_t expiry_s)
{
    uint8_t room[32];
    uint8_t id[ENTRY_ID_SIZE];
    const struct content content = {.kind = CONTENT_TEXT, .text = span_from_text(text)};
    rooms_main(nodes[i].rooms, room);
    return rooms_say(nodes[i].rooms, room, &content, expiry_s, id);
}

/* What came last at node `i`, as it lies there, verifies by itself; is it by a broadcast? */
static bool last_is_said(size_t i, bool has_content)
{
    const struct history_room *room = main_of(i);
    struct history_row row;
    struct entry e;
    struct buf bytes;
    buf_init(&bytes, STORE_VALUE_MAX);
    assert_int_equal(history_row_get_entry(nodes[i].store, room->number, room->last, &row, &bytes),
                     0);
    assert_int_equal(entry_read(&e, row.stored), 0);
    assert_int_equal(entry_verify(&e, members_network(&people.log), &signer_ed25519), 0);
    assert_int_equal(e.has_content, has_content);
    bool is_said = e.is_said;
    buf_clear(&bytes);
    return is_said;
}

/* The last broadcast of node `i` that begins with `kind`. */
static struct mail *last_mail(size_t i, enum rooms_kind kind)
{
    size_t k = mail_count;
    do {
        assert_true(k > 0);
        k--;
    } while (mails[k]->from != i || mails[k]->to != NODES || mails[k]->bytes[0] != kind);
    return mails[k];
}

/* Two entries in one broadcast of node 0, which nobody has heard yet. */
static struct mail *two_in_one(uint64_t seed)
{
    start(seed, 3);
    run(200);
    say(0, "kabla");
    run(3);
    nodes[1].is_away = true;
    nodes[2].is_away = true;
    nodes[0].is_held = true;
    assert_int_equal(say_now(0, "moja", 0), 0);
    assert_int_equal(say_now(0, "mbili", 0), 0);
    run(1);
    nodes[0].is_held = false;
    run(1);
    struct mail *m = last_mail(0, ROOMS_MANY);
    assert_int_equal(m->names_len, 2 * ENTRY_ID_SIZE);
    return m;
}

static void what_a_broadcast_does_not_name_is_nobodys(void **state)
{
    (void)state;
    uint8_t names[3 * ENTRY_ID_SIZE] = {0};
    const struct mail *m = two_in_one(41);
    const struct span bytes = span_of(m->bytes, m->len);
    memcpy(names, names_of(m).ptr + ENTRY_ID_SIZE, ENTRY_ID_SIZE);
    memcpy(names + ENTRY_ID_SIZE, names_of(m).ptr, ENTRY_ID_SIZE);
    take_named(1, 0, span_empty(), bytes);
    take_named(1, 0, span_of(names, 2 * ENTRY_ID_SIZE), bytes); /* in another order */
    take_named(1, 0, span_of(names + 2 * ENTRY_ID_SIZE, ENTRY_ID_SIZE), bytes);
    take_named(1, 2, names_of(m), bytes); /* another one says the same words */
    assert_reads(1, "kabla|");
    assert_int_equal(nodes[1].rooms->waiting_count, 0);
    /* Nothing of that has used up a key. One more name than entries hurts nobody. */
    memcpy(names, names_of(m).ptr, 2 * ENTRY_ID_SIZE);
    take_named(1, 0, span_of(names, sizeof names), bytes);
    assert_reads(1, "kabla|moja|mbili|");
    assert_true(last_is_said(1, true));
    /* Of the first alone, when it names no more. */
    take_named(2, 0, span_of(names, ENTRY_ID_SIZE), bytes);
    assert_reads(2, "kabla|moja|");
    stop();
}

/* Other things between the entries count for no name. */
static void entries_among_others_keep_their_names(void **state)
{
    (void)state;
    static uint8_t mixed[8192] = {ROOMS_MANY};
    struct span one = span_empty();
    const struct mail *m = two_in_one(42);
    struct rd rd;
    struct wr w;
    rd_init(&rd, span_of(m->bytes + 1, m->len - 1));
    wr_init(&w, span_mut_of(mixed + 1, sizeof mixed - 1));
    while (rooms_many_next(&rd, &one)) {
        rooms_many_put(&w, UNIT_TEXT("\x03no frontier"));
        rooms_many_put(&w, one);
        rooms_many_put(&w, UNIT_TEXT("\x02no change"));
    }
    take_named(1, 0, names_of(m), span_of(mixed, 1 + w.len));
    assert_reads(1, "kabla|moja|mbili|");
    stop();
}

/* Who heard it gives it to who did not, also behind a restart, and when the author is away. All
 * have one entry then, whatever proves it to each, and nothing is asked for again. */
static void what_was_heard_is_handed_on(void **state)
{
    (void)state;
    start(43, 3);
    run(200);
    nodes[2].is_away = true;
    say(0, "moja");
    lose(2);
    restart(1, true);
    nodes[0].is_away = true;
    nodes[2].is_away = false;
    run(120);
    assert_reads(2, "moja|");
    assert_false(last_is_said(0, true)); /* the author has its own signature */
    assert_true(last_is_said(1, true));
    assert_true(last_is_said(2, true));
    nodes[0].is_away = false;
    run(60);
    uint64_t repaired = counted.repaired.value;
    run(200);
    assert_int_equal(counted.repaired.value, repaired);
    assert_equal(0, 1);
    assert_equal(0, 2);
    stop();
}

/* The other way round: what came by its own signature is not said again by its broadcast. */
static void what_is_here_is_not_taken_twice(void **state)
{
    (void)state;
    start(44, 3);
    run(200);
    nodes[1].is_away = true;
    say(0, "moja");
    const struct mail *m = last_mail(0, ROOMS_ENTRY);
    lose(1);
    nodes[2].is_away = true;
    nodes[1].is_away = false;
    run(120);
    assert_reads(1, "moja|");
    assert_false(last_is_said(1, true)); /* of the author itself */
    size_t placed = nodes[1].placed;
    take_named(1, 0, names_of(m), span_of(m->bytes, m->len));
    run(5);
    assert_int_equal(nodes[1].placed, placed);
    assert_false(last_is_said(1, true));
    assert_reads(1, "moja|");
    stop();
}

/* It comes before the keys of its epoch: what proves it waits with it. */
static void what_waits_keeps_its_proof(void **state)
{
    (void)state;
    start(45, 3);
    run(200);
    nodes[1].is_away = true;
    members_world_join(&people, 0, 3);
    see_log(0);
    see_log(2);
    up(3);
    run(200);
    say(0, "siri");
    struct mail *m = last_mail(0, ROOMS_ENTRY);
    take_named(1, 0, names_of(m), span_of(m->bytes, m->len));
    assert_int_equal(nodes[1].rooms->waiting_count, 1);
    m->has[1] = true; /* it does not come again */
    for (size_t k = 0; k < NODES; k++) {
        rooms_repair_near(nodes[1].rooms, device_of(k), false); /* no talk helps */
        rooms_repair_near(nodes[k].rooms, device_of(1), false);
    }
    see_log(1);
    nodes[1].is_away = false;
    for (int k = 0; k < 100 && nodes[1].rooms->waiting_count > 0; k++) {
        run(1);
    }
    assert_reads(1, "siri|");
    assert_true(last_is_said(1, true));
    stop();
}

/* What has ended leaves its place in the chain, and that its proof. */
static void what_ended_leaves_its_proof(void **state)
{
    (void)state;
    start(46, 2);
    run(200);
    say(0, "kabla");
    assert_int_equal(say_now(0, "karatasi", 20), 0);
    run(3);
    assert_reads(1, "kabla|karatasi|");
    assert_true(last_is_said(1, true));
    run(40);
    assert_true(last_is_said(1, false));
    assert_false(last_is_said(0, false));
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_a_broadcast_does_not_name_is_nobodys),
        UNIT(entries_among_others_keep_their_names),
        UNIT(what_was_heard_is_handed_on),
        UNIT(what_is_here_is_not_taken_twice),
        UNIT(what_waits_keeps_its_proof),
        UNIT(what_ended_leaves_its_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
