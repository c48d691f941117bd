/*
 * The settings of a node: read when it starts, and again while it runs.
 *
 * Read again, they are taken whole or not at all. Those that a running node can change are changed,
 * of the others it is said that the next start takes them, again each time until then.
 */
#ifndef APPS_WAVU_UP_RELOAD_H
#define APPS_WAVU_UP_RELOAD_H

#include "apps/rpc/methods_reload.h"
#include "apps/wavu/command.h"
#include "apps/settings/settings.h"

struct up_reload {
    const struct call *call;   /* its options beat the file, each time */
    const char *home;          /* borrowed */
    struct settings *settings; /* that hold; borrowed */
    bool has_passphrase;       /* the home: without one there is nothing to lock */
    void (*changed)(
        void *context); /* those that can change have; all of them are to be looked at */
    void *context;
};

/** Defaults, then the file, then options. Returns 0, or an exit code after a sentence. */
WARN_UNUSED int up_reload_read(const struct call *call, const char *home, struct settings *out);

/** Can a running node take that setting? */
WARN_UNUSED bool up_reload_is_live(const char *name);

/** Read them again; `out` is zeroed memory. */
void up_reload_run(const struct up_reload *r, struct methods_reloaded *out);

/** What came of it, as one line for the log: without the folder that the settings are in, which
 * may bear a person's name. Returns `line`. */
const char *up_reload_line(const struct up_reload *r, const struct methods_reloaded *done,
                           char line[METHODS_RELOAD_PROBLEM_MAX]);

#endif
