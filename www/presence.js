// Windows of people who share a room: each is a page with a client of its own.
const asked = new URLSearchParams(location.search)
const room = asked.get('room') ?? 'demo'
const names = ['Ada Byron', 'Ben Okri', 'Chloé Dubois', 'Dai Morgan', 'Emi Sato', 'Fatma Yılmaz', 'Goran Ilić', 'Hana Kim']
const windows = document.querySelector('#windows')
// Who is in these windows is nobody else, although others may look at the same room.
const visit = Math.random().toString(36).slice(2, 8)
const address = (name, key) => `/room.html?${new URLSearchParams({ room, name, key })}`

function add() {
  const at = windows.children.length
  const name = names[at % names.length]
  const frame = document.createElement('iframe')
  frame.title = `The window of ${name}`
  frame.src = address(name, `${name.split(' ')[0]}-${at}-${visit}`)
  windows.append(frame)
}
add()
add()
document.querySelector('#own').href = address('', `own-${visit}`)
document.querySelector('#add').addEventListener('click', add)
document.querySelector('#go').addEventListener('click', () => windows.lastElementChild?.remove())
