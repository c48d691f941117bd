/*
 * The gate as the views see it: who may pass, what strangers are told, and what they are not.
 */
#include "tests/base/unit.h"

#include "tests/overlay/views_rig.h"

static struct rig r;

/* A network whose proof is one byte, and which has no place for peer 13. */
static bool prove(void *context, const struct overlay_id *peer, uint8_t tag[VIEWS_MSG_TAG_SIZE])
{
    (void)context;
    memset(tag, 0, VIEWS_MSG_TAG_SIZE);
    tag[0] = 7;
    tag[1] = peer->bytes[2];
    return true;
}

static enum views_msg_reason judge(void *context, const struct overlay_id *peer, const uint8_t *tag)
{
    (void)context;
    if (tag == NULL || tag[0] != 7) {
        return VIEWS_MSG_WRONG_NETWORK;
    }
    return rig_number(peer) == 13 ? VIEWS_MSG_NOT_INVITED : VIEWS_MSG_UNSAID;
}

static const struct views_config closed = {.gate = {.prove = prove, .judge = judge}};
static const struct views_config open_one;

static struct views_msg message(enum views_msg_kind kind, unsigned n, uint8_t tag)
{
    return (struct views_msg){.kind = kind,
                              .degree = 5,
                              .peer_count = 1,
                              .peers = {{.id = rig_id(n)}},
                              .has_tag = tag != 0,
                              .tag = {tag}};
}

static bool is_known(unsigned n)
{
    struct overlay_id id = rig_id(n);
    return views_book_find(&r.views.book, &id) != NULL;
}

static void without_a_gate_whoever_claims_no_network_is_welcome(void **state)
{
    (void)state;
    rig_init(&r, open_one);
    rig_up(&r, 1, false);
    assert_int_equal(rig_feed(&r, 1, message(VIEWS_MSG_REQUEST, 1, 0)), 0);
    assert_true(rig_is_active(&r, 1));
    assert_false(rig_got(&r, VIEWS_MSG_ACCEPT, 1)->msg.has_tag);
    rig_up(&r, 2, false);
    assert_int_equal(rig_feed(&r, 2, message(VIEWS_MSG_REQUEST, 2, 7)), 0);
    assert_false(rig_is_active(&r, 2));
    assert_int_equal(rig_got(&r, VIEWS_MSG_REJECT, 2)->msg.reason, VIEWS_MSG_WRONG_NETWORK);
    assert_false(is_known(2));
    views_clear(&r.views);
}

static void who_proves_itself_passes_and_gets_a_proof(void **state)
{
    (void)state;
    rig_init(&r, closed);
    rig_up(&r, 1, false);
    assert_false(is_known(1)); /* nothing is kept of a stranger */
    assert_int_equal(rig_feed(&r, 1, message(VIEWS_MSG_REQUEST, 1, 7)), 0);
    assert_true(rig_is_active(&r, 1) && is_known(1));
    const struct views_event *e = rig_got(&r, VIEWS_MSG_ACCEPT, 1);
    assert_true(e->msg.has_tag);
    assert_int_equal(e->msg.tag[0], 7);
    assert_int_equal(e->msg.tag[1], 1); /* made for this peer */
    /* A neighbour's audits cost no proofs. */
    assert_int_equal(rig_feed(&r, 1, (struct views_msg){.kind = VIEWS_MSG_AUDIT}), 0);
    assert_false(rig_got(&r, VIEWS_MSG_AUDIT, 1)->msg.has_tag);
    views_clear(&r.views);
}

static void a_stranger_is_told_why_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        enum views_msg_kind kind;
        bool is_asking;
        unsigned n;
        uint8_t tag;
        enum views_msg_reason reason;
    } cases[] = {
        {VIEWS_MSG_REQUEST, false, 2, 0, VIEWS_MSG_WRONG_NETWORK},
        {VIEWS_MSG_REQUEST, false, 2, 8, VIEWS_MSG_WRONG_NETWORK},
        {VIEWS_MSG_REQUEST, false, 13, 7, VIEWS_MSG_NOT_INVITED},
        {VIEWS_MSG_AUDIT, true, 2, 0, VIEWS_MSG_WRONG_NETWORK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_init(&r, closed);
        rig_up(&r, 1, false);
        assert_int_equal(rig_feed(&r, 1, message(VIEWS_MSG_REQUEST, 1, 7)), 0);
        rig_forget(&r);
        rig_up(&r, cases[i].n, false);
        struct views_msg m = message(cases[i].kind, cases[i].n, cases[i].tag);
        m.is_asking = cases[i].is_asking;
        assert_int_equal(rig_feed(&r, cases[i].n, m), 0);
        const struct views_event *e = rig_got(&r, VIEWS_MSG_REJECT, cases[i].n);
        assert_int_equal(e->msg.reason, cases[i].reason);
        assert_int_equal(e->msg.peer_count, 0); /* no neighbour is named */
        assert_false(e->msg.has_tag);
        assert_int_equal(rig_events(&r, VIEWS_SEND, cases[i].n), 1);
        assert_int_equal(rig_events(&r, VIEWS_DROP, cases[i].n), 1);
        assert_int_equal(rig_events(&r, VIEWS_REFUSED, cases[i].n), 1);
        assert_false(is_known(cases[i].n));
        assert_int_equal(r.views.stats.barred, 1);
        views_clear(&r.views);
    }
}

