// The page's own part: asks the local backend for a story, and says what becomes of it. What fills the elements is the
// script tag.
const find = (id) => document.querySelector(`#${id}`)
const [card, text, more] = ['story', 'text', 'more'].map(find)
const post = async (path, body) =>
  (await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json()

/** A fresh story. */
async function make(fail = []) {
  const seconds = Number(new URLSearchParams(location.search).get('seconds')) || undefined
  const { id, title } = await post('/demo/stories', { fail, seconds })
  const asked = new URLSearchParams(location.search)
  asked.set('story', id)
  history.replaceState(null, '', `?${asked}`)
  show(id, title)
}

/** Changing the attribute is all that it takes. */
function show(id, title) {
  card.setAttribute('data-story-id', id)
  find('title').textContent = title
  find('curl').textContent = [
    `curl ${location.origin}/rest/v1/rpc/update_asset_progress \\`,
    `  -H 'apikey: sb_publishable_storywire_local' -H 'content-type: application/json' \\`,
    `  -d '{"story": "${id}", "asset": "poster", "status": "generating", "progress": 42}'`,
  ].join('\n')
}

find('again').addEventListener('click', () => make())
find('failing').addEventListener('click', () => make(['audio']))

const words = { pending: 'Being prepared', generating: 'Being made', completed: 'Complete', partial: 'Made in part', failed: 'Could not be made' }
card.addEventListener('storywire:story', ({ detail }) => {
  document.querySelector('[data-overall]').textContent = words[detail.status]
})

// A text may be longer than its box.
more.addEventListener('click', () => {
  more.setAttribute('aria-expanded', text.toggleAttribute('data-open'))
  more.textContent = text.hasAttribute('data-open') ? 'Less' : 'Read on'
})
new ResizeObserver(measure).observe(text)
new MutationObserver(measure).observe(text, { childList: true })
function measure() {
  const isCut = text.scrollHeight > text.clientHeight + 1 || text.hasAttribute('data-open')
  text.toggleAttribute('data-cut', isCut)
  more.toggleAttribute('data-shown', isCut)
}

const asked = new URLSearchParams(location.search).get('story')
if (asked) {
  const row = await (await fetch(`/api/v1/stories/${encodeURIComponent(asked)}`)).json()
  show(asked, row.title ?? 'This story was not found')
} else await make()
