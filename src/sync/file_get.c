/*
 * Fetching one file from several holders. Each holder looks for its next piece from a place of its
 * own, so that they meet seldom; when all pieces are asked for, those that are idle are asked for
 * some of the others', too. Source: docs/protocol/file.md.
 */
#include "sync/file_get.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

void file_get_init(struct file_get *g, const uint8_t id[FILE_SHAPE_ID_SIZE],
                   const struct file_shape *shape, enum aead_kind aead, const struct file_map *have,
                   const struct random *random)
{
    memset(g, 0, sizeof *g);
    memcpy(g->id, id, sizeof g->id);
    g->shape = *shape;
    g->aead = aead;
    g->random = random;
    file_map_init(&g->here, shape->count);
    file_map_init(&g->asked, shape->count);
    ring_init(&g->events, sizeof(struct file_get_event), FILE_GET_EVENTS_MAX);
    if (have != NULL) {
        CHECK(have->count == shape->count);
        g->here = *have;
    }
}

static void drop_holder(struct file_get *g, struct file_get_holder *h)
{
    for (uint32_t i = 0; i < h->under_way; i++) {
        if (!h->asks[i].is_second) {
            file_map_remove(&g->asked, h->asks[i].number);
        }
    }
    mem_free(h->map);
    *h = (struct file_get_holder){0};
}

void file_get_clear(struct file_get *g)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        drop_holder(g, &g->holders[i]);
    }
    ring_clear(&g->events);
}

static void tell(struct file_get *g, enum file_get_event_kind kind, uint32_t holder, uint32_t first,
                 uint32_t count)
{
    const struct file_get_event event = {
        .kind = kind, .holder = holder, .first = first, .count = count};

    /* Drained after every call: no call tells more than all windows hold. */
    CHECK(ring_push(&g->events, &event) == 0);
}

static struct file_get_holder *find_holder(struct file_get *g, uint32_t id)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        if (g->holders[i].is_here && g->holders[i].id == id) {
            return &g->holders[i];
        }
    }
    return NULL;
}

/* ---- Asking ---- */

static uint32_t window_max(const struct file_get *g)
{
    uint32_t pieces = FILE_GET_BYTES_MAX / g->shape.piece;

    return pieces < FILE_GET_WINDOW_MAX ? pieces : FILE_GET_WINDOW_MAX;
}

/* Is this holder asked for the piece already? */
static bool has_ask(const struct file_get_holder *h, uint32_t number)
{
    for (uint32_t i = 0; i < h->under_way; i++) {
        if (h->asks[i].number == number) {
            return true;
        }
    }
    return false;
}

/* The next piece worth asking the holder for, from its cursor on and around, or the file's count.
 * As a `second` one: of those that somebody else has been asked for. */
static uint32_t next_wanted(const struct file_get *g, const struct file_get_holder *h, bool second)
{
    const uint32_t bytes = (g->shape.count + 7) / 8;

    for (uint32_t i = 0; i <= bytes; i++) {
        uint32_t at = (h->cursor / 8 + i) % bytes;
        unsigned asked = second ? g->asked.bits[at] : (uint8_t)~g->asked.bits[at];
        unsigned wanted = h->map->bits[at] & asked & (uint8_t)~g->here.bits[at];

        for (uint32_t number = 8 * at; wanted != 0; number++, wanted >>= 1) {
            bool is_behind = i == 0 && number < h->cursor; /* its turn comes at the end */

            if ((wanted & 1) != 0 && !is_behind && !(second && has_ask(h, number))) {
                return number;
            }
        }
    }
    return g->shape.count;
}

/* Is somebody asked for the piece a second time already? */
static bool has_second(const struct file_get *g, uint32_t number)
{
    for (size_t k = 0; k < FILE_GET_HOLDERS_MAX; k++) {
        const struct file_get_holder *h = &g->holders[k];

        for (uint32_t i = 0; i < h->under_way; i++) {
            if (h->asks[i].number == number && h->asks[i].is_second) {
                return true;
            }
        }
    }
    return false;
}

