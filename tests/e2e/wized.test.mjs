// Pages as Wized builds them: it boots when it likes, takes elements out and puts them back, clones, wipes; and it is told what
// the client knows. No page complains, and nothing shifts.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { journey, openPage, post, state, tag, until } from './journey.mjs'

const source = (path) => readFileSync(new URL(path, import.meta.url), 'utf8')
const files = {
  '/fixtures/reactivity.js': source('../../node_modules/@vue/reactivity/dist/reactivity.esm-browser.prod.js'),
  '/fixtures/wized2.js': source('fixtures/wized2.js'),
  '/fixtures/wized1.js': source('fixtures/wized1.js'),
}
const wized = '<script async type="module" data-wized-id="project" src="/fixtures/wized2.js"></script>'
const oldWized = '<script async src="/fixtures/wized1.js"></script>'

const layout = `<style>
  .card { width: 20rem } .cover { height: 10rem } .cover img { display: block; width: 100%; height: 100% } .words { height: 8rem; overflow: hidden } .bar { height: 4px }
</style>`
const card = (id, more = '') => `<article class="card" data-story-id="${id}" ${more}>
  <div class="cover skeleton" data-asset="cover"><div class="progress-bar bar"></div></div>
  <div class="words skeleton" data-asset="text"><span class="status">Writing…</span></div>
</article>`

/** Adds up what moved without the visitor having done anything. */
const shiftCounter = '<script>window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value }).observe({ type: "layout-shift", buffered: true })</script>'

/** Opens a page of a Wized project. @param {string} project JavaScript of the object */
async function open(page, url, body, project, { head = '', hold } = {}) {
  await page.route(`${url}/fixtures/*`, async (route) => {
    const path = new URL(route.request().url()).pathname
    if (path === hold?.path) await hold.released
    await route.fulfill({ contentType: 'text/javascript', body: files[path] })
  })
  await openPage(page, url, body, { head: `${shiftCounter}${layout}<script>window.wizedProject = ${project}</script>${head}`, waitUntil: 'commit' })
}
const story = async (url, seconds = 1, more = {}) => (await post(`${url}/demo/stories`, { seconds, ...more })).id
const token = async (url) => (await post(`${url}/demo/token`, {})).access_token

/** What went out on the page's sockets. */
function wire(page) {
  const frames = []
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => {
    const [, , topic, event, body] = JSON.parse(String(payload))
    frames.push({ topic, event, body })
  }))
  return frames
}
const steady = async (page) => assert.ok((await page.evaluate(() => window.shift)) < 0.001, 'nothing shifts')

for (const [order, place] of Object.entries({ 'Storywire first': (ours, theirs) => ours + theirs, 'Wized first': (ours, theirs) => theirs + ours }))
  for (const late of ['Wized late', 'Storywire late'])
    test(
      `the story that a variable names is shown: ${order} in the page, ${late}`,
      journey(async (page, url) => {
        const id = await story(url)
        let release
        const released = new Promise((resolve) => (release = resolve))
        const held = late === 'Wized late' ? '/fixtures/wized2.js' : '/dist/start.js'
        if (late === 'Storywire late')
          await page.route('**/dist/start.js', async (route) => {
            await released
            await route.continue()
          })
        await open(page, url, card('wized:v.currentStoryId', 'wized="card"'), `{ variables: { currentStoryId: '${id}' } }`, { head: place(tag(), wized), hold: { path: held, released } })
        await page.waitForFunction(late === 'Wized late' ? () => window.Storywire?.client : () => window.Wized?.version, undefined)
        release()
        await state(page, 'cover', 'ready', 20_000)
        await state(page, 'text', 'ready', 20_000)
        await page.waitForFunction(() => window.Wized.data.v.storywire?.overall === 'completed', undefined, { timeout: 20_000 })
        await steady(page)
      }),
    )

