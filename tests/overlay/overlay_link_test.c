/*
 * Frames cut from bytes however they come, sent through a stream that takes little, one link a
 * peer and one stream a link.
 */
#include "overlay/overlay_link.h"

#include <string.h>

#include "tests/base/unit.h"
#include "tests/support/net_world.h"

#define BODIES 4

static struct net_world w;
static struct overlay_links links[2];
static struct overlay_id ids[2];
static struct stream *inbound; /* the last that node 1 was opened */
static struct stream_protocol protocols[2];

/* What `take` saw. */
static struct {
    size_t count;
    size_t bytes;
    size_t end_at; /* the link is ended with that frame; 0: never */
    size_t fail_at;
    uint8_t last;
} seen;

static int take(struct overlay_link *l, const struct overlay_frame *frame)
{
    seen.count++;
    seen.bytes += frame->body.len;
    seen.last = frame->kind;
    for (size_t i = 0; i < frame->body.len; i++) {
        assert_int_equal(frame->body.ptr[i], (uint8_t)(frame->body.len + i));
    }
    if (seen.count == seen.end_at) {
        overlay_link_end(l, false);
    }
    return seen.count == seen.fail_at ? WAVU_ERR_DENIED : 0;
}

static void fill(uint8_t *body, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        body[i] = (uint8_t)(len + i);
    }
}

static void on_stream(void *service, struct stream *stream, struct stream_event *event)
{
    const size_t node = (size_t)((struct stream_protocol *)service - protocols);
    struct overlay_link *l = stream_user(stream);
    if (event->kind == STREAM_OPENED && node == 1 && stream_is_inbound(stream)) {
        inbound = stream;
    } else if (event->kind == STREAM_DATA && l != NULL) {
        assert_int_equal(overlay_link_read(l, event->data, take), 0);
    } else if (event->kind == STREAM_DATA) {
        event->taken = 0; /* nobody reads: the sender has to wait */
    } else if (event->kind == STREAM_WRITABLE && l != NULL) {
        assert_int_equal(overlay_link_flush(l), 0);
    } else if (event->kind == STREAM_CLOSED && l != NULL && l->stream == stream) {
        l->stream = NULL;
    }
}

static void start(uint64_t seed)
{
    net_world_start(&w, seed, 2);
    memset(&seen, 0, sizeof seen);
    inbound = NULL;
    for (size_t i = 0; i < 2; i++) {
        protocols[i] = (struct stream_protocol){.name = "/wavu/overlay-link-test/1",
                                                .inbound_max = 4,
                                                .up = on_stream,
                                                .service = &protocols[i]};
        assert_int_equal(stream_register(&w.nodes[i].swarm, &protocols[i]), 0);
        assert_int_equal(overlay_id_from_peer(&ids[i], &w.nodes[i].swarm.self), 0);
        overlay_link_init(&links[i], w.nodes[i].swarm.turn, NULL);
    }
}

static void stop(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct list *n = NULL;
        while ((n = list_next(&links[i].list, &links[i].list)) != NULL) {
            overlay_link_end(LIST_OF(n, struct overlay_link, node), false);
        }
        stream_unregister(&w.nodes[i].swarm, &protocols[i]);
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    net_world_stop(&w);
}

