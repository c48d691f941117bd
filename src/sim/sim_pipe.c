/*
 * Pipes. Bytes come from the sender's socket, leave in packets whose arrival the wire decides, and
 * lie in the ring until the receiver's socket has read them.
 *
 *     written --pump--> sent --arrive--> arrived --read--> read
 *                         acked, edge <--note-- arrived, read
 *
 * Loss is a packet that comes a retransmission later, and all behind it with it: a stream has no
 * holes. What meets a shut wire waits for the first retransmission after it has opened; these come
 * after once, thrice, seven times ... the time-out since the stall began, as TCP doubles it.
 * Acknowledgements cost no bandwidth, are not lost and do not jitter. They are taken in when
 * somebody asks, and are an event only when the sender waits for them.
 */
#include "sim/sim_pipe.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static bool is_path_open(const struct sim_pipe *p)
{
    return p->wire->was_open && p->wire->back->was_open;
}

static uint64_t total(const struct sim_pipe *p)
{
    return p->written + (p->has_end ? 1 : 0);
}

/* ---- The ring ---- */

static uint8_t *take_spare(struct sim *sim)
{
    uint64_t *spare = sim->spare;

    if (spare == NULL) {
        return mem_new_raw(SIM_PIPE_SPARE_SIZE);
    }
    memcpy(&sim->spare, spare, sizeof(sim->spare));
    return (uint8_t *)spare;
}

static void give_bytes(struct sim_pipe *p)
{
    if (p->cap == SIM_PIPE_SPARE_SIZE) {
        memcpy(p->bytes, &p->sim->spare, sizeof(p->sim->spare));
        p->sim->spare = (void *)p->bytes;
    } else {
        mem_free(p->bytes);
    }
    p->bytes = NULL;
    p->cap = 0;
}

void sim_pipe_free_spare(struct sim *sim)
{
    while (sim->spare != NULL) {
        mem_free(take_spare(sim));
    }
}

/* Copy [from, from + len) out of, or into, the one or two parts of the ring where it lies. */
static void ring_out(const struct sim_pipe *p, uint64_t from, uint8_t *out, size_t len)
{
    size_t at = (size_t)from & (p->cap - 1);
    size_t first = len < p->cap - at ? len : p->cap - at;

    memcpy(out, p->bytes + at, first);
    memcpy(out + first, p->bytes, len - first);
}

static void ring_in(struct sim_pipe *p, uint64_t to, const uint8_t *in, size_t len)
{
    size_t at = (size_t)to & (p->cap - 1);
    size_t first = len < p->cap - at ? len : p->cap - at;

    memcpy(p->bytes + at, in, first);
    memcpy(p->bytes, in + first, len - first);
}

static void ring_grow(struct sim_pipe *p, size_t needed)
{
    struct sim_pipe old = *p;
    size_t len = (size_t)(p->written - p->read);
    size_t cap = p->cap == 0 ? SIM_PIPE_SPARE_SIZE : p->cap;

    while (cap < needed) {
        cap *= 2;
    }
    if (cap == p->cap) {
        return;
    }
    p->bytes = cap == SIM_PIPE_SPARE_SIZE ? take_spare(p->sim) : mem_new_raw(cap);
    p->cap = cap;
    if (old.cap > 0) {
        size_t at = (size_t)old.read & (old.cap - 1);
        size_t first = len < old.cap - at ? len : old.cap - at;

        ring_in(p, p->read, old.bytes + at, first);
        ring_in(p, p->read + first, old.bytes, len - first);
        give_bytes(&old);
    }
}

/* ---- Stalls ---- */

/* Nothing gets through, and something should: the time-out runs. */
static void begin_stall(struct sim_pipe *p)
{
    if (!p->is_stalled) {
        p->is_stalled = true;
        p->is_resuming = false;
        p->stalled_ns = p->sim->now_ns;
        sim_at(p->sim, &p->stall, p->stalled_ns + p->sim->settings.timeout_ns);
    }
}

/* The first retransmission at or after now, when the first wait was sim_wire_rto_ns. */
static uint64_t retransmission(const struct sim_pipe *p)
{
    uint64_t wait_ns = sim_wire_rto_ns(p->wire);
    uint64_t at_ns = p->stalled_ns + wait_ns;

    while (at_ns < p->sim->now_ns) {
        wait_ns *= 2;
        at_ns += wait_ns;
    }
    return at_ns;
}

