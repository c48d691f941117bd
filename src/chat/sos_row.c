/*
 * Rows of calls for help, big-endian:
 *
 *   'o' id 16                      format 1 | flags 1 | number 4 | due 8 | unix ms 8 | content
 *   'r' id 16 network 4            format 1 | flags 1 | entry 32
 *   't' id 16 network 4 member 32  format 1 | flags 1 | reach 1 | message 16
 *   'i' network 4 member 32 id 16  format 1 | flags 1 | number 4 | since 8 | unix ms 8 | content
 */
#include "chat/sos_row.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"

#define FORMAT 1
#define KEY_MAX (1 + SOS_MSG_ID_SIZE + 4 + 32)
#define VALUE_MAX (1 + 1 + 4 + 8 + 8 + SOS_MSG_CONTENT_MAX)
#define FLAG_OVER 1 /* of an own one, or one of others; of a target or room: that was said */
#define FLAG_SEEN 2 /* of others */
#define FLAG_SAID 2 /* of a room */

struct row {
    uint8_t key[KEY_MAX];
    uint8_t value[VALUE_MAX];
    struct wr k;
    struct wr v;
};

static void begin(struct row *r, char kind, uint8_t flags)
{
    wr_init(&r->k, span_mut_of(r->key, sizeof r->key));
    wr_init(&r->v, span_mut_of(r->value, sizeof r->value));
    wr_u8(&r->k, (uint8_t)kind);
    wr_u8(&r->v, FORMAT);
    wr_u8(&r->v, flags);
}

static int put(struct store *store, struct row *r)
{
    CHECK(wr_finish(&r->k) == 0 && wr_finish(&r->v) == 0);
    return store_put(store, SOS_TABLE, wr_span(&r->k), wr_span(&r->v));
}

int sos_row_put_own(struct store *store, const struct sos_own *own)
{
    struct row r;

    begin(&r, 'o', own->is_over ? FLAG_OVER : 0);
    wr_bytes(&r.k, span_of(own->id, sizeof own->id));
    wr_u32be(&r.v, own->number);
    wr_u64be(&r.v, own->due);
    wr_u64be(&r.v, own->unix_ms);
    wr_bytes(&r.v, span_of(own->content, own->content_len));
    return put(store, &r);
}

int sos_row_put_target(struct store *store, const struct sos_own *own,
                       const struct sos_target *target)
{
    struct row r;

    begin(&r, 't', target->is_over_said ? FLAG_OVER : 0);
    wr_bytes(&r.k, span_of(own->id, sizeof own->id));
    wr_u32be(&r.k, target->network);
    wr_bytes(&r.k, span_of(target->member, sizeof target->member));
    wr_u8(&r.v, (uint8_t)target->reach);
    wr_bytes(&r.v, span_of(target->message, sizeof target->message));
    return put(store, &r);
}

int sos_row_put_room(struct store *store, const struct sos_own *own, const struct sos_room *room)
{
    struct row r;

    begin(&r, 'r',
          (uint8_t)((room->is_over_said ? FLAG_OVER : 0) | (room->is_said ? FLAG_SAID : 0)));
    wr_bytes(&r.k, span_of(own->id, sizeof own->id));
    wr_u32be(&r.k, room->network);
    wr_bytes(&r.v, span_of(room->entry, sizeof room->entry));
    return put(store, &r);
}

static void begin_in(struct row *r, const struct sos_in *in)
{
    begin(r, 'i', (uint8_t)((in->is_over ? FLAG_OVER : 0) | (in->is_seen ? FLAG_SEEN : 0)));
    wr_u32be(&r->k, in->network);
    wr_bytes(&r->k, span_of(in->member, sizeof in->member));
    wr_bytes(&r->k, span_of(in->id, sizeof in->id));
}

int sos_row_put_in(struct store *store, const struct sos_in *in)
{
    struct row r;

    begin_in(&r, in);
    wr_u32be(&r.v, in->number);
    wr_u64be(&r.v, in->since);
    wr_u64be(&r.v, in->unix_ms);
    wr_bytes(&r.v, span_of(in->content, in->content_len));
    return put(store, &r);
}

int sos_row_drop_own(struct store *store, const struct sos_own *own)
{
    static const char kinds[] = {'o', 'r', 't'};
    int rc = 0;

    for (size_t i = 0; i < sizeof kinds && rc == 0; i++) {
        uint8_t prefix[1 + SOS_MSG_ID_SIZE] = {(uint8_t)kinds[i]};

        memcpy(prefix + 1, own->id, sizeof own->id);
        rc = store_delete_prefix(store, SOS_TABLE, span_of(prefix, sizeof prefix));
    }
    return rc;
}

int sos_row_drop_in(struct store *store, const struct sos_in *in)
{
    struct row r;

    begin_in(&r, in);
    return store_delete(store, SOS_TABLE, wr_span(&r.k));
}

void sos_row_free_own(struct sos_own *own)
{
    list_remove(&own->link);
    mem_free(own->targets);
    mem_free(own->rooms);
    mem_free(own);
}

void sos_row_free_in(struct sos_in *in)
{
    list_remove(&in->link);
    mem_free(in);
}

/* ---- Reading ---- */

struct loading {
    struct list *own;
    struct list *in;
    size_t *in_count;
    struct rd k;
    struct rd v;
    uint8_t flags;
};

