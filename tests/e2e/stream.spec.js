// client.stream under every fault: what the page is told, and what the server is asked.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { eventStream, openPage } from '../support/stream-page.js'

/** @type {Awaited<ReturnType<typeof openPage>>} */
let world
before(async () => {
  world = await openPage()
  world.server.files.set(
    '/life.js',
    `import { EventStream } from '/index.js'
     const openStream = (url, options = {}, context = {}) => new EventStream(url, options, context)
     export { openStream }
     export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
     /** Everything a page is told until \`ends\` says so, or the time is up. */
     export function life(url, options = {}, { ends = () => false, ms = 4000, context } = {}) {
       return new Promise((resolve) => {
         const log = [], stream = openStream(url, options, context)
         const done = () => { stream.close(); resolve(log) }
         const timer = setTimeout(done, ms)
         const note = (what) => { log.push(what); if (ends(log, stream)) { clearTimeout(timer); done() } }
         stream.on('open', () => note('open'))
         stream.on('error', (e) => note([e.code, e.status, e.willRetry]))
         stream.on('*', (e) => note(e.type + ' ' + e.data))
       })
     }
     export const count = (n) => (log) => log.length === n
     export const failed = (log) => Array.isArray(log.at(-1))`,
  )
})
after(() => world.close())
beforeEach(() => {
  world.server.seen.length = 0
  world.problems.length = 0
})

/** @param {string} body @param {unknown} [given] */
const inPage = (body, given) =>
  world.page.evaluate(`(async (given) => { const { openStream, life, count, failed, sleep } = await import('/life.js'); ${body} })(${JSON.stringify(given ?? null)})`)
/** @param {string} text */
const once = (text) => (_, response) => response.writeHead(200, eventStream).end(text)
/** @param {string} text */
const open = (text) => (_, response) => response.writeHead(200, eventStream).write(text)

test('events come by name, by type in their data, and pings do not', async () => {
  world.server.on('/s', open('event: connected\ndata: {"a":1}\n\ndata: {"type":"emotion","n":2}\n\ndata: {"type":"ping"}\n\nevent: ping\ndata: x\n\ndata: plain\n\nevent: end\ndata\n\n'))
  const heard = await inPage(`
    const heard = [], stream = openStream('/s')
    for (const type of ['connected', 'emotion', 'message', 'ping']) stream.on(type, (e) => heard.push([type, e.type, e.json?.n ?? e.json?.a ?? null]))
    const all = []
    stream.on('*', (e) => all.push(e.type))
    await new Promise((resolve) => stream.on('end', resolve))
    stream.close()
    return { heard, all }`)
  assert.deepEqual(heard.heard, [['connected', 'connected', 1], ['emotion', 'emotion', 2], ['message', 'emotion', 2], ['ping', 'ping', null], ['ping', 'ping', null], ['message', 'message', null]])
  assert.deepEqual(heard.all, ['connected', 'emotion', 'message', 'end'])
})

test('a server may name its events as the stream names its own', async () => {
  world.server.on('/s', open('event: error\ndata: theirs\n\n'))
  const heard = await inPage(`return new Promise((resolve) => { const stream = openStream('/s'); stream.on('error', resolve); stream.on('event:error', (e) => { stream.close(); resolve(e.data) }) })`)
  assert.equal(heard, 'theirs')
})

test('text of any kind arrives whole, in batches too', async () => {
  const texts = Array.from({ length: 300 }, (_, n) => Array.from('é€😀').slice(0, n % 4).join('') + '\ufeff'.repeat(n % 2) + 'x'.repeat(n % 40))
  world.server.on('/s', open(texts.map((text, n) => `id: ${n}ü\nevent: é${n % 3}\ndata: ${text}\n\n`).join('') + 'event: end\ndata\n\n'))
  const [single, batched] = await inPage(`
    const run = (batch) => new Promise((resolve) => {
      const all = [], stream = openStream('/s', { batch })
      stream.on('*', (e) => {
        for (const one of batch ? e : [e]) {
          if (one.type === 'end') { stream.close(); return resolve(all) }
          all.push([one.lastEventId, one.type, one.data])
        }
      })
    })
    return [await run(false), await run(true)]`)
  assert.deepEqual(single, texts.map((text, n) => [`${n}ü`, `é${n % 3}`, text]))
  assert.deepEqual(batched, single)
})

