// Pages as Webflow exports them: classes that clash with ours, lists from the CMS, conditions, interactions; slow phones, pages in
// frames without storage, and no network.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { dist, journey, openPage, post, state, tag } from './journey.mjs'

const story = async (url, seconds = 1, more = {}) => (await post(`${url}/demo/stories`, { seconds, ...more })).id
const counters = async (url) => (await fetch(`${url}/__control/counters`)).json()
const shiftCounter = '<script>window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value }).observe({ type: "layout-shift", buffered: true })</script>'

/** What a Webflow site brings along: its own meaning of our class names, not in a layer. */
const siteStyles = `<style>
  .error { display: none; position: fixed; inset: 0; color: rgb(1, 2, 3) } .skeleton { color: rgb(4, 5, 6); animation: none } .loading { opacity: 0.2 } .animating { outline: 3px solid rgb(7, 8, 9) }
  .w-dyn-items { display: grid; grid-template-columns: repeat(4, 14rem) } .w-dyn-item { width: 14rem } .cover { height: 9rem } .cover img { display: block; width: 100%; height: 100% } .words { height: 6rem; overflow: hidden } .w-condition-invisible { display: none !important }
</style>`
const item = (id, more = '') => `<div role="listitem" class="w-dyn-item" data-story-id="${id}">
  <div class="cover skeleton" data-asset="cover"><div class="progress-bar"></div></div><div class="words skeleton" data-asset="text"></div>${more}
</div>`
const list = (...items) => `<div class="w-dyn-list"><div role="list" class="w-dyn-items">${items.join('')}</div></div>`

test(
  "the site's own .error and .skeleton keep their meaning, nothing shifts, and what a condition hides is let alone",
  journey(async (page, url) => {
    const [one, two] = [await story(url), await story(url, 1, { fail: ['cover'] })]
    const hidden = '<div class="w-condition-invisible" data-asset="pdf"></div>'
    const names = `data-options='{"assets": {"classes": {"skeleton": "sw-skeleton", "error": "sw-error"}}}'`
    await openPage(page, url, list(item(one, hidden), item(two)) + '<p class="error" id="own">Form error</p>' + tag(names), { head: shiftCounter + siteStyles })
    await page.locator(`[data-story-id="${one}"] [data-asset-state="ready"] img`).waitFor({ timeout: 20_000 })
    const failed = page.locator(`[data-story-id="${two}"] [data-asset="cover"][data-asset-state="failed"]`)
    await failed.waitFor({ timeout: 20_000 })
    assert.ok(await failed.isVisible(), 'the page may give its classes another name, so its .error does not hide ours')
    assert.ok(await failed.evaluate((element) => element.classList.contains('sw-error') && !element.classList.contains('error')))
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('#own')).color), 'rgb(1, 2, 3)')
    assert.equal(await page.locator('.w-condition-invisible[data-asset-state]').count(), 0)
    assert.ok((await page.evaluate(() => window.shift)) < 0.001, 'nothing shifts')
  }),
)

test(
  'a list from the CMS with a hundred stories shares one socket, one request and one join, and all of them live',
  journey(async (page, url) => {
    const ids = []
    for (let at = 0; at < 100; at++) ids.push((await post(`${url}/rest/v1/stories?select=id`, { title: `Story ${at}`, asset_generation_status: { assets: { cover: { status: 'generating', progress: 1 } } } }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })).id)
    await fetch(`${url}/__control/reset`, { method: 'POST', body: '{}' })
    const reads = []
    page.on('request', (request) => request.url().includes('/rest/v1/stories') && reads.push(request.url()))
    await openPage(page, url, list(...ids.map((id) => item(id))) + '<p data-sw-connection></p>' + tag(), { head: siteStyles })
    await page.waitForFunction(() => document.querySelectorAll('[data-asset="cover"][data-progress="1"]').length === 100, undefined, { timeout: 20_000 })
    for (const id of ids) assert.ok(reads[0].includes(id), 'one request shows them all')
    await page.locator('[data-sw-connection="live"]').waitFor({ timeout: 60_000 })
    const { socketsOpened, joins } = await counters(url)
    assert.equal(socketsOpened, 1)
    assert.ok(joins <= 2, `${joins} joins`)
    assert.ok(reads.length <= 2 + joins, `${reads.length} reads: what was joined together is read together`)
    for (const id of [ids[0], ids[59], ids[99]]) {
      await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'cover', status: 'generating', progress: 77 })
      await page.locator(`[data-story-id="${id}"] [data-progress="77"]`).waitFor({ state: 'attached' })
    }
  }),
)

