/** Reads answers off one connection by their Content-Length, and says when each is whole. */
export class AnswerReader {
  /** @type {Buffer | undefined} */
  #begun;
  #missing = 0;

  /** @param {(head: string) => void} onHead */
  constructor(onHead) {
    this.onHead = onHead;
  }

  /** @param {Buffer} chunk @returns {boolean} whether it ends an answer */
  take(chunk) {
    if (this.#missing > 0) this.#missing -= chunk.length;
    else if (!this.#begin(this.#begun ? Buffer.concat([this.#begun, chunk]) : chunk)) return false;
    return this.#missing <= 0;
  }

  /** @param {Buffer} all @returns {boolean} whether the head is there */
  #begin(all) {
    const end = all.indexOf('\r\n\r\n');
    this.#begun = end < 0 ? all : undefined;
    if (end < 0) return false;
    const head = all.toString('latin1', 0, end);
    this.onHead(head);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? '0';
    this.#missing = end + 4 + Number(length) - all.length;
    return true;
  }
}
