// The page's own part: a signed-in user, and readings to look at. The stream and its elements are the client's.
import { createClient } from '/dist/index.js'

const post = async (path, body) =>
  (await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json()
const { url, apiBase, publishableKey, profileId } = await (await fetch('/demo/config')).json()
const asked = new URLSearchParams(location.search)
const profile = asked.get('profile') ?? profileId
const state = document.querySelector('#state')
const expires_in = Number(asked.get('expires')) || 3600

const client = createClient(url, publishableKey, {
  apiBase,
  accessToken: async () => (await post('/demo/token', { expires_in })).access_token,
})
const mood = client.emotions(profile, {
  onConnected: () => (state.textContent = 'connected'),
  onEmotion: (emotion) => window.heard.push(emotion),
  onError: (error) => {
    state.textContent = error.message
    window.errors.push({ code: error.code, retryIn: error.retryIn })
  },
})
Object.assign(window, { client, mood, heard: [], errors: [] })

const more = () => post(`/demo/emotions/${profile}`, { count: Number(asked.get('count')) || 12, intervalMs: Number(asked.get('interval')) || 900 })
document.querySelector('#more').addEventListener('click', more)
if (!asked.has('quiet')) await more()
