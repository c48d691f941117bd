/*
 * wavu passphrase, wavu lock, wavu unlock: what a home opens with.
 */
#ifndef APPS_WAVU_CMD_PASSPHRASE_H
#define APPS_WAVU_CMD_PASSPHRASE_H

#include "apps/wavu/command.h"

/** Run one; returns the exit code. */
WARN_UNUSED int cmd_passphrase_run(struct call *call);
WARN_UNUSED int cmd_passphrase_lock_run(struct call *call);
WARN_UNUSED int cmd_passphrase_unlock_run(struct call *call);

/** Ask for the passphrase and unlock the running node, for a command that needs it open; nothing is
 * printed. Returns 0, or an exit code after a sentence. */
WARN_UNUSED int cmd_passphrase_open(const struct call *call);

#endif
