// The plainest sender that Baileys allows: one socket, keys in memory, so many sends under way at a time.
// Arguments: the network's address, how many sends at a time, the phones to write to.
// Prints the QR code, then its version once it sends. Uses the packages of tests/baileys.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(new URL('../../tests/baileys/', import.meta.url))
const load = async name => import(pathToFileURL(require.resolve(name)).href)
const baileys = await load('@whiskeysockets/baileys')
const { default: pino } = await load('pino')
const { version } = require('@whiskeysockets/baileys/package.json')

const [url, outstanding, ...phones] = process.argv.slice(2)
const logger = pino({ level: 'silent' })
// The Signal library under Baileys writes to the console.
for (const level of ['debug', 'error', 'info', 'log', 'warn']) console[level] = () => {}

const kept = new Map()
const auth = {
  creds: baileys.initAuthCreds(),
  keys: {
    get: async (type, ids) => Object.fromEntries(ids.map(id => [id, kept.get(`${type}/${id}`)]).filter(([, value]) => value)),
    set: async data => {
      for (const [type, values] of Object.entries(data)) {
        for (const [id, value] of Object.entries(values)) {
          if (value) kept.set(`${type}/${id}`, value)
          else kept.delete(`${type}/${id}`)
        }
      }
    }
  }
}

function connect() {
  const sock = baileys.default({
    auth,
    logger,
    waWebSocketUrl: url,
    syncFullHistory: false,
    shouldSyncHistoryMessage: () => false,
    getMessage: async () => undefined
  })
  sock.ev.on('creds.update', changed => Object.assign(auth.creds, changed))
  sock.ev.on('connection.update', ({ qr, connection }) => {
    if (qr) process.stdout.write(`${qr}\n`)
    // After pairing the server asks for a new connection.
    if (connection === 'close') connect()
    if (connection === 'open') run(sock)
  })
}

function run(sock) {
  process.stdout.write(`${version}\n`)
  const lanes = Number(outstanding)
  for (let lane = 0; lane < lanes; lane++) send(sock, lane, lanes)
}

/** One after the other, each phone of this lane in turn. */
async function send(sock, lane, lanes) {
  for (let turn = 0; ; turn++) {
    const to = phones[(lane + turn * lanes) % phones.length]
    await sock.sendMessage(`${to}@s.whatsapp.net`, { text: 'A short text' })
  }
}

connect()
