/*
 * Direct chats: saying and taking. Source: docs/protocol/room.md, "Direct chats".
 */
#include "chat/directs.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "chat/directs_core.h"
#include "chat/directs_gap.h"
#include "chat/directs_state.h"
#include "chat/history_about.h"
#include "chat/history_view.h"

#define DEVICES_MAX 64 /* that one order has rows for, of each of the two */

_Static_assert(DIRECT_SIZE_MAX <= ENVELOPE_BODY_MAX, "a message fits into an envelope");
_Static_assert(DIRECT_CONTENT_MAX >= CONTENT_SIZE_MAX, "a content fits into a message");

static const uint8_t *self_of(const struct directs *d)
{
    return d->config.history->config.member;
}

int directs_core_has_room(const struct directs *d, size_t content)
{
    struct courier_status status;

    d->config.user.look(d->config.user.context, &status);
    if (status.is_behind ||
        store_pending(d->config.store) + COURIER_ROOM + HISTORY_COMMIT_ROOM + 4 * content >
            STORE_PENDING_MAX) {
        return WAVU_ERR_AGAIN;
    }
    return status.open + 2 * DEVICES_MAX > OUTBOX_ROWS_MAX ? WAVU_ERR_LIMIT : 0;
}

bool directs_core_whose(const struct directs *d, const uint8_t device[32], uint8_t member[32])
{
    const struct history_device *known = history_device_of(d->config.history, device);

    if (known != NULL) {
        memcpy(member, known->member, 32);
        return true;
    }
    return d->config.user.whose(d->config.user.context, device, member);
}

struct history_room *directs_chat(const struct directs *d, const uint8_t other[32])
{
    uint8_t id[32];

    direct_chat_id(id, d->config.history->config.network, self_of(d), other);
    return history_room(d->config.history, id);
}

/* ---- Saying ---- */

static bool is_for_chats(enum content_kind kind)
{
    switch (kind) {
    case CONTENT_TEXT:
    case CONTENT_ME:
    case CONTENT_EDIT:
    case CONTENT_DELETE:
    case CONTENT_REACTION:
    case CONTENT_FILE:
    case CONTENT_SOS:
    case CONTENT_SOS_OVER:
        return true;
    case CONTENT_UNKNOWN:
    case CONTENT_ROOM:
    case CONTENT_ROOM_SET:
    case CONTENT_JOINED:
        return false;
    }
    return false;
}

/* May something be said to them at all? */
static int check_other(const struct directs *d, const uint8_t other[32])
{
    const struct directs_user *user = &d->config.user;
    uint8_t found[32];

    if (directs_core_is(other, self_of(d))) {
        return WAVU_ERR_INVALID;
    }
    if (user->device(user->context, other, 0, found)) {
        return 0;
    }
    for (size_t at = 0; user->member(user->context, at, found); at++) {
        if (directs_core_is(found, other)) {
            return WAVU_ERR_DENIED;
        }
    }
    return WAVU_ERR_NOT_FOUND;
}

/* What it is about has to be here, and one's own to be edited or deleted. */
static int check_target(const struct directs *d, const struct directs_words *words)
{
    const struct history_room *chat = directs_chat(d, words->other);
    const struct content *c = words->content;
    const uint8_t *about = c->target != NULL ? c->target : c->reply;
    struct history_place place;

    if (about == NULL) {
        return 0;
    }
    int rc = chat == NULL ? WAVU_ERR_NOT_FOUND : history_find(chat, about, &place);

    if (rc == 0 && (c->kind == CONTENT_EDIT || c->kind == CONTENT_DELETE)) {
        const struct history_device *author = history_device_at(chat->history, place.device);

        rc = author != NULL && directs_core_is(author->member, self_of(d)) ? 0 : WAVU_ERR_DENIED;
    }
    return rc;
}

static int check_words(const struct directs *d, const struct directs_words *words)
{
    int rc = is_for_chats(words->content->kind) ? check_other(d, words->other) : WAVU_ERR_INVALID;

    rc = rc < 0 ? rc : content_check(words->content);
    rc = rc < 0 ? rc : words->expiry > CONTENT_EXPIRY_MAX ? WAVU_ERR_LIMIT : 0;
    return rc < 0 ? rc : check_target(d, words);
}

/* The same bytes to all devices of the other, and to one's own others. */
static void order(struct directs *d, const struct directs_words *words, const uint8_t id[32],
                  struct span body)
{
    const struct directs_user *user = &d->config.user;
    struct courier_order o = {.member = words->other,
                              .kind = COURIER_CHAT,
                              .class_number = ENVELOPE_CHAT,
                              .body = body,
                              .message = id};
    uint8_t message[ENVELOPE_ID_SIZE];

