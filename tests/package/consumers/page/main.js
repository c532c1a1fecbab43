import { createClient } from 'storywire'
import { EventSource } from 'storywire/eventsource'
import 'storywire/style.css'

const id = new URLSearchParams(location.search).get('story')
const client = createClient(location.origin, 'sb_publishable_storywire_local', { apiBase: `${location.origin}/api/v1` })
client.on('error', ({ message }) => console.error(message))
client.observe(document.body)
document.querySelector('#story').setAttribute('data-story-id', id)
client.story(id, { onChange: ({ status }) => (document.querySelector('#said').textContent = status) })

// The stream's module is another one, and this entry carries it in itself.
const { profileId } = await (await fetch('/demo/config')).json()
const { access_token } = await (await fetch('/demo/token', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })).json()
const source = new EventSource(`/api/v1/profiles/${profileId}/emotions/stream`, { headers: { authorization: `Bearer ${access_token}` } })
source.addEventListener('open', () => {
  document.querySelector('#mood').textContent = 'open'
  source.close()
})
