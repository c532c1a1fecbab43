// Who is here: names and colours, one entry a key, one channel for all users of a topic, announcements that are rare.
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Arrivals } from '../../js/arrivals.js'
import { cleanName, colourOf, initials } from '../../js/person.js'
import { Presence } from '../../js/presence.js'
import { Room } from '../../js/room.js'

const settled = () => new Promise((resolve) => setTimeout(resolve))

/** What the core is to a channel: it notes the commands, and is told what the server says. */
function makeClient() {
  /** @type {any[]} */
  const calls = []
  /** @type {string[]} */
  const errors = []
  let last = 0
  const raw = {
    channel: (/** @type {string} */ topic, /** @type {string} */ options) => (calls.push(['channel', topic, JSON.parse(options)]), ++last),
    subscribe: (/** @type {number} */ id) => (calls.push(['subscribe', id]), 0),
    unsubscribe: (/** @type {number} */ id) => (calls.push(['unsubscribe', id]), 0),
    track: (/** @type {number} */ id, /** @type {string} */ meta) => (calls.push(['track', id, meta && JSON.parse(meta)]), 100 + calls.length),
    broadcast: (/** @type {number} */ id, /** @type {string} */ event, /** @type {string} */ json, /** @type {boolean} */ latest) => (calls.push(['send', id, event, JSON.parse(json), latest]), 100 + calls.length),
    presence: () => JSON.stringify(client.state),
    unlisten: () => {},
    hears: () => {},
    listen: () => 0,
  }
  const client = {
    /** @type {[string, any[]][]} */
    state: [],
    calls,
    errors,
    all: { channels: new Map(), pushes: new Map() },
    ready: Promise.resolve(),
    run: (/** @type {(raw: any) => void} */ command) => command(raw),
    ask: (/** @type {(raw: any) => any} */ question) => question(raw),
    check: (/** @type {any} */ id) => id,
    join() {},
    leave() {},
    hearError: (/** @type {Error} */ error) => errors.push(error.message),
    /** The server's word on the one channel there is. */
    say(/** @type {string} */ event, key = '', /** @type {any[]} */ current = [], /** @type {any[]} */ changed = []) {
      const known = client.state.find(([of]) => of === key)
      const after = event === 'join' ? [...current, ...changed] : current
      if (known) known[1] = after
      else if (event === 'join') client.state.push([key, after])
      client.state = client.state.filter(([, metas]) => metas.length > 0)
      for (const channel of client.all.channels.values()) channel.hearPresence(event, key, structuredClone(current), structuredClone(changed))
    },
    called: (/** @type {string} */ name) => calls.filter(([of]) => of === name),
  }
  return client
}
/** @param {ReturnType<typeof makeClient>} client @returns {any} */
const as = (client) => client

test('a name is text and nothing else', () => {
  assert.equal(cleanName('  Ada \n Byron '), 'Ada Byron')
  assert.equal(cleanName('<b>Ada</b>'), '<b>Ada</b>', 'markup is text, for textContent')
  assert.equal(cleanName('\u202egnp.exe\u202c'), 'gnp.exe', 'nothing turns letters around')
  assert.equal(cleanName('\u0000\u200b\u2028'), '')
  assert.equal(cleanName('x'.repeat(1e6)).length, 60)
  assert.equal([...cleanName('👩‍👩‍👧'.repeat(100))].length % 5, 0, 'a sign is not cut in two')
  assert.equal(cleanName(`Z${'\u0301'.repeat(1000)}`), 'Z\u0301\u0301\u0301')
  for (const odd of [undefined, null, {}, [], true, () => 'x']) assert.equal(cleanName(odd), '')
  assert.equal(cleanName(7), '7')
})

test('initials are the first letters of the first and the last word, in any script', () => {
  for (const [name, is] of [['Ada Byron', 'AB'], ['ada', 'A'], ['Jean-Luc de la Tour', 'JT'], ['', ''], ['李小龍', '李'], ['👩‍🚀 Sally', '👩‍🚀S'], ['émile zola', 'ÉZ'], ['...', '']]) {
    assert.equal(initials(String(name)), is)
  }
})

test('white letters are readable on every colour, and a key always has the same', () => {
  const linear = (/** @type {number} */ value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  const hues = new Set()
  for (let number = 0; number < 3_000; number++) {
    const colour = colourOf(`user-${number}`)
    assert.equal(colour, colourOf(`user-${number}`))
    const [hue = 0, saturation = 0, lightness = 0] = (colour.match(/\d+/g) ?? []).map(Number)
    hues.add(hue)
    // The conversion as CSS Color 4 has it, apart from the one that is tested.
    const rgb = [0, 8, 4].map((n) => {
      const k = (n + hue / 30) % 12
      const a = (saturation / 100) * Math.min(lightness / 100, 1 - lightness / 100)
      return Math.round((lightness / 100 - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))) * 255) / 255
    })
    const [red = 0, green = 0, blue = 0] = rgb.map(linear)
    const contrast = 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    assert.ok(contrast >= 4.5, `${colour}: ${contrast}`)
  }
  assert.ok(hues.size > 300, 'keys that are alike have hues far apart')
})

