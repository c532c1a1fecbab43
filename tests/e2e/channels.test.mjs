// Channels in real pages, in the words of Supabase's users: changes, broadcasts, presence, shared topics, tokens, restarts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journey, post } from './journey.mjs'

const key = 'sb_publishable_storywire_local'
const single = { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' }
const complaint = { allow: /favicon|WebSocket connection|ERR_/ }

/** A page with a client in `window.client`, and a log that listeners write into. */
async function open(page, url, options = {}) {
  await page.goto(`${url}/demo/config`)
  await page.evaluate(
    async ([key, options]) => {
      const { createClient } = await import('/dist/index.js')
      window.log = []
      window.say = (...words) => window.log.push(words)
      window.client = createClient(location.origin, key, options)
      window.client.on('error', (error) => window.say('error', error.code))
    },
    [key, options],
  )
}
/** Waits until the log has an entry that begins with these words, and returns it. */
const said = (page, ...words) =>
  page
    .waitForFunction((words) => window.log.find((entry) => words.every((word, at) => JSON.stringify(entry[at]) === JSON.stringify(word))), words, { timeout: 15_000 })
    .then((handle) => handle.jsonValue())
const counters = async (url) => (await fetch(`${url}/__control/counters`)).json()

test(
  "code written for Supabase's client runs unchanged: changes with a filter, their shape, and an end",
  journey(async (page, url) => {
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'One' }, single)
    await open(page, url)
    await page.evaluate((id) => {
      window.channel = client
        .channel('any', { config: { broadcast: { self: true } } })
        .on('postgres_changes', { event: '*', schema: 'public', table: 'stories', filter: `id=eq.${id}` }, (payload) => say('change', payload.eventType, payload))
        .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'stories' }, (payload) => say('insert', payload.new.title))
        .on('system', {}, (payload) => say('system', payload.extension, payload.status))
        .on('broadcast', { event: 'hello' }, (message) => say('hello', message.payload))
        .subscribe((status, error) => say('status', status, error?.code))
    }, id)
    await said(page, 'status', 'SUBSCRIBED')
    await said(page, 'system', 'postgres_changes', 'ok')
    const patch = (body) => fetch(`${url}/rest/v1/stories?id=eq.${id}`, { method: 'PATCH', headers: { apikey: key, 'content-type': 'application/json' }, body: JSON.stringify(body) })
    await patch({ title: 'Two' })
    const [, , payload] = await said(page, 'change', 'UPDATE')
    assert.deepEqual(Object.keys(payload).sort(), ['commit_timestamp', 'errors', 'eventType', 'new', 'old', 'schema', 'table'])
    assert.equal(payload.new.title, 'Two')
    await post(`${url}/rest/v1/stories`, { title: 'Another' })
    await said(page, 'insert', 'Another')
    await fetch(`${url}/rest/v1/stories?id=eq.${id}`, { method: 'DELETE', headers: { apikey: key } })
    const [, , gone] = await said(page, 'change', 'DELETE')
    assert.deepEqual([gone.new, gone.old], [{}, { id }])
    assert.equal(await page.evaluate(() => channel.send({ type: 'broadcast', event: 'hello', payload: { n: 1 } })), 'ok')
    await said(page, 'hello', { n: 1 })
    assert.equal(await page.evaluate(() => client.getChannels().length), 1)
    assert.equal(await page.evaluate(() => client.removeChannel(channel)), 'ok')
    await said(page, 'status', 'CLOSED')
    assert.equal(await page.evaluate(() => client.getChannels().length), 0)
    assert.equal(await page.evaluate(() => channel.send({ type: 'broadcast', event: 'x', payload: {} })), 'ok', 'over HTTP')
    await page.evaluate(() => channel.subscribe((status) => say('again', status)))
    await said(page, 'again', 'SUBSCRIBED')
  }, complaint),
)

