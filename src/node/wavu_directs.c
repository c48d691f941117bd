/*
 * Direct chats on a node: what they ask for, and what they tell.
 */
#include "node/wavu_directs.h"

#include <string.h>

#include "base/mem.h"
#include "chat/rooms.h"
#include "node/wavu_contacts.h"
#include "node/wavu_message.h"
#include "node/wavu_node.h"
#include "node/wavu_rooms.h"
#include "wavu/direct.h"

struct wavu_directs {
    struct wavu_directs_with with;
    struct directs *directs;
};

static const struct network *network_of(const struct wavu_directs *w)
{
    return networks_network(w->with.o->one);
}

/* ---- What is asked ---- */

static int say(void *context, const struct courier_order *order, uint8_t message[ENVELOPE_ID_SIZE])
{
    const struct wavu_directs *w = context;

    return w->with.courier == NULL ? WAVU_ERR_DENIED : courier_say(w->with.courier, order, message);
}

static int tell_read(void *context, const uint8_t device[32],
                     const uint8_t message[ENVELOPE_ID_SIZE])
{
    const struct wavu_directs *w = context;

    return w->with.courier == NULL ? 0 : courier_read(w->with.courier, device, message);
}

static void look(void *context, struct courier_status *status)
{
    const struct wavu_directs *w = context;

    *status = (struct courier_status){.open = 0};
    if (w->with.courier != NULL) {
        courier_look(w->with.courier, status);
    }
}

/* A device that does not belong any more is still its member's, if only one ever named it. */
static bool whose(void *context, const uint8_t device[32], uint8_t member[32])
{
    const struct network *n = network_of(context);
    size_t count = 0;

    if (network_member_of(n, device, member)) {
        return true;
    }
    for (uint32_t seat = 0; seat < n->state.seat_count; seat++) {
        if (span_is_equal(span_of(members_seat_key(&n->log, seat), 32), span_of(device, 32))) {
            const uint32_t place = n->log.seats[seat]->member;

            memcpy(member, n->log.ops[n->log.members[place].op]->id, 32);
            count++;
        }
    }
    return count == 1;
}

static bool device_at(void *context, const uint8_t member[32], size_t at, uint8_t device[32])
{
    const struct wavu_directs *w = context;

    return w->with.device(w->with.context, member, at, device);
}

static bool member_at(void *context, size_t at, uint8_t member[32])
{
    const struct members *log = &network_of(context)->log;

    if (at >= log->member_count) {
        return false;
    }
    memcpy(member, log->ops[log->members[at].op]->id, 32);
    return true;
}

static void drain(void *context)
{
    const struct wavu_directs *w = context;

    rooms_drain(w->with.rooms);
}

static uint64_t lasting(void *context)
{
    const struct wavu_directs *w = context;

    return wavu_networks_lasting(w->with.o->owner);
}

/* ---- What is told ---- */

static void tell(const struct wavu_directs *w, const struct wavu_direct_event *event)
{
    const struct wavu_networks *n = w->with.o->owner;

    if (n->direct_up != NULL) {
        n->direct_up(n->direct_context, event);
    }
}

static void on_state(void *context, const struct directs_known *known)
{
    const struct wavu_directs *w = context;
    char network[WAVU_KEY_TEXT_MAX];
    char member[WAVU_KEY_TEXT_MAX];
    char id[WAVU_KEY_TEXT_MAX];
    char holder[WAVU_KEY_TEXT_MAX] = "";
    const struct wavu_direct_event event = {.kind = WAVU_DIRECT_STATE,
                                            .network = network,
                                            .member = member,
                                            .id = id,
                                            .state = wavu_message_state(known->state),
                                            .holder = holder};

    wavu_networks_hex(network, members_network(&network_of(w)->log));
    wavu_networks_hex(member, known->other);
    wavu_networks_hex(id, known->id);
    if (known->state == OUTBOX_STORED) {
        wavu_message_holder(w->with.o, known->peer, holder);
    }
    tell(w, &event);
}

struct telling {
    const struct wavu_directs *w;
    struct wavu_direct_event *event;
    bool is_blocked; /* the other */
};

