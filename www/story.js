// The page's own part: asks the local backend for a story, and says what becomes of it. What fills the elements is the
// script tag.
const card = document.querySelector('#story')

/** A fresh story, or the one in the address. */
async function show({ fail = [] } = {}) {
  const asked = new URLSearchParams(location.search)
  let id = asked.get('story')
  if (!id || fail.length > 0 || show.again) {
    const seconds = Number(asked.get('seconds')) || undefined
    const answer = await fetch('/demo/stories', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fail, ...(seconds && { seconds }) }),
    })
    id = (await answer.json()).id
    history.replaceState(null, '', `?${new URLSearchParams({ ...Object.fromEntries(asked), story: id })}`)
  }
  show.again = true
  card.setAttribute('data-story-id', id)
  document.querySelector('#curl').textContent = [
    `curl ${location.origin}/rest/v1/rpc/update_asset_progress \\`,
    `  -H 'apikey: sb_publishable_storywire_local' -H 'content-type: application/json' \\`,
    `  -d '{"story": "${id}", "asset": "poster", "status": "generating", "progress": 42}'`,
  ].join('\n')
}

document.querySelector('#again').addEventListener('click', () => show())
document.querySelector('#failing').addEventListener('click', () => show({ fail: ['audio'] }))
card.addEventListener('storywire:story', ({ detail }) => {
  const words = { pending: 'being prepared', generating: 'being made', completed: 'complete', partial: 'made in part', failed: 'not to be had' }
  document.querySelector('[data-overall]').textContent = words[detail.status] ?? detail.status
})

await show()
