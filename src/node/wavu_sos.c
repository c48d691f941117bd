/*
 * Public: calls for help.
 */
#include "node/wavu_sos.h"

#include <string.h>

#include "base/mem.h"
#include "chat/history_view.h"
#include "chat/sos.h"
#include "node/wavu_contacts.h"
#include "node/wavu_node.h"
#include "node/wavu_people.h"
#include "node/wavu_rooms.h"

_Static_assert(WAVU_SOS_TEXT_MAX == SOS_TEXT_MAX, "as the machine has it");
_Static_assert(WAVU_SOS_ID_MAX == 2 * SOS_MSG_ID_SIZE + 1, "digits and a NUL");

#define PART_MIN 8 /* digits of an id that may stand for it */

struct wavu_sos {
    struct wavu_networks *networks;
    struct sos sos;
    struct timer timer;
    void (*up)(void *context, const struct wavu_sos_event *event);
    void *context;
};

static uint64_t lasting_of(const struct wavu_sos *s)
{
    return wavu_networks_lasting(s->networks);
}

/* Wake up when the next is due. */
static void plan(struct wavu_sos *s)
{
    struct turn *turn = &s->networks->node->port->turn;
    uint64_t due = sos_deadline(&s->sos);
    uint64_t now = lasting_of(s);

    if (due == TIMERS_NEVER) {
        timers_cancel(&turn->timers, &s->timer);
    } else {
        timers_set(&turn->timers, &s->timer, turn->now_ns + (due > now ? due - now : 0),
                   SOS_SLACK_NS);
    }
}

static void on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_sos *s = LIST_OF(timer, struct wavu_sos, timer);

    (void)now;
    sos_tick(&s->sos, lasting_of(s));
    plan(s);
}

static struct wavu_networks_one *of_number(const struct wavu_sos *s, uint32_t number)
{
    const struct list *ones = &s->networks->ones;

    for (struct list *l = list_next(ones, ones); l != NULL; l = list_next(ones, l)) {
        struct wavu_networks_one *o = LIST_OF(l, struct wavu_networks_one, link);

        if (networks_number(o->one) == number) {
            return o;
        }
    }
    return NULL;
}

/* ---- What the machine asks ---- */

static int on_say(void *context, uint32_t network, const uint8_t member[32], struct span body,
                  const uint8_t message[16])
{
    const struct wavu_sos *s = context;
    const struct wavu_networks_one *o = of_number(s, network);
    struct sos_msg m;
    uint8_t said[ENVELOPE_ID_SIZE];
    struct courier_order order = {.member = member,
                                  .kind = COURIER_SOS,
                                  .class_number = ENVELOPE_SOS,
                                  .lifetime_s = WAVU_SOS_LIFETIME_S,
                                  .body = body,
                                  .message = message};

    if (o == NULL || o->rooms == NULL) {
        return o == NULL ? WAVU_ERR_NOT_FOUND : WAVU_ERR_AGAIN;
    }
    if (sos_msg_read(&m, body) == 0 && m.kind != SOS_MSG_CALL) {
        order.lifetime_s = WAVU_SOS_ANSWER_S;
    }
    return courier_say(wavu_rooms_courier(o->rooms), &order, said);
}

static int on_post(void *context, uint32_t network, const struct content *content,
                   uint8_t entry[32])
{
    const struct wavu_sos *s = context;
    const struct wavu_networks_one *o = of_number(s, network);
    struct content dated = *content;
    uint8_t room[32];

    if (o == NULL || o->rooms == NULL) {
        return WAVU_ERR_AGAIN;
    }
    if (dated.unix_ms == 0) { /* an end is dated when it is said */
        dated.unix_ms = o->owner->node->port->wall_ms(o->owner->node->port);
    }
    rooms_main(wavu_rooms_inside(o->rooms), room);
    return rooms_say(wavu_rooms_inside(o->rooms), room, &dated, 0, entry);
}

static bool on_is_blocked(void *context, uint32_t network, const uint8_t member[32])
{
    const struct wavu_sos *s = context;
    const struct wavu_networks_one *o = of_number(s, network);

    return o != NULL && wavu_contacts_is_blocked(o, member);
}

/* ---- Describing ---- */

static void write_id(char out[WAVU_SOS_ID_MAX], const uint8_t id[SOS_MSG_ID_SIZE])
{
    struct wr w;

    wr_init(&w, span_mut_of(out, WAVU_SOS_ID_MAX));
    wr_hex(&w, span_of(id, SOS_MSG_ID_SIZE));
    wr_u8(&w, 0);
}

