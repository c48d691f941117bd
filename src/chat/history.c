/*
 * The histories of one network: what is in memory of them, and the way of an entry. Source:
 * docs/protocol/room.md.
 */
#include "chat/history.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "chat/history_fill.h"
#include "chat/history_keep.h"
#include "crypto/signer.h"

#define NS_A_SECOND UINT64_C(1000000000)
#define ROOM_FORMAT 1

/* ---- Numbers ---- */

/* Read a row of one number, or 0. */
static int get_number(struct store *store, const char *table, const struct history_key *k,
                      uint32_t *out)
{
    struct buf value;
    struct rd r;

    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(store, table, history_row_span(k), &value);

    *out = 0;
    if (rc == 0) {
        rd_init(&r, buf_span(&value));
        *out = rd_u32be(&r);
        rc = rd_finish(&r) < 0 || *out == 0 ? WAVU_ERR_CORRUPT : 0;
    }
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static void put_number(struct history_rows *s, const char *table, const struct history_key *k,
                       uint32_t number)
{
    uint8_t bytes[4];
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u32be(&w, number);
    history_row_put(s, table, k, wr_span(&w));
}

/* A number that was never given before, of networks (1) or rooms (2), which all networks share. */
static int draw_number(struct history_rows *s, uint32_t which, uint32_t *out)
{
    struct history_key k;

    history_row_key(&k, which);
    int rc = s->rc < 0 ? s->rc : get_number(s->store, "chat.n", &k, out);

    if (rc == 0 && *out == UINT32_MAX) {
        rc = WAVU_ERR_LIMIT;
    }
    if (rc == 0) {
        put_number(s, "chat.n", &k, ++*out);
        rc = s->rc;
    }
    return rc;
}

static int find_network(struct history *h)
{
    struct history_rows s = {.store = h->config.store};
    struct history_key k;

    wr_init(&k.w, span_mut_of(k.bytes, sizeof k.bytes));
    wr_bytes(&k.w, span_of(h->config.network, 32));
    int rc = get_number(s.store, "chat.n", &k, &h->number);

    if (rc == 0 && h->number == 0) {
        rc = draw_number(&s, 1, &h->number);
        put_number(&s, "chat.n", &k, h->number);
        rc = rc < 0 ? rc : s.rc;
    }
    return rc;
}

/* ---- Devices ---- */

static void device_key(struct history_key *k, const struct history *h, uint32_t number)
{
    history_row_key(k, h->number);
    wr_u32be(&k->w, number);
}

static void add_device(struct history *h, struct history_device *d)
{
    if (h->device_count == h->device_cap) {
        h->device_cap = h->device_cap == 0 ? 16 : 2 * h->device_cap;
        h->by_number = mem_resize(h->by_number, h->device_cap * sizeof *h->by_number);
    }
    h->by_number[h->device_count++] = d;
    d->number = h->device_count;
    h->cut_count += d->is_cut;
    CHECK(map_put(&h->devices, span_of(d->key, sizeof d->key), d) == NULL);
}

static int load_devices(struct history *h)
{
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;
    struct rd value;
    int rc = 0;

    history_row_key(&prefix, h->number);
    history_row_walk(&walk, h->config.store, "chat.d", &prefix);
    while (rc == 0 && history_row_next(&walk, false, &key, &value)) {
        struct history_device *d = mem_new(sizeof *d);

        rd_copy(&value, d->key, sizeof d->key);
        rd_copy(&value, d->member, sizeof d->member);
        const uint8_t state = rd_u8(&value);

        d->is_cut = (state & 1) != 0;
        d->is_open = (state & 2) != 0;
        if (rd_u32be(&key) != h->device_count + 1 || rd_finish(&key) < 0 || rd_finish(&value) < 0 ||
            history_device_of(h, d->key) != NULL) {
            mem_free(d);
            rc = WAVU_ERR_CORRUPT;
        } else {
            add_device(h, d);
        }
    }
    int walked = history_row_walk_end(&walk);

    return rc < 0 ? rc : walked;
}

const struct history_device *history_device_at(const struct history *h, uint32_t number)
{
    return number == 0 || number > h->device_count ? NULL : h->by_number[number - 1];
}

const struct history_device *history_device_of(const struct history *h, const uint8_t key[32])
{
    return map_get(&h->devices, span_of(key, 32));
}

void history_save_cut(struct history_rows *s, const struct history *h,
                      const struct history_device *d)
{
    uint8_t bytes[65];
    struct history_key k;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_bytes(&w, span_of(d->key, sizeof d->key));
    wr_bytes(&w, span_of(d->member, sizeof d->member));
    wr_u8(&w, (uint8_t)(d->is_cut | d->is_open << 1));
    device_key(&k, h, d->number);
    history_row_put(s, "chat.d", &k, wr_span(&w));
}

int history_meet(struct history *h, const uint8_t key[32], const uint8_t member[32],
                 struct history_device **out)
{
    struct history_rows s = {.store = h->config.store};
    struct history_device *d = map_get(&h->devices, span_of(key, 32));

    *out = d;
    if (d != NULL) {
        return 0;
    }
    if (h->device_count == HISTORY_DEVICES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    d = mem_new(sizeof *d);
    memcpy(d->key, key, sizeof d->key);
    memcpy(d->member, member, sizeof d->member);
    d->number = h->device_count + 1;
    history_save_cut(&s, h, d);
    if (s.rc < 0) {
        mem_free(d);
        return s.rc;
    }
    add_device(h, d);
    *out = d;
    return 0;
}

bool history_is_own(const struct history *h, const struct history_device *d)
{
    return d != NULL && (span_is_equal(span_of(d->member, 32), span_of(h->config.member, 32)) ||
                         span_is_equal(span_of(d->key, 32), span_of(h->config.device, 32)));
}

/* ---- Rooms ---- */

static void room_key(struct history_key *k, const struct history *h, const uint8_t id[32])
{
    history_row_key(k, h->number);
    wr_bytes(&k->w, span_of(id, 32));
}

void history_save_room(struct history_rows *s, const struct history_room *room)
{
    uint8_t bytes[HISTORY_ROW_ROOM_SIZE];
    struct history_key k;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u8(&w, ROOM_FORMAT);
    wr_u8(&w, (uint8_t)room->kind);
    wr_u32be(&w, room->number);
    wr_bytes(&w, span_of(room->other, sizeof room->other));
    wr_u64be(&w, room->last);
    wr_u64be(&w, room->read);
    wr_u64be(&w, room->height);
    wr_u32be(&w, room->orphans);
    wr_u32be(&w, room->unread);
    wr_bytes(&w, span_of(room->sum, sizeof room->sum));
    CHECK(wr_finish(&w) == 0 && w.len == HISTORY_ROW_ROOM_SIZE);
    room_key(&k, room->history, room->id);
    history_row_put(s, "chat.r", &k, wr_span(&w));
}

static int read_room(struct history_room *room, struct rd *key, struct rd *value)
{
    rd_copy(key, room->id, sizeof room->id);
    if (rd_u8(value) != ROOM_FORMAT) {
        return value->failed ? WAVU_ERR_CORRUPT : WAVU_ERR_UNSUPPORTED;
    }
    room->kind = (enum history_kind)rd_u8(value);
    room->number = rd_u32be(value);
    rd_copy(value, room->other, sizeof room->other);
    room->last = rd_u64be(value);
    room->read = rd_u64be(value);
    room->height = rd_u64be(value);
    room->orphans = rd_u32be(value);
    room->unread = rd_u32be(value);
    rd_copy(value, room->sum, sizeof room->sum);
    return rd_finish(key) < 0 || rd_finish(value) < 0 || room->kind < HISTORY_GROUP ||
                   room->kind > HISTORY_DIRECT
               ? WAVU_ERR_CORRUPT
               : 0;
}

static void add_room(struct history *h, struct history_room *room)
{
    room->history = h;
    room->is_all_news = room->kind != HISTORY_DIRECT && room->last > 0;
    CHECK(map_put(&h->rooms, span_of(room->id, sizeof room->id), room) == NULL);
}

static int load_rooms(struct history *h)
{
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;
    struct rd value;
    int rc = 0;

    history_row_key(&prefix, h->number);
    history_row_walk(&walk, h->config.store, "chat.r", &prefix);
    while (rc == 0 && history_row_next(&walk, false, &key, &value)) {
        struct history_room *room = mem_new(sizeof *room);

        rc = read_room(room, &key, &value);
        if (rc < 0) {
            mem_free(room);
        } else {
            add_room(h, room);
        }
    }
    int walked = history_row_walk_end(&walk);

    return rc < 0 ? rc : walked;
}

/* May that member make another room? Rooms never go, and direct chats need some of the places. */
static bool may_name(const struct history *h, const uint8_t maker[32])
{
    const struct history_room *room = NULL;
    size_t named = 0;
    size_t own = 0;

    for (size_t at = 0; (room = history_next_room(h, &at)) != NULL;) {
        named += room->kind == HISTORY_NAMED ? 1 : 0;
        own += room->kind == HISTORY_NAMED &&
                       span_is_equal(span_of(room->other, 32), span_of(maker, 32))
                   ? 1
                   : 0;
    }
    return named < HISTORY_NAMED_MAX && own < HISTORY_NAMED_OF_MAX;
}

int history_make_room(struct history *h, const uint8_t id[32], enum history_kind kind,
                      const uint8_t other[32], struct history_room **out)
{
    struct history_rows s = {.store = h->config.store};
    struct history_room *room = history_room(h, id);

    *out = room;
    if (room != NULL) {
        return 0;
    }
    if (h->rooms.count == HISTORY_ROOMS_MAX || (kind == HISTORY_NAMED && !may_name(h, other))) {
        return WAVU_ERR_LIMIT;
    }
    room = mem_new(sizeof *room);
    room->kind = kind;
    room->history = h;
    memcpy(room->id, id, sizeof room->id);
    memcpy(room->other, other, sizeof room->other);
    int rc = draw_number(&s, 2, &room->number);

    if (rc == 0) {
        history_save_room(&s, room);
        rc = s.rc;
    }
    if (rc < 0) {
        mem_free(room);
        return rc;
    }
    add_room(h, room);
    *out = room;
    return 0;
}

struct history_room *history_room(const struct history *h, const uint8_t id[32])
{
    return map_get(&h->rooms, span_of(id, 32));
}

struct history_room *history_next_room(const struct history *h, size_t *at)
{
    return map_next(&h->rooms, at);
}

void history_hash(const struct history_room *room, uint8_t out[8])
{
    uint8_t body[32 + 32 + 8];
    uint8_t hash[HASH_SHA256_SIZE];
    struct wr w;

    wr_init(&w, span_mut_of(body, sizeof body));
    wr_bytes(&w, span_of(room->id, sizeof room->id));
    wr_bytes(&w, span_of(room->sum, sizeof room->sum));
    wr_u64be(&w, room->last);
    signer_id(hash, "wavu room hash 1", wr_span(&w));
    memcpy(out, hash, 8);
}

/* ---- Graphs in use ---- */

static void close_room(struct history_room *room)
{
    if (room->graph != NULL) {
        room_clear(room->graph);
        mem_free(room->graph);
        mem_free(room->near);
        room->graph = NULL;
        room->near = NULL;
        list_remove(&room->open);
        room->history->open_count--;
    }
}

static int load_states(struct history_room *room)
{
    const struct history *h = room->history;
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;
    struct rd value;
    int rc = 0;

    history_row_key(&prefix, room->number);
    history_row_walk(&walk, h->config.store, "chat.v", &prefix);
    while (rc == 0 && history_row_next(&walk, false, &key, &value)) {
        const struct history_device *d = history_device_at(h, rd_u32be(&key));
        struct room_device state = {.sequence = rd_u64be(&value)};

        rd_copy(&value, state.last, sizeof state.last);
        state.is_forked = rd_u8(&value) != 0;
        if (d == NULL || rd_finish(&key) < 0 || rd_finish(&value) < 0) {
            rc = WAVU_ERR_CORRUPT;
            break;
        }
        memcpy(state.device, d->key, sizeof state.device);
        rc = room_load_device(room->graph, &state);
    }
    int walked = history_row_walk_end(&walk);

    return rc < 0 ? rc : walked;
}

static int load_heads(struct history_room *room)
{
    struct history_key k;
    struct buf value;
    struct rd r;

    history_row_key(&k, room->number);
    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(room->history->config.store, "chat.g", history_row_span(&k), &value);

    rd_init(&r, buf_span(&value));
    while (rc == 0 && rd_left(&r) > 0) {
        struct history_place place;
        struct room_head head;

        rd_copy(&r, head.id, sizeof head.id);
        head.height = rd_u64be(&r);
        rc = r.failed || head.height == 0 ? WAVU_ERR_CORRUPT : 0;
        rc = rc < 0 ? rc : history_find(room, head.id, &place);
        rc = rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_CORRUPT : rc;
        if (rc == 0) {
            head.author = history_keep_author(room, place.device);
            room_load_head(room->graph, &head);
        }
    }
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int history_open(struct history *h, struct history_room *room)
{
    struct room_ops ops;

    if (room->graph != NULL) {
        list_remove(&room->open);
        list_push_front(&h->open, &room->open);
        return 0;
    }
    CHECK(room->kind != HISTORY_DIRECT);
    if (h->open_count == HISTORY_OPEN_MAX) {
        close_room(LIST_OF(h->open.prev, struct history_room, open));
    }
    history_keep_ops(&ops, room);
    room->graph = mem_new(sizeof *room->graph);
    room->near = mem_new_array(HISTORY_NEAR_MAX, sizeof *room->near);
    room_init(room->graph, h->config.network, room->id, &ops, h->config.random);
    list_push_front(&h->open, &room->open);
    h->open_count++;
    int rc = load_states(room);

    if (rc == 0) {
        rc = load_heads(room);
    }
    if (rc < 0) {
        close_room(room);
    }
    return rc;
}

/* Where the place of `id` is put; an id is a hash. */
static size_t near_at(const uint8_t id[32])
{
    _Static_assert((HISTORY_NEAR_MAX & (HISTORY_NEAR_MAX - 1)) == 0 && HISTORY_NEAR_MAX <= 65536,
                   "each from the first two bytes of an id");
    return ((size_t)id[0] << 8 | id[1]) & (HISTORY_NEAR_MAX - 1);
}

static bool is_near(const struct history_near *near, const uint8_t id[32])
{
    return near->place.number > 0 && span_is_equal(span_of(near->id, 32), span_of(id, 32));
}

/* What is remembered of `id`: where it was put, or beside that; NULL: nothing. */
static struct history_near *near_of(const struct history_room *room, const uint8_t id[32])
{
    const size_t at = near_at(id);

    if (room->near == NULL) {
        return NULL;
    }
    return is_near(&room->near[at], id)       ? &room->near[at]
           : is_near(&room->near[at ^ 1], id) ? &room->near[at ^ 1]
                                              : NULL;
}

bool history_is_plain(const struct history_room *room, const uint8_t id[32])
{
    const struct history_near *near = near_of(room, id);

    return near != NULL && near->is_plain;
}

void history_note_place(const struct history_room *room, const uint8_t id[32],
                        const struct history_place *place, bool is_plain)
{
    struct history_near *near = near_of(room, id);

    if (room->near == NULL) {
        return;
    }
    if (near ==
        NULL) { /* what came later is looked for more often: of the two the older one goes */
        near = &room->near[near_at(id)];
        near = room->near[near_at(id) ^ 1].place.number < near->place.number
                   ? &room->near[near_at(id) ^ 1]
                   : near;
    }
    *near = (struct history_near){.place = *place, .is_plain = is_plain};
    memcpy(near->id, id, sizeof near->id);
}

void history_note_about(const struct history_room *room, const uint8_t id[32])
{
    struct history_near *near = near_of(room, id);

    if (near != NULL) {
        near->is_plain = false;
    }
}

int history_find(const struct history_room *room, const uint8_t id[32], struct history_place *place)
{
    struct store *store = room->history->config.store;

    const struct history_near *near = near_of(room, id);

    if (near != NULL) {
        *place = near->place;
        return 0;
    }
    int rc = history_row_get_place(store, room->number, id, place);

    if (rc == 0) {
        history_note_place(room, id, place, false);
    }
    return rc;
}

void history_save_heads(struct history_rows *s, const struct history_room *room)
{
    const struct room *graph = room->graph;
    uint8_t bytes[ROOM_HEADS_MAX * 40];
    struct history_key k;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    for (size_t i = 0; i < graph->head_count; i++) {
        wr_bytes(&w, span_of(graph->heads[i].id, sizeof graph->heads[i].id));
        wr_u64be(&w, graph->heads[i].height);
    }
    history_row_key(&k, room->number);
    history_row_put(s, "chat.g", &k, wr_span(&w));
}

void history_save_device(struct history_rows *s, const struct history_room *room, uint32_t device,
                         const struct room_device *state)
{
    uint8_t bytes[41];
    struct history_key k;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&w, state->sequence);
    wr_bytes(&w, span_of(state->last, sizeof state->last));
    wr_u8(&w, state->is_forked);
    history_row_key(&k, room->number);
    wr_u32be(&k.w, device);
    history_row_put(s, "chat.v", &k, wr_span(&w));
}

/* ---- Life ---- */

int history_begin(struct history *h, const struct history_config *config)
{
    static const uint8_t nobody[32];
    struct history_room *group = NULL;
    uint8_t id[32];

    *h = (struct history){.config = *config, .about_number = 1};
    map_init(&h->rooms, config->random);
    map_init(&h->devices, config->random);
    list_init(&h->open);
    ring_init(&h->events, sizeof(struct history_event), HISTORY_EVENTS_MAX);
    int rc = find_network(h);

    if (rc == 0) {
        rc = load_devices(h);
    }
    if (rc == 0) {
        rc = load_rooms(h);
    }
    if (rc == 0) {
        signer_id(id, "wavu room main 1", span_of(config->network, 32));
        rc = history_make_room(h, id, HISTORY_GROUP, nobody, &group);
    }
    if (rc < 0) {
        history_clear(h);
    }
    return rc;
}

void history_clear(struct history *h)
{
    struct history_room *room = NULL;

    for (size_t at = 0; (room = map_next(&h->rooms, &at)) != NULL;) {
        close_room(room);
        mem_free(room->news);
        mem_free(room);
    }
    for (uint32_t i = 0; i < h->device_count; i++) {
        mem_free(h->by_number[i]);
    }
    mem_free(h->by_number);
    map_clear(&h->rooms);
    map_clear(&h->devices);
    ring_clear(&h->events);
    h->by_number = NULL;
    h->device_count = 0;
    h->device_cap = 0;
}

/* ---- News ---- */

void history_tell(struct history *h, const struct history_event *event)
{
    h->is_many |= ring_push(&h->events, event) < 0;
}

bool history_next_event(struct history *h, struct history_event *event)
{
    if (ring_pop(&h->events, event)) {
        return true;
    }
    if (!h->is_many) {
        return false;
    }
    h->is_many = false;
    *event = (struct history_event){.kind = HISTORY_MANY};
    return true;
}

void history_note_news(struct history_room *room, uint32_t device)
{
    if (room->is_all_news &&
        span_compare(span_of(history_device_at(room->history, device)->key, 32),
                     span_of(room->news_from, 32)) >= 0) {
        return; /* comes with all */
    }
    for (size_t i = 0; i < room->news_count; i++) {
        if (room->news[i] == device) {
            return;
        }
    }
    if (room->news_count == HISTORY_NEWS_MAX) {
        room->is_all_news = true;
        room->news_count = 0;
        memset(room->news_from, 0, sizeof room->news_from);
        return;
    }
    if (room->news_count == room->news_cap) {
        room->news_cap = room->news_cap == 0 ? 8 : 2 * room->news_cap;
        room->news = mem_resize(room->news, room->news_cap * sizeof *room->news);
    }
    room->news[room->news_count++] = device;
}

/* ---- Entries ---- */

int history_has_room(const struct history *h, size_t content)
{
    return store_pending(h->config.store) + HISTORY_COMMIT_ROOM + 3 * content > STORE_PENDING_MAX
               ? WAVU_ERR_LIMIT
               : 0;
}

/* The graph has placed entries: what the store has of its state follows, and people hear. */
static int follow(struct history *h, struct history_room *room)
{
    struct history_rows s = {.store = h->config.store};
    struct room_event event;
    bool has_changed = false;

    while (room_next_event(room->graph, &event)) {
        const struct history_device *d = history_device_of(h, event.place.device);

        CHECK(d != NULL);
        history_save_device(&s, room, d->number, room_device(room->graph, d->key));
        if (event.kind == ROOM_FORKED) {
            struct history_event told = {.kind = HISTORY_FORKED, .device = d->number};

            memcpy(told.room, room->id, sizeof told.room);
            memcpy(told.id, event.id, sizeof told.id);
            history_tell(h, &told);
        } else if (!span_is_equal(span_of(d->key, 32), span_of(h->config.device, 32))) {
            history_note_news(room, d->number);
        }
        has_changed = true;
    }
    if (has_changed) {
        history_save_heads(&s, room);
        history_save_room(&s, room);
    }
    return s.rc;
}

int history_feed(struct history *h, uint64_t now, const struct history_said *said)
{
    struct history_room *room = history_room(h, said->entry->room);
    struct history_device *d = NULL;

    if (room == NULL || room->kind == HISTORY_DIRECT) {
        return WAVU_ERR_NOT_FOUND;
    }
    int rc = history_has_room(h, said->entry->content.len);

    if (rc == 0) {
        rc = history_meet(h, said->entry->device, said->member, &d);
    }
    if (rc == 0) {
        rc = history_open(h, room);
    }
    if (rc < 0) {
        return rc;
    }
    h->now_s = now / NS_A_SECOND;
    /* The age is its bringer's word: without the content it could end what others bring yet. */
    const uint64_t age_s = said->entry->has_content ? said->age_s : 0;
    h->came_s = h->now_s > age_s ? h->now_s - age_s : 0;
    rc = room_feed(room->graph, said->entry);
    if (rc == WAVU_ERR_EXISTS && said->entry->has_content) {
        rc = history_fill_entry(room, said->entry);
    }
    int followed = follow(h, room);

    return rc < 0 ? rc : followed;
}

int history_draft(struct history *h, const uint8_t room_id[32], struct entry *entry)
{
    struct history_room *room = history_room(h, room_id);

    if (room == NULL || room->kind == HISTORY_DIRECT) {
        return WAVU_ERR_NOT_FOUND;
    }
    int rc = history_open(h, room);

    if (rc == 0) {
        room_draft(room->graph, h->config.device, entry);
    }
    return rc;
}

void history_check(const struct history *h)
{
    const struct history_room *room = NULL;
    size_t open = 0;
    uint32_t cut = 0;

    CHECK(h->devices.count == h->device_count);
    for (uint32_t i = 0; i < h->device_count; i++) {
        CHECK(h->by_number[i]->number == i + 1);
        cut += h->by_number[i]->is_cut;
    }
    CHECK(cut == h->cut_count);
    for (size_t at = 0; (room = map_next(&h->rooms, &at)) != NULL;) {
        CHECK(room->history == h && room->number > 0 && room->read <= room->last);
        if (room->graph != NULL) {
            open++;
            room_check(room->graph);
        }
    }
    CHECK(open == h->open_count && open == list_count(&h->open) && open <= HISTORY_OPEN_MAX);
}