    if (words->expiry > 0 && words->expiry < ENVELOPE_LIFETIME_S) {
        o.lifetime_s = (uint32_t)words->expiry;
    }
    if (user->say(user->context, &o, message) < 0) { /* there was room: the courier has ended */
        const struct history_room *chat = directs_chat(d, words->other);
        const struct directs_state refused = {.state = OUTBOX_REFUSED};
        bool is_new = false;

        (void)!directs_state_move(chat, chat->last, &refused, &is_new);
        return;
    }
    o.member = self_of(d);
    (void)!user->say(user->context, &o, message); /* who lacks it asks; there may be no other */
}

/* Draft, keep, order: one turn, one commit. */
static int say_bytes(struct directs *d, const struct directs_words *words, struct span content,
                     struct buf *body, uint8_t id[32])
{
    struct history *h = d->config.history;
    struct direct drafted;
    struct direct m;
    const struct history_direct_said said = {
        .direct = &m, .member = self_of(d), .other = words->other};
    struct wr w;
    int rc = history_direct_draft(h, words->other, &drafted);

    drafted.content = content;
    drafted.expiry = words->expiry;
    const size_t size = content.len + (DIRECT_SIZE_MAX - DIRECT_CONTENT_MAX);
    rc = rc < 0 ? rc : buf_reserve(body, size);
    if (rc < 0) {
        return rc;
    }
    wr_init(&w, span_mut_of(body->ptr, size));
    direct_write(&w, &drafted);
    body->len = w.len;
    rc = wr_finish(&w);
    rc = rc < 0 ? rc : direct_read(&m, buf_span(body));
    rc =
        rc < 0 ? rc : history_direct_take(h, d->config.user.lasting(d->config.user.context), &said);
    if (rc == 0) {
        const struct history_room *chat = history_room(h, m.chat);

        direct_id(id, m.chat, m.body);
        rc = directs_state_begin(chat, chat->last);
        order(d, words, id, buf_span(body));
    }
    /* Of this device more is here than counts yet: that is gone on with. */
    return rc == WAVU_ERR_CRYPTO ? WAVU_ERR_AGAIN : rc;
}

int directs_say(struct directs *d, const struct directs_words *words, uint8_t id[32])
{
    struct buf body;
    struct wr w;
    int rc = check_words(d, words);

    if (rc < 0) {
        return rc;
    }
    uint8_t *space = mem_new_raw(CONTENT_SIZE_MAX);

    buf_init(&body, DIRECT_SIZE_MAX);
    wr_init(&w, span_mut_of(space, CONTENT_SIZE_MAX));
    content_write(&w, words->content);
    rc = wr_finish(&w) < 0 ? WAVU_ERR_LIMIT : directs_core_has_room(d, w.len);
    rc = rc < 0 ? rc : say_bytes(d, words, wr_span(&w), &body, id);
    buf_wipe(&body);
    mem_free(space);
    d->config.user.news(d->config.user.context);
    return rc;
}

/* ---- Taking ---- */

/* With whom the chat is: of what the owner's own devices bring, any. */
static bool other_of(const struct directs *d, const uint8_t member[32], const uint8_t chat[32],
                     uint8_t other[32])
{
    const struct directs_user *user = &d->config.user;
    const uint8_t *network = d->config.history->config.network;
    const struct history_room *room = history_room(d->config.history, chat);
    uint8_t id[32];

    if (!directs_core_is(member, self_of(d))) {
        direct_chat_id(id, network, self_of(d), member);
        memcpy(other, member, 32);
        return directs_core_is(id, chat);
    }
    if (room != NULL) {
        memcpy(other, room->other, 32);
        return room->kind == HISTORY_DIRECT;
    }
    for (size_t at = 0; user->member(user->context, at, other); at++) {
        direct_chat_id(id, network, self_of(d), other);
        if (directs_core_is(id, chat) && !directs_core_is(other, self_of(d))) {
            return true;
        }
    }
    return false;
}

/* A device brings what its own person said; those of this node's owner what both said. */
static bool may_bring(const struct directs *d, const struct courier_content *content,
                      const uint8_t writer[32], const uint8_t other[32])
{
    const bool is_of_chat = directs_core_is(writer, other) || directs_core_is(writer, self_of(d));

    return is_of_chat && (directs_core_is(content->member, writer) ||
                          directs_core_is(content->member, self_of(d)));
}

/* 0: it is here, now or from before. Everything else is no receipt: its author, who says it again,
 * never believes that it was delivered. */
