// js-libp2p nodes with Kademlia, several in one process, for wavu's interop tests.
//
//   kad.mjs --nodes N [--protocol /wavu/kad/1.0.0]
//
// In:  lines of JSON, {"id": any, "node": 0.., "do": name, ...}; see `does` below.
// Out: {"event": "listening", "node", "addr", "peer"} for each, then for each line {"id", "ok": true, ...} or
//      {"id", "ok": false, "error"}. It ends when its input does.

import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const MANY = 1_000_000
const PATIENCE = 15_000

const { values: opt } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1' },
    protocol: { type: 'string', default: '/wavu/kad/1.0.0' }
  }
})

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

const makeNode = () => createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: { inboundConnectionThreshold: MANY },
  services: {
    identify: identify(),
    ping: ping(),
    dht: kadDHT({
      protocol: opt.protocol,
      clientMode: false,
      allowQueryWithZeroPeers: true,
      peerInfoMapper: passthroughMapper
    })
  }
})

/** What each word of "do" lets a node do. */
const does = {
  async connect (node, { addr }) {
    const conn = await node.dial(multiaddr(addr))
    return { peer: conn.remotePeer.toString() }
  },
  async drop (node, { peer }) {
    await node.hangUp(peerIdFromString(peer))
    await node.peerStore.delete(peerIdFromString(peer))
    return {}
  },
  async table (node) {
    return { size: node.services.dht.routingTable.size }
  },
  async find (node, { peer }) {
    for await (const event of node.services.dht.findPeer(peerIdFromString(peer), {
      signal: AbortSignal.timeout(PATIENCE)
    })) {
      if (event.name === 'FINAL_PEER') {
        return { addrs: event.peer.multiaddrs.map((a) => a.toString()) }
      }
    }
    throw new Error('not found')
  },
  async closest (node, { key }) {
    const peers = []
    for await (const event of node.services.dht.getClosestPeers(Buffer.from(key), {
      signal: AbortSignal.timeout(PATIENCE)
    })) {
      if (event.name === 'FINAL_PEER') {
        peers.push(event.peer.id.toString())
      }
    }
    return { peers }
  }
}

async function obey (nodes, line) {
  const wish = JSON.parse(line)
  try {
    say({ id: wish.id, ok: true, ...await does[wish.do](nodes[wish.node ?? 0], wish) })
  } catch (err) {
    say({ id: wish.id, ok: false, error: String(err?.message ?? err) })
  }
}

async function main () {
  const nodes = []
  for (let i = 0; i < Number(opt.nodes); i++) {
    const node = await makeNode()
    nodes.push(node)
    say({ event: 'listening', node: i, addr: node.getMultiaddrs()[0].toString(), peer: node.peerId.toString() })
  }
  for await (const line of createInterface({ input: process.stdin })) {
    obey(nodes, line)
  }
  process.exit(0)
}

main().catch((err) => {
  say({ event: 'error', message: String(err?.message ?? err) })
  process.exit(1)
})
