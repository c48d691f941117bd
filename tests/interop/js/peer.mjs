// A js-libp2p peer for wavu's interop tests and benchmarks.
//
// What arrives: a role and its options on the command line (see USAGE below).
// What leaves: JSON lines on stdout, the same ones that go/main.go and rust/src/main.rs print, so
// that run.sh and bench/run.py drive all three alike. Exit code 0, or 1 after an "error" line.
//
// js-libp2p's defaults refuse what a test needs from one host (5 connections a second, 300 in all,
// 32 streams a protocol), so they are raised here. Everything else is as it comes.

import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { mdns } from '@libp2p/mdns'
import { plaintext } from '@libp2p/plaintext'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const USAGE = `usage: peer.mjs ROLE [ADDR] [options]
  listen                      serve identify, ping, perf and echo until SIGTERM
  mdns                        the same, and say whom multicast DNS discovers
  identify ADDR               dial, print what identify says
  hold ADDR                   dial and stay; says "disconnected" when the peer is lost
  ping ADDR -c N              N round trips on one stream
  echo ADDR --bytes N --streams K   open K streams, send N bytes on each while reading them back
  perf ADDR --upload-bytes N --download-bytes N
  handshakes ADDR --count N --parallel K
  idle ADDR --count N         hold N connections until SIGTERM
options: --host IP  --psk FILE  --early on|off  --bare (no identify, no monitor)
  --security noise|tls|plaintext  --key Ed25519|RSA|secp256k1`

const ECHO = '/wavu/echo/1'
const PERF = '/perf/1.0.0'
const PING = '/ipfs/ping/1.0.0'
const BLOCK = 64 * 1024
const MANY = 1_000_000

const { positionals, values: opt } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    psk: { type: 'string' },
    early: { type: 'string', default: 'on' },
    security: { type: 'string', default: 'noise' },
    key: { type: 'string', default: 'Ed25519' },
    bare: { type: 'boolean', default: false },
    count: { type: 'string', short: 'c', default: '1' },
    parallel: { type: 'string', default: '1' },
    bytes: { type: 'string', default: '65536' },
    streams: { type: 'string', default: '1' },
    'upload-bytes': { type: 'string', default: '0' },
    'download-bytes': { type: 'string', default: '0' }
  }
})
const [role, addr] = positionals

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')
const ms = (from) => performance.now() - from

/** Noise that offers no muxers, so that yamux is agreed on by multistream-select inside the channel. */
function noiseWithoutMuxers (components) {
  const plain = noise()(components)
  for (const name of ['secureOutbound', 'secureInbound']) {
    const secure = plain[name].bind(plain)
    plain[name] = (conn, options) => secure(conn, { ...options, skipStreamMuxerNegotiation: true })
  }
  return plain
}

function encrypter () {
  switch (opt.security) {
    case 'tls': return tls()
    case 'plaintext': return plaintext()
    default: return opt.early === 'off' ? noiseWithoutMuxers : noise()
  }
}

async function makeNode () {
  const listening = role === 'listen' || role === 'mdns'
  const family = opt.host.includes(':') ? 'ip6' : 'ip4'
  const streams = { maxReadBufferLength: 64 * 1024 * 1024 }
  return createLibp2p({
    start: false,
    privateKey: await generateKeyPair(opt.key, ...(opt.key === 'RSA' ? [2048] : [])),
    addresses: { listen: listening ? [`/${family}/${opt.host}/tcp/0`] : [] },
    transports: [tcp({ backlog: 4096 })],
    connectionEncrypters: [encrypter()],
    streamMuxers: [yamux({
      maxInboundStreams: 4096, maxOutboundStreams: 4096, maxEarlyStreams: 1024, streamOptions: streams
    })],
    connectionProtector: opt.psk == null ? undefined : preSharedKey({ psk: readFileSync(opt.psk) }),
    connectionManager: {
      inboundConnectionThreshold: MANY,
      maxIncomingPendingConnections: 4096,
      maxConnections: 100_000,
      maxDialQueueLength: 100_000,
      maxParallelDials: 256
    },
    connectionMonitor: { enabled: !opt.bare },
    peerDiscovery: role === 'mdns' ? [mdns({ interval: 1000 })] : [],
    services: opt.bare ? {} : { identify: identify() }
  })
}

function watch (node) {
  node.addEventListener('connection:open', (e) =>
    say({ event: 'connected', peer: e.detail.remotePeer.toString() }))
  node.addEventListener('peer:discovery', (e) => say({
    event: 'discovered', peer: e.detail.id.toString(), addrs: e.detail.multiaddrs.map((a) => a.toString())
  }))
  node.addEventListener('connection:close', (e) =>
    say({ event: 'disconnected', peer: e.detail.remotePeer.toString() }))
  node.addEventListener('peer:identify', (e) => say({
    event: 'identified',
    peer: e.detail.peerId.toString(),
    agent: e.detail.agentVersion ?? '',
    protocols: e.detail.protocols,
    observed: e.detail.observedAddr?.toString() ?? '',
    listen: e.detail.listenAddrs.map((a) => a.toString()),
    signedRecord: e.detail.signedPeerRecord != null
  }))
}