void sim_pipe_path_changed(struct sim_pipe *p)
{
    if (p->is_dead) {
        return;
    }
    if (!is_path_open(p)) {
        if (p->is_stalled) {
            p->is_resuming = false;
            sim_at(p->sim, &p->stall, p->stalled_ns + p->sim->settings.timeout_ns);
        } else if (p->acked < total(p) && p->is_open) {
            begin_stall(p);
        }
    } else if (p->is_stalled) {
        p->is_resuming = true;
        sim_at(p->sim, &p->stall, retransmission(p));
    }
}

static void schedule_arrival(struct sim_pipe *p)
{
    const struct sim_mark *first = sim_marks_first(&p->under_way);

    if (first != NULL && !p->is_parked) {
        sim_at(p->sim, &p->arrive, first->at_ns);
    } else if (first == NULL && p->is_reset) {
        sim_at(p->sim, &p->arrive, p->reset_ns);
    }
}

static void wake_sender(struct sim_pipe *p);

/* The time-out: the sender gives up, or, once healed, sends again. */
static void on_stall(struct sim_event *event)
{
    struct sim_pipe *p = LIST_OF(event, struct sim_pipe, stall);

    if (!p->is_resuming) {
        p->user->lost(p);
        return;
    }
    p->is_stalled = false;
    p->is_resuming = false;
    p->is_held = false;
    if (p->is_parked) {
        p->is_parked = false;
        sim_at(p->sim, &p->arrive, p->sim->now_ns + sim_wire_delay(p->wire, &p->draw));
    }
    wake_sender(p);
}

/* ---- Sending ---- */

/* When a packet that leaves the serialiser at `left_ns` arrives; false when it never does. */
static bool arrival(struct sim_pipe *p, uint64_t left_ns, uint64_t *at_ns)
{
    uint64_t wait_ns = 0;
    uint64_t late_ns = 0;

    while (sim_wire_loses(p->wire, &p->draw)) {
        wait_ns = wait_ns == 0 ? sim_wire_rto_ns(p->wire) : wait_ns * 2;
        late_ns += wait_ns;
        if (late_ns >= p->sim->settings.timeout_ns) {
            return false;
        }
    }
    *at_ns = left_ns + late_ns + sim_wire_delay(p->wire, &p->draw);
    if (*at_ns < p->last_ns) {
        *at_ns = p->last_ns;
    }
    return true;
}

/* Put [sent, sent + len) on the wire as one packet, or as many that do alike. */
static void send_packet(struct sim_pipe *p, uint64_t len, uint64_t left_ns)
{
    struct sim_mark mark = {.end = p->sent + len};

    if (!arrival(p, left_ns, &mark.at_ns)) {
        p->is_held = true;
        begin_stall(p);
        return;
    }
    p->sent = mark.end;
    p->last_ns = mark.at_ns;
    sim_marks_push(&p->under_way, &mark);
    if (!heap_has(&p->arrive.node)) {
        schedule_arrival(p);
    }
}

/* How much may be sent now: what is written, within the receiver's window. The end needs no window.
 */
static uint64_t sendable(const struct sim_pipe *p)
{
    uint64_t limit = p->edge + p->sim->settings.window;
    uint64_t unsent = total(p) - p->sent;

    if (p->sent + unsent <= limit || (p->has_end && p->sent == p->written)) {
        return unsent;
    }
    return limit > p->sent ? limit - p->sent : 0;
}

/* Have an event when the next acknowledgement comes, if the sender waits for one. */
static void schedule_note(struct sim_pipe *p)
{
    const struct sim_mark *first = sim_marks_first(&p->notes);
    bool is_waiting = p->wants_room || p->sent < total(p);

    if (is_waiting && p->wire->back->was_open && first != NULL && !heap_has(&p->note.node)) {
        sim_at(p->sim, &p->note, first->at_ns);
    }
}

