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
    memcpy(g->form.id, id, sizeof g->form.id);
    g->form.shape = *shape;
    g->form.aead = aead;
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
    g->under_way -= h->under_way;
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
    uint32_t pieces = FILE_GET_BYTES_MAX / g->form.shape.piece;

    return pieces < FILE_GET_WINDOW_MAX ? pieces : FILE_GET_WINDOW_MAX;
}

/* Of all holders together. */
static uint32_t under_way_max(const struct file_get *g)
{
    return FILE_GET_UNDER_WAY_MAX / g->form.shape.piece;
}

/* Of one: what all may have, in equal parts, so that nobody's window keeps another idle. */
static uint32_t share(const struct file_get *g)
{
    uint32_t holders = 0;

    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        holders += g->holders[i].is_here ? 1 : 0;
    }
    return under_way_max(g) > holders ? under_way_max(g) / holders : 1;
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
    const uint32_t bytes = (g->form.shape.count + 7) / 8;

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
    return g->form.shape.count;
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
    g->under_way++;
    h->asks[h->under_way++] = (struct file_get_ask){.number = number, .is_second = second};
    h->cursor = number + 1 < g->form.shape.count ? number + 1 : 0;
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
    const uint32_t most = share(g);

    while (h->under_way < h->window && h->under_way < most && g->under_way < under_way_max(g) &&
           g->here.have + g->asked.have < g->form.shape.count) {
        uint32_t number = next_wanted(g, h, false);

        if (number == g->form.shape.count) {
            break;
        }
        ask(g, now, h, number, false);
    }
    if (h->under_way == 0 && g->under_way < under_way_max(g)) {
        uint32_t number = next_wanted(g, h, true);

        if (number < g->form.shape.count && !has_second(g, number)) {
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

    if (map->count != g->form.shape.count) {
        return WAVU_ERR_PROTO;
    }
    for (size_t i = 0; h == NULL && i < FILE_GET_HOLDERS_MAX; i++) {
        if (!g->holders[i].is_here) {
            h = &g->holders[i];
            h->is_here = true;
            h->id = id;
            h->map = mem_new(sizeof *h->map);
            h->window = FILE_GET_WINDOW_MIN;
            h->cursor = (uint32_t)random_below(g->random, g->form.shape.count);
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
static bool answer(struct file_get *g, struct file_get_holder *h, uint32_t number, bool *is_second)
{
    for (uint32_t i = 0; i < h->under_way; i++) {
        if (h->asks[i].number == number) {
            *is_second = h->asks[i].is_second;
            h->asks[i] = h->asks[--h->under_way];
            g->under_way--;
            return true;
        }
    }
    return false;
}

bool file_get_is_of(const struct file_get_form *form, const struct file_get_came *came)
{
    uint8_t leaf[HASH_SHA256_SIZE];
    uint8_t root[HASH_SHA256_SIZE];
    uint8_t id[FILE_SHAPE_ID_SIZE];

    if (came->number >= form->shape.count ||
        came->bytes.len != file_shape_piece(&form->shape, came->number)) {
        return false;
    }
    file_tree_leaf(leaf, came->bytes, span_of(came->tag, AEAD_TAG_SIZE));
    if (file_tree_climb(root, came->number, form->shape.count, leaf, came->path) < 0) {
        return false;
    }
    file_shape_id(id, &form->shape, root, form->aead);
    return span_is_equal(span_of(id, sizeof id), span_of(form->id, sizeof form->id));
}

/* Nobody else needs to send it any more. */
static void cancel_others(struct file_get *g, uint64_t now, uint32_t number)
{
    for (size_t k = 0; k < FILE_GET_HOLDERS_MAX; k++) {
        struct file_get_holder *h = &g->holders[k];
        bool is_second = false;

        if (h->is_here && answer(g, h, number, &is_second)) {
            tell(g, FILE_GET_CANCEL, h->id, number, 1);
            h->heard = now;
        }
    }
    file_map_remove(&g->asked, number);
}

/* The piece did not become part of the file: it is wanted again, of whom it may be. */
static int refuse(struct file_get *g, uint64_t now, struct file_get_holder *h, uint32_t number,
                  int verdict)
{
    bool is_second = false;

    if (h != NULL && answer(g, h, number, &is_second) && !is_second) {
        file_map_remove(&g->asked, number);
    }
    if (h != NULL && verdict == WAVU_ERR_CRYPTO) {
        tell(g, FILE_GET_LEAVE, h->id, 0, 0);
        drop_holder(g, h);
    }
    fill_all(g, now);
    return verdict;
}

int file_get_took(struct file_get *g, uint64_t now, uint32_t id, uint32_t number, int verdict)
{
    struct file_get_holder *h = find_holder(g, id);
    bool is_second = false;

    if (verdict < 0) {
        return refuse(g, now, h, number, verdict);
    }
    if (file_map_has(&g->here, number)) {
        return WAVU_ERR_EXISTS; /* it had been sent when it was cancelled */
    }
    if (h != NULL) {
        (void)answer(g, h, number, &is_second); /* or it was cancelled on the way */
        h->heard = now;
        h->window = h->window < window_max(g) ? h->window + 1 : window_max(g);
    }
    (void)file_map_add(&g->here, number);
    cancel_others(g, now, number);
    look_for_end(g);
    fill_all(g, now);
    return 0;
}

int file_get_piece(struct file_get *g, uint64_t now, uint32_t id, const struct file_get_came *came)
{
    if (file_map_has(&g->here, came->number)) {
        return WAVU_ERR_EXISTS;
    }
    return file_get_took(
        g, now, id, came->number,
        find_holder(g, id) != NULL && file_get_is_of(&g->form, came) ? 0 : WAVU_ERR_CRYPTO);
}

void file_get_heard(struct file_get *g, uint64_t now, uint32_t id)
{
    struct file_get_holder *h = find_holder(g, id);

    if (h != NULL) {
        h->heard = now;
    }
}

bool file_get_is_asked(const struct file_get *g, uint32_t id, uint32_t number)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        const struct file_get_holder *h = &g->holders[i];

        if (h->is_here && h->id == id) {
            return has_ask(h, number);
        }
    }
    return false;
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
        g->under_way -= h->under_way;
        h->under_way = 0;
        h->window = 1;
        h->heard = now;
    }
    fill_all(g, now);
}

void file_get_check(const struct file_get *g)
{
    uint32_t first = 0;
    uint32_t under_way = 0;

    for (size_t k = 0; k < FILE_GET_HOLDERS_MAX; k++) {
        const struct file_get_holder *h = &g->holders[k];

        CHECK(h->is_here == (h->map != NULL));
        CHECK(h->under_way <= FILE_GET_WINDOW_MAX && h->window <= window_max(g));
        under_way += h->under_way;
        for (uint32_t i = 0; i < h->under_way; i++) {
            CHECK(file_map_has(h->map, h->asks[i].number));
            CHECK(!file_map_has(&g->here, h->asks[i].number));
            first += !h->asks[i].is_second;
        }
    }
    CHECK(first <= g->asked.have);
    CHECK(under_way == g->under_way && under_way <= under_way_max(g));
}
