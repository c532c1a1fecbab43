// The page's own part: a name, a note, reactions. Who is here and where their pointers are is the script tag's business.
const asked = new URLSearchParams(location.search)
const topic = asked.get('room') ?? 'demo'
const key = asked.get('key') ?? Math.random().toString(36).slice(2)
const [name, note, log] = ['#name', '#note', '#log'].map((id) => document.querySelector(id))
name.value = asked.get('name') ?? ''
document.querySelector('main').ariaLabel = `The room of ${name.value || key}`

for (const attribute of ['data-sw-presence', 'data-sw-presence-count', 'data-sw-cursors']) document.querySelector(`[${attribute}]`).setAttribute(attribute, topic)
const { url, publishableKey } = await (await fetch('/demo/config')).json()
const tag = Object.assign(document.createElement('script'), { type: 'module', src: '/dist/auto.js' })
Object.assign(tag.dataset, { supabaseUrl: url, supabaseKey: publishableKey, user: key, userName: name.value || 'Guest' })
document.head.append(tag)

window.Storywire ||= []
window.Storywire.push((client) => {
  const room = client.room(topic, { key })
  const me = room.presence
  const nameOf = (of) => me.people.find((person) => person.key === of)?.meta.name || 'Guest'
  Object.assign(window, { client, room })

  // A name is told when it is written: the server takes five calls in 30 s, and half a name helps nobody.
  let typing
  name.addEventListener('input', () => {
    clearTimeout(typing)
    typing = setTimeout(() => me.update({ name: name.value || 'Guest' }), 400)
  })

  // The note: whoever typed last wins, and whoever comes is told what stands there.
  let written = { text: '', at: 0, by: key }
  const isNewer = ({ at, by }) => at > written.at || (at === written.at && by > written.by)
  note.addEventListener('input', () => {
    written = { text: note.value, at: written.at + 1, by: key }
    room.send('note', written, { latest: true })
  })
  room.on('note', (payload) => {
    if (!Number.isSafeInteger(payload?.at) || typeof payload.by !== 'string' || !isNewer(payload)) return
    written = { text: String(payload.text).slice(0, 2000), at: payload.at, by: payload.by }
    const { selectionStart, selectionEnd } = note
    note.value = written.text
    note.setSelectionRange(selectionStart, selectionEnd)
  })
  client.presence(topic, { key, meta: null, onJoin: () => written.at > 0 && room.send('note', written, { latest: true }) })

  const show = (by, what) => {
    log.append(Object.assign(document.createElement('p'), { textContent: `${nameOf(by)} ${what}` }))
    while (log.children.length > 3) log.firstElementChild.remove()
  }
  const kinds = [...document.querySelectorAll('[data-reaction]')]
  for (const button of kinds) {
    button.addEventListener('click', () => {
      show(key, button.dataset.reaction)
      room.send('reaction', { by: key, what: button.dataset.reaction })
    })
  }
  room.on('reaction', ({ by, what }) => kinds.some(({ dataset }) => dataset.reaction === what) && show(by, what))
})