test(
  'another story in the variable moves the subscription; none at all ends it',
  journey(async (page, url) => {
    const frames = wire(page)
    const [one, two] = [await story(url, 60, { title: 'One' }), await story(url, 1, { title: 'Two' })]
    await open(page, url, card('wized:v.now') + wized + tag(), `{ variables: { now: '${one}' } }`)
    await page.locator('[data-asset="cover"][data-asset-state="generating"]').waitFor({ state: 'attached' })
    await page.evaluate((id) => (window.Wized.data.v.now = id), two)
    await state(page, 'text', 'ready', 20_000)
    const wait = (topic, event) => until(() => frames.some((frame) => frame.topic === `realtime:story:${topic}` && frame.event === event), () => `${event} of ${topic}`)
    await wait(two, 'phx_join')
    await wait(one, 'phx_leave')
    assert.equal(frames.filter(({ event }) => event === 'phx_join').length, 2, 'each is joined once')
    await page.evaluate(() => (window.Wized.data.v.now = null))
    await wait(two, 'phx_leave')
  }),
)

test(
  'a token that appears is joined with, and after a sign-out no right of it is left',
  journey(async (page, url) => {
    const frames = wire(page)
    const joins = () => frames.filter(({ event }) => event === 'phx_join')
    await open(page, url, card(await story(url, 60)) + wized + tag('data-access-token="wized:v.token"'), `{ variables: { token: null } }`)
    await page.locator('[data-asset="cover"][data-asset-state="generating"]').waitFor({ state: 'attached' })
    await page.waitForFunction(() => window.Storywire.client.connection === 'live')
    assert.ok(!joins().at(-1).body.access_token?.includes('.'), 'nobody is signed in')
    const given = await token(url)
    const before = frames.length
    await page.evaluate((text) => (window.Wized.data.v.token = text), given)
    await until(() => frames.slice(before).some(({ body }) => body?.access_token === given), () => JSON.stringify(frames.slice(before)))
    const at = frames.length
    await page.evaluate(() => (window.Wized.data.v.token = null))
    await until(() => frames.slice(at).some(({ event }) => event === 'phx_join'), () => JSON.stringify(frames.slice(at)))
    assert.ok(frames.slice(at).every(({ body }) => body?.access_token !== given))
  }),
)

test(
  'Wized is told in one object, and in variables of their own, at most once a frame; a watcher of the page that throws disturbs nothing',
  journey(
    async (page, url) => {
      const id = await story(url, 3)
      const into = card(id, 'data-sw-into="v.overall"').replace('data-asset="cover"', 'data-asset="cover" data-sw-into="v.cover"').replace('data-asset="text"', 'data-asset="text" data-sw-into="v.wordsState.status"')
      await open(page, url, `${into}<p data-sw-connection data-sw-into="v.line"></p>${wized}${tag()}`, `{ variables: { storywire: null, overall: null } }`)
      await page.waitForFunction(() => window.Wized?.version)
      await page.evaluate(() => {
        window.writes = []
        window.frames = 0
        const frame = () => requestAnimationFrame(() => (window.frames++, frame()))
        frame()
        window.Wized.reactivity.watch(() => window.Wized.data.v.storywire, () => {
          window.writes.push(window.frames)
          throw new Error('of the page itself')
        })
      })
      await page.waitForFunction(() => window.Wized.data.v.storywire?.overall === 'completed', undefined, { timeout: 20_000 })
      await page.waitForFunction(() => window.Wized.data.v.line === 'live')
      const { v, writes } = await page.evaluate(() => ({ v: JSON.parse(JSON.stringify(window.Wized.data.v)), writes: window.writes }))
      assert.equal(v.overall, 'completed')
      assert.equal(v.cover.status, 'ready')
      assert.match(v.cover.url, /cover\.svg$/)
      assert.equal(v.wordsState, 'ready')
      assert.deepEqual(Object.keys(v.storywire).sort(), ['assets', 'connection', 'emotion', 'overall', 'retry', 'stories', 'unread'])
      assert.equal(v.storywire.assets.audio.status, 'ready', 'assets that no element shows are told too')
      assert.ok(writes.length > 2)
      assert.equal(new Set(writes).size, writes.length, 'one assignment a frame')
    },
    { allow: /of the page itself/ },
  ),
)

