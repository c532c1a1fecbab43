// The script tag: what it loads, from where, and what it does when it cannot.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dist, journey, openPage, post, state, tag, until } from './journey.mjs'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const profile = '11111111-1111-4111-8111-111111111111'

/** The names of the files that the page has loaded from the package. */
const loaded = (page) =>
  page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname).filter((path) => path.startsWith('/dist/')).map((path) => path.slice(6)))

test(
  'a part of the package is downloaded when the first element that needs it comes into the page',
  journey(async (page, url) => {
    const { access_token: token } = await post(`${url}/demo/token`, {})
    await openPage(page, url, `<p id="place"></p>${tag(`data-profile="${profile}" data-access-token="${token}"`)}`)
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('.wasm')))
    assert.deepEqual((await loaded(page)).filter((name) => name.endsWith('.wasm')), ['storywire_story_bg.wasm'])
    const stream = page.waitForResponse((response) => response.url().includes('/emotions/stream'))
    await page.evaluate(() => (document.querySelector('#place').innerHTML = '<span data-sw-emotion></span>'))
    await stream
    await post(`${url}/rest/v1/emotion_check_ins`, { profile_id: profile, emotion: 'joy', intensity: 8 })
    await page.locator('[data-sw-emotion][data-emotion="joy"]').waitFor()
    const sheets = async () => (await loaded(page)).filter((name) => name.endsWith('.css'))
    assert.deepEqual(await sheets(), ['storywire.css', 'emotions.css'])
    await page.evaluate(() => (document.querySelector('#place').innerHTML = '<ul data-sw-presence="room"></ul>'))
    const person = page.locator('[data-storywire="person"] .sw-person-initials')
    await person.waitFor()
    assert.equal(await person.evaluate((one) => getComputedStyle(one).borderRadius), '50%')
    assert.deepEqual(await sheets(), ['storywire.css', 'emotions.css', 'presence.css'])
  }),
)

const settings = 'data-supabase-url="/" data-supabase-key="sb_publishable_storywire_local" data-api-base="/api/v1"'
const card = (id) => `<div data-story-id="${id}"><div data-asset="text" class="skeleton" style="min-height: 8em"><p>The page's own words</p></div><p data-sw-fallback hidden>Come back later</p></div><p data-sw-connection></p>`
const story = async (url, seconds = 1) => (await post(`${url}/demo/stories`, { seconds })).id
const isShown = (page) => state(page, 'text', 'ready', 20_000)

