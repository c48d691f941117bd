/*
 * A room's graph of entries. Source: docs/protocol/room.md.
 */
#include "chat/room.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define ROOM_TRIES_MAX 16 /* ways to read the hints of one entry */

/* An entry that is not placed yet. */
struct room_waiter {
    struct list link; /* among those that miss the same, among the unlinked, or in the work */
    uint8_t id[ENTRY_ID_SIZE];
    struct entry entry; /* its content stands behind */
    struct room_device *device;
    struct room_missing *missing; /* NULL: unlinked, or being looked at */
    size_t size;
    uint8_t content[];
};

/* What others wait for. */
struct room_missing {
    uint8_t id[ENTRY_ID_SIZE];
    struct list waiters;
};

static struct span id_span(const uint8_t *id)
{
    return span_of(id, ENTRY_ID_SIZE);
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
    return span_is_equal(id_span(a), id_span(b));
}

static bool is_hinted(const uint8_t *id, const uint8_t hint[ENTRY_HINT_SIZE])
{
    return span_is_equal(span_of(id, ENTRY_HINT_SIZE), span_of(hint, ENTRY_HINT_SIZE));
}

static bool is_none(const uint8_t *id)
{
    static const uint8_t none[ENTRY_ID_SIZE];

    return is_same(id, none);
}

/* ---- Life ---- */

void room_init(struct room *r, const uint8_t network[32], const uint8_t id[32],
               const struct room_ops *ops, const struct random *random)
{
    *r = (struct room){.ops = *ops, .turn = random_u64(random)};
    memcpy(r->network, network, sizeof r->network);
    memcpy(r->id, id, sizeof r->id);
    map_init(&r->devices, random);
    map_init(&r->waiting, random);
    map_init(&r->missing, random);
    list_init(&r->unlinked);
    ring_init(&r->events, sizeof(struct room_event), ROOM_EVENTS_MAX);
}

static void clear_map(struct map *m)
{
    void *value = NULL;

    for (size_t at = 0; (value = map_next(m, &at)) != NULL;) {
        mem_free(value);
    }
    map_clear(m);
}

void room_clear(struct room *r)
{
    clear_map(&r->waiting);
    clear_map(&r->missing);
    clear_map(&r->devices);
    ring_clear(&r->events);
}

static struct room_device *device_of(struct room *r, const uint8_t device[32])
{
    struct room_device *d = map_get(&r->devices, span_of(device, 32));

    if (d == NULL && r->devices.count < ROOM_DEVICES_MAX) {
        d = mem_new(sizeof *d);
        memcpy(d->device, device, sizeof d->device);
        map_put(&r->devices, span_of(d->device, 32), d);
    }
    return d;
}

int room_load_device(struct room *r, const struct room_device *device)
{
    struct room_device *d = device_of(r, device->device);

    if (d == NULL) {
        return WAVU_ERR_LIMIT;
    }
    *d = *device;
    d->waiting = 0;
    d->waiting_bytes = 0;
    return 0;
}

/* ---- Heads ---- */

void room_forget_head(struct room *r, const uint8_t id[ENTRY_ID_SIZE])
{
    for (size_t i = 0; i < r->head_count; i++) {
        if (is_same(r->heads[i].id, id)) {
            r->head_count--;
            memmove(&r->heads[i], &r->heads[i + 1], (r->head_count - i) * sizeof r->heads[0]);
            return;
        }
    }
}

static size_t heads_of(const struct room *r, uint64_t author)
{
    size_t count = 0;

    for (size_t i = 0; i < r->head_count; i++) {
        count += r->heads[i].author == author;
    }
    return count;
}

/* All places are taken: whose author has most, and of these the lowest. */
static const struct room_head *most_heads(const struct room *r)
{
    const struct room_head *most = NULL;
    size_t most_count = 0;

    for (size_t i = 0; i < r->head_count; i++) {
        const struct room_head *head = &r->heads[i];
        size_t count = heads_of(r, head->author);

        if (count > most_count || (count == most_count && head->height < most->height)) {
            most = head;
            most_count = count;
        }
    }
    return most;
}

