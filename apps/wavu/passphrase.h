/*
 * A passphrase: typed at the terminal without being shown, or read from a file or descriptor, which
 * is how a service gets it. Wiped by whoever had it read.
 */
#ifndef APPS_WAVU_PASSPHRASE_H
#define APPS_WAVU_PASSPHRASE_H

#include "apps/wavu/command.h"
#include "wavu/vault.h"

struct passphrase {
    char bytes[WAVU_PASSPHRASE_MAX + 1]; /* with a NUL behind them */
    size_t len;
};

/** Can somebody be asked? */
bool passphrase_has_terminal(void);

/**
 * Read it: from what the option `option` names (a path; digits: a descriptor; "-": stdin, asked for
 * as ever where that is a terminal), up to the first newline; else from the terminal, after
 * `question`, twice when it is a `new` one. Returns 0, or an exit code after a sentence; then `out`
 * is empty.
 */
WARN_UNUSED int passphrase_read(const struct call *call, const char *option, const char *question,
                                bool is_new, struct passphrase *out);

void passphrase_wipe(struct passphrase *p);

#endif