/* A link of node 0 with a stream to node 1, which has it in `inbound`. */
static struct overlay_link *connect(void)
{
    int err = 0;
    struct conn *conn = net_world_dial(&w, 0, 1, &err);
    struct overlay_link *l = overlay_link_make(&links[0], &ids[1]);
    assert_non_null(conn);
    assert_non_null(l);
    assert_int_equal(stream_open(conn, &protocols[0], l, &l->stream), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_non_null(inbound);
    return l;
}

/* ---- In ---- */

static void frames_come_in_pieces_of_any_size(void **state)
{
    static const size_t lens[BODIES] = {0, 1, 300, 5000};
    static uint8_t bytes[8192], body[8192];
    struct wr writer;
    (void)state;
    wr_init(&writer, span_mut_of(bytes, sizeof bytes));
    for (size_t i = 0; i < BODIES; i++) {
        fill(body, lens[i]);
        overlay_frame_head(&writer, OVERLAY_STATE, lens[i]);
        wr_bytes(&writer, span_of(body, lens[i]));
    }
    const struct span all = wr_span(&writer);
    start(1);
    struct overlay_link *l = overlay_link_make(&links[0], &ids[1]);
    for (size_t piece = 1; piece <= all.len; piece += piece < 400 ? 1 : 97) {
        memset(&seen, 0, sizeof seen);
        for (size_t at = 0; at < all.len; at += piece) {
            assert_int_equal(overlay_link_read(l, span_slice(all, at, piece), take), 0);
        }
        assert_int_equal(seen.count, BODIES);
        assert_int_equal(seen.bytes, 5301);
        assert_int_equal(seen.last, OVERLAY_STATE);
        assert_int_equal(l->in.len, 0); /* nothing is left of a whole frame */
    }
    stop();
}

static void who_is_over_takes_no_more(void **state)
{
    uint8_t bytes[16];
    struct wr writer;
    (void)state;
    wr_init(&writer, span_mut_of(bytes, sizeof bytes));
    for (size_t i = 0; i < 3; i++) {
        overlay_frame_head(&writer, OVERLAY_VIEWS, 0);
    }
    start(2);
    seen.end_at = 2;
    struct overlay_link *l = overlay_link_make(&links[0], &ids[1]);
    assert_int_equal(overlay_link_read(l, wr_span(&writer), take), 0);
    assert_int_equal(seen.count, 2);
    assert_true(l->is_over);
    assert_null(overlay_link_of(&links[0], &ids[1]));
    overlay_link_end(l, false); /* once more is nothing */
    seen.count = 0;
    seen.end_at = 0;
    seen.fail_at = 1;
    l = overlay_link_make(&links[0], &ids[1]);
    assert_int_equal(overlay_link_read(l, wr_span(&writer), take), WAVU_ERR_DENIED);
    assert_int_equal(seen.count, 1);
    /* Longer than a frame may be: nothing is kept of it. */
    static const uint8_t longer[] = {0xff, 0xff, 0x7f, OVERLAY_STATE};
    l = overlay_link_make(&links[0], &ids[0]);
    assert_int_equal(overlay_link_read(l, span_of(longer, sizeof longer), take), WAVU_ERR_LIMIT);
    assert_int_equal(l->in.len, 0);
    stop();
}

static void so_many_frames_and_no_more(void **state)
{
    (void)state;
    start(3);
    struct overlay_link *l = overlay_link_make(&links[0], &ids[1]);
    for (size_t i = 0; i < OVERLAY_EXCESS_BURST; i++) {
        assert_int_equal(overlay_link_count(l, true), 0);
    }
    assert_int_equal(overlay_link_count(l, true), WAVU_ERR_LIMIT); /* shed, for nothing */
    assert_true(l->is_flooding);
    for (size_t i = OVERLAY_EXCESS_BURST + 1; i < OVERLAY_FRAMES_BURST; i++) {
        assert_int_equal(overlay_link_count(l, false), 0);
        assert_false(l->is_flooding);
    }
    assert_int_equal(overlay_link_count(l, false), WAVU_ERR_LIMIT);
    assert_true(l->is_flooding);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(overlay_link_count(l, false), 0); /* by the second again */
    stop();
}

/* ---- Out ---- */

static void what_the_stream_does_not_take_waits(void **state)
{
    static uint8_t body[OVERLAY_FRAME_BODY_MAX];
    size_t sent = 0;
    int rc = 0;
    (void)state;
    start(4);
    struct overlay_link *l = connect();
    while (rc == 0) { /* nobody reads there */
        size_t len = sent % 3 == 0 ? 10 : sent % 3 == 1 ? 1500 : sizeof body;
        fill(body, len);
        rc = overlay_link_send(l, OVERLAY_PLUMTREE, span_of(body, len));
        sent += rc == 0;
        sim_run_for(w.sim, TIMERS_SECOND / 100);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_in_range(l->out.len, OVERLAY_OUT_MAX - sizeof body, OVERLAY_OUT_MAX);
    /* Whoever hears LIMIT ends the link: a frame may be there in part. Until then what waits goes
     * out in order as soon as the peer reads. */
    struct overlay_link *there = overlay_link_make(&links[1], &ids[0]);
    assert_true(overlay_link_adopt(there, &ids[1], inbound));
    stream_resume(inbound);
    sim_run_for(w.sim, 20 * TIMERS_SECOND);
    assert_int_equal(l->out.len, 0);
    assert_in_range(seen.count, sent, sent + 1);
    assert_int_equal(seen.last, OVERLAY_PLUMTREE);
    stop();
}

/* ---- Being there ---- */

static void one_link_for_each_and_no_more(void **state)
{
    (void)state;
    start(5);
    for (size_t i = 0; i < OVERLAY_LINKS_MAX; i++) {
        const struct overlay_id id = {.bytes = {1, (uint8_t)i}};
        struct overlay_link *l = overlay_link_make(&links[0], &id);
        assert_non_null(l);
        assert_ptr_equal(overlay_link_make(&links[0], &id), l);
        assert_ptr_equal(overlay_link_of(&links[0], &id), l);
    }
    assert_null(overlay_link_make(&links[0], &ids[1]));
    const struct overlay_id first = {.bytes = {1, 0}};
    overlay_link_end(overlay_link_of(&links[0], &first), true);
    assert_non_null(overlay_link_make(&links[0], &ids[1]));
    stop();
}

/* Both opened one: each end keeps the one that the smaller id opened. */
static void of_two_streams_one_stays(void **state)
{
    (void)state;
    for (int is_less = 0; is_less < 2; is_less++) {
        int err = 0;
        start(6);
        struct overlay_link *l = connect();
        struct conn *back = NULL;
        struct stream *theirs = NULL;
        struct overlay_link *there = overlay_link_make(&links[1], &ids[0]);
        back = net_world_dial(&w, 1, 0, &err);
        assert_non_null(back);
        assert_int_equal(stream_open(back, &protocols[1], there, &there->stream), 0);
        assert_true(there->stream != inbound);
        static const uint8_t part[] = {9};
        assert_int_equal(overlay_link_read(there, span_of(part, 1), take), 0);
        assert_int_equal(there->in.len, 1);
        theirs = there->stream;
        /* Node 1 is asked, as one whose id is before or behind the other's. */
        const struct overlay_id before = {.bytes = {0}};
        struct overlay_id behind;
        memset(&behind, 0xff, sizeof behind);
        bool is_theirs = overlay_link_adopt(there, is_less ? &before : &behind, inbound);
        assert_int_equal(is_theirs, !is_less);
        assert_ptr_equal(there->stream, is_less ? theirs : inbound);
        assert_int_equal(there->in.len, is_less ? 1 : 0); /* of the stream that went */
        assert_false(l->is_over);
        stop();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(frames_come_in_pieces_of_any_size), UNIT(who_is_over_takes_no_more),
        UNIT(so_many_frames_and_no_more),        UNIT(what_the_stream_does_not_take_waits),
        UNIT(one_link_for_each_and_no_more),     UNIT(of_two_streams_one_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
