/*
 * Messages to the service manager, each a datagram of libsystemd's. Whoever does not take one is no
 * reason to end: they are not answered, and their loss is the manager's to notice.
 */
#include "apps/daemon/ready.h"

#include <inttypes.h>
#include <stddef.h>

#ifdef WAVU_HAS_SYSTEMD
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#endif

#define READY_US_NS UINT64_C(1000)
#define READY_MS_NS UINT64_C(1000000)

#ifdef WAVU_HAS_SYSTEMD

void ready_begin(struct ready *r, uint64_t now_ns)
{
    const char *socket = getenv("NOTIFY_SOCKET");
    uint64_t patience_us = 0;
    *r = (struct ready){.is_managed = socket != NULL && socket[0] != '\0', .due_ns = now_ns};
    if (r->is_managed && sd_watchdog_enabled(0, &patience_us) > 0) {
        r->period_ns = patience_us / 2 * READY_US_NS;
    }
}

void ready_up(const struct ready *r, const char *status)
{
    if (r->is_managed) {
        (void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
    }
}

void ready_status(const struct ready *r, const char *status)
{
    if (r->is_managed) {
        (void)sd_notifyf(0, "STATUS=%s", status);
    }
}

void ready_reloading(const struct ready *r)
{
    struct timespec now;
    if (r->is_managed && clock_gettime(CLOCK_MONOTONIC, &now) == 0) {
        uint64_t us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, us);
    }
}

void ready_stopping(const struct ready *r)
{
    if (r->is_managed) {
        (void)sd_notify(0, "STOPPING=1");
    }
}

static void ready_live(void)
{
    (void)sd_notify(0, "WATCHDOG=1");
}

#else

void ready_begin(struct ready *r, uint64_t now_ns)
{
    *r = (struct ready){.due_ns = now_ns};
}

void ready_up(const struct ready *r, const char *status)
{
    (void)r;
    (void)status;
}

void ready_status(const struct ready *r, const char *status)
{
    (void)r;
    (void)status;
}

void ready_reloading(const struct ready *r)
{
    (void)r;
}

void ready_stopping(const struct ready *r)
{
    (void)r;
}

static void ready_live(void)
{
}

#endif

int64_t ready_patience_ms(const struct ready *r, uint64_t now_ns, int64_t patience_ms)
{
    if (r->period_ns == 0) {
        return patience_ms;
    }
    int64_t left_ms = r->due_ns <= now_ns ? 0 : (int64_t)((r->due_ns - now_ns) / READY_MS_NS + 1);
    return patience_ms >= 0 && patience_ms < left_ms ? patience_ms : left_ms;
}

void ready_tick(struct ready *r, uint64_t now_ns)
{
    if (r->period_ns == 0 || now_ns < r->due_ns) {
        return;
    }
    r->due_ns = now_ns + r->period_ns;
    ready_live();
}