test(
  "nothing of WebAssembly runs inside an assignment of the page's, whatever hangs on the variable",
  journey(async (page, url) => {
    const [one, two] = [await story(url, 60), await story(url, 1)]
    await page.addInitScript(() => {
      window.calls = { inside: [], outside: 0 }
      const counted = (exports) =>
        Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value === 'function' ? (...args) => (window.isAssigning ? window.calls.inside.push(name) : window.calls.outside++, value(...args)) : value]))
      for (const way of ['instantiate', 'instantiateStreaming']) {
        const own = WebAssembly[way]
        WebAssembly[way] = async (...args) => {
          const { instance, module, exports } = await own.apply(WebAssembly, args)
          return instance ? { module, instance: { exports: counted(instance.exports) } } : { exports: counted(exports) }
        }
      }
    })
    const body = `${card('wized:v.now').replace('data-asset="text"', 'data-asset="wized:v.which"')}<ul data-sw-presence="wized:v.room"></ul><b data-sw-unread></b>${wized}`
    await open(page, url, body + tag('data-access-token="wized:v.token" data-story="wized:v.now" data-user="wized:v.user"'), `{ variables: { now: '${one}', which: 'pdf', room: 'a', token: null, user: null } }`)
    await page.locator('[data-asset="cover"][data-asset-state="generating"]').waitFor({ state: 'attached' })
    await page.locator('[data-sw-presence] li').waitFor()
    const values = { now: two, which: 'text', room: 'b', token: await token(url), user: '00000000-0000-4000-8000-00000000d3a0' }
    await page.evaluate((values) => {
      for (const [name, value] of Object.entries(values)) {
        window.isAssigning = true
        window.Wized.data.v[name] = value
        window.isAssigning = false
      }
    }, values)
    await state(page, 'cover', 'ready', 20_000)
    await page.locator('[data-asset="wized:v.which"][data-asset-state="ready"]').waitFor({ state: 'attached' })
    const { inside, outside } = await page.evaluate(() => window.calls)
    assert.deepEqual(inside, [])
    assert.ok(outside > 20, `${outside} calls were seen`)
  }),
)

test(
  'Wized is told how many notifications are unread, and how somebody feels',
  journey(async (page, url) => {
    const [user, profile] = ['00000000-0000-4000-8000-00000000d3a0', '11111111-1111-4111-8111-111111111111']
    const send = () => post(`${url}/rest/v1/rpc/send_notification`, { user_id: user, title: 'News' })
    await send()
    const body = `<p data-sw-connection></p><b data-sw-unread data-sw-into="v.count"></b><i data-sw-emotion data-sw-into="v.mood"></i>${wized}`
    await open(page, url, body + tag('data-user="wized:v.user" data-profile="wized:v.profile" data-access-token="wized:v.token"'), `{ variables: { user: '${user}', profile: '${profile}', token: '${await token(url)}' } }`)
    await page.waitForFunction(() => window.Wized?.data?.v.storywire?.unread === 1 && window.Wized.data.v.count === 1)
    await page.locator('[data-sw-connection="live"]').waitFor()
    await send()
    await page.waitForFunction(() => window.Wized.data.v.storywire.unread === 2 && window.Wized.data.v.count === 2)
    assert.equal(await page.evaluate(() => window.Wized.data.v.storywire.emotion), null)
    for (const [emotion, intensity] of [['joy', 8], ['calm', 3]]) {
      // The stream may not be there yet at the first one.
      await page.waitForFunction(
        async ([profile, emotion, intensity]) => {
          const headers = { 'content-type': 'application/json', apikey: 'sb_publishable_storywire_local' }
          await fetch('/rest/v1/emotion_check_ins', { method: 'POST', headers, body: JSON.stringify({ profile_id: profile, emotion, intensity }) })
          return window.Wized.data.v.storywire.emotion?.emotion === emotion
        },
        [profile, emotion, intensity],
        { polling: 300 },
      )
    }
    await page.waitForFunction(() => window.Wized.data.v.mood?.emotion === 'calm' && window.Wized.data.v.mood.intensity === 3)
    // Nobody has no news.
    await page.evaluate(() => (window.Wized.data.v.user = null))
    await page.waitForFunction(() => window.Wized.data.v.storywire.unread === 0 && window.Wized.data.v.count === 0)
  }),
)

