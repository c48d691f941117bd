/*
 * wavu module load|list|off: modules of the running node.
 */
#ifndef APPS_WAVU_CMD_MODULE_H
#define APPS_WAVU_CMD_MODULE_H

struct call;

/** Returns the exit code. */
int cmd_module_run(struct call *call);

#endif
