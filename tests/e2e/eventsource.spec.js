// The EventSource class: each behaviour that the standard asks for, in a real browser, and the browser's own class as the
// oracle for thousands of generated streams.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { eventStream, openPage } from '../support/stream-page.js'
import { anyStream, pieces, random } from '../support/stream-generator.js'

/** @type {Awaited<ReturnType<typeof openPage>>} */
let world
before(async () => {
  world = await openPage()
  // What the tests in the page use: waits for one event, or for the whole life of a source.
  world.server.files.set(
    '/life.js',
    `import { EventSource as Ours } from '/eventsource.js'
     export const Own = globalThis.EventSource
     export { Ours }
     /** Everything that happens until \`ends\` says so, or the time is up. */
     export function life(make, { types = [], ends = () => false, ms = 3000 } = {}) {
       return new Promise((resolve) => {
         const log = []
         const source = make()
         const done = () => { source.close(); resolve(log) }
         const timer = setTimeout(done, ms)
         const note = (what) => { log.push(what); if (ends(log, source)) { clearTimeout(timer); done() } }
         source.onopen = () => note('open')
         source.onerror = () => note(source.readyState === 2 ? 'closed' : 'error')
         for (const type of ['message', ...types]) source.addEventListener(type, (e) => note([e.type, e.data, e.lastEventId]))
       })
     }`,
  )
})
after(() => world.close())
beforeEach(() => {
  world.server.seen.length = 0
  world.problems.length = 0
})

/** Runs in the page, with `Ours`, `Own` and `life` at hand. @param {string} body @param {unknown} [given] */
const inPage = (body, given) =>
  world.page.evaluate(`(async (given) => { const { Ours, Own, life } = await import('/life.js'); ${body} })(${JSON.stringify(given ?? null)})`)

/** @param {string} text @param {Record<string, string>} [headers] */
const once = (text, headers = {}) => (_, response) => response.writeHead(200, { ...eventStream, ...headers }).end(text)
/** @param {string} text */
const open = (text) => (_, response) => response.writeHead(200, eventStream).write(text)

test('the class has the shape of the standard one', async () => {
  const shape = (name) => `(() => {
    const describe = (object) => Object.getOwnPropertyNames(object).filter((name) => !['length', 'name', 'prototype', 'fromReadableStream'].includes(name)).sort().map((name) => {
      const { value, get, set, enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(object, name)
      return [name, typeof value === 'function' ? 'function' : value, get?.name, set?.name, enumerable, writable, configurable]
    })
    return { members: describe(${name}.prototype), statics: describe(${name}), length: ${name}.length, name: ${name}.name,
      tag: Object.prototype.toString.call(${name}.prototype), parent: Object.getPrototypeOf(${name}) === EventTarget }
  })()`
  const { ours, own } = await inPage(`return { ours: ${shape('Ours')}, own: ${shape('Own')} }`)
  assert.deepEqual(ours, own)
})

test('it is constructed as the standard says', async () => {
  world.server.on('/stay', open(':\n'))
  const results = await inPage(`
    const results = {}
    const error = (f) => { try { f(); return 'none' } catch (e) { return e.name + (e instanceof DOMException ? ' DOM ' + e.code : '') } }
    for (const [name, ES] of [['ours', Ours], ['own', Own]]) {
      const source = new ES('/stay?x#y', { withCredentials: 1 })
      const plain = new ES({ toString: () => 'stay' }, null)
      results[name] = {
        bogus: error(() => new ES('http://this is invalid/')), none: error(() => new ES()), called: error(() => ES('/stay')),
        wrong: error(() => new ES('/stay', 'x')), symbol: error(() => new ES(Symbol())),
        url: source.url, credentials: [source.withCredentials, plain.withCredentials], relative: plain.url,
        state: source.readyState, constants: [ES.CONNECTING, ES.OPEN, ES.CLOSED, source.CONNECTING, source.OPEN, source.CLOSED],
        target: source instanceof EventTarget, handlers: [source.onopen, source.onmessage, source.onerror],
        frozen: (() => { source.url = 'x'; source.readyState = 2; return [source.url, source.readyState] })(),
        undefined: new URL(new ES(undefined).url).pathname, number: new URL(new ES(1).url).pathname, empty: new ES('').url,
      }
      source.close(); plain.close()
      results[name].closed = source.readyState
    }
    return results`)
  assert.deepEqual(results.ours, results.own)
})

