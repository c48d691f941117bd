/*
 * Public: sticks. Bytes of files come and go; the couriers of the networks write and read what is
 * in them.
 */
#include "node/wavu_stick.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "courier/courier_stick.h"
#include "courier/stick_msg.h"
#include "node/wavu_node.h"
#include "node/wavu_rooms.h"

/* What one call may cost: 64 that are read or held, 2 ms mostly, or 1,024 that are known. */
#define COST_MAX 1024

struct wavu_stick {
    struct buf out;                  /* the file that was given last */
    char network[WAVU_KEY_TEXT_MAX]; /* that is written; "": none */
    struct buf in;                   /* the file that is read */
    size_t at;                       /* in it */
    bool is_begun;                   /* it is whole, and some was taken */
    struct wavu_stick_taken sum;
};

_Static_assert(WAVU_STICK_FILE_MAX == STICK_MSG_FILE_MAX, "as the courier has it");

void wavu_stick_free(struct wavu_stick *s)
{
    if (s != NULL) {
        buf_clear(&s->out);
        buf_clear(&s->in);
        mem_free(s);
    }
}

static struct wavu_stick *stick_of(struct wavu_node *node)
{
    if (node->stick == NULL) {
        node->stick = mem_new(sizeof *node->stick);
        buf_init(&node->stick->out, STICK_MSG_FILE_MAX);
        buf_init(&node->stick->in, STICK_MSG_FILE_MAX);
    }
    return node->stick;
}

/* The network's courier; AGAIN: it could not be opened. */
static int find(const struct wavu_node *node, const char *network, struct wavu_networks_one **o)
{
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find(node->networks, network, o);

    return rc == 0 && (*o)->rooms == NULL ? WAVU_ERR_AGAIN : rc;
}

/* ---- Writing ---- */

int wavu_stick_write(struct wavu_node *node, const char *network, const char *member)
{
    struct wavu_networks_one *o = NULL;
    struct wavu_stick *s = stick_of(node);
    uint8_t id[32];
    int rc = find(node, network, &o);

    rc = rc == 0 && member != NULL ? wavu_networks_id(id, member) : rc;
    if (rc < 0) {
        return rc;
    }
    const struct network *n = networks_network(o->one);
    if (member != NULL && members_member_of(&n->log, id) == MEMBERS_NONE) {
        return WAVU_ERR_NOT_FOUND;
    }
    wavu_networks_hex(s->network, members_network(&n->log));
    courier_stick_open(wavu_rooms_courier(o->rooms), member != NULL ? id : NULL);
    return 0;
}

static void name_of(struct wavu_node *node, char name[WAVU_STICK_NAME_MAX])
{
    uint8_t bytes[8];

    random_fill(&node->port->random, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        (void)snprintf(name + 2 * i, 3, "%02x", bytes[i]);
    }
    memcpy(name + 2 * sizeof bytes, ".wavu", sizeof ".wavu");
}

int wavu_stick_next(struct wavu_node *node, struct wavu_stick_file *file)
{
    struct wavu_networks_one *o = NULL;
    struct wavu_stick *s = stick_of(node);
    int rc = s->network[0] == '\0' ? WAVU_ERR_NOT_FOUND : find(node, s->network, &o);

    *file = (struct wavu_stick_file){.bytes = NULL};
    if (rc < 0) {
        return rc;
    }
    struct courier *c = wavu_rooms_courier(o->rooms);
    rc = courier_stick_next(c, &s->out, &file->messages);
    if (rc == 0) {
        file->bytes = s->out.ptr;
        file->len = s->out.len;
        name_of(node, file->name);
    } else if (rc == WAVU_ERR_TIMEOUT) {
        s->network[0] = '\0';
    } else if (rc == WAVU_ERR_NOT_FOUND) {
        file->messages = courier_stick_unsealed(c);
        courier_stick_close(c);
        s->network[0] = '\0';
        buf_clear(&s->out);
    }
    return rc;
}

/* ---- Reading ---- */

int wavu_stick_put(struct wavu_node *node, size_t at, const void *bytes, size_t len)
{
    struct wavu_stick *s = stick_of(node);

    if (at == 0) {
        buf_clear(&s->in);
        s->at = 0;
        s->is_begun = false;
        memset(&s->sum, 0, sizeof s->sum);
    }
    if (s->is_begun || at != s->in.len) {
        return WAVU_ERR_INVALID;
    }
    return buf_append(&s->in, span_of(bytes, len));
}