test(
  'what goes wrong with the page is said in a sentence that comes when it is needed, and in its code if it cannot come',
  journey(
    async (page, url) => {
      /** @type {string[]} */
      const warned = []
      page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
      const scripts = async () => (await loaded(page)).filter((name) => name.endsWith('.js'))
      await openPage(page, url, card(await story(url)) + tag())
      await isShown(page)
      const before = await scripts()
      await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<p data-asset="text"></p>'))
      await until(() => warned.length > 0, 'a warning')
      assert.match(String(warned[0]), /^Storywire: An element with data-asset stands outside/)
      const more = (await scripts()).filter((name) => !before.includes(name))
      assert.equal(more.length, 1, `${more} has come`)
      warned.length = 0
      await page.route(`**/dist/${more[0]}`, (route) => route.abort())
      await page.reload()
      await isShown(page)
      await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<p data-asset="text"></p>'))
      await until(() => warned.length > 0, 'a warning')
      assert.match(String(warned[0]), /^Storywire: stray-asset \(/)
    },
    { allow: /ERR_FAILED/ },
  ),
)

for (const [name, script, place] of [
  ['a module in the head', `<script async type="module" src="/dist/auto.js" ${settings}></script>`, 'head'],
  ['a module at the end of the body', `<script type="module" src="/dist/auto.js" ${settings}></script>`, 'end'],
  ['a classic script in the head', `<script async src="/dist/auto.js" ${settings}></script>`, 'head'],
  ['a classic script at the end of the body', `<script src="/dist/auto.js?again" ${settings}></script>`, 'end'],
  ['the one file, as a module', `<script async type="module" src="/dist/inline.js" ${settings}></script>`, 'head'],
  ['the one file, as a classic script', `<script src="/dist/inline.js" ${settings}></script>`, 'end'],
])
  test(
    `the tag works as ${name}`,
    journey(async (page, url) => {
      const body = card(await story(url))
      await openPage(page, url, place === 'end' ? body + script : body, { head: place === 'head' ? script : '' })
      await isShown(page)
      const files = await loaded(page)
      if (script.includes('inline')) assert.deepEqual(files, ['inline.js'])
      else assert.equal(files.filter((name) => name.endsWith('.wasm')).length, 1)
      assert.match(await page.evaluate(() => getComputedStyle(document.querySelector('[data-asset]')).whiteSpace), /pre-line/, 'the stylesheet is there')
      assert.equal(await page.evaluate(() => new Promise((resolve) => window.Storywire.push((client) => resolve(typeof client.channel)))), 'function')
    }),
  )

test(
  'page code that asks for the client when a story is shown changes nothing of what is seen, and all of it stays live',
  journey(async (page, url) => {
    const states = { cover: { status: 'generating', progress: 44 }, text: { status: 'ready', text: 'Once upon a time' } }
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'One', asset_generation_status: { assets: states } }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })
    await openPage(page, url, `<div data-story-id="${id}"><div data-asset="text" class="skeleton"></div><div data-asset="cover" class="skeleton"></div></div>${tag()}`)
    await state(page, 'text', 'ready')
    await page.locator('[data-asset="cover"][data-progress="44"]').waitFor()
    await page.evaluate(() => {
      window.seen = new Set()
      const note = () => document.querySelectorAll('[data-asset]').forEach(({ dataset, className }) => window.seen.add([dataset.asset, dataset.assetState, dataset.progress, className].join(' ').trim()))
      new MutationObserver(note).observe(document.body, { subtree: true, attributes: true, childList: true })
      note()
    })
    await page.evaluate(() => new Promise((resolve) => window.Storywire.push((storywire) => storywire.on('connection', (now) => now === 'live' && resolve()))))
    assert.deepEqual(await page.evaluate(() => [...window.seen].sort()), ['cover generating 44 skeleton animating', 'text ready 100'])
    await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'cover', status: 'generating', progress: 45 })
    await page.locator('[data-asset="cover"][data-progress="45"]').waitFor()
    assert.deepEqual(await page.evaluate(() => [...window.seen].sort()), ['cover generating 44 skeleton animating', 'cover generating 45 skeleton animating', 'text ready 100'])
    assert.equal((await (await fetch(`${url}/__control/counters`)).json()).sockets, 1, 'the socket of the lesser client has gone')
  }),
)

test(
  'page code that closes the client at once closes all of it',
  journey(async (page, url) => {
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'One', asset_generation_status: { assets: { cover: { status: 'generating', progress: 44 } } } }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })
    await openPage(page, url, `<div data-story-id="${id}"><div data-asset="cover" class="skeleton"></div></div>${tag()}`)
    await page.locator('[data-asset="cover"][data-progress="44"]').waitFor()
    await page.evaluate(() => new Promise((resolve) => window.Storywire.push((storywire) => (storywire.close(), resolve()))))
    const sockets = async () => (await (await fetch(`${url}/__control/counters`)).json()).sockets
    for (let turn = 0; turn < 100 && (await sockets()) > 0; turn++) await page.waitForTimeout(50)
    assert.equal(await sockets(), 0)
    await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'cover', status: 'generating', progress: 45 })
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    assert.equal(await page.locator('[data-asset="cover"]').getAttribute('data-progress'), '44')
  }),
)

test(
  'the socket opens while the scripts still come',
  journey(async (page, url) => {
    const opened = page.waitForEvent('websocket')
    await page.route('**/dist/start.js', (route) => opened.then(() => route.continue()))
    await openPage(page, url, card(await story(url)) + tag())
    await isShown(page)
    assert.equal((await (await fetch(`${url}/__control/counters`)).json()).sockets, 1, 'it is the one that is used')
  }),
)

test(
  'a key that opens the whole project goes into no URL',
  journey(async (page, url) => {
    const sockets = []
    page.on('websocket', (socket) => sockets.push(socket.url()))
    const role = (name) => `e30.${Buffer.from(JSON.stringify({ role: name })).toString('base64url')}.x`
    for (const key of ['sb_secret_1', role('service_role')]) {
      await openPage(page, url, `${card('none')}<script type="module" src="/dist/auto.js" data-supabase-url="/" data-supabase-key="${key}"></script>`)
      await page.locator('html[data-sw-unavailable]').waitFor({ state: 'attached' })
    }
    assert.deepEqual(sockets, [])
    await openPage(page, url, `${card('none')}<script type="module" src="/dist/auto.js" data-supabase-url="/" data-supabase-key="${role('anon')}"></script>`)
    await page.waitForFunction(() => window.Storywire.client)
    assert.equal(sockets.length > 0, true, 'a public one does')
  }, { allow: /^console: (Storywire: This key opens the whole project|WebSocket connection to)|status of 401/ }),
)

