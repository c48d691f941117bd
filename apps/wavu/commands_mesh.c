/*
 * Which commands there are for the mesh below, and help: their words, options and help.
 */
#include "apps/wavu/commands_mesh.h"

#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_mesh.h"
#include "apps/wavu/cmd_p2pd.h"
#include "apps/wavu/cmd_perf.h"
#include "apps/wavu/cmd_ping.h"
#include "apps/wavu/cmd_send.h"
#include "apps/wavu/cmd_shell.h"
#include "apps/wavu/cmd_sim.h"
#include "apps/wavu/cmd_topic.h"
#include "apps/wavu/completion.h"
#include "apps/wavu/help.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct args_option peers_options[] = {
    {"wide", '\0', NULL, "also direction, time connected, program and address: long lines"},
};

static const struct args_option topology_options[] = {
    {"graphviz", '\0', NULL, "print a graph for Graphviz (dot, neato)"},
};

static const struct args_option events_options[] = {
    {"all", '\0', NULL, "begin with what the node still knows"},
    {"jsonl", '\0', NULL, "JSON lines, as always"},
    {"no-follow", '\0', NULL, "print what the node still knows, and end"},
};

static const struct args_option topic_options[] = {
    {"anonymous", '\0', NULL, "messages of that topic name no author, and are not signed"},
};

static const struct args_option ping_options[] = {
    {"count", 'c', "N", "how many round trips (4)"},
    {"interval", 'i', "SECONDS", "from one to the next; 0: one directly after the other (1)"},
    {"psk", '\0', "FILE", "a private network: libp2p's pre-shared key file"},
};

static const struct args_option perf_options[] = {
    {"upload-bytes", '\0', "N", "send so many bytes (0)"},
    {"download-bytes", '\0', "N", "then take so many back (0)"},
    {"psk", '\0', "FILE", "a private network: libp2p's pre-shared key file"},
    {"jsonl", '\0', NULL, "JSON lines, as always"},
};

static const struct args_option shell_options[] = {
    {"command", 'c', "TEXT", "carry out the commands in TEXT, with ; between, and end"},
    {"keep-going", 'k', NULL, "go on behind a command that failed"},
};

/* go-libp2p-daemon's: apps/p2pd reads them, and a test holds both lists together. */
static const struct args_option p2pd_options[] = {
    {"listen", '\0', "ADDR", "where programs connect (/unix/tmp/p2pd.sock)"},
    {"listenAnywhere", '\0', NULL, "also beyond this machine: who connects is this node"},
    {"hostAddrs", '\0', "ADDR,ADDR", "where peers connect (all addresses, any port)"},
    {"announceAddrs", '\0', "ADDR,ADDR", "what peers are told in place of these"},
    {"noListenAddrs", '\0', NULL, "take no connections of peers"},
    {"id", '\0', "FILE", "a private key of libp2p; without it a fresh identity"},
    {"q", '\0', NULL, "print nothing"},
    {"b", '\0', NULL, "connect to the bootstrap peers"},
    {"bootstrapPeers", '\0', "ADDR,ADDR", "whom to connect to first"},
    {"dht", '\0', NULL, "Kademlia, by reachability"},
    {"dhtClient", '\0', NULL, "Kademlia, as a client"},
    {"dhtServer", '\0', NULL, "Kademlia, as a server"},
    {"connManager", '\0', NULL, "end connections when there are too many"},
    {"connLo", '\0', "N", "down to so many (256)"},
    {"connHi", '\0', "N", "when there are more than so many (512)"},
    {"connGrace", '\0', "TIME", "none that is younger (120s)"},
    {"pubsub", '\0', NULL, "topics"},
    {"pubsubRouter", '\0', "gossipsub|floodsub", "how they are carried (gossipsub)"},
    {"pubsubSign", '\0', NULL, "sign what is published; as always"},
    {"pubsubSignStrict", '\0', NULL, "take what is signed alone; as always"},
    {"gossipsubHeartbeatInterval", '\0', "TIME", "from one heartbeat to the next (1s)"},
    {"gossipsubHeartbeatInitialDelay", '\0', "TIME", "until the first (100ms)"},
    {"noise", '\0', NULL, "secure links by Noise; as always"},
    {"tls", '\0', NULL, "secure links by TLS"},
    {"plaintext", '\0', NULL, "links that anybody can read, for tests"},
    {"iKnowThisIsATest", '\0', NULL, "needed beside -plaintext"},
    {"muxer", '\0', "NAME", "how streams share a link (yamux)"},
    {"relay", '\0', NULL, "reach peers by relays"},
    {"relayActive", '\0', NULL, "likewise, and look for them"},
    {"relayHop", '\0', NULL, "be a relay"},
    {"relayHopLimit", '\0', "N", "for so many"},
    {"relayDiscovery", '\0', NULL, "look for relays"},
    {"autoRelay", '\0', NULL, "be reached by relays where nothing else helps"},
    {"autonat", '\0', NULL, "tell others whether they can be reached"},
    {"natPortMap", '\0', NULL, "ask the router for a port"},
    {"forceReachabilityPublic", '\0', NULL, "take this node for reachable"},
    {"forceReachabilityPrivate", '\0', NULL, "take it for not reachable"},
    {"metricsAddr", '\0', "ADDR", "counters for Prometheus"},
    {"pprof", '\0', NULL, "of go's programs: refused"},
    {"pprofPort", '\0', "N", "likewise"},
    {"f", '\0', "FILE", "settings as JSON"},
    {"i", '\0', NULL, "settings as JSON from stdin"},
    {"echo", '\0', NULL, "answer /echo/1.0.0; as always, unless -echo=false"},
};

