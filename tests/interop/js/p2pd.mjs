// The published client of libp2p's daemons, @libp2p/daemon-client, unchanged, against `wavu p2pd`.
//
// What arrives: the path of wavu. What leaves: TAP on stdout; exit code 1 when a test failed.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { noise } from '@chainsafe/libp2p-noise'
import { createClient } from '@libp2p/daemon-client'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { CID } from 'multiformats/cid'

const ECHO = '/echo/1.0.0'
const OWN = '/test/p2pd/1'
const wavu = process.argv[2]
const folder = mkdtempSync(join(tmpdir(), 'wavu-p2pd-'))
const daemons = []
let count = 0
let failed = 0

process.on('exit', () => {
  for (const d of daemons) d.child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function test (name, run, seconds = 20) {
  count++
  const patience = new Promise((resolve, reject) => setTimeout(reject, seconds * 1000, new Error(`no end in ${seconds} s`)).unref())
  try {
    await Promise.race([run(), patience])
    console.log(`ok ${count} - p2pd: ${name}`)
  } catch (err) {
    failed++
    console.log(`not ok ${count} - p2pd: ${name}\n  # ${err.stack ?? err}`)
  }
}

function equal (a, b) {
  if (a !== b) throw new Error(`${a} is not ${b}`)
}

/** The address as this multiaddr library wants it: a path is one part. */
function control (text) {
  return multiaddr(text.startsWith('/unix/') ? `/unix/${encodeURIComponent(text.slice(5))}` : text)
}

/** Start a daemon; what its clients read on stdout is taken from there. */
async function daemon (...flags) {
  const child = spawn(wavu, ['p2pd', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const d = { child, addrs: [], ended: new Promise((resolve) => child.on('exit', resolve)) }
  daemons.push(d)
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('Control socket: ')) d.control = control(line.slice(16))
    else if (line.startsWith('Peer ID: ')) d.id = line.slice(9)
    else if (line.startsWith('/')) d.addrs.push(multiaddr(line))
    if (d.addrs.length > 0) break
  }
  d.client = createClient(d.control)
  return d
}

/** Send all, with back-pressure. */
async function sendAll (stream, bytes) {
  for (let at = 0; at < bytes.length; at += 65536) {
    if (!stream.send(bytes.subarray(at, at + 65536))) await stream.onDrain()
  }
}

/** The first so many bytes that come. */
async function take (stream, wanted) {
  const pieces = []
  let got = 0
  for await (const piece of stream) {
    pieces.push(piece.subarray())
    got += piece.byteLength
    if (got >= wanted) break
  }
  return Buffer.concat(pieces)
}

/** Ask, be answered by the same, and close: this client's streams have no half-close. */
async function echoes (stream, bytes) {
  const back = take(stream, bytes.length)
  await sendAll(stream, bytes)
  equal(Buffer.compare(await back, bytes), 0)
  await stream.close()
}

/** Say back what comes, until its end. */
async function answer (stream) {
  for await (const piece of stream) {
    if (!stream.send(piece.subarray())) await stream.onDrain()
  }
}

/** Once more, until tables have filled. */
async function retried (ask) {
  for (let i = 0; ; i++) {
    try {
      return await ask()
    } catch (err) {
      if (i === 20) throw err
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

async function collect (values) {
  const all = []
  for await (const value of values) all.push(value)
  return all
}

async function jsNode () {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() }
  })
  await node.handle(OWN, async (stream) => { await answer(stream); await stream.close() })
  return node
}

const host = '-hostAddrs=/ip4/127.0.0.1/tcp/0'
const a = await daemon(`-listen=/unix${folder}/a.sock`, host, '-dhtServer')
const b = await daemon('-listen=/ip4/127.0.0.1/tcp/0', '--hostAddrs', '/ip4/127.0.0.1/tcp/0', '-dhtServer=true')
const c = await daemon(`-listen=/unix${folder}/c.sock`, host, '-dhtServer', '-b', `-bootstrapPeers=${b.addrs[0]}/p2p/${b.id}`)
const idOf = async (d) => (await d.client.identify()).peerId
const aId = await idOf(a)
const bId = await idOf(b)
const cId = await idOf(c)
const js = await jsNode()

await test('identify says id and addresses, over a unix socket and TCP', async () => {
  equal(aId.toString(), a.id)
  equal(bId.toString(), b.id)
  equal((await b.client.identify()).addrs[0].toString(), b.addrs[0].toString())
})

await test('who was connected to is listed', async () => {
  equal((await a.client.listPeers()).length, 0)
  await a.client.connect(bId, b.addrs)
  equal((await a.client.listPeers())[0].toString(), b.id)
  equal((await b.client.listPeers()).some((peer) => peer.toString() === a.id), true)
})

await test('nobody there is an error in words', async () => {
  try {
    await a.client.connect(js.peerId, [multiaddr('/ip4/127.0.0.1/tcp/9')])
  } catch (err) {
    equal(/not reached/.test(err.message), true)
    return
  }
  throw new Error('it was connected')
})

await test('16 MiB through the echo of the other daemon', async () => {
  await echoes(await a.client.openStream(bId, ECHO), randomBytes(16 * 1024 * 1024))
})

await test('a protocol that nobody answers is an error', async () => {
  let err
  await a.client.openStream(bId, '/nobody/1').catch((e) => { err = e })
  equal(/none of these protocols/.test(err?.message), true)
})

await test('a handler is told of the stream and answers it', async () => {
  await b.client.registerStreamHandler(OWN, answer)
  await echoes(await a.client.openStream(bId, OWN), randomBytes(1024 * 1024))
})

await test('a program opens a stream to js-libp2p', async () => {
  await a.client.connect(js.peerId, js.getMultiaddrs())
  await echoes(await a.client.openStream(js.peerId, OWN), randomBytes(1024 * 1024))
})

await test('js-libp2p opens a stream to a program', async () => {
  await a.client.registerStreamHandler('/test/p2pd/2', answer)
  await js.dial(a.addrs[0].encapsulate(`/p2p/${a.id}`))
  await echoes(await js.dialProtocol(aId, '/test/p2pd/2'), randomBytes(1024 * 1024))
})

await test('js-libp2p is echoed', async () => {
  await echoes(await js.dialProtocol(aId, ECHO), randomBytes(65536))
})

await test('32 streams at once', async () => {
  const bytes = randomBytes(65536)
  await Promise.all(Array.from({ length: 32 }, async () => echoes(await a.client.openStream(bId, ECHO), bytes)))
})

await test('a peer that only another daemon knows is found by the DHT', async () => {
  const found = await retried(() => a.client.dht.findPeer(cId))
  equal(found.id.toString(), c.id)
  equal(found.multiaddrs.some((addr) => addr.toString() === c.addrs[0].toString()), true)
}, 70)

await test('a value is put and got', async () => {
  const key = Buffer.concat([Buffer.from('/pk/'), aId.toMultihash().bytes])
  const value = aId.toMultihash().digest // of an identity multihash: the public key
  await retried(() => a.client.dht.put(key, value))
  equal(Buffer.compare(Buffer.from(await retried(() => c.client.dht.get(key))), Buffer.from(value)), 0)
}, 70)

await test('who provides a CID is found', async () => {
  const cid = CID.parse('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
  await retried(() => c.client.dht.provide(cid))
  const found = await collect(a.client.dht.findProviders(cid, 1))
  equal(found[0].id.toString(), c.id)
  equal(found[0].multiaddrs.length > 0, true)
}, 70)

await test('the nearest to a key are named', async () => {
  const found = await collect(a.client.dht.getClosestPeers(Buffer.from('here')))
  equal(found.length >= 2, true)
}, 70)

await test('SIGTERM ends it in order', async () => {
  for (const d of daemons) {
    d.child.kill('SIGTERM')
    equal(await d.ended, 0)
  }
})

await js.stop()
console.log(`1..${count}`)
process.exit(failed > 0 ? 1 : 0)
