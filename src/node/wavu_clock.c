/*
 * Judged when a peer says what time it is there, and once a minute.
 */
#include "node/wavu_clock.h"

#include "node/wavu_node.h"
#include "wavu/mesh.h"

/* Our clock less boot time: the same as long as nobody sets it. */
static int64_t wavu_clock_own(const struct wavu_node *node)
{
    return (int64_t)node->port->wall_ms(node->port) -
           (int64_t)(node->port->turn.now_ns / TIMERS_MS);
}

struct clocks wavu_clock_look(const struct wavu_clock *c)
{
    return clocks_look(&c->node->swarm);
}

static void wavu_clock_judge(struct wavu_clock *c, uint64_t now)
{
    const bool is_wrong = wavu_clock_look(c).others > 0;
    if (is_wrong != c->is_wrong && now >= c->again_ns) {
        c->is_wrong = is_wrong;
        c->again_ns = now + WAVU_CLOCK_AGAIN_NS;
        wavu_mesh_clock_changed(c->node->mesh);
    }
}

static void wavu_clock_on_heard(void *context)
{
    struct wavu_clock *c = context;
    wavu_clock_judge(c, c->node->port->turn.now_ns);
}

static void wavu_clock_arm(struct wavu_clock *c)
{
    struct turn *turn = &c->node->port->turn;
    timers_set(&turn->timers, &c->timer, turn->now_ns + WAVU_CLOCK_LOOK_NS, WAVU_CLOCK_SLACK_NS);
}

static void wavu_clock_on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_clock *c = LIST_OF(timer, struct wavu_clock, timer);
    const int64_t own = wavu_clock_own(c->node);
    const int64_t step = own - c->told_ms;
    if (step > WAVU_CLOCK_STEP_MS || step < -WAVU_CLOCK_STEP_MS) {
        c->told_ms = own;
        identify_push_all(&c->node->identify);
    }
    wavu_clock_judge(c, now);
    wavu_clock_arm(c);
}

void wavu_clock_init(struct wavu_clock *c, struct wavu_node *node)
{
    *c = (struct wavu_clock){.node = node, .told_ms = wavu_clock_own(node)};
    node->identify.clock_context = c;
    node->identify.heard_clock = wavu_clock_on_heard;
    timers_prepare(&c->timer, wavu_clock_on_timer);
    wavu_clock_arm(c);
}

void wavu_clock_clear(struct wavu_clock *c)
{
    c->node->identify.heard_clock = NULL;
    timers_cancel(&c->node->port->turn.timers, &c->timer);
}