test(
  'Set Visibility, Render List and Set Text: what comes back is right, nothing is there twice, and what was wiped is made again',
  journey(async (page, url) => {
    const ids = [await story(url, 1), await story(url, 1), await story(url, 60)]
    const body = `<div wized="list-item">${card('', 'wized="x"')}</div>
      <div wized="box">${card(ids[0])}</div>
      <article class="card" data-story-id="${ids[2]}"><div class="words" data-asset="cover" wized="wiped"><div class="progress-bar bar"></div><span class="status">Painting…</span></div></article>`
    const project = `{
      variables: { shown: true, ids: ${JSON.stringify(ids.slice(0, 2))}, words: 'Soon' },
      elements: [
        { name: 'box', visibility: ({ v }) => v.shown },
        { name: 'list-item', list: { items: ({ v }) => v.ids, each: { attributes: { 'data-story-id': (_, item) => item?.() ?? '' } } } },
        { name: 'wiped', text: ({ v }) => v.words },
      ],
    }`
    await open(page, url, body.replaceAll('wized="x"', '').replace('<article class="card" data-story-id="" >', '<article class="card">') + wized + tag(), project)
    await page.waitForFunction(() => document.querySelectorAll('[wized="list-item"] [data-asset="cover"][data-asset-state="ready"] img').length === 2, undefined, { timeout: 20_000 })
    await page.locator('[wized="box"] [data-asset="cover"][data-asset-state="ready"] img').waitFor()

    // Away and back: the same node, with what it had.
    await page.evaluate(() => {
      window.box = document.querySelector('[wized="box"]')
      window.Wized.data.v.shown = false
    })
    await page.waitForFunction(() => !document.querySelector('[wized="box"]'))
    await page.evaluate(() => (window.Wized.data.v.shown = true))
    await page.locator('[wized="box"] [data-asset="cover"][data-asset-state="ready"] img').waitFor()
    await page.waitForFunction(() => !window.box.querySelector('.cover.skeleton'))
    assert.deepEqual(await page.evaluate(() => [window.box === document.querySelector('[wized="box"]'), window.box.querySelectorAll('img').length]), [true, 1])

    // A clone more, of a template that has been painted, and of another story.
    await page.evaluate((id) => window.Wized.data.v.ids.push(id), ids[2])
    await page.waitForFunction(() => document.querySelectorAll('[wized="list-item"]').length === 3 && document.querySelectorAll('[wized="list-item"] [data-asset="cover"]')[2].dataset.assetState === 'generating')
    assert.equal(await page.evaluate(() => document.querySelectorAll('[wized="list-item"]')[2].querySelectorAll('img').length), 0, 'nothing of another story is in it')

    // Wiped: the words are Wized's, and the state is ours all the same.
    await page.evaluate(() => (window.Wized.data.v.words = 'Very soon'))
    await page.waitForFunction(() => document.querySelector('[wized="wiped"]').textContent.includes('Very soon'))
    await page.waitForFunction(() => document.querySelector('[wized="wiped"]').dataset.assetState === 'generating')
  }),
)

test(
  'a page that hides the story until it is complete hears of it all the same',
  journey(async (page, url) => {
    const project = `{ variables: { id: '${await story(url, 2)}' }, elements: [{ name: 'card', visibility: ({ v }) => v.storywire?.overall === 'completed' }] }`
    await open(page, url, card('wized:v.id', 'wized="card"') + wized + tag('data-story="wized:v.id"'), project)
    await page.waitForFunction(() => window.Wized?.version && !document.querySelector('[wized="card"]'))
    await page.locator('[wized="card"] [data-asset="cover"][data-asset-state="ready"] img').waitFor({ timeout: 20_000 })
  }),
)

