/*
 * Frames in and out of one stream each. A part of overlay/overlay.h.
 */
#include "overlay/overlay_link.h"

#include "base/mem.h"

#define OVERLAY_SMALL_MAX 1024 /* bytes of a frame that are worth a copy, to be written at once */

void overlay_link_init(struct overlay_links *links, struct turn *turn, struct overlay *overlay)
{
    *links = (struct overlay_links){.turn = turn, .overlay = overlay};
    list_init(&links->list);
}

/* ---- Being there ---- */

struct overlay_link *overlay_link_of(const struct overlay_links *links, const struct overlay_id *id)
{
    const struct list *head = &links->list;
    for (struct list *n = list_next(head, head); n != NULL; n = list_next(head, n)) {
        struct overlay_link *l = LIST_OF(n, struct overlay_link, node);
        if (overlay_id_is_equal(&l->id, id)) {
            return l;
        }
    }
    return NULL;
}

static void overlay_link_reap(struct turn_dead *dead)
{
    struct overlay_link *l = LIST_OF(dead, struct overlay_link, dead);
    buf_clear(&l->in);
    buf_clear(&l->out);
    mem_free(l);
}

struct overlay_link *overlay_link_make(struct overlay_links *links, const struct overlay_id *id)
{
    struct overlay_link *l = overlay_link_of(links, id);
    uint64_t now = links->turn->now_ns;
    if (l != NULL || list_count(&links->list) >= OVERLAY_LINKS_MAX) {
        return l;
    }
    l = mem_new(sizeof *l);
    l->links = links;
    l->id = *id;
    overlay_id_to_peer(id, &l->peer);
    l->dead.reap = overlay_link_reap;
    buf_init(&l->in, OVERLAY_FRAME_MAX);
    buf_init(&l->out, OVERLAY_OUT_MAX);
    budget_bucket_init(&l->frames, OVERLAY_FRAMES_RATE, OVERLAY_FRAMES_BURST, now);
    budget_bucket_init(&l->excess, OVERLAY_EXCESS_RATE, OVERLAY_EXCESS_BURST, now);
    list_push_back(&links->list, &l->node);
    return l;
}

void overlay_link_end(struct overlay_link *l, bool in_order)
{
    if (l->is_over) {
        return;
    }
    l->is_over = true;
    dial_cancel(l->dial);
    l->dial = NULL;
    if (l->stream != NULL && in_order) {
        stream_close(l->stream);
    } else if (l->stream != NULL) {
        stream_reset(l->stream, 0);
    }
    l->stream = NULL;
    list_remove(&l->node);
    turn_bury(l->links->turn, &l->dead);
}

bool overlay_link_adopt(struct overlay_link *l, const struct overlay_id *self,
                        struct stream *stream)
{
    bool is_ours_kept =
        l->stream != NULL && !stream_is_inbound(l->stream) && overlay_id_order(self, &l->id) < 0;
    if (is_ours_kept) {
        stream_reset(stream, 0);
        return false;
    }
    if (l->stream != NULL) {
        stream_reset(l->stream, 0);
        buf_clear(&l->in);
        buf_clear(&l->out);
    }
    l->stream = stream;
    stream_set_user(stream, l);
    return true;
}

/* ---- Out ---- */

int overlay_link_flush(struct overlay_link *l)
{
    size_t taken = 0;
    if (l->out.len == 0) {
        return 0;
    }
    int rc = stream_send(l->stream, buf_span(&l->out), &taken);
    if (rc < 0) {
        return rc;
    }
    buf_drop_front(&l->out, taken);
    return 0;
}

int overlay_link_put(struct overlay_link *l, struct span bytes)
{
    size_t taken = 0;
    if (l->out.len == 0) {
        int rc = stream_send(l->stream, bytes, &taken);
        if (rc < 0) {
            return rc;
        }
    }
    return buf_append(&l->out, span_slice(bytes, taken, bytes.len));
}

int overlay_link_send(struct overlay_link *l, enum overlay_kind kind, struct span body)
{
    uint8_t small[OVERLAY_SMALL_MAX];
    struct span rest = body;
    struct wr w;
    wr_init(&w, span_mut_of(small, sizeof small));
    overlay_frame_head(&w, kind, body.len);
    if (body.len <= sizeof small - OVERLAY_FRAME_HEAD_MAX) {
        wr_bytes(&w, body); /* at once: each write has a head of the multiplexer's */
        rest = span_empty();
    }
    int rc = overlay_link_put(l, wr_span(&w));
    return rc < 0 || rest.len == 0 ? rc : overlay_link_put(l, rest);
}

/* ---- In ---- */

/* Take the whole frames in `in`; `*used`: how many bytes they were. */
static int overlay_link_cut(struct overlay_link *l, struct span in, size_t *used,
                            int (*take)(struct overlay_link *l, const struct overlay_frame *frame))
{
    *used = 0;
    while (!l->is_over) {
        struct overlay_frame frame;
        size_t len = 0;
        int rc = overlay_frame_read(span_slice(in, *used, in.len), &frame, &len);
        if (rc < 0) {
            return rc == WAVU_ERR_AGAIN ? 0 : rc;
        }
        *used += len;
        rc = take(l, &frame);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

int overlay_link_read(struct overlay_link *l, struct span data,
                      int (*take)(struct overlay_link *l, const struct overlay_frame *frame))
{
    size_t used = 0;
    int rc = 0;
    while (rc == 0 && data.len > 0 && !l->is_over) {
        /* Complete the frame that began before; mostly there is none, and nothing is copied. */
        struct span in = data;
        size_t before = l->in.len;
        if (before > 0) {
            size_t room = l->in.max - before;
            rc = buf_append(&l->in, span_slice(data, 0, room));
            in = buf_span(&l->in);
        }
        rc = rc < 0 ? rc : overlay_link_cut(l, in, &used, take);
        if (rc < 0 || l->is_over) {
            break;
        }
        if (before > 0) {
            size_t fed = in.len - before;
            buf_drop_front(&l->in, used);
            data = span_slice(data, fed, data.len);
        } else {
            rc = buf_append(&l->in, span_slice(data, used, data.len));
            data = span_empty();
        }
    }
    return rc;
}

int overlay_link_count(struct overlay_link *l, bool is_shed)
{
    uint64_t now = l->links->turn->now_ns;
    l->is_flooding = budget_bucket_take(&l->frames, 1, now) < 0 ||
                     (is_shed && budget_bucket_take(&l->excess, 1, now) < 0);
    return l->is_flooding ? WAVU_ERR_LIMIT : 0;
}
