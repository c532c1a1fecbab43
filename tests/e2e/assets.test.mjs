// What an asset shows in a real page: hostile rows, players that play, elements that come and go, retries and what came of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journey, post, state } from './journey.mjs'

const key = 'sb_publishable_storywire_local'
const asObject = { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' }
const insert = async (url, row) => (await post(`${url}/rest/v1/stories?select=id`, { title: 'By hand', ...row }, asObject)).id
const withAssets = (url, assets, more = {}) => insert(url, { asset_generation_status: { assets }, ...more })
const progress = (url, story, asset, more) => post(`${url}/rest/v1/rpc/update_asset_progress`, { story, asset, ...more })

/** A page with these elements in one story. What goes wrong in it, and what the client says, is noted in `window`. */
async function show(page, url, story, body, tag = '') {
  await page.addInitScript(() => {
    window.told = []
    window.Storywire = [(client) => client.on('error', ({ code, detail }) => window.told.push(`${code} ${detail}`))]
  })
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page of a test</title><meta name="viewport" content="width=device-width">
    <div id="story" data-story-id="${story}">${body}</div><p><span data-sw-connection>Connecting</span></p>
    <script async type="module" src="/dist/auto.js" data-supabase-url="/" data-supabase-key="${key}" data-api-base="/api/v1" ${tag}></script>`
  await page.route(`${url}/page`, (route) => route.fulfill({ contentType: 'text/html', body: html }))
  await page.goto(`${url}/page`)
}
const live = (page) => page.locator('[data-sw-connection="live"]').waitFor({ state: 'attached' })
const shown = (page, asset, attribute) => page.locator(`[data-asset="${asset}"]`).first().getAttribute(attribute)

test(
  'a hostile row executes nothing, breaks nothing, and each thing that is wrong with it is told once',
  journey(async (page, url) => {
    const markup = `<img src=x onerror="window.executed = true"><script>window.executed = true</script>"><svg onload=executed=1>`
    const script = 'javascript:window.executed=true'
    const megabyte = `${markup} ${'wide '.repeat(200_000)}`
    const assets = {
      text: { status: 'ready', text: megabyte },
      cover: { status: 'ready', url: script },
      audio: { status: 'ready', url: ` ${script}` },
      pdf: { status: 'ready', url: 'data:text/html,<script>parent.executed=true</script>' },
      scenes: { status: 'ready', items: Array.from({ length: 10_000 }, (_, at) => (at % 2 ? `/files/none/${at}.svg` : script)) },
      activities: { status: 'ready', items: [{ title: markup, description: markup, url: script }] },
      minus: { status: 'generating', progress: -5 },
      nan: { status: 'generating', progress: 'NaN' },
      word: { status: 'generating', progress: 'abc' },
      huge: { status: 'generating', progress: 1e9 },
      object: { status: {} },
      '🦊': { status: 'generating', progress: 42 },
      frame: { status: 'ready', url: script },
      [markup.slice(0, 60)]: { status: markup },
    }
    const story = await withAssets(url, assets)
    await page.route(`${url}/files/none/*`, (route) => route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>' }))
    const plain = ['minus', 'nan', 'word', 'huge', 'object', '🦊'].map((name) => `<div data-asset="${name}"><div class="progress-bar"></div><span class="status"></span></div>`)
    await show(
      page,
      url,
      story,
      `<div data-asset="text"></div><div data-asset="cover"><span class="status"></span></div><div data-asset="cover"></div><audio data-asset="audio"></audio>
       <a data-asset="pdf"><span class="status"></span></a><iframe data-asset="frame" title="A frame"></iframe><div data-asset="cover" data-asset-as="background"></div>
       <div data-asset="scenes"><template><img alt="A scene"></template></div>
       <div data-asset="activities"><template><p><b data-asset-field="title"></b><a data-asset-field="url">More</a></p></template></div>${plain.join('')}`,
    )
    await live(page)
    await state(page, 'text', 'ready')
    await state(page, '🦊', 'generating')
    for (const asset of ['cover', 'audio', 'pdf', 'frame']) await state(page, asset, 'failed')
    assert.equal(await page.locator('[data-asset="cover"][data-asset-state="failed"]').count(), 3, 'each element of an asset shows it')
    assert.equal(await page.locator('[data-asset="text"]').evaluate((element) => element.textContent.length), megabyte.trim().length)
    for (const asset of ['minus', 'nan', 'word', 'huge']) assert.equal(await shown(page, asset, 'data-progress'), null, `${asset} is no progress`)
    assert.equal(await shown(page, 'object', 'data-asset-state'), 'pending')
    assert.equal(await shown(page, '🦊', 'data-progress'), '42')
    assert.equal(await page.locator('[data-asset="scenes"] img').count(), 500)
    assert.equal(await page.locator('[data-asset="activities"] b').innerText(), markup)
    const odd = await page.evaluate(() => ({
      addresses: [...document.querySelectorAll('[src],[href],[style*="url"]')].map((one) => one.getAttribute('src') ?? one.getAttribute('href') ?? one.style.cssText).filter((text) => /script:|text\/html/i.test(text)),
      made: document.querySelectorAll('[data-story-id] :is(script, svg, img[onerror])').length,
      executed: window.executed,
    }))
    assert.deepEqual(odd, { addresses: [], made: 0, executed: undefined })
    // The same again is nothing new.
    const before = await page.evaluate(() => window.told)
    await progress(url, story, 'other', { status: 'generating', progress: 1 })
    await page.waitForFunction(() => window.Storywire.client.connection === 'live')
    await page.waitForTimeout(300)
    assert.deepEqual(await page.evaluate(() => window.told), before)
    assert.equal(new Set(before).size, before.length, `each is told once: ${before.join('\n')}`)
    for (const code of ['odd-bad-url', 'odd-bad-progress', 'odd-unknown-status', 'odd-too-many']) assert.ok(before.some((told) => told.startsWith(code)), `${code} is told`)
  }),
)