/* Its network's id, its own, and what to call it. */
struct who {
    char *network;
    char *member;
    char *shown;
};

static void describe_who(const struct wavu_sos *s, uint32_t number, const uint8_t member[32],
                         const struct who *out)
{
    const struct wavu_networks_one *o = of_number(s, number);
    struct wavu_people people;

    wavu_networks_hex(out->member, member);
    memcpy(out->shown, out->member, WAVU_PEOPLE_PART_MIN);
    if (o == NULL) {
        return; /* we are out of it */
    }
    wavu_networks_hex(out->network, members_network(&networks_network(o->one)->log));
    wavu_people_init(&people, o);
    for (size_t i = 0; i < people.count; i++) {
        if (strcmp(people.members[i].id, out->member) == 0) {
            memcpy(out->shown, people.members[i].shown, WAVU_SHOWN_MAX);
        }
    }
    wavu_people_clear(&people);
}

static void describe_content(struct wavu_sos_one *out, const uint8_t *bytes, size_t len)
{
    struct content content;

    out->text = "";
    if (content_read(&content, span_of(bytes, len)) < 0) {
        return;
    }
    if (content.text.len > 0) {
        out->text = (const char *)content.text.ptr;
        out->text_len = content.text.len;
    }
    out->has_position = content.has_position;
    if (content.has_position) {
        const struct content_position *at = &content.position;

        out->position = (struct wavu_position){.latitude_e7 = at->latitude,
                                               .longitude_e7 = at->longitude,
                                               .accuracy_m = at->accuracy,
                                               .has_altitude = at->has_altitude,
                                               .altitude_m = at->altitude};
    }
}

static void describe_in(const struct wavu_sos *s, const struct sos_in *in, struct wavu_sos_one *out)
{
    const struct who who = {.network = out->network, .member = out->from, .shown = out->shown};

    *out = (struct wavu_sos_one){.unix_ms = in->unix_ms,
                                 .number = in->number,
                                 .is_seen = in->is_seen,
                                 .is_over = in->is_over};
    write_id(out->id, in->id);
    describe_who(s, in->network, in->member, &who);
    describe_content(out, in->content, in->content_len);
}

/* Did anything of it leave? A first time that not everybody's courier has taken yet does not count
 * in sos_own.number: it goes on, unless it is cancelled. */
static bool is_said(const struct sos_own *own)
{
    bool is_said = own->number > 0;

    for (size_t i = 0; i < own->room_count; i++) {
        is_said = is_said || own->rooms[i].is_said;
    }
    for (size_t i = 0; i < own->target_count; i++) {
        enum sos_reach reach = own->targets[i].reach;

        is_said = is_said || reach == SOS_SAID || reach == SOS_DELIVERED || reach == SOS_SEEN;
    }
    return is_said;
}

static void describe_own(const struct sos_own *own, struct wavu_sos_one *out)
{
    *out = (struct wavu_sos_one){.unix_ms = own->unix_ms,
                                 .number = own->number == 0 && is_said(own) ? 1 : own->number,
                                 .called = (uint32_t)own->target_count,
                                 .is_own = true,
                                 .is_over = own->is_over};
    write_id(out->id, own->id);
    for (size_t i = 0; i < own->target_count; i++) {
        enum sos_reach reach = own->targets[i].reach;

        out->reached += reach == SOS_DELIVERED || reach == SOS_SEEN ? 1 : 0;
        out->seen += reach == SOS_SEEN ? 1 : 0;
    }
    describe_content(out, own->content, own->content_len);
}

static void describe_target(const struct wavu_sos *s, const struct sos_own *own,
                            const struct sos_target *target, struct wavu_sos_target *out)
{
    static const char *const states[] = {[SOS_WAITS] = "waiting",
                                         [SOS_SAID] = "sent",
                                         [SOS_DELIVERED] = "delivered",
                                         [SOS_SEEN] = "acknowledged",
                                         [SOS_GONE] = "no member"};
    const struct who who = {.network = out->network, .member = out->member, .shown = out->shown};

    bool is_missed = own->is_over && target->reach == SOS_WAITS; /* nothing goes there any more */

    *out = (struct wavu_sos_target){.state = is_missed ? "not reached" : states[target->reach]};
    describe_who(s, target->network, target->member, &who);
}

