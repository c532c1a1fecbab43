// The story page: skeletons, progress, content; failure and retry; a backend that dies; bad input.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backend, journey, post, state } from './journey.mjs'

const assets = ['text', 'cover', 'audio', 'scenes', 'activities', 'pdf']

test(
  'a story goes from skeletons to a cover that is an image, a narration that plays and a PDF that opens',
  journey(async (page, url) => {
    await page.goto(`${url}/?seconds=6`)
    await page.locator('[data-asset="pdf"].skeleton').waitFor({ state: 'attached' })
    await page.waitForFunction(() => Number(document.querySelector('[data-asset="audio"]').dataset.progress) > 0)
    for (const asset of assets) await state(page, asset, 'ready', 20_000)
    await page.locator('[data-story-state="completed"]').waitFor({ state: 'attached' })

    const cover = page.locator('[data-asset="cover"] img')
    assert.ok((await cover.evaluate((image) => image.naturalWidth)) > 0, 'the cover is an image')
    const duration = await page.locator('[data-asset="audio"] audio').evaluate(async (audio) => {
      audio.muted = true
      await audio.play()
      await new Promise((resolve) => audio.addEventListener('timeupdate', resolve, { once: true }))
      return audio.currentTime > 0 && audio.duration
    })
    assert.ok(duration > 0, 'the narration plays')
    const pdf = await page.locator('[data-asset="pdf"] a').getAttribute('href')
    const file = await fetch(pdf)
    assert.equal(file.headers.get('content-type'), 'application/pdf')
    assert.equal((await file.text()).slice(0, 5), '%PDF-')
    assert.match(await page.locator('[data-asset="text"]').innerText(), /little fox/)
    assert.ok((await page.locator('[data-asset="scenes"] img').count()) >= 3, 'the scenes are a list of images')
    assert.match(await page.locator('[data-asset="activities"]').innerText(), /Paint the lantern/)
    assert.equal((await page.locator('[data-asset="pdf"]').innerText()).trim(), 'Open PDF')
    assert.ok((await page.locator('.skeleton').count()) === 0, 'no skeleton is left')
  }),
)

test(
  'an asset that fails is retried by its button, with the keyboard',
  journey(async (page, url) => {
    await page.goto(`${url}/?seconds=2`)
    await page.getByRole('button', { name: 'One whose audio fails' }).click()
    await state(page, 'audio', 'failed', 20_000)
    await page.locator('[data-story-state="partial"]').waitFor({ state: 'attached' })
    const retry = page.locator('[data-asset="audio"]').getByRole('button')
    await retry.focus()
    await page.keyboard.press('Enter')
    await state(page, 'audio', 'ready', 20_000)
    await page.locator('[data-story-state="completed"]').waitFor({ state: 'attached' })
    assert.equal(await page.locator('[data-asset="audio"] audio').count(), 1)
  }),
)

test(
  'a change of the row reaches the page, and an older one never takes it back',
  journey(async (page, url) => {
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'By hand', asset_generation_status: {} }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })
    await page.goto(`${url}/?story=${id}`)
    const progress = (percent, status = 'generating') => post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'cover', status, progress: percent })
    await page.locator('[data-sw-connection="live"]').waitFor({ state: 'attached' })
    await progress(42)
    await page.locator('[data-asset="cover"][data-progress="42"]').waitFor({ state: 'attached' })
    const bar = page.locator('[data-asset="cover"] .progress-bar')
    assert.equal(await bar.getAttribute('aria-valuenow'), '42')
    await progress(80)
    await page.locator('[data-asset="cover"][data-progress="80"]').waitFor({ state: 'attached' })
  }),
)

test(
  'the backend is killed and comes back: the page says so, keeps what it shows, and is right again',
  journey(
    async (page, url, server) => {
      await page.goto(`${url}/?seconds=1`)
      for (const asset of assets) await state(page, asset, 'ready', 20_000)
      await page.locator('[data-sw-connection="live"]').waitFor({ state: 'attached' })
      await server.stop('SIGKILL')
      await page.locator('[data-sw-connection="catching-up"], [data-sw-connection="polling"]').waitFor({ state: 'attached' })
      await page.locator('[data-sw-connection="polling"]').waitFor({ state: 'attached', timeout: 20_000 })
      assert.equal(await page.locator('[data-asset="cover"][data-asset-state="ready"] img').count(), 1, 'it keeps its last good state')

      const again = await backend(Number(new URL(url).port))
      try {
        const id = await page.locator('#story').getAttribute('data-story-id')
        await post(`${url}/rest/v1/stories`, { id, title: 'Back again', asset_generation_status: { assets: { poster: { status: 'ready' } } } })
        await page.locator('[data-sw-connection="live"]').waitFor({ state: 'attached', timeout: 60_000 })
        await page.evaluate(() => {
          const element = Object.assign(document.createElement('div'), { id: 'late' })
          element.dataset.asset = 'map'
          document.querySelector('#story').append(element)
        })
        await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'map', status: 'generating', progress: 7 })
        await page.locator('#late[data-progress="7"]').waitFor({ state: 'attached' })
      } finally {
        await again.stop()
      }
    },
    { allow: /ERR_CONNECTION|WebSocket connection|Failed to load resource|\/files\// },
  ),
)

