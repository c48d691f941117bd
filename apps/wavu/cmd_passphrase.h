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

#endif