test(
  'an attribute that goes while its picture loads leaves the element alone',
  journey(async (page, url) => {
    let answer
    const asked = new Promise((resolve) => (answer = resolve))
    await page.route(`${url}/slow.svg`, (route) => answer(route))
    const story = await withAssets(url, { cover: { status: 'ready', url: `${url}/slow.svg` } })
    await show(page, url, story, '<div data-asset="cover" id="cover"><span class="status"></span></div>')
    const route = await asked
    await page.evaluate(() => document.querySelector('#cover').removeAttribute('data-asset'))
    await route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' })
    await live(page)
    assert.equal(await page.locator('#cover img').count(), 0)
    await page.evaluate(() => document.querySelector('#cover').setAttribute('data-asset', 'cover'))
    await page.unroute(`${url}/slow.svg`)
    await page.route(`${url}/slow.svg`, (again) => again.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' }))
    await page.locator('#cover img').waitFor()
  }),
)

test(
  'what plays goes on playing through further updates, and through an address that is signed anew',
  journey(async (page, url) => {
    const { id: story } = await post(`${url}/demo/stories`, { seconds: 0.1 })
    await show(page, url, story, '<div data-asset="audio"></div><div data-asset="cover"></div>')
    await live(page)
    await state(page, 'audio', 'ready')
    const pictures = []
    page.on('request', (request) => request.url().includes('cover') && pictures.push(request.url()))
    await page.locator('audio').evaluate(async (audio) => {
      window.audio = audio
      window.starts = 0
      audio.addEventListener('loadstart', () => window.starts++)
      audio.muted = true
      await audio.play()
    })
    const file = await page.evaluate(() => audio.getAttribute('src'))
    for (let round = 1; round <= 5; round++) await progress(url, story, 'poster', { status: 'generating', progress: round })
    await progress(url, story, 'audio', { status: 'ready', url: `${file}?token=2` })
    await progress(url, story, 'poster', { status: 'generating', progress: 9 })
    await page.locator('[data-story-state="generating"]').waitFor({ state: 'attached' })
    await page.waitForFunction(() => audio.currentTime > 0.4)
    const playing = await page.evaluate(() => [audio === document.querySelector('audio'), audio.paused, window.starts, audio.getAttribute('src')])
    assert.deepEqual(playing, [true, false, 0, file])
    const at = await page.evaluate(() => {
      audio.pause()
      return audio.currentTime
    })
    await page.waitForFunction(() => audio.getAttribute('src').endsWith('?token=2') && audio.readyState > 0)
    assert.ok(Math.abs((await page.evaluate(() => audio.currentTime)) - at) < 0.2, 'it goes on where it was')
    assert.deepEqual(pictures, [], 'no picture is loaded again')
  }),
)

test(
  'an element that turns to another story shows nothing of the one before, and what plays goes on until it is paused',
  journey(async (page, url) => {
    const { id: first } = await post(`${url}/demo/stories`, { seconds: 0.1 })
    const file = (name) => `${url}/files/${first}/${name}`
    const ready = { cover: { status: 'ready', url: file('cover.svg') }, pdf: { status: 'ready', url: file('story.pdf') }, text: { status: 'ready', text: 'Once upon a time' } }
    const scenes = { status: 'ready', items: [file('scene-1.svg'), file('scene-2.svg')] }
    const one = await withAssets(url, { ...ready, poem: ready.text, audio: { status: 'ready', url: file('narration.wav') }, scenes })
    const other = await withAssets(url, { audio: { status: 'generating' } })
    await show(
      page,
      url,
      one,
      `<div id="ground" style="block-size: 3rem" data-asset="cover" data-asset-as="background"></div><img data-asset="cover" alt="A cover"><div id="made" data-asset="cover"></div><a data-asset="pdf">PDF</a>
       <div data-asset="text"></div><div data-asset="poem"><p>Lorem</p><p>Ipsum</p><span class="status"></span></div><audio data-asset="audio" muted></audio>
       <div data-asset="scenes"><template><img alt="A scene"></template></div>`,
    )
    await live(page)
    const left = () =>
      page.evaluate(() => ({
        addresses: [...document.querySelectorAll('#story [src], #story [href]')].map((node) => node.getAttribute('src') ?? node.getAttribute('href')),
        ground: document.querySelector('#ground').style.backgroundImage,
        text: [...document.querySelectorAll('[data-asset="text"], [data-asset="poem"] p')].map((node) => node.textContent).join(),
      }))
    await page.waitForFunction(() => document.querySelectorAll('#story [src], #story [href]').length === 6 && document.querySelector('#ground').style.backgroundImage)
    assert.equal((await left()).text, 'Once upon a time,Once upon a time')
    await page.evaluate(() => document.querySelector('audio').play())
    await page.evaluate(() => document.querySelector('#story').setAttribute('data-story-id', ''))
    await page.evaluate((other) => document.querySelector('#story').setAttribute('data-story-id', other), other)
    await state(page, 'audio', 'generating')
    assert.deepEqual(await left(), { addresses: [file('narration.wav')], ground: '', text: ',' })
    await page.evaluate(() => document.querySelector('audio').pause())
    await page.waitForFunction(() => !document.querySelector('audio').hasAttribute('src'))
    await page.evaluate((one) => document.querySelector('#story').setAttribute('data-story-id', one), one)
    await page.waitForFunction(() => document.querySelectorAll('#story [src], #story [href]').length === 6 && document.querySelector('#ground').style.backgroundImage)
    assert.equal((await left()).text, 'Once upon a time,Once upon a time')
  }),
)

test(
  'a muted film in the background changes at once, by its source too, one that somebody watches when it pauses; a source in a picture takes the address',
  journey(async (page, url) => {
    const { id: story } = await post(`${url}/demo/stories`, { seconds: 0.1 })
    await show(
      page,
      url,
      story,
      `<video id="background" data-asset="film" autoplay muted loop></video>
       <video id="by-source" autoplay muted loop><source data-asset="film"></video>
       <video id="watched" data-asset="film" muted></video>
       <picture><source data-asset="still" media="all"><img id="still" alt="A still"></picture>`,
    )
    await live(page)
    const film = (name) => `${url}/files/${story}/narration.wav?film=${name}`
    await progress(url, story, 'film', { status: 'ready', url: film('one') })
    await progress(url, story, 'still', { status: 'ready', url: `${url}/files/${story}/scene-1.svg` })
    const playing = (id) => page.waitForFunction((id) => document.getElementById(id).currentTime > 0, id)
    await page.waitForFunction(() => document.querySelector('#watched').getAttribute('src'))
    await page.evaluate(() => document.querySelector('#watched').play())
    for (const id of ['background', 'by-source', 'watched']) await playing(id)
    await page.waitForFunction(() => document.querySelector('#still').currentSrc.endsWith('/scene-1.svg'))
    await progress(url, story, 'film', { status: 'ready', url: film('two') })
    await progress(url, story, 'still', { status: 'ready', url: `${url}/files/${story}/scene-2.svg` })
    await page.waitForFunction((two) => ['background', 'by-source'].every((id) => document.getElementById(id).currentSrc === two), film('two'))
    for (const id of ['background', 'by-source']) await playing(id)
    await page.waitForFunction(() => document.querySelector('#still').currentSrc.endsWith('/scene-2.svg') && document.querySelector('#still').naturalWidth > 0)
    assert.equal(await page.evaluate(() => document.querySelector('#watched').currentSrc), film('one'), 'nobody takes a film away from who watches it')
    await page.evaluate(() => document.querySelector('#watched').pause())
    await page.waitForFunction((two) => document.querySelector('#watched').currentSrc === two, film('two'))
    assert.equal(await page.locator('picture button, video button').count(), 0)
  }),
)

test(
  'every kind of element takes its content',
  journey(async (page, url) => {
    const { id: story } = await post(`${url}/demo/stories`, { seconds: 0.1 })
    await show(
      page,
      url,
      story,
      `<picture data-asset="cover"><source srcset="data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="><img id="in-picture" alt="Kept"></picture>
       <div id="background" data-asset="cover" data-asset-as="background" style="width:9px;height:9px"></div>
       <audio id="player" controls><source id="source" data-asset="audio"></audio><audio id="direct" data-asset="audio" controls></audio>
       <iframe id="frame" data-asset="pdf" title="The PDF"></iframe><a id="link" data-asset="pdf" download="story.pdf">Take it along</a>
       <p id="text" data-asset="text"></p><ul id="list" data-asset="activities"></ul><ul id="pictures" data-asset="scenes"></ul>`,
    )
    await state(page, 'pdf', 'ready')
    await state(page, 'activities', 'ready')
    assert.deepEqual(await page.locator('#list > *').evaluateAll((items) => items.map(({ tagName, textContent }) => `${tagName} ${textContent}`.slice(0, 33))), [
      'LI Paint the lantern\nFold a paper',
      'LI Listen at night\nOpen the windo',
      'LI What happens next?\nTell the st',
    ])
    await page.waitForFunction(() => document.querySelectorAll('#pictures > li > img[src]').length === 4)
    await page.waitForFunction(() => document.querySelector('#in-picture').naturalWidth > 0)
    await page.waitForFunction(() => document.querySelector('#background').style.backgroundImage.includes('cover.svg'))
    await page.waitForFunction(() => [...document.querySelectorAll('audio')].every((audio) => audio.duration > 0))
    const found = await page.evaluate(() => ({
      alt: document.querySelector('#in-picture').alt,
      track: document.querySelector('#direct track')?.getAttribute('src').split('/').pop(),
      frame: document.querySelector('#frame').src.split('/').pop(),
      link: [document.querySelector('#link').href.split('/').pop(), document.querySelector('#link').textContent, document.querySelector('#link').download],
      text: document.querySelector('#text').textContent.slice(0, 13),
    }))
    assert.deepEqual(found, { alt: 'Kept', track: 'narration.vtt', frame: 'story.pdf', link: ['story.pdf', 'Take it along', 'story.pdf'], text: 'Every evening' })
  }),
)

test(
  'elements that are cloned, hidden, wiped, added and taken away are healed or let go',
  journey(async (page, url) => {
    const { id: story } = await post(`${url}/demo/stories`, { seconds: 0.1, fail: ['pdf'] })
    await show(page, url, story, '<section><div data-asset="text"></div><a data-asset="pdf" href="#">PDF</a></section>')
    await live(page)
    await state(page, 'text', 'ready')
    await state(page, 'pdf', 'failed')
    assert.equal(await page.locator('button').count(), 1)
    // Render List: a clone has all that the original has but listeners.
    await page.evaluate(() => document.querySelector('#story').append(document.querySelector('section').cloneNode(true)))
    await page.waitForFunction(() => document.querySelectorAll('[data-asset="pdf"][data-asset-state="failed"]').length === 2 && document.querySelectorAll('button').length === 2)
    // Set Text: what was in it is gone.
    await page.evaluate(() => (document.querySelector('[data-asset="text"]').textContent = ''))
    await page.waitForFunction(() => document.querySelector('[data-asset="text"]').textContent.startsWith('Every evening'))
    // Set Visibility: out of the document, a change, and back.
    await page.evaluate(() => {
      window.hidden = document.querySelector('section')
      hidden.replaceWith(document.createComment('hidden'))
    })
    await page.waitForFunction(() => document.querySelectorAll('button').length === 1)
    await progress(url, story, 'pdf', { status: 'generating', progress: 50 })
    await page.locator('[data-asset="pdf"][data-progress="50"]').waitFor()
    assert.equal(await page.locator('button').count(), 0)
    await page.evaluate(() => document.querySelector('#story').prepend(hidden))
    await page.waitForFunction(() => document.querySelectorAll('[data-asset="pdf"][data-progress="50"]').length === 2)
    // Load more: right at once, and the connection's words too.
    await page.evaluate(() => document.querySelector('#story').insertAdjacentHTML('beforeend', '<i data-asset="audio" id="late"></i><b data-sw-connection data-text-live="Verbunden"></b>'))
    await page.locator('#late audio').waitFor()
    assert.equal(await page.locator('b[data-sw-connection="live"]').innerText(), 'Verbunden')
    // Gone: nobody asks for it any more.
    await page.evaluate(() => document.querySelector('#story').remove())
    await page.waitForFunction(async () => (await (await fetch('/__control/counters')).json()).channels === 0, undefined, { timeout: 20_000, polling: 500 })
  }),
)

const retries = [
  ['nothing to retry', { status: 200, body: { retried: [] } }, 'There is nothing to try again'],
  ['a plan that does not include it', { status: 402, body: { upgradeOptions: [{ url: 'https://example.com/plans' }] } }, 'Your plan does not include more of these'],
  ['too many at once', { status: 429, retryAfter: 2 }, 'Please try again in 2 s'],
  ['a server in trouble', { status: 500 }, 'That did not work'],
]
for (const [what, order, words] of retries) {
  test(
    `a retry says what came of it: ${what}`,
    journey(
      async (page, url) => {
        const story = await withAssets(url, { cover: { status: 'failed' }, audio: { status: 'failed' } })
        await post(`${url}/__control/retry`, order)
        await show(page, url, story, '<div data-asset="cover"><span class="status"></span></div><div data-asset="audio"></div>')
        await page.evaluate(() => {
          window.events = []
          for (const name of ['storywire:before-retry', 'storywire:retry']) document.addEventListener(name, (event) => window.events.push([name, event.detail.asset, event.detail.status, event.composed]))
        })
        const cover = page.locator('[data-asset="cover"]')
        const button = cover.getByRole('button', { name: 'Try again' })
        await button.focus()
        await page.keyboard.press('Space')
        await page.waitForFunction((text) => document.querySelector('.status').textContent === text, words)
        assert.ok(await button.evaluate((one) => one === document.activeElement), 'the focus stays')
        await page.waitForFunction(() => window.events.length === 2)
        assert.deepEqual(await page.evaluate(() => window.events), [['storywire:before-retry', 'cover', undefined, true], ['storywire:retry', 'cover', order.status, true]])
        assert.equal(await page.locator('[data-asset="audio"] [data-storywire="said"]').innerText(), 'Narration could not be made', 'without a .status it is said beside the button')
        if (order.status === 402) {
          const plans = cover.getByRole('link', { name: 'See plans' })
          assert.equal(await plans.getAttribute('href'), 'https://example.com/plans')
        }
        if (order.status === 429) {
          assert.equal(await button.getAttribute('aria-disabled'), 'true')
          await page.waitForFunction(() => !document.querySelector('[data-asset="cover"] button').hasAttribute('aria-disabled'))
          assert.equal(await page.locator('.status').innerText(), 'Cover could not be made')
        }
      },
      { allow: /status of (402|429|500)/ },
    ),
  )
}

test(
  'a retry can be prevented, and the page may bring its own button and its own function',
  journey(async (page, url) => {
    const story = await withAssets(url, { cover: { status: 'failed' } })
    await show(page, url, story, '<div data-asset="cover"><a href="#away" data-asset-retry hidden>Nochmal</a><span class="status"></span></div>')
    await state(page, 'cover', 'failed')
    await page.evaluate((id) => {
      window.asked = []
      document.addEventListener('storywire:before-retry', (event) => event.preventDefault(), { once: true })
      return new Promise((resolve) => window.Storywire.push((client) => resolve(client.story(id, { retry: async (asset) => (window.asked.push(asset), new Response('{"retried": []}', { status: 200 })) })) && undefined))
    }, story)
    await state(page, 'cover', 'failed')
    const own = page.getByText('Nochmal')
    await own.click()
    assert.deepEqual(await page.evaluate(() => [window.asked, location.hash]), [[], ''])
    await own.click()
    await page.waitForFunction(() => window.asked[0] === 'cover')
    await page.waitForFunction(() => document.querySelector('.status').textContent === 'There is nothing to try again')
    assert.equal(await page.locator('button').count(), 0)
  }),
)

test(
  'each change is told once at each element, up through shadow roots to the document',
  journey(async (page, url) => {
    const story = await withAssets(url, { cover: { status: 'generating', progress: 10 }, pdf: { status: 'pending' } })
    await page.addInitScript(() => {
      window.events = []
      for (const name of ['storywire:asset', 'storywire:story']) {
        document.addEventListener(name, (event) => {
          const { asset, status, progress } = event.detail
          window.events.push([name.slice(10), event.composedPath()[0].id, event.composed, asset || '', status, progress].join(' '))
        })
      }
    })
    await show(page, url, story, '<div id="one" data-asset="cover"></div><div id="two" data-asset="cover"></div><div id="other" data-asset="pdf"></div>')
    await live(page)
    await page.evaluate(() => (window.events.length = 0))
    await progress(url, story, 'cover', { status: 'ready', url: '/files/x/cover.svg' })
    await page.waitForFunction(() => window.events.length >= 2)
    await progress(url, story, 'pdf', { status: 'failed' })
    await page.waitForFunction(() => window.events.some((text) => text.startsWith('story')))
    await page.waitForFunction(() => document.querySelector('[data-story-state="partial"]'))
    assert.deepEqual((await page.evaluate(() => window.events)).sort(), ['asset one true cover ready 100', 'asset other true pdf failed ', 'asset two true cover ready 100', 'story story true  partial '])
  }),
)

test(
  "a plan that does not include it is said beside the page's own button too, and the focus is not lost when the button goes",
  journey(
    async (page, url) => {
      const story = await withAssets(url, { cover: { status: 'failed' } })
      const plans = 'https://example.com/plans'
      await post(`${url}/__control/retry`, { status: 402, body: { upgradeOptions: [{ url: plans }] } })
      await show(page, url, story, '<div data-asset="cover"><button data-asset-retry hidden>Nochmal</button><span class="status"></span></div>')
      const own = page.getByRole('button', { name: 'Nochmal' })
      await own.focus()
      await page.keyboard.press('Enter')
      const link = page.locator('[data-asset="cover"]').getByRole('link', { name: 'See plans' })
      await link.waitFor()
      assert.equal(await link.getAttribute('href'), plans)
      assert.equal(await page.locator('button').count(), 1)
      await page.keyboard.press('Tab')
      assert.ok(await link.evaluate((one) => one === document.activeElement), 'Tab leads from the button to it')
      await page.keyboard.press('Shift+Tab')
      await page.keyboard.press('Enter')
      await link.waitFor({ state: 'detached' })
      await progress(url, story, 'cover', { status: 'generating', progress: 5 })
      await state(page, 'cover', 'generating')
      assert.ok(await own.isHidden())
      assert.equal(await page.evaluate(() => document.activeElement.dataset.asset), 'cover')
    },
    { allow: /status of 402/ },
  ),
)

test(
  'a page\'s own design wins over the stylesheet, whichever comes first',
  journey(async (page, url) => {
    const story = await withAssets(url, { cover: { status: 'generating', progress: 10 } })
    await show(page, url, story, '<style>.mine { background: rgb(1, 2, 3); aspect-ratio: auto; height: 7px } .bar { height: 9px }</style><div class="mine" data-asset="cover"><div class="progress-bar bar"></div></div>')
    await page.locator('[data-progress="10"]').waitFor({ state: 'attached' })
    await page.waitForFunction(() => [...document.styleSheets].some(({ href }) => href?.includes('storywire.css')))
    const mine = await page.locator('.mine').evaluate((element) => [getComputedStyle(element).backgroundColor, element.offsetHeight, element.firstElementChild.offsetHeight])
    assert.deepEqual(mine, ['rgb(1, 2, 3)', 7, 9])
  }),
)