test(
  'the tag twice: the second does nothing, and says what it found',
  journey(async (page, url, server) => {
    const warned = []
    page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
    await openPage(page, url, card(await story(url)) + tag() + `<script src="/dist/inline.js" ${settings}></script>`)
    await isShown(page)
    await page.locator('[data-sw-connection="live"]').waitFor()
    assert.equal(warned.length, 1)
    assert.match(warned[0], new RegExp(`^Storywire ${version} is here already, from http://[^ ]+/dist/(auto|inline)\\.js: http://[^ ]+/dist/(auto|inline)\\.js does nothing`))
    const counters = await (await fetch(`${url}/__control/counters`)).json()
    assert.equal(counters.sockets, 1)
    void server
  }),
)

for (const [name, script] of [
  ['a classic script', `<script src="/dist/auto.js" ${settings}></script>`],
  ['the one file', `<script type="module" src="/dist/inline.js" ${settings}></script>`],
])
  test(
    `the same tag that runs again, as when a body takes another's place, has nothing to say; one with other settings has: ${name}`,
    journey(async (page, url) => {
      const warned = []
      page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
      const [one, two] = [await story(url), await story(url)]
      await openPage(page, url, card(one) + script)
      await isShown(page)
      // As Turbo does it: scripts of the new body are made anew, so that they run.
      const swap = (html) =>
        page.evaluate(async (html) => {
          const next = document.createElement('body')
          next.innerHTML = html
          const copies = [...next.querySelectorAll('script')].map((old) => {
            const copy = document.createElement('script')
            for (const { name, value } of old.attributes) copy.setAttribute(name, value)
            const loaded = new Promise((resolve) => copy.addEventListener('load', resolve))
            old.replaceWith(copy)
            return loaded
          })
          document.body.replaceWith(next)
          await Promise.all(copies)
        }, html)
      await swap(card(two) + script)
      await page.locator(`[data-story-id="${two}"] [data-asset="text"][data-asset-state="ready"]`).waitFor({ timeout: 20_000 })
      await page.locator('[data-sw-connection="live"]').waitFor()
      assert.deepEqual(warned, [])
      assert.equal((await (await fetch(`${url}/__control/counters`)).json()).sockets, 1)
      if (script.includes('module')) return
      await swap(card(two) + script.replace('data-api-base="/api/v1"', 'data-api-base="/api/v2"'))
      assert.match(warned.join(), /is here already, from [^ ]+: [^ ]+ does nothing, and what it says otherwise does not count\. Remove one of the two tags\.$/)
    }),
  )

/** The package as a CDN has it. `broken` says what an address answers in place of the file. */
async function cdn(page, broken = () => undefined) {
  const asked = []
  await page.route(/^https:\/\/(cdn\.jsdelivr\.net|unpkg\.com)\//, (route) => {
    const address = route.request().url()
    asked.push(address)
    const name = address.replace(/.*\/dist\//, '')
    const types = { js: 'text/javascript', css: 'text/css', wasm: 'application/wasm' }
    const good = { path: join(dist, name), contentType: types[name.split('.').pop()], headers: { 'access-control-allow-origin': '*' } }
    return route.fulfill({ ...good, ...(broken(address) ?? {}) })
  })
  return asked
}
const fromCdn = (range = '0', more = '') => `<script async type="module" src="https://cdn.jsdelivr.net/npm/storywire@${range}/dist/auto.js" ${settings.replace(/"\//g, (start) => start)} ${more}></script>`
const busy = { status: 503, path: undefined, body: 'busy', contentType: 'text/plain' }
const noise = /Failed to load resource|Failed to find a valid digest|integrity checks failed/

test(
  'a tag with a range of versions loads everything else from the exact one',
  journey(async (page, url) => {
    const asked = await cdn(page)
    await openPage(page, url, card(await story(url)) + fromCdn())
    await isShown(page)
    const [first, ...rest] = asked
    assert.match(first, /storywire@0\/dist\/auto\.js$/)
    assert.ok(rest.length >= 3)
    for (const address of rest) assert.ok(address.startsWith(`https://cdn.jsdelivr.net/npm/storywire@${version}/dist/`), address)
    assert.equal(new Set(rest).size, rest.length, 'nothing is asked for twice')
  }),
)

