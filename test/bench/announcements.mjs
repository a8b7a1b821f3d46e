/** What devices tell Syncthing's discovery server where they are, as it gets it from the proxy that saw their certificates. */
import { readFileSync } from 'node:fs';

const ADDRESSES = JSON.stringify({ addresses: ['tcp://192.0.2.1:22000', 'quic://192.0.2.1:22000'] });

/** @param {string} file of a certificate (PEM) @returns {Buffer} the same as it was signed (DER) */
export const certificateIn = (file) =>
  Buffer.from(readFileSync(file, 'utf8').replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');

/**
 * A device is the digest of its certificate, which it signs itself: with another signature it is another device.
 * @param {Buffer} certificate @param {number} at
 */
export function anotherOf(certificate, at) {
  const another = Buffer.from(certificate);
  another.writeUInt32BE(at, another.length - 4);
  return another;
}

/** @param {Buffer} certificate */
export function announcementBy(certificate) {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  // As a proxy writes them in a header.
  const inOne = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join(' ');
  return { headers: { 'X-SSL-Cert': inOne, 'X-Forwarded-For': '192.0.2.1' }, body: ADDRESSES };
}
