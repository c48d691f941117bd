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
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import * as digest from 'multiformats/hashes/digest'

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
      // That of pk is built in; here js believes what comes and wavu judges it.
      validators: { ipns: async () => {} },
      selectors: { ipns: () => 0 },
      peerInfoMapper: passthroughMapper
    })
  }
})

const bytes = (hex) => Buffer.from(hex, 'hex')
const cid = (hex) => CID.createV1(raw.code, digest.decode(bytes(hex)))

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
  async put (node, { key, value }) {
    let kept = 0
    for await (const event of node.services.dht.put(bytes(key), bytes(value), {
      signal: AbortSignal.timeout(PATIENCE)
    })) {
      kept += event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE' ? 1 : 0
    }
    return { count: kept }
  },
  async get (node, { key }) {
    for await (const event of node.services.dht.get(bytes(key), { signal: AbortSignal.timeout(PATIENCE) })) {
      if (event.name === 'VALUE') {
        return { value: Buffer.from(event.value).toString('hex') }
      }
    }
    throw new Error('not found')
  },
  async provide (node, { key }) {
    let told = 0
    for await (const event of node.services.dht.provide(cid(key), { signal: AbortSignal.timeout(PATIENCE) })) {
      told += event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER' ? 1 : 0
    }
    return { count: told }
  },
  async providers (node, { key }) {
    const peers = new Map()
    for await (const event of node.services.dht.findProviders(cid(key), { signal: AbortSignal.timeout(PATIENCE) })) {
      for (const p of event.name === 'PROVIDER' ? event.providers : []) {
        peers.set(p.id.toString(), p.multiaddrs.length)
      }
    }
    return { peers: [...peers.keys()], addrs: [...peers.values()] }
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
    say({
      event: 'listening',
      node: i,
      addr: node.getMultiaddrs()[0].toString(),
      peer: node.peerId.toString(),
      key: Buffer.from(publicKeyToProtobuf(node.peerId.publicKey)).toString('hex'),
      hash: Buffer.from(node.peerId.toMultihash().bytes).toString('hex')
    })
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