test(
  "code that asks for the client later gets the whole one, and what plays goes on playing",
  journey(async (page, url) => {
    await page.goto(`${url}/?seconds=1`)
    await state(page, 'audio', 'ready', 20_000)
    await page.locator('[data-sw-connection="live"]').waitFor({ state: 'attached' })
    const before = await page.evaluate(async () => {
      window.audio = document.querySelector('[data-asset="audio"] audio')
      audio.muted = true
      await audio.play()
      await new Promise((resolve) => setTimeout(resolve, 300))
      return audio.currentTime
    })
    await page.evaluate(() => new Promise((resolve) => window.Storywire.push((client) => resolve((window.client = client)?.connection))))
    await page.waitForFunction(() => window.client.connection === 'live')
    await page.waitForTimeout(500)
    const after = await page.evaluate(() => {
      const now = document.querySelectorAll('[data-asset="audio"] audio')
      return { same: now.length === 1 && now[0] === window.audio, time: audio.currentTime, paused: audio.paused }
    })
    assert.ok(after.same && !after.paused && after.time > before, JSON.stringify(after))
    const id = await page.locator('#story').getAttribute('data-story-id')
    await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'poster', status: 'generating', progress: 5 })
    await page.locator('[data-story-state="generating"]').waitFor({ state: 'attached' })
  }),
)

/** What the page's callback is told, for a page with this tag and this story. */
async function told(page, url, attributes, story = 'nobody', prepare = async () => {}) {
  await prepare()
  await page.route(`${url}/bad`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><title>bad</title><div data-story-id="${story}"><div data-asset="cover" class="skeleton"></div></div>
        <script>window.warned = []; console.warn = (text) => window.warned.push(text); window.told = []; window.Storywire = [(client) => client.on('error', (error) => { window.told.push(error.code); window.warned.push(error.message) })]</script>
        <script async type="module" src="/dist/auto.js" ${attributes}></script>`,
    }),
  )
  await page.goto(`${url}/bad`)
}
const key = 'data-supabase-key="sb_publishable_storywire_local"'
const firstTold = (page) => page.waitForFunction(() => window.told[0], undefined, { timeout: 15_000 }).then((handle) => handle.jsonValue())

test(
  'a wrong key is named',
  journey(
    async (page, url) => {
      await told(page, url, 'data-supabase-url="/" data-supabase-key="sb_publishable_wrong"')
      await page.waitForFunction(() => window.told.includes('key-refused'))
    },
    { allow: /401|WebSocket connection/ },
  ),
)

test(
  'an unknown story is named, and the element keeps waiting with a word',
  journey(async (page, url) => {
    await told(page, url, `data-supabase-url="/" ${key}`, '00000000-0000-4000-8000-00000000dead')
    assert.equal(await firstTold(page), 'row-missing')
    await page.locator('[data-story-problem="unknown-story"]').waitFor({ state: 'attached' })
  }),
)

test(
  'a status that nobody knows is pending, and reported once',
  journey(async (page, url) => {
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'Odd', asset_generation_status: { assets: { cover: { status: 'pondering', progress: 'abc' } } } }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })
    await told(page, url, `data-supabase-url="/" ${key}`, id)
    await page.waitForFunction(() => window.told.includes('odd-unknown-status'))
    assert.equal(await page.locator('[data-asset-state="pending"]').count(), 1)
    await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'audio', status: 'generating', progress: 1 })
    await page.waitForTimeout(300)
    assert.equal(await page.evaluate(() => window.told.filter((code) => code === 'odd-unknown-status').length), 1)
  }),
)

test(
  'a backend that is not there is named, and the page says offline or polling, never nothing',
  journey(
    async (page, url) => {
      await told(page, url, `data-supabase-url="http://127.0.0.1:9" ${key}`)
      await page.waitForFunction(() => window.told.includes('socket-refused') && window.told.includes('read-failed'))
      await page.locator('[data-story-problem="unreachable"]').waitFor({ state: 'attached' })
    },
    { allow: /ERR_|WebSocket connection|Failed to load/ },
  ),
)

test(
  'malformed JSON is named, and what was shown stays',
  journey(async (page, url) => {
    const { id } = await post(`${url}/demo/stories`, { seconds: 1 })
    await told(page, url, `data-supabase-url="/" ${key}`, id, () => page.route(`${url}/rest/v1/stories*`, (route) => route.fulfill({ contentType: 'application/json', body: '[{"id": ' })))
    await page.waitForFunction(() => window.told.includes('bad-answer'))
  }),
)

test(
  'a service key is refused with the reason',
  journey(
    async (page, url) => {
      const said = page.waitForEvent('console', (message) => message.type() === 'error')
      await told(page, url, 'data-supabase-url="/" data-supabase-key="sb_secret_oops"')
      assert.match((await said).text(), /must never be in a page/)
    },
    { allow: /must never be in a page/ },
  ),
)
