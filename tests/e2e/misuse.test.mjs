// What a page may get wrong: nothing is thrown at it, every promise settles, and one sentence says what is the matter.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journey, openPage, post } from './journey.mjs'

const key = 'sb_publishable_storywire_local'
const single = { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' }

/** A page with `make` for clients, a log of what they say, and `settled` for promises that may never settle. */
async function open(page, url) {
  await page.goto(`${url}/demo/config`)
  await page.evaluate(async (key) => {
    const { createClient } = await import('/dist/index.js')
    Object.assign(window, { createClient, key, log: [] })
    window.say = (...words) => window.log.push(words)
    window.make = (options) => {
      const client = createClient(location.origin, key, options)
      client.on('error', ({ code }) => say('error', code))
      return client
    }
    window.settled = (promise) => Promise.race([Promise.resolve(promise).catch((error) => `rejected: ${error}`), new Promise((resolve) => setTimeout(resolve, 3_000, 'never settled'))])
    window.until = async (isSo) => {
      while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }, key)
}

test(
  'a client that was closed answers: what is sent is an error, what is left is left',
  journey(async (page, url) => {
    await open(page, url)
    const said = await page.evaluate(async () => {
      const client = make()
      const channel = client.channel('a').subscribe((status) => say('status', status))
      const bell = client.notifications('u')
      await until(() => channel.state === 'joined')
      const story = client.story('x')
      const waiting = channel.track({ name: 'Ann' })
      client.close()
      const message = { type: 'broadcast', event: 'x', payload: {} }
      const answers = [waiting, channel.send(message), channel.track({}), channel.untrack(), channel.unsubscribe(), bell.markRead('1'), bell.markAllRead(), client.removeAllChannels()].map(settled)
      story.close()
      client.channel('b').subscribe((status, error) => say('late', status, error?.code))
      return [await Promise.all(answers), log]
    })
    const [[waiting, ...others], log] = said
    assert.ok(['ok', 'error'].includes(waiting), waiting)
    assert.deepEqual(others, ['error', 'error', 'error', 'ok', false, false, []])
    assert.deepEqual(log.filter(([what]) => what === 'status'), [['status', 'SUBSCRIBED'], ['status', 'CLOSED']])
    assert.deepEqual(log.filter(([what]) => what === 'late'), [['late', 'CHANNEL_ERROR', 'closed']])
  }, { allow: /favicon|400/ }),
)

test(
  'where the module cannot be loaded everybody who waits for it is told',
  journey(async (page, url) => {
    await open(page, url)
    const [answers, log] = await page.evaluate(async () => {
      const client = make({ wasm: '/nothing.wasm' })
      const onError = (who) => ({ onError: ({ code }) => say(who, code) })
      const channel = client.channel('a').subscribe((status, error) => say('channel', status, error?.code))
      const sent = channel.send({ type: 'broadcast', event: 'x', payload: {} })
      client.row('stories', { id: 1 }, onError('row'))
      client.story('x', onError('story'))
      const bell = client.notifications('u', onError('bell'))
      const error = await settled(client.ready)
      return [await Promise.all([error.code, client.connection, settled(sent), settled(channel.track({})), settled(channel.unsubscribe()), settled(bell.markAllRead())]), log]
    })
    assert.deepEqual(answers, ['not-loaded', 'stopped', 'error', 'error', 'ok', false])
    assert.deepEqual(log.map((entry) => entry.join(' ')).sort(), ['bell not-loaded', 'channel CHANNEL_ERROR not-loaded', 'error not-loaded', 'row not-loaded', 'story not-loaded'])
  }, { allow: /favicon|404|nothing\.wasm|MIME|WebAssembly/ }),
)

test(
  'nothing where something was expected is not thrown at the page',
  journey(async (page, url) => {
    await open(page, url)
    const [problems, log] = await page.evaluate(async () => {
      const client = make()
      const problems = []
      const attempt = async (what, of) => {
        try {
          await settled(of())
        } catch (error) {
          problems.push(`${what}: ${error}`)
        }
      }
      addEventListener('error', ({ message }) => problems.push(message))
      addEventListener('unhandledrejection', ({ reason }) => problems.push(String(reason)))
      await attempt('createClient with null for options', () => createClient(location.origin, key, null).close())
      await attempt('createClient with a URL', () => createClient({ url: new URL(location.href), key }).close())
      await attempt('channel', () => client.channel('a', null).subscribe())
      await attempt('removeChannel', () => client.removeChannel(undefined))
      await attempt('rows', () => client.rows('stories', null, null, null).close())
      await attempt('row', () => client.row('stories', { id: undefined }))
      await attempt('story', () => client.story(undefined, null).close())
      await attempt('story with null for handlers', () => client.story('x', null))
      await attempt('observe', () => client.observe(null))
      await attempt('presence', () => client.presence('p', null).close())
      await attempt('room', () => client.room('q', null).close())
      await attempt('subscriptions', () => client.subscriptions.subscribe('n', undefined, null))
      await attempt('notifications', () => client.notifications(null, null).close())
      await attempt('stream', () => client.stream('/nothing', null).close())
      await attempt('emotions', () => client.emotions('p', null).close())
      await attempt('send', () => client.channel('s').send(undefined))
      const circle = {}
      circle.of = circle
      const odd = make({ assets: circle })
      const error = await settled(odd.ready)
      if (!(error instanceof Error)) problems.push(`ready: ${error}`)
      return [problems, log.map((entry) => entry.join(' '))]
    })
    assert.deepEqual(problems, [])
    for (const code of ['bad-rows-filter', 'no-story', 'no-user']) assert.ok(log.includes(`error ${code}`), `${code} in ${log}`)
    const thrown = await page.evaluate(() => [null, undefined, '', {}].map((url) => {
      try {
        return createClient(url, key)
      } catch (error) {
        return error.code
      }
    }))
    assert.deepEqual(thrown, ['bad-url', 'bad-url', 'bad-url', 'bad-url'])
  }, { allow: /favicon|400|404|422/ }),
)

test(
  'a second subscribe of a channel changes nothing',
  journey(async (page, url) => {
    await open(page, url)
    const [state, log] = await page.evaluate(async () => {
      const channel = make().channel('a', { config: { broadcast: { self: true } } }).on('broadcast', { event: 'x' }, () => say('heard'))
      channel.subscribe((status) => say('one', status)).subscribe((status) => say('two', status))
      await until(() => channel.state === 'joined')
      channel.subscribe((status) => say('three', status))
      await channel.send({ type: 'broadcast', event: 'x', payload: {} })
      await until(() => log.some(([what]) => what === 'heard'))
      return [channel.state, log]
    })
    assert.equal(state, 'joined')
    assert.deepEqual(log, [['one', 'SUBSCRIBED'], ['heard']])
  }, { allow: /favicon/ }),
)

test(
  'bytes are bytes over HTTP too',
  journey(async (page, url) => {
    await open(page, url)
    const [answers, log] = await page.evaluate(async () => {
      const client = make()
      const heard = client.channel('bytes').on('broadcast', { event: '*' }, ({ event, payload }) => say(event, payload instanceof ArrayBuffer ? [...new Uint8Array(payload)] : payload)).subscribe()
      await until(() => heard.state === 'joined')
      const sender = client.channel('bytes')
      const answers = [await sender.send({ type: 'broadcast', event: 'sent', payload: new Uint8Array([0, 255, 7]) }), await sender.httpSend('http', new Uint8Array([9, 1, 2]).subarray(1).buffer), await sender.httpSend('none')]
      await until(() => log.length === 3)
      return [answers, log]
    })
    assert.deepEqual(answers, ['ok', { success: true }, { success: true }])
    assert.deepEqual(log, [['sent', [0, 255, 7]], ['http', [9, 1, 2]], ['none', {}]])
  }, { allow: /favicon/ }),
)

test(
  'of two clients that observe the same elements one shows them, and a press is one retry',
  journey(async (page, url) => {
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'One' }, single)
    const warnings = []
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()))
    await openPage(page, url, `<div data-story-id="${id}"><div data-asset="cover"><span class="status"></span></div></div>`)
    await page.evaluate(
      async ([key, apiBase]) => {
        const { createClient } = await import('/dist/index.js')
        const make = (failed) => createClient(location.origin, key, { apiBase, assets: { texts: { failed } } }).observe()
        window.one = make('One says: failed')
        window.two = make('Two says: failed')
        await Promise.all([one.ready, two.ready])
      },
      [key, `${url}/api/v1`],
    )
    await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'cover', status: 'failed' })
    await page.getByText('One says: failed').waitFor()
    // It is loaded when something can first be asked for again.
    await page.getByRole('button', { name: 'Try again' }).waitFor()
    const changes = await page.evaluate(async () => {
      let count = 0
      new MutationObserver((mutations) => (count += mutations.length)).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
      for (let frame = 0; frame < 30; frame++) await new Promise(requestAnimationFrame)
      return count
    })
    assert.equal(changes, 0, 'they take no turns')
    const retries = []
    page.on('request', (request) => request.url().endsWith('/assets/retry') && retries.push(request.url()))
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.waitForResponse((response) => response.url().endsWith('/assets/retry')).catch(() => {})
    assert.equal(retries.length, 1)
    assert.deepEqual(warnings, ['Storywire: another client shows these elements already: observe them with one.'])
    // When the first is closed, the next one that observes takes its place, and no region is left behind.
    await page.evaluate(() => (one.close(), two.close()))
    await page.waitForFunction(() => !document.querySelector('[data-storywire=status]'))
    await page.evaluate(async (key) => {
      const { createClient } = await import('/dist/index.js')
      createClient(location.origin, key, { assets: { texts: { failed: 'Three says: failed' } } }).observe()
    }, key)
    await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'cover', status: 'failed' })
    await page.getByText('Three says: failed').waitFor()
  }, { allow: /favicon/ }),
)
