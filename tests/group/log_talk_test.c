/* Two copies of a membership log become equal over one stream; guests get it; strangers nothing. */
#include "group/log_talk.h"

#include "tests/base/unit.h"
#include "tests/support/members_world.h"

#define MS UINT64_C(1000000)

struct side {
    struct log_talk talk;
    bool withholds; /* does not know the peer, ... */
    bool refuses;   /* and does not get to know it */
    struct members *log;
    bool is_told[LOG_TALK_BROKEN + 1];
    struct log_talk_event last[LOG_TALK_BROKEN + 1];
};

static const uint8_t state_hash[32] = {1};
static uint8_t opener_tags[2][NETWORK_MSG_TAG_SIZE] = {{1}, {2}};
static const uint8_t our_tag[NETWORK_MSG_TAG_SIZE] = {3};

/* A copy of what of the log the first `count` operations are. */
static void copy_log(struct members *to, const struct members_world *w, uint32_t count)
{
    const struct members_op *genesis = w->log.ops[MEMBERS_GENESIS];

    assert_int_equal(members_init(to, w->signer, &w->random, span_of(genesis->bytes, genesis->len)),
                     0);
    for (uint32_t i = 1; i < count; i++) {
        enum members_fed fed = MEMBERS_KNOWN;

        assert_int_equal(
            members_feed(to, span_of(w->log.ops[i]->bytes, w->log.ops[i]->len), 1, &fed), 0);
        assert_int_equal(fed, MEMBERS_ADDED);
    }
}

/* What a side's owner does with events. */
static void own(struct side *s, const struct log_talk_event *event)
{
    s->is_told[event->kind] = true;
    s->last[event->kind] = *event;
    if (event->kind == LOG_TALK_PROVED && s->log != NULL) {
        bool is_answer = s->talk.role == LOG_TALK_ANSWERER;

        if (s->withholds) {
            log_talk_withhold(&s->talk);
        }

        assert_int_equal(event->tag_count, is_answer ? 2 : 1);
        assert_memory_equal(event->tags[0], is_answer ? opener_tags[0] : our_tag, 32);
        log_talk_accept(&s->talk, s->log, is_answer ? our_tag : NULL, state_hash);
    } else if (event->kind == LOG_TALK_PROVED) {
        log_talk_refuse(&s->talk, NETWORK_MSG_WRONG_NETWORK);
    } else if (event->kind == LOG_TALK_INVITED) {
        log_talk_accept(&s->talk, s->log, NULL, state_hash);
    } else if (event->kind == LOG_TALK_LOADED && s->refuses) {
        log_talk_refuse(&s->talk, NETWORK_MSG_NOT_INVITED);
    } else if (event->kind == LOG_TALK_LOADED && s->withholds) {
        log_talk_give(&s->talk);
    }
}

static bool drain(struct side *s)
{
    struct log_talk_event event;
    bool has_any = false;

    while (log_talk_next_event(&s->talk, &event)) {
        has_any = true;
        own(s, &event);
    }
    return has_any;
}

/* Carry bytes, a few at a time, until nobody has anything to say. */
static void carry(struct side *a, struct side *b, size_t step)
{
    struct side *sides[] = {a, b};
    int quiet = 0;

    for (int i = 0; quiet < 4; i = 1 - i) {
        struct span out = log_talk_pull(&sides[i]->talk);
        size_t count = out.len < step ? out.len : step;

        size_t taken = log_talk_feed(&sides[1 - i]->talk, 0, span_slice(out, 0, count));

        taken = sides[1 - i]->talk.state == LOG_TALK_ENDED ? count : taken;
        log_talk_sent(&sides[i]->talk, taken);
        quiet = taken > 0 || drain(a) || drain(b) ? 0 : quiet + 1;
        (void)drain(a);
        (void)drain(b);
    }
}

static void begin(struct side *s, enum log_talk_role role, struct members *log)
{
    memset(s, 0, sizeof *s);
    s->log = log;
    log_talk_init(&s->talk, 0, role, 5);
}

static void world(struct members_world *w)
{
    members_world_open(w, &signer_ed25519, MEMBERS_MSG_ANY);
    for (int i = 1; i < 6; i++) {
        members_world_join(w, i - 1, i);
    }
}

