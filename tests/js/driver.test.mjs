// The driver: effects after the command, listeners that call back in, sockets that throw, the timer, the page's events,
// closing in one breath.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { startClock } from '../../js/clock.js'
import { Driver } from '../../js/driver.js'
import init, { RawClient } from '../../pkg/storywire.js'
import { root } from '../../tools/project.mjs'

const { memory } = await init({ module_or_path: readFileSync(join(root, 'pkg', 'storywire_bg.wasm')) })

class FakeSocket extends EventTarget {
  readyState = 0
  /** @type {any[]} */
  sent = []
  fails = false
  /** @param {any} data */
  send(data) {
    if (this.fails) throw new Error('this socket is broken')
    this.sent.push(data)
  }
  close() {
    this.readyState = 3
  }
  open() {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }
  /** @param {any} data */
  say(data) {
    this.dispatchEvent(new MessageEvent('message', { data }))
  }
  reply(index = 0, response = { postgres_changes: [] }) {
    const [join, ref, topic] = JSON.parse(this.sent[index])
    this.say(JSON.stringify([join, ref, topic, 'phx_reply', { status: 'ok', response }]))
  }
}

const notices = ['askToken', 'settle', 'connection', 'status', 'change', 'broadcast', 'presence', 'system', 'rows', 'fault', 'read', 'abortRead', 'asset', 'retry']

/** Notes what it is told. */
class Noting extends Driver {
  /** @type {any[]} */
  sockets = []
  /** @type {any[][]} */
  calls = []
  /** @type {Record<string, (...args: any[]) => void>} */
  on = {}
  refuses = false
  /** @override @returns {any} */
  newSocket() {
    if (this.refuses) throw new Error('no')
    const socket = new FakeSocket()
    this.sockets.push(socket)
    return socket
  }
  /** @param {string} channel @param {string} event */
  bytes(channel, event) {
    this.calls.push(['bytes', channel, event, [...this.takeBytes()]])
  }
  /** @param {string} name */
  named(name) {
    return this.calls.filter(([of]) => of === name)
  }
}
for (const name of notices) {
  /** @type {any} */ (Noting.prototype)[name] = function (/** @type {any[]} */ ...args) {
    this.calls.push([name, ...args])
    this.on[name]?.(...args)
  }
}

const options = { socketUrl: 'ws://test/socket', restUrl: 'http://127.0.0.1:9', key: 'sb_publishable_x' }

/** @type {Noting[]} */
let open = []
beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_800_000_000_000 }))
afterEach(() => {
  for (const driver of open) driver.close()
  open = []
  mock.timers.reset()
})

function make(more = {}) {
  const driver = new Noting()
  const raw = new RawClient(JSON.stringify({ ...options, ...more }), driver.now(), 0.5)
  driver.start(raw, memory)
  open.push(driver)
  const run = (/** @type {(raw: RawClient) => number} */ command) => {
    raw.at(driver.now())
    driver.schedule()
    return command(raw)
  }
  return { driver, run }
}

/** The microtasks that are queued. */
const settle = async () => {
  for (let turn = 0; turn < 5; turn++) await undefined
}

/** With one channel that is joined. */
async function joined() {
  const { driver, run } = make()
  const room = run((raw) => raw.channel('room', '{}'))
  assert.equal(run((raw) => raw.subscribe(room)), 0)
  await settle()
  const [socket] = driver.sockets
  socket.open()
  socket.reply()
  assert.deepEqual(driver.named('status'), [['status', room, 'SUBSCRIBED']])
  return { driver, run, room, socket }
}

test('commands are performed in a microtask', async () => {
  const { driver, run } = make()
  const room = run((raw) => raw.channel('room', '{}'))
  run((raw) => raw.subscribe(room))
  assert.equal(driver.sockets.length, 0)
  await settle()
  assert.equal(driver.sockets.length, 1)
})

test('misuse comes back as a negative number', () => {
  const { run } = make()
  assert.equal(run((raw) => raw.channel('', '{}')), -3)
  assert.equal(run((raw) => raw.channel('room', 'no json')), -2)
  assert.throws(() => new RawClient(JSON.stringify({ ...options, key: 'sb_secret_x' }), 0, 0), /service-key/)
})

test('a listener may call back in, and its effects come after those that are under way', async () => {
  const { driver, run, room, socket } = await joined()
  driver.on.settle = () => {
    driver.on.settle = () => {}
    run((raw) => raw.broadcast(room, 'echo', '{}', false))
  }
  run((raw) => raw.broadcast(room, 'first', '{}', false))
  await settle()
  const at = (/** @type {string} */ word) => socket.sent.findIndex((/** @type {string} */ text) => text.includes(word))
  assert.ok(at('first') > 0 && at('first') < at('echo'), String(socket.sent))
})