static void on_news(void *context, const struct sos_event *news)
{
    const struct wavu_sos *s = context;
    struct wavu_sos_one one;
    struct wavu_sos_target target;
    struct wavu_sos_event event = {.one = &one};

    if (s->up == NULL) {
        return;
    }
    switch (news->kind) {
    case SOS_CALLED:
    case SOS_ENDED:
        event.kind = news->kind == SOS_CALLED ? WAVU_SOS_CALLED : WAVU_SOS_OVER;
        describe_in(s, news->in, &one);
        break;
    case SOS_REACHED:
        event.kind = WAVU_SOS_REACHED;
        event.target = &target;
        describe_own(news->own, &one);
        describe_target(s, news->own, news->target, &target);
        break;
    }
    s->up(s->context, &event);
}

/* ---- Life ---- */

int wavu_sos_new(struct wavu_networks *w, struct wavu_sos **out)
{
    struct wavu_sos *s = mem_new(sizeof *s);
    const struct sos_ops ops = {.say = on_say,
                                .post = on_post,
                                .is_blocked = on_is_blocked,
                                .event = on_news,
                                .context = s};

    s->networks = w;
    timers_prepare(&s->timer, on_timer);
    int rc = sos_init(&s->sos, w->node->store.store, &w->node->port->random, &ops);
    if (rc < 0) {
        mem_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

void wavu_sos_start(struct wavu_sos *s)
{
    plan(s);
}

void wavu_sos_shut(struct wavu_sos *s)
{
    timers_cancel(&s->networks->node->port->turn.timers, &s->timer);
}

void wavu_sos_free(struct wavu_sos *s)
{
    if (s != NULL) {
        wavu_sos_shut(s);
        sos_clear(&s->sos);
        mem_free(s);
    }
}

int wavu_sos_take(struct wavu_networks_one *o, const struct courier_content *content)
{
    struct wavu_sos *s = o->owner->sos;
    struct port *port = o->owner->node->port;
    const struct sos_from from = {.network = networks_number(o->one),
                                  .member = content->member,
                                  .unix_ms = port->wall_ms(port)};
    int rc = sos_take(&s->sos, lasting_of(s), &from, content->body);

    plan(s);
    return rc;
}

/* The content of what was placed, if it counts and is young enough to call or to end a call. */
static void take_placed(const struct wavu_networks_one *o, const struct history_room *room,
                        const struct history_message *m)
{
    struct wavu_sos *s = o->owner->sos;
    struct port *port = o->owner->node->port;
    const struct history_device *author = history_device_at(room->history, m->device);
    const uint64_t now_s = lasting_of(s) / TIMERS_SECOND;
    const uint64_t age_s = now_s > m->came_s ? now_s - m->came_s : 0;
    const bool is_call = m->kind == CONTENT_SOS;

    if (m->is_gone || m->is_hidden || author == NULL ||
        age_s >= (is_call ? WAVU_SOS_LIFETIME_S : WAVU_SOS_ANSWER_S) ||
        memcmp(author->member, networks_self(o->one), 32) == 0) {
        return;
    }
    const struct sos_from from = {.network = networks_number(o->one),
                                  .member = author->member,
                                  .unix_ms = port->wall_ms(port)};

    /* What the store does not take now comes again by the courier. */
    (void)!sos_entry(&s->sos, lasting_of(s), &from, &m->fold.content);
}

void wavu_sos_placed(struct wavu_networks_one *o, const struct history_event *event)
{
    struct history_message m;
    uint8_t room[32];

    if (event->kind != HISTORY_PLACED || o->rooms == NULL ||
        (event->content != CONTENT_SOS && event->content != CONTENT_SOS_OVER)) {
        return;
    }
    struct rooms *rooms = wavu_rooms_inside(o->rooms);
    const struct history_room *main_room = NULL;

    rooms_main(rooms, room);
    main_room = history_room(rooms_history(rooms), room);
    if (main_room != NULL && memcmp(event->room, room, sizeof room) == 0 &&
        history_view_get(main_room, event->id, &m) == 0) {
        take_placed(o, main_room, &m);
        history_view_clear(&m);
    }
}

void wavu_sos_fate(struct wavu_networks_one *o, const struct courier_fate *fate)
{
    struct wavu_sos *s = o->owner->sos;
    bool is_delivered = fate->state == OUTBOX_DELIVERED || fate->state == OUTBOX_READ;
    bool is_lost = fate->state == OUTBOX_EXPIRED || fate->state == OUTBOX_REFUSED;

    sos_fate(&s->sos, networks_number(o->one), fate->member, fate->message, is_delivered, is_lost);
}

/* ---- Calling ---- */

/* Who is called. */
struct called {
    struct sos_target *targets; /* owned, likewise below */
    uint8_t (*roots)[32];       /* of the targets */
    size_t count;
    size_t room;
    uint32_t networks[NETWORKS_MAX];
    size_t network_count;
};

static bool has(const struct called *c, const uint8_t root[32])
{
    for (size_t i = 0; i < c->count; i++) {
        if (memcmp(c->roots[i], root, 32) == 0) {
            return true;
        }
    }
    return false;
}

static void add(struct called *c, const struct wavu_networks_one *o, uint32_t place,
                const uint8_t root[32])
{
    const struct network *n = networks_network(o->one);

    if (has(c, root)) {
        return; /* in another network, too: once is enough */
    }
    if (c->count == c->room) {
        c->room = c->room == 0 ? 16 : 2 * c->room;
        c->targets = mem_resize(c->targets, c->room * sizeof *c->targets);
        c->roots = mem_resize(c->roots, c->room * sizeof *c->roots);
    }
    c->targets[c->count] = (struct sos_target){.network = networks_number(o->one)};
    memcpy(c->targets[c->count].member, n->log.ops[n->log.members[place].op]->id, 32);
    memcpy(c->roots[c->count++], root, 32);
}

/* Who belongs there, is not this person, and has `root` (NULL: is not blocked). */
static void add_of(struct called *c, const struct wavu_networks_one *o, const uint8_t *root)
{
    const struct network *n = networks_network(o->one);

    for (uint32_t i = 0; i < n->state.member_count; i++) {
        const uint8_t *theirs = members_state_root(&n->state, i);
        const uint8_t *id = n->log.ops[n->log.members[i].op]->id;

        if (theirs == NULL || n->state.members[i].status != MEMBERS_STATE_BELONGS ||
            memcmp(id, networks_self(o->one), 32) == 0) {
            continue;
        }
        if (root != NULL ? memcmp(theirs, root, 32) == 0 : !wavu_contacts_is_blocked(o, id)) {
            add(c, o, i, theirs);
        }
    }
}

/* In each network that is meant. */
static void add_in(struct called *c, const struct wavu_sos *s, const struct wavu_networks_one *only,
                   const uint8_t *root)
{
    const struct list *ones = &s->networks->ones;

    for (struct list *l = list_next(ones, ones); l != NULL; l = list_next(ones, l)) {
        const struct wavu_networks_one *o = LIST_OF(l, struct wavu_networks_one, link);
        size_t before = c->count;

        if (only != NULL && o != only) {
            continue;
        }
        add_of(c, o, root);
        if (root == NULL && c->count > before && c->network_count < NETWORKS_MAX) {
            c->networks[c->network_count++] = networks_number(o->one);
        }
    }
}

static int choose(struct called *c, const struct wavu_sos *s, const struct wavu_sos_wish *wish)
{
    struct wavu_networks_one *only = NULL;
    int rc = 0;

    if (wish->network != NULL) {
        rc = wavu_networks_find(s->networks, wish->network, &only);
    }
    if (rc == 0 && wish->is_all) {
        add_in(c, s, only, NULL);
    }
    for (size_t i = 0; rc == 0 && !wish->is_all && i < wish->to_count; i++) {
        uint8_t root[32];
        size_t before = c->count;

        rc = wavu_networks_id(root, wish->to[i]);
        if (rc == 0 && !has(c, root)) {
            add_in(c, s, only, root);
            rc = c->count == before ? WAVU_ERR_NOT_FOUND : 0;
        }
    }
    return rc;
}

int wavu_sos(struct wavu_node *node, const struct wavu_sos_wish *wish, char id[WAVU_SOS_ID_MAX])
{
    const struct wavu_position *at = wish->position;
    struct content content = {.kind = CONTENT_SOS, .unix_ms = node->port->wall_ms(node->port)};
    const struct sos_own *own = NULL;
    struct called c = {.count = 0};

    if (node->networks == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    struct wavu_sos *s = node->networks->sos;
    if (wish->text != NULL) {
        content.text = span_from_text(wish->text);
    }
    if (at != NULL) {
        content.has_position = true;
        content.position = (struct content_position){.latitude = at->latitude_e7,
                                                     .longitude = at->longitude_e7,
                                                     .accuracy = at->accuracy_m,
                                                     .has_altitude = at->has_altitude,
                                                     .altitude = at->altitude_m};
    }
    int rc = choose(&c, s, wish);
    if (rc == 0) {
        const struct sos_wish whole = {.content = &content,
                                       .targets = c.targets,
                                       .target_count = c.count,
                                       .rooms = c.networks,
                                       .room_count = c.network_count,
                                       .unix_ms = content.unix_ms};

        rc = sos_call(&s->sos, lasting_of(s), &whole, &own);
    }
    if (rc == 0) {
        write_id(id, own->id);
    }
    plan(s);
    mem_free(c.targets);
    mem_free(c.roots);
    return rc;
}

/* ---- By id ---- */

/* Does `text` name it: all its digits, or 8 of the first? */
static bool is_meant(const uint8_t id[SOS_MSG_ID_SIZE], const char *text)
{
    char digits[WAVU_SOS_ID_MAX];
    size_t len = strlen(text);

    write_id(digits, id);
    return len >= PART_MIN && len < sizeof digits && strncmp(digits, text, len) == 0;
}

static struct sos_own *find_own(const struct wavu_sos *s, const char *id, size_t *count)
{
    struct sos_own *found = NULL;

    *count = 0;
    for (struct list *l = list_next(&s->sos.own, &s->sos.own); l != NULL;
         l = list_next(&s->sos.own, l)) {
        struct sos_own *own = LIST_OF(l, struct sos_own, link);

        if (id == NULL ? !own->is_over : is_meant(own->id, id)) {
            found = own;
            ++*count;
        }
    }
    return found;
}

int wavu_sos_cancel(struct wavu_node *node, const char *id)
{
    size_t count = 0;

    if (node->networks == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    struct wavu_sos *s = node->networks->sos;
    const struct sos_own *own = find_own(s, id, &count);
    if (count != 1) {
        return count == 0 ? WAVU_ERR_NOT_FOUND : WAVU_ERR_INVALID;
    }
    uint8_t name[SOS_MSG_ID_SIZE];
    memcpy(name, own->id, sizeof name);
    int rc = sos_cancel(&s->sos, lasting_of(s), name);
    plan(s);
    return rc;
}

int wavu_sos_ack(struct wavu_node *node, const char *id)
{
    const struct sos_in *found = NULL;
    size_t count = 0;

    if (node->networks == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    struct wavu_sos *s = node->networks->sos;
    for (struct list *l = list_next(&s->sos.in, &s->sos.in); l != NULL;
         l = list_next(&s->sos.in, l)) {
        const struct sos_in *in = LIST_OF(l, struct sos_in, link);

        if (in->content_len > 0 && is_meant(in->id, id)) {
            count += found == NULL || memcmp(found->id, in->id, sizeof in->id) != 0 ? 1 : 0;
            found = in;
        }
    }
    if (count != 1) {
        return count == 0 ? WAVU_ERR_NOT_FOUND : WAVU_ERR_INVALID;
    }
    uint8_t name[SOS_MSG_ID_SIZE];
    memcpy(name, found->id, sizeof name);
    return sos_ack(&s->sos, name);
}

/* ---- Looking ---- */

void wavu_sos_list(const struct wavu_node *node,
                   void (*each)(void *context, const struct wavu_sos_one *one), void *context)
{
    const struct wavu_sos *s = node->networks == NULL ? NULL : node->networks->sos;
    struct wavu_sos_one one;

    if (s == NULL) {
        return;
    }
    for (struct list *l = list_next(&s->sos.in, &s->sos.in); l != NULL;
         l = list_next(&s->sos.in, l)) {
        const struct sos_in *in = LIST_OF(l, struct sos_in, link);

        if (in->content_len > 0) {
            describe_in(s, in, &one);
            each(context, &one);
        }
    }
    for (struct list *l = list_next(&s->sos.own, &s->sos.own); l != NULL;
         l = list_next(&s->sos.own, l)) {
        describe_own(LIST_OF(l, struct sos_own, link), &one);
        each(context, &one);
    }
}

int wavu_sos_targets(const struct wavu_node *node, const char *id,
                     void (*each)(void *context, const struct wavu_sos_target *target),
                     void *context)
{
    size_t count = 0;
    const struct wavu_sos *s = node->networks == NULL ? NULL : node->networks->sos;
    const struct sos_own *own = s == NULL ? NULL : find_own(s, id, &count);

    if (count != 1) {
        return count == 0 ? WAVU_ERR_NOT_FOUND : WAVU_ERR_INVALID;
    }
    for (size_t i = 0; i < own->target_count; i++) {
        struct wavu_sos_target target;

        describe_target(s, own, &own->targets[i], &target);
        each(context, &target);
    }
    return 0;
}

int wavu_sos_listen(struct wavu_node *node,
                    void (*up)(void *context, const struct wavu_sos_event *event), void *context)
{
    if (node->networks == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    node->networks->sos->up = up;
    node->networks->sos->context = context;
    return 0;
}