void room_load_head(struct room *r, const struct room_head *head)
{
    if (r->head_count == ROOM_HEADS_MAX) {
        uint8_t id[ENTRY_ID_SIZE];

        memcpy(id, most_heads(r)->id, sizeof id);
        room_forget_head(r, id);
    }
    r->heads[r->head_count++] = *head;
    r->height = r->height < head->height ? head->height : r->height;
}

/* ---- Links from hints ---- */

/* Ids that begin as the hint does: heads and entries placed lately. */
static size_t find_hinted(const struct room *r, const uint8_t hint[ENTRY_HINT_SIZE],
                          const uint8_t *found[ROOM_TRIES_MAX])
{
    size_t count = 0;
    size_t recent = r->recent_count < ROOM_RECENT_MAX ? r->recent_count : ROOM_RECENT_MAX;

    for (size_t i = 0; i < r->head_count && count < ROOM_TRIES_MAX; i++) {
        if (is_hinted(r->heads[i].id, hint)) {
            found[count++] = r->heads[i].id;
        }
    }
    for (size_t i = 0; i < recent && count < ROOM_TRIES_MAX; i++) {
        if (is_hinted(r->recent[i].id, hint)) {
            found[count++] = r->recent[i].id;
        }
    }
    return count;
}

/* Try the ids that fit the hints; the links' hash says which are meant. */
static bool link_parents(const struct room *r, struct entry *e, const uint8_t *previous)
{
    const uint8_t *found[ENTRY_HINTS_MAX][ROOM_TRIES_MAX];
    size_t counts[ENTRY_HINTS_MAX] = {1, 1};
    uint8_t parents[ENTRY_HINTS_MAX][ENTRY_ID_SIZE];

    if (e->parent_count > ENTRY_HINTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < e->parent_count; i++) {
        counts[i] = find_hinted(r, e->hints[i], found[i]);
    }
    for (size_t k = 0; k < counts[0] * counts[1]; k++) {
        for (size_t i = 0; i < e->parent_count; i++) {
            memcpy(parents[i], found[i][i == 0 ? k % counts[0] : k / counts[0]], ENTRY_ID_SIZE);
        }
        if (entry_check_links(e, previous, (const uint8_t(*)[ENTRY_ID_SIZE])parents,
                              e->parent_count) == 0) {
            memcpy(e->previous, previous, ENTRY_ID_SIZE);
            memcpy(e->parents, parents, e->parent_count * sizeof *parents);
            e->has_links = true;
            return true;
        }
    }
    return false;
}

static bool link_entry(const struct room *r, struct entry *e, const struct room_device *d)
{
    static const uint8_t none[ENTRY_ID_SIZE];

    if (e->sequence == 1) {
        return link_parents(r, e, none);
    }
    return d->sequence == e->sequence - 1 && link_parents(r, e, d->last);
}

/* ---- Placing ---- */

/* The height of what is placed and still in memory: what most entries link to. 0: ask the store. */
static uint64_t height_of(const struct room *r, const uint8_t *id)
{
    size_t recent = r->recent_count < ROOM_RECENT_MAX ? r->recent_count : ROOM_RECENT_MAX;

    for (size_t i = 1; i <= recent; i++) { /* the newest first */
        const struct room_head *head = &r->recent[(r->recent_count - i) % ROOM_RECENT_MAX];

        if (is_same(head->id, id)) {
            return head->height;
        }
    }
    return 0;
}

/* Where the author's entry before stands: from memory when it is that device's last one. */
static int find_previous(const struct room *r, const struct entry *e, struct room_place *place)
{
    const struct room_device *d = room_device(r, e->device);

    if (d != NULL && is_same(d->last, e->previous)) {
        memcpy(place->device, e->device, sizeof place->device);
        place->sequence = d->sequence;
        place->height = height_of(r, e->previous);
        if (place->height > 0) {
            return 0;
        }
    }
    return r->ops.find(r->ops.context, e->previous, place);
}

static int find_parent(const struct room *r, const uint8_t *id, struct room_place *place)
{
    place->height = height_of(r, id);
    return place->height > 0 ? 0 : r->ops.find(r->ops.context, id, place);
}

