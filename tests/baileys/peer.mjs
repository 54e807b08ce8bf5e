// A person with a Baileys client: JSON lines in, JSON lines out. See README.md.

import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import makeWASocket, {
  BufferJSON,
  DisconnectReason,
  downloadMediaMessage,
  getContentType,
  initAuthCreds,
  isJidGroup,
  isLidUser,
  isPnUser,
  jidDecode,
  jidNormalizedUser,
  makeCacheableSignalKeyStore,
  normalizeMessageContent,
  proto
} from '@whiskeysockets/baileys'
import pino from 'pino'

const url = required('PEER_URL')
const name = process.env.PEER_NAME ?? 'Baileys'
const logger = pino({ level: process.env.PEER_LOG ?? 'silent' }, pino.destination({ fd: 2, sync: true }))

// The Signal library under Baileys writes to the console, and the output is for JSON lines.
for (const level of ['debug', 'error', 'info', 'log', 'warn']) {
  console[level] = (...words) => logger.debug({ words: words.map(word => (typeof word === 'string' ? word : typeof word)) })
}

const auth = memoryAuth()
/** Every message sent or received, by id: to quote it, react to it, mark it as read or send it again. */
const seen = new Map()
/** Phone numbers of hidden ids, as groups name them. */
const members = new Map()
let sock
let ending = false
/** What is told, in order: a download must not let a later message overtake. */
let telling = Promise.resolve()

function required(variable) {
  const value = process.env[variable]
  if (!value) {
    process.stderr.write(`${variable} is not set\n`)
    process.exit(2)
  }
  return value
}