test(
  'a retry button executes a request of Wized, and says what came of it',
  journey(async (page, url) => {
    const id = await story(url, 1, { fail: ['audio'] })
    const project = `{ requests: {
      again: async ({ v }) => {
        window.asked = JSON.parse(JSON.stringify(v.storywire.retry))
        return window.broke ? { ok: false, status: 402, data: { upgradeUrl: 'https://example.com/plans' } } : { data: await (await fetch('/api/v1/stories/${id}/assets/retry', { method: 'POST', headers: { 'content-type': 'application/json', apikey: 'sb_publishable_storywire_local' }, body: '{"assetTypes":["audio"]}' })).json() }
      },
    } }`
    await open(page, url, `<article class="card" data-story-id="${id}"><div class="words skeleton" data-asset="audio"><span class="status"></span><button data-asset-retry="wized:again" hidden>Once more</button></div></article>${wized}${tag('data-api-base="/nowhere"')}`, project)
    await state(page, 'audio', 'failed', 20_000)
    await page.evaluate(() => (window.broke = true))
    await page.getByRole('button', { name: 'Once more' }).click()
    await page.getByText('Your plan does not include more of these').first().waitFor({ state: 'attached' })
    assert.deepEqual(await page.evaluate(() => window.asked), { story: id, asset: 'audio' })
    await page.evaluate(() => (window.broke = false))
    await page.getByRole('button', { name: 'Once more' }).click()
    await state(page, 'audio', 'ready', 20_000)
  }),
)

test(
  "the user of Wized's own Supabase client is ours, from the first join to the sign-out",
  journey(async (page, url) => {
    const frames = wire(page)
    const given = await token(url)
    const project = `{ clients: { supabase: { type: 'supabase', version: '2.57.0', client: { auth: {
      session: { access_token: '${given}' },
      getSession() { return Promise.resolve({ data: { session: this.session } }) },
      onAuthStateChange(listener) { window.signOut = () => { this.session = null; listener('SIGNED_OUT', null) }; Promise.resolve().then(() => listener('INITIAL_SESSION', this.session)) },
    } } } } }`
    await open(page, url, card(await story(url, 60)) + wized + tag(), project, { head: `<script>localStorage.setItem('sb-xyz-auth-token', '{}')</script>` })
    await page.waitForFunction(() => window.Storywire?.client?.connection === 'live', undefined, { timeout: 20_000 })
    const joins = () => frames.filter(({ event }) => event === 'phx_join')
    assert.equal(joins().length, 1, 'it joins once')
    assert.equal(joins()[0].body.access_token, given)
    await page.evaluate(() => window.signOut())
    await until(() => joins().length > 1, () => 'another join')
    assert.notEqual(joins()[1].body.access_token, given)
  }),
)

for (const [order, late] of [['Storywire late', '/dist/start.js'], ['Wized late', '/fixtures/wized1.js']]) test(
  `version 1 of Wized: variables are read, followed and written: ${order}`,
  journey(async (page, url) => {
    const [one, two] = [await story(url, 60), await story(url, 1)]
    let release
    const released = new Promise((resolve) => (release = resolve))
    if (late.startsWith('/dist')) await page.route(`**${late}`, (route) => released.then(() => route.continue()))
    await open(page, url, card('wized:v.now') + oldWized + tag(), `{ variables: { now: '${one}' } }`, { head: '<meta name="x" w-el="page">', hold: { path: late, released } })
    await page.waitForFunction(late.startsWith('/dist') ? () => window.Wized?.data : () => window.Storywire?.client)
    release()
    await page.locator('[data-asset="cover"][data-asset-state="generating"]').waitFor({ state: 'attached' })
    await page.evaluate((id) => window.Wized.data.setVariable('now', id), two)
    await state(page, 'cover', 'ready', 20_000)
    await page.waitForFunction(async () => (await window.Wized.data.get('v.storywire'))?.overall === 'completed', undefined, { timeout: 20_000 })
  }),
)

test(
  'a page without Wized downloads nothing for it',
  journey(async (page, url) => {
    await open(page, url, card(await story(url)) + tag(), '{}')
    await state(page, 'cover', 'ready', 20_000)
    assert.equal(await page.evaluate(() => 'Wized' in window), false)
  }),
)