test(
  'listeners come and go at any time, by their undo or a signal, and one that throws disturbs no other',
  journey(
    async (page, url) => {
      await open(page, url)
      await page.evaluate(async () => {
        window.channel = client.channel('room', { config: { broadcast: { self: true, ack: true } } })
        channel.subscribe((status) => say('status', status))
        const off = channel.on('broadcast', { event: 'a' }, () => say('first'))
        channel.on('broadcast', { event: 'a' }, () => {
          throw new Error('on purpose')
        })
        const abort = new AbortController()
        channel.on('broadcast', { event: '*' }, ({ event }) => say('any', event), { signal: abort.signal })
        window.stop = () => (off(), abort.abort())
      })
      await said(page, 'status', 'SUBSCRIBED')
      const send = (event) => page.evaluate((event) => channel.send({ type: 'broadcast', event, payload: {} }), event)
      assert.equal(await send('a'), 'ok')
      await said(page, 'first')
      await said(page, 'any', 'a')
      await page.evaluate(() => {
        stop()
        channel.on('broadcast', { event: 'b' }, () => say('late'))
      })
      await send('a')
      await send('b')
      await said(page, 'late')
      assert.equal(await page.evaluate(() => log.filter(([word]) => word === 'first' || word === 'any').length), 2)
      const bytes = page.evaluate(() => new Promise((resolve) => channel.on('broadcast', { event: 'raw' }, ({ payload }) => resolve([...new Uint8Array(payload)]))))
      await page.evaluate(() => channel.send({ type: 'broadcast', event: 'raw', payload: new Uint8Array([0, 255, 7]) }))
      assert.deepEqual(await bytes, [0, 255, 7])
      const sent = await page.evaluate(() => channel.httpSend('b', { over: 'http' }))
      assert.deepEqual(sent, { success: true })
    },
    { allow: /favicon|on purpose/ },
  ),
)

test(
  'two users of one topic share it; a second configuration is an error and never silent',
  journey(async (page, url) => {
    await open(page, url)
    await page.evaluate(() => {
      window.one = client.channel('shared').subscribe((status) => say('one', status))
      window.two = client.channel('shared').subscribe((status) => say('two', status))
      client.channel('shared', { config: { broadcast: { ack: true } } }).subscribe((status, error) => say('three', status, error?.code))
    })
    await said(page, 'one', 'SUBSCRIBED')
    await said(page, 'two', 'SUBSCRIBED')
    await said(page, 'three', 'CHANNEL_ERROR', 'other-options')
    assert.equal((await counters(url)).joins, 1)
    await page.evaluate(async () => {
      await one.unsubscribe()
      two.on('broadcast', { event: 'x' }, () => say('two hears'))
    })
    await post(`${url}/realtime/v1/api/broadcast`, { messages: [{ topic: 'shared', event: 'x', payload: {} }] })
    await said(page, 'two hears')
  }, complaint),
)

test(
  'two pages are present to each other, and one that closes goes',
  journey(async (page, url) => {
    const other = await page.context().newPage()
    for (const [who, one] of [['ann', page], ['__proto__', other]]) {
      await open(one, url)
      await one.evaluate((who) => {
        window.room = client.channel('here', { config: { presence: { key: who } } })
        room
          .on('presence', { event: 'sync' }, () => say('sync', Object.keys(room.presenceState()).sort()))
          .on('presence', { event: 'join' }, ({ key, newPresences }) => say('join', key, newPresences[0].name))
          .on('presence', { event: 'leave' }, ({ key, leftPresences }) => say('leave', key, leftPresences[0].name))
          .subscribe((status) => status === 'SUBSCRIBED' && room.track({ name: `I am ${who}` }).then((result) => say('track', result)))
      }, who)
      await said(one, 'track', 'ok')
    }
    await said(page, 'join', '__proto__', 'I am __proto__')
    await said(other, 'sync', ['__proto__', 'ann'])
    await other.close()
    await said(page, 'leave', '__proto__', 'I am __proto__')
    await page.evaluate(() => room.untrack())
    await said(page, 'sync', [])
  }, complaint),
)

