import type { INestApplication, Type } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { SCOPES } from '../bearer/scopes.js';
import { SnapshotShape } from '../servers/servers.shapes.js';

/** Not the version of the broker: it changes with the API alone. */
const API_VERSION = '1.0.0';

const DESCRIPTION = `Where a person’s media servers are, and how to sign in to them.

The broker carries no media: apps ask it for the list of servers and then talk to each directly.
Every request carries an access token, which the broker’s own OAuth server gives (scopes below);
no other credential counts, no cookie, and nothing in the query. Answers are JSON in UTF-8 with
names in camelCase, times in ISO 8601 in UTC, ids as text. Failures are problems (RFC 9457), and
apps decide by their \`code\`. New fields, codes and events may be added at any time: ignore what
you do not know. Requests have at most 16 KiB, answers at most 256 KiB; lists are never paged.`;

/** The OpenAPI 3.1 file of the operations of `module`, as `publicUrl` serves them. */
export function openApiDocument(app: INestApplication, module: Type, publicUrl: string): OpenAPIObject {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Signpost API')
    .setDescription(DESCRIPTION)
    .setVersion(API_VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer(publicUrl)
    .addTag('Servers', 'Discovery: which servers, where, with which key.')
    .addTag('Invitations', 'What servers ask and the person answers.')
    .addTag('Links', 'Which servers the person may use.')
    .addTag('Account', 'Whose account it is, and what is signed in to it.')
    .addTag('Reference', 'What you are reading.')
    .addOAuth2(oauth(publicUrl), 'oauth')
    .build();
  return SwaggerModule.createDocument(app, description, {
    include: [module],
    extraModels: [SnapshotShape],
    autoTagControllers: false,
  });
}

function oauth(publicUrl: string): Parameters<DocumentBuilder['addOAuth2']>[0] {
  const issuer = `${publicUrl}/oidc`;
  const tokenUrl = `${issuer}/token`;
  const flow = {
    authorizationUrl: `${issuer}/authorize`,
    tokenUrl,
    refreshUrl: tokenUrl,
    scopes: { ...SCOPES },
  };
  return {
    type: 'oauth2',
    description: `Authorization code with PKCE; TVs and other devices without a browser use the device grant (RFC 8628), which OpenAPI 3.1 cannot describe. All endpoints: ${issuer}/.well-known/openid-configuration. Resource indicator (RFC 8707): ${publicUrl}/api/v1.`,
    flows: { authorizationCode: flow },
  };
}