test('three tabs of one key are one person, and what was said last shows', async () => {
  const client = makeClient()
  /** @type {any[]} */
  const told = []
  const presence = new Presence(as(client), 'room', { key: 'me', onSync: (people) => told.push(people), onJoin: ({ key }) => told.push(`+${key}`), onLeave: ({ key }) => told.push(`-${key}`) })
  client.say('join', 'a', [], [{ presence_ref: '2', name: 'New', online_at: '2026-01-02T00:00:00Z' }, { presence_ref: '1', name: 'Old', pet: 'cat', online_at: '2026-01-01T00:00:00Z' }])
  client.say('sync')
  assert.deepEqual(presence.people.map(({ key, self, metas }) => [key, self, metas.length]), [['a', false, 2], ['me', true, 1]])
  assert.deepEqual([presence.people[0]?.meta.name, presence.people[0]?.meta.pet], ['New', 'cat'])
  assert.equal(told.length, 1, 'who is here already has not come')
  client.say('join', 'a', client.state[0]?.[1], [{ presence_ref: '3', online_at: '2026-01-03T00:00:00Z', name: 'Third' }])
  client.say('sync')
  client.say('join', 'b', [], [{ presence_ref: '4' }])
  client.say('sync')
  client.say('leave', 'a', [], client.state[0]?.[1])
  client.say('sync')
  assert.deepEqual(told.filter((one) => typeof one === 'string'), ['+b', '-a'])
  presence.close()
})

test('a change of what somebody says is no coming and no going', () => {
  const client = makeClient()
  /** @type {string[]} */
  const told = []
  new Presence(as(client), 'room', { meta: null, onJoin: ({ key }) => told.push(`+${key}`), onLeave: ({ key }) => told.push(`-${key}`) })
  client.say('join', 'a', [], [{ presence_ref: '1', n: 1 }])
  client.say('sync')
  client.say('join', 'a', [{ presence_ref: '1', n: 1 }], [{ presence_ref: '2', n: 2 }])
  client.say('leave', 'a', [{ presence_ref: '2', n: 2 }], [{ presence_ref: '1', n: 1 }])
  client.say('sync')
  assert.deepEqual(told, [])
})

test('after a gap nobody is taken for gone before they had time to come back', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const client = makeClient()
    /** @type {string[]} */
    const told = []
    const presence = new Presence(as(client), 'room', { key: 'me', onJoin: ({ key }) => told.push(`+${key}`), onLeave: ({ key }) => told.push(`-${key}`) })
    const [channel] = client.all.channels.values()
    channel.hearStatus('SUBSCRIBED')
    for (const key of ['a', 'b']) client.say('join', key, [], [{ presence_ref: key }])
    client.say('sync')
    channel.hearStatus('CHANNEL_ERROR')
    channel.hearStatus('SUBSCRIBED')
    for (const key of ['a', 'b']) client.say('leave', key, [], [{ presence_ref: key }])
    client.say('sync')
    assert.deepEqual(presence.people.map(({ key }) => key), ['a', 'b', 'me'])
    mock.timers.tick(5_000)
    client.say('join', 'b', [], [{ presence_ref: 'b2', name: 'Back' }])
    client.say('sync')
    mock.timers.tick(3_000)
    assert.deepEqual(presence.people.map(({ key, meta }) => [key, meta.name]), [['b', 'Back'], ['me', undefined]])
    assert.deepEqual(told, ['-a'])
    client.say('leave', 'b', [], [{ presence_ref: 'b2' }])
    client.say('sync')
    assert.deepEqual(told, ['-a', '-b'], 'without a gap it is said at once')
  } finally {
    mock.timers.reset()
  }
})

test('a key is only a key, and so is a name of a field', () => {
  const client = makeClient()
  const presence = new Presence(as(client), 'room', { meta: null })
  client.say('join', '__proto__', [], [JSON.parse('{"presence_ref":"1","__proto__":{"admin":true},"constructor":"x"}')])
  client.say('join', 'constructor', [], [{ presence_ref: '2' }])
  client.say('sync')
  const [first, second] = presence.people
  assert.deepEqual([first?.key, second?.key], ['__proto__', 'constructor'])
  assert.equal(first?.meta.admin, undefined)
  assert.equal(/** @type {any} */ ({}).admin, undefined)
})