/* Both have what the world has. */
static void assert_equal_logs(const struct members_world *w, const struct members *log)
{
    assert_int_equal(log->op_count, w->log.op_count);
    for (uint32_t i = 0; i < w->log.op_count; i++) {
        assert_non_null(members_find(log, w->log.ops[i]->id));
    }
    members_check(log);
}

static void run(uint32_t first, uint32_t second, size_t step)
{
    struct members_world w;
    struct members logs[2];
    struct side sides[2];

    world(&w);
    copy_log(&logs[0], &w, first);
    copy_log(&logs[1], &w, second);
    begin(&sides[0], LOG_TALK_OPENER, &logs[0]);
    begin(&sides[1], LOG_TALK_ANSWERER, &logs[1]);
    log_talk_prove(&sides[0].talk, &logs[0], opener_tags, 2);
    carry(&sides[0], &sides[1], step);
    for (int i = 0; i < 2; i++) {
        uint32_t most = first > second ? first : second;

        assert_true(sides[i].is_told[LOG_TALK_OVER] && sides[i].is_told[LOG_TALK_LOADED]);
        assert_false(sides[i].is_told[LOG_TALK_BROKEN]);
        assert_int_equal(logs[i].op_count, most);
        assert_int_equal(sides[i].is_told[LOG_TALK_CHANGED], (i == 0 ? first : second) < most);
        log_talk_clear(&sides[i].talk);
        members_clear(&logs[i]);
    }
    members_world_close(&w);
}

static void test_logs_become_equal(void **state)
{
    (void)state;
    run(16, 16, 100000);
    run(16, 3, 100000);
    run(3, 16, 100000);
    run(1, 16, 7);
    run(16, 1, 1);
}

/* Who is not known here says first why it belongs; nothing is given to it before. */
static void test_who_is_unknown_says_first_why(void **state)
{
    struct members_world w;
    struct members logs[2];
    struct side sides[2];

    (void)state;
    world(&w);
    for (int refuses = 0; refuses < 2; refuses++) {
        copy_log(&logs[0], &w, 3);
        copy_log(&logs[1], &w, 12);
        begin(&sides[0], LOG_TALK_OPENER, &logs[0]);
        begin(&sides[1], LOG_TALK_ANSWERER, &logs[1]);
        sides[1].withholds = true;
        sides[1].refuses = refuses == 1;
        log_talk_prove(&sides[0].talk, &logs[0], opener_tags, 2);
        carry(&sides[0], &sides[1], 50);
        assert_true(sides[1].is_told[LOG_TALK_OVER]);
        assert_int_equal(logs[0].op_count, refuses == 1 ? 3 : 12);
        assert_int_equal(sides[0].is_told[LOG_TALK_REFUSED], refuses == 1);
        assert_int_equal(sides[0].is_told[LOG_TALK_OVER], refuses == 0);
        for (int i = 0; i < 2; i++) {
            log_talk_clear(&sides[i].talk);
            members_clear(&logs[i]);
        }
    }
    members_world_close(&w);
}

/* Each has what the other lacks. */
static void test_both_have_something(void **state)
{
    (void)state;
    struct members_world w;
    struct members log;
    struct side sides[2];

    world(&w);
    copy_log(&log, &w, w.log.op_count);
    for (int i = 0; i < 700; i++) { /* more than a frame: 250 bytes each */
        members_world_say(&w, 1);
    }
    struct members mine = w.log; /* the world's own log takes part */
    struct members_author other = w.persons[2].devices[0];
    for (int i = 0; i < 5; i++) {
        struct members_msg m = members_world_msg((enum members_msg_kind)99);
        const struct members_op *op = NULL;

        assert_int_equal(members_write(&log, &other, &m, &op), 0);
    }
    begin(&sides[0], LOG_TALK_OPENER, &mine);
    begin(&sides[1], LOG_TALK_ANSWERER, &log);
    log_talk_prove(&sides[0].talk, &mine, opener_tags, 2);
    carry(&sides[0], &sides[1], 3000);
    w.log = mine;
    assert_true(sides[0].is_told[LOG_TALK_OVER] && sides[1].is_told[LOG_TALK_OVER]);
    assert_equal_logs(&w, &log);
    for (int i = 0; i < 2; i++) {
        log_talk_clear(&sides[i].talk);
    }
    members_clear(&log);
    members_world_close(&w);
}