/**
 * Call onBytes for each piece that arrives; resolve when all before the peer's half-close has been
 * handed over, reject if the stream dies. The event "end" is used, not "remoteCloseWrite", which comes
 * before bytes that a pause held back and is gone if the half-close came with the opening bytes.
 */
function readAll (stream, onBytes) {
  return new Promise((resolve, reject) => {
    const finish = (err) => {
      if (err != null || stream.status === 'aborted' || stream.status === 'reset') {
        reject(err ?? new Error(`the stream was ${stream.status}`))
      } else {
        resolve()
      }
    }
    stream.addEventListener('message', (e) => onBytes(e.data))
    stream.addEventListener('end', () => finish())
    stream.addEventListener('close', (e) => finish(e.error))
    if (stream.readableEnded) {
      finish()
    }
  })
}

/**
 * Resolve when the stream takes bytes again. stream.onDrain() is not used: from its second call on it
 * answers at once, and an upload would be buffered whole.
 */
function drained (stream) {
  return new Promise((resolve, reject) => {
    const settle = (act, value) => {
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('close', onClose)
      act(value)
    }
    const onDrain = () => setImmediate(() => stream.writableNeedsDrain || settle(resolve))
    const onClose = (e) => settle(reject, e.error ?? new Error('the stream closed before it drained'))
    stream.addEventListener('drain', onDrain)
    stream.addEventListener('close', onClose)
  })
}

async function writeAll (stream, total, nextBlock) {
  for (let left = total; left > 0;) {
    const block = nextBlock(Math.min(left, BLOCK))
    left -= block.byteLength
    if (!stream.send(block)) {
      await drained(stream)
    }
  }
}

// -- served protocols --------------------------------------------------------------------------

async function serveEcho (stream) {
  const read = readAll(stream, (data) => {
    if (!stream.send(data)) {
      stream.pause()
      drained(stream).then(() => stream.resume()).catch(() => {})
    }
  })
  await read
  if (stream.writableNeedsDrain) {
    await drained(stream)
  }
  await stream.close()
}

async function servePerf (stream) {
  const head = Buffer.alloc(8)
  let have = 0
  await readAll(stream, (data) => {
    if (have < 8) {
      const bytes = data.subarray(0, 8 - have)
      head.set(bytes, have)
      have += bytes.byteLength
    }
  })
  const zeros = new Uint8Array(BLOCK)
  await writeAll(stream, Number(head.readBigUInt64BE()), (n) => zeros.subarray(0, n))
  await stream.close()
}

/** Unlike @libp2p/ping, answer for as long as the stream lasts: wavu and rust ping on one stream. */
async function servePing (stream) {
  await readAll(stream, (data) => stream.send(data))
  await stream.close()
}

async function serve (node) {
  const options = { maxInboundStreams: 4096, maxOutboundStreams: 4096, runOnLimitedConnection: true }
  const guarded = (handler) => (stream) => handler(stream).catch((err) => stream.abort(err))
  await node.handle(ECHO, guarded(serveEcho), options)
  await node.handle(PERF, guarded(servePerf), options)
  await node.handle(PING, guarded(servePing), options)
}

// -- roles ---------------------------------------------------------------------------------------

const STREAM = { maxOutboundStreams: 4096 }
const untilSignal = () => new Promise((resolve) => process.once('SIGTERM', resolve))

async function doListen (node) {
  for (const a of node.getMultiaddrs()) {
    say({ event: 'listening', addr: a.toString(), peer: node.peerId.toString() })
  }
  await untilSignal()
}

async function doIdentify (node, conn) {
  const seen = new Promise((resolve) => node.addEventListener('peer:identify', resolve))
  await Promise.race([seen, new Promise((resolve, reject) =>
    setTimeout(() => reject(new Error('identify did not finish within 10 s')), 10_000).unref())])
  await conn.close()
}

async function doHold (node, conn) {
  say({ event: 'self', peer: node.peerId.toString() })
  const lost = new Promise((resolve) => conn.addEventListener('close', resolve))
  await Promise.race([lost, untilSignal()])
}

function summary (values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
  return { min: sorted[0], median: at(0.5), p99: at(0.99), max: sorted.at(-1) }
}

async function doPing (node, conn) {
  const count = Number(opt.count)
  const stream = await conn.newStream(PING, STREAM)
  let pending = []
  let resolvePong
  const done = readAll(stream, (data) => {
    pending.push(data.subarray())
    if (pending.reduce((sum, part) => sum + part.byteLength, 0) >= 32) {
      resolvePong(Buffer.concat(pending))
      pending = []
    }
  })
  const rtts = []
  for (let i = 0; i < count; i++) {
    const sent = randomBytes(32)
    const start = performance.now()
    const pong = new Promise((resolve) => { resolvePong = resolve })
    stream.send(sent)
    const got = await Promise.race([pong, done.then(() => null)])
    rtts.push(ms(start))
    if (got == null || !sent.equals(got)) {
      throw new Error(`ping ${i} came back wrong`)
    }
  }
  await stream.close()
  await done
  say({ type: 'ping', count, rttMs: summary(rtts) })
}