test('handlers are attributes with the semantics of event handlers', async () => {
  world.server.on('/events', once('data: 1\n\ndata: 2\n\n'))
  const [ours, own] = await inPage(`
    const run = (ES) => new Promise((resolve) => {
      const order = [], source = new ES('/events')
      const f = function (e) { order.push('handler ' + e.data + (this === source)) }
      source.onmessage = 5
      order.push(String(source.onmessage))
      source.onmessage = f
      source.addEventListener('message', (e) => order.push('listener ' + e.data))
      source.onmessage = function (e) { f.call(this, e); if (e.data === '1') source.onmessage = null }
      order.push(typeof source.onmessage)
      const object = {}
      source.onopen = object
      order.push(source.onopen === object)
      source.onerror = () => { order.push(String(source.onmessage)); source.close(); resolve(order) }
    })
    return [await run(Ours), await run(Own)]`)
  assert.deepEqual(ours, own)
})

test('events are those of the standard', async () => {
  world.server.on('/events', once('id: 7\nevent: named\ndata: a\ndata: b\n\n'))
  const [ours, own] = await inPage(`
    const run = (ES) => new Promise((resolve) => {
      const log = [], source = new ES('/events')
      const note = (e) => log.push([e.constructor.name, e.type, e.data, e.origin, e.lastEventId, e.source, e.ports && Object.isFrozen(e.ports) && e.ports.length,
        e.bubbles, e.cancelable, e.target === source, e.eventPhase, 'data' in e])
      source.onopen = note
      source.addEventListener('named', note)
      source.onerror = (e) => { note(e); source.close(); resolve(log) }
    })
    return [await run(Ours), await run(Own)]`)
  assert.deepEqual(ours, own)
})

test('promises settle between two events, as between two tasks', async () => {
  world.server.on('/events', once(Array.from({ length: 200 }, (_, n) => `data: ${n}\n\n`).join('')))
  const heard = await inPage(`
    const source = new Ours('/events')
    const next = () => new Promise((resolve) => { source.onmessage = (e) => { source.onmessage = null; resolve(e.data) } })
    const later = async () => { const data = await next(); await null; await null; await (async () => { await null })(); return data }
    const heard = []
    for (let n = 0; n < 200; n++) heard.push(Number(await later()))
    source.close()
    return heard`)
  assert.deepEqual(heard, Array.from({ length: 200 }, (_, n) => n))
})

test('nothing is dispatched after close, not even from the same chunk', async () => {
  world.server.on('/events', open('data: 1\n\ndata: 2\n\ndata: 3\n\n'))
  const log = await inPage(`return life(() => new Ours('/events'), { ends: (log) => log.length === 2, ms: 500 }).then(async (log) => { await new Promise((r) => setTimeout(r, 100)); return log })`)
  assert.deepEqual(log, ['open', ['message', '1', '']])
})

test('it reconnects with the id, and says so by an error in state CONNECTING', async () => {
  world.server.on('/again', ({ count }, response) => once(count === 1 ? 'retry: 300\nid: é1\ndata: a\n\nid: lost\ndata: cut' : 'data: b\n\n')(null, response))
  const log = await inPage(`return life(() => new Ours('/again'), { ends: (log) => log.length === 5 })`)
  assert.deepEqual(log, ['open', ['message', 'a', 'é1'], 'error', 'open', ['message', 'b', 'é1']])
  const [first, second] = world.server.requests('/again')
  assert.equal(first.headers['last-event-id'], undefined)
  assert.equal(Buffer.from(second.headers['last-event-id'], 'latin1').toString('utf8'), 'é1')
})

test('the wait is the reconnection time', async () => {
  world.server.on('/wait', once('retry: 700\nretry: 100x\nretry:\ndata: a\n\n'))
  const waits = await inPage(`
    const at = []
    await life(() => new Ours('/wait'), { ends: (log) => (at.push(performance.now()), log.filter((what) => what === 'open').length === 3) })
    return [at[3] - at[2], at[6] - at[5]]`)
  for (const wait of waits) assert.ok(wait > 650 && wait < 950, String(waits))
})

