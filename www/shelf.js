// The page's own part: reads which stories there are, or has some made, and puts a card for each on the shelf. What fills
// the cards is the script tag.
const shelf = document.querySelector('#shelf')
const count = Number(new URLSearchParams(location.search).get('count')) || 50
const headers = { 'content-type': 'application/json', apikey: 'sb_publishable_storywire_local' }

const heroes = ['The Lantern', 'A Small Whale', 'Grandmother Owl', 'The Paper Boat', 'Seven Snails', 'The Last Tram', 'Mina', 'The Clockmaker', 'A Borrowed Cloud', 'The Quiet Bear']
const places = ['and the Little Fox', 'Beneath the Ice', 'in the Blue Hour', 'Finds a Door', 'Who Could Not Sleep']

/** Some are done at once, some take minutes, and now and then a cover fails. */
const make = (_, at) => ({
  title: `${heroes[at % heroes.length]} ${places[(at + Math.floor(at / heroes.length)) % places.length]}`,
  seconds: at % 3 === 0 ? 1 : 4 + ((at * 7) % 60),
  fail: at % 9 === 5 ? ['cover'] : [],
})

async function stories() {
  const there = await (await fetch(`/rest/v1/stories?select=id,title&order=created_at.desc&limit=${count}`, { headers })).json()
  if (there.length >= count) return there
  const wanted = Array.from({ length: count - there.length }, make)
  const made = wanted.map(async (story) => (await fetch('/demo/stories', { method: 'POST', headers, body: JSON.stringify(story) })).json())
  return [...(await Promise.all(made)), ...there]
}

const template = shelf.querySelector('template')
for (const { id, title } of await stories()) {
  const card = template.content.cloneNode(true)
  const link = card.querySelector('a')
  link.textContent = title
  link.href = `/?story=${id}`
  card.querySelector('article').setAttribute('data-story-id', id)
  shelf.append(card)
}

const words = { pending: 'Being prepared', generating: 'Being made', completed: 'Complete', partial: 'Made in part', failed: 'Could not be made' }
shelf.addEventListener('storywire:story', ({ target, detail }) => {
  target.querySelector('[data-overall]').textContent = words[detail.status]
})