static int read_content(struct loading *l, uint8_t content[SOS_MSG_CONTENT_MAX], size_t *len)
{
    struct span bytes = rd_bytes(&l->v, rd_left(&l->v));
    struct content parsed;

    if (bytes.len > SOS_MSG_CONTENT_MAX ||
        (bytes.len > 0 && (content_read(&parsed, bytes) < 0 || parsed.kind != CONTENT_SOS))) {
        return WAVU_ERR_CORRUPT;
    }
    if (bytes.len > 0) {
        memcpy(content, bytes.ptr, bytes.len);
    }
    *len = bytes.len;
    return 0;
}

static int read_own(struct loading *l)
{
    struct sos_own *own = mem_new(sizeof *own);
    struct list *at = NULL;

    rd_copy(&l->k, own->id, sizeof own->id);
    own->is_over = (l->flags & FLAG_OVER) != 0;
    own->number = rd_u32be(&l->v);
    own->due = rd_u64be(&l->v);
    own->unix_ms = rd_u64be(&l->v);
    int rc = read_content(l, own->content, &own->content_len);
    for (at = list_next(l->own, l->own); at != NULL; at = list_next(l->own, at)) {
        if (LIST_OF(at, struct sos_own, link)->unix_ms > own->unix_ms) {
            break;
        }
    }
    list_push_back(at != NULL ? at : l->own, &own->link); /* before that one */
    return own->content_len == 0 ? WAVU_ERR_CORRUPT : rc;
}

static struct sos_own *own_of(struct loading *l)
{
    uint8_t id[SOS_MSG_ID_SIZE];

    rd_copy(&l->k, id, sizeof id);
    for (struct list *at = list_next(l->own, l->own); at != NULL; at = list_next(l->own, at)) {
        struct sos_own *own = LIST_OF(at, struct sos_own, link);

        if (span_is_equal(span_of(own->id, sizeof id), span_of(id, sizeof id))) {
            return own;
        }
    }
    return NULL;
}

static int read_room(struct loading *l)
{
    struct sos_own *own = own_of(l);

    if (own == NULL || own->room_count >= SOS_TARGETS_MAX) {
        return WAVU_ERR_CORRUPT;
    }
    own->rooms = mem_resize(own->rooms, (own->room_count + 1) * sizeof *own->rooms);
    struct sos_room *room = &own->rooms[own->room_count++];
    memset(room, 0, sizeof *room);
    room->network = rd_u32be(&l->k);
    room->is_said = (l->flags & FLAG_SAID) != 0;
    room->is_over_said = (l->flags & FLAG_OVER) != 0;
    rd_copy(&l->v, room->entry, sizeof room->entry);
    return 0;
}

static int read_target(struct loading *l)
{
    struct sos_own *own = own_of(l);

    if (own == NULL || own->target_count >= SOS_TARGETS_MAX) {
        return WAVU_ERR_CORRUPT;
    }
    own->targets = mem_resize(own->targets, (own->target_count + 1) * sizeof *own->targets);
    struct sos_target *target = &own->targets[own->target_count++];
    memset(target, 0, sizeof *target);
    target->network = rd_u32be(&l->k);
    rd_copy(&l->k, target->member, sizeof target->member);
    target->is_over_said = (l->flags & FLAG_OVER) != 0;
    uint8_t reach = rd_u8(&l->v);
    rd_copy(&l->v, target->message, sizeof target->message);
    target->reach = (enum sos_reach)reach;
    return reach > SOS_GONE ? WAVU_ERR_CORRUPT : 0;
}

static int read_in(struct loading *l)
{
    struct sos_in *in = mem_new(sizeof *in);
    struct list *at = NULL;

    in->network = rd_u32be(&l->k);
    rd_copy(&l->k, in->member, sizeof in->member);
    rd_copy(&l->k, in->id, sizeof in->id);
    in->is_over = (l->flags & FLAG_OVER) != 0;
    in->is_seen = (l->flags & FLAG_SEEN) != 0;
    in->number = rd_u32be(&l->v);
    in->since = rd_u64be(&l->v);
    in->unix_ms = rd_u64be(&l->v);
    int rc = read_content(l, in->content, &in->content_len);
    for (at = list_next(l->in, l->in); at != NULL; at = list_next(l->in, at)) {
        if (LIST_OF(at, struct sos_in, link)->since > in->since) {
            break;
        }
    }
    list_push_back(at != NULL ? at : l->in, &in->link);
    return ++*l->in_count > SOS_IN_MAX ? WAVU_ERR_CORRUPT : rc;
}

static int read_row(struct loading *l, struct span key, struct span value)
{
    int rc = WAVU_ERR_CORRUPT;

    rd_init(&l->k, key);
    rd_init(&l->v, value);
    uint8_t kind = rd_u8(&l->k);
    uint8_t format = rd_u8(&l->v);
    l->flags = rd_u8(&l->v);
    if (!l->v.failed && format > FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (kind == 'o') {
        rc = read_own(l);
    } else if (kind == 'r') {
        rc = read_room(l);
    } else if (kind == 't') {
        rc = read_target(l);
    } else if (kind == 'i') {
        rc = read_in(l);
    }
    bool is_good = rd_finish(&l->k) == 0 && rd_finish(&l->v) == 0 && format == FORMAT;
    return rc == 0 && !is_good ? WAVU_ERR_CORRUPT : rc;
}

int sos_row_load(struct store *store, struct list *own, struct list *in, size_t *in_count)
{
    struct loading l = {.own = own, .in = in, .in_count = in_count};
    struct buf key;
    struct buf value;
    int rc = 0;

    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, VALUE_MAX);
    while (rc == 0 && (rc = store_next(store, SOS_TABLE, span_empty(), &key, &value)) == 0) {
        rc = read_row(&l, buf_span(&key), buf_span(&value));
    }
    buf_clear(&key);
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc;
}
