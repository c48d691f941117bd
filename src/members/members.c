/*
 * The graph of a membership log: what is let in gets a place behind all that it names, what names
 * something that is not here waits under that id. When an operation comes in, those that waited for
 * it are looked at again.
 */
#include "members/members.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/pb.h"
#include "members/members_admit.h"
#include "members/members_places.h"
#include "members/members_room.h"

enum stored_field {
    STORED_FORMAT = 1,
    STORED_GENESIS = 2,
    STORED_OPERATION = 3,
    STORED_PAYER = 4, /* of the operation behind it, when that is not its author's member */
};

#define STORED_FORMAT_NOW 2 /* 1 had no payers */

static void *grown(void *array, uint32_t *cap, uint32_t count, size_t size)
{
    if (count < *cap) {
        return array;
    }
    *cap = *cap == 0 ? 16 : *cap * 2;
    return mem_resize(array, *cap * size);
}

static struct span id_span(const uint8_t *id)
{
    return span_of(id, MEMBERS_MSG_ID_SIZE);
}

const uint8_t *members_network(const struct members *log)
{
    return log->ops[MEMBERS_GENESIS]->id;
}

const struct members_op *members_find(const struct members *log,
                                      const uint8_t id[MEMBERS_MSG_ID_SIZE])
{
    return map_get(&log->ids, id_span(id));
}

static void seat_name(uint8_t name[4 + MEMBERS_MSG_KEY_SIZE], uint32_t member, const uint8_t *key)
{
    memcpy(name, &member, sizeof member);
    memcpy(name + 4, key, MEMBERS_MSG_KEY_SIZE);
}

static const struct members_seat *find_seat(const struct members *log, uint32_t member,
                                            const uint8_t *key)
{
    uint8_t name[4 + MEMBERS_MSG_KEY_SIZE];
    seat_name(name, member, key);
    return map_get(&log->seat_map, span_of(name, sizeof name));
}

uint32_t members_seat_of(const struct members *log, uint32_t member,
                         const uint8_t key[MEMBERS_MSG_KEY_SIZE])
{
    const struct members_seat *seat = find_seat(log, member, key);
    return seat != NULL ? seat->place : MEMBERS_NONE;
}

const uint8_t *members_seat_key(const struct members *log, uint32_t seat)
{
    return log->seats[seat]->name + 4;
}

uint32_t members_member_of(const struct members *log, const uint8_t id[MEMBERS_MSG_ID_SIZE])
{
    const struct members_op *op = members_find(log, id);
    bool is_maker = op != NULL && (op->kind == MEMBERS_MSG_INVITE || op->place == MEMBERS_GENESIS);
    return is_maker ? op->made : MEMBERS_NONE;
}

bool members_is_under(const struct members *log, uint32_t member, uint32_t other)
{
    uint32_t depth = log->members[other].depth;
    while (log->members[member].depth > depth) {
        member = log->members[member].inviter;
        if (member == other) {
            return true;
        }
    }
    return false;
}

static uint32_t make_seat(struct members *log, uint32_t member, const uint8_t *key)
{
    uint32_t found = members_seat_of(log, member, key);
    if (found != MEMBERS_NONE) {
        return found;
    }
    struct members_seat *seat = mem_new(sizeof *seat);
    seat_name(seat->name, member, key);
    seat->member = member;
    seat->place = log->seat_count;
    seat->first_cutter = MEMBERS_NONE;
    seat->top = MEMBERS_NONE;
    log->seats = grown(log->seats, &log->seat_cap, log->seat_count, sizeof(struct members_seat *));
    log->seats[log->seat_count] = seat;
    (void)map_put(&log->seat_map, span_of(seat->name, sizeof seat->name), seat);
    return log->seat_count++;
}

/* The member that `op` at its place makes. */
static uint32_t make_member(struct members *log, const struct members_op *op, const uint8_t *root)
{
    uint32_t place = log->member_count;
    log->members = grown(log->members, &log->member_cap, place, sizeof(struct members_member));
    log->member_count++;
    struct members_member *m = &log->members[place];
    memset(m, 0, sizeof *m);
    m->op = op->place;
    memcpy(m->root, root, sizeof m->root);
    if (place != MEMBERS_GENESIS) {
        const struct members_member *inviter = &log->members[op->member];
        m->inviter = op->member;
        m->depth = inviter->depth + 1;
        m->branch = inviter->depth == 0 ? place : inviter->branch;
        m->is_by_door = op->is_by_door || inviter->is_by_door;
    }
    (void)make_seat(log, place, root);
    return place;
}

