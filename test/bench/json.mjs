/** @param {string} text @returns {unknown} what stands there; the caller says what it must be */
export const parsed = (text) => JSON.parse(text);
