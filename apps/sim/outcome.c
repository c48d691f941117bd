/*
 * Numbers for people.
 */
#include "apps/sim/outcome.h"

#include <inttypes.h>
#include <stdio.h>

#define SCALED 1000 /* kB, MB: as networks are measured */

const char *outcome_cables(enum scenario_cable cable)
{
    switch (cable) {
    case SCENARIO_MESSAGE:
        return "message cables: bare overlays, null signatures; what is lost is gone";
    case SCENARIO_STREAM:
        return "stream cables: bare overlays, null signatures; loss becomes a stall, as in TCP";
    case SCENARIO_WHOLE:
        return "whole nodes with real cryptography on simulated TCP and UDP";
    }
    return "";
}

const char *outcome_hash(uint64_t hash, char out[17])
{
    (void)snprintf(out, 17, "%016" PRIx64, hash);
    return out;
}

const char *outcome_bytes(uint64_t bytes, char out[OUTCOME_VALUE_MAX])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= SCALED && unit < 4) {
        value /= SCALED;
        unit++;
    }
    (void)snprintf(out, OUTCOME_VALUE_MAX, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return out;
}

const char *outcome_seconds(uint64_t ms, char out[OUTCOME_VALUE_MAX])
{
    (void)snprintf(out, OUTCOME_VALUE_MAX, "%" PRIu64 ".%" PRIu64 " s", ms / 1000, ms / 100 % 10);
    return out;
}

static void show_delivered(const struct run_figures *f, char out[OUTCOME_VALUE_MAX])
{
    double percent = f->owed > 0 ? 100.0 * (double)f->delivered / (double)f->owed : 100;
    /* What is not all is never shown as 100. */
    percent = f->delivered < f->owed && percent > 99.999 ? 99.999 : percent;
    (void)snprintf(out, OUTCOME_VALUE_MAX, "%" PRIu64 " of %" PRIu64 " (%.*f %%)", f->delivered,
                   f->owed, f->delivered < f->owed ? 3 : 0, percent);
}

/* What did not happen has no figure, and 0 would be one. */
static void show_nothing(char out[OUTCOME_VALUE_MAX])
{
    (void)snprintf(out, OUTCOME_VALUE_MAX, "-");
}

static void show_redundancy(const struct run_figures *f, char out[OUTCOME_VALUE_MAX])
{
    if (f->first_copies == 0) {
        show_nothing(out);
        return;
    }
    (void)snprintf(out, OUTCOME_VALUE_MAX, "%.3f", (double)f->duplicates / (double)f->first_copies);
}

static void show_last_delivery(const struct run_figures *f, char out[OUTCOME_VALUE_MAX])
{
    if (f->last_delivery_us == 0) { /* nothing was said while settling */
        show_nothing(out);
        return;
    }
    (void)snprintf(out, OUTCOME_VALUE_MAX, "%" PRIu64 " ms", f->last_delivery_us / 1000);
}

static void show_detection(const struct run_figures *f, char out[OUTCOME_VALUE_MAX])
{
    if (f->detect_ms == 0) { /* nobody crashed, or was given up for it */
        show_nothing(out);
        return;
    }
    (void)outcome_seconds(f->detect_ms, out);
}

static void show_settled(const struct outcome *o, char out[OUTCOME_VALUE_MAX])
{
    if (o->run->is_passed) {
        (void)outcome_seconds(o->run->figures.settled_ms, out);
    } else {
        show_nothing(out);
    }
}

static void show_number(uint64_t value, char out[OUTCOME_VALUE_MAX])
{
    (void)snprintf(out, OUTCOME_VALUE_MAX, "%" PRIu64, value);
}

static void show_verdicts(const struct run_figures *f, char out[OUTCOME_VALUE_MAX])
{
    (void)snprintf(out, OUTCOME_VALUE_MAX, "%" PRIu64 " true, %" PRIu64 " false", f->downs_true,
                   f->downs_false);
}

static void show_speed(const struct outcome *o, char out[OUTCOME_VALUE_MAX])
{
    uint64_t wall_ms = o->wall_ms > 0 ? o->wall_ms : 1;
    (void)snprintf(out, OUTCOME_VALUE_MAX, "%" PRIu64 " (%" PRIu64 " a second of real time)",
                   o->run->events, o->run->events * 1000 / wall_ms);
}

bool outcome_figure(const struct outcome *o, size_t i, struct outcome_figure *out)
{
    static const char *const labels[] = {"broadcasts",
                                         "deliveries owed and made",
                                         "last delivery, settled (median)",
                                         "hops at most, settled",
                                         "copies too many, settled",
                                         "well again after faults",
                                         "verdicts \"down\"",
                                         "crash to verdict (median)",
                                         "sent",
                                         "bytes a node and second",
                                         "virtual time",
                                         "events"};
    const struct run_figures *f = &o->run->figures;
    if (i >= sizeof labels / sizeof labels[0]) {
        return false;
    }
    out->label = labels[i];
    switch (i) {
    case 0:
        show_number(f->broadcasts, out->value);
        break;
    case 1:
        show_delivered(f, out->value);
        break;
    case 2:
        show_last_delivery(f, out->value);
        break;
    case 3:
        show_number(f->hops_max, out->value);
        break;
    case 4:
        show_redundancy(f, out->value);
        break;
    case 5:
        show_settled(o, out->value);
        break;
    case 6:
        show_verdicts(f, out->value);
        break;
    case 7:
        show_detection(f, out->value);
        break;
    case 8:
        (void)snprintf(out->value, sizeof out->value, "%" PRIu64 " messages", f->messages);
        break;
    case 9:
        (void)outcome_bytes(f->bytes_node_s, out->value);
        break;
    case 10:
        (void)outcome_seconds(o->run->virtual_ms, out->value);
        break;
    default:
        show_speed(o, out->value);
        break;
    }
    return true;
}
