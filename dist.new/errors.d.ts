/** @type {Record<string, string>} */
export declare const sentences: Record<string, string>;
/** Something that failed, with a code for programs and a sentence for people. */
export declare class StorywireError extends Error {
    code: string;
    detail: string;
    retryIn: number | null;
    about: string;
    /**
     * @param {string} code
     * @param {{ detail?: string, retryIn?: number | null, about?: string }} [more] what the server said; milliseconds to the next attempt
     */
    constructor(code: string, { detail, retryIn, about }?: {
        detail?: string;
        retryIn?: number | null;
        about?: string;
    });
}
/**
 * Whether a key must not be in a page: `sb_secret_…`, or a JWT of the role `service_role`.
 * @param {string} key
 */
export declare function isServiceKey(key: string): boolean;
