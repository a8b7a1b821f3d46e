import { listenAgain } from './runtime-warning.js';
import Provider, { errors, interactionPolicy } from 'oidc-provider';
import storage from 'oidc-provider/lib/helpers/als.js';
import { StorageUse } from '../../shared/storage-use.js';

listenAgain();

export { errors, interactionPolicy, Provider };

/** Around whatever the provider does. */
export const storageOfProvider = new StorageUse(storage);