/* We ask: who accepts without a proof, or calls us strangers, is left and forgotten. */
static void the_other_side_has_to_prove_itself_too(void **state)
{
    (void)state;
    struct overlay_id id = rig_id(2);
    rig_init(&r, closed);
    assert_int_equal(views_learn(&r.views, r.now, &id, UNIT_TEXT("street 2")), 0);
    rig_pass(&r, RIG_S / 10);
    rig_up(&r, 2, true);
    assert_true(rig_got(&r, VIEWS_MSG_REQUEST, 2)->msg.has_tag);
    assert_int_equal(rig_feed(&r, 2, message(VIEWS_MSG_ACCEPT, 2, 0)), 0);
    assert_false(rig_is_active(&r, 2));
    assert_int_equal(rig_got(&r, VIEWS_MSG_LEAVE, 2)->msg.reason, VIEWS_MSG_WRONG_NETWORK);
    assert_int_equal(rig_events(&r, VIEWS_REFUSED, 2), 1);
    assert_false(is_known(2));

    rig_forget(&r);
    rig_up(&r, 3, true);
    struct views_msg no = message(VIEWS_MSG_REJECT, 4, 0); /* and names a place to go to */
    no.reason = VIEWS_MSG_NOT_INVITED;
    assert_int_equal(rig_feed(&r, 3, no), 0);
    assert_int_equal(rig_events(&r, VIEWS_REFUSED, 3), 1);
    assert_int_equal(rig_sent(&r, VIEWS_MSG_LEAVE, 3) != NULL, false);
    assert_false(is_known(3) || is_known(4));
    rig_pass(&r, 60 * RIG_S);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 0), 0); /* nobody is left to dial */
    views_clear(&r.views);
}

/* A full node's "ask that one" counts only from one of ours. */
static void strangers_send_nobody_anywhere(void **state)
{
    (void)state;
    for (unsigned tag = 0; tag < 2; tag++) {
        rig_init(&r, closed);
        rig_up(&r, 3, true);
        struct views_msg no = message(VIEWS_MSG_REJECT, 4, tag == 1 ? 7 : 0);
        no.reason = VIEWS_MSG_FULL;
        no.peers[0].where = UNIT_TEXT("street 4");
        assert_int_equal(rig_feed(&r, 3, no), 0);
        rig_pass(&r, RIG_S);
        assert_int_equal(rig_events(&r, VIEWS_DIAL, 4), tag);
        views_clear(&r.views);
    }
}

/* Roots say something about the members: none go to or come from one that has not proved itself. */
static void audits_of_strangers_are_not_taken(void **state)
{
    (void)state;
    rig_init(&r, closed);
    rig_up(&r, 2, false);
    struct views_msg m = {.kind = VIEWS_MSG_AUDIT, .root_count = 1, .roots = {{.hash = 1}}};
    assert_int_equal(rig_feed(&r, 2, m), 0);
    assert_int_equal(r.count, 0); /* its proof may have been lost: neither verdict nor answer */
    m = message(VIEWS_MSG_AUDIT, 2, 7);
    m.is_asking = true;
    assert_int_equal(rig_feed(&r, 2, m), 0);
    assert_true(rig_got(&r, VIEWS_MSG_AUDIT, 2)->msg.has_tag);
    views_clear(&r.views);
}

static void verdicts_are_two_of_the_reasons(void **state)
{
    (void)state;
    for (unsigned reason = 0; reason <= VIEWS_MSG_NOT_INVITED; reason++) {
        assert_int_equal(views_gate_is_verdict((enum views_msg_reason)reason), reason >= 6);
    }
    assert_false(views_gate_is_closed(&open_one.gate));
    assert_true(views_gate_is_closed(&closed.gate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(without_a_gate_whoever_claims_no_network_is_welcome),
        UNIT(who_proves_itself_passes_and_gets_a_proof),
        UNIT(a_stranger_is_told_why_and_nothing_else),
        UNIT(the_other_side_has_to_prove_itself_too),
        UNIT(strangers_send_nobody_anywhere),
        UNIT(audits_of_strangers_are_not_taken),
        UNIT(verdicts_are_two_of_the_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
