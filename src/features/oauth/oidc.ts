import { listenAgain } from './runtime-warning.js';
import Provider, { errors, interactionPolicy } from 'oidc-provider';

listenAgain();

export { errors, interactionPolicy, Provider };