static void ask(struct file_get *g, uint64_t now, struct file_get_holder *h, uint32_t number,
                bool second)
{
    struct file_get_event *last =
        g->events.count > 0 ? ring_at(&g->events, g->events.count - 1) : NULL;

    h->heard = h->under_way == 0 ? now : h->heard;
    h->asks[h->under_way++] = (struct file_get_ask){.number = number, .is_second = second};
    h->cursor = number + 1 < g->shape.count ? number + 1 : 0;
    (void)file_map_add(&g->asked, number);
    if (last != NULL && last->kind == FILE_GET_ASK && last->holder == h->id &&
        last->first + last->count == number) {
        last->count++;
    } else {
        tell(g, FILE_GET_ASK, h->id, number, 1);
    }
}

/* Fill the holder's window; with nothing new left, by one piece of another's. */
static void fill(struct file_get *g, uint64_t now, struct file_get_holder *h)
{
    while (h->under_way < h->window && g->here.have + g->asked.have < g->shape.count) {
        uint32_t number = next_wanted(g, h, false);

        if (number == g->shape.count) {
            break;
        }
        ask(g, now, h, number, false);
    }
    if (h->under_way == 0) {
        uint32_t number = next_wanted(g, h, true);

        if (number < g->shape.count && !has_second(g, number)) {
            ask(g, now, h, number, true);
        }
    }
}

static void fill_all(struct file_get *g, uint64_t now)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX && !g->is_done; i++) {
        if (g->holders[i].is_here) {
            fill(g, now, &g->holders[i]);
        }
    }
}

static void look_for_end(struct file_get *g)
{
    if (file_map_is_full(&g->here) && !g->is_done) {
        g->is_done = true;
        tell(g, FILE_GET_DONE, FILE_GET_NOBODY, 0, 0);
    }
}

/* ---- Holders ---- */

int file_get_map(struct file_get *g, uint64_t now, uint32_t id, const struct file_map *map)
{
    struct file_get_holder *h = find_holder(g, id);

    if (map->count != g->shape.count) {
        return WAVU_ERR_PROTO;
    }
    for (size_t i = 0; h == NULL && i < FILE_GET_HOLDERS_MAX; i++) {
        if (!g->holders[i].is_here) {
            h = &g->holders[i];
            h->is_here = true;
            h->id = id;
            h->map = mem_new(sizeof *h->map);
            h->window = FILE_GET_WINDOW_MIN;
            h->cursor = (uint32_t)random_below(g->random, g->shape.count);
        }
    }
    if (h == NULL) {
        return WAVU_ERR_LIMIT;
    }
    *h->map = *map;
    look_for_end(g);
    if (!g->is_done) {
        fill(g, now, h);
    }
    return 0;
}

void file_get_lost(struct file_get *g, uint64_t now, uint32_t id)
{
    struct file_get_holder *h = find_holder(g, id);

    if (h != NULL) {
        drop_holder(g, h);
        fill_all(g, now);
    }
}

/* ---- Pieces ---- */

/* Take the piece out of what the holder was asked for. False: it was not. */
static bool answer(struct file_get_holder *h, uint32_t number, bool *is_second)
{
    for (uint32_t i = 0; i < h->under_way; i++) {
        if (h->asks[i].number == number) {
            *is_second = h->asks[i].is_second;
            h->asks[i] = h->asks[--h->under_way];
            return true;
        }
    }
    return false;
}

static bool is_of_file(const struct file_get *g, const struct file_get_came *came)
{
    uint8_t leaf[HASH_SHA256_SIZE];
    uint8_t root[HASH_SHA256_SIZE];
    uint8_t id[FILE_SHAPE_ID_SIZE];

    if (came->number >= g->shape.count ||
        came->bytes.len != file_shape_piece(&g->shape, came->number)) {
        return false;
    }
    file_tree_leaf(leaf, came->bytes, span_of(came->tag, AEAD_TAG_SIZE));
    if (file_tree_climb(root, came->number, g->shape.count, leaf, came->path) < 0) {
        return false;
    }
    file_shape_id(id, &g->shape, root, g->aead);
    return span_is_equal(span_of(id, sizeof id), span_of(g->id, sizeof g->id));
}