static int take_message(struct directs *d, const struct courier_content *content,
                        const uint8_t other[32], const struct direct *m)
{
    struct history *h = d->config.history;
    uint8_t writer[32];
    const struct history_direct_said said = {.direct = m, .member = writer, .other = other};

    if (!directs_core_whose(d, m->device, writer)) {
        return WAVU_ERR_NOT_FOUND; /* the log may be behind */
    }
    if (!may_bring(d, content, writer, other)) {
        return WAVU_ERR_DENIED;
    }
    int rc = history_has_room(h, m->content.len);

    rc =
        rc < 0 ? rc : history_direct_take(h, d->config.user.lasting(d->config.user.context), &said);
    if (rc == 0) {
        directs_gap_took(d, m);
    }
    d->config.user.news(d->config.user.context);
    return rc == WAVU_ERR_EXISTS ? 0 : rc;
}

static int take(void *context, const struct courier_content *content)
{
    struct directs *d = context;
    struct direct m;
    uint8_t other[32];

    int rc = direct_read(&m, content->body);

    if (rc < 0) {
        return rc; /* garbage, or of a newer wavu: this one may be newer when it comes again */
    }
    if (!other_of(d, content->member, m.chat, other)) {
        return WAVU_ERR_NOT_FOUND; /* of who is a member for one's other device, and not here yet */
    }
    if (m.kind == DIRECT_WANT) {
        directs_gap_want(d, content, &m);
        return 0;
    }
    return take_message(d, content, other, &m);
}

struct courier_handler directs_handler(struct directs *d)
{
    return (struct courier_handler){.take = take, .context = d};
}

/* ---- Fates ---- */

void directs_fate(struct directs *d, const struct courier_fate *fate)
{
    const struct history_room *chat = directs_chat(d, fate->member);
    struct directs_state state = {.state = fate->state};
    struct directs_known known = {.other = fate->member, .state = fate->state};
    uint8_t id[32];
    uint64_t number = 0;
    bool is_new = false;

    if (chat == NULL || chat->kind != HISTORY_DIRECT ||
        directs_state_find(chat, fate->message, &number, id) < 0) {
        return; /* of another kind, or a copy for an own device */
    }
    if (fate->state == OUTBOX_STORED) {
        memcpy(state.peer, fate->peer, sizeof state.peer);
    }
    if (directs_state_move(chat, number, &state, &is_new) == 0 && is_new) {
        known.id = id;
        known.peer = state.peer;
        d->config.user.news(d->config.user.context); /* first that it was said */
        d->config.user.state(d->config.user.context, &known);
    }
}

/* ---- Reading ---- */

/* Let the authors of what was not read before hear of it: of the last ones. */
static int tell_authors(struct directs *d, const struct history_room *chat, uint64_t number)
{
    const uint64_t first =
        number - chat->read > DIRECTS_READS_MAX ? number - DIRECTS_READS_MAX : chat->read;
    struct history_row row;
    struct buf bytes;
    int rc = 0;

    buf_init(&bytes, STORE_VALUE_MAX);
    for (uint64_t i = first + 1; rc == 0 && i <= number; i++) {
        rc = history_row_get_entry(d->config.store, chat->number, i, &row, &bytes);
        if (rc == 0 && history_about_is_shown(row.kind)) {
            const struct history_device *author = history_device_at(chat->history, row.device);

            if (author != NULL && directs_core_is(author->member, chat->other)) {
                directs_gap_read(d, author->key, row.id);
            }
        }
    }
    buf_clear(&bytes);
    return rc;
}

int directs_read(struct directs *d, struct history_room *chat, uint64_t number)
{
    const uint64_t last = number < chat->last ? number : chat->last;
    int rc = d->is_read_told && last > chat->read ? tell_authors(d, chat, last) : 0;

    return rc < 0 ? rc : history_view_read(chat, last);
}

bool directs_tells_read(const struct directs *d)
{
    return d->is_read_told;
}

int directs_tell_read(struct directs *d, bool is_told)
{
    int rc = directs_state_set_wish(d->config.history, is_told);

    d->is_read_told = rc == 0 ? is_told : d->is_read_told;
    return rc;
}

/* ---- Life ---- */

int directs_new(const struct directs_config *config, struct directs **out)
{
    struct directs *d = mem_new(sizeof *d);

    d->config = *config;
    d->turn = &config->port->turn;
    int rc = directs_state_wish(config->history, &d->is_read_told);

    if (rc < 0) {
        mem_free(d);
        return rc;
    }
    directs_gap_init(d);
    *out = d;
    return 0;
}

void directs_free(struct directs *d)
{
    if (d == NULL) {
        return;
    }
    directs_gap_clear(d);
    mem_free(d);
}

void directs_check(const struct directs *d)
{
    CHECK(list_count(&d->gaps) == d->gap_count && d->gap_count <= DIRECTS_GAPS_MAX);
    CHECK(list_count(&d->wants) == d->want_count && d->want_count <= DIRECTS_WANTS_MAX);
    CHECK(d->reads.count <= DIRECTS_READS_MAX);
}