test('headers, method and body go out with every attempt', async () => {
  world.server.on('/post', ({ count, body, method, headers }, response) => once(`retry: 300\nid: ${count}\ndata: ${method} ${body} ${headers['x-n']} ${headers['content-type']}\n\n`)(null, response))
  const log = await inPage(`let n = 0; return life('/post', { body: 'question', headers: async () => ({ 'X-N': String(++n), 'Content-Type': 'text/plain' }) }, { ends: (log) => log.filter((x) => String(x).startsWith('message')).length === 2 })`)
  assert.deepEqual(log.filter((what) => typeof what === 'string' && what !== 'open'), ['message POST question 1 text/plain', 'message POST question 2 text/plain'])
  assert.equal(world.server.requests('/post')[1].headers['last-event-id'], '1')
})

test('the token goes to the API and to nobody else', async () => {
  const bearer = async (url, apiBase) => {
    const server = url.startsWith(world.other.origin) ? world.other : world.server
    server.on('/t', ({ headers }, response) => response.writeHead(200, { ...eventStream, 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization' }).end(`data: ${headers.authorization}\n\n`))
    return (await inPage(`return life(given[0], {}, { ends: count(2), context: { accessToken: () => 'secret', apiBase: given[1] } })`, [url, apiBase]))[1]
  }
  assert.equal(await bearer(`${world.server.origin}/t`), 'message Bearer secret')
  assert.equal(await bearer(`${world.other.origin}/t`), 'message undefined')
  assert.equal(await bearer(`${world.server.origin}/t`, `${world.other.origin}/api`), 'message undefined')
})

test('a token that expires in the middle is renewed, and no event is lost or doubled', async () => {
  let valid = 'one'
  const events = ['a', 'b', 'c', 'd', 'e', 'f']
  world.server.on('/t', ({ headers }, response) => {
    if (headers.authorization !== `Bearer ${valid}`) return response.writeHead(401).end()
    const from = Number(headers['last-event-id'] ?? 0)
    // Two events, then the token is worth nothing any more and the stream is cut within a third.
    response.writeHead(200, eventStream).write('retry: 300\n' + events.slice(from, from + 2).map((data, n) => `id: ${from + n + 1}\ndata: ${data}\n\n`).join('') + `id: ${from + 3}\ndata: ${events[from + 2]}`)
    valid = valid === 'one' ? 'two' : 'three'
    setTimeout(() => response.destroy(), 30)
  })
  const heard = await inPage(`
    let known = 'one'
    const heard = [], stream = openStream('/t', {}, { accessToken: async ({ fresh }) => { if (fresh) known = known === 'one' ? 'two' : 'three'; return known } })
    stream.on('message', (e) => heard.push(e.data))
    for (let n = 0; n < 100 && heard.length < 6; n++) await sleep(50)
    stream.close()
    return heard`)
  assert.deepEqual(heard, events)
})

test('200 with another type is fatal and never parsed', async () => {
  for (const type of ['text/html', 'application/json']) {
    world.server.on('/s', (_, response) => response.writeHead(200, { 'content-type': type }).end('data: <html>\n\n'))
    assert.deepEqual(await inPage(`return life('/s', {}, { ends: failed })`), [['not-event-stream', 200, false]])
  }
})

test('a 204 stops, and is no failure of an iteration', async () => {
  world.server.on('/s', (_, response) => response.writeHead(204).end())
  assert.deepEqual(await inPage(`return life('/s', {}, { ends: failed })`), [['no-content', 204, false]])
  assert.equal(await inPage(`for await (const event of openStream('/s')) return event; return 'over'`), 'over')
})

for (const status of [400, 403, 404, 410]) {
  test(`a ${status} is fatal`, async () => {
    world.server.on('/s', (_, response) => response.writeHead(status).end())
    assert.deepEqual(await inPage(`return life('/s', {}, { ends: failed })`), [['status', status, false]])
    assert.equal(world.server.requests('/s').length, 1)
  })
}

test('a 401 asks for a fresh token once', async () => {
  world.server.on('/s', (_, response) => response.writeHead(401).end())
  const asked = await inPage(`const asked = []; const log = await life('/s', {}, { ends: failed, context: { accessToken: ({ fresh }) => { asked.push(fresh); return 'old' } } }); return { asked, log }`)
  assert.deepEqual(asked, { asked: [false, true], log: [['unauthorized', 401, false]] })
})

for (const status of [408, 425, 429, 500, 502, 503, 504]) {
  test(`a ${status} is tried again`, async () => {
    world.server.on('/s', ({ count }, response) => (count === 1 ? response.writeHead(status).end() : open('data: back\n\n')(null, response)))
    const log = await inPage(`return life('/s', { retryDelay: 300 }, { ends: (log) => log.includes('message back') })`)
    // A 408 on a connection that was used before, Chromium repeats by itself and tells nobody.
    if (status === 408 && log.length === 2) log.unshift(['unavailable', status, true])
    assert.deepEqual(log, [['unavailable', status, true], 'open', 'message back'])
  })
}

test('Retry-After is honoured', async () => {
  const dated = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000).toUTCString()
  for (const [header, least] of [['1', 1000], [dated, 900]]) {
    let at = 0
    let waited = 0
    world.server.on('/s', ({ count: n }, response) => {
      if (at === 0) {
        at = Date.now()
        return response.writeHead(503, { 'retry-after': header }).end()
      }
      waited = Date.now() - at
      return open('data: back\n\n')(null, response)
    })
    await inPage(`return life('/s', { retryDelay: 300 }, { ends: count(3) })`)
    assert.ok(waited >= least && waited < 3600, `${header}: ${waited}`)
  }
})

test('a reset, before or after the answer, is tried again', async () => {
  world.server.on('/s', ({ count }, response) => {
    if (count === 1) return response.socket?.destroy()
    if (count === 2) {
      response.writeHead(200, eventStream).write('id: 1\ndata: a\n\n')
      return setTimeout(() => response.socket?.resetAndDestroy(), 30)
    }
    return open('data: b\n\n')(null, response)
  })
  // Chromium itself repeats a request whose kept connection was gone, so the first reset may not be seen.
  const log = await inPage(`return life('/s', { retryDelay: 300 }, { ends: (log) => log.at(-1) === 'message b' })`)
  assert.deepEqual(log.filter((what) => what[0] !== 'network'), ['open', 'message a', ['cut', 200, true], 'open', 'message b'])
  assert.equal(world.server.requests('/s').at(-1)?.headers['last-event-id'], '1')
})

test('a dead host is tried again, a refusal by CORS is named', async () => {
  const dead = await inPage(`return life('http://127.0.0.1:9/s', { retryDelay: 300 }, { ends: count(2) })`)
  assert.deepEqual(dead, Array(2).fill(['network', 0, true]))
  world.other.on('/s', once('data: a\n\n'))
  assert.deepEqual(await inPage(`return life(given, {}, { ends: failed })`, `${world.other.origin}/s`), [['cors-refused', 0, false]])
})

test('a server that accepts and says nothing is given up', async () => {
  world.server.on('/s', () => {})
  assert.deepEqual(await inPage(`return life('/s', { connectTimeout: 200 }, { ends: failed })`), [['connect-timeout', 0, true]])
  world.server.on('/s', (_, response) => response.writeHead(200, eventStream).flushHeaders())
  assert.deepEqual(await inPage(`return life('/s', { firstByteTimeout: 200 }, { ends: failed })`), ['open', ['first-byte-timeout', 200, true]])
  world.server.on('/s', open('data: a\n\n'))
  assert.deepEqual(await inPage(`return life('/s', { idleTimeout: 300 }, { ends: failed })`), ['open', 'message a', ['idle-timeout', 200, true]])
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(world.server.live.get('/s'), 0, 'each was aborted')
})

test('retry: 0 is no storm, and a stream that ends at once says so', async () => {
  world.server.on('/s', once('retry: 0\ndata: a\n\n'))
  const log = await inPage(`return life('/s', {}, { ms: 3000 })`)
  const requests = world.server.requests('/s').length
  assert.ok(requests >= 3 && requests <= 16, `${requests} requests`)
  assert.ok(log.some(([code]) => code === 'ends-at-once'), JSON.stringify(log))
})

test('a flood of comments delivers what is between, and costs no memory', async () => {
  world.server.on('/s', async (_, response) => {
    response.writeHead(200, eventStream)
    const comments = Buffer.from(`: ${'x'.repeat(998)}\n`.repeat(1000))
    for (let n = 0; n < 20; n++) if (!response.write(comments)) await new Promise((resolve) => response.once('drain', resolve))
    response.write('data: a\n\n')
  })
  assert.deepEqual(await inPage(`return life('/s', {}, { ends: count(2), ms: 20000 })`), ['open', 'message a'])
})

test('a line of 10 MB arrives; one over the limit is fatal', async () => {
  world.server.on('/s', open(`data: ${'y'.repeat(10_000_000)}\n\n`))
  assert.equal(await inPage(`return new Promise((resolve) => { const s = openStream('/s'); s.on('message', (e) => { s.close(); resolve(e.data.length) }) })`), 10_000_000)
  assert.deepEqual(await inPage(`return life('/s', { maxEventBytes: 1_000_000 }, { ends: failed })`), ['open', ['event-too-large', 200, false]])
  assert.equal(world.server.requests('/s').length, 2)
})

test('a listener that throws or closes does what it says and no more', async () => {
  world.server.on('/s', open('data: 1\n\ndata: 2\n\ndata: 3\n\n'))
  const heard = await inPage(`
    const heard = [], stream = openStream('/s')
    addEventListener('error', (e) => { heard.push('reported ' + e.error.message); e.preventDefault() }, { once: true })
    stream.on('message', () => { if (heard.length === 0) throw new Error('mine') })
    stream.on('message', (e) => { heard.push(e.data); if (e.data === '2') stream.close() })
    await sleep(300)
    return [...heard, stream.state]`)
  assert.deepEqual(heard, ['reported mine', '1', '2', 'stopped'])
  world.problems.length = 0 // the report is what was wanted
})

test('an abort signal ends it, and a listener', async () => {
  world.server.on('/s', open('data: 1\n\n'))
  const states = await inPage(`
    const abort = new AbortController(), one = new AbortController(), heard = []
    const stream = openStream('/s', { signal: abort.signal })
    stream.on('message', (e) => heard.push('never'), { signal: AbortSignal.abort() })
    stream.on('message', (e) => heard.push(e.data), { signal: one.signal })
    await sleep(200)
    const before = stream.state
    abort.abort()
    return [before, stream.state, ...heard, openStream('/s', { signal: AbortSignal.abort() }).state]`)
  assert.deepEqual(states, ['open', 'stopped', '1', 'stopped'])
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(world.server.live.get('/s'), 0)
})

test('iteration gives every event in order, holds the server back, and ends', async () => {
  let written = 0
  /** Writes as fast as it is read. @param {number} total */
  const pour = (total) => async (_, response) => {
    let isOpen = true
    response.setMaxListeners(0)
    response.on('close', () => (isOpen = false))
    response.writeHead(200, eventStream)
    for (written = 0; isOpen && written < total; written += 100) {
      const text = Array.from({ length: 100 }, (_, n) => `data: ${written + n} ${'z'.repeat(200)}\n\n`).join('')
      if (!response.write(text)) await Promise.race(['drain', 'close'].map((name) => new Promise((resolve) => response.once(name, resolve))))
    }
    if (isOpen) response.write('event: end\ndata\n\n')
  }
  world.server.on('/all', pour(60_000))
  const result = await inPage(`
    const stream = openStream('/all')
    let n = 0, wrong = 0
    for await (const event of stream) {
      if (event.type === 'end') break
      if (n === 0) await sleep(600)
      if (!event.data.startsWith(n + ' ')) wrong++
      n++
    }
    stream.close()
    return { n, wrong }`)
  assert.deepEqual(result, { n: 60_000, wrong: 0 })
  // The browser and the sockets hold much by themselves; what counts is how much the page has taken.
  world.server.on('/held', pour(60_000))
  const waiting = await inPage(`
    const stream = openStream('/held'), iteration = stream[Symbol.asyncIterator]()
    await iteration.next()
    await sleep(800)
    stream.close()
    let n = 0
    while (!(await iteration.next()).done) n++
    return n`)
  assert.ok(waiting < 30_000, `${waiting} of 60,000 events were taken while nobody read`)
})

test('coming online, or back into view, ends the wait', async () => {
  for (const wake of [`dispatchEvent(new Event('online'))`, `document.dispatchEvent(new Event('visibilitychange'))`]) {
    let count = 0
    world.server.on('/s', (_, response) => (++count === 1 ? response.writeHead(503).end() : open('data: back\n\n')(null, response)))
    const log = await inPage(`
      setTimeout(() => { ${wake} }, 150)
      const from = performance.now()
      const log = await life('/s', { retryDelay: 300000 }, { ends: count(3) })
      return [...log, performance.now() - from < 2000]`)
    assert.deepEqual(log, [['unavailable', 503, true], 'open', 'message back', true])
  }
})

test("the browser's own EventSource can carry it", async () => {
  world.server.on('/s', ({ count }, response) => once(`retry: 300\nid: ${count}\nevent: a\ndata: ${count}\n\ndata: {"type":"b"}\n\n`)(null, response))
  const heard = await inPage(`
    const heard = [], stream = openStream('/s', { transport: 'eventsource' })
    stream.on('a', (e) => heard.push([e.type, e.data, e.lastEventId]))
    stream.on('b', (e) => heard.push([e.type, e.lastEventId]))
    stream.on('error', (e) => heard.push(e.code))
    for (let n = 0; n < 40 && heard.length < 5; n++) await sleep(50)
    stream.close()
    return heard.slice(0, 5)`)
  assert.deepEqual(heard, [['a', '1', '1'], ['b', '1'], 'cut', ['a', '2', '2'], ['b', '2']])
  assert.equal(world.server.requests('/s')[1].headers['last-event-id'], '1')
  const refused = await inPage(`try { openStream('/s', { transport: 'eventsource', headers: {} }) } catch (e) { return e.name + ': ' + e.message }`)
  assert.match(refused, /^TypeError: stream: .*transport: 'fetch'/)
})

test('a stream that is closed while its headers are made leaves nothing behind', async () => {
  const rejections = await inPage(`
    const { EventSource } = await import('/eventsource.js')
    const rejections = []
    addEventListener('unhandledrejection', ({ reason }) => rejections.push(String(reason)))
    for (const open of [(headers) => openStream('/s', { headers }), (headers) => new EventSource('/s', { headers })]) {
      for (const settle of ['resolve', 'reject']) {
        let answer
        const stream = open(() => new Promise((resolve, reject) => (answer = { resolve, reject })))
        while (!answer) await sleep(5)
        stream.close()
        await sleep(5)
        answer[settle]({})
        await sleep(20)
      }
    }
    return rejections`)
  assert.deepEqual([rejections, world.server.seen], [[], []])
})

test('nothing was thrown into the page', () => assert.deepEqual(world.problems, []))