test('requests are those of the standard, with the headers of the page', async () => {
  world.server.on('/request', open(':\n'))
  await inPage(`
    let attempt = 0
    const give = [undefined, { Authorization: 'Bearer one' }, new Headers({ 'X-Two': '2' }), async () => ({ 'X-Attempt': String(++attempt) })]
    for (const headers of give) await life(() => new Ours('/request', { headers }), { ends: (log) => log.includes('open') })
    await life(() => new Own('/request'), { ends: (log) => log.includes('open') })`)
  const seen = world.server.requests('/request').map(({ headers }) => headers)
  const [plain, one, two, attempt, own] = seen
  for (const name of ['accept', 'cache-control', 'sec-fetch-mode', 'sec-fetch-dest', 'sec-fetch-site', 'referer', 'cookie']) assert.equal(plain[name], own[name], name)
  assert.deepEqual([one.authorization, two['x-two'], attempt['x-attempt']], ['Bearer one', '2', '1'])
})

for (const status of [204, 205, 210, 299, 404, 410, 500, 503]) {
  test(`a ${status} closes it`, async () => {
    world.server.on('/status', (_, response) => response.writeHead(status, eventStream).end(status === 204 ? undefined : 'data: never\n\n'))
    assert.deepEqual(await inPage(`return life(() => new Ours('/status'), { ends: (log) => log.includes('closed') })`), ['closed'])
  })
}

test('the content type decides, whatever its parameters', async () => {
  const run = async (type) => {
    world.server.on('/type', (_, response) => response.writeHead(200, type === null ? {} : { 'content-type': type }).end('data: a\n\n'))
    return inPage(`return life(() => new Ours('/type'), { ends: (log) => log.length === 2 || log.includes('closed') })`)
  }
  for (const good of ['text/event-stream;', 'Text/Event-Stream', 'text/event-stream;charset=windows-1252', 'text/event-stream; foo=bar']) {
    assert.deepEqual(await run(good), ['open', ['message', 'a', '']], good)
  }
  for (const bad of ['text/html', 'text/x-bogus', 'application/json', 'text/event-streams', null]) assert.deepEqual(await run(bad), ['closed'], String(bad))
})

test('redirects are followed, and the origin is where they led', async () => {
  for (const status of [301, 302, 303, 307]) {
    world.server.on('/from', (_, response) => response.writeHead(status, { location: `${world.other.origin}/to`, 'access-control-allow-origin': '*' }).end())
    world.other.on('/to', once('data: a\n\n', { 'access-control-allow-origin': '*' }))
    const origin = await inPage(`return new Promise((resolve) => { const s = new Ours('/from'); s.onmessage = (e) => { s.close(); resolve(e.origin) } })`)
    assert.equal(origin, world.other.origin)
  }
})

test('another origin must allow it, and a refusal closes it', async () => {
  const url = `${world.other.origin}/cors`
  const run = async (headers) => {
    world.other.on('/cors', once('data: a\n\n', headers))
    return inPage(`return life(() => new Ours(given), { ends: (log) => log.length === 2 || log.includes('closed') })`, url)
  }
  assert.deepEqual(await run({ 'access-control-allow-origin': world.server.origin }), ['open', ['message', 'a', '']])
  for (const headers of [{}, { 'access-control-allow-origin': '' }, { 'access-control-allow-origin': 'http://example.org' }]) {
    assert.deepEqual(await run(headers), ['closed'], JSON.stringify(headers))
  }
})

test('a URL that cannot be fetched closes it', async () => {
  for (const url of ['about:blank', 'mailto:somebody@example.org', "javascript:alert('no')", 'ftp://example.org/']) {
    assert.deepEqual(await inPage(`return life(() => new Ours(given), { ends: (log) => log.length > 0 })`, url), ['closed'], url)
  }
})

