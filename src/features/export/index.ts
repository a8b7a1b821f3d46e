/**
 * Export: everything that the broker keeps about a person, for that person (S-141).
 *
 * Promises: complete; no password, token, key or mail secret, neither the person's own nor anybody else's.
 */
export { ExportModule } from './export.module.js';
export { ExportService } from './export.service.js';