function write(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Tells something after everything that happened before it. */
function tell(make) {
  telling = telling.then(make).then(line => line && write(line), error => write({ event: 'failed', error: String(error) }))
}

/** Keys as a program would store them: copied by value on the way in and out. */
function memoryAuth() {
  const kept = new Map()
  const store = {
    get: async (type, ids) => {
      const found = {}
      for (const id of ids) {
        const text = kept.get(`${type}/${id}`)
        let value = text && JSON.parse(text, BufferJSON.reviver)
        if (value && type === 'app-state-sync-key') value = proto.Message.AppStateSyncKeyData.fromObject(value)
        if (value) found[id] = value
      }
      return found
    },
    set: async data => {
      for (const [type, values] of Object.entries(data)) {
        for (const [id, value] of Object.entries(values)) {
          if (value) kept.set(`${type}/${id}`, JSON.stringify(value, BufferJSON.replacer))
          else kept.delete(`${type}/${id}`)
        }
      }
    }
  }
  return { creds: initAuthCreds(), keys: makeCacheableSignalKeyStore(store, logger) }
}

/** The JID of a phone number or a group. */
function address(to) {
  return to.includes('@') ? to : `${to}@s.whatsapp.net`
}

/** The phone number behind a JID, by its other address or by what was learnt before; else the JID as it is. */
async function phone(jid, other) {
  for (const candidate of [jid, other]) {
    if (candidate && isPnUser(candidate)) return jidDecode(candidate).user
  }
  if (jid && isLidUser(jid)) {
    if (members.has(jidDecode(jid).user)) return members.get(jidDecode(jid).user)
    const known = await sock.signalRepository.lidMapping.getPNForLID(jid)
    if (known) return jidDecode(known).user
  }
  return jid ? jidNormalizedUser(jid) : null
}

async function chat(key) {
  return isJidGroup(key.remoteJid) ? key.remoteJid : phone(key.remoteJid, key.remoteJidAlt)
}

const KINDS = {
  conversation: 'text',
  extendedTextMessage: 'text',
  imageMessage: 'image',
  videoMessage: 'video',
  documentMessage: 'document',
  audioMessage: 'audio',
  reactionMessage: 'reaction'
}

async function media(message, part) {
  const facts = {
    mime_type: part.mimetype ?? null,
    file_name: part.fileName ?? null,
    seconds: part.seconds ?? null,
    voice_note: part.ptt ?? false
  }
  try {
    const bytes = await downloadMediaMessage(message, 'buffer', {}, { logger, reuploadRequest: sock.updateMediaMessage })
    return { ...facts, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  } catch (error) {
    return { ...facts, error: String(error) }
  }
}

async function describe(message) {
  const { key } = message
  const content = normalizeMessageContent(message.message)
  const type = content && getContentType(content)
  if (!type || type === 'protocolMessage' || type === 'senderKeyDistributionMessage') return null
  const part = content[type]
  const kind = KINDS[type] ?? type
  const line = {
    event: 'message',
    id: key.id,
    chat: await chat(key),
    from: isJidGroup(key.remoteJid)
      ? await phone(key.participant, key.participantAlt)
      : await phone(key.remoteJid, key.remoteJidAlt),
    name: message.pushName ?? null,
    kind,
    text: (typeof part === 'string' ? part : (part.text ?? part.caption)) || null,
    reply_to: part.contextInfo?.stanzaId ?? null
  }
  if (kind === 'reaction') {
    line.reaction = { message_id: part.key?.id, emoji: part.text ?? '' }
    line.text = null
  }
  if (['image', 'video', 'document', 'audio'].includes(kind)) line.media = await media(message, part)
  return line
}

const STATUS = proto.WebMessageInfo.Status
const STATUSES = {
  [STATUS.ERROR]: 'failed',
  [STATUS.SERVER_ACK]: 'sent',
  [STATUS.DELIVERY_ACK]: 'delivered',
  [STATUS.READ]: 'read',
  [STATUS.PLAYED]: 'played'
}

function status(key, number) {
  tell(async () => ({
    event: 'receipt',
    id: key.id,
    status: STATUSES[number] ?? String(number),
    chat: await chat(key),
    from: await phone(key.remoteJid, key.remoteJidAlt),
    own: key.fromMe
  }))
}

function groupReceipt(key, receipt) {
  tell(async () => ({
    event: 'receipt',
    id: key.id,
    status: receipt.readTimestamp ? 'read' : 'delivered',
    chat: await chat(key),
    from: await phone(receipt.userJid),
    own: key.fromMe
  }))
}

function listen(ev) {
  ev.on('creds.update', update => Object.assign(auth.creds, update))

  ev.on('connection.update', ({ connection, qr, lastDisconnect }) => {
    if (qr) write({ event: 'qr', code: qr })
    if (connection === 'open') {
      tell(async () => {
        // WhatsApp shows somebody as online, and confirms with two ticks, only if the client knows its own name.
        ev.emit('creds.update', { me: { ...auth.creds.me, name } })
        await sock.sendPresenceUpdate('available')
        return { event: 'connected', phone: await phone(auth.creds.me.id) }
      })
    }
    if (connection === 'close') {
      const code = lastDisconnect?.error?.output?.statusCode ?? null
      write({ event: 'closed', code, error: lastDisconnect?.error?.message ?? null })
      const final = [DisconnectReason.loggedOut, DisconnectReason.forbidden, DisconnectReason.connectionReplaced]
      if (!ending && !final.includes(code)) connect()
    }
  })

  ev.on('messages.upsert', ({ messages }) => {
    for (const message of messages) {
      if (message.message) seen.set(message.key.id, message)
      if (message.key.fromMe) {
        // Receipts that come while Baileys still collects events are told as part of the message.
        if (message.status > STATUS.SERVER_ACK) status(message.key, message.status)
        for (const receipt of message.userReceipt ?? []) groupReceipt(message.key, receipt)
        continue
      }
      if (message.messageStubType === proto.WebMessageInfo.StubType.CIPHERTEXT) {
        tell(async () => ({ event: 'undecryptable', id: message.key.id, chat: await chat(message.key) }))
      } else if (message.message) {
        tell(() => describe(message))
      }
    }
  })

  ev.on('messages.update', updates => {
    for (const { key, update } of updates) {
      if (update.message && !key.fromMe) {
        const message = { ...seen.get(key.id), ...update, key }
        seen.set(key.id, message)
        tell(() => describe(message))
      }
      if (typeof update.status === 'number') status(key, update.status)
    }
  })

  ev.on('message-receipt.update', updates => {
    for (const { key, receipt } of updates) groupReceipt(key, receipt)
  })

  ev.on('presence.update', ({ id, presences }) => {
    for (const [who, presence] of Object.entries(presences)) {
      tell(async () => ({
        event: 'typing',
        chat: isJidGroup(id) ? id : await phone(id),
        from: await phone(who),
        state: presence.lastKnownPresence
      }))
    }
  })

  const people = participants => {
    for (const { id, phoneNumber } of participants) {
      if (isLidUser(id) && phoneNumber) members.set(jidDecode(id).user, jidDecode(phoneNumber).user)
    }
    return Promise.all(participants.map(participant => phone(participant.id, participant.phoneNumber)))
  }

  ev.on('groups.upsert', groups => {
    for (const group of groups) {
      tell(async () => ({
        event: 'group',
        change: 'created',
        group: group.id,
        subject: group.subject,
        members: await people(group.participants)
      }))
    }
  })
  ev.on('groups.update', groups => {
    for (const group of groups) {
      tell(() => ({ event: 'group', change: 'updated', group: group.id, subject: group.subject ?? null, members: [] }))
    }
  })
  ev.on('group-participants.update', ({ id, participants, action }) => {
    tell(async () => ({ event: 'group', change: action, group: id, subject: null, members: await people(participants) }))
  })
}

function connect() {
  sock = makeWASocket({
    auth,
    logger,
    waWebSocketUrl: url,
    syncFullHistory: false,
    shouldSyncHistoryMessage: () => false,
    getMessage: async key => seen.get(key.id)?.message
  })
  listen(sock.ev)
}

function file(part) {
  return { buffer: Buffer.from(part.data, 'base64'), caption: part.caption, mimetype: part.mime_type }
}

function content(order) {
  if (order.text !== undefined) return { text: order.text }
  for (const kind of ['image', 'video']) {
    if (order[kind]) {
      const { buffer, caption, mimetype } = file(order[kind])
      return { [kind]: buffer, caption, mimetype }
    }
  }
  if (order.document) {
    const { buffer, caption, mimetype } = file(order.document)
    return {
      document: buffer,
      caption,
      mimetype: mimetype ?? 'application/octet-stream',
      fileName: order.document.file_name
    }
  }
  for (const kind of ['audio', 'voice']) {
    if (order[kind]) {
      const { buffer, mimetype } = file(order[kind])
      const usual = 'audio/ogg; codecs=opus'
      return { audio: buffer, mimetype: mimetype ?? usual, seconds: order[kind].seconds ?? 1, ptt: kind === 'voice' }
    }
  }
  if (order.location) {
    const { latitude, longitude, name, address } = order.location
    return { location: { degreesLatitude: latitude, degreesLongitude: longitude, name, address } }
  }
  if (order.contacts) {
    const contacts = order.contacts.map(({ name, phone }) => ({
      displayName: name,
      vcard: `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nTEL;type=CELL;waid=${phone}:+${phone}\nEND:VCARD`
    }))
    return { contacts: { displayName: `${contacts.length} contacts`, contacts } }
  }
  if (order.poll) {
    const { question, options, max_choices } = order.poll
    return { poll: { name: question, values: options, selectableCount: max_choices ?? 0 } }
  }
  if (order.edit) return { text: order.edit.text, edit: known(order.edit.message_id).key }
  if (order.delete) return { delete: known(order.delete).key }
  if (order.reaction) return { react: { text: order.reaction.emoji, key: known(order.reaction.message_id).key } }
  throw new Error('nothing to send')
}

function known(id) {
  const message = seen.get(id)
  if (!message) throw new Error(`no message ${id} was seen`)
  return message
}

const orders = {
  async send(order) {
    const quoted = order.reply_to ? known(order.reply_to) : undefined
    const message = await sock.sendMessage(address(order.to), content(order), { quoted })
    seen.set(message.key.id, message)
    return { id: message.key.id }
  },
  async read({ ids }) {
    await sock.readMessages(ids.map(id => known(id).key))
  },
  async play({ ids }) {
    for (const { key } of ids.map(known)) await sock.sendReceipt(key.remoteJid, key.participant, [key.id], 'played')
  },
  async typing({ to, state }) {
    await sock.sendPresenceUpdate(state, address(to))
  },
  async create_group({ subject, members }) {
    const group = await sock.groupCreate(subject, members.map(address))
    return { group: group.id }
  },
  async add_members({ group, members }) {
    await sock.groupParticipantsUpdate(group, members.map(address), 'add')
  },
  async rename_group({ group, subject }) {
    await sock.groupUpdateSubject(group, subject)
  }
}

process.on('unhandledRejection', error => write({ event: 'failed', error: String(error?.stack ?? error) }))

connect()
const input = createInterface({ input: process.stdin })
input.on('line', async line => {
  const order = JSON.parse(line)
  try {
    if (!Object.hasOwn(orders, order.do)) throw new Error(`no such order: ${order.do}`)
    const result = await orders[order.do](order)
    write({ answer: order.order, ...result })
  } catch (error) {
    write({ answer: order.order, error: String(error?.message ?? error) })
  }
})
input.on('close', () => {
  ending = true
  sock.end(undefined)
  process.exit(0)
})