test(
  'a CDN that answers 503 for the module: it comes from another',
  journey(
    async (page, url) => {
      const asked = await cdn(page, (address) => (/jsdelivr.*\.wasm/.test(address) ? busy : undefined))
      await openPage(page, url, card(await story(url)) + fromCdn())
      await isShown(page)
      assert.ok(asked.includes(`https://unpkg.com/storywire@${version}/dist/storywire_story_bg.wasm`))
    },
    { allow: noise },
  ),
)

test(
  'a CDN that answers 503 for everything but the tag: all of it comes from another',
  journey(
    async (page, url) => {
      const asked = await cdn(page, (address) => (/jsdelivr/.test(address) && !address.endsWith('auto.js') ? busy : undefined))
      await openPage(page, url, card(await story(url)) + fromCdn())
      await isShown(page)
      assert.ok(asked.includes(`https://unpkg.com/storywire@${version}/dist/start.js`))
    },
    { allow: noise },
  ),
)

test(
  'a module whose bytes are not those of the release is not run, and comes from the place that the tag names',
  journey(
    async (page, url) => {
      const bytes = readFileSync(join(dist, 'storywire_story_bg.wasm'))
      bytes[bytes.length - 1] ^= 1
      await cdn(page, (address) => (/\.wasm/.test(address) ? { path: undefined, body: bytes } : undefined))
      await openPage(page, url, card(await story(url)) + fromCdn('0', 'data-fallback="/dist"'))
      await isShown(page)
    },
    { allow: noise },
  ),
)

/** What a page is told when nothing can work. */
async function openUnavailable(page, url, html, options) {
  const warned = []
  page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
  const hears = `<script>
    window.told = []
    document.addEventListener('storywire:unavailable', ({ detail }) => told.push(['event', detail.code]))
    window.Storywire = [{ unavailable: (error) => told.push(['entry', error.code]) }]
  </script>`
  await openPage(page, url, (options?.csp ? '' : hears) + html, options)
  await page.locator('html[data-sw-unavailable]').waitFor({ state: 'attached', timeout: 20_000 })
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)))
  // What comes later stays no skeleton either.
  await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<div data-story-id="x"><p data-asset="pdf" class="skeleton">Later</p></div>'))
  await page.waitForFunction(() => document.querySelectorAll('.skeleton').length === 0)
  assert.ok(await page.getByText('Come back later').isVisible(), "the page's fallback shows")
  assert.ok(await page.getByText("The page's own words").isVisible(), "the page's own content shows")
  assert.equal(await page.evaluate(() => document.querySelectorAll('[aria-busy=true]').length), 0)
  await page.locator('[data-sw-connection="stopped"]', { hasText: 'Not connected' }).waitFor()
  return warned
}

test(
  'every CDN is dead: skeletons are lifted, the fallback shows, and one message says it',
  journey(
    async (page, url) => {
      await cdn(page, (address) => (address.endsWith('auto.js') ? undefined : busy))
      const warned = await openUnavailable(page, url, card(await story(url)) + fromCdn())
      assert.equal(warned.length, 1)
      assert.match(warned[0], /could not be loaded from https:\/\/cdn\.jsdelivr\.net.* nor https:\/\/unpkg\.com/)
      assert.deepEqual(await page.evaluate(() => window.told), [['event', 'not-loaded'], ['entry', 'not-loaded']])
    },
    { allow: noise },
  ),
)

test(
  'no place has a good module: the page shows what it has, and who is asked later is told too',
  journey(
    async (page, url) => {
      await page.route('**/*.wasm', (route) => route.fulfill({ status: 503 }))
      const warned = await openUnavailable(page, url, card(await story(url)) + tag())
      assert.equal(warned.filter((text) => /could not be loaded/.test(text)).length, 1)
      await page.evaluate(() => window.Storywire.push({ unavailable: () => window.told.push('late') }))
      await page.waitForFunction(() => window.told.includes('late'))
    },
    { allow: noise },
  ),
)