test('a listener that throws stops nothing', async () => {
  const { driver, run, room, socket } = await joined()
  driver.on.broadcast = () => {
    throw new Error('of the page')
  }
  const say = () => socket.say(JSON.stringify(['1', null, 'realtime:room', 'broadcast', { event: 'e', payload: {} }]))
  const { mock: said } = mock.method(console, 'error', () => {})
  say()
  assert.equal(said.calls[0]?.arguments[0].message, 'of the page')
  said.restore()
  driver.on.broadcast = () => {}
  say()
  assert.equal(driver.named('broadcast').length, 2)
  assert.ok(run((raw) => raw.broadcast(room, 'after', '{}', false)) > 0)
})

test('a socket that throws breaks nothing', async () => {
  const { driver, run, room, socket } = await joined()
  socket.fails = true
  assert.ok(run((raw) => raw.broadcast(room, 'event', '{}', false)) > 0)
  await settle()
  socket.fails = false
  assert.ok(run((raw) => raw.broadcast(room, 'event', '{}', false)) > 0)
  await settle()
  assert.equal(driver.named('settle').length, 2)
})

test('a socket that cannot be made is one that closed', async () => {
  const { driver } = make()
  driver.refuses = true
  driver.note('story', 0, 1, 's')
  await settle()
  assert.equal(driver.named('fault')[0]?.[4], 'socket-refused')
})

test('bytes go out and come in', async () => {
  const { driver, run, room, socket } = await joined()
  run((raw) => raw.broadcastBytes(room, 'b', new Uint8Array([1, 2, 3]), false))
  await settle()
  assert.deepEqual([...socket.sent.at(-1).slice(-3)], [1, 2, 3])
  socket.say(Uint8Array.from([4, 13, 1, 0, 0, ...Buffer.from('realtime:roomb'), 9, 8]).buffer)
  assert.deepEqual(driver.named('bytes'), [['bytes', room, 'b', [9, 8]]])
})

test('text of any length comes over as it is', async () => {
  const { driver, socket } = await joined()
  for (const text of ['', 'a', 'é✓😀', '😀é'.repeat(100_000), 'short again', 'x'.repeat(3_000_000), 'end']) {
    socket.say(JSON.stringify(['1', null, 'realtime:room', 'broadcast', { event: 'e', payload: { text } }]))
    assert.equal(driver.named('broadcast').at(-1)?.[3].text, text)
  }
  // A lone surrogate is no text.
  socket.say('["1",null,"realtime:room","broadcast",{"event":"e","payload":"\ud83d"}]')
  assert.equal(driver.named('broadcast').at(-1)?.[3], '\ufffd')
})

test('closing in one breath closes the socket, and nothing is heard of it any more', async () => {
  const { driver, socket } = await joined()
  driver.close()
  await settle()
  assert.equal(socket.readyState, 3)
  assert.equal(driver.named('status').at(-1)?.[2], 'CLOSED')
  const { length } = driver.calls
  socket.reply()
  socket.dispatchEvent(new Event('close'))
  driver.input('timeout')
  mock.timers.tick(1_000_000)
  assert.equal(driver.calls.length, length)
})

test('a token is asked for and given', async () => {
  const { driver, run } = make({ asksTokens: true })
  const room = run((raw) => raw.channel('room', '{}'))
  run((raw) => raw.subscribe(room))
  await settle()
  const [socket] = driver.sockets
  socket.open()
  assert.deepEqual([driver.named('askToken').length, socket.sent.length], [1, 0])
  driver.input('token', 1, 0, 'e30.e30.x')
  assert.ok(socket.sent[0].includes('"access_token":"e30.e30.x"'))
})

test('one timer goes for the earliest moment, and fires when it has come', async () => {
  const { driver, socket } = await joined()
  assert.equal(socket.sent.length, 1)
  mock.timers.tick(24_000)
  assert.equal(socket.sent.length, 1)
  mock.timers.tick(2_000)
  assert.match(socket.sent[1], /heartbeat/)
  mock.timers.tick(11_000)
  assert.equal(driver.named('fault').at(-1)?.[4], 'heartbeat-lost')
  assert.equal(socket.readyState, 3)
})

test('an old socket is not listened to', async () => {
  const { driver, socket } = await joined()
  socket.dispatchEvent(new Event('close'))
  mock.timers.tick(2_000)
  const later = driver.sockets[1]
  later.open()
  const faults = driver.named('fault').length
  socket.dispatchEvent(new Event('close'))
  assert.equal(driver.named('fault').length, faults)
  assert.equal(later.readyState, 1)
})