/* Put `op` (owned from here on) behind all others. */
static void append(struct members *log, struct members_op *op)
{
    op->place = log->op_count;
    log->ops = grown(log->ops, &log->op_cap, log->op_count, sizeof(struct members_op *));
    log->ops[log->op_count++] = op;
    log->bytes += op->len;
    (void)map_put(&log->ids, id_span(op->id), op);
    for (uint32_t i = 0; i < op->link_count; i++) {
        log->ops[op->links[i]]->is_named = true;
    }
}

/* Enter `op` into the lists of what it is against, and take note of forks. */
static void enlist(struct members *log, struct members_op *op)
{
    struct members_seat *seat = log->seats[op->seat];
    bool *has_next =
        op->previous != MEMBERS_NONE ? &log->ops[op->previous]->has_next : &seat->has_first;
    seat->is_forked = seat->is_forked || *has_next;
    seat->branches += *has_next ? 1 : 0;
    if (seat->top == MEMBERS_NONE || log->ops[seat->top]->sequence < op->sequence) {
        seat->top = op->place;
    }
    *has_next = true;

    uint32_t *list = NULL;
    if (op->kind == MEMBERS_MSG_REMOVE || op->kind == MEMBERS_MSG_SUCCEED) {
        list = &log->seats[op->target]->first_cutter;
    } else if (op->kind == MEMBERS_MSG_COSIGN) {
        list = &log->ops[op->target]->first_cosign;
    }
    if (list != NULL) {
        op->next = *list;
        *list = op->place;
    }
}

static void op_free(struct members_op *op)
{
    if (op != NULL) {
        mem_free(op->bytes);
        mem_free(op->links);
        mem_free(op);
    }
}

static struct members_op *op_new(const uint8_t id[MEMBERS_MSG_ID_SIZE], struct span bytes)
{
    struct members_op *op = mem_new(sizeof *op);
    memcpy(op->id, id, MEMBERS_MSG_ID_SIZE);
    op->bytes = mem_new_raw(bytes.len);
    memcpy(op->bytes, bytes.ptr, bytes.len);
    op->len = (uint32_t)bytes.len;
    return op;
}

/* Let in what is verified and whose links are all here, on the account of `by`. */
static int let_in(struct members *log, const struct members_msg *m, const uint8_t *id,
                  struct span bytes, struct members_patron by)
{
    if (!members_room_is_left(log, m, bytes.len, by.is_urgent)) {
        return WAVU_ERR_LIMIT;
    }
    struct members_op *op = op_new(id, bytes);
    op->place = MEMBERS_NONE;
    op->payer = by.member;
    op->is_reserve = by.is_reserve;
    int rc = members_admit(log, m, op);
    if (rc < 0) {
        op_free(op);
        return rc;
    }
    op->leaf = m->leaf.len > 0 ? op->bytes + (m->leaf.ptr - bytes.ptr) : NULL;
    op->salt = m->salt.len > 0 ? op->bytes + (m->salt.ptr - bytes.ptr) : NULL;
    op->is_by_door = m->is_by_door && log->policy == MEMBERS_MSG_OPEN;
    append(log, op);
    members_room_charge(log, op);
    members_room_forget(log, op->id);
    enlist(log, op);
    if (op->kind == MEMBERS_MSG_INVITE) {
        op->made = make_member(log, op, m->key.ptr);
    } else if (op->kind == MEMBERS_MSG_DEVICE || op->kind == MEMBERS_MSG_SUCCEED) {
        op->made = make_seat(log, op->member, m->key.ptr);
    }
    return 0;
}

/* Put `p` under the id that it waits for. */
static void wait_for(struct members *log, struct members_pending *p, struct span missing)
{
    memcpy(p->missing, missing.ptr, MEMBERS_MSG_ID_SIZE);
    p->next = map_put(&log->waiting, id_span(p->missing), p);
    if (p->next != NULL) { /* the map's key is the new first's */
        (void)map_remove(&log->waiting, id_span(p->missing));
        (void)map_put(&log->waiting, id_span(p->missing), p);
    }
    (void)map_put(&log->pending_map, id_span(p->id), p);
    log->pending_count++;
    log->pending_bytes += p->len;
}

/* Take out the list of those that wait for `id`. */
static struct members_pending *take_waiting(struct members *log, const uint8_t *id)
{
    return map_remove(&log->waiting, id_span(id));
}

