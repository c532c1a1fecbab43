export type Client = import('./client.js').Client;
export type Channel = import('./channel.js').Channel;
export type Rows = import('./rows.js').Rows;
export type Fault = {
    about: string;
    id: number;
    code: string;
    detail: string;
    retryIn: number | null;
};
/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./channel.js').Channel} Channel */
/** @typedef {import('./rows.js').Rows} Rows */
/** @typedef {{ about: string, id: number, code: string, detail: string, retryIn: number | null }} Fault */
export declare class Sink {
    #private;
    /** @type {Map<number, Channel>} */
    channels: Map<number, Channel>;
    /** @type {Map<number, Rows>} */
    sets: Map<number, Rows>;
    /** @type {Map<number, (outcome: string, response: string) => void>} */
    pushes: Map<number, (outcome: string, response: string) => void>;
    /** @type {{ url: string, socket: WebSocket } | undefined} */
    early: {
        url: string;
        socket: WebSocket;
    } | undefined;
    /** @param {Client} client */
    constructor(client: Client);
    /** @param {string} url */
    socket(url: string): WebSocket;
    /** @param {number} request */
    askToken(request: number): void;
    /** @param {number} push @param {string} outcome @param {string} response */
    settle(push: number, outcome: string, response: string): void;
    /** @param {string} state */
    connection(state: string): void;
    /** @param {number} channel @param {string} status */
    status(channel: number, status: string): void;
    /** @param {number} channel @param {Uint32Array} keys @param {string} data */
    change(channel: number, keys: Uint32Array, data: string): void;
    /** @param {number} channel @param {string} event @param {string} payload @param {string} meta */
    broadcast(channel: number, event: string, payload: string, meta: string): void;
    /** @param {number} channel @param {string} event @param {Uint8Array} bytes */
    bytes(channel: number, event: string, bytes: Uint8Array): void;
    /** @param {number} channel @param {string} event @param {string} key @param {string} current @param {string} changed */
    presence(channel: number, event: string, key: string, current: string, changed: string): void;
    /** @param {number} channel @param {string} payload */
    system(channel: number, payload: string): void;
    /** @param {number} rows @param {string} event @param {string} key @param {string} row */
    rows(rows: number, event: string, key: string, row: string): void;
    /** @param {Fault} fault */
    fault({ about, id, code, detail, retryIn }: Fault): void;
}