/* With a limited wire one packet, and then the serialiser calls again; else all that may go. */
void sim_pipe_pump(struct sim_pipe *p)
{
    const struct sim_cable_settings *s = sim_wire_settings(p->wire);
    uint64_t segment = s->mtu - SIM_CABLE_PACKET_OVERHEAD;
    uint64_t len;

    if (!p->is_open || p->is_dead || p->is_reset || p->sent == total(p)) {
        return;
    }
    if (!is_path_open(p)) {
        p->is_held = p->is_held || !p->wire->was_open;
        begin_stall(p);
    }
    while (!p->is_held && (len = sendable(p)) > 0) {
        if (s->bytes_per_second > 0 && heap_has(&p->wire->sent.node)) {
            if (!list_is_linked(&p->waiting_link)) {
                list_push_back(&p->wire->waiting, &p->waiting_link);
            }
            break;
        }
        if (len > segment && (s->bytes_per_second > 0 || s->jitter_ns > 0 || s->loss_part > 0)) {
            len = segment;
        }
        uint64_t busy_ns = sim_wire_serialise_ns(p->wire, len + SIM_CABLE_PACKET_OVERHEAD);

        send_packet(p, len, p->sim->now_ns + busy_ns);
        if (s->bytes_per_second > 0) {
            sim_at(p->sim, &p->wire->sent, p->sim->now_ns + busy_ns);
        }
    }
    schedule_note(p);
}

void sim_pipe_open(struct sim_pipe *p, uint64_t not_before_ns)
{
    p->is_open = true;
    p->last_ns = not_before_ns;
    sim_pipe_pump(p);
}

size_t sim_pipe_write(struct sim_pipe *p, const struct span *pieces, size_t count)
{
    const struct sim_settings *s = &p->sim->settings;
    size_t taken = 0;
    size_t given = 0;

    CHECK(!p->has_end && !p->is_dead && !p->is_reset);
    sim_pipe_settle(p);
    uint64_t used = p->written - p->acked;
    uint64_t room = used < s->send_buffer ? s->send_buffer - used : 0;

    for (size_t i = 0; i < count; i++) {
        given += pieces[i].len;
    }
    if (given > 1 && room > 0 && sim_draw_chance(&p->draw, s->short_part, s->short_whole)) {
        room = 1 + sim_draw_below(&p->draw, given < room ? given : room);
    }
    size_t accept = given < room ? given : (size_t)room;

    if (accept > 0) {
        ring_grow(p, (size_t)(p->written - p->read) + accept);
    }
    for (size_t i = 0; i < count && taken < accept; i++) {
        size_t len = pieces[i].len < accept - taken ? pieces[i].len : accept - taken;

        ring_in(p, p->written + taken, pieces[i].ptr, len);
        taken += len;
    }
    p->written += taken;
    p->wants_room = taken < given;
    if (p->wants_room && (p->written - p->acked) * 3 <= (uint64_t)s->send_buffer * 2) {
        sim_at(p->sim, &p->note, p->sim->now_ns); /* cut short for no need: room follows at once */
    }
    sim_pipe_pump(p);
    schedule_note(p);
    return taken;
}

void sim_pipe_end(struct sim_pipe *p)
{
    p->has_end = true;
    p->wants_room = false;
    sim_pipe_pump(p);
}

void sim_pipe_reset(struct sim_pipe *p)
{
    if (p->is_reset && !p->is_dead) {
        return;
    }
    if (p->is_parked) { /* nobody sends again what was lost */
        sim_pipe_kill(p);
    }
    p->is_dead = false;
    p->is_reset = true;
    p->is_stalled = false;
    p->wants_room = false;
    list_remove(&p->waiting_link);
    sim_cancel(p->sim, &p->stall);
    sim_cancel(p->sim, &p->note);
    p->reset_ns = p->sim->now_ns + sim_wire_delay(p->wire, &p->draw);
    if (p->reset_ns < p->last_ns) {
        p->reset_ns = p->last_ns;
    }
    if (!heap_has(&p->arrive.node)) {
        schedule_arrival(p);
    }
}

/* ---- Acknowledgements ---- */

/* The receiver says how far it is; one for each instant. */
static void send_note(struct sim_pipe *p)
{
    struct sim_mark mark = {.at_ns = p->sim->now_ns + sim_wire_settings(p->wire->back)->latency_ns,
                            .end = p->arrived,
                            .edge = p->read};

    sim_pipe_settle(p);
    sim_marks_push(&p->notes, &mark);
    schedule_note(p);
}

void sim_pipe_settle(struct sim_pipe *p)
{
    const struct sim_wire *back = p->wire->back;
    uint64_t until_ns = back->was_open ? p->sim->now_ns : back->shut_ns;
    const struct sim_mark *first = sim_marks_first(&p->notes);

    while (first != NULL && first->at_ns <= until_ns) {
        p->acked = first->end;
        p->edge = first->edge;
        sim_marks_pop(&p->notes);
        first = sim_marks_first(&p->notes);
    }
}

