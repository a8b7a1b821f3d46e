import type { Tables } from '../../platform/database/connections.js';
import { AppSignInEntity } from './app-sign-in.entity.js';
import { ArtifactEntity } from './artifact.entity.js';
import { ClientEntity } from './client.entity.js';

/** For the one list of tables in the app module. */
export const oauthTables: Tables = [ClientEntity, AppSignInEntity, ArtifactEntity];