/* --json has a value here: it stands in place of the common one. */
static const struct args_option sim_options[] = {
    {"seed", '\0', "N", "draw everything random from N, not from the file's seed"},
    {"nodes", '\0', "N", "so many nodes, whatever the scenario says"},
    {"draw", '\0', NULL, "no file: a scenario drawn from --seed (1), printed in full"},
    {"cable", '\0', "message|stream|whole",
     "draw only scenarios on message, stream or whole cables"},
    {"print", '\0', NULL, "print the scenario as TOML and do not run it"},
    {"json", '\0', "FILE", "results as JSON; -: on stdout, in place of the table"},
    {"html", '\0', "FILE", "a report with plots: one file that needs nothing else"},
    {"replay-to", '\0', "FILE", "the smallest scenario that fails likewise goes there"},
    {"no-shrink", '\0', NULL, "after a failure, do not look for a smaller one"},
    {"shrink-runs", '\0', "N", "look for it with at most N runs (200)"},
    {"seeds", '\0', "N", "run N drawn scenarios, a line for each that fails"},
    {"from", '\0', "K", "the first of these seeds (1)"},
    {"jobs", 'j', "N", "so many at a time (one for each processor)"},
};

static const struct command table[] = {
    {
        .name = "peers",
        .words = "",
        .summary = "whom the running node is connected to",
        .examples = "  wavu peers\n"
                    "  wavu peers --wide\n"
                    "  wavu peers --json\n",
        .notes = "SECURED: hybrid holds also against a quantum computer of later; classic is\n"
                 "Noise over X25519 alone, as other libp2p programs speak it.\n"
                 "Exit code 3 when no node runs in the home.\n",
        .options = peers_options,
        .option_count = COUNT_OF(peers_options),
        .run = cmd_ask_peers_run,
    },
    {
        .name = "topology",
        .words = "",
        .summary = "who is whose neighbour",
        .examples = "  wavu topology\n"
                    "  wavu topology --graphviz | neato -Tsvg > mesh.svg\n",
        .notes = "Each line is a node and its neighbours, by the last letters of their ids; * is\n"
                 "this node. To one with (no way) no links lead now; what it says is old.\n",
        .options = topology_options,
        .option_count = COUNT_OF(topology_options),
        .run = cmd_mesh_topology_run,
    },
    {
        .name = "broadcast",
        .words = "TEXT",
        .summary = "say something to every node of the mesh",
        .examples = "  wavu broadcast 'water at the school'\n",
        .notes = "Not encrypted beyond the links: every node of the mesh can read it.\n",
        .words_min = 1,
        .words_max = 1,
        .run = cmd_mesh_broadcast_run,
    },
    {
        .name = "send",
        .words = "PEER TEXT",
        .summary = "say something to one member of the mesh",
        .examples = "  wavu send 12D3KooW... 'the bridge is open'\n"
                    "  wavu send hVcSmRkQ 'the bridge is open'   # the last letters of the id\n",
        .notes = "PEER is a member's peer id, or at least 6 of its first or last characters.\n"
                 "Members on the way can read it, though not change it; 'wavu dm' is end-to-end\n"
                 "encrypted. Exit code 0 when PEER has acknowledged it, 6 without an answer\n"
                 "(it may have arrived all the same), 4 when no member fits, 1 when there is no\n"
                 "way.\n",
        .words_min = 2,
        .words_max = 2,
        .run = cmd_send_run,
    },
    {
        .name = "topic",
        .words = "join|read|leave NAME|publish NAME TEXT|list",
        .summary = "topics that all libp2p programs share",
        .examples = "  wavu topic join harvest\n"
                    "  wavu topic read harvest\n"
                    "  wavu topic publish harvest 'the market opens at noon'\n"
                    "  wavu topic list\n",
        .notes =
            "Gossipsub, as go-, rust- and js-libp2p speak it. A topic is open to whoever knows\n"
            "its name: nothing said there is secret; what a group says among itself belongs\n"
            "into rooms. 'read' enters the topic and shows what is said, until Ctrl+C. The\n"
            "node stays in a topic until 'leave', or until it ends or is locked.\n",
        .options = topic_options,
        .option_count = COUNT_OF(topic_options),
        .words_min = 1,
        .words_max = 3,
        .run = cmd_topic_run,
    },
    {
        .name = "events",
        .words = "",
        .summary = "what happens in the mesh, as JSON lines",
        .examples = "  wavu events\n"
                    "  wavu events --no-follow | jq -r 'select(.event==\"message\").text'\n"
                    "  wavu events | jq -r 'select(.event==\"said\") | .shown + \": \" + .text'\n",
        .notes = "Neighbours that come and go, suspicions, broadcasts, what others sent to this\n"
                 "node, seeds, networks, what is said in rooms and direct chats; until Ctrl+C, or\n"
                 "nobody reads it any more.\n",
        .options = events_options,
        .option_count = COUNT_OF(events_options),
        .run = cmd_mesh_events_run,
    },
    {
        .name = "shell",
        .words = "[COMMAND...]",
        .summary = "type commands to the node",
        .examples = "  wavu shell\n"
                    "  wavu shell -c 'connect 192.0.2.7; routes'\n"
                    "  wavu shell trace hVcSmRkQ\n"
                    "  wavu shell --json < commands.txt\n",
        .notes = "Its own commands are connect, disconnect, send, routes, ping, trace, history,\n"
                 "help and exit; those of the program go without 'wavu' before them.\n"
                 "Options of a COMMAND stand behind --. A node is started in the background\n"
                 "where none runs. A script ends at the first command that fails, with that\n"
                 "one's exit code; with -k it goes on, and the exit code is that of the first\n"
                 "that failed.\n",
        .options = shell_options,
        .option_count = COUNT_OF(shell_options),
        .words_max = ARGS_WORDS_MAX,
        .run = cmd_shell_run,
    },
    {
        .name = "ping",
        .words = "ADDR",
        .summary = "measure round trips to a peer",
        .examples =
            "  wavu ping 192.0.2.7:9000\n"
            "  wavu ping node.example:9000 -c 100 -i 0 --json\n"
            "  wavu ping /ip4/192.0.2.7/tcp/9000/p2p/12D3KooW...   # nobody else may answer\n",
        .notes = "Uses an identity of its own; no node has to run.\n",
        .options = ping_options,
        .option_count = COUNT_OF(ping_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_ping_run,
    },
    {
        .name = "perf",
        .words = "ADDR",
        .summary = "measure throughput to a peer",
        .examples = "  wavu perf 192.0.2.7:9000 --upload-bytes 1000000000\n"
                    "  wavu perf 192.0.2.7:9000 --upload-bytes 0 --download-bytes 1000000000\n",
        .notes = "Prints a JSON line each second and a final one, with or without --json. Uses an\n"
                 "identity of its own; no node has to run.\n",
        .options = perf_options,
        .option_count = COUNT_OF(perf_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_perf_run,
    },
    {
        .name = "p2pd",
        .words = "",
        .summary = "a libp2p node for programs in other languages",
        .examples = "  wavu p2pd -listen=/ip4/127.0.0.1/tcp/5005\n"
                    "  wavu p2pd -id=node.key -hostAddrs=/ip4/0.0.0.0/tcp/4001\n",
        .notes =
            "Speaks go-libp2p-daemon's control protocol with its clients for Python,\n"
            "JavaScript and Go. Flags are go's, with one dash or two, -flag=value or\n"
            "-flag value. It has an identity of its own, and nothing of the node of 'wavu up'.\n"
            "Whoever can open the control socket is this node: a unix socket is this user's.\n"
            "On stdout: Control socket, Peer ID, Peer Addrs. Ctrl+C ends it.\n",
        .options = p2pd_options,
        .option_count = COUNT_OF(p2pd_options),
        .run = cmd_p2pd_run,
        .is_foreign = true,
    },
    {
        .name = "sim",
        .words = "[SCENARIO]",
        .summary = "simulate a mesh with faults on virtual time",
        .examples =
            "  wavu sim scenarios/lossy.toml\n"
            "  wavu sim scenarios/churn.toml --seed 7 --nodes 500 --html report.html\n"
            "  wavu sim --draw --seed 37              # whatever the seed gives\n"
            "  wavu sim --seeds 1000 -j 4             # many seeds, a line for each failure\n"
            "  wavu sim lossy-1.replay.toml           # a failure, once more\n",
        .notes = "A run is safe while faults happen, and all is well again when they have\n"
                 "stopped, or it has failed: exit code 0 or 1; 2 for a scenario that is none, 4\n"
                 "where there is no such file. One scenario gives one event hash, on every\n"
                 "machine. A failure is made smaller and written to a replay file.\n"
                 "docs/scenarios.md has the keys of scenarios and of the JSON results.\n",
        .options = sim_options,
        .option_count = COUNT_OF(sim_options),
        .words_max = 1,
        .run = cmd_sim_run,
    },
    {
        .name = "completion",
        .words = "bash|zsh|fish",
        .summary = "print what a shell reads for its Tab key",
        .examples = "  eval \"$(wavu completion bash)\"                  # in ~/.bashrc\n"
                    "  wavu completion zsh >~/.zfunc/_wavu             # in $fpath\n"
                    "  wavu completion fish >~/.config/fish/completions/wavu.fish\n",
        .notes = "Installed with the program already where the shells look. Commands, options and\n"
                 "what they take come from the program, names of people, rooms and networks from\n"
                 "the node that runs.\n",
        .words_min = 1,
        .words_max = 1,
        .run = completion_run,
    },
    {
        .name = "version",
        .words = "",
        .summary = "print the version",
        .examples = "  wavu version\n",
        .notes = "",
        .run = help_version_run,
    },
    {
        .name = "help",
        .words = "[COMMAND]",
        .summary = "explain the program or a command",
        .examples = "  wavu help\n"
                    "  wavu help up\n",
        .notes = "",
        .words_max = 1,
        .run = help_run,
    },
};

const struct command *commands_mesh(size_t *count)
{
    *count = COUNT_OF(table);
    return table;
}