/** The lines of docs/versions.md for a script that cannot be had, on the local backend. */
const careful = () => {
  const [, lines = ''] = /```html\n(<script>\n  function withoutStorywire.*?)```/s.exec(readFileSync(new URL('../../docs/versions.md', import.meta.url), 'utf8')) ?? []
  assert.match(lines, /onerror="withoutStorywire\(this\)"/)
  return lines.replace(/data-supabase-url="[^"]*"\s+data-supabase-key="[^"]*"/, settings)
}

test(
  'a CDN that answers 503 for the script itself: with the lines of the guide it comes from another',
  journey(
    async (page, url) => {
      const asked = await cdn(page, (address) => (/jsdelivr/.test(address) ? busy : undefined))
      await openPage(page, url, card(await story(url)), { head: careful() })
      await isShown(page)
      assert.deepEqual(asked.filter((address) => address.endsWith('auto.js')).map((address) => new URL(address).host), ['cdn.jsdelivr.net', 'unpkg.com'])
      assert.equal(asked.filter((address) => /jsdelivr/.test(address)).length, 1, 'the dead one is not asked again')
    },
    { allow: noise },
  ),
)

for (const place of ['head', 'body'])
  test(
    `no CDN has the script itself, ${place}: the lines of the guide lift the skeletons and show the fallback`,
    journey(
      async (page, url) => {
        await cdn(page, () => busy)
        const body = card(await story(url))
        await openPage(page, url, place === 'body' ? body + careful() : body, { head: place === 'head' ? careful() : '' })
        await page.locator('html[data-sw-unavailable]').waitFor({ state: 'attached' })
        assert.ok(await page.getByText('Come back later').isVisible())
        assert.ok(await page.getByText("The page's own words").isVisible())
        assert.equal(await page.locator('.skeleton').count(), 0)
      },
      { allow: noise },
    ),
  )

/** Nothing of the package can be had but the tag, until `mend`. */
async function openBroken(page, url, which, head = '') {
  let isBroken = true
  await page.route(which, (route) => (isBroken ? route.fulfill({ status: 503, body: 'busy' }) : route.continue()))
  const entries = `<script>
    window.told = []
    window.Storywire = [{ unavailable: () => told.push('unavailable') }]
  </script>${head}`
  await openPage(page, url, card(await story(url)) + tag(), { head: entries })
  return () => (isBroken = false)
}

for (const [what, which] of [['scripts', '**/dist/start.js'], ['module', '**/*.wasm']])
  test(
    `the ${what} cannot be had, and then the network is back: the page lives, without its fallback`,
    journey(
      async (page, url) => {
        const mend = await openBroken(page, url, which)
        await page.locator('html[data-sw-unavailable]').waitFor({ state: 'attached' })
        await page.getByText('Come back later').waitFor()
        assert.equal(await page.locator('[data-sw-connection]').innerText(), 'Not connected')
        mend()
        await page.evaluate(() => dispatchEvent(new Event('online')))
        await isShown(page)
        await page.locator('[data-sw-connection="live"]').waitFor()
        assert.equal(await page.locator('html[data-sw-unavailable]').count(), 0)
        assert.equal(await page.getByText('Come back later').isVisible(), false)
        await page.evaluate(() => window.Storywire.push({ ready: () => window.told.push('ready'), unavailable: () => window.told.push('again') }))
        await page.waitForFunction(() => window.told.length > 1)
        assert.deepEqual(await page.evaluate(() => window.told), ['unavailable', 'ready'])
      },
      { allow: noise },
    ),
  )

test(
  'what could not be loaded is tried again after a while, less and less often',
  journey(
    async (page, url) => {
      await page.clock.install()
      const asked = []
      page.on('request', (request) => request.url().endsWith('start.js') && asked.push(Date.now()))
      await openBroken(page, url, '**/dist/start.js')
      await page.locator('html[data-sw-unavailable]').waitFor({ state: 'attached' })
      // The links that preload it ask too.
      const first = asked.length
      const goOn = async (seconds) => {
        await page.clock.runFor(seconds * 1000)
        // What was asked for has failed, and the next wait has begun.
        await page.evaluate(() => fetch('/demo/config').then((answer) => answer.text()))
        return asked.length - first
      }
      assert.equal(await goOn(14), 0)
      assert.equal(await goOn(2), 1)
      assert.equal(await goOn(50), 1)
      assert.equal(await goOn(12), 2)
      assert.equal(await goOn(200), 2)
    },
    { allow: noise },
  ),
)