test('presence and room of a topic are one channel, which is left with the last of them', async () => {
  const client = makeClient()
  const room = new Room(as(client), 'room', { key: 'me' })
  const presence = new Presence(as(client), 'room', { key: 'me', meta: { name: 'Ada' } })
  assert.equal(client.called('channel').length, 1)
  assert.deepEqual(client.called('channel')[0][2], { ack: false, self: false, replicationReady: false, presence: true, key: 'me', private: false, exact: false })
  presence.close()
  assert.equal(client.called('unsubscribe').length, 0)
  assert.equal(client.calls.at(-1)[2], '', 'and what it showed is taken back')
  room.close()
  await settled()
  assert.equal(client.called('unsubscribe').length, 1)
  assert.equal(await room.send('x', {}), 'error')
  assert.match(client.errors[0] ?? '', /was closed/)
})

test('a key that comes later is joined with, and another one is refused in words', () => {
  const client = makeClient()
  new Room(as(client), 'room')
  const presence = new Presence(as(client), 'room', { key: 7 })
  assert.equal(presence.key, '7')
  assert.deepEqual(client.called('channel').map(([, , { key }]) => key.length > 5 || key), [true, '7'])
  assert.equal(client.called('subscribe').length, 2)
  new Presence(as(client), 'room', { key: 'other' })
  assert.equal(client.called('channel').length, 2)
  assert.match(client.errors[0] ?? '', /under another key already/)
})

test('what several say of this client is one meta, and the later word counts', () => {
  const client = makeClient()
  const first = new Presence(as(client), 'room', { key: 'me', meta: { name: 'Ada', pet: 'cat' } })
  const second = new Presence(as(client), 'room', { key: 'me', meta: { mood: 'ok' } })
  const last = () => {
    const { online_at, ...meta } = client.called('track').at(-1)[2]
    assert.ok(!Number.isNaN(Date.parse(online_at)))
    return meta
  }
  assert.deepEqual(last(), { name: 'Ada', pet: 'cat', mood: 'ok' })
  second.update({ name: 'Countess' })
  first.update({ name: 'Ada', pet: 'dog' })
  assert.deepEqual(last(), { name: 'Ada', pet: 'dog' })
  const { length } = client.called('track')
  first.update({ name: 'Ada', pet: 'dog' })
  assert.equal(client.called('track').length, length, 'the same again is no call')
})

test('a meta that is too large, or no JSON, is refused in words and not sent', async () => {
  const client = makeClient()
  const presence = new Presence(as(client), 'room', { key: 'me', meta: { name: 'Ada' } })
  assert.equal(await presence.update({ name: 'x'.repeat(1e6) }), 'error')
  const circle = /** @type {any} */ ({})
  circle.self = circle
  assert.equal(await presence.update(circle), 'error')
  assert.equal(client.called('track').length, 1)
  assert.match(client.errors[0] ?? '', /at most 10,000 characters/)
  assert.match(client.errors[1] ?? '', /written as JSON/)
})

test('a room hears what it listens for, until it does not', async () => {
  const client = makeClient()
  const room = new Room(as(client), 'room')
  const abort = new AbortController()
  /** @type {any[]} */
  const heard = []
  const undo = room.on('x', (payload) => heard.push(['x', payload]))
  room.on('*', (_, { event }) => heard.push(['*', event]), { signal: abort.signal })
  const [channel] = client.all.channels.values()
  channel.hearBroadcast('x', { n: 1 })
  undo()
  channel.hearBroadcast('x', { n: 2 })
  abort.abort()
  channel.hearBroadcast('x', { n: 3 })
  assert.deepEqual(heard, [['x', { n: 1 }], ['*', 'x'], ['*', 'x']])
  room.send('cursor', { x: 1 }, { latest: true })
  assert.deepEqual(client.called('send').at(-1).slice(2), ['cursor', { x: 1 }, true])
})

test('comings and goings are summed up, at most once in five seconds', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    /** @type {string[]} */
    const said = []
    const arrivals = new Arrivals((text) => said.push(text), { getAttribute: () => null })
    const person = (/** @type {string} */ name, self = false) => ({ key: name, meta: { name }, metas: [], self })
    arrivals.came(person('Ada'))
    arrivals.came(person('Me', true))
    arrivals.came(person('Ben'))
    arrivals.gone(person('$& <b>'))
    mock.timers.tick(4_999)
    assert.deepEqual(said, [])
    mock.timers.tick(1)
    assert.deepEqual(said, ['Ada and Ben joined. $& <b> left.'])
    arrivals.gone(person('Ada'))
    arrivals.came(person('Ada'))
    mock.timers.tick(60_000)
    assert.equal(said.length, 1, 'a page that is reloaded is no news')
    for (const name of ['A', 'B', 'C', 'D', 'E', 'F']) arrivals.came(person(name))
    mock.timers.tick(5_000)
    assert.equal(said[1], 'A, B, C, and 3 others joined.')
    arrivals.came(person('late'))
    arrivals.close()
    mock.timers.tick(60_000)
    assert.equal(said.length, 2)
  } finally {
    mock.timers.reset()
  }
})
