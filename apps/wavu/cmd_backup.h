/*
 * wavu backup create, verify and restore.
 */
#ifndef APPS_WAVU_CMD_BACKUP_H
#define APPS_WAVU_CMD_BACKUP_H

#include "apps/wavu/command.h"

/** Run the command; returns the exit code. */
WARN_UNUSED int cmd_backup_run(struct call *call);

#endif