static void test_a_guest_gets_the_log_and_joins(void **state)
{
    (void)state;
    struct members_world w;
    struct members log;
    struct side sides[2];
    const uint8_t root[NETWORK_MSG_ID_SIZE] = {8};
    const uint8_t certificate[NETWORK_MSG_CERTIFICATE_SIZE] = {9};
    const struct network_msg guest = {
        .kind = NETWORK_MSG_GUEST, .root = root, .certificate = certificate};

    world(&w);
    begin(&sides[0], LOG_TALK_GUEST, NULL);
    begin(&sides[1], LOG_TALK_ANSWERER, &w.log);
    log_talk_ask(&sides[0].talk, &guest);
    carry(&sides[0], &sides[1], 1000);
    assert_true(sides[1].is_told[LOG_TALK_INVITED]);
    assert_memory_equal(sides[1].last[LOG_TALK_INVITED].root, root, sizeof root);
    assert_memory_equal(sides[1].last[LOG_TALK_INVITED].certificate, certificate,
                        sizeof certificate);
    assert_true(sides[0].is_told[LOG_TALK_GENESIS]);
    assert_int_equal(members_init(&log, w.signer, &w.random, sides[0].last[LOG_TALK_GENESIS].bytes),
                     0);
    log_talk_accept(&sides[0].talk, &log, NULL, NULL);
    carry(&sides[0], &sides[1], 1000);
    assert_true(sides[0].is_told[LOG_TALK_LOADED]);
    assert_false(sides[0].is_told[LOG_TALK_OVER]);
    assert_equal_logs(&w, &log);

    struct members_author other = w.persons[2].devices[0]; /* stands for a JOIN */
    struct members_msg m = members_world_msg((enum members_msg_kind)99);
    const struct members_op *op = NULL;

    assert_int_equal(members_write(&log, &other, &m, &op), 0);
    log_talk_give(&sides[0].talk);
    carry(&sides[0], &sides[1], 1000);
    assert_true(sides[0].is_told[LOG_TALK_OVER] && sides[1].is_told[LOG_TALK_OVER]);
    assert_non_null(members_find(&w.log, op->id));
    for (int i = 0; i < 2; i++) {
        log_talk_clear(&sides[i].talk);
    }
    members_clear(&log);
    members_world_close(&w);
}

static void test_strangers_learn_nothing(void **state)
{
    (void)state;
    struct members_world w;
    struct side sides[2];

    world(&w);
    begin(&sides[0], LOG_TALK_OPENER, &w.log);
    begin(&sides[1], LOG_TALK_ANSWERER, NULL);
    log_talk_prove(&sides[0].talk, &w.log, opener_tags, 2);
    struct span out = log_talk_pull(&sides[0].talk);

    assert_true(out.len < 80); /* tags, before anything of the log */
    carry(&sides[0], &sides[1], 1000);
    assert_true(sides[0].is_told[LOG_TALK_REFUSED]);
    assert_int_equal(sides[0].last[LOG_TALK_REFUSED].reason, NETWORK_MSG_WRONG_NETWORK);
    assert_int_equal(log_talk_deadline(&sides[0].talk), UINT64_MAX);
    for (int i = 0; i < 2; i++) {
        log_talk_clear(&sides[i].talk);
    }
    members_world_close(&w);
}

static void broken_by(struct span bytes, int err)
{
    struct side s;

    begin(&s, LOG_TALK_ANSWERER, NULL);
    (void)log_talk_feed(&s.talk, 0, bytes);
    (void)drain(&s);
    assert_true(s.is_told[LOG_TALK_BROKEN]);
    assert_int_equal(s.last[LOG_TALK_BROKEN].err, err);
    assert_int_equal(log_talk_feed(&s.talk, 0, bytes), 0);
    log_talk_clear(&s.talk);
}