async function doEcho (node, conn) {
  const bytes = Number(opt.bytes)
  const count = Number(opt.streams)
  const start = performance.now()
  const streams = []
  for (let i = 0; i < count; i++) {
    streams.push(await conn.newStream(ECHO, STREAM))
  }
  const wholes = await Promise.all(streams.map(async (stream) => {
    const sent = createHash('sha256')
    const got = createHash('sha256')
    let received = 0
    const read = readAll(stream, (data) => {
      received += data.byteLength
      got.update(data.subarray())
    })
    const write = writeAll(stream, bytes, (n) => {
      const block = randomBytes(n)
      sent.update(block)
      return block
    }).then(() => stream.close())
    await Promise.all([write, read])
    return received === bytes && sent.digest('hex') === got.digest('hex')
  }))
  const matched = wholes.filter((ok) => ok).length
  say({ type: 'echo', bytes, streams: count, matched, seconds: ms(start) / 1000 })
  if (matched !== count) {
    throw new Error(`${count - matched} of ${count} streams came back different`)
  }
}

async function doPerf (node, conn) {
  const upload = Number(opt['upload-bytes'])
  const download = Number(opt['download-bytes'])
  const start = performance.now()
  const stream = await conn.newStream(PERF, STREAM)
  const seen = { up: 0, down: 0 }
  const last = { at: start, up: 0, down: 0 }
  const tick = setInterval(() => {
    say({ type: 'intermediary', timeSeconds: ms(last.at) / 1000,
      uploadBytes: seen.up - last.up, downloadBytes: seen.down - last.down })
    Object.assign(last, { at: performance.now(), ...seen })
  }, 1000)
  try {
    const read = readAll(stream, (data) => { seen.down += data.byteLength })
    const head = Buffer.alloc(8)
    head.writeBigUInt64BE(BigInt(download))
    stream.send(head)
    const zeros = new Uint8Array(BLOCK)
    await writeAll(stream, upload, (n) => {
      seen.up += n
      return zeros.subarray(0, n)
    })
    await stream.close()
    await read
  } finally {
    clearInterval(tick)
  }
  say({ type: 'final', timeSeconds: ms(start) / 1000, uploadBytes: seen.up, downloadBytes: seen.down })
  if (seen.down !== download) {
    throw new Error(`asked for ${download} bytes, got ${seen.down}`)
  }
}

/**
 * Call work(node) count times in all, from `parallel` nodes. Each lane has a node of its own, because
 * js-libp2p joins dials to one peer that are under way at the same time into one connection.
 */
async function lanes (first, count, parallel, work) {
  const nodes = [first]
  while (nodes.length < parallel) {
    const node = await makeNode()
    await node.start()
    nodes.push(node)
  }
  let left = count
  const start = performance.now()
  await Promise.all(nodes.map(async (node) => {
    while (left-- > 0) {
      await work(node)
    }
  }))
  return ms(start) / 1000
}

async function doHandshakes (node) {
  const count = Number(opt.count)
  const parallel = Number(opt.parallel)
  const target = multiaddr(addr)
  const seconds = await lanes(node, count, parallel, async (dialer) => {
    const conn = await dialer.dial(target, { force: true })
    await conn.close()
  })
  say({ type: 'handshakes', count, parallel, seconds, perSecond: count / seconds })
}

async function doIdle (node) {
  const target = multiaddr(addr)
  const held = new Set()
  await lanes(node, Number(opt.count), 16, async (dialer) => {
    held.add(await dialer.dial(target, { force: true }))
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  say({ event: 'idle', count: [...held].filter((c) => c.status === 'open').length })
  await untilSignal()
}

// -- start -----------------------------------------------------------------------------------------

const roles = {
  listen: { run: doListen },
  mdns: { run: doListen },
  identify: { run: doIdentify, dials: true },
  hold: { run: doHold, dials: true },
  ping: { run: doPing, dials: true },
  echo: { run: doEcho, dials: true },
  perf: { run: doPerf, dials: true },
  handshakes: { run: doHandshakes },
  idle: { run: doIdle }
}

async function main () {
  const chosen = roles[role]
  if (chosen == null || (role !== 'listen' && role !== 'mdns' && addr == null)) {
    process.stderr.write(USAGE + '\n')
    process.exit(2)
  }
  const node = await makeNode()
  if (!opt.bare || role === 'hold') {
    watch(node)
  }
  await serve(node)
  await node.start()
  const conn = chosen.dials ? await node.dial(multiaddr(addr)) : undefined
  await chosen.run(node, conn)
  process.exit(0)
}

main().catch((err) => {
  say({ event: 'error', message: String(err?.message ?? err) })
  process.exit(1)
})