/* Nobody else needs to send it any more. */
static void cancel_others(struct file_get *g, uint64_t now, uint32_t number)
{
    for (size_t k = 0; k < FILE_GET_HOLDERS_MAX; k++) {
        struct file_get_holder *h = &g->holders[k];
        bool is_second = false;

        if (h->is_here && answer(h, number, &is_second)) {
            tell(g, FILE_GET_CANCEL, h->id, number, 1);
            h->heard = now;
        }
    }
    file_map_remove(&g->asked, number);
}

int file_get_piece(struct file_get *g, uint64_t now, uint32_t id, const struct file_get_came *came)
{
    const uint32_t number = came->number;
    struct file_get_holder *h = find_holder(g, id);
    bool is_second = false;

    if (file_map_has(&g->here, number)) {
        return WAVU_ERR_EXISTS; /* it had been sent when it was cancelled */
    }
    if (h == NULL) {
        return WAVU_ERR_CRYPTO;
    }
    bool was_asked = answer(h, number, &is_second); /* or it was cancelled on the way */

    if (!is_of_file(g, came)) {
        tell(g, FILE_GET_LEAVE, id, 0, 0);
        if (was_asked && !is_second) {
            file_map_remove(&g->asked, number);
        }
        drop_holder(g, h);
        fill_all(g, now);
        return WAVU_ERR_CRYPTO;
    }
    h->heard = now;
    h->window = h->window < window_max(g) ? h->window + 1 : window_max(g);
    (void)file_map_add(&g->here, number);
    cancel_others(g, now, number);
    look_for_end(g);
    fill_all(g, now);
    return 0;
}

void file_get_again(struct file_get *g, uint64_t now, uint32_t number)
{
    file_map_remove(&g->here, number);
    g->is_done = false;
    fill_all(g, now);
}

bool file_get_next_event(struct file_get *g, struct file_get_event *event)
{
    return ring_pop(&g->events, event);
}

/* ---- Time ---- */

uint64_t file_get_deadline(const struct file_get *g)
{
    uint64_t deadline = UINT64_MAX;

    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        const struct file_get_holder *h = &g->holders[i];

        if (h->under_way > 0 && h->heard + FILE_GET_PIECE_NS < deadline) {
            deadline = h->heard + FILE_GET_PIECE_NS;
        }
    }
    return deadline;
}

void file_get_tick(struct file_get *g, uint64_t now)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        struct file_get_holder *h = &g->holders[i];

        if (h->under_way == 0 || now < h->heard + FILE_GET_PIECE_NS) {
            continue;
        }
        for (uint32_t k = 0; k < h->under_way; k++) {
            tell(g, FILE_GET_CANCEL, h->id, h->asks[k].number, 1);
            if (!h->asks[k].is_second) {
                file_map_remove(&g->asked, h->asks[k].number);
            }
        }
        h->under_way = 0;
        h->window = 1;
        h->heard = now;
    }
    fill_all(g, now);
}

void file_get_check(const struct file_get *g)
{
    uint32_t first = 0;

    for (size_t k = 0; k < FILE_GET_HOLDERS_MAX; k++) {
        const struct file_get_holder *h = &g->holders[k];

        CHECK(h->is_here == (h->map != NULL));
        CHECK(h->under_way <= FILE_GET_WINDOW_MAX && h->window <= window_max(g));
        for (uint32_t i = 0; i < h->under_way; i++) {
            CHECK(file_map_has(h->map, h->asks[i].number));
            CHECK(!file_map_has(&g->here, h->asks[i].number));
            first += !h->asks[i].is_second;
        }
    }
    CHECK(first <= g->asked.have);
}