static void test_frames_out_of_place(void **state)
{
    (void)state;
    broken_by(UNIT_TEXT("\x01\x05"), WAVU_ERR_PROTO); /* DONE first */
    broken_by(UNIT_TEXT("\x01\x04"), WAVU_ERR_PROTO); /* OPS first */
    broken_by(UNIT_TEXT("\x01\x03"), WAVU_ERR_PROTO); /* HEADS first */
    broken_by(UNIT_TEXT("\x00"), WAVU_ERR_PROTO);
    broken_by(UNIT_TEXT("\xff\xff\x7f"), WAVU_ERR_LIMIT);
    broken_by(UNIT_TEXT("\x03\x01\x08\x09"), WAVU_ERR_UNSUPPORTED); /* a newer PROVE */
}

static void test_operations_that_are_none(void **state)
{
    (void)state;
    struct members_world w;
    struct side s;
    uint8_t bytes[4096];
    struct wr wr;

    world(&w);
    const uint32_t before = w.log.op_count;

    begin(&s, LOG_TALK_ANSWERER, &w.log);
    s.talk.role = LOG_TALK_ANSWERER;
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    const struct network_msg prove = {
        .kind = NETWORK_MSG_PROVE, .tags = {opener_tags[0], opener_tags[1]}, .tag_count = 2};
    const struct network_msg heads = {.kind = NETWORK_MSG_HEADS};

    network_msg_write(&wr, &prove);
    network_msg_write(&wr, &heads);
    network_msg_begin_ops(&wr, 20 * network_msg_op_size(UNIT_TEXT("junk")));
    for (int i = 0; i < 20; i++) {
        network_msg_write_op(&wr, UNIT_TEXT("junk"));
    }
    size_t taken = log_talk_feed(&s.talk, 0, wr_span(&wr));
    (void)drain(&s);
    (void)log_talk_feed(&s.talk, 0, span_slice(wr_span(&wr), taken, wr.len - taken));
    (void)drain(&s);
    assert_true(s.is_told[LOG_TALK_BROKEN]);
    assert_int_equal(s.last[LOG_TALK_BROKEN].err, WAVU_ERR_CRYPTO);
    assert_int_equal(s.talk.bad, LOG_TALK_BAD_MAX);
    assert_int_equal(w.log.op_count, before);
    log_talk_clear(&s.talk);
    members_world_close(&w);
}

/* An operation without meaning, no two alike. */
static struct members_msg noise(struct members_world *w)
{
    struct members_msg m = members_world_msg((enum members_msg_kind)99);

    m.content = span_of(&w->keys, sizeof w->keys);
    w->keys++;
    return m;
}

