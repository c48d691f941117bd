/*
 * The program wavu.
 */
#include "apps/wavu/commands.h"

int main(int argc, char **argv)
{
    return commands_main(argc, argv);
}
