/*
 * Whom to ask when a neighbour is missing, and how many at once. Live peers answer within a round
 * trip or two, dead ones never, and after a great crash nine of ten may be dead: so a dial that has
 * not been answered for a second goes on, but holds nobody up.
 */
#include "overlay/views_repair.h"

#include "base/mem.h"
#include "overlay/views_links.h"

#define REPAIR_NS (VIEWS_LINKS_SECOND / 4) /* first pause between tries to fill the active view */
#define REPAIR_DOUBLINGS 5                 /* up to 8 s */
#define CHOSEN_MAX (VIEWS_REPAIR_SOUGHT_MAX + VIEWS_PASSIVE_MAX)

/* Dials of our own choice that were not answered for VIEWS_REPAIR_SLOW_NS: the peer is likely dead.
 */
static size_t count_slow(const struct views *v, uint64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        const struct views_link *l = &v->links[i];
        bool is_ours = l->state == VIEWS_DIALLING && !l->is_advised;
        n += is_ours && now + v->config.connect_ns >= l->end_ns + VIEWS_REPAIR_SLOW_NS;
    }
    return n;
}

static struct views_sought *sought_of(const struct views *v, uint64_t now,
                                      const struct overlay_id *id)
{
    for (size_t i = 0; v->sought != NULL && i < VIEWS_REPAIR_SOUGHT_MAX; i++) {
        struct views_sought *s = &v->sought[i];
        if (now < s->end_ns && overlay_id_is_equal(&s->id, id)) {
            return s;
        }
    }
    return NULL;
}

const struct views_peer *views_repair_seek(struct views *v, uint64_t now)
{
    const struct views_book_list *list = &v->book.passive;
    if (list->count == 0) {
        return NULL;
    }
    if (v->sought == NULL) {
        v->sought = mem_new_array(VIEWS_REPAIR_SOUGHT_MAX, sizeof v->sought[0]);
    }
    v->seek_at = v->seek_at + 1 < list->count ? v->seek_at + 1 : 0;
    const struct views_peer *p = &list->peers[v->seek_at];
    struct views_sought *s = sought_of(v, now, &p->id);
    if (s == NULL) {
        s = &v->sought[v->sought_at++ % VIEWS_REPAIR_SOUGHT_MAX];
        *s = (struct views_sought){.id = p->id};
    }
    s->end_ns = now + VIEWS_REPAIR_SOUGHT_NS;
    return p;
}

void views_repair_found(struct views *v, uint64_t now, const struct overlay_id *id)
{
    struct views_sought *s = sought_of(v, now, id);
    if (s != NULL) {
        s->is_there = true;
        s->end_ns = now + VIEWS_REPAIR_SOUGHT_NS;
    }
}

static struct views_msg_peer named(const struct views_peer *p)
{
    return (struct views_msg_peer){.id = p->id, .where = views_book_where(p)};
}

/* Those that were there when they were sought. */
static size_t choose_found(const struct views *v, uint64_t now, struct views_msg_peer *out)
{
    size_t n = 0;
    for (size_t i = 0; v->sought != NULL && i < VIEWS_REPAIR_SOUGHT_MAX; i++) {
        const struct views_sought *s = &v->sought[i];
        const struct views_peer *p =
            s->is_there && now < s->end_ns ? views_book_find(&v->book, &s->id) : NULL;
        if (p != NULL && p->due_ns <= now) {
            out[n++] = named(p);
        }
    }
    return n;
}

/* Whom to ask, up to CHOSEN_MAX: first those found, then others at random, then those that were
 * sought and have not answered so far. One may be named twice. */
static size_t choose(const struct views *v, uint64_t now, struct views_msg_peer *out)
{
    const struct views_peer *drawn[VIEWS_PASSIVE_MAX];
    size_t n = choose_found(v, now, out);
    size_t count = views_book_draw(&v->book, now, drawn, VIEWS_PASSIVE_MAX);
    const struct views_peer *lost = views_book_due(&v->book, UINT64_MAX);
    if (count == 0 && v->active_count == 0) {
        count = views_book_draw(&v->book, UINT64_MAX, drawn, VIEWS_REPAIRS_MAX);
        if (lost != NULL) {
            drawn[count++] = lost;
        }
    }
    for (int is_last = 0; is_last < 2; is_last++) {
        for (size_t i = 0; i < count; i++) {
            if ((sought_of(v, now, &drawn[i]->id) != NULL) == is_last) {
                out[n++] = named(drawn[i]);
            }
        }
    }
    return n;
}

void views_repair_run(struct views *v, uint64_t now)
{
    struct views_msg_peer peers[CHOSEN_MAX];
    if (v->active_count >= v->config.active_target) {
        v->repair_due_ns = UINT64_MAX;
        v->repair_tries = 0;
        return;
    }
    bool is_begun = false;
    size_t n = choose(v, now, peers);
    size_t pending = views_links_pending(v) - views_links_advised(v);
    size_t slow = count_slow(v, now);
    size_t dead = v->dials_failed + slow;
    size_t wanted = v->config.active_target - v->active_count + slow +
                    (dead < VIEWS_REPAIR_MORE ? dead : VIEWS_REPAIR_MORE);
    wanted = wanted < VIEWS_REPAIRS_MAX ? wanted : VIEWS_REPAIRS_MAX;
    for (size_t i = 0; i < n && pending < wanted; i++) {
        bool is_new = views_links_begin(v, now, &peers[i], VIEWS_GOAL_CONNECT);
        pending += is_new;
        is_begun = is_begun || is_new;
    }
    if (!is_begun && pending == 0 && v->repair_tries < REPAIR_DOUBLINGS) {
        v->repair_tries++;
    }
    v->repair_due_ns = now + views_links_jitter(v, REPAIR_NS << v->repair_tries);
}

/* When all have failed they are asked again after a pause that doubles: who refuses in a
 * millisecond would else be asked a thousand times a second. */
void views_repair_after_failure(struct views *v, uint64_t now)
{
    const struct views_peer *other = NULL;
    uint64_t pause = 0;
    if (v->active_count >= v->config.active_target) {
        return;
    }
    if (views_book_draw(&v->book, now, &other, 1) == 0) {
        pause = views_links_jitter(v, REPAIR_NS << v->repair_tries);
        v->repair_tries = (uint8_t)(v->repair_tries + (v->repair_tries < REPAIR_DOUBLINGS));
    }
    views_links_repair(v, now + pause);
}