test(
  'a part that cannot be had comes when the network is back',
  journey(
    async (page, url) => {
      let isBroken = true
      await page.route(/\/dist\/storywire-\w+\.js/, async (route) => {
        const answer = await route.fetch()
        const body = await answer.text()
        // The chunk of this part, whatever its name.
        return isBroken && body.includes('Checking now and then') ? route.fulfill({ status: 503, body: 'busy' }) : route.fulfill({ response: answer, body })
      })
      await openPage(page, url, card(await story(url)) + tag())
      await isShown(page)
      isBroken = false
      await page.evaluate(() => dispatchEvent(new Event('online')))
      await page.locator('[data-sw-connection="live"]').waitFor()
    },
    { allow: /Failed to load resource|a part could not be loaded/ },
  ),
)

test(
  "another package whose name begins with ours is taken for what it is: its own folder is asked, and no other",
  journey(async (page, url) => {
    const asked = await cdn(page)
    await openPage(page, url, card(await story(url)) + fromCdn().replace('npm/storywire@', 'npm/storywire-nightly@'))
    await isShown(page)
    assert.deepEqual(asked.filter((address) => !address.startsWith('https://cdn.jsdelivr.net/npm/storywire-nightly@0/dist/')), [])
  }),
)

const policy = (more) => ({ csp: true, headers: { 'content-security-policy': `default-src 'self' data:; script-src 'self' ${more}; style-src 'self' 'unsafe-inline'` } })

test(
  "a strict policy without 'wasm-unsafe-eval': the message names the cure, and the page shows what it has",
  journey(
    async (page, url) => {
      const warned = await openUnavailable(page, url, card(await story(url)) + tag(), policy(''))
      assert.equal(warned.length, 1)
      assert.match(warned[0], /add 'wasm-unsafe-eval' to its script-src/)
    },
    { allow: /Content Security Policy/ },
  ),
)

test(
  "a strict policy with 'wasm-unsafe-eval' is enough",
  journey(async (page, url) => {
    await openPage(page, url, card(await story(url)) + tag(), policy("'wasm-unsafe-eval'"))
    await isShown(page)
  }),
)

test(
  'of a policy that trusts nonces the tag alone has one: its scripts and its stylesheets are let in',
  journey(async (page, url) => {
    const nonced = tag('data-user="u" nonce="abc"')
    const headers = { 'content-security-policy': "default-src 'self' data:; script-src 'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'nonce-abc'; require-trusted-types-for 'script'" }
    await openPage(page, url, '<div data-story-id="x"><div data-asset="cover"></div></div><span data-sw-unread></span>' + nonced, { headers })
    await page.waitForFunction(() => [...document.styleSheets].filter(({ href, cssRules }) => /(storywire|notifications)\.css$/.test(href) && cssRules.length).length === 2)
  }, { allow: /400/ }),
)

test(
  'a tag with a mistake in it says which, and leaves no skeleton',
  journey(
    async (page, url) => {
      await openPage(page, url, card('x') + '<p data-sw-connection data-text-stopped="Nicht verbunden">Verbinden …</p><script async type="module" src="/dist/auto.js" data-supabase-url="" data-supabase-key="k"></script>')
      await page.locator('html[data-sw-unavailable]').waitFor({ state: 'attached' })
      assert.equal(await page.locator('.skeleton').count(), 0)
      assert.deepEqual(await page.locator('[data-sw-connection="stopped"]').allInnerTexts(), ['Not connected', 'Nicht verbunden'])
      await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<b data-sw-connection>Connecting</b>'))
      await page.locator('b[data-sw-connection="stopped"]', { hasText: 'Not connected' }).waitFor()
    },
    { allow: /the tag needs data-supabase-url, e\.g\. https:\/\/xyz\.supabase\.co/ },
  ),
)

test('each file of the package stands in the manifest, with a hash that a browser would accept', async () => {
  const { createHash } = await import('node:crypto')
  const { readdirSync } = await import('node:fs')
  const { files, version: own } = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8'))
  assert.equal(own, version)
  assert.deepEqual(Object.keys(files).sort(), readdirSync(dist).filter((name) => /\.(js|css|wasm)$/.test(name)).sort())
  for (const [name, { integrity, bytes }] of Object.entries(files)) {
    const text = readFileSync(join(dist, name))
    assert.equal(text.length, bytes)
    assert.equal(integrity, `sha384-${createHash('sha384').update(text).digest('base64')}`)
  }
})
