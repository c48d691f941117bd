// ML-KEM-768 of wavu beside that of @noble/post-quantum, on random cases.
//
//   mlkem.mjs WAVU_MLKEM SET COUNT
//
// WAVU_MLKEM is wavu's side (tests/interop/mlkem.c), SET what it is to run. Of each case both make the same keys from the
// same seed; each encapsulates for the other's key and decapsulates what the other made; both refuse a spoiled ciphertext
// alike. In one case of ten both also refuse a key that is not canonical, and a secret whose hash is wrong. Exit 0 when all
// agree, 77 when wavu's side says that this machine cannot.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { ml_kem768 as noble } from '@noble/post-quantum/ml-kem.js'

const [program, set, count] = [process.argv[2], process.argv[3], Number(process.argv[4])]
const BATCH = 100

const wavu = spawn(program, [set], { stdio: ['pipe', 'pipe', 'inherit'] })
const ended = new Promise(resolve => wavu.on('close', code => resolve(code)))
wavu.stdin.on('error', () => {}) // it has ended: its exit code says why
const answers = createInterface({ input: wavu.stdout })[Symbol.asyncIterator]()

const hex = bytes => Buffer.from(bytes).toString('hex')

async function ask (requests) {
  wavu.stdin.write(requests.map(words => words.join(' ') + '\n').join(''))
  const got = []
  for (let i = 0; i < requests.length; i++) {
    const { value, done } = await answers.next()
    if (done || value.startsWith('this processor')) {
      console.log(value ?? 'wavu ended')
      process.exit(value === undefined ? 1 : 77)
    }
    got.push(value.split(' '))
  }
  return got
}

function agree (what, ours, theirs) {
  if (ours !== theirs) {
    console.log(`${what}: wavu ${ours.slice(0, 64)}, noble ${theirs.slice(0, 64)}`)
    process.exit(1)
  }
}

function refused (work) {
  try {
    work()
    return 'good'
  } catch {
    return 'refused'
  }
}

// What noble makes of one case, and what wavu is asked in it; each request with the answer it must get.
function draw (number) {
  const [seed, message] = [randomBytes(64), randomBytes(32)]
  const keys = noble.keygen(seed)
  const made = noble.encapsulate(keys.publicKey, message)
  const spoiled = Uint8Array.from(made.cipherText)
  spoiled[number % spoiled.length] ^= 1 << number % 8
  const [publicKey, secret] = [hex(keys.publicKey), hex(keys.secretKey)]
  const requests = [
    [['make', hex(seed)], [publicKey, secret]],
    [['encapsulate', publicKey, hex(message)], [hex(made.cipherText), hex(made.sharedSecret)]],
    [['decapsulate', secret, hex(made.cipherText)], [hex(made.sharedSecret)]],
    [['decapsulate', secret, hex(spoiled)], [hex(noble.decapsulate(spoiled, keys.secretKey))]]
  ]
  if (number % 10 === 0) {
    const wrongKey = Uint8Array.from(keys.publicKey)
    const place = 3 * (number / 10 % 384) // two coefficients of twelve bits: the first becomes 3329 to 4095
    wrongKey[place] = 1 + number / 10 % 255
    wrongKey[place + 1] = (wrongKey[place + 1] & 0xf0) | 0x0d + number % 3
    const wrongSecret = Uint8Array.from(keys.secretKey)
    wrongSecret[1152 + number % 1216] ^= 0x20
    if (refused(() => noble.encapsulate(wrongKey, message)) !== 'refused') throw new Error('noble takes any key')
    requests.push(
      [['encapsulate', hex(wrongKey), hex(message)], ['refused']],
      [['check', secret], ['good']],
      [['check', hex(wrongSecret)], [refused(() => noble.decapsulate(made.cipherText, wrongSecret))]]
    )
  }
  return { keys, requests }
}

for (let done = 0; done < count; done += BATCH) {
  const cases = Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => draw(done + i))
  const wanted = cases.flatMap(one => one.requests)
  const got = await ask(wanted.map(([words]) => words))
  wanted.forEach(([words, answer], i) => agree(words[0], got[i].join(' '), answer.join(' ')))
  // The other direction: wavu encapsulates with a message of its own drawing, noble opens it.
  const theirs = await ask(cases.map(one => ['encapsulate', hex(one.keys.publicKey), hex(randomBytes(32))]))
  cases.forEach((one, i) => {
    const [ciphertext, shared] = theirs[i]
    agree('opened by noble', shared, hex(noble.decapsulate(Buffer.from(ciphertext, 'hex'), one.keys.secretKey)))
  })
}
wavu.stdin.end()
const code = await ended
console.log(`${count} cases agree`)
process.exit(code)
