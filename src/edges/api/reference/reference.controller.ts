import { Res } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Config } from '../../../config/index.js';
import { HTML, page, renderPage } from '../../pages/html.js';
import { ApiController, Operation } from '../api.decorators.js';
import { ApiReference } from './api-reference.js';
import { ReferencePage } from './reference-page.js';

/** The API about itself. */
@ApiController()
export class ReferenceController {
  #html: string | undefined;

  constructor(
    private readonly reference: ApiReference,
    private readonly config: Config,
  ) {}

  @Operation('GET', 'openapi.json', {
    id: 'getOpenApi',
    tag: 'Reference',
    summary: 'This file',
    description: 'The OpenAPI 3.1 description of the API, with the addresses of this broker.',
    scopes: 'open',
    answer: { status: 200, description: 'An OpenAPI document.', contentType: 'application/json' },
  })
  file(): OpenAPIObject {
    return this.reference.document;
  }

  @Operation('GET', 'docs', {
    id: 'getDocs',
    tag: 'Reference',
    summary: 'The reference as a page',
    description: 'The same, for reading. Works without script.',
    scopes: 'open',
    answer: { status: 200, description: 'A page.', contentType: 'text/html' },
  })
  page(@Res({ passthrough: true }) reply: FastifyReply): string {
    reply.type(HTML);
    const props = { document: this.reference.document, publicUrl: this.config.publicUrl };
    return (this.#html ??= renderPage(page(ReferencePage, props)));
  }
}