/* Fork the author's chain as often as the log takes it. */
static void fork_chain(struct members_world *w, const struct members_author *author)
{
    int rc = 0;

    while (rc == 0) {
        struct members_author twin = *author;
        struct members_msg m = noise(w);
        const struct members_op *op = NULL;

        rc = members_world_forge(w, &twin, &m, &op);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
}

/* A hostile key gave each of two honest nodes other forks, as many as a log takes: they have no
 * room for each other's, and talk all the same. */
static void test_what_finds_no_room_breaks_nothing(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    struct side sides[2];

    world(&w);
    const struct members_author forker = w.persons[3].devices[0];

    copy_log(&far, &w, w.log.op_count);
    fork_chain(&w, &forker);
    struct members near = w.log;

    w.log = far;
    fork_chain(&w, &forker);
    far = w.log;
    w.log = near;
    const struct members_op *op = members_world_say(&w, 1);
    near = w.log;
    begin(&sides[0], LOG_TALK_OPENER, &near);
    begin(&sides[1], LOG_TALK_ANSWERER, &far);
    log_talk_prove(&sides[0].talk, &near, opener_tags, 2);
    carry(&sides[0], &sides[1], 5000);
    for (int i = 0; i < 2; i++) {
        assert_false(sides[i].is_told[LOG_TALK_BROKEN]);
        assert_true(sides[i].is_told[LOG_TALK_OVER]);
        log_talk_clear(&sides[i].talk);
    }
    assert_non_null(members_find(&far, op->id));
    w.log = near;
    members_clear(&far);
    members_world_close(&w);
}

/* How often was that told, of all that waits? */
static unsigned count_events(struct side *s, enum log_talk_event_kind kind)
{
    struct log_talk_event event;
    unsigned count = 0;

    while (log_talk_next_event(&s->talk, &event)) {
        count += event.kind == kind ? 1 : 0;
        own(s, &event);
    }
    return count;
}

/* A hundred frames of one operation each, and DONE, in one piece. */
static void test_many_frames_at_once(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 16];
    static const struct network_msg done = {.kind = NETWORK_MSG_DONE};
    static const struct network_msg heads = {.kind = NETWORK_MSG_HEADS, .state = state_hash};
    static const struct network_msg prove = {
        .kind = NETWORK_MSG_PROVE, .tags = {opener_tags[0], opener_tags[1]}, .tag_count = 2};
    struct members_world w;
    struct members log;
    struct side s;
    struct wr wr;

    world(&w);
    const uint32_t before = w.log.op_count;

    copy_log(&log, &w, before);
    for (int i = 0; i < 100; i++) {
        members_world_say(&w, 1);
    }
    begin(&s, LOG_TALK_ANSWERER, &log);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    network_msg_write(&wr, &prove);
    (void)log_talk_feed(&s.talk, 0, wr_span(&wr));
    assert_true(drain(&s));
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    network_msg_write(&wr, &heads);
    for (uint32_t i = before; i < w.log.op_count; i++) {
        const struct span op = span_of(w.log.ops[i]->bytes, w.log.ops[i]->len);

        network_msg_begin_ops(&wr, network_msg_op_size(op));
        network_msg_write_op(&wr, op);
    }
    const size_t ops_end = wr.len;

    network_msg_write(&wr, &done);
    assert_int_equal(wr_finish(&wr), 0);
    assert_int_equal(log_talk_feed(&s.talk, 0, span_of(bytes, ops_end)), ops_end);
    assert_int_equal(count_events(&s, LOG_TALK_CHANGED), 1);
    assert_equal_logs(&w, &log);
    assert_int_equal(log_talk_feed(&s.talk, 0, span_of(bytes + ops_end, wr.len - ops_end)),
                     wr.len - ops_end);
    assert_true(drain(&s));
    assert_true(s.is_told[LOG_TALK_LOADED]);
    log_talk_clear(&s.talk);
    members_clear(&log);
    members_world_close(&w);
}

/* Begin the world anew from a genesis with an unknown field, of `len` bytes in all. */
static int open_long(struct members_world *w, size_t len)
{
    static const uint8_t pad[2 * MEMBERS_MSG_GENESIS_MAX];
    static const uint8_t nonce[MEMBERS_MSG_NONCE_SIZE] = {1};
    uint8_t body[2 * MEMBERS_MSG_GENESIS_MAX];
    uint8_t whole[2 * MEMBERS_MSG_GENESIS_MAX];
    uint8_t signature[SIGNER_SIZE];
    const struct ed25519_pair *root = &w->persons[0].root.pair;
    const struct members_msg_genesis g = {.format = MEMBERS_MSG_FORMAT,
                                          .name = span_from_text("test"),
                                          .policy = MEMBERS_MSG_ANY,
                                          .root =
                                              span_of(root->public_key, sizeof root->public_key),
                                          .nonce = span_of(nonce, sizeof nonce)};
    struct wr wr;

    wr_init(&wr, span_mut_of(body, sizeof body));
    members_msg_encode_genesis_body(&wr, &g);
    pb_write_bytes(&wr, 20, span_of(pad, len - SIGNER_SIZE - 5 - wr.len - 4));
    const struct span signed_body = wr_span(&wr);

    w->signer->sign(w->signer->context, signature, root, members_msg_label_genesis, signed_body);
    wr_init(&wr, span_mut_of(whole, sizeof whole));
    members_msg_encode_signed(&wr, signed_body, span_of(signature, sizeof signature));
    assert_int_equal(wr.len, len);
    members_clear(&w->log);
    int rc = members_init(&w->log, w->signer, &w->random, wr_span(&wr));

    if (rc == 0) {
        memcpy(w->persons[0].member, members_network(&w->log), MEMBERS_MSG_ID_SIZE);
        memcpy(w->persons[0].root.member, w->persons[0].member, MEMBERS_MSG_ID_SIZE);
        w->persons[0].root.sequence = 0;
    }
    return rc;
}

