/*
 * Messages as people see them. Source: docs/protocol/room.md, "Content".
 */
#include "node/wavu_message.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "chat/history_about.h"
#include "chat/history_has.h"
#include "node/wavu_contacts.h"
#include "node/wavu_modules.h"
#include "node/wavu_node.h"
#include "node/wavu_nicks.h"
#include "node/wavu_people.h"
#include "wavu/history.h"

#define RECEIPTS_MAX 1024 /* members who are counted */
#define FOUND_MAX 64      /* numbers that are looked up in one go */

_Static_assert(WAVU_EMOJI_MAX == CONTENT_EMOJI_MAX + 1, "an emoji and a NUL");

static const char *word_of(enum content_kind kind)
{
    switch (kind) {
    case CONTENT_TEXT:
        return "text";
    case CONTENT_ME:
        return "me";
    case CONTENT_FILE:
        return "file";
    case CONTENT_ROOM:
    case CONTENT_ROOM_SET:
        return "room";
    case CONTENT_JOINED:
        return "joined";
    case CONTENT_SOS:
        return "sos";
    case CONTENT_SOS_OVER:
        return "sos over";
    case CONTENT_EDIT:
    case CONTENT_DELETE:
    case CONTENT_REACTION:
    case CONTENT_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

int wavu_message_may(struct wavu_node *node, enum wavu_module_where where, const struct content *c)
{
    struct wavu_module_message message = {.where = where,
                                          .kind =
                                              c->kind == CONTENT_EDIT ? "edit" : word_of(c->kind),
                                          .text = (const char *)c->text.ptr,
                                          .text_len = c->text.len};

    return c->text.len == 0 ? 0 : wavu_modules_say(node->modules, &message);
}

static uint32_t receipts_of(const struct history_room *room, const uint8_t id[32])
{
    struct history_receipt *receipts = mem_new_raw(RECEIPTS_MAX * sizeof *receipts);
    size_t count = 0;

    if (history_has_of(room, id, receipts, RECEIPTS_MAX, &count) < 0) {
        count = 0;
    }
    mem_free(receipts);
    return (uint32_t)count;
}

const char *wavu_message_state(enum outbox_state state)
{
    switch (state) {
    case OUTBOX_REFUSED:
        return "refused";
    case OUTBOX_EXPIRED:
        return "expired";
    case OUTBOX_QUEUED:
        return "queued";
    case OUTBOX_SENT:
        return "sent";
    case OUTBOX_STORED:
        return "stored";
    case OUTBOX_DELIVERED:
        return "delivered";
    case OUTBOX_READ:
        return "read";
    }
    return "";
}

void wavu_message_holder(const struct wavu_networks_one *o, const uint8_t device[32],
                         char holder[WAVU_KEY_TEXT_MAX])
{
    uint8_t member[32];

    holder[0] = '\0';
    if (network_member_of(networks_network(o->one), device, member)) {
        wavu_networks_hex(holder, member);
    }
}

/* What became of an own message: in direct chats of this device's, by its state; in rooms by those
 * who have it. */
static void fate_of(const struct wavu_networks_one *o, const struct history_room *room,
                    const struct history_message *m, struct wavu_message *out)
{
    struct directs_state state;

    if (room->kind != HISTORY_DIRECT) {
        out->receipts = receipts_of(room, m->at.id);
    } else if (directs_state_get(room, m->number, &state) == 0) {
        out->state = wavu_message_state(state.state);
        out->receipts = state.state >= OUTBOX_DELIVERED ? 1 : 0;
        if (state.state == OUTBOX_STORED) {
            wavu_message_holder(o, state.peer, out->holder);
        }
    }
}

/* Whose it is, and what to call that member. `nick` and `shown` are borrowed by `out`. */
static void author_of(const struct wavu_networks_one *o, const struct history_device *device,
                      char nick[WAVU_NAME_MAX], char shown[WAVU_SHOWN_MAX],
                      struct wavu_message *out)
{
    uint8_t member[32];

    /* Whose it is now: somebody left, and came back as another member. */
    if (!network_member_of(networks_network(o->one), device->key, member)) {
        memcpy(member, device->member, sizeof member);
    }
    wavu_nicks_of(o, device->key, nick);
    wavu_networks_hex(out->author, member);
    (void)snprintf(shown, WAVU_SHOWN_MAX, "%s", wavu_people_shown(o, member));
    if (shown[0] == '\0') {
        (void)snprintf(shown, WAVU_SHOWN_MAX, "%.*s", WAVU_PEOPLE_PART_MIN, out->author);
    }
    out->nick = nick;
    out->shown = shown;
    out->is_blocked = wavu_contacts_is_blocked(o, member);
}

size_t wavu_message_reactions(const struct fold *f, const uint8_t member[32],
                              struct wavu_reaction out[FOLD_EMOJI_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < f->emoji_count; i++) {
        const struct fold_emoji *emoji = &f->emoji[i];

        if (emoji->count > 0) {
            struct wavu_reaction *one = &out[count++];

            *one = (struct wavu_reaction){
                .count = (uint32_t)emoji->count,
                .is_own = fold_has_reacted(f, member, span_of(emoji->bytes, emoji->len))};
            memcpy(one->emoji, emoji->bytes, emoji->len);
        }
    }
    return count;
}

/* Whom `said` mentions, each once, into `ids`, which `out` borrows; `member` is this node's. */
static void mentions_of(const struct content *said, const uint8_t member[32],
                        char ids[CONTENT_MENTIONS_MAX][WAVU_KEY_TEXT_MAX], struct wavu_message *out)
{
    out->mentions = (const char(*)[WAVU_KEY_TEXT_MAX])ids;
    for (size_t i = 0; i < said->mention_count; i++) {
        bool is_new = true;

        for (size_t k = 0; k < i && is_new; k++) {
            is_new = memcmp(said->mentions[i], said->mentions[k], CONTENT_ID_SIZE) != 0;
        }
        if (is_new) {
            wavu_networks_hex(ids[out->mention_count++], said->mentions[i]);
        }
        out->is_mentioned =
            out->is_mentioned || memcmp(said->mentions[i], member, CONTENT_ID_SIZE) == 0;
    }
}

/* What filters say of what somebody else said; calls for help are everybody's to see. */
static void filter(const struct wavu_networks_one *o, const struct history_room *room,
                   struct wavu_message *out)
{
    struct wavu_node *node = o->owner->node;
    char author[WAVU_MODULE_ID_MAX];

    out->filter = "";
    if (node->modules == NULL || out->is_own || out->is_gone || strncmp(out->kind, "sos", 3) == 0) {
        return;
    }
    struct wavu_module_message message = {.where = room->kind == HISTORY_DIRECT ? WAVU_MODULE_DIRECT
                                                                                : WAVU_MODULE_ROOM,
                                          .kind = out->kind,
                                          .text = out->text,
                                          .text_len = out->text_len,
                                          .author = author,
                                          .is_mention = out->is_mentioned};

    log_id(&node->log, span_from_text(out->author), author);
    const struct wavu_modules_seen seen = wavu_modules_look(node->modules, &message);

    out->filter = seen.filter;
    out->is_filtered = seen.is_hidden;
}

void wavu_message_show(const struct wavu_networks_one *o, const struct history_room *room,
                       const struct history_message *m, const struct wavu_message_reader *reader)
{
    const struct history *h = room->history;
    const struct history_device *device = history_device_at(h, m->device);
    const char *text = (const char *)m->fold.content.text.ptr;
    struct wavu_message out = {.text = text == NULL ? "" : text};
    const struct content *said = &m->fold.content;
    struct wavu_reaction reactions[FOLD_EMOJI_MAX];
    char mentions[CONTENT_MENTIONS_MAX][WAVU_KEY_TEXT_MAX];
    char nick[WAVU_NAME_MAX];
    char shown[WAVU_SHOWN_MAX];

    author_of(o, device, nick, shown, &out);
    out.reactions = reactions;
    out.reaction_count = wavu_message_reactions(&m->fold, h->config.member, reactions);
    mentions_of(said, h->config.member, mentions, &out);
    wavu_networks_hex(out.id, m->at.id);
    out.text_len = said->text.len;
    if (said->has_room && said->text.len == 0 && said->room.name.len > 0) {
        out.text = (const char *)said->room.name.ptr; /* a room: what it is called from then on */
        out.text_len = said->room.name.len;
    }
    out.kind = word_of(said->kind);
    out.number = m->number;
    out.unix_ms = said->unix_ms;
    out.is_own = history_is_own(h, device);
    out.state = "";
    if (out.is_own) {
        fate_of(o, room, m, &out);
    }
    if (said->reply != NULL) {
        wavu_networks_hex(out.about, said->reply);
    }
    out.is_edited = m->edit.len > 0;
    out.is_gone = m->is_gone;
    out.is_late = m->is_late;
    out.is_hidden = m->is_hidden;
    filter(o, room, &out);
    reader->each(reader->context, &out);
}

int wavu_message_show_id(const struct wavu_networks_one *o, const struct history_room *room,
                         const uint8_t id[32], const struct wavu_message_reader *reader)
{
    struct history_message m;
    int rc = history_view_get(room, id, &m);

    if (rc == 0) {
        wavu_message_show(o, room, &m, reader);
        history_view_clear(&m);
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int wavu_message_at(const struct wavu_networks_one *o, const struct history_room *room,
                    const uint8_t id[32], const struct wavu_message_reader *reader)
{
    struct history_message m;
    int rc = history_view_get(room, id, &m);

    if (rc < 0) {
        return rc;
    }
    if (history_about_is_shown(m.kind)) {
        wavu_message_show(o, room, &m, reader);
    } else {
        rc = WAVU_ERR_NOT_FOUND;
    }
    history_view_clear(&m);
    return rc;
}

static int show_number(const struct wavu_networks_one *o, const struct history_room *room,
                       uint64_t number, const struct wavu_message_reader *reader)
{
    struct history_message m;
    int rc = history_view_at(room, number, &m);

    if (rc == 0) {
        wavu_message_show(o, room, &m, reader);
        history_view_clear(&m);
    }
    return rc;
}

/* The items of the next `max` from page->at on. */
static int collect(const struct history_room *room, struct history_page *page, size_t max)
{
    struct history_item *items = page->items;
    size_t count = 0;
    int rc = 0;

    do {
        page->items = items + count;
        page->max = max - count;
        rc = history_view_page(room, page);
        count += rc == 0 ? page->count : 0;
    } while (rc == 0 && !page->is_end && count < max);
    page->items = items;
    page->count = count;
    return rc;
}

/* The next `max` from the message `from` on, in one direction (NULL: from the end), oldest first.
 */
static int show_from(const struct wavu_networks_one *o, const struct history_room *room,
                     const uint8_t *from, struct history_page *page,
                     const struct wavu_message_reader *reader)
{
    struct history_place place;
    const size_t max = page->max;
    int rc = from == NULL ? 0 : history_find(room, from, &place);

    if (rc < 0 || max == 0) {
        return rc;
    }
    page->at = (struct history_at){.height = page->is_forward ? 0 : UINT64_MAX};
    if (from != NULL) {
        page->at.height = place.height;
        memcpy(page->at.id, from, sizeof page->at.id);
    }
    page->items = mem_new_raw(max * sizeof page->items[0]);
    rc = collect(room, page, max);
    for (size_t i = 0; rc == 0 && i < page->count; i++) {
        const size_t at = page->is_forward ? i : page->count - 1 - i;

        rc = show_number(o, room, page->items[at].number, reader);
    }
    mem_free(page->items);
    return rc;
}

int wavu_message_before(const struct wavu_networks_one *o, const struct history_room *room,
                        const uint8_t *before, size_t max, const struct wavu_message_reader *reader)
{
    struct history_page page = {.max = max};

    return show_from(o, room, before, &page, reader);
}

int wavu_message_after(const struct wavu_networks_one *o, const struct history_room *room,
                       const uint8_t *after, size_t max, const struct wavu_message_reader *reader)
{
    struct history_page page = {.max = max, .is_forward = true};

    return show_from(o, room, after, &page, reader);
}

int wavu_message_last(const struct wavu_networks_one *o, const struct history_room *room,
                      size_t max, const struct wavu_message_reader *reader)
{
    return wavu_message_before(o, room, NULL, max, reader);
}

/* Show what came under `number`, if it is a message; `shown` counts. */
static int show_new(const struct wavu_networks_one *o, const struct history_room *room,
                    uint64_t number, const struct wavu_message_reader *reader, size_t *shown)
{
    struct history_message m;
    int rc = history_view_at(room, number, &m);

    if (rc < 0) {
        return rc;
    }
    if (history_about_is_shown(m.kind) && !m.is_hidden) {
        wavu_message_show(o, room, &m, reader);
        (*shown)++;
    }
    history_view_clear(&m);
    return 0;
}

int wavu_message_since(const struct wavu_networks_one *o, const struct history_room *room,
                       uint64_t *number, size_t max, const struct wavu_message_reader *reader)
{
    const uint64_t last = room->last;
    size_t shown = 0;
    int rc = 0;

    *number = *number < last ? *number : last;
    for (size_t seen = 0; rc == 0 && seen < WAVU_HISTORY_SCAN && shown < max; seen++) {
        if (*number == last) {
            break;
        }
        rc = show_new(o, room, *number + 1, reader, &shown);
        *number += rc == 0 ? 1 : 0;
    }
    return rc;
}

int wavu_message_find(const struct wavu_networks_one *o, const struct history_room *room,
                      const char *words, const uint8_t *before, size_t max,
                      const struct wavu_message_reader *reader)
{
    uint64_t numbers[FOUND_MAX];
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers};
    struct history_place place;
    size_t shown = 0;
    int rc = before == NULL ? 0 : history_find(room, before, &place);

    if (rc == 0 && before != NULL) {
        page.before = place.number;
    }
    while (rc == 0 && shown < max && page.before > 0) {
        page.max = max - shown < FOUND_MAX ? max - shown : FOUND_MAX;
        rc = history_view_find(room, span_from_text(words), &page);
        for (size_t i = 0; rc == 0 && i < page.count; i++) {
            rc = show_number(o, room, numbers[i], reader);
        }
        shown += page.count;
    }
    return rc;
}