test(
  "a designer's interaction starts once when the state comes, and the older kind is set up again on request",
  journey(async (page, url) => {
    const id = await story(url, 2)
    const body = `<div data-story-id="${id}" data-sw-ix="completed:all-done"><div data-sw-ix2="restart"><div class="cover skeleton" data-asset="cover" data-sw-ix="generating:cover-began ready:cover-in"></div></div><div class="words" data-asset="text"></div></div>`
    await openPage(page, url, body + tag(), { head: siteStyles })
    // Webflow comes last, as it does.
    await page.evaluate(() => {
      window.emitted = []
      window.restarts = 0
      const modules = { ix3: { emit: (name) => window.emitted.push(name) }, ix2: { destroy: () => {}, init: () => window.restarts++ } }
      const queue = window.Webflow ?? []
      window.Webflow = { push: (callback) => callback(), require: (name) => modules[name] }
      queue.forEach((callback) => callback())
    })
    await page.locator('[data-story-state="completed"]').waitFor({ state: 'attached', timeout: 20_000 })
    await page.waitForFunction(() => window.emitted.includes('all-done') && window.emitted.includes('cover-in'))
    assert.deepEqual(await page.evaluate(() => window.emitted.filter((name) => name === 'cover-in')), ['cover-in'])
    await page.waitForFunction(() => window.restarts === 1)
  }),
)

test(
  'a site without these interactions hears which is missing, once for each, and nothing breaks',
  journey(async (page, url) => {
    const warned = []
    page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
    const told = page.waitForEvent('console', (message) => /data-sw-ix/.test(message.text()))
    await openPage(page, url, `<div data-story-id="${await story(url)}"><div class="cover" data-asset="cover" data-sw-ix="ready:cover-in"></div></div>${tag()}<script>window.Webflow = { push: (callback) => callback(), require: () => { throw new Error('no such module') } }</script>`, { head: siteStyles })
    await state(page, 'cover', 'ready', 20_000)
    await page.waitForFunction(() => document.querySelector('[data-asset="cover"] img'))
    await told
    assert.equal(warned.filter((text) => /data-sw-ix cannot start "cover-in"/.test(text)).length, 1)
  }),
)

test(
  'a phone that is six times slower shows the same, and nothing shifts',
  journey(async (page, url) => {
    const session = await page.context().newCDPSession(page)
    await session.send('Emulation.setCPUThrottlingRate', { rate: 6 })
    const ids = await Promise.all(Array.from({ length: 8 }, () => story(url)))
    await openPage(page, url, list(...ids.map((id) => item(id))) + tag(), { head: shiftCounter + siteStyles })
    await page.waitForFunction(() => document.querySelectorAll('[data-asset="cover"][data-asset-state="ready"] img').length === 8, undefined, { timeout: 40_000 })
    assert.ok((await page.evaluate(() => window.shift)) < 0.001, 'nothing shifts')
  }),
)

/** Lets a page have the package whatever the network and its origin. */
const cached = (page) =>
  page.route('**/dist/*', (route) => {
    const name = new URL(route.request().url()).pathname.split('/').pop()
    const contentType = { js: 'text/javascript', css: 'text/css', wasm: 'application/wasm' }[name.split('.').pop()]
    return route.fulfill({ path: join(dist, name), contentType, headers: { 'access-control-allow-origin': '*' } })
  })

test(
  'a page in a frame without storage and cookies works, and says why settings from there are empty',
  journey(async (page, url) => {
    const warned = []
    page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
    await cached(page)
    const inner = `<base href="${url}/">${item(await story(url))}${tag('data-profile="storage:profile" data-access-token="cookie:token" data-story="storage:story"').replaceAll('="/', `="${url}/`)}`
    await openPage(page, url, `<iframe sandbox="allow-scripts" srcdoc="${inner.replaceAll('"', '&quot;')}"></iframe>`)
    await page.frameLocator('iframe').locator('[data-asset="cover"][data-asset-state="ready"]').waitFor({ timeout: 20_000 })
    assert.deepEqual(warned.filter((text) => /does not let this page read/.test(text)).length, 2, warned.join('\n'))
  }),
)

test(
  'a page that has nothing but its cache says so, and fills in when the network is back',
  journey(
    async (page, url) => {
      const id = await story(url)
      await cached(page)
      await page.context().setOffline(true)
      await page.route('**/rest/v1/**', (route) => (offline ? route.abort('internetdisconnected') : route.continue()))
      let offline = true
      await openPage(page, url, list(item(id)) + '<p data-sw-connection></p>' + tag(), { head: siteStyles })
      await page.locator('[data-sw-connection="offline"]').waitFor()
      await page.locator('[data-story-problem="unreachable"]').waitFor({ state: 'attached' })
      offline = false
      await page.context().setOffline(false)
      await state(page, 'cover', 'ready', 30_000)
      await page.locator('[data-sw-connection="live"]').waitFor({ timeout: 30_000 })
      assert.equal(await page.locator('[data-story-problem]').count(), 0)
    },
    { allow: /ERR_INTERNET_DISCONNECTED|WebSocket connection|Failed to load resource/ },
  ),
)
