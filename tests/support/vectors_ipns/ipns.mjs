/*
 * IPNS entries as the npm package `ipns` makes them: half of tests/vectors/ipns.txt. In a folder with
 *
 *   npm install --ignore-scripts ipns@10.1.6 @libp2p/crypto@5.1.23
 *
 *   node ipns.mjs PATH_OF_libp2p_keys.txt
 */
import { readFileSync } from 'node:fs'
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { createIPNSRecordWithExpiration, marshalIPNSRecord, multihashToIPNSRoutingKey } from 'ipns'
import { ipnsValidator } from 'ipns/validator'

const hex = (bytes) => Buffer.from(bytes).toString('hex')
const cases = [
  { value: '/ipfs/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', sequence: 0n, expiration: '2100-01-01T00:00:00.000000000Z', v1Compatible: true },
  { value: '/ipfs/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', sequence: 300n, expiration: '2031-12-31T23:59:59.123456789Z', ttlNs: 60000000000, v1Compatible: false },
  { value: '/ipns/k51qzi5uqu5dipklqpo2uq8advuawtvd1w8cj9g9jpuguu7xjl5oq5oj1t1mqx', sequence: 9007199254740993n, expiration: '2100-02-28T12:00:00.000000000Z', v1Compatible: true }
]

for (const key of readFileSync(process.argv[2], 'utf8').split('\n\n')) {
  const type = /^type = (\w+)$/m.exec(key)?.[1]
  const secret = /^private = (\w+)$/m.exec(key)?.[1]
  if (type === undefined || type === 'ecdsa') { // js has no peer ids of ecdsa
    continue
  }
  const privateKey = privateKeyFromProtobuf(Buffer.from(secret, 'hex'))
  for (const c of type === 'rsa' ? cases.slice(0, 1) : cases) {
    const record = await createIPNSRecordWithExpiration(privateKey, c.value, c.sequence, c.expiration, c)
    const entry = marshalIPNSRecord(record)
    const name = multihashToIPNSRoutingKey(privateKey.publicKey.toMultihash())
    await ipnsValidator(name, entry)
    console.log(`\nmaker = js\ntype = ${type}\nkey = ${hex(name)}\nentry = ${hex(entry)}\nvalue = ${hex(Buffer.from(c.value))}`)
    console.log(`sequence = ${c.sequence}\nvalidity = ${c.expiration}\nttl = ${record.ttl}`)
  }
}