test('the page says when it loses and finds the network, sleeps and wakes', async () => {
  const page = Object.assign(new EventTarget(), { hidden: false })
  const window = new EventTarget()
  for (const [name, value] of Object.entries({ document: page, addEventListener: window.addEventListener.bind(window) })) {
    Object.defineProperty(globalThis, name, { value, configurable: true })
  }
  try {
    const { driver, socket } = await joined()
    const told = () => driver.named('connection').map(([, state]) => state)
    /** @param {EventTarget} at @param {string} type @param {object} [more] */
    const happen = (at, type, more) => at.dispatchEvent(Object.assign(new Event(type), more))
    const probes = () => socket.sent.filter((/** @type {string} */ text) => text.includes('heartbeat')).length
    page.hidden = true
    happen(page, 'visibilitychange')
    // Without `persisted` they are an end and a beginning, and mean nothing here.
    happen(window, 'pagehide', { persisted: false })
    happen(window, 'pageshow', { persisted: false })
    assert.equal(probes(), 0)
    page.hidden = false
    happen(page, 'visibilitychange')
    assert.equal(probes(), 1)
    happen(window, 'offline')
    mock.timers.tick(4_000)
    assert.equal(told().at(-1), 'offline')
    happen(window, 'online')
    assert.equal(driver.sockets.length, 2)
    happen(window, 'pagehide', { persisted: true })
    assert.equal(driver.sockets[1].readyState, 3)
    happen(window, 'pageshow', { persisted: true })
    assert.equal(driver.sockets.length, 3)
    driver.close()
    await settle()
    happen(window, 'pagehide', { persisted: true })
    assert.equal(driver.sockets.length, 3)
  } finally {
    Reflect.deleteProperty(globalThis, 'document')
    Reflect.deleteProperty(globalThis, 'addEventListener')
  }
})

test('a frame paints until its time is over, and the rest comes with the next', async () => {
  const { driver } = make()
  const painted = /** @type {any[]} */ ([])
  const dom = { begin: () => {}, end: () => painted.push('end'), fire: () => true, stop: () => {}, apply: (/** @type {any[]} */ calls) => painted.push(calls.length) }
  driver.dom = /** @type {any} */ (dom)
  for (let id = 0; id < 20; id++) driver.note('mounted', id, 0, 's', 'cover')
  await settle()
  // As if the page took long for each of them.
  let time = driver.now()
  driver.now = () => time
  dom.apply = (calls) => {
    time += 5
    painted.push(calls.length)
  }
  mock.timers.tick(1)
  assert.deepEqual(painted.map((of) => of === 'end'), [false, true, false, true, false, true])
})

test('a frame that comes after the end touches nothing', async () => {
  const { driver } = make()
  const touched = /** @type {string[]} */ ([])
  driver.dom = /** @type {any} */ ({ begin: () => touched.push('begin'), end: () => touched.push('end'), fire: () => true, stop: () => touched.push('stop'), apply: () => touched.push('apply') })
  driver.note('mounted', 1, 0, 's', 'cover')
  await settle()
  driver.close()
  await settle()
  mock.timers.tick(1_000)
  assert.deepEqual(touched, ['stop'])
})

test('what the browser did for a frame counts as time that painting takes', async () => {
  const { driver } = make()
  await settle()
  /** @type {Function[]} */
  const frames = []
  const page = Object.assign(new EventTarget(), { hidden: false })
  for (const [name, value] of Object.entries({ document: page, requestAnimationFrame: (/** @type {Function} */ frame) => frames.push(frame) })) {
    Object.defineProperty(globalThis, name, { value, configurable: true })
  }
  try {
    let time = driver.now()
    driver.now = () => time
    const spent = /** @type {(number | undefined)[]} */ ([])
    driver.input = (kind, id) => kind === 'painted' && spent.push(id)
    for (let frame = 0; frame < 2; frame++) {
      driver.paint()
      frames.pop()?.()
      time += 25
      mock.timers.tick(1)
    }
    assert.deepEqual(spent, [0, 25])
  } finally {
    Reflect.deleteProperty(globalThis, 'document')
    Reflect.deleteProperty(globalThis, 'requestAnimationFrame')
  }
})

test('what listeners are to be told does not wait for a page that is hidden before its frame comes', async () => {
  const page = Object.assign(new EventTarget(), { hidden: false })
  for (const [name, value] of Object.entries({ document: page, requestAnimationFrame: () => {} })) {
    Object.defineProperty(globalThis, name, { value, configurable: true })
  }
  try {
    const { driver } = make()
    for (const story of ['42', '43']) {
      driver.note('story', 0, 1, story)
      await settle()
      const row = JSON.stringify([{ id: story, asset_generation_status: { cover: 'generating' } }])
      driver.input('answer', driver.named('read').at(-1)?.[1], 200, row)
    }
    const told = () => driver.named('asset').map(([, , story]) => story)
    assert.deepEqual(told(), ['42', '42'], 'the first at once, the rest with the frame')
    page.hidden = true
    page.dispatchEvent(new Event('visibilitychange'))
    mock.timers.tick(1)
    assert.deepEqual(told(), ['42', '42', '43', '43'])
  } finally {
    Reflect.deleteProperty(globalThis, 'document')
    Reflect.deleteProperty(globalThis, 'requestAnimationFrame')
  }
})

test('the clock goes on and starts at the time of the wall, whatever is done to it', () => {
  const now = startClock()
  assert.equal(Math.trunc(now()), 1_800_000_000_000)
  mock.timers.tick(5_000)
  const later = now()
  assert.ok(later >= 1_800_000_005_000 && later < 1_800_000_006_000)
  mock.timers.setTime(1_000)
  assert.ok(now() >= later, 'it never goes back')
})
