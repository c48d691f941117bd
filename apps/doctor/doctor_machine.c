/*
 * Clock, memory, descriptors, parts.
 */
#include "apps/doctor/doctor_machine.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/term/say.h"
#include "wavu/version.h"

#define DOCTOR_MACHINE_SHORT 32

/* "2026-11-22 18:41 UTC". */
static const char *doctor_machine_time(int64_t unix_s, char out[DOCTOR_MACHINE_SHORT])
{
    struct tm tm;
    time_t t = (time_t)unix_s;
    if (gmtime_r(&t, &tm) == NULL ||
        strftime(out, DOCTOR_MACHINE_SHORT, "%Y-%m-%d %H:%M UTC", &tm) == 0) {
        (void)snprintf(out, DOCTOR_MACHINE_SHORT, "a time beyond all years");
    }
    return out;
}

/* What was written last in the home, by the clock of then. */
static int64_t doctor_machine_newest(const struct doctor_world *w)
{
    const struct doctor_file *files[] = {&w->store, &w->device_key, &w->store_key,
                                         &w->identity_key};
    int64_t newest = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i]->error == 0 && files[i]->changed_s > newest) {
            newest = files[i]->changed_s;
        }
    }
    return newest;
}

static const char *doctor_machine_span(int64_t seconds, char out[DOCTOR_MACHINE_SHORT])
{
    return say_duration((uint64_t)seconds * 1000, out, DOCTOR_MACHINE_SHORT);
}

/* What the members that are connected say of it, if they do. */
static bool doctor_machine_peers_clock(const struct doctor_world *w, const char *now,
                                       struct doctor_finding *f)
{
    char by[DOCTOR_MACHINE_SHORT];
    const json_t *clock = json_object_get(w->status, "clock");
    int64_t ahead_s = (int64_t)json_integer_value(json_object_get(clock, "aheadMs")) / 1000;
    int64_t away_s = ahead_s < 0 ? -ahead_s : ahead_s;
    long long others = json_integer_value(json_object_get(clock, "others"));
    bool is_sure = others > 1 && away_s > DOCTOR_CLOCK_DAY_S;
    if (others < 1) {
        return false;
    }
    (void)doctor_machine_span(away_s, by);
    if (ahead_s > 0) {
        doctor_say(f, is_sure ? DOCTOR_FAIL : DOCTOR_WARN, "the clock is ahead of others'",
                   "the clock shows %s, %s ahead of what connected members say (as many as %lld)",
                   now, by, others);
    } else {
        doctor_say(f, is_sure ? DOCTOR_FAIL : DOCTOR_WARN, "the clock is behind others'",
                   "the clock shows %s, %s behind what connected members say (as many as %lld)",
                   now, by, others);
    }
    return true;
}

void doctor_machine_clock(const struct doctor_world *w, struct doctor_finding *f)
{
    char now[DOCTOR_MACHINE_SHORT];
    char by[DOCTOR_MACHINE_SHORT];
    int64_t back_s = doctor_machine_newest(w) - w->now_s;
    (void)doctor_machine_time(w->now_s, now);
    doctor_next(f, "set the clock, or let the system keep it: timedatectl set-ntp true");
    if (w->now_s < DOCTOR_CLOCK_LEAST_S) {
        doctor_say(f, DOCTOR_FAIL, "the clock shows a time before this program was written",
                   "the clock shows %s, which is before this program was written", now);
    } else if (back_s > DOCTOR_CLOCK_SLACK_S) {
        doctor_say(f, back_s > DOCTOR_CLOCK_DAY_S ? DOCTOR_FAIL : DOCTOR_WARN,
                   "the clock is behind what was written in the home",
                   "the clock shows %s, and what was written last in the home is %s younger", now,
                   doctor_machine_span(back_s, by));
    } else if (doctor_machine_peers_clock(w, now, f)) {
        return;
    } else if (w->authors_ahead > 0) {
        bool is_sure = w->authors_ahead > 1 && w->ahead_s > DOCTOR_CLOCK_DAY_S;
        doctor_say(
            f, is_sure ? DOCTOR_FAIL : DOCTOR_WARN, "messages are from later than the clock",
            "the clock shows %s, and messages are from %s later: it is behind, or those clocks "
            "are ahead (as many as %u)",
            now, doctor_machine_span(w->ahead_s, by), w->authors_ahead);
    } else if (w->arrived > 0 && w->late_s > DOCTOR_CLOCK_DAY_S) {
        doctor_say(f, DOCTOR_WARN, "all messages came long after they were written",
                   "the clock shows %s, and all messages that came since the node started were "
                   "written at least %s before: it is ahead, or all of them are old",
                   now, doctor_machine_span(w->late_s, by));
    } else if (!w->is_clock_kept) {
        doctor_say(
            f, DOCTOR_OK, "the clock is plausible; nobody says that it is kept in time",
            "the clock shows %s, which is plausible; the system does not say that it is kept "
            "in time",
            now);
        f->next[0] = '\0';
    } else {
        doctor_say(f, DOCTOR_OK, "the clock is plausible and kept in time",
                   "the clock shows %s, and the system keeps it in time", now);
        f->next[0] = '\0';
    }
}

