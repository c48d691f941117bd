/*
 * How the simulator speaks: apps/wavu gives its own ways to print, tests give theirs.
 */
#ifndef APPS_SIM_VOICE_H
#define APPS_SIM_VOICE_H

#include <stdbool.h>

#include "wavu/api.h"

/* Exit codes, as those of the whole program. */
enum voice_exit {
    VOICE_OK = 0,
    VOICE_FAILED = 1,
    VOICE_USAGE = 2,
    VOICE_NOT_FOUND = 4,
    VOICE_DENIED = 5
};

struct voice {
    void (*out)(const char *format, ...) PRINTF_LIKE(1, 2); /* stdout */
    bool (*flush)(void);                                    /* false: nobody reads it */
    /* One sentence on stderr; returns `exit_code`. */
    int (*problem)(int exit_code, const char *format, ...) PRINTF_LIKE(2, 3);
    bool (*is_quiet)(void); /* no bar, even on a terminal */
};

#endif