test(
  'rows are followed without gaps: read, changed, lost, caught up',
  journey(async (page, url) => {
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'One' }, single)
    const patch = (title) => fetch(`${url}/rest/v1/stories?id=eq.${id}`, { method: 'PATCH', headers: { apikey: key, 'content-type': 'application/json' }, body: JSON.stringify({ title }) })
    await open(page, url)
    await page.evaluate((id) => {
      window.row = client.row('stories', { id }, { onChange: ({ type, new: row }) => say(type, row?.title), onLive: ({ continuous }) => say('live', continuous), onStale: () => say('stale') })
    }, id)
    await said(page, 'INSERT', 'One')
    await said(page, 'live')
    await patch('Two')
    await said(page, 'UPDATE', 'Two')
    // What is written while the changes are lost is found when the channel is there again.
    await post(`${url}/__control/changes`, { drop: true })
    await patch('Three')
    await post(`${url}/__control/changes`, { off: true })
    await post(`${url}/__control/cut`, { abrupt: true })
    await said(page, 'stale')
    await said(page, 'UPDATE', 'Three')
    await said(page, 'live', false)
    assert.equal(await page.evaluate(() => row.row.title), 'Three')
    assert.equal(await page.evaluate(() => row.live), true)
  }, complaint),
)

test(
  'a token that expires is renewed, and nobody notices',
  journey(async (page, url) => {
    await open(page, url)
    await page.evaluate(async (key) => {
      const { createClient } = await import('/dist/index.js')
      window.asked = 0
      window.client = createClient(location.origin, key, {
        accessToken: async () => {
          asked += 1
          const answer = await fetch('/demo/token', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ expires_in: 8 }) })
          return (await answer.json()).access_token
        },
      })
      client.channel('private', { config: { private: true, broadcast: { self: true } } })
        .on('broadcast', { event: 'x' }, () => say('heard'))
        .subscribe((status) => say('status', status))
    }, key)
    await said(page, 'status', 'SUBSCRIBED')
    await page.waitForTimeout(10_000)
    assert.ok((await page.evaluate(() => asked)) >= 2, 'it asks ahead of expiry')
    assert.deepEqual(await page.evaluate(() => log.filter(([word]) => word === 'status')), [['status', 'SUBSCRIBED']])
    // And where the server ends the channel all the same, it heals by itself.
    await post(`${url}/__control/expire`, {})
    await said(page, 'status', 'CHANNEL_ERROR')
    await page.waitForFunction(() => log.filter(([word, status]) => word === 'status' && status === 'SUBSCRIBED').length === 2, undefined, { timeout: 15_000 })
  }, complaint),
)

test(
  'subscriptions by name have one state, and one loop that reconnects',
  journey(async (page, url) => {
    await open(page, url)
    const states = await page.evaluate(async () => {
      const list = client.subscriptions
      const states = [list.connectionState]
      list.subscribe('stories', { event: 'INSERT', schema: 'public', table: 'stories' }, { onChange: ({ new: row }) => say('row', row.title), onConnect: () => say('connect'), onError: (error) => say('lost', error?.code) })
      states.push(list.connectionState)
      return states
    })
    assert.deepEqual(states, ['disconnected', 'connecting'])
    await said(page, 'connect')
    assert.equal(await page.evaluate(() => client.subscriptions.connectionState), 'connected')
    await page.waitForTimeout(200)
    await post(`${url}/rest/v1/stories`, { title: 'New' })
    await said(page, 'row', 'New')
    await post(`${url}/__control/cut`, { code: 1012 })
    await said(page, 'lost')
    await page.waitForFunction(() => client.subscriptions.connectionState === 'connected', undefined, { timeout: 15_000 })
    await page.evaluate(() => client.subscriptions.unsubscribeAll())
    assert.deepEqual(await page.evaluate(() => [client.subscriptions.connectionState, client.subscriptions.channels.size]), ['disconnected', 0])
  }, complaint),
)

