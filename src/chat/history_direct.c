/*
 * Direct chats in the histories. A part of chat/history.h. Source: docs/protocol/room.md.
 */
#include "chat/history_direct.h"

#include <string.h>

#include "chat/history_keep.h"

#define NS_A_SECOND UINT64_C(1000000000)

static struct store *store_of(const struct history_room *room)
{
    return room->history->config.store;
}

/* How far a device's messages are here without gaps; zeros: none is. */
static int get_state(const struct history_room *room, uint32_t device, struct room_device *state)
{
    struct history_key k;
    struct buf value;
    struct rd r;

    *state = (struct room_device){.sequence = 0};
    history_row_key(&k, room->number);
    wr_u32be(&k.w, device);
    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(store_of(room), "chat.v", history_row_span(&k), &value);

    if (rc == 0) {
        rd_init(&r, buf_span(&value));
        state->sequence = rd_u64be(&r);
        rd_copy(&r, state->last, sizeof state->last);
        state->is_forked = rd_u8(&r) != 0;
        rc = rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : 0;
    }
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static void chain_key(struct history_key *k, const struct history_room *room, uint32_t device)
{
    history_row_key(k, room->number);
    wr_u32be(&k->w, device);
}

/* Does the device have a message at that sequence? 1, 0, or an error. */
static int has_sequence(const struct history_room *room, uint32_t device, uint64_t sequence)
{
    struct history_key prefix;
    struct history_walk walk;

    chain_key(&prefix, room, device);
    wr_u64be(&prefix.w, sequence);
    history_row_walk(&walk, store_of(room), "chat.c", &prefix);
    const bool is_there = history_row_next(&walk, false, NULL, NULL);
    int rc = history_row_walk_end(&walk);

    return rc < 0 ? rc : is_there;
}

/* Pass what a device has behind `*here` without a gap, `most` rows at most. `*next`: what stands
 * behind the gap; 0: there is none; `*here` + 1: there is more to pass. */
static int pass(const struct history_room *room, uint32_t device, size_t most, uint64_t *here,
                uint64_t *next)
{
    struct history_key prefix;
    struct history_walk walk;
    uint8_t from[16];
    struct rd key;
    struct wr w;

    *next = 0;
    chain_key(&prefix, room, device);
    history_row_walk(&walk, store_of(room), "chat.c", &prefix);
    wr_init(&w, span_mut_of(from, sizeof from));
    wr_u64be(&w, *here);
    wr_u64be(&w, UINT64_MAX);
    history_row_walk_from(&walk, wr_span(&w));
    for (size_t i = 0; history_row_next(&walk, false, &key, NULL); i++) {
        const uint64_t sequence = rd_u64be(&key);

        if (sequence != *here + 1 || i == most) {
            *next = sequence;
            break;
        }
        *here = sequence;
    }
    return history_row_walk_end(&walk);
}

/* A message of the device is here: what follows it without a gap counts, too. What is beyond
 * HISTORY_DIRECT_STEPS counts when one looks for gaps. */
static int go_on(struct history_room *room, uint32_t device)
{
    struct history_rows s = {.store = store_of(room)};
    struct room_device state;
    uint64_t next = 0;
    int rc = get_state(room, device, &state);
    const uint64_t before = state.sequence;

    rc = rc < 0 ? rc : pass(room, device, HISTORY_DIRECT_STEPS, &state.sequence, &next);
    if (rc == 0 && (state.sequence > before || before == 0)) {
        history_save_device(&s, room, device, &state);
    }
    return rc < 0 ? rc : s.rc;
}

static int keep(struct history_room *room, const struct history_device *d, const uint8_t id[32],
                const struct direct *m)
{
    struct history_rows s = {.store = store_of(room)};
    const struct history_new n = {.id = id,
                                  .device = d->number,
                                  .sequence = m->sequence,
                                  .height = m->height,
                                  .expiry = m->expiry,
                                  .stored = m->body,
                                  .content = m->content,
                                  .has_content = true};
    int rc = history_keep_new(room, &n);

    if (rc < 0) {
        return rc;
    }
    /* An own message goes on from the greatest; one that is far above it is left out of that. */
    if (m->height > room->height &&
        (room->height == 0 || m->height - room->height <= HISTORY_DIRECT_JUMP)) {
        room->height = m->height;
    }
    history_save_room(&s, room);
    return s.rc < 0 ? s.rc : go_on(room, d->number);
}

int history_direct_take(struct history *h, uint64_t now, const struct history_direct_said *said)
{
    const struct direct *m = said->direct;
    struct history_device *d = NULL;
    struct history_room *room = NULL;
    struct history_place place;
    uint8_t id[32];

    direct_chat_id(id, h->config.network, h->config.member, said->other);
    if (!span_is_equal(span_of(id, 32), span_of(m->chat, 32)) || m->kind != DIRECT_MESSAGE) {
        return WAVU_ERR_INVALID;
    }
    int rc = history_has_room(h, m->content.len);

    rc = rc < 0 ? rc : history_meet(h, m->device, said->member, &d);
    rc = rc < 0 ? rc : history_make_room(h, m->chat, HISTORY_DIRECT, said->other, &room);
    if (rc < 0) {
        return rc;
    }
    direct_id(id, m->chat, m->body);
    rc = history_row_get_place(store_of(room), room->number, id, &place);
    if (rc != WAVU_ERR_NOT_FOUND) {
        return rc == 0 ? WAVU_ERR_EXISTS : rc;
    }
    rc = has_sequence(room, d->number, m->sequence);
    if (rc != 0) {
        return rc < 0 ? rc : WAVU_ERR_CRYPTO;
    }
    h->now_s = now / NS_A_SECOND;
    h->came_s = h->now_s > said->age_s ? h->now_s - said->age_s : 0;
    return keep(room, d, id, m);
}

int history_direct_draft(struct history *h, const uint8_t other[32], struct direct *direct)
{
    const struct history_device *d = history_device_of(h, h->config.device);
    const struct history_room *room = NULL;
    struct room_device state = {.sequence = 0};
    int rc = 0;

    *direct = (struct direct){.kind = DIRECT_MESSAGE, .height = 1};
    direct_chat_id(direct->chat, h->config.network, h->config.member, other);
    memcpy(direct->device, h->config.device, sizeof direct->device);
    room = history_room(h, direct->chat);
    if (room != NULL) {
        direct->height = room->height + (room->height < DIRECT_HEIGHT_MAX);
        rc = d == NULL ? 0 : get_state(room, d->number, &state);
    }
    direct->sequence = state.sequence + 1;
    return rc;
}

/* ---- Gaps ---- */

static void fill_want(struct direct *want, const struct history_room *room, const uint8_t key[32],
                      uint64_t first, uint64_t last)
{
    *want = (struct direct){.kind = DIRECT_WANT, .sequence = first, .last = last};
    memcpy(want->chat, room->id, sizeof want->chat);
    memcpy(want->device, key, sizeof want->device);
    if (last - first >= DIRECT_WANT_MAX) {
        want->last = first + DIRECT_WANT_MAX - 1;
    }
}

int history_direct_gap_from(const struct history_room *room, uint32_t device, uint64_t from,
                            struct direct *want)
{
    const struct history_device *d = history_device_at(room->history, device);
    struct room_device state;
    int rc = d == NULL ? WAVU_ERR_NOT_FOUND : get_state(room, device, &state);

    if (rc < 0) {
        return rc;
    }
    uint64_t here = from > state.sequence + 1 ? from - 1 : state.sequence;
    uint64_t next = 0;

    rc = pass(room, device, HISTORY_DIRECT_WALK, &here, &next);
    if (rc == 0 && next > here + 1) {
        fill_want(want, room, d->key, here + 1, next - 1);
        return 0;
    }
    return rc < 0 ? rc : WAVU_ERR_NOT_FOUND;
}

/* The devices of a chat behind `*device`, until one has something: 0; NOT_FOUND: none has. */
static int find_gap(const struct history_room *room, uint32_t *device, uint64_t *here,
                    uint64_t *next)
{
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;
    struct rd value;
    uint8_t from[4];
    struct wr w;
    int rc = WAVU_ERR_NOT_FOUND;

    history_row_key(&prefix, room->number);
    history_row_walk(&walk, store_of(room), "chat.v", &prefix);
    wr_init(&w, span_mut_of(from, sizeof from));
    wr_u32be(&w, *device);
    history_row_walk_from(&walk, wr_span(&w));
    for (size_t i = 0; rc == WAVU_ERR_NOT_FOUND && history_row_next(&walk, false, &key, &value);
         i++) {
        const uint64_t before = rd_u64be(&value);

        if (i == HISTORY_DIRECT_DEVICES) {
            rc = WAVU_ERR_AGAIN;
            break;
        }
        *device = rd_u32be(&key);
        *here = before;
        rc = pass(room, *device, HISTORY_DIRECT_STEPS, here, next);
        rc = rc == 0 && *next == 0 && *here == before ? WAVU_ERR_NOT_FOUND : rc;
    }
    const int walked = history_row_walk_end(&walk);

    return walked < 0 ? walked : rc;
}

int history_direct_gap(struct history_room *room, uint32_t *device, struct direct *want)
{
    const struct history_device *d = NULL;
    uint64_t here = 0;
    uint64_t next = 0;
    int rc = find_gap(room, device, &here, &next);

    if (rc < 0) {
        return rc;
    }
    d = history_device_at(room->history, *device);
    rc = d == NULL ? WAVU_ERR_CORRUPT : go_on(room, d->number);
    if (rc == 0 && next > here + 1) {
        fill_want(want, room, d->key, here + 1, next - 1);
    } else if (rc == 0) {
        *device -= next == 0 ? 0 : 1; /* the same one again */
        rc = WAVU_ERR_AGAIN;
    }
    return rc;
}

int history_direct_give(const struct history_room *room, struct direct *want, struct direct *out,
                        struct buf *bytes)
{
    const struct history_device *d = history_device_of(room->history, want->device);
    struct history_key prefix;
    struct history_walk walk;
    struct history_row row = {0};
    struct rd key;

    while (d != NULL && want->sequence <= want->last) {
        chain_key(&prefix, room, d->number);
        wr_u64be(&prefix.w, want->sequence++);
        history_row_walk(&walk, store_of(room), "chat.c", &prefix);
        const bool is_there = history_row_next(&walk, false, &key, NULL);
        const uint64_t number = is_there ? rd_u64be(&key) : 0;
        int rc = history_row_walk_end(&walk);

        if (rc == 0 && is_there) {
            rc = history_row_get_entry(store_of(room), room->number, number, &row, bytes);
        }
        if (rc < 0) {
            return rc;
        }
        if (is_there && row.stored.len > 0) { /* else it is gone, or was never here */
            rc = direct_read_message(out, row.stored);
            memcpy(out->chat, room->id, sizeof out->chat);
            return rc < 0 ? WAVU_ERR_CORRUPT : 0;
        }
    }
    return WAVU_ERR_NOT_FOUND;
}