/* What the sender waits for may have come. */
static void wake_sender(struct sim_pipe *p)
{
    sim_pipe_settle(p);
    sim_pipe_pump(p);
    if (p->wants_room &&
        (p->written - p->acked) * 3 <= (uint64_t)p->sim->settings.send_buffer * 2) {
        p->wants_room = false;
        p->user->room(p);
    }
    schedule_note(p);
}

static void on_note(struct sim_event *event)
{
    wake_sender(LIST_OF(event, struct sim_pipe, note));
}

/* ---- Receiving ---- */

/* Packets arrive, or meet a shut wire and are lost. */
static void on_arrive(struct sim_event *event)
{
    struct sim_pipe *p = LIST_OF(event, struct sim_pipe, arrive);
    const struct sim_mark *first = sim_marks_first(&p->under_way);
    bool has_come = false;

    if (!p->wire->was_open && (p->is_reset || first != NULL)) {
        if (p->is_reset) {
            sim_pipe_kill(p); /* resets are not sent again */
            return;
        }
        p->is_held = true;
        p->is_parked = true;
        begin_stall(p);
        return;
    }
    while (first != NULL && first->at_ns <= p->sim->now_ns) {
        p->arrived = first->end;
        has_come = true;
        sim_marks_pop(&p->under_way);
        first = sim_marks_first(&p->under_way);
    }
    bool is_reset_here = p->is_reset && first == NULL && p->reset_ns <= p->sim->now_ns;

    schedule_arrival(p);
    if (is_reset_here) {
        sim_cancel(p->sim, &p->arrive);
    }
    if (has_come) {
        send_note(p);
        p->user->arrived(p);
    }
    if (is_reset_here) {
        p->user->reset(p);
    }
}

uint64_t sim_pipe_readable(const struct sim_pipe *p)
{
    return (p->arrived < p->written ? p->arrived : p->written) - p->read;
}

bool sim_pipe_at_end(const struct sim_pipe *p)
{
    return p->has_end && p->arrived == p->written + 1 && p->read == p->written;
}

bool sim_pipe_is_done(struct sim_pipe *p)
{
    sim_pipe_settle(p);
    return p->is_dead || p->is_reset || (p->has_end && p->acked == total(p));
}

void sim_pipe_read(struct sim_pipe *p, uint8_t *out, size_t len)
{
    CHECK(len <= sim_pipe_readable(p));
    if (out != NULL && len > 0) {
        ring_out(p, p->read, out, len);
    }
    p->read += len;
    if (p->read == p->written && p->cap > 0) {
        give_bytes(p);
    }
    if (!p->is_dead && !p->is_reset) {
        send_note(p);
    }
}

/* ---- From birth to end ---- */

void sim_pipe_init(struct sim_pipe *p, const struct sim_pipe_user *user, struct sim_wire *wire,
                   struct sim_draw draw)
{
    *p = (struct sim_pipe){.user = user, .sim = wire->from->sim, .wire = wire, .draw = draw};
    p->arrive.fire = on_arrive;
    p->note.fire = on_note;
    p->stall.fire = on_stall;
    list_push_back(&wire->pipes, &p->wire_link);
}

void sim_pipe_kill(struct sim_pipe *p)
{
    p->is_dead = true;
    p->is_stalled = false;
    p->is_parked = false;
    p->under_way.count = 0;
    list_remove(&p->waiting_link);
    sim_cancel(p->sim, &p->arrive);
    sim_cancel(p->sim, &p->note);
    sim_cancel(p->sim, &p->stall);
}

void sim_pipe_clear(struct sim_pipe *p)
{
    sim_pipe_kill(p);
    list_remove(&p->wire_link);
    if (p->cap > 0) {
        give_bytes(p);
    }
    sim_marks_clear(&p->under_way);
    sim_marks_clear(&p->notes);
}

void sim_pipe_check(const struct sim_pipe *p)
{
    CHECK(p->read <= p->arrived && p->arrived <= p->sent && p->sent <= total(p));
    CHECK(p->acked <= p->arrived && p->edge <= p->read);
    CHECK((p->cap == 0) == (p->bytes == NULL) && p->written - p->read <= p->cap);
}
