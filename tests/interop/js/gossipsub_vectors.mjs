// Messages as js-libp2p publishes them: prints the text of tests/vectors/gossipsub.txt. Keys of RSA and secp256k1 are drawn anew.
//   npm install --ignore-scripts @libp2p/gossipsub@16 @libp2p/crypto @libp2p/peer-id && node gossipsub_vectors.mjs
import { generateKeyPair, generateKeyPairFromSeed, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { readFileSync } from 'node:fs'

// What builds a message is not exported by the package.
const source = new URL('.', import.meta.resolve('@libp2p/gossipsub'))
const inner = (path) => import(new URL(path, source))
const { buildRawMessage } = await inner('utils/buildRawMessage.js')
const { RPC } = await inner('message/rpc.js')
const { PublishConfigType } = await inner('types.js')
const { msgIdFnStrictSign, msgIdFnStrictNoSign } = await inner('utils/msgIdFn.js')

const hex = (bytes) => Buffer.from(bytes).toString('hex')
const data = new TextEncoder().encode('Habari ya asubuhi')
const version = JSON.parse(readFileSync(new URL('../../package.json', source))).version

async function show (name, config) {
  const { raw, msg } = await buildRawMessage(config, 'news', data, data)
  const id = config.type === PublishConfigType.Signing ? msgIdFnStrictSign(msg) : await msgIdFnStrictNoSign(msg)
  console.log(`\nkind = ${name}\nmessage = ${hex(RPC.Message.encode(raw))}\nid = ${hex(id)}`)
}

console.log(`# Messages of topic "news" by js-libp2p (@libp2p/gossipsub ${version}). Made by tests/interop/js/gossipsub_vectors.mjs.`)
const keys = {
  ed25519: await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(7)),
  rsa: await generateKeyPair('RSA', 2048),
  secp256k1: await generateKeyPair('secp256k1')
}
for (const [name, key] of Object.entries(keys)) {
  await show(name, {
    type: PublishConfigType.Signing, author: peerIdFromPrivateKey(key), key: publicKeyToProtobuf(key.publicKey), privateKey: key
  })
}
await show('none', { type: PublishConfigType.Anonymous })