test('data: and blob: URLs are streams too', async () => {
  const log = await inPage(`
    const url = URL.createObjectURL(new Blob(['data: blob\\n\\n'], { type: 'text/event-stream' }))
    const run = (url) => life(() => new Ours(url), { ends: (log) => log.length === 2 })
    return [await run(url), await run('data:text/event-stream,data:%20x%0A%0A')]`)
  assert.deepEqual(log, [['open', ['message', 'blob', '']], ['open', ['message', 'x', '']]])
})

test('credentials go to another origin only where asked for', async () => {
  world.other.on('/cookie', ({ count, headers }, response) =>
    once(`data: ${headers.cookie ?? 'none'}\n\n`, {
      'set-cookie': 'a=b',
      'access-control-allow-origin': world.server.origin,
      'access-control-allow-credentials': 'true',
    })(null, response),
  )
  const run = (withCredentials) => inPage(`return life(() => new Ours(given[0], { withCredentials: given[1] }), { ends: (log) => log.length === 2 })`, [`${world.other.origin}/cookie`, withCredentials])
  await run(true)
  assert.equal((await run(true))[1][1], 'a=b')
  assert.equal((await run(false))[1][1], 'none')
})

test('it works in a worker, module or classic', async () => {
  world.server.on('/events', once('data: worker\n\n'))
  const body = `const source = new ES('/events'); source.onmessage = (e) => { postMessage([e.data, e.origin, source.url]); source.close() }`
  world.server.files.set('/module.js', `import { EventSource as ES } from '/eventsource.js'\n${body}`)
  world.server.files.set('/classic.js', `import('/eventsource.js').then(({ EventSource: ES }) => { ${body} })`)
  const said = await inPage(`
    const ask = (worker) => new Promise((resolve) => { worker.onmessage = (e) => { worker.terminate(); resolve(e.data) } })
    return [await ask(new Worker('/module.js', { type: 'module' })), await ask(new Worker('/classic.js'))]`)
  const { origin } = world.server
  assert.deepEqual(said, Array(2).fill(['worker', origin, `${origin}/events`]))
})

test('a page that is left and restored from the cache opens again', async () => {
  world.server.on('/left', open('id: 1\ndata: a\n\n'))
  const log = await inPage(`
    const log = [], source = new Ours('/left')
    const next = () => new Promise((resolve) => { source.onmessage = (e) => resolve(e.data) })
    await next()
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    await new Promise((r) => setTimeout(r, 200))
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    log.push(await next())
    source.close()
    return log`)
  assert.deepEqual(log, ['a'])
  assert.equal(world.server.requests('/left')[1].headers['last-event-id'], '1')
})

test("the browser's own parser is the oracle", { timeout: 240_000 }, async () => {
  const count = Number(process.env.ORACLE_STREAMS ?? 2_000)
  /** @type {Map<string, Buffer>} */
  const streams = new Map()
  world.server.on('/oracle', async ({ url }, response) => {
    const seed = Number(url.searchParams.get('n'))
    const stream = streams.get(String(seed)) ?? Buffer.from([])
    response.writeHead(200, eventStream)
    for (const piece of pieces(stream, random(seed))) {
      response.write(piece)
      if (seed % 4 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })
  for (let from = 0; from < count; from += 200) {
    for (let seed = from; seed < from + 200; seed++) streams.set(String(seed), anyStream(random(seed * 7 + 1)))
    const differences = await inPage(
      `
      const all = async (ES, n) => JSON.stringify((await life(() => new ES('/oracle?n=' + n), { types: ['a', 'b', 'ab'], ends: (log) => log.includes('error') })))
      const differences = []
      const lane = async (first) => {
        for (let n = given + first; n < given + 200; n += 3) {
          const [ours, own] = await Promise.all([all(Ours, n), all(Own, n)])
          if (ours !== own) differences.push([n, ours, own])
        }
      }
      await Promise.all([lane(0), lane(1), lane(2)])
      return differences`,
      from,
    )
    assert.deepEqual(differences.map(([n, ours, own]) => ({ stream: streams.get(String(n))?.toString('latin1'), ours, own })), [])
    streams.clear()
  }
})

test('nothing was thrown into the page', () => assert.deepEqual(world.problems, []))