/* Twenty devices of the founder fork sixty ways each. */
static void make_heads(struct members_world *w)
{
    for (int i = 0; i < 20; i++) {
        w->persons[0].device_count = 0;
        memset(&w->persons[0].devices[0], 0, sizeof w->persons[0].devices[0]);
        members_world_device(w, 0);
        for (int k = 0; k < 60; k++) {
            struct members_author twin = w->persons[0].devices[0];
            struct members_msg m = noise(w);
            const struct members_op *op = NULL;

            assert_int_equal(members_world_forge(w, &twin, &m, &op), 0);
        }
    }
}

/* As many heads as can be said, and the longest genesis. */
static void test_the_longest_heads_fit(void **state)
{
    (void)state;
    static struct network_msg_room room;
    const uint8_t root[NETWORK_MSG_ID_SIZE] = {8};
    const uint8_t certificate[NETWORK_MSG_CERTIFICATE_SIZE] = {9};
    const struct network_msg guest = {
        .kind = NETWORK_MSG_GUEST, .root = root, .certificate = certificate};
    uint8_t bytes[256];
    struct members_world w;
    struct network_msg m;
    struct side s;
    struct span body;
    struct wr wr;
    unsigned kind = 0;
    size_t used = 0;

    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    assert_int_equal(open_long(&w, MEMBERS_MSG_GENESIS_MAX + 1), WAVU_ERR_CRYPTO);
    assert_int_equal(open_long(&w, MEMBERS_MSG_GENESIS_MAX), 0);
    make_heads(&w);
    begin(&s, LOG_TALK_ANSWERER, &w.log);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    network_msg_write(&wr, &guest);
    (void)log_talk_feed(&s.talk, 0, wr_span(&wr));
    (void)drain(&s);
    assert_int_equal(network_msg_frame(log_talk_pull(&s.talk), &kind, &body, &used), 0);
    assert_int_equal(network_msg_read(&m, kind, body, &room), 0);
    assert_int_equal(kind, NETWORK_MSG_HEADS);
    assert_int_equal(m.heads.len, sizeof room.heads);
    assert_int_equal(m.genesis.len, MEMBERS_MSG_GENESIS_MAX);
    log_talk_clear(&s.talk);
    members_world_close(&w);
}

/* The owner's answer comes after the end of the talk: nothing happens. */
static void test_an_answer_too_late_is_ignored(void **state)
{
    (void)state;
    struct members_world w;
    struct log_talk_event event;
    struct side s;
    uint8_t bytes[256];
    struct wr wr;
    const struct network_msg prove = {
        .kind = NETWORK_MSG_PROVE, .tags = {opener_tags[0]}, .tag_count = 1};

    world(&w);
    for (int answer = 0; answer < 4; answer++) {
        begin(&s, LOG_TALK_ANSWERER, &w.log);
        wr_init(&wr, span_mut_of(bytes, sizeof bytes));
        network_msg_write(&wr, &prove);
        (void)log_talk_feed(&s.talk, 0, wr_span(&wr));
        assert_true(log_talk_next_event(&s.talk, &event));
        log_talk_tick(&s.talk, LOG_TALK_NS);
        if (answer == 0) {
            log_talk_accept(&s.talk, &w.log, our_tag, state_hash);
        } else if (answer == 1) {
            log_talk_refuse(&s.talk, NETWORK_MSG_NOT_INVITED);
        } else if (answer == 2) {
            log_talk_withhold(&s.talk);
        } else {
            log_talk_give(&s.talk);
        }
        assert_true(log_talk_next_event(&s.talk, &event));
        assert_int_equal(event.kind, LOG_TALK_BROKEN);
        assert_false(log_talk_next_event(&s.talk, &event));
        assert_int_equal(log_talk_pull(&s.talk).len, 0);
        log_talk_clear(&s.talk);
    }
    members_world_close(&w);
}