static void unpend(struct members *log, const struct members_pending *p)
{
    (void)map_remove(&log->pending_map, id_span(p->id));
    log->pending_count--;
    log->pending_bytes -= p->len;
}

/* The chain that `m` is of, as far as what is here tells; MEMBERS_NONE when it cannot be told. */
static uint32_t seat_of(const struct members *log, const struct members_msg *m)
{
    uint32_t member = members_member_of(log, m->member.ptr);
    return member != MEMBERS_NONE ? members_seat_of(log, member, m->author.ptr) : MEMBERS_NONE;
}

/* The member whose key has signed `m`, once it is verified; MEMBERS_NONE when that is not known. */
static uint32_t author_of(const struct members *log, const struct members_msg *m)
{
    uint32_t seat = seat_of(log, m);
    return seat != MEMBERS_NONE ? log->seats[seat]->member : MEMBERS_NONE;
}

/* The account that `m` is for: that of its author, or of who needs it; MEMBERS_NONE when neither
 * is known yet. WAVU_ERR_LIMIT when there is no room, WAVU_ERR_CRYPTO when all is here
 * that could make its chain, and none was made. */
static int find_payer(struct members *log, const struct members_msg *m, const uint8_t *id,
                      size_t len, struct members_patron *payer)
{
    uint32_t seat = seat_of(log, m);
    if (seat == MEMBERS_NONE) {
        bool is_open = members_find(log, m->member.ptr) == NULL ||
                       (m->grant.len > 0 && members_find(log, m->grant.ptr) == NULL);
        *payer = members_room_patron(log, m, id, MEMBERS_NONE, len);
        return is_open ? 0 : WAVU_ERR_CRYPTO;
    }
    *payer = members_room_payer(log, m, id, seat, len);
    if (payer->member == MEMBERS_NONE) {
        members_room_refuse(log, m, id);
        return WAVU_ERR_LIMIT;
    }
    return 0;
}

/* `p` is in no list: let it in, let it wait on, or drop it. True when it waits on. */
static bool waits_on(struct members *log, struct members_pending *p)
{
    struct members_msg m;
    struct span bytes = span_of(p->bytes, p->len);
    CHECK(members_msg_decode(&m, bytes) == 0);
    unpend(log, p);
    struct members_patron payer;
    int rc = find_payer(log, &m, p->id, p->len, &payer);
    struct span missing = members_admit_missing(log, &m);
    if (rc == 0 && missing.len > 0) {
        p->patron = members_room_is_better(log, &p->patron, &payer) ? payer : p->patron;
        p->member = author_of(log, &m);
        p->rank = members_places_rank(log, p->member, &p->patron);
        wait_for(log, p, missing);
        members_room_want(log, &m, p->patron);
        return true;
    }
    if (rc < 0 || let_in(log, &m, p->id, bytes, payer) < 0) {
        log->refused++;
    }
    return false;
}

/* `id` came in: so may what waited for it, and what waited for that. */
static void wake(struct members *log, const uint8_t *id)
{
    struct members_pending *todo = take_waiting(log, id);
    while (todo != NULL) {
        struct members_pending *p = todo;
        todo = p->next;
        if (waits_on(log, p)) {
            continue;
        }
        struct members_pending *more =
            members_find(log, p->id) != NULL ? take_waiting(log, p->id) : NULL;
        while (more != NULL) {
            struct members_pending *next = more->next;
            more->next = todo;
            todo = more;
            more = next;
        }
        mem_free(p);
    }
}

/* An operation on its way in. */
struct coming {
    struct members_msg m;
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    struct span bytes;
    struct span missing; /* the first thing that it names and that is not here */
    struct members_patron payer;
    uint64_t source;
};

static struct members_places_want want_of(const struct members *log, const struct coming *c)
{
    uint32_t member = author_of(log, &c->m);
    return (struct members_places_want){
        .member = member, .rank = members_places_rank(log, member, &c->payer), .len = c->bytes.len};
}

/* WAVU_ERR_EXISTS when it waits already: then somebody may need it by now, or more of what it names
 * was refused. WAVU_ERR_LIMIT when there is no place for one more. */
static int may_wait(struct members *log, const struct coming *c)
{
    struct members_pending *same = map_get(&log->pending_map, id_span(c->id));
    if (same != NULL) {
        same->patron =
            members_room_is_better(log, &same->patron, &c->payer) ? c->payer : same->patron;
        same->rank = members_places_rank(log, same->member, &same->patron);
        members_room_want(log, &c->m, same->patron);
        return WAVU_ERR_EXISTS;
    }
    const struct members_places_want want = want_of(log, c);
    return members_places_look(log, &want);
}