static void add(struct wavu_stick_taken *sum, enum courier_stick_what what)
{
    switch (what) {
    case COURIER_STICK_READ:
        sum->read++;
        return;
    case COURIER_STICK_HELD:
        sum->held++;
        return;
    case COURIER_STICK_KNOWN:
        sum->known++;
        return;
    case COURIER_STICK_OLD:
        sum->old++;
        return;
    case COURIER_STICK_LATER:
        sum->later++;
        return;
    case COURIER_STICK_FULL:
        sum->full++;
        return;
    case COURIER_STICK_NOBODYS:
        sum->nobodys++;
        return;
    }
}

/* What it cost: what is for nobody may have been tried, and mostly was not. */
static size_t cost_of(enum courier_stick_what what)
{
    switch (what) {
    case COURIER_STICK_READ:
    case COURIER_STICK_HELD:
        return 16;
    case COURIER_STICK_NOBODYS:
        return 8;
    case COURIER_STICK_KNOWN:
    case COURIER_STICK_OLD:
    case COURIER_STICK_LATER:
    case COURIER_STICK_FULL:
        break;
    }
    return 1;
}

/* The networks that it may be for: `only`, or all. */
static struct wavu_networks_one *next_one(const struct wavu_node *node,
                                          const struct wavu_networks_one *only, struct list **at)
{
    while ((*at = list_next(&node->networks->ones, *at)) != NULL) {
        struct wavu_networks_one *o = LIST_OF(*at, struct wavu_networks_one, link);

        if ((only == NULL || o == only) && o->rooms != NULL) {
            return o;
        }
    }
    return NULL;
}

/* One envelope: the first network that has something to do with it has it. */
static int take_one(struct wavu_node *node, const struct wavu_networks_one *only, struct span bytes,
                    enum courier_stick_what *what)
{
    struct list *at = &node->networks->ones;
    const struct wavu_networks_one *o = NULL;
    int rc = 0;

    *what = COURIER_STICK_NOBODYS;
    while (rc == 0 && *what == COURIER_STICK_NOBODYS && (o = next_one(node, only, &at)) != NULL) {
        rc = courier_stick_take(wavu_rooms_courier(o->rooms), bytes, what);
    }
    if (rc == WAVU_ERR_PROTO) {
        *what = COURIER_STICK_NOBODYS;
        rc = 0;
    }
    return rc;
}

static void begin(const struct wavu_node *node, const struct wavu_networks_one *only)
{
    struct list *at = &node->networks->ones;
    const struct wavu_networks_one *o = NULL;

    while ((o = next_one(node, only, &at)) != NULL) {
        courier_stick_begin(wavu_rooms_courier(o->rooms));
    }
}

static bool is_kept(const struct wavu_node *node, const struct wavu_networks_one *only)
{
    struct list *at = &node->networks->ones;
    const struct wavu_networks_one *o = NULL;
    bool is = true;

    while ((o = next_one(node, only, &at)) != NULL) {
        is = is && courier_stick_is_kept(wavu_rooms_courier(o->rooms));
    }
    return is;
}

int wavu_stick_take(struct wavu_node *node, const char *network, struct wavu_stick_taken *taken)
{
    struct wavu_networks_one *only = NULL;
    struct wavu_stick *s = stick_of(node);
    struct span one = span_empty();
    int rc = 0;

    if (network != NULL || node->networks == NULL || list_is_empty(&node->networks->ones)) {
        rc = find(node, network, &only);
    }
    rc = rc == 0 && !s->is_begun ? stick_msg_check(buf_span(&s->in)) : rc;
    if (rc < 0) {
        return rc;
    }
    if (!s->is_begun) {
        begin(node, only);
    }
    s->is_begun = true;
    for (size_t cost = 0; cost < COST_MAX;) {
        enum courier_stick_what what = COURIER_STICK_NOBODYS;
        size_t at = s->at;

        if (!stick_msg_next(buf_span(&s->in), &at, &one)) {
            *taken = s->sum;
            return is_kept(node, only) ? 0 : WAVU_ERR_AGAIN;
        }
        rc = take_one(node, only, one, &what);
        if (rc < 0) {
            return rc;
        }
        s->at = at;
        add(&s->sum, what);
        cost += cost_of(what);
    }
    return WAVU_ERR_AGAIN;
}