/* Who sends the same operation again and again is left when it has sent more than a log holds. */
static void test_operations_of_a_talk_are_bounded(void **state)
{
    (void)state;
    static uint8_t bytes[NETWORK_MSG_FRAME_MAX];
    struct members_world w;
    struct side s;
    struct wr wr;
    uint32_t sent = 0;
    const struct network_msg prove = {
        .kind = NETWORK_MSG_PROVE, .tags = {opener_tags[0], opener_tags[1]}, .tag_count = 2};
    const struct network_msg heads = {.kind = NETWORK_MSG_HEADS};

    world(&w);
    begin(&s, LOG_TALK_ANSWERER, &w.log);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    network_msg_write(&wr, &prove);
    (void)log_talk_feed(&s.talk, 0, wr_span(&wr));
    (void)drain(&s);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    network_msg_write(&wr, &heads);
    (void)log_talk_feed(&s.talk, 0, wr_span(&wr));
    const struct span op = span_of(w.log.ops[1]->bytes, w.log.ops[1]->len);

    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    network_msg_begin_ops(&wr, 64 * network_msg_op_size(op));
    for (int i = 0; i < 64; i++) {
        network_msg_write_op(&wr, op);
    }
    for (; s.talk.state != LOG_TALK_ENDED && sent <= LOG_TALK_OPS_MAX; sent += 64) {
        (void)log_talk_feed(&s.talk, 0, wr_span(&wr));
    }
    (void)drain(&s);
    assert_int_equal(sent, LOG_TALK_OPS_MAX + 64);
    assert_true(s.is_told[LOG_TALK_BROKEN]);
    assert_int_equal(s.last[LOG_TALK_BROKEN].err, WAVU_ERR_LIMIT);
    log_talk_clear(&s.talk);
    members_world_close(&w);
}

/* What the peer brought of authors who are not known here is forgotten with the talk. */
static void test_what_waits_goes_with_the_talk(void **state)
{
    (void)state;
    struct members_world w;
    struct members log;
    struct side s;
    uint8_t bytes[2048];
    struct wr wr;

    world(&w);
    copy_log(&log, &w, 1);
    begin(&s, LOG_TALK_ANSWERER, &log);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    const struct network_msg prove = {
        .kind = NETWORK_MSG_PROVE, .tags = {opener_tags[0], opener_tags[1]}, .tag_count = 2};
    const struct network_msg heads = {.kind = NETWORK_MSG_HEADS};
    const struct members_op *op = w.log.ops[w.log.op_count - 1];

    network_msg_write(&wr, &prove);
    network_msg_write(&wr, &heads);
    network_msg_begin_ops(&wr, network_msg_op_size(span_of(op->bytes, op->len)));
    network_msg_write_op(&wr, span_of(op->bytes, op->len));
    size_t taken = log_talk_feed(&s.talk, 0, wr_span(&wr));
    (void)drain(&s);
    (void)log_talk_feed(&s.talk, 0, span_slice(wr_span(&wr), taken, wr.len - taken));
    (void)drain(&s);
    assert_int_equal(log.pending_count, 1);
    log_talk_clear(&s.talk);
    assert_int_equal(log.pending_count, 0);
    members_clear(&log);
    members_world_close(&w);
}

static void test_silence_ends_it(void **state)
{
    (void)state;
    struct side s;

    begin(&s, LOG_TALK_ANSWERER, NULL);
    assert_int_equal(log_talk_deadline(&s.talk), LOG_TALK_NS);
    log_talk_tick(&s.talk, LOG_TALK_NS - 1);
    assert_false(drain(&s));
    log_talk_tick(&s.talk, LOG_TALK_NS);
    (void)drain(&s);
    assert_int_equal(s.last[LOG_TALK_BROKEN].err, WAVU_ERR_TIMEOUT);
    assert_int_equal(log_talk_deadline(&s.talk), UINT64_MAX);
    log_talk_clear(&s.talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_logs_become_equal),
        UNIT(test_who_is_unknown_says_first_why),
        UNIT(test_both_have_something),
        UNIT(test_a_guest_gets_the_log_and_joins),
        UNIT(test_strangers_learn_nothing),
        UNIT(test_frames_out_of_place),
        UNIT(test_operations_that_are_none),
        UNIT(test_what_finds_no_room_breaks_nothing),
        UNIT(test_many_frames_at_once),
        UNIT(test_the_longest_heads_fit),
        UNIT(test_what_waits_goes_with_the_talk),
        UNIT(test_an_answer_too_late_is_ignored),
        UNIT(test_operations_of_a_talk_are_bounded),
        UNIT(test_silence_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