/* Drop what waits for the same as `one`: that alone, or (NULL) what came from `source` and is of
 * nobody who is known. */
static void drop_waiting(struct members *log, const uint8_t *id, const struct members_pending *one,
                         uint64_t source)
{
    uint8_t missing[MEMBERS_MSG_ID_SIZE];
    memcpy(missing, id, sizeof missing);
    struct members_pending *p = take_waiting(log, missing);
    while (p != NULL) {
        struct members_pending *next = p->next;
        bool goes = one != NULL ? p == one : p->source == source && p->member == MEMBERS_NONE;
        unpend(log, p);
        if (goes) {
            mem_free(p);
        } else {
            wait_for(log, p, id_span(missing));
        }
        p = next;
    }
}

/* It is verified: others that give way to it go. */
static void keep_waiting(struct members *log, const struct coming *c)
{
    const struct members_places_want want = want_of(log, c);
    struct members_pending *p = NULL;
    while ((p = members_places_next(log, &want)) != NULL) {
        drop_waiting(log, p->missing, p, 0);
    }
    p = mem_new_raw(sizeof *p + c->bytes.len);
    memcpy(p->id, c->id, sizeof p->id);
    memcpy(p->bytes, c->bytes.ptr, c->bytes.len);
    p->len = c->bytes.len;
    p->source = c->source;
    p->number = log->pending_number++;
    p->member = want.member;
    p->rank = want.rank;
    p->patron = c->payer;
    p->todo = NULL;
    wait_for(log, p, c->missing);
    members_room_want(log, &c->m, c->payer);
}

/* All that can be said before a signature is looked at: 0, WAVU_ERR_EXISTS when it is here or waits
 * already, WAVU_ERR_LIMIT, WAVU_ERR_CRYPTO. */
static int look_at(struct members *log, struct coming *c, bool is_stored, enum members_fed *fed)
{
    signer_id(c->id, members_msg_label_operation, c->m.body);
    if (members_find(log, c->id) != NULL) {
        *fed = MEMBERS_KNOWN;
        return WAVU_ERR_EXISTS;
    }
    c->missing = members_admit_missing(log, &c->m);
    if (is_stored) { /* it found room before, on that account */
        uint32_t seat = seat_of(log, &c->m);
        c->payer.is_urgent = true;
        if (c->payer.member == MEMBERS_NONE && seat != MEMBERS_NONE) {
            c->payer.member = log->seats[seat]->member;
        }
        return c->missing.len > 0 || seat == MEMBERS_NONE ? WAVU_ERR_CRYPTO : 0;
    }
    int rc = find_payer(log, &c->m, c->id, c->bytes.len, &c->payer);
    if (rc == 0 && c->missing.len > 0) {
        *fed = MEMBERS_PENDING;
        rc = may_wait(log, c);
    }
    return rc;
}

