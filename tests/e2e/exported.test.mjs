// Whole pages as Webflow exports them (fixtures/webflow), with what real sites have beside us: a story, a library from the CMS, a
// landing page, and one with the scripts of others. Each goes from skeletons to what is ready, or failed and made again, with no
// word on the console, and nothing shifts.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { journey, noteShifts, post, shifts, state, tag } from './journey.mjs'
import { fill, makeVideo, openSite } from './site.mjs'

const headers = { apikey: 'sb_publishable_storywire_local', 'content-type': 'application/json' }
const asObject = { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' }
/** What each story says of its assets. @type {Map<string, object>} */
const known = new Map()
const insert = async (url, assets, title = 'The Lantern') => {
  const { id } = await post(`${url}/rest/v1/stories?select=id`, { title, asset_generation_status: { assets } }, asObject)
  known.set(id, assets)
  return id
}
/** Says more of a story. */
const say = async (url, id, more) => {
  const assets = { ...known.get(id), ...more }
  known.set(id, assets)
  const { ok, status } = await fetch(`${url}/rest/v1/stories?id=eq.${id}`, { method: 'PATCH', headers, body: JSON.stringify({ asset_generation_status: { assets } }) })
  assert.ok(ok, `${status}`)
}
const file = (url, name) => ({ status: 'ready', url: `${url}/files/x/${name}` })
const all = (names, what) => Object.fromEntries(names.split(' ').map((name) => [name, what]))

/** A journey that hears warnings too: a page of somebody else's says nothing that it did not say before. */
const quiet = (way, options = {}) =>
  journey(async (page, url, server) => {
    const warned = []
    page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
    await noteShifts(page)
    await way(page, url, server)
    assert.deepEqual(warned.filter((text) => !options.wanted?.test(text)), [])
  }, options)
const live = (page) => page.waitForFunction(() => window.Storywire?.client?.connection === 'live', undefined, { timeout: 20_000 })
const seen = (page, selector) => page.locator(selector).evaluateAll((found) => found.map((one) => getComputedStyle(one).visibility === 'visible' && getComputedStyle(one).opacity === '1'))

test(
  'a story page: rich text, lightbox, tabs and interactions go from dummies to the story',
  quiet(
    async (page, url) => {
      const id = await insert(url, { ...all('text cover scenes audio', { status: 'generating' }), ...all('pdf activities poster', { status: 'pending' }) })
      await openSite(page, url, 'story', { story: id, tag: tag() })
      await state(page, 'text', 'generating')
      const heading = page.getByText('What’s a Rich Text element?')
      assert.equal(await heading.evaluate((one) => getComputedStyle(one).visibility), 'hidden', 'nobody reads dummies while the text is made')
      assert.equal(await page.locator('.members-only[data-asset-state]').count(), 0)
      // A link that leads nowhere yet leads nowhere.
      const opened = []
      page.on('popup', (popup) => opened.push(popup.url()))
      await page.getByRole('link', { name: 'Download the PDF' }).click({ force: true })
      await page.getByRole('link', { name: 'Download the PDF' }).press('Enter')
      await live(page)

      const text = 'Every evening a little fox lit a lantern.\n\nShe carried it down to the river.\n\nOne night the wind blew it out.'
      await say(url, id, { text: { status: 'ready', text } })
      await say(url, id, { cover: file(url, 'cover.svg') })
      await say(url, id, { audio: file(url, 'narration.wav') })
      await say(url, id, { pdf: file(url, 'story.pdf') })
      for (const asset of ['text', 'cover', 'audio', 'pdf']) await state(page, asset, 'ready')
      // The page's own paragraphs, with the design and the class of the first dummy.
      assert.deepEqual(await page.locator('.story_text > *').evaluateAll((found) => found.map((one) => `${one.tagName} ${one.className} ${one.textContent}`)), text.split('\n\n').map((one) => `P lead ${one}`))
      assert.equal(await page.locator('.story_text p').first().evaluate((one) => getComputedStyle(one).color), 'rgb(70, 50, 30)')
      assert.deepEqual(opened, [])
      const cover = page.locator('.story_cover-image')
      await page.waitForFunction(() => document.querySelector('.story_cover-image').currentSrc.endsWith('/cover.svg'))
      assert.deepEqual(await seen(page, '[data-w-id]:not([data-asset-item])'), [true])
      await page.waitForFunction(() => window.emitted?.includes('cover-in'))
      assert.equal(await page.locator('.story_cover.is-in').count(), 1)
      // The lightbox enlarges the cover, not what stood in for it.
      await page.waitForFunction(() => document.querySelector('.w-json').textContent.includes('/cover.svg'))
      await cover.click()
      assert.match(await page.locator('.w-lightbox-image').getAttribute('src'), /\/files\/x\/cover\.svg$/)
      await page.locator('.w-lightbox-backdrop').click()
      assert.deepEqual(await shifts(page), [])

      // What is made while its tab is hidden is there when the tab is shown. By the keyboard, as Webflow's tabs work.
      await say(url, id, { activities: { status: 'ready', items: [{ title: 'Paint', description: 'a lantern' }, { title: 'Fold', description: 'a boat' }] } })
      await say(url, id, { poster: file(url, 'scene-1.svg') })
      await say(url, id, { scenes: { status: 'ready', items: [1, 2, 3].map((at) => `${url}/files/x/scene-${at}.svg`) } })
      await page.locator('.scene').nth(2).waitFor({ state: 'attached' })
      await page.locator('.scene').nth(2).scrollIntoViewIfNeeded()
      await page.waitForFunction(() => [...document.querySelectorAll('.scene')].every((one) => getComputedStyle(one).opacity === '1'))
      await page.getByRole('tab', { name: 'Scenes' }).press('ArrowRight')
      await page.locator('li', { hasText: 'Fold' }).waitFor()
      await page.waitForFunction(() => [...document.querySelectorAll('[data-asset="activities"] li')].every((one) => getComputedStyle(one).opacity === '1'))
      await page.getByRole('tab', { name: 'Activities' }).press('ArrowRight')
      await page.locator('picture[data-asset-state="ready"]:not([aria-busy])').waitFor()
      assert.match(await page.locator('picture img').evaluate((image) => image.currentSrc), /scene-1\.svg$/)
    },
    { context: { viewport: { width: 1280, height: 900 } } },
  ),
)

test(
  'a library from the CMS: items that are loaded, filtered, sorted and copied by scripts show their stories',
  quiet(
    async (page, url) => {
      const titles = ['Owl', 'Hare', 'Mole']
      const ids = await Promise.all(titles.map((title) => insert(url, { cover: { status: 'generating', progress: 20 } }, title)))
      const later = await insert(url, { cover: file(url, 'cover.svg') }, 'Ant')
      const items = ids.map((story, at) => fill('library-item.html', { story, title: titles[at] })).join('')
      await openSite(page, url, 'library', { items, tag: tag() }, { more: { '?a1b2c3_page=2': { items: fill('library-item.html', { story: later, title: 'Ant' }) } } })
      await page.locator('.card_cover.skeleton').nth(2).waitFor()
      await live(page)
      const cover = (id) => page.locator(`[data-story-id="${id}"] .card_cover`)
      await say(url, ids[0], { cover: file(url, 'cover.svg') })
      // The picture that the CMS had nothing for.
      await cover(ids[0]).locator('img').waitFor()
      assert.equal(await cover(ids[0]).locator('img').count(), 1)
      await say(url, ids[1], { cover: { status: 'failed' } })
      const again = page.getByRole('button', { name: 'Try again' })
      await again.waitFor()
      assert.deepEqual(await shifts(page), [], 'what fails in a card moves none')
      const [button, picture] = [await again.boundingBox(), await cover(ids[1]).boundingBox()]
      assert.ok(button.y > picture.y && button.y + button.height < picture.y + picture.height && button.x > picture.x, 'it is on the cover that failed')
      assert.equal(await again.evaluate((one) => one.closest('a')), null)
      await page.getByRole('link', { name: 'Hare' }).focus()
      await page.keyboard.press('Tab')
      assert.ok(await again.evaluate((one) => one === document.activeElement), 'by the keyboard it comes after its card')

      await page.getByText('Load more').click()
      await cover(later).locator('img[src*="cover.svg"]').waitFor()
      await page.getByLabel('Find a story').fill('hare')
      assert.equal(await page.locator('.card').count(), 1)
      await say(url, ids[2], { cover: { status: 'generating', progress: 70 } })
      await page.getByLabel('Find a story').fill('')
      await page.locator(`[data-story-id="${ids[2]}"] [data-progress="70"]`).waitFor()
      await page.getByText('Sort by title').click()
      assert.deepEqual(await page.locator('.card_title').allInnerTexts(), ['Ant', 'Hare', 'Mole', 'Owl'])
      await page.evaluate(() => window.feature(1))
      await page.locator('#featured [data-asset-state="failed"]').waitFor()
      // A copy has a button of its own, and only one.
      await page.waitForFunction(() => document.querySelectorAll('[data-storywire=button]').length === 2)
      await say(url, ids[1], { cover: file(url, 'cover.svg') })
      await again.first().waitFor({ state: 'detached' })
      await page.waitForFunction(() => [...document.querySelectorAll('.card_cover')].filter((one) => one.querySelector('img[src*="cover.svg"]')).length === 4)
      assert.equal(await again.count(), 0)
      assert.equal(await page.locator('.w-dyn-bind-empty [data-asset-state]').count(), 0, 'an item without a story is nobody’s')
    },
    { context: { viewport: { width: 1280, height: 900 } }, wanted: /this page hides \.error/ },
  ),
)

test(
  'a landing page: background video, slider, hidden tabs and a page that shows itself late',
  quiet(
    async (page, url) => {
      const video = await makeVideo(page)
      const { access_token } = await post(`${url}/demo/token`, {})
      const id = await insert(url, { ...all('trailer cover', { status: 'generating' }), text: { status: 'pending' } })
      const slides = await Promise.all(['Owl', 'Hare'].map((title) => insert(url, { cover: file(url, 'cover.svg'), pdf: { status: 'generating' } }, title)))
      await openSite(page, url, 'landing', { story: id, tag: tag(`data-user="22222222-2222-4222-8222-222222222222" data-access-token="${access_token}"`), slides: slides.map((story) => fill('landing-slide.html', { story, title: 'A story' })).join('') }, { video })
      await page.locator('[data-sw-connection="live"]').waitFor({ state: 'attached', timeout: 20_000 })
      await page.locator('.slide_cover img').first().waitFor()
      assert.equal(await page.locator('.slide_cover img').count(), 2, 'the next slide is there before it comes')
      await page.waitForFunction(() => document.querySelector('video').currentTime > 0)
      await say(url, id, { trailer: { status: 'ready', url: `${url}/site/videos/trailer.webm` } })
      await page.waitForFunction(() => document.querySelector('video').currentSrc.endsWith('/trailer.webm'))
      await page.waitForFunction(() => !document.querySelector('video').paused && document.querySelector('video').currentTime > 0)
      assert.equal(await page.locator('.hero video').count(), 1)
      const played = page.locator('video')
      assert.deepEqual(await played.evaluate(({ muted, loop, controls }) => [muted, loop, controls]), [true, true, false])
      await page.getByRole('button', { name: 'Pause' }).click()
      assert.ok(await played.evaluate(({ paused }) => paused))

      await say(url, id, { cover: file(url, 'cover.svg') })
      await say(url, id, { text: { status: 'ready', text: 'A little fox lit a lantern.' } })
      await page.locator('[data-asset="text"][data-asset-state="ready"]').waitFor({ state: 'attached' })
      await page.getByRole('tab', { name: 'Story' }).click()
      await page.getByText('A little fox lit a lantern.').waitFor()
      await page.locator('.card_cover img').waitFor()
      await page.getByRole('button', { name: 'next slide' }).press('Enter')
      assert.deepEqual(await shifts(page), [])
    },
    { context: { viewport: { width: 390, height: 844 } } },
  ),
)

/** What docs/webflow.md has for a tag manager, for the local backend. */
const managed = () => {
  const [, lines = ''] = /```html\n(\s*<script>\s*\(function.*?)```/s.exec(readFileSync(new URL('../../docs/webflow.md', import.meta.url), 'utf8')) ?? []
  assert.match(lines, /createElement/)
  return lines.replace('https://cdn.jsdelivr.net/npm/storywire@0', '').replace('https://xyz.supabase.co', '/').replace('sb_publishable_…', 'sb_publishable_storywire_local')
}

const words = 'A little fox lit a lantern.'
const main = (story, title) => fill('hostile-main.html', { story, title })

for (const [what, head, inject] of [
  ['all scripts run last, by copies of their tags', `<script src="/site/js/rocket.js"></script>${tag().replace('type="module"', 'type="5f1e2d3c4b5a69788796a5b4-module"')}`],
  ['a tag manager makes the tag by a script', '<script src="/site/js/gtm.js"></script>', true],
])
  test(
    `among scripts of others: ${what}; transitions put another page in place`,
    quiet(
      async (page, url) => {
        const [one, two] = [await insert(url, { text: { status: 'generating', progress: 10 }, cover: { status: 'pending' } }), await insert(url, { text: { status: 'ready', text: words }, cover: file(url, 'cover.svg') })]
        await openSite(page, url, 'hostile', { head, main: main(one, 'One') }, { more: { '?page=2': { head, main: main(two, 'Two') } } })
        if (inject) await page.evaluate((html) => window.inject(html), managed())
        await state(page, 'text', 'generating', 20_000)
        await live(page)
        await say(url, one, { text: { status: 'ready', text: words } })
        await state(page, 'text', 'ready')
        const shown = await page.locator('[data-asset="text"]').evaluate((element) => [element.innerText.trim(), element.querySelectorAll('.status').length])
        assert.deepEqual(shown, [words, 1], 'the parts of the design stay, and what stood in for the text has gone')
        assert.deepEqual(await shifts(page), [])
        await page.evaluate(() => window.go('/site/hostile?page=2'))
        await page.getByRole('heading', { name: 'Two' }).waitFor()
        await page.locator('.card_cover img').waitFor()
        await page.getByText(words).waitFor()
      },
    ),
  )
