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

/* An operation that waits. */
struct members_pending {
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    uint8_t missing[MEMBERS_MSG_ID_SIZE]; /* the key in the map, of the first of the list */
    struct members_pending *next;         /* others that wait for the same */
    uint64_t source;
    size_t len;
    uint8_t bytes[];
};

enum stored_field { STORED_FORMAT = 1, STORED_GENESIS = 2, STORED_OPERATION = 3 };

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
    m->first_revoke = MEMBERS_NONE;
    memcpy(m->root, root, sizeof m->root);
    if (place != MEMBERS_GENESIS) {
        const struct members_member *inviter = &log->members[op->member];
        m->inviter = op->member;
        m->depth = inviter->depth + 1;
        m->branch = inviter->depth == 0 ? place : inviter->branch;
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
    if (seat->top == MEMBERS_NONE || log->ops[seat->top]->sequence < op->sequence) {
        seat->top = op->place;
    }
    *has_next = true;

    uint32_t *list = NULL;
    if (op->kind == MEMBERS_MSG_REVOKE) {
        struct members_member *target = &log->members[op->target];
        list = &target->first_revoke;
        target->has_subtree = target->has_subtree || op->is_subtree;
        log->subtree_count += op->is_subtree ? 1 : 0;
    } else if (op->kind == MEMBERS_MSG_REMOVE || op->kind == MEMBERS_MSG_SUCCEED) {
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

/* Is there room for `m`? What takes power away finds room that other operations cannot take. */
static bool has_room(const struct members *log, const struct members_msg *m, size_t len)
{
    bool is_taking = m->is_known && (m->kind == MEMBERS_MSG_COSIGN ||
                                     members_admit_is_revocation((uint32_t)m->kind));
    uint32_t ops =
        MEMBERS_OPERATIONS_MAX - (is_taking ? 0 : MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE);
    size_t bytes = MEMBERS_BYTES_MAX - (is_taking ? 0 : MEMBERS_BYTES_MAX / MEMBERS_RESERVE);
    return log->op_count < ops && log->bytes + len <= bytes;
}

/* Let in what is verified and whose links are all here. */
static int let_in(struct members *log, const struct members_msg *m, const uint8_t *id,
                  struct span bytes)
{
    if (!has_room(log, m, bytes.len)) {
        return WAVU_ERR_LIMIT;
    }
    struct members_op *op = op_new(id, bytes);
    op->place = MEMBERS_NONE;
    int rc = members_admit(log, m, op);
    if (rc < 0) {
        op_free(op);
        return rc;
    }
    op->leaf = m->leaf.len > 0 ? op->bytes + (m->leaf.ptr - bytes.ptr) : NULL;
    append(log, op);
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
    log->pending_count--;
    log->pending_bytes -= p->len;
}

/* `p` is in no list: let it in, let it wait on, or drop it. True when it waits on. */
static bool waits_on(struct members *log, struct members_pending *p)
{
    struct members_msg m;
    struct span bytes = span_of(p->bytes, p->len);
    CHECK(members_msg_decode(&m, bytes) == 0);
    unpend(log, p);
    struct span missing = members_admit_missing(log, &m);
    if (missing.len > 0) {
        wait_for(log, p, missing);
        return true;
    }
    if (let_in(log, &m, p->id, bytes) < 0) {
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

/* Does an operation of that id wait already? And is there room for one more of the source? */
static int may_wait(const struct members *log, const uint8_t *id, uint64_t source, size_t len)
{
    uint32_t of_source = 0;
    size_t at = 0;
    const struct members_pending *p = NULL;
    while ((p = map_next(&log->waiting, &at)) != NULL) {
        for (; p != NULL; p = p->next) {
            if (span_is_equal(id_span(p->id), id_span(id))) {
                return WAVU_ERR_EXISTS;
            }
            of_source += p->source == source ? 1 : 0;
        }
    }
    return log->pending_count < MEMBERS_PENDING_MAX && of_source < MEMBERS_PENDING_SOURCE_MAX &&
                   log->pending_bytes + len <= MEMBERS_PENDING_BYTES
               ? 0
               : WAVU_ERR_LIMIT;
}

static int keep_waiting(struct members *log, const uint8_t *id, struct span bytes, uint64_t source,
                        struct span missing)
{
    int rc = may_wait(log, id, source, bytes.len);
    if (rc < 0) {
        return rc == WAVU_ERR_EXISTS ? 0 : rc;
    }
    struct members_pending *p = mem_new_raw(sizeof *p + bytes.len);
    memcpy(p->id, id, sizeof p->id);
    memcpy(p->bytes, bytes.ptr, bytes.len);
    p->len = bytes.len;
    p->source = source;
    wait_for(log, p, missing);
    return 0;
}

static int feed(struct members *log, struct span bytes, uint64_t source, bool is_verified,
                enum members_fed *fed)
{
    struct members_msg m;
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    if (members_msg_decode(&m, bytes) < 0 ||
        !span_is_equal(m.network, id_span(members_network(log)))) {
        return WAVU_ERR_CRYPTO;
    }
    signer_id(id, members_msg_label_operation, m.body);
    if (members_find(log, id) != NULL) {
        *fed = MEMBERS_KNOWN;
        return 0;
    }
    if (!is_verified && members_admit_verify(log, &m) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    struct span missing = members_admit_missing(log, &m);
    if (missing.len > 0) {
        *fed = MEMBERS_PENDING;
        return keep_waiting(log, id, bytes, source, missing);
    }
    int rc = let_in(log, &m, id, bytes);
    if (rc == 0) {
        *fed = MEMBERS_ADDED;
        wake(log, id);
    }
    return rc;
}

int members_feed(struct members *log, struct span bytes, uint64_t source, enum members_fed *fed)
{
    return feed(log, bytes, source, false, fed);
}

int members_feed_verified(struct members *log, struct span bytes, enum members_fed *fed)
{
    return feed(log, bytes, 0, true, fed);
}

void members_drop_source(struct members *log, uint64_t source)
{
    struct members_pending *kept = NULL;
    struct members_pending *list = NULL;
    for (size_t at = 0; (list = map_next(&log->waiting, &at)) != NULL; at = 0) {
        (void)take_waiting(log, list->missing);
        while (list != NULL) {
            struct members_pending *p = list;
            list = p->next;
            unpend(log, p);
            if (p->source == source) {
                mem_free(p);
            } else {
                p->next = kept;
                kept = p;
            }
        }
    }
    while (kept != NULL) {
        struct members_pending *p = kept;
        uint8_t missing[MEMBERS_MSG_ID_SIZE];
        kept = p->next;
        memcpy(missing, p->missing, sizeof missing);
        wait_for(log, p, id_span(missing));
    }
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
    log->signer = signer;
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

int members_save(const struct members *log, struct buf *out)
{
    size_t before = out->len;
    uint8_t head[2 + 11];
    struct wr w;
    wr_init(&w, span_mut_of(head, sizeof head));
    pb_write_varint(&w, STORED_FORMAT, MEMBERS_MSG_FORMAT);
    int rc = buf_append(out, wr_span(&w));
    for (uint32_t i = 0; rc == 0 && i < log->op_count; i++) {
        const struct members_op *op = log->ops[i];
        wr_init(&w, span_mut_of(head, sizeof head));
        pb_write_head(&w, i == MEMBERS_GENESIS ? STORED_GENESIS : STORED_OPERATION, op->len);
        rc = buf_append(out, wr_span(&w));
        if (rc == 0) {
            rc = buf_append(out, span_of(op->bytes, op->len));
        }
    }
    if (rc < 0) {
        out->len = before;
    }
    return rc;
}

/* One field of what was stored; the format stands first, then the genesis. */
static int load_field(struct members *log, const struct pb_field *f, const struct members *given,
                      const struct random *random, bool is_trusted)
{
    enum members_fed fed = MEMBERS_PENDING;
    if (f->number == STORED_GENESIS && f->wire == PB_BYTES && log->op_count == 0) {
        return start(log, given->signer, random, f->bytes, is_trusted);
    }
    if (f->number == STORED_OPERATION && f->wire == PB_BYTES && log->op_count > 0) {
        int rc = feed(log, f->bytes, 0, is_trusted, &fed);
        return rc == 0 && fed != MEMBERS_ADDED ? WAVU_ERR_CORRUPT : rc;
    }
    return WAVU_ERR_CORRUPT;
}

int members_load(struct members *log, const struct signer *signer, const struct random *random,
                 struct span stored, bool is_trusted)
{
    const struct members given = {.signer = signer};
    struct pb p;
    struct pb_field f;
    int rc = WAVU_ERR_CORRUPT;
    memset(log, 0, sizeof *log);
    pb_init(&p, stored);
    if (pb_next(&p, &f) && f.number == STORED_FORMAT && f.wire == PB_VARINT) {
        rc = f.value > MEMBERS_MSG_FORMAT ? WAVU_ERR_UNSUPPORTED : 0;
    }
    while (rc == 0 && pb_next(&p, &f)) {
        rc = load_field(log, &f, &given, random, is_trusted);
    }
    if (rc == 0 && (pb_finish(&p) < 0 || log->op_count == 0)) {
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
            pending++;
            pending_bytes += p->len;
        }
    }
    CHECK(pending == log->pending_count && pending_bytes == log->pending_bytes);
    CHECK(pending <= MEMBERS_PENDING_MAX && pending_bytes <= MEMBERS_PENDING_BYTES);
}