static int feed(struct members *log, struct coming *c, bool is_stored, bool is_verified,
                enum members_fed *fed)
{
    if (members_msg_decode(&c->m, c->bytes) < 0 ||
        !span_is_equal(c->m.network, id_span(members_network(log)))) {
        return WAVU_ERR_CRYPTO;
    }
    int rc = look_at(log, c, is_stored, fed);
    if (rc < 0) {
        return rc == WAVU_ERR_EXISTS ? 0 : rc;
    }
    if (!is_verified && members_admit_verify(log, &c->m) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    if (c->missing.len > 0) {
        keep_waiting(log, c);
        return 0;
    }
    rc = let_in(log, &c->m, c->id, c->bytes, c->payer);
    if (rc == 0) {
        *fed = MEMBERS_ADDED;
        wake(log, c->id);
    }
    return rc;
}

int members_feed(struct members *log, struct span bytes, uint64_t source, enum members_fed *fed)
{
    struct coming c = {.bytes = bytes, .source = source};
    return feed(log, &c, false, false, fed);
}

int members_feed_verified(struct members *log, struct span bytes, enum members_fed *fed)
{
    struct coming c = {.bytes = bytes, .payer = {.member = MEMBERS_NONE}};
    return feed(log, &c, true, true, fed);
}

void members_drop_source(struct members *log, uint64_t source)
{
    size_t count = 0;
    size_t at = 0;
    struct members_pending *p = NULL;
    struct members_pending **firsts = mem_new_array(log->waiting.count + 1, sizeof p);
    while ((p = map_next(&log->waiting, &at)) != NULL) {
        firsts[count++] = p;
    }
    for (size_t i = 0; i < count; i++) {
        drop_waiting(log, firsts[i]->missing, NULL, source);
    }
    mem_free(firsts);
}

static int start(struct members *log, const struct signer *signer, const struct random *random,
                 struct span genesis, bool is_verified)
{
    struct members_msg_genesis g;
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    memset(log, 0, sizeof *log);
    map_init(&log->ids, random);
    map_init(&log->seat_map, random);
    map_init(&log->waiting, random);
    map_init(&log->pending_map, random);
    map_init(&log->refused_map, random);
    log->signer = signer;
    log->random = random;
    int rc = members_msg_decode_genesis(&g, genesis);
    if (rc == 0 && !is_verified) {
        rc = signer->verify(signer->context, g.signature.ptr, g.root.ptr, members_msg_label_genesis,
                            g.body);
    }
    if (rc < 0) {
        return rc == WAVU_ERR_UNSUPPORTED ? rc : WAVU_ERR_CRYPTO;
    }
    log->policy = (enum members_msg_policy)g.policy;
    signer_id(id, members_msg_label_genesis, g.body);
    struct members_op *op = op_new(id, genesis);
    op->invitation = MEMBERS_NONE;
    op->grant = MEMBERS_NONE;
    op->join = MEMBERS_NONE;
    op->previous = MEMBERS_NONE;
    op->seat = MEMBERS_NONE;
    op->target = MEMBERS_NONE;
    op->next = MEMBERS_NONE;
    op->first_cosign = MEMBERS_NONE;
    append(log, op);
    op->made = make_member(log, op, g.root.ptr);
    members_room_charge(log, op);
    return 0;
}

int members_init(struct members *log, const struct signer *signer, const struct random *random,
                 struct span genesis)
{
    return start(log, signer, random, genesis, false);
}

void members_clear(struct members *log)
{
    size_t at = 0;
    struct members_pending *p = NULL;
    while ((p = map_next(&log->waiting, &at)) != NULL) {
        while (p != NULL) {
            struct members_pending *next = p->next;
            mem_free(p);
            p = next;
        }
    }
    map_clear(&log->waiting);
    map_clear(&log->pending_map);
    members_room_clear(log);
    map_clear(&log->ids);
    map_clear(&log->seat_map);
    for (uint32_t i = 0; i < log->op_count; i++) {
        op_free(log->ops[i]);
    }
    for (uint32_t i = 0; i < log->seat_count; i++) {
        mem_free(log->seats[i]);
    }
    mem_free(log->ops);
    mem_free(log->members);
    mem_free(log->seats);
    memset(log, 0, sizeof *log);
}

/* Append one operation with who pays for it; the format before the genesis. */
static int save_op(const struct members *log, uint32_t place, struct buf *out)
{
    const struct members_op *op = log->ops[place];
    uint8_t head[3 * (2 + 11)];
    struct wr w;
    wr_init(&w, span_mut_of(head, sizeof head));
    if (place == MEMBERS_GENESIS) {
        pb_write_varint(&w, STORED_FORMAT, STORED_FORMAT_NOW);
    }
    if (op->payer != op->member || op->is_reserve) {
        pb_write_varint(&w, STORED_PAYER, (uint64_t)op->payer * 2 + (op->is_reserve ? 1 : 0));
    }
    pb_write_head(&w, place == MEMBERS_GENESIS ? STORED_GENESIS : STORED_OPERATION, op->len);
    int rc = buf_append(out, wr_span(&w));
    return rc < 0 ? rc : buf_append(out, span_of(op->bytes, op->len));
}

int members_save_part(const struct members *log, uint32_t from, size_t room, struct buf *out,
                      uint32_t *next)
{
    size_t before = out->len;
    int rc = 0;
    *next = from;
    while (rc == 0 && *next < log->op_count) {
        size_t last = out->len;
        rc = save_op(log, *next, out);
        if (rc == 0 && out->len - before > room && *next > from) {
            out->len = last; /* it begins the next part */
            break;
        }
        *next += rc == 0 ? 1 : 0;
    }
    if (rc < 0) {
        out->len = before;
    }
    return rc;
}

int members_save(const struct members *log, struct buf *out)
{
    uint32_t next = 0;
    return members_save_part(log, 0, SIZE_MAX, out, &next);
}

/* One field of what was stored; the format stands first, then the genesis. `by` is who pays for the
 * next operation. */
static int load_field(struct members *log, const struct pb_field *f, const struct members *given,
                      struct members_patron *by, bool is_trusted)
{
    enum members_fed fed = MEMBERS_PENDING;
    if (f->number == STORED_GENESIS && f->wire == PB_BYTES && log->op_count == 0) {
        return start(log, given->signer, given->random, f->bytes, is_trusted);
    }
    if (f->number == STORED_PAYER && f->wire == PB_VARINT && by->member == MEMBERS_NONE &&
        f->value / 2 < log->member_count) {
        by->member = (uint32_t)(f->value / 2);
        by->is_reserve = f->value % 2 != 0;
        return 0;
    }
    if (f->number == STORED_OPERATION && f->wire == PB_BYTES && log->op_count > 0) {
        struct coming c = {.bytes = f->bytes, .payer = *by};
        int rc = feed(log, &c, true, is_trusted, &fed);
        *by = (struct members_patron){.member = MEMBERS_NONE};
        return rc == 0 && fed != MEMBERS_ADDED ? WAVU_ERR_CORRUPT : rc;
    }
    return WAVU_ERR_CORRUPT;
}

int members_load(struct members *log, const struct signer *signer, const struct random *random,
                 struct span stored, bool is_trusted)
{
    const struct members given = {.signer = signer, .random = random};
    struct members_patron by = {.member = MEMBERS_NONE};
    struct pb p;
    struct pb_field f;
    int rc = WAVU_ERR_CORRUPT;
    memset(log, 0, sizeof *log);
    pb_init(&p, stored);
    if (pb_next(&p, &f) && f.number == STORED_FORMAT && f.wire == PB_VARINT) {
        rc = f.value > STORED_FORMAT_NOW ? WAVU_ERR_UNSUPPORTED : 0;
    }
    while (rc == 0 && pb_next(&p, &f)) {
        rc = load_field(log, &f, &given, &by, is_trusted);
    }
    if (rc == 0 && (pb_finish(&p) < 0 || log->op_count == 0 || by.member != MEMBERS_NONE)) {
        rc = WAVU_ERR_CORRUPT;
    }
    if (rc < 0) {
        members_clear(log);
    }
    return rc == WAVU_ERR_CRYPTO ? WAVU_ERR_CORRUPT : rc;
}

static void check_op(const struct members *log, uint32_t place)
{
    const struct members_op *op = log->ops[place];
    CHECK(op->place == place && members_find(log, op->id) == op);
    for (uint32_t i = 0; i < op->link_count; i++) {
        CHECK(op->links[i] < place && log->ops[op->links[i]]->is_named);
    }
    CHECK((op->seat == MEMBERS_NONE) == (place == MEMBERS_GENESIS));
    CHECK(op->member < log->member_count);
    CHECK(op->next == MEMBERS_NONE || op->next < place);
    CHECK(op->first_cosign == MEMBERS_NONE || op->first_cosign > place);
    for (uint32_t i = 1; i < op->cut_count; i++) {
        CHECK(log->ops[op->cuts[i - 1]]->seat < log->ops[op->cuts[i]]->seat);
    }
}

void members_check(const struct members *log)
{
    size_t bytes = 0;
    size_t pending = 0;
    size_t pending_bytes = 0;
    size_t at = 0;
    const struct members_pending *p = NULL;
    for (uint32_t i = 0; i < log->op_count; i++) {
        check_op(log, i);
        bytes += log->ops[i]->len;
    }
    CHECK(bytes == log->bytes && log->ids.count == log->op_count);
    CHECK(log->seat_map.count == log->seat_count && log->op_count <= MEMBERS_OPERATIONS_MAX);
    for (uint32_t i = 0; i < log->member_count; i++) {
        CHECK(log->ops[log->members[i].op]->made == i);
    }
    while ((p = map_next(&log->waiting, &at)) != NULL) {
        CHECK(members_find(log, p->missing) == NULL);
        for (; p != NULL; p = p->next) {
            CHECK(map_get(&log->pending_map, id_span(p->id)) == p);
            pending++;
            pending_bytes += p->len;
        }
    }
    CHECK(pending == log->pending_count && pending == log->pending_map.count &&
          pending_bytes == log->pending_bytes);
    CHECK(pending_bytes <= (size_t)MEMBERS_PENDING_MAX * MEMBERS_PENDING_PLACE);
    members_room_check(log);
}