/* What entry `e` links to first that is not here: 0 and `*missing`, which is NULL when all is. The
 * height is that of the highest that is here, and one. WAVU_ERR_CRYPTO when previous is none. */
static int look_at_links(const struct room *r, const struct entry *e, uint64_t *height,
                         const uint8_t **missing)
{
    struct room_place place;
    int rc = 0;

    *height = 1;
    *missing = NULL;
    if ((e->sequence == 1) != is_none(e->previous)) {
        return WAVU_ERR_CRYPTO;
    }
    if (e->sequence > 1) {
        rc = find_previous(r, e, &place);
        if (rc == 0 && (!is_same(place.device, e->device) || place.sequence != e->sequence - 1)) {
            return WAVU_ERR_CRYPTO;
        }
        *missing = rc == WAVU_ERR_NOT_FOUND ? e->previous : NULL;
        *height = rc == 0 ? place.height + 1 : 1;
    }
    for (size_t i = 0; i < e->parent_count && *missing == NULL && (rc == 0); i++) {
        rc = find_parent(r, e->parents[i], &place);
        *missing = rc == WAVU_ERR_NOT_FOUND ? e->parents[i] : NULL;
        *height = rc == 0 && place.height >= *height ? place.height + 1 : *height;
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static void tell(struct room *r, const struct room_event *event)
{
    int rc = ring_push(&r->events, event);

    CHECK(rc == 0); /* drained after every feed, which places no more than wait */
}

/* It counts: it is a head, and what it links to is none. */
static void tie(struct room *r, const uint8_t *id, const struct entry *e, uint64_t height)
{
    struct room_head head = {.height = height, .author = r->ops.author(r->ops.context, e->device)};

    room_forget_head(r, e->previous);
    for (size_t i = 0; i < e->parent_count; i++) {
        room_forget_head(r, e->parents[i]);
    }
    memcpy(head.id, id, sizeof head.id);
    room_load_head(r, &head);
}

/* The store has it: let the room's state follow. */
static void enter(struct room *r, const uint8_t *id, const struct room_place *place,
                  struct room_device *d)
{
    struct room_event event = {
        .kind = ROOM_PLACED, .place = *place, .is_late = place->height + ROOM_LATE < r->height};

    memcpy(event.id, id, sizeof event.id);
    tell(r, &event);
    if (place->sequence <= d->sequence && !d->is_forked) {
        d->is_forked = true;
        event.kind = ROOM_FORKED;
        tell(r, &event);
    }
    if (place->sequence == d->sequence + 1) {
        d->sequence = place->sequence;
        memcpy(d->last, id, sizeof d->last);
    }
    struct room_head *recent = &r->recent[r->recent_count++ % ROOM_RECENT_MAX];

    memcpy(recent->id, id, ENTRY_ID_SIZE);
    recent->height = place->height;
}

static int place_entry(struct room *r, const uint8_t *id, const struct entry *e, uint64_t height,
                       struct room_device *d)
{
    struct room_place place = {.sequence = e->sequence, .height = height};

    memcpy(place.device, e->device, sizeof place.device);
    int rc = r->ops.keep(r->ops.context, id, e, &place);
    if (rc >= 0) {
        enter(r, id, &place, d);
    }
    if (rc == 0) {
        tie(r, id, e, height);
    }
    return rc < 0 ? rc : 0;
}

/* ---- Waiting ---- */

static bool has_room(const struct room *r, const struct room_device *d, const struct entry *e)
{
    size_t bytes = sizeof(struct room_waiter) + e->content.len;

    return r->waiting.count < ROOM_WAITING_MAX &&
           r->waiting_bytes + bytes <= ROOM_WAITING_BYTES_MAX &&
           d->waiting < ROOM_WAITING_MAX / ROOM_WAITING_SHARE &&
           d->waiting_bytes + bytes <= ROOM_WAITING_BYTES_MAX / ROOM_WAITING_SHARE &&
           (e->has_links || r->unlinked_count < ROOM_UNLINKED_MAX);
}

static void wait_for(struct room *r, struct room_waiter *w, const uint8_t *missing)
{
    if (missing == NULL) {
        list_push_back(&r->unlinked, &w->link);
        r->unlinked_count++;
        return;
    }
    struct room_missing *m = map_get(&r->missing, id_span(missing));

    if (m == NULL) {
        m = mem_new(sizeof *m);
        memcpy(m->id, missing, sizeof m->id);
        list_init(&m->waiters);
        map_put(&r->missing, id_span(m->id), m);
    }
    w->missing = m;
    list_push_back(&m->waiters, &w->link);
}

static int begin_to_wait(struct room *r, const uint8_t *id, const struct entry *e,
                         struct room_device *d, const uint8_t *missing)
{
    if (!has_room(r, d, e)) {
        return WAVU_ERR_LIMIT;
    }
    struct room_waiter *w = mem_new(sizeof *w + e->content.len);

    memcpy(w->id, id, sizeof w->id);
    w->entry = *e;
    w->device = d;
    w->size = sizeof *w + e->content.len;
    if (e->content.len > 0) {
        memcpy(w->content, e->content.ptr, e->content.len);
    }
    w->entry.content = span_of(w->content, e->content.len);
    map_put(&r->waiting, id_span(w->id), w);
    r->waiting_bytes += w->size;
    d->waiting++;
    d->waiting_bytes += w->size;
    wait_for(r, w, missing);
    return 0;
}

/* Take it out of the list that it waits in; it still counts as waiting. */
static void leave_list(struct room *r, struct room_waiter *w)
{
    struct room_missing *m = w->missing;

    list_remove(&w->link);
    if (m == NULL) {
        r->unlinked_count -= !w->entry.has_links;
    } else if (list_is_empty(&m->waiters)) {
        map_remove(&r->missing, id_span(m->id));
        mem_free(m);
    }
    w->missing = NULL;
}

/* It waits no more; it is in no list. */
static void stop_waiting(struct room *r, struct room_waiter *w)
{
    map_remove(&r->waiting, id_span(w->id));
    r->waiting_bytes -= w->size;
    w->device->waiting--;
    w->device->waiting_bytes -= w->size;
    mem_free(w);
}

/* Entry `id` of `device` is placed: who waited for it, or may be linked now, is work. */
static void wake(struct room *r, struct list *work, const uint8_t *id, const struct entry *placed)
{
    struct room_missing *m = map_get(&r->missing, id_span(id));

    if (m != NULL) {
        for (struct list *node = NULL; (node = list_pop_front(&m->waiters)) != NULL;) {
            LIST_OF(node, struct room_waiter, link)->missing = NULL;
            list_push_back(work, node);
        }
        map_remove(&r->missing, id_span(m->id));
        mem_free(m);
    }
    for (struct list *node = r->unlinked.next; node != &r->unlinked;) {
        struct room_waiter *w = LIST_OF(node, struct room_waiter, link);
        bool is_next =
            w->entry.sequence == placed->sequence + 1 && is_same(w->entry.device, placed->device);
        bool has_hint = false;

        for (size_t i = 0; i < w->entry.parent_count && i < ENTRY_HINTS_MAX; i++) {
            has_hint |= is_hinted(id, w->entry.hints[i]);
        }
        node = node->next;
        if ((is_next || has_hint) && link_entry(r, &w->entry, w->device)) {
            list_remove(&w->link);
            r->unlinked_count--;
            list_push_back(work, &w->link);
        }
    }
}

/* Look at those that may have all they need now, and at whom they let in. What cannot be kept, or
 * turns out to lie, is dropped: repair brings the first again. */
static void let_in(struct room *r, struct list *work)
{
    for (struct list *node = NULL; (node = list_pop_front(work)) != NULL;) {
        struct room_waiter *w = LIST_OF(node, struct room_waiter, link);
        const uint8_t *missing = NULL;
        uint64_t height = 0;
        int rc = look_at_links(r, &w->entry, &height, &missing);

        if (rc == 0 && missing != NULL) {
            wait_for(r, w, missing);
            continue;
        }
        if (rc == 0 && place_entry(r, w->id, &w->entry, height, w->device) == 0) {
            wake(r, work, w->id, &w->entry);
        }
        stop_waiting(r, w);
    }
}

/* ---- Feeding ---- */

/* It waits already: with hints only, and now its links are here, it goes on. */
static int feed_links(struct room *r, struct room_waiter *w, const struct entry *e)
{
    struct list work;

    if (w->entry.has_links || !e->has_links) {
        return WAVU_ERR_EXISTS;
    }
    leave_list(r, w);
    memcpy(w->entry.previous, e->previous, sizeof w->entry.previous);
    memcpy(w->entry.parents, e->parents, sizeof w->entry.parents);
    w->entry.parent_count = e->parent_count;
    w->entry.has_links = true;
    list_init(&work);
    list_push_back(&work, &w->link);
    let_in(r, &work);
    return 0;
}

static int feed_new(struct room *r, const uint8_t *id, const struct entry *entry)
{
    struct entry e = *entry;
    const uint8_t *missing = NULL;
    uint64_t height = 0;
    struct list work;
    struct room_device *d = device_of(r, e.device);

    if (d == NULL) {
        return WAVU_ERR_LIMIT;
    }
    if (!e.has_links && !link_entry(r, &e, d)) {
        return begin_to_wait(r, id, &e, d, NULL);
    }
    int rc = look_at_links(r, &e, &height, &missing);
    if (rc < 0 || missing != NULL) {
        return rc < 0 ? rc : begin_to_wait(r, id, &e, d, missing);
    }
    rc = place_entry(r, id, &e, height, d);
    if (rc == 0) {
        list_init(&work);
        wake(r, &work, id, &e);
        let_in(r, &work);
    }
    return rc;
}

/* It waits already; what it lacked may have come. */
static int feed_again(struct room *r, struct room_waiter *w, struct entry *e)
{
    uint8_t id[ENTRY_ID_SIZE];

    if (w->entry.has_content || !e->has_content) {
        return feed_links(r, w, e);
    }
    if (!has_room(r, w->device, e)) {
        return WAVU_ERR_LIMIT;
    }
    if (!e->has_links && w->entry.has_links) {
        memcpy(e->previous, w->entry.previous, sizeof e->previous);
        memcpy(e->parents, w->entry.parents, sizeof e->parents);
        e->has_links = true;
    }
    memcpy(id, w->id, sizeof id);
    leave_list(r, w);
    stop_waiting(r, w);
    return feed_new(r, id, e);
}

/* Is it placed already? 0 and WAVU_ERR_NOT_FOUND. Since nothing stands without its previous one, no
 * entry of a device has a sequence above that of the device. */
static int find_placed(const struct room *r, const uint8_t *id, const struct entry *e)
{
    const struct room_device *d = room_device(r, e->device);
    struct room_place place;

    if (e->sequence > (d == NULL ? 0 : d->sequence)) {
        return WAVU_ERR_NOT_FOUND;
    }
    return r->ops.find(r->ops.context, id, &place);
}

int room_feed(struct room *r, const struct entry *entry)
{
    struct entry e = *entry;
    uint8_t id[ENTRY_ID_SIZE];

    CHECK(is_same(e.room, r->id));
    entry_id(id, &e, r->network);
    struct room_waiter *w = map_get(&r->waiting, id_span(id));

    if (w != NULL) {
        return feed_again(r, w, &e);
    }
    int rc = find_placed(r, id, &e);
    if (rc != WAVU_ERR_NOT_FOUND) {
        return rc == 0 ? WAVU_ERR_EXISTS : rc;
    }
    return feed_new(r, id, &e);
}

size_t room_missing(const struct room *r, uint8_t (*out)[ENTRY_ID_SIZE], size_t max)
{
    const struct room_missing *missing = NULL;
    size_t count = 0;

    for (struct list *l = list_next(&r->unlinked, &r->unlinked); l != NULL && count < max;
         l = list_next(&r->unlinked, l)) {
        memcpy(out[count++], LIST_OF(l, struct room_waiter, link)->id, ENTRY_ID_SIZE);
    }
    for (size_t at = 0; count < max && (missing = map_next(&r->missing, &at)) != NULL;) {
        if (map_get(&r->waiting, id_span(missing->id)) == NULL) { /* it waits itself */
            memcpy(out[count++], missing->id, ENTRY_ID_SIZE);
        }
    }
    return count;
}

/* ---- Asking ---- */

/* The head with the greatest height that is not `previous`; NULL. */
static const struct room_head *highest_head(const struct room *r, const uint8_t *previous)
{
    const struct room_head *best = NULL;

    for (size_t i = 0; i < r->head_count; i++) {
        const struct room_head *head = &r->heads[i];

        if ((best == NULL || head->height > best->height) && !is_same(head->id, previous)) {
            best = head;
        }
    }
    return best;
}

/* Of the author whose turn it is, the head that has been one for longest; neither `previous` nor
 * `highest`; NULL. */
static const struct room_head *next_head(struct room *r, const uint8_t *previous,
                                         const struct room_head *highest)
{
    const struct room_head *best = NULL;
    uint64_t least = 0;

    for (size_t i = 0; i < r->head_count; i++) {
        const struct room_head *head = &r->heads[i];
        uint64_t ahead = head->author - r->turn - 1; /* all around: the last one's is the most */

        if ((best == NULL || ahead < least) && head != highest && !is_same(head->id, previous)) {
            best = head;
            least = ahead;
        }
    }
    if (best != NULL) {
        r->turn = best->author;
    }
    return best;
}

static void add_parent(struct entry *entry, const struct room_head *head)
{
    if (head != NULL) {
        memcpy(entry->parents[entry->parent_count++], head->id, ENTRY_ID_SIZE);
    }
}

void room_draft(struct room *r, const uint8_t device[32], struct entry *entry)
{
    const struct room_device *d = room_device(r, device);

    memcpy(entry->room, r->id, sizeof entry->room);
    memcpy(entry->device, device, sizeof entry->device);
    memset(entry->previous, 0, sizeof entry->previous);
    entry->sequence = 1;
    if (d != NULL && d->sequence > 0) {
        entry->sequence = d->sequence + 1;
        memcpy(entry->previous, d->last, sizeof entry->previous);
    }
    entry->has_links = true;
    entry->parent_count = 0;
    const struct room_head *highest = highest_head(r, entry->previous);

    _Static_assert(ENTRY_HINTS_MAX == 2, "the sealed form hints at both");
    add_parent(entry, highest);
    add_parent(entry, next_head(r, entry->previous, highest));
}

const struct room_device *room_device(const struct room *r, const uint8_t device[32])
{
    return map_get(&r->devices, span_of(device, 32));
}

size_t room_waiting(const struct room *r)
{
    return r->waiting.count;
}

bool room_next_event(struct room *r, struct room_event *event)
{
    return ring_pop(&r->events, event);
}

void room_check(const struct room *r)
{
    size_t bytes = 0;
    size_t listed = list_count(&r->unlinked);
    const struct room_waiter *w = NULL;
    const struct room_missing *m = NULL;
    struct room_place place;

    CHECK(listed == r->unlinked_count && listed <= ROOM_UNLINKED_MAX);
    for (size_t at = 0; (m = map_next(&r->missing, &at)) != NULL;) {
        CHECK(!list_is_empty(&m->waiters));
        CHECK(r->ops.find(r->ops.context, m->id, &place) != 0);
        listed += list_count(&m->waiters);
    }
    CHECK(listed == r->waiting.count && listed <= ROOM_WAITING_MAX);
    for (size_t at = 0; (w = map_next(&r->waiting, &at)) != NULL;) {
        CHECK((w->missing != NULL) == w->entry.has_links);
        bytes += w->size;
    }
    CHECK(bytes == r->waiting_bytes && bytes <= ROOM_WAITING_BYTES_MAX);
    for (size_t i = 0; i < r->recent_count && i < ROOM_RECENT_MAX; i++) {
        CHECK(r->ops.find(r->ops.context, r->recent[i].id, &place) == 0);
        CHECK(r->recent[i].height == place.height);
    }
    CHECK(r->head_count <= ROOM_HEADS_MAX);
    for (size_t i = 0; i < r->head_count; i++) {
        CHECK(r->heads[i].height > 0 && r->heads[i].height <= r->height);
    }
}