void doctor_machine_memory(const struct doctor_world *w, struct doctor_finding *f)
{
    char bytes[DOCTOR_MACHINE_SHORT];
    (void)say_bytes(w->memory_free, bytes, sizeof bytes);
    if (w->memory_free == 0) {
        doctor_say(f, DOCTOR_OK, "not known", "the system does not say how much memory is free");
    } else if (w->memory_free < DOCTOR_MEMORY_LEAST) {
        doctor_say(f, DOCTOR_FAIL, "hardly any memory is free", "only %s of memory are free",
                   bytes);
        doctor_next(f, "end other programs; a node takes about 10 MiB");
    } else if (w->memory_free < DOCTOR_MEMORY_LOW) {
        doctor_say(
            f, DOCTOR_WARN, "little memory is free",
            "%s of memory are free: enough for a node, and not for a passphrase or a backup, "
            "which take 64 MiB for a second",
            bytes);
        doctor_next(f, "end other programs before you set or type a passphrase");
    } else {
        doctor_say(f, DOCTOR_OK, "enough memory is free", "%s of memory are free", bytes);
    }
}

void doctor_machine_files(const struct doctor_world *w, struct doctor_finding *f)
{
    if (w->fds_max > 0 && w->fds_max < DOCTOR_FDS_LOW) {
        doctor_say(f, DOCTOR_WARN, "few files may be open",
                   "this user's programs may open %llu files each, and each connection is one",
                   (unsigned long long)w->fds_max);
        doctor_next(f, "raise the limit: ulimit -n 4096");
        return;
    }
    doctor_say(f, DOCTOR_OK, "enough files may be open", "enough files may be open at once");
}

void doctor_machine_parts(const struct doctor_world *w, struct doctor_finding *f)
{
    static const char *const with = ""
#ifdef WAVU_HAS_TUI
                                    ", terminal chat"
#endif
#ifdef WAVU_HAS_SHELL
                                    ", shell"
#endif
#ifdef WAVU_HAS_QRENCODE
                                    ", QR codes"
#endif
#ifdef WAVU_HAS_SYSTEMD
                                    ", systemd"
#endif
#ifdef WAVU_HAS_WEB
                                    ", metrics"
#endif
        ;
    static const char *const brief = "transports: TCP; parts:"
#ifdef WAVU_HAS_TUI
                                     " tui"
#endif
#ifdef WAVU_HAS_SHELL
                                     " shell"
#endif
#ifdef WAVU_HAS_QRENCODE
                                     " qrencode"
#endif
#ifdef WAVU_HAS_SYSTEMD
                                     " systemd"
#endif
#ifdef WAVU_HAS_WEB
                                     " web"
#endif
        ;
    (void)w;
    if (with[0] != '\0') {
        doctor_say(f, DOCTOR_OK, brief, "wavu %s; transports: TCP over IPv4 and IPv6; built in: %s",
                   wavu_version(), with + 2);
    } else {
        doctor_say(f, DOCTOR_OK, brief,
                   "wavu %s; transports: TCP over IPv4 and IPv6; built without optional parts",
                   wavu_version());
    }
}
