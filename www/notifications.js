// The page's own part: asks the local backend to send notifications. What counts, lists and shows them is the script tag.
const key = 'sb_publishable_storywire_local'
const user = document.querySelector('[data-user]').dataset.user
let number = 0

const post = (path, body) =>
  fetch(path, { method: 'POST', headers: { 'content-type': 'application/json', apikey: key }, body: JSON.stringify(body) })

const kinds = {
  ready: () => ({ type: 'story_completed', title: 'The little fox is ready', message: 'Cover, narration and pages to print are there.', data: { url: '/?from=notification' } }),
  info: () => ({ type: 'info', title: `Good to know, number ${++number}`, message: 'Two more scenes were added to the story that you follow.' }),
  failed: () => ({ type: 'story_failed', title: 'The narration could not be made', message: 'The voice was not available. It can be asked for again on the page of the story.' }),
}
/** Stored and broadcast in one step, as a project's own function would do it. */
const send = (kind) => post('/rest/v1/rpc/send_notification', { user_id: user, ...kinds[kind]() })
const many = async (count) => {
  for (let sent = 0; sent < count; sent++) await send('info')
}

const ways = {
  ready: () => send('ready'),
  info: () => send('info'),
  failed: () => send('failed'),
  burst: () => many(10),
  flood: () => many(30),
  insert: () => post('/rest/v1/notifications', { user_id: user, ...kinds.info() }),
  broadcast: () =>
    post('/realtime/v1/api/broadcast', {
      messages: [{ topic: `notifications:${user}`, event: 'new_notification', payload: { id: crypto.randomUUID(), ...kinds.info(), created_at: new Date().toISOString() } }],
    }),
}
document.addEventListener('click', ({ target }) => ways[target.dataset?.send]?.())