test(
  'a restart under 200 channels on 5 pages stays under 100 joins a second',
  journey(async (page, url) => {
    const pages = [page, ...(await Promise.all([1, 2, 3, 4].map(() => page.context().newPage())))]
    for (const one of pages) {
      await open(one, url)
      await one.evaluate(() => {
        for (let number = 0; number < 40; number++) client.channel(`room:${number}`).subscribe((status) => say('status', status))
      })
    }
    const all = (count) => pages.map((one) => one.waitForFunction((count) => log.filter(([word, status]) => word === 'status' && status === 'SUBSCRIBED').length >= count, count, { timeout: 60_000 }))
    await Promise.all(all(40))
    await post(`${url}/__control/reset`, {})
    await post(`${url}/__control/cut`, { code: 1012 })
    await Promise.all(all(80))
    const { joins, joinsBySecond } = await counters(url)
    const busiest = Math.max(...Object.values(joinsBySecond).map((entry) => (Array.isArray(entry) ? entry[1] : (entry.joins ?? entry))))
    assert.equal(joins, 200)
    assert.ok(busiest < 100, `${busiest} joins in one second`)
  }, complaint),
)

test(
  'without a WebSocket rows are polled, the client says so, and goes live when it can',
  journey(async (page, url) => {
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'One' }, single)
    await post(`${url}/__control/refuse`, { status: 403, ms: 15_000 })
    await open(page, url, { timing: { pollAfter: 500, pollInterval: 500, reconnectCap: 2_000 } })
    await page.evaluate((id) => {
      client.on('connection', (state) => say('connection', state))
      window.row = client.row('stories', { id }, { onChange: ({ new: row }) => say('row', row.title), onLive: () => say('live') })
    }, id)
    await said(page, 'row', 'One')
    await said(page, 'connection', 'polling')
    await fetch(`${url}/rest/v1/stories?id=eq.${id}`, { method: 'PATCH', headers: { apikey: key, 'content-type': 'application/json' }, body: JSON.stringify({ title: 'Two' }) })
    await said(page, 'row', 'Two')
    assert.equal(await page.evaluate(() => client.connection), 'polling')
    await post(`${url}/__control/refuse`, { off: true })
    await said(page, 'connection', 'live')
  }, complaint),
)

test(
  'a page that was frozen is right again within three seconds',
  journey(async (page, url) => {
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'Before' }, single)
    await open(page, url)
    await page.evaluate((id) => {
      window.row = client.row('stories', { id }, { onLive: () => say('live') })
    }, id)
    await said(page, 'live')
    const session = await page.context().newCDPSession(page)
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    await fetch(`${url}/rest/v1/stories?id=eq.${id}`, { method: 'PATCH', headers: { apikey: key, 'content-type': 'application/json' }, body: JSON.stringify({ title: 'Meanwhile' }) })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    await page.waitForFunction(() => row.row.title === 'Meanwhile' && row.live, undefined, { timeout: 3_000 })
  }, complaint),
)

test(
  'a thousand channels opened and closed leave nothing behind',
  journey(async (page, url) => {
    await open(page, url)
    const session = await page.context().newCDPSession(page)
    const round = () =>
      page.evaluate(async () => {
        for (let batch = 0; batch < 5; batch++) {
          const channels = Array.from({ length: 100 }, (_, number) => client.channel(`r${number}`))
          for (const channel of channels) channel.on('broadcast', { event: 'x' }, () => {}).subscribe()
          await new Promise((resolve) => setTimeout(resolve, 50))
          await client.removeAllChannels()
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      })
    const heap = async () => {
      await session.send('HeapProfiler.collectGarbage')
      return (await session.send('Runtime.getHeapUsage')).usedSize
    }
    await round()
    const before = await heap()
    await round()
    await round()
    const grown = (await heap()) - before
    assert.ok(grown < 150_000, `the heap grew by ${grown} bytes over 1,000 channels`)
    assert.equal(await page.evaluate(() => client.sink.channels.size + client.sink.pushes.size), 0)
  }, complaint),
)