static void tell_message(void *context, const struct wavu_message *message)
{
    const struct telling *t = context;

    if (t->is_blocked && !message->is_own) {
        return;
    }
    t->event->message = message;
    t->event->id = message->id;
    tell(t->w, t->event);
}

bool wavu_directs_news(struct wavu_directs *w, const struct history_event *event)
{
    const struct history *h = rooms_history(w->with.rooms);
    const struct history_room *chat = history_room(h, event->room);
    char network[WAVU_KEY_TEXT_MAX];
    char member[WAVU_KEY_TEXT_MAX];
    struct wavu_direct_event out = {
        .network = network, .member = member, .state = "", .holder = ""};
    struct telling telling = {.w = w, .event = &out};
    const struct wavu_message_reader reader = {.each = tell_message, .context = &telling};

    if (chat == NULL || chat->kind != HISTORY_DIRECT) {
        return false;
    }
    out.kind = event->kind == HISTORY_PLACED ? WAVU_DIRECT_MESSAGE : WAVU_DIRECT_CHANGED;
    if ((event->kind == HISTORY_PLACED && event->is_shown) || event->kind == HISTORY_CHANGED ||
        event->kind == HISTORY_HIDDEN) {
        wavu_networks_hex(network, h->config.network);
        wavu_networks_hex(member, chat->other);
        telling.is_blocked = wavu_contacts_is_blocked(w->with.o, chat->other);
        (void)!wavu_message_show_id(w->with.o, chat, event->id, &reader);
    }
    return true;
}

void wavu_directs_fate(struct wavu_directs *w, const struct courier_fate *fate)
{
    if (w != NULL) {
        directs_fate(w->directs, fate);
    }
}

/* ---- Life ---- */

int wavu_directs_new(const struct wavu_directs_with *with, struct wavu_directs **out)
{
    struct wavu_node *node = with->o->owner->node;
    struct wavu_directs *w = mem_new(sizeof *w);
    const struct directs_config config = {.port = node->port,
                                          .store = node->store.store,
                                          .history = rooms_history(with->rooms),
                                          .user = {.say = say,
                                                   .read = tell_read,
                                                   .look = look,
                                                   .whose = whose,
                                                   .device = device_at,
                                                   .member = member_at,
                                                   .news = drain,
                                                   .state = on_state,
                                                   .lasting = lasting,
                                                   .context = w}};

    w->with = *with;
    int rc = directs_new(&config, &w->directs);

    if (rc == 0 && with->courier != NULL) {
        const struct courier_handler handler = directs_handler(w->directs);

        rc = courier_handle(with->courier, COURIER_CHAT, &handler);
    }
    if (rc < 0) {
        wavu_directs_free(w);
        return rc;
    }
    *out = w;
    return 0;
}

void wavu_directs_free(struct wavu_directs *w)
{
    if (w == NULL) {
        return;
    }
    directs_free(w->directs);
    mem_free(w);
}

struct directs *wavu_directs_inside(struct wavu_directs *w)
{
    return w->directs;
}

size_t wavu_directs_chats(const struct wavu_networks_one *o, const uint8_t other[32],
                          struct history_room *out[WAVU_DIRECTS_CHATS_MAX])
{
    const struct history *h = rooms_history(wavu_rooms_inside(o->rooms));
    struct history_room *room = NULL;
    size_t count = 0;

    for (size_t at = 0; (room = history_next_room(h, &at)) != NULL;) {
        if (room->kind != HISTORY_DIRECT ||
            !span_is_equal(span_of(room->other, 32), span_of(other, 32))) {
            continue;
        }
        size_t place = count;

        while (place > 0 && out[place - 1]->number < room->number) {
            place--;
        }
        if (place == WAVU_DIRECTS_CHATS_MAX) {
            continue;
        }
        count += count < WAVU_DIRECTS_CHATS_MAX ? 1 : 0;
        memmove(&out[place + 1], &out[place], (count - place - 1) * sizeof out[0]);
        out[place] = room;
    }
    return count;
}
